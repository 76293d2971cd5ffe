"""What a project holds, acquisition by acquisition, in sentences: EcoTaxa's aid to debugging."""

from collections.abc import Iterator

from calanus.kit.db import Connection
from calanus.objects import queries
from calanus.objects.types import AcquisitionStats
from calanus.projects.types import Project


def sentences(conn: Connection, project: Project) -> list[str]:
    """A line for each acquisition, each followed by one for each free number it has."""
    names = {
        int(place[1:]): name
        for name, place in project.object_columns.items()
        if place.startswith("n")
    }
    numbers: dict[int, list[str]] = {}
    for acquisition_id, place, how_many, least, most in queries.number_stats(
        conn, project.project_id
    ):
        if place in names:
            line = f"  {names[place]}: {least:g} to {most:g}, in {how_many:,} objects"
            numbers.setdefault(acquisition_id, []).append(line)
    lines: list[str] = []
    for stats in queries.acquisition_stats(conn, project.project_id):
        lines.append("; ".join(parts(stats)))
        lines += numbers.get(stats.acquisition_id, [])
    return lines


def parts(stats: AcquisitionStats) -> Iterator[str]:
    """What there is to say of an acquisition."""
    yield (
        f"Sample {stats.sample}, acquisition {stats.acquisition} ({stats.acquisition_id}): "
        f"{stats.objects:,} objects, {stats.images:,} images"
    )
    yield (
        f"{stats.validated:,} validated, {stats.dubious:,} dubious, {stats.predicted:,} predicted"
    )
    if stats.depth_min is not None and stats.depth_max is not None:
        yield f"{stats.depth_min:g} to {stats.depth_max:g} m deep"
    if stats.first_day:
        yield f"{stats.first_day} to {stats.last_day}"
