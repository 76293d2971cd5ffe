"""How an import goes on once a package is open: told, asked, tried without writing, or updating."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, cast

from calanus.imports import telling
from calanus.imports.folder import Meant, Tree, places
from calanus.imports.headers import FreeColumns
from calanus.imports.load import Gathered
from calanus.imports.mistakes import LIST, by_kind, write_list
from calanus.imports.names import Names
from calanus.imports.package import Package
from calanus.imports.problems import Problems
from calanus.imports.queries import updating
from calanus.imports.reading import Reading, reading_of
from calanus.imports.register import Acquisition, Sample
from calanus.imports.store import Images
from calanus.imports.telling import Log
from calanus.imports.types import (
    BASE,
    Acting,
    Answers,
    ImportOrder,
    ImportProblem,
    Meaning,
    Outcome,
    PackageRefused,
    Question,
    lowered,
)
from calanus.imports.update import Update
from calanus.jobs.run import Run
from calanus.projects import service as projects
from calanus.projects.types import Project

Wrong = Sequence[ImportProblem] | Problems
TRIES = 5  # to compare with objects that somebody identifies meanwhile


def all_answers(run: Run, given: Answers) -> Answers:
    """What was answered from the start, and since; what is no answer leaves the question open."""
    found = given
    for answered in run.kept.get("answers", []):
        reply = answered["reply"]
        found |= Answers(users=meanings(reply.get("users")), taxa=meanings(reply.get("taxa")))
    return found


def meanings(reply: Any) -> dict[str, Meaning]:
    """The names and their meanings in a reply, whatever else it holds."""
    told = cast(dict[Any, Any], reply) if isinstance(reply, dict) else {}
    return {
        str(name): meant
        for name, meant in told.items()
        if isinstance(meant, int | str) and not isinstance(meant, bool)
    }


def tell_parts(run: Run, package: Package) -> None:
    """The samples of a UVP6 that a package is made of, as EcoTaxa tells them."""
    for part in package.parts:
        run.log(f"Importing UVP6 file {BASE}/{part.rstrip('/')}")


def stop_if_wrong(run: Run, problems: Wrong, infos: Sequence[str] = ()) -> None:
    """Say all that is wrong, at once; the whole list is a file of the job."""
    if problems:
        write_list(run.folder, problems)
        run.result |= {
            "infos": list(infos),
            "error_count": len(problems),
            "error_kinds": by_kind(problems),
            "error_file": LIST,
        }
        run.fail([problem.sentence for problem in problems])


def stop_to_ask(run: Run, question: Question, acting: Acting) -> None:
    """Ask what only a person can tell; the names still unknown after an answer are asked again."""
    if question:
        question = with_proposals(run, question, acting)
        attempts = len(run.kept.get("answers", []))
        again = {"attempt": attempts} if attempts else {}
        run.ask(question.as_wire(), **question.clues(), **again)


def with_proposals(run: Run, question: Question, acting: Acting) -> Question:
    """The question with what the same names meant the last time."""
    asked = {"taxa": question.taxa, "users": question.users}
    found = {
        kind: updating.remembered(run.conn, acting.project_id, kind, names, by=acting.user.user_id)
        for kind, names in asked.items()
        if names
    }
    return replace(question, proposed={kind: meant for kind, meant in found.items() if meant})


def remember(run: Run, names: Names, answers: Answers, acting: Acting) -> None:
    """Keep what was answered, to propose it when the same names come again."""
    taxa, people = names.decided(), names.decided_people()
    for kind, given, decided in (
        ("taxa", answers.taxa, taxa),
        ("users", answers.users, people),
    ):
        meant = {name: decided[name][0] for name in lowered(given) if name in decided}
        if meant:
            updating.remember(run.conn, acting.project_id, kind, meant, by=acting.user.user_id)


# --- Without writing ------------------------------------------------------------------------------


def preview(run: Run, reading: Reading, outcome: Outcome, problems: Wrong, acting: Acting) -> None:
    """What the import would do, as the result of a job that writes nothing."""
    question = with_proposals(run, reading.names.question(), acting)
    outcome.new_columns = telling.new_columns(reading.project, reading.columns)
    foretell(run, reading, telling.as_wire(outcome, question, problems))
    stop_if_wrong(run, problems, reading.infos)


def preview_images(run: Run, tree: Tree, meant: Meant, project: Project, acting: Acting) -> None:
    """What an import of bare images would do; what is wrong with them was told before."""
    places(tree)
    question = with_proposals(run, meant.question, acting)
    outcome = telling.planned(tree)
    outcome.skipped_rows = tree.rows - tree.objects.count
    outcome.new_columns = telling.new_columns(project, tree.columns)
    if meant.new:
        tree.infos.append(f"Taxa that would be made: {telling.shown(meant.new)}.")
    foretell(run, tree, telling.as_wire(outcome, question))


def foretell(run: Run, read: Gathered, outcome: dict[str, Any]) -> None:
    """Put what would be done into the result of the job."""
    run.result |= {
        "dry_run": True,
        "rowcount": read.rows,
        "outcome": outcome,
        "infos": list(read.infos),
    }
    run.log("Nothing was written: this was a preview.")


# --- Updating -------------------------------------------------------------------------------------


def update_package(
    run: Run, package: Package, project: Project, order: ImportOrder, acting: Acting
) -> None:
    """Change what the project has by what the tables say; all of it, or nothing."""
    with compared(run, package, project, order, acting) as (reading, update, outcome):
        settle(run, reading, update, outcome, acting)


def settle(run: Run, reading: Reading, update: Update, outcome: Outcome, acting: Acting) -> None:
    """Write an update, or say what is in its way, or what it would do."""
    order = reading.order
    problems = reading.everything_wrong(Images())
    told = telling.erasing(outcome)
    reading.infos += [told] if told else []
    reading.infos += telling.left_alone(outcome, update.elsewhere)
    if order.dry_run:
        return preview(run, reading, outcome, problems, acting)
    stop_if_wrong(run, problems, reading.infos)
    stop_to_ask(run, reading.names.question(), acting)
    run.progress(80, f"Updating {outcome.levels['object'].changed:,} objects")
    outcome.new_columns = telling.new_columns(reading.project, reading.columns)
    update.apply(reading.tables)
    remember(run, reading.names, order.answers, acting)
    ended(run, outcome, reading.infos, acting)
    return None


@contextmanager
def compared(
    run: Run, package: Package, project: Project, order: ImportOrder, acting: Acting
) -> Generator[tuple[Reading, Update, Outcome]]:
    """The package beside the project, once nobody identifies the objects it changes."""
    for _ in range(TRIES):
        log = Log(run.log)
        update = Update(run.conn, acting, order, FreeColumns.of(project), log)
        with reading_of(
            run.conn, package, project, order, folder=run.folder, update=update
        ) as reading:
            reading.read(lambda share, doing: run.progress(80 * share, doing))
            telling.tell_what_was_read(log, run.conn, reading, reading.names)
            outcome = update.settle()
            log.close()
            outcome.rows, outcome.tables = reading.rows, list(reading.tables)
            if order.dry_run or reading.problems or not update.moved_meanwhile():
                yield reading, update, outcome
                return
        run.log("Some of the objects were identified meanwhile; reading again.")
    raise PackageRefused(
        "The objects of this package are being identified all the time; update them later."
    )


def ended(run: Run, outcome: Outcome, infos: Sequence[str], acting: Acting) -> None:
    """Keep an update, with what it did."""
    done: dict[str, Any] = {
        "rowcount": outcome.rows,
        "objects": 0,
        "images": 0,
        "samples": 0,
        "updated": {
            name: level.changed for name, level in outcome.levels.items() if name != "image"
        },
        "outcome": telling.as_wire(outcome),
        "infos": list(infos),
    }
    run.result |= done
    for sentence in infos:
        run.log(sentence)
    run.keep(loaded=done)
    projects.let_go(run.conn, acting.project_id)


# --- Loading --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NewParents:
    """The samples and acquisitions that an import makes; they have ids once they are loaded."""

    samples: list[Sample]
    acquisitions: list[Acquisition]

    @classmethod
    def of(cls, gathered: Gathered) -> "NewParents":
        """Those without an id."""
        return cls(
            [sample for sample in gathered.parents.samples if not sample.sample_id],
            [a for a in gathered.parents.acquisitions if not a.acquisition_id],
        )


def tell_what_was_made(log: Log, gathered: Gathered, new: NewParents) -> None:
    """The samples and acquisitions that were created, and images that known objects got."""
    for sample in new.samples:
        log("++ ID {}", f"{sample.sample_id}: sample {sample.orig_id}")
    for acquisition in new.acquisitions:
        name = acquisition.orig_id or "without a name"
        log("++ ID {}", f"{acquisition.acquisition_id}: acquisition {name}")
    log.say(f"Batch save objects: {gathered.objects.count:,}")
    images = gathered.objects.images
    for image, reference in enumerate(images.objects):
        if reference < 0:
            log("One more image for object {}", f"{-reference}: {images.name(image)}")
    log.close()
