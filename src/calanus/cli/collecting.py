"""Commands about collections: putting projects together, and publishing them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calanus.cli import Asked
from calanus.cli.exporting import fetched
from calanus.cli.shell import Failed, answer, opened, say, table
from calanus.cli.work import checked, done
from calanus.collections import service as collections

NAMES = ("collection_id", "title", "projects", "license", "external_id")


@dataclass(frozen=True)
class Archive:
    """A collection, and what its archive holds."""

    collection: int
    predicted: bool
    absent: bool
    measures: list[str]

    def request(self) -> dict[str, Any]:
        """The same, in the words of the API."""
        return {
            "collection_id": self.collection,
            "include_predicted": self.predicted,
            "with_absent": self.absent,
            "with_computations": self.measures,
        }


def list_collections(asked: Asked, *, json: bool) -> None:
    """List the collections somebody manages."""
    with opened(asked) as here, here.transaction() as conn:
        found = collections.listed(conn, by=here.user)
    rows = [
        {
            "collection_id": c.collection_id,
            "title": c.title,
            "projects": c.project_ids,
            "license": c.license or "",
            "external_id": c.external_id,
        }
        for c in found
    ]
    answer(
        {"collections": rows},
        json=json,
        shown=lambda: table([NAMES, *[[row[name] for name in NAMES] for row in rows]]),
    )


def create_collection(asked: Asked, title: str, projects: list[int], *, json: bool) -> None:
    """Put projects together."""
    with opened(asked) as here, here.transaction() as conn:
        made = collections.create(conn, title, projects, by=here.user)
    answer(
        {"collection_id": made},
        json=json,
        shown=lambda: f"Collection {made} is made. What it lacks: calanus collection check {made}",
    )


def check(asked: Asked, wanted: Archive, *, json: bool) -> None:
    """Say what is wrong with a collection; that fails the command."""
    from calanus.exports.darwin_core import service
    from calanus.exports.darwin_core.types import DarwinCoreExportReq

    request = checked(DarwinCoreExportReq, **wanted.request())
    with opened(asked) as here, here.transaction() as conn:
        found = service.require(conn, request, by=here.user)
        findings = service.check(conn, found, request)
    if findings.errors:
        raise Failed(findings.errors)
    for sentence in findings.warnings:
        say(sentence)
    answer({"warnings": findings.warnings}, json=json, shown=lambda: "Ready to be published.")


def export(asked: Asked, wanted: Archive, out: Path, *, json: bool) -> None:
    """Write the archive of a collection."""
    from calanus.exports.darwin_core.jobs import export_darwin_core
    from calanus.exports.darwin_core.types import DarwinCoreOrder

    order = checked(DarwinCoreOrder, request=wanted.request())
    with opened(asked) as here:
        with here.transaction() as conn:
            collections.require(conn, here.user, wanted.collection)
        job = done(here, export_darwin_core, order, None)
        file = fetched(here, job, out)
    result: dict[str, Any] = {**(job.result or {}), "job_id": job.job_id, "file": str(file)}
    for sentence in result.get("infos", []):
        say(sentence)
    answer(result, json=json, shown=lambda: f"Written: {file}")
