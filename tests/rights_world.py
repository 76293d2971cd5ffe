"""A private project, somebody in each role, and how they knock at an endpoint."""

from dataclasses import dataclass
from typing import Any

from starlette.testclient import TestClient

import given
from calanus.collections import service as collections
from calanus.collections.types import CollectionChange
from calanus.kit.db import connect
from calanus.users import guests
from calanus.users import service as users
from calanus.users.types import AccountRole, Guest, NewUser, Privilege
from given import COPEPODA, DETRITUS

ANYBODY, SIGNED_IN, VISITOR, ANNOTATOR, MANAGER, HEAD = range(6)
NAMES = ("anonymous", "stranger", "visitor", "annotator", "manager", "application manager")
KEY = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Endpoint:
    """A way in: the least role that passes under each policy, and a request that makes sense."""

    address: str
    least: int
    collaborative: int | None = None
    query: str = ""
    body: Any = None
    hidden: bool = False  # says 404 rather than 403


class World:
    """A private project, and somebody in each role."""

    def __init__(self, web: TestClient, url: str) -> None:
        self.web = web
        with connect(url) as conn:
            held = {
                VISITOR: Privilege.VIEW,
                ANNOTATOR: Privilege.ANNOTATE,
                MANAGER: Privilege.MANAGE,
            }
            people = {role: given.user(conn, name=f"{NAMES[role]} person") for role in range(1, 5)}
            people[HEAD] = users.create(
                conn,
                NewUser(
                    "head@lab.example",
                    "The head",
                    given.PASSWORD,
                    role=AccountRole.APPLICATION_MANAGER,
                ),
                by=None,
            )
            tara = given.project(conn)
            members: dict[int, str] = {tara.contact_id or 0: Privilege.MANAGE}
            members |= {people[role].user_id: privilege for role, privilege in held.items()}
            users.set_members(conn, tara.project_id, members)
            [tile] = given.objects(conn, tara, 1, taxon=DETRITUS, state="P")
            row = conn.execute(
                "INSERT INTO jobs (kind, owner_id, wanted, state)"
                " VALUES ('Prediction', %s, '{}', 'F') RETURNING job_id",
                [tara.contact_id],
            ).fetchone()
            assert row
            collection_id = collections.create(conn, "Copepods", [tara.project_id], by=people[HEAD])
            values: dict[str, object] = {"short_title": "cop", "external_id": "doi"}
            change = CollectionChange(values=values)
            collections.change(conn, collection_id, change, by=people[HEAD])
            gil = Guest("gil@sea.example", "Gil Guest", "Sea Lab")
            guest_id = guests.create_guest(conn, gil, by=people[HEAD]).user_id
        p = tara.project_id
        self.names: dict[str, Any] = {
            "project_id": p,
            "reading_id": 1,
            "cluster_id": 0,
            "user_id": people[SIGNED_IN].user_id,
            "status": "nonsense",
            "token_id": 1,
            "taxon_id": COPEPODA,
            "name": "Calanus",
            "job_id": row[0],
            "sub_path": "",
            "view_id": "none",
            "level": "sample",
            "object_id": tile,
            "sample_id": p * 1_000_000 + 1,
            "acquisition_id": p * 10_000_000 + 1,
            "process_id": p * 10_000_000 + 1,
            "batch_id": 1,
            "collection_id": collection_id,
            "guest_id": guest_id,
            "organization_id": 1,
        }
        self.people = people

    def body(self, body: Any) -> Any:
        """A request's body with the names of this world."""
        p = self.names["project_id"]
        if body == "export":
            return {"filters": {}, "request": {"project_id": p}}
        if body == "old export":
            return {"filters": {}, "request": {"project_id": p, "exp_type": "TSV"}}
        if body == "recast":
            return {"target_id": p, "operation": "project_export"}
        if body == "predict":
            return {
                "project_id": p,
                "source_project_ids": [p],
                "features": ["fre.area"],
                "categories": [DETRITUS],
                "pre_mapping": {},
            }
        if isinstance(body, dict):
            return {key: self.body(value) for key, value in body.items()}  # pyright: ignore
        if isinstance(body, list):
            return [self.body(value) for value in body]  # pyright: ignore
        return self.names[body[1:-1]] if isinstance(body, str) and body[:1] == "{" else body

    def gets_in(self, endpoint: Endpoint, role: int) -> bool:
        """Whether somebody of a role passes the policy; what comes after is another matter."""
        method, path = endpoint.address.split()
        query = endpoint.query.format_map(self.names)
        answer = self.web.request(
            method,
            path.format_map(self.names) + (f"?{query}" if query else ""),
            json=self.body(endpoint.body),
            headers=given.headers(self.people[role]) if role else {},
        )
        assert answer.status_code != 500, answer.text
        refused = (401, 403, 404) if endpoint.hidden else (401, 403)
        return answer.status_code not in refused
