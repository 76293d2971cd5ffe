"""Commands that are jobs: import, measure, predict. The same jobs that the page starts."""

import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from calanus.cli import Asked
from calanus.cli.shell import (
    Asks,
    Failed,
    Here,
    answer,
    opened,
    progress_bar,
    read_json,
    say,
    settings_of,
    table,
)
from calanus.jobs import service as jobs
from calanus.jobs.run import JobKind, enqueue
from calanus.jobs.types import Job, JobState
from calanus.kit.db import Connection
from calanus.projects import service as projects
from calanus.users.policy import Act, may

Order = TypeVar("Order", bound=BaseModel)
TABLES = (".tsv", ".zip", ".tar", ".tgz", ".gz")  # or archives that may hold some
NEARLY = (
    ".txt",
    ".csv",
    ".xlsx",
    ".ods",
)  # of files called ecotaxa…: the import says what they lack
UPDATE_MODES = {"none": "", "meta": "Yes", "classification": "Cla"}


MOST_SHOWN = 10  # new columns
TWICE = ("outcome", "infos", "updated", "nb_images")  # shown in another way


@dataclass(frozen=True)
class Import:
    """What is imported, and how."""

    path: Path
    answers: Path | None
    update: str
    skip_existing: bool
    skip_loaded: bool
    dry_run: bool
    errors: Path | None  # where a list of them goes
    folders_as_taxa: bool
    parent: str | None
    values: list[str]
    instrument: str = "auto"
    measure: bool = False


@dataclass(frozen=True)
class Predict:
    """What is learnt from, and how."""

    learn_from: list[int]
    classifier: str
    deep: bool
    limit: int
    risk: float | None = None
    unlike: float | None = None


def import_(asked: Asked, project: int, given: Import, *, json: bool) -> None:
    """Load a package, or a folder of bare images."""
    if not given.path.exists():
        raise Failed([f"There is nothing at {given.path}."])
    answers = read_json(given.answers) if given.answers else {}
    bare = given.folders_as_taxa or bool(given.values) or not is_package(asked, given)
    refuse_idle(given, bare=bare)
    make = import_folder if bare else import_package
    with opened(asked) as here:
        with here.transaction() as conn:
            projects.require(conn, here.user, project, Act.IMPORT)
        job = make(here, project, given, answers)
        result = job.result or {}
        for sentence in result.get("infos", []):
            say(sentence)
        found = {"job_id": job.job_id, **result}
        answer(found, json=json, shown=lambda: table(shown_lines(found)))


def refuse_idle(given: Import, *, bare: bool) -> None:
    """Refuse options that would do nothing here: who gave them meant something."""
    of_packages = ("update", "skip_existing", "skip_loaded", "instrument", "measure")
    names = of_packages if bare else ("parent",)
    idle = [name for name in names if getattr(given, name) not in (None, False, "none", "auto")]
    if idle:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in idle)
        kind = "bare images" if bare else "a package with tables"
        raise Failed([f"{given.path} is read as {kind}: {options} does nothing there."])


def shown_lines(result: dict[str, Any]) -> list[tuple[Any, ...]]:
    """What an import did or would do, for a person: the counts, then what becomes of each level."""
    outcome: dict[str, Any] = result.get("outcome") or {}
    simple = [(k, v) for k, v in result.items() if k not in TWICE]
    levels: dict[str, dict[str, Any]] = outcome.get("levels", {})
    told = [
        (f"{'processe' if level == 'process' else level}s {fate}", number)
        for level, fates in levels.items()
        for fate, number in fates.items()
        if isinstance(number, int)
    ]
    lines: list[tuple[Any, ...]] = [*simple, *told]
    if outcome.get("new_columns"):
        new: list[str] = outcome["new_columns"]
        more = f" and {len(new) - MOST_SHOWN} more" if len(new) > MOST_SHOWN else ""
        lines.append(("new columns", ", ".join(new[:MOST_SHOWN]) + more))
    if outcome.get("question"):
        question = outcome["question"]
        unknown = [*question["missing_taxa"], *question["missing_users"]]
        lines.append(("unknown names", ", ".join(unknown)))
    return lines


def is_package(asked: Asked, given: Import) -> bool:
    """Whether there is more than bare images: tables, or the files of an instrument."""
    return has_table(given.path) or has_a_run(asked, given)


