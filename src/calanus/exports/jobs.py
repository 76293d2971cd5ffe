"""What exports do in the background: make a file in the job's folder."""

from calanus.exports import service
from calanus.exports.archive import Archive
from calanus.exports.types import BackupExportOrder, GeneralExportOrder, SummaryExportOrder
from calanus.exports.writer import Into, Package
from calanus.files.vault import Vault
from calanus.jobs.recovery import LOG
from calanus.jobs.run import Run, job
from calanus.objects.filters import ProjectFilters
from calanus.projects.types import Project
from calanus.users import service as users
from calanus.users.types import User


@job("GeneralExport")
def export_general(run: Run, order: GeneralExportOrder) -> None:
    """Write a table of objects, with their images when wanted, into a zip."""
    with service.one_moment(run.conn):
        by = owner(run)
        images = service.with_images(order.request)
        project = service.require(run.conn, order.request, images=images, by=by)
        comments = service.has_comments(run.conn, project)
        package = service.general(project, order.request, comments=comments)
        write(run, project, package, order.filters, by=by, kind="TSV")


@job("BackupExport")
def export_backup(run: Run, order: BackupExportOrder) -> None:
    """Write a project into a zip from which it can be imported again."""
    with service.one_moment(run.conn):
        by = owner(run)
        project = service.require(run.conn, order.request, images=True, by=by)
        comments = service.has_comments(run.conn, project)
        package = service.backup(project, comments=comments)
        write(run, project, package, order.filters, by=by, kind="BAK")


@job("SummaryExport")
def export_summary(run: Run, order: SummaryExportOrder) -> None:
    """Write how many objects there are by sample, state and taxon."""
    name = service.file_name("ABO", run.job_id, run.now(), "tsv")
    with service.one_moment(run.conn):
        by = owner(run)
        project = service.require(run.conn, order.request, images=False, by=by)
        path = run.folder / name
        service.write_abundances(run.conn, project, order.request, order.filters, path, by=by)
    run.result |= {"rowcount": 0, "out_file": name}


def owner(run: Run) -> User:
    """Who asked for the export, under the policy of this installation."""
    return users.find(run.conn, run.owner, policy=run.settings.policy)


def write(
    run: Run,
    project: Project,
    package: Package,
    wanted: ProjectFilters,
    *,
    by: User,
    kind: str,
) -> None:
    """Write a zip with its log, and say what it holds."""
    name = service.file_name(kind, run.job_id, run.now(), "zip")
    vault = Vault(run.settings.data / "vault")
    with Archive(run.folder / name, at=run.now()) as archive:
        into = Into(archive, vault, name.removesuffix(".zip"), run.progress)
        done = service.write_package(run.conn, project, package, wanted, into=into, by=by)
        for lost in done.missing[:100]:
            run.warn(f"This image is lost: {lost}.")
        run.log(f"{done.rows} lines written")
        archive.store(f"job_{run.job_id}.log", (run.folder / LOG).read_bytes())
    run.result |= {"rowcount": done.rows, "out_file": name}
