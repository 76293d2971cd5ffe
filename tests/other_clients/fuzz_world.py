"""The world that is fuzzed: people in each role, things of every kind, and how all is mended.

What is fuzzed destroys: projects are erased, accounts blocked, passwords changed. So that calls go
on meeting something, the rows of the beginning are kept aside and put back from time to time.
"""

import json
import shutil
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

import cruise
import given
from calanus.annotation import service as annotation
from calanus.annotation.types import ClassifyOrder
from calanus.collections import service as collections
from calanus.files.folders import folder_of
from calanus.jobs import service as jobs_service
from calanus.kit.db import Connection, connect, execute, fetch_value, fetch_values
from calanus.kit.ids import JobId, ObjectId
from calanus.kit.settings import Settings
from calanus.objects.types import State
from calanus.projects.types import Project
from calanus.users import guests
from calanus.users import service as users
from calanus.users.session import token_of
from calanus.users.types import Guest, Privilege, User
from given import CALANOIDA, COPEPODA, DETRITUS, NOON, OLD_NAME

# Read and written by everybody at once: these are never put back.
LIVING = ("procrastinate", "_yoyo", "yoyo", "_lock", "sign_in_failures")
PACKAGE = "object_id\timg_file_name\tobject_area\n[t]\t[t]\t[f]\no1\ta.png\t1.5\no2\tb.png\t2\n"