def has_a_run(asked: Asked, given: Import) -> bool:
    """Whether an instrument's own files are there, or were said to be."""
    from calanus.imports.instruments.registry import AUTO, holds_a_run
    from calanus.imports.package import Unpacking, open_package
    from calanus.imports.types import PackageRefused

    if given.instrument != AUTO:
        return True
    try:
        most = settings_of(asked).max_package_members
        with TemporaryDirectory(prefix="calanus-") as folder:
            unpacking = Unpacking(Path(folder))
            return holds_a_run(open_package(given.path, most_members=most, unpacking=unpacking))
    except PackageRefused:
        return True  # the import says what is wrong with it


def has_table(path: Path) -> bool:
    """Whether there is any table in a package; a folder or archive without one holds images."""
    from calanus.imports.package import names_in
    from calanus.imports.types import PackageRefused

    try:
        return any(map(is_table, names_in(path)))
    except (PackageRefused, OSError):
        return True  # the import says what it is not


def is_table(name: str) -> bool:
    """Whether a file may be a table, well named or not, or a package within a package."""
    last = PurePosixPath(name).name.lower()
    return last.endswith(TABLES) or (last.startswith("ecotaxa") and last.endswith(NEARLY))


def import_package(here: Here, project: int, given: Import, answers: dict[str, Any]) -> Job:
    """Load an EcoTaxa package."""
    from calanus.imports.jobs import import_package as kind
    from calanus.imports.types import ImportOrder

    order = checked(
        ImportOrder,
        project_id=project,
        local_path=str(given.path.resolve()),
        skip_existing_objects=given.skip_existing,
        skip_loaded_files=given.skip_loaded,
        update_mode=UPDATE_MODES[given.update],
        instrument=given.instrument,
        measure=given.measure,
        dry_run=given.dry_run,
        answers=answers,
    )
    return done(here, kind, order, project, errors=given.errors)


def import_folder(here: Here, project: int, given: Import, answers: dict[str, Any]) -> Job:
    """Load a folder of bare images."""
    from calanus.imports.jobs import import_folder as kind
    from calanus.imports.types import FolderOrder

    with here.transaction() as conn:
        parent = taxon_named(conn, given.parent) if given.parent else None
        values = form_of(conn, given.values)
    order = checked(
        FolderOrder,
        project_id=project,
        local_path=str(given.path.resolve()),
        folders_as_taxa=given.folders_as_taxa,
        parent_taxon=parent,
        create_taxa=parent is not None and may(here.user, Act.CREATE_TAXA),
        values=values,
        dry_run=given.dry_run,
        answers=answers,
    )
    return done(here, kind, order, project, errors=given.errors)


def form_of(conn: Connection, given: list[str]) -> dict[str, str]:
    """What holds for all images: `field=value`, or files of such lines; a taxon may be named.

    Raises:
        Failed: a value means nothing.
    """
    from calanus.imports.simple import read_form

    lines = [line for text in given for line in lines_of(text)]
    wrong = [f"“{line}” is not field=value." for line in lines if "=" not in line]
    if wrong:
        raise Failed(wrong)
    pairs = [line.split("=", 1) for line in lines]
    values = {name.strip(): value.strip() for name, value in pairs}
    if values.get("taxolb") and not values["taxolb"].isdecimal():
        values["taxolb"] = str(taxon_named(conn, values["taxolb"]))
    errors = read_form(conn, values).errors
    if errors:
        raise Failed(errors)
    return values


def lines_of(text: str) -> list[str]:
    """The lines of a file, or the one line that was typed; a line that begins with # is none."""
    if "=" in text:
        return [text]
    try:
        lines = Path(text).read_text("utf-8").splitlines()
    except (OSError, ValueError):
        raise Failed(
            [f"“{text}” is neither field=value nor a readable file of such lines."]
        ) from None
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def taxon_named(conn: Connection, text: str) -> int:
    """A taxon by its id or its name."""
    from calanus.taxonomy import service as taxonomy

    if text.isdecimal():
        return taxonomy.find(conn, int(text)).taxon_id
    found = taxonomy.resolve_names(conn, [text])[text.lower()]
    if len(found) != 1:
        several = f": {', '.join(map(str, found))}" if found else ""
        raise Failed([f"{len(found) or 'No'} taxa are called “{text}”{several}. Give an id."])
    return found[0]


