"""A cruise to learn from: objects with drawn images and a telling measurement."""

import io
from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageDraw

import given
from calanus.files.vault import PackWriter, Vault
from calanus.kit.db import Connection, execute, fetch_value
from calanus.kit.ids import IMAGES, ObjectId, TaxonId
from calanus.kit.settings import Settings
from calanus.projects import service as projects
from calanus.projects.types import Project
from calanus.users.types import User

COLUMNS = {"area": "n01", "void": "n02", "note": "t01"}


def drawing(taxon: TaxonId, seed: int) -> bytes:
    """A round copepod, or a stick of detritus, with a little grain."""
    image = Image.new("L", (60, 60), 230)
    if taxon == given.COPEPODA:
        ImageDraw.Draw(image).ellipse((8, 12, 50, 46), fill=60)
    else:
        ImageDraw.Draw(image).line((4, 4, 55, 55), fill=60, width=2)
    grain = np.random.default_rng(seed).normal(0, 6, (60, 60))
    file = io.BytesIO()
    Image.fromarray((np.asarray(image) + grain).clip(0, 255).astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


def measured(conn: Connection, project: Project) -> None:
    """The columns of the project are known: area, void (nowhere filled) and a text."""
    levels: dict[str, dict[str, str]] = {"sample": {}, "acquisition": {}, "process": {}}
    columns = {"object": COLUMNS, **levels}
    projects.record_columns(conn, project.project_id, columns, loaded_files=[])


def area(conn: Connection, ids: list[ObjectId], around: float) -> None:
    """Give objects areas near a value."""
    sql = """
        UPDATE object_values SET numbers = ARRAY[%(around)s + (object_id %% 7) / 10.0, 'NaN']
         WHERE object_id = ANY(%(ids)s)
    """
    execute(conn, sql, around=around, ids=ids)


def illustrate(
    conn: Connection, settings: Settings, project: Project, images: Mapping[int, bytes]
) -> None:
    """Give objects an image each, in one more pack."""
    project_id = project.project_id
    sql = "SELECT count(*) + 1 FROM packs WHERE project_id = %(p)s"
    pack_id = int(fetch_value(conn, sql, p=project_id))
    with PackWriter(Vault(settings.data / "vault"), project_id, pack_id) as pack:
        for object_id, data in images.items():
            place = pack.append(f"{object_id}.png", data)
            execute(
                conn,
                """
                INSERT INTO images VALUES (%(p)s, %(o)s, %(i)s, %(position)s, %(pack)s, %(length)s,
                                           60, 60, 0, '\\x00', 'a.png')
                """,
                p=project_id,
                o=object_id,
                i=project_id * IMAGES + object_id % 1_000_000,
                position=place.position,
                pack=pack_id,
                length=place.length,
            )
        pack.finish()
    execute(
        conn,
        "INSERT INTO packs VALUES (%(p)s, %(pack)s, %(path)s, %(b)s)",
        p=project_id,
        pack=pack_id,
        path=pack.path,
        b=pack.bytes,
    )


def taught(
    conn: Connection, settings: Settings, *, by: User, each: int = 8, images: bool = True
) -> Project:
    """A project with validated copepods (large) and detritus (small)."""
    project = given.project(conn, title="Tara leg 3")
    measured(conn, project)
    for taxon, size in ((given.COPEPODA, 100.0), (given.DETRITUS, 3.0)):
        ids = given.objects(conn, project, each, taxon=taxon, state="V", by=by)
        area(conn, ids, size)
        if images:
            drawn: dict[int, bytes] = {object_id: drawing(taxon, object_id) for object_id in ids}
            illustrate(conn, settings, project, drawn)
    return given.refreshed(conn, project, by)


def unsorted(
    conn: Connection, settings: Settings, *, by: User, images: bool = True
) -> tuple[Project, list[ObjectId], list[ObjectId]]:
    """A project with two copepods nobody has identified, and two sticks predicted wrongly."""
    project = given.project(conn, title="Polarstern 7")
    measured(conn, project)
    copepods = given.objects(conn, project, 2)
    sticks = given.objects(conn, project, 2, taxon=given.COPEPODA, state="P")
    area(conn, copepods, 99)
    area(conn, sticks, 4)
    if images:
        drawn: dict[int, bytes] = {o: drawing(given.COPEPODA, o) for o in copepods}
        drawn |= {o: drawing(given.DETRITUS, o) for o in sticks}
        illustrate(conn, settings, project, drawn)
    return given.refreshed(conn, project, by), copepods, sticks