class World:
    """Somebody in each role, three projects, and all that can be named in them."""

    def __init__(self, settings: Settings, url: str) -> None:
        self.settings, self.url = settings, url
        with connect(url) as conn:
            self.roles: dict[str, User | None] = {
                "visitor": None,
                "annotator": given.user(conn, name="Amanda Sampler"),
                "manager": given.user(conn, name="Max Manager"),
                "application manager": given.application_manager(conn),
            }
            self.others = [given.user(conn, name=f"{n} Other").user_id for n in ("Otto", "Olga")]
            projects = [self.project(conn, access) for access in ("1", "0", "0")]
            self.known = self.names(conn, projects)
        self.keep()

    def project(self, conn: Connection, access: str) -> Project:
        """A project with objects in every state, images, history, and columns."""
        head, amanda, max_ = (
            self.roles[r] for r in ("application manager", "annotator", "manager")
        )
        assert head
        assert amanda
        assert max_
        made = given.project(conn, access=access, title=f"Leg {access}")
        held = {head: Privilege.MANAGE, max_: Privilege.MANAGE, amanda: Privilege.ANNOTATE}
        members: dict[int, str] = {user.user_id: privilege for user, privilege in held.items()}
        users.set_members(conn, made.project_id, members | {self.others[0]: Privilege.VIEW})
        cruise.measured(conn, made)
        seen: list[ObjectId] = []
        for taxon, state in ((COPEPODA, "V"), (DETRITUS, "V"), (CALANOIDA, "P"), (None, None)):
            seen += given.objects(conn, made, 5, taxon=taxon, state=state, by=amanda)
        images = {int(each): cruise.drawing(COPEPODA, each) for each in seen[::2]}
        cruise.illustrate(conn, self.settings, made, images)
        project = given.refreshed(conn, made, head)
        order = ClassifyOrder([*seen[:2]], [DETRITUS, DETRITUS], State.DUBIOUS)
        annotation.classify(conn, project, order, by=amanda, at=NOON)
        return project

    def names(self, conn: Connection, projects: list[Project]) -> dict[str, list[Any]]:
        """What there is, under the names by which an interface asks for it."""
        head = self.roles["application manager"]
        assert head
        p = [project.project_id for project in projects]
        objects = ids(conn, "SELECT object_id FROM objects ORDER BY mod(object_id, 7), object_id")
        samples = ids(conn, "SELECT sample_id FROM samples ORDER BY 1")
        acquisitions = ids(conn, "SELECT acquisition_id FROM acquisitions ORDER BY 1")
        images = ids(conn, "SELECT image_id FROM images ORDER BY 1")
        gil = guests.create_guest(conn, Guest("gil@sea.example", "Gil Guest", "Sea"), by=head)
        sea = guests.create_organisation(conn, "Sea Lab", "Ada - Head", by=head)
        collection = collections.create(conn, "Copepods", p[:1], by=head)
        jobs = [
            self.job(conn, user, state, p[0])
            for user in self.roles.values()
            if user
            for state in "FEA"
        ]
        everybody = [user.user_id for user in self.roles.values() if user]
        for user_id in everybody:
            self.files(user_id)
        taxa = [COPEPODA, CALANOIDA, DETRITUS, OLD_NAME, 1]
        shown = ["obj.orig_id,fre.area", "fre.area", "-obj.classif_score"]
        paths = ["tow", "tow/a.png", "tow.txt", "new"]
        return {
            **dict.fromkeys(PROJECT, p),
            **dict.fromkeys(OBJECT, objects[:6]),
            **dict.fromkeys(SAMPLE, samples[:4]),
            **dict.fromkeys(("acquisition_id", "process_id"), acquisitions[:4]),
            **dict.fromkeys(TAXON, taxa),
            **dict.fromkeys(PATH, paths),
            **dict.fromkeys(FIELDS, shown),
            "image_ids": images[:4],
            "ids": [*p, *self.others, *taxa[:2], *images[:2]],
            **dict.fromkeys(LISTS_OF_PROJECTS, p),
            **dict.fromkeys(LISTS_OF_TAXA, taxa),
            "get_users.ids": self.others,
            "thumbnails.ids": images[:4],
            "job_id": jobs,
            "batch_id": ids(conn, "SELECT batch_id FROM batches ORDER BY 1"),
            "collection_id": [collection],
            "collection_ids": [collection],
            "guest_id": [gil.user_id],
            "organization_id": [sea.organisation_id],
            "user_id": self.others,
            "contact_user": [everybody[0], gil.user_id],
            "creator_users": [everybody[0], gil.user_id],
            "creator_organisations": [sea.organisation_id, "Sea Lab"],
            "status": ["active", "blocked", "Annotate"],
            "features": ["fre.area", "fre.void"],
            "names": ["fre.area", "obj.depth_min"],
            "ucol": ["orig_id", "area", "note", "latitude", "objdate"],
            "statusfilter": ["V", "NV", "PVD", "U"],
            "samples": samples[:2],
            "freenum": ["on01", "oscore", "fre.area"],
            "freetxt": ["ot01", "st01"],
            "by_name": ["a%", "%"],
            "name": ["Sea Lab", "%", "Newtaxon", "Nora New"],
            "email": ["nora@sea.example", "gil@sea.example"],
            "country": ["France"],
            "orcid": ["0000-0002-1825-0097"],
            "password": ["jellyfish at dusk"],
            "pre_mapping": [{}, {str(COPEPODA): CALANOIDA}],
            **self.bodies(p, objects, everybody),
            "title": ["Copepods", "Leg 0"],
            "q": ["Copepods", "cop"],
            "query": ["cope", "cala<cope"],
            "key": ["mru"],
            "formulae": ["total_water_volume: sam.tot_vol\nsubsample_coef: 1/ssm.sub_part"],
            "current": [given.PASSWORD],
            "username": [user.email for user in self.roles.values() if user],
        }

    def bodies(
        self, projects: Sequence[int], objects: list[int], everybody: Sequence[int]
    ) -> dict[str, list[Any]]:
        """Whole requests, of which several parts must go together."""
        learn: dict[str, Any] = {
            "project_id": projects[0],
            "source_project_ids": [*projects[:2]],
            "features": ["fre.area"],
            "categories": [COPEPODA, DETRITUS],
            "pre_mapping": {},
        }
        acts: list[dict[str, Any]] = [
            {"operation": "validate", "objects": objects[:3]},
            {"operation": "classify", "objects": objects[:3], "taxon_id": COPEPODA, "state": "D"},
            {"operation": "unvalidate", "selection": {"filters": {"statusfilter": "V"}}},
        ]
        reply = {"users": {"nobody": everybody[0]}, "taxa": {"sea monster": COPEPODA}}
        return {
            "learning_set.body": [learn, {**learn, "use_scn": True, "learning_limit": 1}],
            "learning_report.body": [learn],
            "make_classifier.body": [{"name": "ours", "request": {**learn, "use_scn": True}}],
            "predict_object_set.body": [
                {"filters": chosen, "request": learn} for chosen in ({}, {"statusfilter": "P"})
            ],
            "reclassify_object_set.body": [{"taxo": str(taxon)} for taxon in (DETRITUS, COPEPODA)],
            "reply_job_question.body": [reply, {}],
            "make_batch.body": [
                {**act, "client_key": f"e3e70682-c209-1cac-a29f-6fbed82c07c{n}"}
                for n, act in enumerate(acts)
            ],
        }

    def job(self, conn: Connection, owner: User, state: str, project_id: int) -> int:
        """A job that ended well, ended with errors, or asks, with all its files."""
        statement = """
            INSERT INTO jobs (kind, owner_id, project_id, wanted, state, result, question, errors)
            VALUES ('FileImport', %(owner)s, %(p)s, '{"project_id": 0}', %(state)s,
                    '{"out_file": "out.tsv", "error_file": "errors.tsv"}', %(question)s, '["one"]')
            RETURNING job_id
        """
        question = Jsonb({"missing_users": [], "missing_taxa": ["sea monster"]})
        values = {"owner": owner.user_id, "p": project_id, "state": state, "question": question}
        job_id = JobId(int(fetch_value(conn, statement, **values)))
        folder = jobs_service.folder_of(self.settings, job_id)
        folder.mkdir(parents=True)
        for name in ("out.tsv", jobs_service.LOG, "errors.tsv"):
            (folder / name).write_text("something\n")
        return job_id

    def files(self, user_id: int) -> None:
        """A package among somebody's files."""
        folder = folder_of(self.settings, user_id)  # pyright: ignore[reportArgumentType]
        (folder / "tow").mkdir(exist_ok=True)
        (folder / "tow/ecotaxa_tow.tsv").write_text(PACKAGE)
        for name in "ab":
            (folder / f"tow/{name}.png").write_bytes(cruise.drawing(COPEPODA, 1))
        (folder / "tow.txt").write_text("no package")

    # --- What is put back ------------------------------------------------------------------------

    def keep(self) -> None:
        """Put a copy of everything aside."""
        with connect(self.url) as conn:
            execute(conn, "CREATE SCHEMA kept")
            for table in tables(conn):
                execute(conn, sql.SQL(KEEP).format(sql.Identifier("kept", table), self.at(table)))
        for folder in FOLDERS:
            shutil.copytree(self.settings.data / folder, self.settings.data / "kept" / folder)

    def mend(self) -> None:
        """Put back what is no longer as it was; what came since stays."""
        with connect(self.url) as conn:
            execute(conn, "SET LOCAL session_replication_role = replica")  # in any order
            execute(conn, "SET LOCAL lock_timeout = '5s'")
            for table in tables(conn):
                self.restore(conn, table)
        for folder in FOLDERS:
            with suppress(OSError, shutil.Error):  # a file where a folder was: let it be
                kept = self.settings.data / "kept" / folder
                shutil.copytree(kept, self.settings.data / folder, dirs_exist_ok=True)

    def restore(self, conn: Connection, table: str) -> None:
        """The rows of a table that there were: those of a project as a whole, others one by one."""
        columns = columns_of(conn, table)
        same = ["project_id"] if "project_id" in columns else key_of(conn, table)
        match = sql.SQL(" AND ").join(
            [sql.SQL("t.{0} = k.{0}").format(sql.Identifier(c)) for c in same]
        )
        kept, listed = (
            sql.Identifier("kept", table),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
        )
        execute(
            conn,
            sql.SQL("DELETE FROM {} t USING {} k WHERE {}").format(self.at(table), kept, match),
        )
        execute(
            conn,
            sql.SQL(
                "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {}"
                " ON CONFLICT DO NOTHING"
            ).format(self.at(table), listed, listed, kept),
        )

    def at(self, table: str) -> sql.Identifier:
        """A table by its name."""
        return sql.Identifier("public", table)

    def token(self, role: str) -> str:
        """A fresh token of somebody whose account is as it was."""
        user = self.roles[role]
        return token_of(user, given.KEY) if user else ""


