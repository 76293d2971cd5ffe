"""A small cruise in which every operation of EcoTaxa's interface makes sense."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.testclient import TestClient

import given
from calanus.app import create_app
from calanus.collections import service as collections
from calanus.jobs.recovery import LOG, folder_of
from calanus.kit.db import connect
from calanus.kit.settings import Settings
from calanus.users import guests
from calanus.users.types import Guest, User
from given import CALANOIDA, COPEPODA, DETRITUS
from lab import Lab, new_lab

TABLE = (
    "object_id|object_lat|object_lon|object_date|object_time|object_depth_min|object_depth_max"
    "|object_area|object_feret|object_label|sample_id|sample_ship|acq_id|acq_instrument|acq_mesh"
    "|process_id|process_pixel|object_annotation_category_id|object_annotation_status"
    "|img_file_name\n"
    "[t]|[f]|[f]|[t]|[t]|[f]|[f]|[f]|[f]|[t]|[t]|[t]|[t]|[t]|[t]|[t]|[t]|[f]|[t]|[t]\n"
)
LINES = [
    f"tile_{n}|{40 + n}|{n}|20260{n}15|{n + 7:02}3000|{n}0|{n}5|{n}00.5|{n}.25|label {n}"
    f"|station_{(n + 1) // 2}|Tara|cast_{(n + 1) // 2}|uvp|200|run_{(n + 1) // 2}|10.6"
    f"|{taxon}|{state}|tile_{n}.png\n"
    for n, (taxon, state) in enumerate(
        [(COPEPODA, "validated"), (COPEPODA, "dubious"), (DETRITUS, "predicted"), ("", "")], 1
    )
]


@dataclass
class Cruise:
    """One project with two stations and four tiles: validated, dubious, predicted, and new."""

    web: TestClient
    lab: Lab
    names: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def head(self) -> User:
        """Who asks: an application manager."""
        return self.lab.owner

    def filled(self, wanted: Any) -> Any:
        """A request with the names of this cruise, `{project_id}` and such, put in."""
        if isinstance(wanted, Mapping):
            pairs: list[tuple[Any, Any]] = list(wanted.items())  # pyright: ignore
            return {self.filled(key): self.filled(value) for key, value in pairs}
        if isinstance(wanted, list):
            return [self.filled(value) for value in wanted]  # pyright: ignore
        if isinstance(wanted, str) and (whole := re.fullmatch(r"\{(\w+)\}", wanted)):
            return self.names[whole[1]]
        return wanted.format_map(self.names) if isinstance(wanted, str) else wanted

    def ask(self, call: str, body: Any = None, by: User | None = None, **sent: Any) -> Any:
        """The answer to a call such as "GET /taxa", by the application manager unless told."""
        method, address = self.filled(call).split(" ", 1)
        headers = given.headers(by or self.head) | sent.pop("headers", {})
        if body is not None:
            sent["json"] = self.filled(body)
        return self.web.request(method, address, headers=headers, **sent)

    def begin(self) -> None:
        """What some calls need to find: a past, a preference, a recast, a short title."""
        collection = {"title": "Copepods of Tara", "short_title": "cop"}
        self.read("PUT /collections/{collection_id}", collection)
        self.read("PUT /users/my_preferences/{project_id}?key=cwd&value=nets")
        recast = {"from_to": {"11": 10}, "doc": {"11": "too young"}}
        kept = {"target_id": "{project_id}", "operation": "project_export", "recast": recast}
        self.read("PUT /taxo_recast", kept)
        for state in "DV":
            body = {"target_ids": ["{object_id}"], "classifications": [-1]}
            self.read("POST /object_set/classify", body | {"wanted_qualification": state})

    def read(self, call: str, body: Any = None) -> Any:
        """What a call answers when all is well."""
        answer = self.ask(call, body)
        assert answer.status_code == 200, answer.text
        return answer.json()


def new_cruise(url: str, settings: Settings) -> Cruise:
    """The cruise on a database of its own; its client is not started yet."""
    lab = new_lab(url, settings, settings.data.parent / "package")
    lab.package(TABLE + "".join(LINES), **dict.fromkeys(f"tile_{n}" for n in range(1, 5)))
    job = lab.load()
    assert job.state == "F", job.errors
    cruise = Cruise(TestClient(create_app(settings, url), base_url="http://calanus.test"), lab)
    p = lab.project_id
    with connect(url) as conn:
        other = given.project(conn, title="Bongo nets")
        given.objects(conn, other, 1)
        collection_id = collections.create(conn, "Copepods of Tara", [p], by=lab.owner)
        guest = guests.create_guest(conn, Guest("gil@sea.example", "Gil Guest"), by=lab.owner)
        place = guests.create_organisation(conn, "Sea Lab (SEA)", "", by=lab.owner)
        conn.execute("UPDATE taxa SET aphia_id = 1080 WHERE taxon_id = %s", [COPEPODA])
    folder = folder_of(settings, job.job_id)
    (folder / LOG).write_text("all is well\n")
    (folder / "export.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    lab.find("""UPDATE jobs SET result = '{"out_file": "export.zip"}' RETURNING 1""")
    lab.own_files.mkdir(parents=True, exist_ok=True)
    for name in ("nets.zip", "old.zip", "moved.zip"):
        (lab.own_files / name).write_bytes(b"PK\x05\x06" + bytes(18))
    cruise.names = {
        "project_id": p,
        "other_id": other.project_id,
        "object_id": p * 10**8 + 1,
        "dubious_id": p * 10**8 + 2,
        "predicted_id": p * 10**8 + 3,
        "new_id": p * 10**8 + 4,
        "sample_id": p * 10**6 + 1,
        "acquisition_id": p * 10**7 + 1,
        "process_id": p * 10**7 + 1,
        "collection_id": collection_id,
        "guest_id": guest.user_id,
        "organization_id": place.organisation_id,
        "user_id": lab.owner.user_id,
        "taxon_id": COPEPODA,
        "calanoida": CALANOIDA,
        "detritus": DETRITUS,
        "job_id": job.job_id,
    }
    return cruise
