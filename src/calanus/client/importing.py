"""Imports: what is on this machine is uploaded first; and a table of many changes."""

import csv
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from calanus.client import uploads
from calanus.client.errors import Invalid
from calanus.client.frames import columns_of, ids_of
from calanus.client.jobs import Job, answers_of, started
from calanus.client.levels import READ_ONLY, word
from calanus.client.progress import Progress, shown
from calanus.client.types import Answers
from calanus.client.uploads import ServerPath

if TYPE_CHECKING:
    from calanus.client.project import Project

MODES = {"none": "", "meta": "Yes", "classification": "Cla"}
MOST_ORDERS = 100  # different rows, above which changes go as one table
COMMON = "common:"
HEADERS = {
    "latitude": "object_lat",
    "longitude": "object_lon",
    "depth_min": "object_depth_min",
    "depth_max": "object_depth_max",
    "objdate": "object_date",
    "objtime": "object_time",
    "object_link": "object_link",
    "complement_info": "complement_info",
}
NUMBERS = frozenset({"latitude", "longitude", "depth_min", "depth_max"})


def begin(
    project: "Project",
    operation: str,
    source: str | Path,
    order: Mapping[str, Any],
    known: Answers,
    progress: Progress,
) -> Job:
    """Start an import of something that is on the server, or is brought there."""
    answers = answers_of(project.calanus.taxa, known.get("taxa"), known.get("users"))
    path = on_server(project, source, progress)
    body = {**order, "source_path": path, "answers": answers}
    told = project.wire.post(f"/{operation}/{project.id}", body)
    return started(project.wire, project.calanus.taxa, told)


def on_server(project: "Project", source: str | Path, progress: Progress) -> str:
    """Where a source is on the server, once it is there."""
    if isinstance(source, ServerPath) or (isinstance(source, str) and source.startswith(COMMON)):
        return str(source)
    with shown(progress) as tell:
        return uploads.send_path(project.wire, Path(source), None, tell)


def update_by_table(project: "Project", frame: Any, progress: Progress) -> int:
    """Give many objects values of their own, in one import of a table."""
    given = columns_of(frame)
    ids = ids_of(given, "object_id")
    columns = {n: word(project.described, "object", n) for n in given if n not in READ_ONLY}
    if "orig_id" in columns.values():
        raise Invalid(
            f"New names of more than {MOST_ORDERS} objects are given in parts: a table finds its "
            "objects by their names."
        )
    named = {
        row["object_id"]: row["name"]
        for row in project.objects().frame("object_id", "name").rows(named=True)
    }
    if missing := [one for one in ids if one not in named]:
        raise Invalid(f"There is no object {missing[0]} in this project.")
    lines = [
        [named[one], *[cell(given[name][row]) for name in columns]] for row, one in enumerate(ids)
    ]
    with TemporaryDirectory(prefix="calanus-") as folder:
        path = Path(folder) / "ecotaxa_update.tsv"
        write(path, project, list(columns.values()), lines)
        job = project.import_package(Path(folder), update="meta", progress=progress)
    return int(job.result["outcome"]["levels"]["object"]["changed"])


def write(path: Path, project: "Project", columns: list[str], lines: list[list[str]]) -> None:
    """A table as an import reads it: headers, types, rows."""
    free: Mapping[str, str] = project.described["obj_free_cols"]
    number = [name in NUMBERS or free.get(name, "t").startswith("n") for name in columns]
    headers = [HEADERS.get(name, f"object_{name}") for name in columns]
    with path.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out, delimiter="\t", lineterminator="\n")
        table.writerow(["object_id", *headers])
        table.writerow(["[t]", *["[f]" if n else "[t]" for n in number]])
        table.writerows(lines)


def cell(value: Any) -> str:
    """A value as a table writes it; nothing is empty."""
    return "" if value is None else str(value)