FOLDERS = ("vault", "jobs", "files")
KEEP = "CREATE TABLE {} AS SELECT * FROM {}"
LISTS_OF_PROJECTS = (
    "list_projects.project_ids",
    "project_set_get_stats.ids",
    "project_set_get_column_stats.ids",
)
LISTS_OF_TAXA = ("query_taxa_set.ids", "wormsification_taxa_set.ids")
PROJECT = (
    "project_id",
    "project_ids",
    "source_project_ids",
    "source_project_id",
    "dest_prj_id",
    "clone_of_id",
    "target_id",
)
OBJECT = ("object_id", "object_ids", "target_ids", "objects", "but", "except")
SAMPLE = ("sample_id", "sample_ids")
TAXON = (
    "taxon_id",
    "taxa",
    "taxo",
    "taxaids",
    "taxa_ids",
    "forced_id",
    "classifications",
    "categories",
    "parent_taxon",
    "parent_id",
    "init_classif_list",
)
PATH = ("source_path", "dest_path", "sub_path", "path")
FIELDS = ("fields", "order_field", "classiffieldlist", "popoverfieldlist")


def ids(conn: Connection, statement: Any) -> list[int]:
    """The ids that a statement finds."""
    return [int(found) for found in fetch_values(conn, statement)]


def tables(conn: Connection) -> list[str]:
    """The tables that are put back."""
    found = fetch_values(
        conn,
        """
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
         ORDER BY 1
        """,
    )
    return [table for table in found if not table.startswith(LIVING)]


def columns_of(conn: Connection, table: str) -> list[str]:
    """The columns of a table that can be written."""
    return fetch_values(
        conn,
        """
        SELECT column_name FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name = %(t)s AND is_generated = 'NEVER'
        """,
        t=table,
    )


def key_of(conn: Connection, table: str) -> list[str]:
    """The columns of a table's primary key, or all."""
    found = fetch_values(
        conn,
        """
        SELECT a.attname FROM pg_index i
          JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
         WHERE i.indrelid = ('public.' || quote_ident(%(t)s))::regclass AND i.indisprimary
        """,
        t=table,
    )
    return found or columns_of(conn, table)


@contextmanager
def keeper(world: World) -> Generator[str]:
    """An address that mends the world and answers a token: `GET /<role>`."""

    class Keeper(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with suppress(psycopg.errors.OperationalError):  # somebody holds a lock: next time
                world.mend()
            answer = json.dumps(world.token(self.path[1:].replace("%20", " "))).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Keeper) as door:
        thread = threading.Thread(target=door.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{door.server_port}"
        finally:
            door.shutdown()
            thread.join()
