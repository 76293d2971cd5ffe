"""A laboratory with a database of its own, that makes packages and imports them."""

import csv
import zipfile
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

from PIL import Image
from psycopg.rows import dict_row

import given
from calanus.files.folders import folder_of
from calanus.imports.jobs import import_folder, import_package
from calanus.imports.types import FolderOrder, ImportOrder
from calanus.jobs import service as jobs
from calanus.jobs.run import enqueue
from calanus.jobs.types import Job
from calanus.kit.db import connect
from calanus.kit.ids import JobId, ProjectId
from calanus.kit.settings import Settings
from calanus.users.types import User

HEADERS = "object_id|img_file_name\n[t]|[t]\n"


@dataclass
class Lab:
    """One person, who manages everything, and one empty project."""

    url: str
    settings: Settings
    owner: User
    project_id: ProjectId
    folder: Path

    def package(self, table: str, name: str = "ecotaxa_a.tsv", /, **images: bytes | None) -> Path:
        """A folder with a table, in which `|` stands for a tab, and its images: a.png and so on."""
        self.folder.mkdir(exist_ok=True)
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(table.replace("|", "\t"))
        for stem, data in images.items():
            (path.parent / f"{stem}.png").write_bytes(data or png())
        return self.folder

    def rows(self, objects: str, *, name: str = "ecotaxa_a.tsv") -> Path:
        """A package of objects, "o1|a.png o2|b.png", with the images that they name."""
        lines = objects.split()
        images = {line.split("|")[1].removesuffix(".png"): None for line in lines}
        return self.package(HEADERS + "\n".join(lines), name, **images)

    def ask(self, **order: Any) -> JobId:
        """An import, asked for and not begun."""
        kind, made = import_package, ImportOrder(project_id=self.project_id, **order)
        with connect(self.url) as conn:
            return enqueue(conn, kind, made, owner=self.owner.user_id, project_id=self.project_id)

    def run(self, job_id: JobId) -> Job:
        """Run a job until it ends or asks."""
        return jobs.run_here(self.settings, self.url, job_id)

    def load(self, path: Path | None = None, **order: Any) -> Job:
        """Import a package that lies on this machine."""
        return self.run(self.ask(local_path=str(path or self.folder), **order))

    def load_images(self, path: Path, **order: Any) -> Job:
        """Import a tree of bare images."""
        made = FolderOrder(project_id=self.project_id, local_path=str(path), **order)
        with connect(self.url) as conn:
            job_id = enqueue(conn, import_folder, made, owner=self.owner.user_id)
        return self.run(job_id)

    def answer(self, job: Job, reply: dict[str, Any]) -> Job:
        """Answer what a job asks, and let it go on."""
        with connect(self.url) as conn:
            jobs.answer(conn, job, reply)
        return self.run(job.job_id)

    def find(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        """Rows of the database."""
        with connect(self.url) as conn, conn.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(sql.encode(), values).fetchall()

    def one(self, sql: str, **values: Any) -> dict[str, Any]:
        """The only row there is."""
        [row] = self.find(sql, **values)
        return row

    def objects(self) -> list[dict[str, Any]]:
        """Everything of every object."""
        return self.find(
            """
            SELECT * FROM objects JOIN object_values USING (project_id, object_id)
             ORDER BY object_id
            """
        )

    def person(self, name: str, email: str) -> int:
        """Somebody who may have identified objects."""
        sql = "INSERT INTO users (name, email) VALUES (%(name)s, %(email)s) RETURNING user_id"
        return int(self.one(sql, name=name, email=email)["user_id"])

    def bytes_in_vault(self) -> int:
        """What the packs take."""
        return sum(p.stat().st_size for p in self.settings.data.glob("vault/packs/*/*"))

    @property
    def own_files(self) -> Path:
        """The folder of the person's uploads."""
        return folder_of(self.settings, self.owner.user_id)


def new_lab(url: str, settings: Settings, folder: Path) -> Lab:
    """A laboratory with the small tree of taxa."""
    with connect(url) as conn:
        given.taxa(conn)
        project = given.project(conn)
        owner = given.application_manager(conn)
    return Lab(url, settings, owner, project.project_id, folder)


def png(width: int = 8, height: int = 6, shade: int = 200) -> bytes:
    """A small grey picture."""
    return encoded(Image.new("L", (width, height), shade), "PNG")


def encoded(image: Image.Image, format_: str) -> bytes:
    """A picture as a file."""
    out = BytesIO()
    image.save(out, format_)
    return out.getvalue()


def zipped(folder: Path) -> Path:
    """The same package as a zip beside it."""
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder))
    return path


def rows(package: Path) -> list[dict[str, str]]:
    """Every object's row of every table of a package, without the line of types."""
    found: list[dict[str, str]] = []
    with zipfile.ZipFile(package) as zipped:
        for name in sorted(zipped.namelist()):
            if name.endswith(".tsv"):
                text = zipped.read(name).decode("ascii")
                found += list(csv.DictReader(StringIO(text), delimiter="\t"))[1:]
    return found
