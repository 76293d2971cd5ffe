"""Darwin Core Archives in the background."""

from calanus.exports.darwin_core import service
from calanus.exports.darwin_core.types import DarwinCoreOrder
from calanus.exports.jobs import owner
from calanus.exports.service import one_moment
from calanus.jobs.run import Run, job


@job("DarwinCoreExport")
def export_darwin_core(run: Run, order: DarwinCoreOrder) -> None:
    """Write a collection as a Darwin Core Archive, or say all that keeps it from being one."""
    with one_moment(run.conn):
        found = service.require(run.conn, order.request, by=owner(run))
        findings = service.check(run.conn, found, order.request)
        if findings.errors:
            run.fail(findings.errors)
        path = run.folder / service.FILE
        contents = service.write(run.conn, found, order.request, path, at=run.now())
    warnings = [*findings.warnings, *contents.warnings]
    for sentence in warnings:
        run.warn(sentence)
    run.log(f"{len(contents.sampled):,} events, {len(contents.species):,} taxa")
    run.result |= {
        "collection_id": found.collection.collection_id,
        "out_file": service.FILE,
        "taxonomy": {str(s.aphia_id): s.name for s in contents.species.values()},
        "wrns": warnings,
    }
