"""What exports do in the background: make a file in the job's folder."""

from collections.abc import Callable, Sequence
from pathlib import Path

from calanus.exports import service, summaries
from calanus.exports.archive import Archive
from calanus.exports.source import Levels, merged
from calanus.exports.summaries import Wanted
from calanus.exports.types import (
    Asked,
    BackupExportOrder,
    ExportOrder,
    ExportReq,
    ExportTypeEnum,
    GeneralExportOrder,
    Quantity,
    SummaryExportGroupingEnum,
    SummaryExportOrder,
    SummaryExportReq,
)
from calanus.exports.types import SummaryExportSumOptionsEnum as By
from calanus.exports.writer import Into, Package, Progress
from calanus.files.vault import Vault
from calanus.jobs.recovery import LOG
from calanus.jobs.run import Run, job
from calanus.objects.filters import ProjectFilters
from calanus.projects.types import Project
from calanus.users import service as users
from calanus.users.types import User

OLD_QUANTITIES = {
    ExportTypeEnum.ABUNDANCE: Quantity.ABUNDANCE,
    ExportTypeEnum.CONCENTRATION: Quantity.CONCENTRATION,
    ExportTypeEnum.BIOVOLUME: Quantity.BIOVOLUME,
}
OLD_GROUPS = {
    SummaryExportGroupingEnum.NONE: By.NONE,
    SummaryExportGroupingEnum.SAMPLE: By.SAMPLE,
    SummaryExportGroupingEnum.ACQUISITION: By.ACQUISITION,
    SummaryExportGroupingEnum.PROCESS: By.ACQUISITION,
}
Pack = Callable[[Levels], Package]


@job("GeneralExport")
def export_general(run: Run, order: GeneralExportOrder) -> None:
    """Write a table of objects, with their images when wanted, into a zip."""
    request = order.request
    with service.one_moment(run.conn):
        by = owner(run)
        found = service.require(run.conn, request, images=service.with_images(request), by=by)
        comments = service.has_comments(run.conn, found)
        package = service.general(merged(found), request, comments=comments)
        write(run, found, package, order.filters, by=by, name=zip_name(run, request, "TSV"))
    finish(run, request)


@job("BackupExport")
def export_backup(run: Run, order: BackupExportOrder) -> None:
    """Write projects into a zip from which they can be imported again."""
    with service.one_moment(run.conn):
        by = owner(run)
        found = service.require(run.conn, order.request, images=True, by=by)
        comments = service.has_comments(run.conn, found)

        def pack(columns: Levels) -> Package:
            return service.backup(columns, comments=comments)

        write_backups(run, found, pack, order.filters, by=by, asked=order.request)
    finish(run, order.request)


@job("SummaryExport")
def export_summary(run: Run, order: SummaryExportOrder) -> None:
    """Write how many objects there are, how dense or voluminous, by sample, state and taxon."""
    request = order.request
    name = service.file_name(request, summaries.kind(request), run.job_id, run.now(), "tsv")
    with service.one_moment(run.conn):
        by = owner(run)
        found = service.require(run.conn, request, images=False, by=by)
        wanted = Wanted(request, order.filters, by, run.warn)
        run.progress(10, "Summing")
        lines = summaries.write(run.conn, found, wanted, run.folder / name)
    run.log(f"{lines} lines written")
    run.result |= {"rowcount": 0, "lines": lines, "out_file": name}
    finish(run, request)


@job("GenExport")
def export_old(run: Run, order: ExportOrder) -> None:
    """Write what EcoTaxa's deprecated export writes: tables, backups or sums."""
    request = order.request
    with service.one_moment(run.conn):
        by = owner(run)
        found = service.require(run.conn, request, images=service.old_with_images(request), by=by)
        if request.exp_type in (ExportTypeEnum.TABLE, ExportTypeEnum.BACKUP, ExportTypeEnum.DOI):
            export_old_package(run, order, found, by)
        else:
            export_old_sums(run, order, found, by)
    finish(run, request)


def export_old_package(run: Run, order: ExportOrder, found: Sequence[Project], by: User) -> None:
    """Tables and images, as they were asked for in former times."""
    request = order.request
    comments = service.has_comments(run.conn, found)

    def pack(columns: Levels) -> Package:
        return service.old(columns, request, comments=comments)

    if request.exp_type == ExportTypeEnum.BACKUP:
        write_backups(run, found, pack, order.filters, by=by, asked=request)
        return
    name = zip_name(run, request, request.exp_type)
    write(run, found, pack(merged(found)), order.filters, by=by, name=name)