def measure(asked: Asked, project: int, *, json: bool) -> None:
    """Measure the images of objects that came without measures."""
    from calanus.imports.jobs import measure_objects as kind
    from calanus.imports.types import MeasureOrder

    with opened(asked) as here:
        with here.transaction() as conn:
            projects.require(conn, here.user, project, Act.IMPORT)
        result = done(here, kind, MeasureOrder(project_id=project), project).result or {}
    for sentence in result.get("infos", []):
        say(sentence)
    shown = f"{result.get('measured', 0):,} object(s) measured."
    answer(result, json=json, shown=lambda: shown)


def predict(asked: Asked, project: int, wanted: Predict, *, json: bool) -> None:
    """Learn, and suggest a taxon for each object without one."""
    from calanus.prediction.jobs import predict as kind
    from calanus.prediction.types import PredictionReq, PredictOrder

    if not wanted.learn_from:
        raise Failed(
            ["Say which project to learn from: --learn-from 3, once for each; or a --model."]
        )
    with opened(asked) as here:
        with here.transaction() as conn:
            projects.require(conn, here.user, project, Act.PREDICT)
            features = shared_numbers(conn, here, [project, *wanted.learn_from])
        request = checked(
            PredictionReq,
            project_id=project,
            source_project_ids=wanted.learn_from,
            learning_limit=wanted.limit,
            features=features,
            categories=[],
            use_scn=wanted.deep,
            pre_mapping={},
            classifier=wanted.classifier,
            risk=wanted.risk,
            unlike=wanted.unlike,
        )
        job = done(here, kind, PredictOrder(request=request), project)
        answer({"job_id": job.job_id, **(job.result or {})}, json=json)


def predict_by_file(asked: Asked, project: int, model: str, *, json: bool) -> None:
    """Suggest taxa by a classifier that was imported."""
    from calanus.prediction import taught
    from calanus.prediction.jobs import predict as kind
    from calanus.prediction.types import PredictionReq, PredictOrder

    with opened(asked) as here:
        request = checked(
            PredictionReq,
            project_id=project,
            source_project_ids=[],
            features=[],
            categories=[],
            pre_mapping={},
            model=model,
        )
        with here.transaction() as conn:
            wanted = taught.plan(conn, request, by=here.user)
            taught.open_taught(conn, wanted, here.settings.data)
        job = done(here, kind, PredictOrder(request=request), project)
        answer({"job_id": job.job_id, **(job.result or {})}, json=json)


def predict_again(asked: Asked, project: int, batch: int, *, json: bool) -> None:
    """Repeat a recorded prediction, and say whether its scores come out the same."""
    from calanus.prediction.repeating import repeat

    with opened(asked) as here, here.transaction() as conn:
        found = repeat(conn, here.settings, project, batch, by=here.user)
    for sentence in found.changed:
        say(sentence)
    answer({**vars(found), "identical": found.identical}, json=json, shown=found.verdict)


def shared_numbers(conn: Connection, here: Here, project_ids: list[int]) -> list[str]:
    """The free numbers that all of these projects have, in the order of the first."""
    columns = [
        projects.require(conn, here.user, project_id, Act.VIEW_IMAGES).object_columns
        for project_id in project_ids
    ]
    return [
        f"fre.{name}"
        for name in columns[0]
        if all(other.get(name, "").startswith("n") for other in columns)
    ]


def copied(made: Path, target: Path) -> Path:
    """Bring a file of a job where it is wanted."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(made, target)
    except OSError as error:
        raise Failed([f"{target} cannot be written: {error.strerror}."]) from None
    return target


def checked(order: type[Order], **values: Any) -> Order:
    """An order from what was typed."""
    try:
        return order.model_validate(values)
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}." for e in error.errors()]
        raise Failed(wrong) from None


def done(
    here: Here,
    kind: JobKind[Order],
    order: Order,
    project: int | None,
    *,
    errors: Path | None = None,
) -> Job:
    """A job, from its beginning to its end; all its errors go to a file where one is named.

    Raises:
        Failed: it ended with errors.
        Asks: it asks what the command did not answer; it is stopped, to be started anew.
    """
    with here.transaction() as conn:
        job_id = enqueue(conn, kind, order, owner=here.user.user_id, project_id=project)
    with progress_bar() as on_progress:
        job = jobs.run_here(here.settings, here.database_url, job_id, on_progress=on_progress)
    if job.state == JobState.ASKING:
        with here.transaction() as conn:
            jobs.cancel(conn, job)
        raise Asks(job.asked | job.clues)
    if job.state != JobState.FINISHED:
        if errors and job.errors:
            copied(jobs.errors_file(job, here.settings), errors)
        raise Failed(job.errors or [job.message])
    return job
