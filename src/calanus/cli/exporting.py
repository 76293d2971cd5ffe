"""The command that exports: the jobs that the page starts, and their file where it is wanted."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calanus.cli import Asked
from calanus.cli.shell import Failed, Here, answer, opened, say
from calanus.cli.work import checked, copied, done
from calanus.jobs import service as jobs
from calanus.jobs.types import Job


@dataclass(frozen=True)
class Wanted:
    """What is exported, and how; each kind takes what concerns it."""

    projects: list[int]
    filters: dict[str, str]
    table: dict[str, Any]
    sums: dict[str, Any]
    formulae: list[str]  # name=expression


def export(asked: Asked, kind: str, wanted: Wanted, out: Path, *, json: bool) -> None:
    """Write projects to a file."""
    with opened(asked) as here:
        job = make(here, kind, wanted)
        file = fetched(here, job, out)
    result: dict[str, Any] = {**(job.result or {}), "job_id": job.job_id, "file": str(file)}
    for sentence in result.get("infos", []):
        say(sentence)
    answer(result, json=json, shown=lambda: f"Written: {file}")


def make(here: Here, kind: str, wanted: Wanted) -> Job:
    """Do the job of an export of a kind, after the same checks as the page's."""
    from calanus.exports import jobs as exports
    from calanus.exports import service, summaries
    from calanus.exports import types as asked_of

    first = wanted.projects[0]
    of = {"project_id": ",".join(map(str, wanted.projects))}
    filters = {name: text for name, text in wanted.filters.items() if text}
    if kind == "general":
        request = {**of, **wanted.table}
        general = checked(asked_of.GeneralExportOrder, request=request, filters=filters)
        images = service.with_images(general.request)
        with here.transaction() as conn:
            service.require(conn, general.request, images=images, by=here.user)
        return done(here, exports.export_general, general, first)
    if kind == "backup":
        backup = checked(asked_of.BackupExportOrder, request=of, filters=filters)
        with here.transaction() as conn:
            service.require(conn, backup.request, images=True, by=here.user)
        return done(here, exports.export_backup, backup, first)
    request = {**of, **wanted.sums, "formulae": formulae_of(wanted.formulae)}
    summary = checked(asked_of.SummaryExportOrder, request=request, filters=filters)
    with here.transaction() as conn:
        found = service.require(conn, summary.request, images=False, by=here.user)
        summaries.check(found, summary.request)
    return done(here, exports.export_summary, summary, first)


def formulae_of(given: list[str]) -> dict[str, str]:
    """Formulae by name, from name=expression."""
    wrong = [text for text in given if "=" not in text]
    if wrong:
        raise Failed([f"Write a formula as name=expression, not “{text}”." for text in wrong])
    pairs = [text.partition("=") for text in given]
    return {name.strip(): expression.strip() for name, _, expression in pairs}


def fetched(here: Here, job: Job, out: Path) -> Path:
    """Bring the file of a job where it is wanted."""
    made = jobs.produced_file(job, here.settings)
    return copied(made, out / made.name if out.is_dir() else out)