def export_old_sums(run: Run, order: ExportOrder, found: Sequence[Project], by: User) -> None:
    """Sums, as they were asked for in former times: taxa are written as they are."""
    request = order.request
    name = service.file_name(request, request.exp_type, run.job_id, run.now(), "tsv")
    wanted = Wanted(sums_of(request), order.filters, by, run.warn, recasts=False)
    if request.exp_type == ExportTypeEnum.SUMMARY:
        lines = summaries.write_old(run.conn, found, wanted, run.folder / name)
        run.result |= {"rowcount": lines, "out_file": name}
        return
    lines = summaries.write(run.conn, found, wanted, run.folder / name)
    run.result |= {"rowcount": 0, "lines": lines, "out_file": name}


def sums_of(request: ExportReq) -> SummaryExportReq:
    """A deprecated order of sums in today's words."""
    return SummaryExportReq(
        collection_id=request.collection_id,
        project_id=request.project_id,
        quantity=OLD_QUANTITIES.get(request.exp_type, Quantity.ABUNDANCE),
        summarise_by=OLD_GROUPS[request.sum_subtotal],
        formulae=request.formulae,
    )


def owner(run: Run) -> User:
    """Who asked for the export, under the policy of this installation."""
    return users.find(run.conn, run.owner, policy=run.settings.policy)


def zip_name(run: Run, asked: Asked, kind: str) -> str:
    """What the zip of a job is called."""
    return service.file_name(asked, kind, run.job_id, run.now(), "zip")


def write(
    run: Run,
    found: Sequence[Project],
    package: Package,
    wanted: ProjectFilters,
    *,
    by: User,
    name: str,
) -> None:
    """Write a zip with its log, and say what it holds."""
    with Archive(run.folder / name, at=run.now()) as archive:
        fill(run, archive, found, package, wanted, by, name.removesuffix(".zip"), run.progress)
        close(run, archive, name)


def write_backups(
    run: Run,
    found: Sequence[Project],
    pack: Pack,
    wanted: ProjectFilters,
    *,
    by: User,
    asked: Asked,
) -> None:
    """Write the backup of a project; of several, a zip of one zip a project."""
    name = zip_name(run, asked, "BAK")
    if len(found) == 1 and asked.collection_id is None:
        write(run, found, pack(merged(found)), wanted, by=by, name=name)
        return
    with Archive(run.folder / name, at=run.now()) as archive:
        for n, project in enumerate(found):
            inner = run.folder / f"project_{project.project_id}.zip"
            progress = part_of(run.progress, n, len(found))
            with Archive(inner, at=run.now()) as within:
                fill(run, within, [project], pack(merged([project])), wanted, by, "", progress)
                empty = within.entries == 0
            if not empty:
                archive.store_file(inner.name, inner)
            inner.unlink()
        close(run, archive, name)


def part_of(progress: Progress, n: int, of: int) -> Progress:
    """The progress of one project among several."""
    return lambda percent, doing: progress((100 * n + percent) / of, doing)


def fill(  # noqa: PLR0913 (what, from where, for whom, into what)
    run: Run,
    archive: Archive,
    found: Sequence[Project],
    package: Package,
    wanted: ProjectFilters,
    by: User,
    base: str,
    progress: Progress,
) -> None:
    """Write the objects of projects into a zip."""
    into = Into(archive, Vault(run.settings.data / "vault"), base, progress)
    done = service.write_package(run.conn, found, package, wanted, into=into, by=by)
    for lost in done.missing[:100]:
        run.warn(f"This image is lost: {lost}.")
    run.result["rowcount"] = run.result.get("rowcount", 0) + done.rows


def close(run: Run, archive: Archive, name: str) -> None:
    """Put the log into the zip, last."""
    lines = run.result["rowcount"]
    if not lines:
        run.warn("No object matches: the zip holds nothing but its log.")
    run.log(f"{lines} lines written")
    archive.store(f"job_{run.job_id}.log", (run.folder / LOG).read_bytes())
    run.result["out_file"] = name


def finish(run: Run, asked: Asked) -> None:
    """Say whose export it was, and copy the file where it is wanted."""
    if asked.collection_id is not None:
        run.result["collection_id"] = asked.collection_id
    if asked.out_to_ftp:
        file: Path = run.folder / run.result["out_file"]
        target = service.deliver(file, run.job_id, run.settings)
        run.log(f"Copied to the export area as {target.name}")
