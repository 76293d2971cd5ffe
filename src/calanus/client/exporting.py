"""Exports: the job, its file, and a summary as a frame."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from calanus.client import downloads
from calanus.client.errors import Unknown
from calanus.client.jobs import started
from calanus.client.progress import Progress
from calanus.client.types import LETTERS

if TYPE_CHECKING:
    import polars

    from calanus.client.project import Project

KINDS = ("general", "backup", "summary")
NAMES = {"sampleid": "sample", "acquisid": "acquisition", "status": "state", "taxonid": "taxon"}


def export(
    project: "Project",
    target: Path,
    kind: str,
    options: Mapping[str, Any],
    filters: Mapping[str, str],
    progress: Progress,
) -> Path:
    """Make an export, wait for it, and bring its file where it is wanted."""
    if kind not in KINDS:
        raise Unknown("kind of export", kind, KINDS, f"There are: {', '.join(KINDS)}.")
    downloads.prepare(target)
    request = {"project_id": project.id, **options}
    body = {"filters": filters, "request": request}
    told = project.wire.post(f"/object_set/export/{kind}", body)
    job = started(project.wire, project.calanus.taxa, told)
    return job.wait(progress=progress).download(target, progress=progress)


def summary(
    project: "Project", request: Mapping[str, Any], filters: Mapping[str, str], progress: Progress
) -> "polars.DataFrame":
    """A summary, as a frame."""
    import polars as pl

    with TemporaryDirectory(prefix="calanus-") as folder:
        made = export(project, Path(folder), "summary", request, filters, progress)
        texts = dict.fromkeys(NAMES, pl.String)
        frame = pl.read_csv(
            made, separator="\t", schema_overrides=texts, infer_schema_length=None,
            null_values=["nan"],
        )  # fmt: skip
    frame = frame.rename({old: new for old, new in NAMES.items() if old in frame.columns})
    return frame.with_columns(pl.col("state").replace(LETTERS))
