"""Real servers as there are outside, and a port for one: WoRMS, a reference server of taxa."""

import json
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass
class Asked:
    """A question that came."""

    method: str
    path: str
    query: dict[str, str]
    form: dict[str, str]
    agent: str


@dataclass
class Reply:
    """What is answered: at once, after `wait` seconds, or in drops of one byte."""

    body: bytes = b""
    status: int = 200
    wait: float = 0
    drops: bool = False
    headers: dict[str, str] = field(default_factory=dict[str, str])


def said(value: Any, status: int = 200) -> Reply:
    """An answer in JSON."""
    return Reply(json.dumps(value).encode(), status)


Speaker = Callable[[Asked], Reply]


@dataclass
class Server:
    """A server that runs: its address, what it was asked, and how it answers from now on."""

    url: str
    speak: Speaker
    asked: list[Asked] = field(default_factory=list[Asked])
    closing: threading.Event = field(default_factory=threading.Event)


class Handler(BaseHTTPRequestHandler):
    """Hands each question to the speaker, and writes what it says."""

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def answer(self) -> None:
        assert isinstance(self.server, Http)
        ours = self.server.ours
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        asked = Asked(
            self.command,
            unquote(parts.path),
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            dict(parse_qsl(body, keep_blank_values=True)),
            self.headers.get("User-Agent", ""),
        )
        ours.asked.append(asked)
        reply = ours.speak(asked)
        ours.closing.wait(reply.wait)
        with suppress(OSError):  # whoever asked has given up, as it should
            self.write(reply, ours.closing)

    def write(self, reply: Reply, closing: threading.Event) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if not reply.drops:
            self.wfile.write(reply.body)
            return
        for byte in reply.body:
            if closing.wait(0.05):
                return
            self.wfile.write(bytes([byte]))
            self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class Http(ThreadingHTTPServer):
    """The server of the standard library, which knows whose it is."""

    daemon_threads = True
    ours: Server


def free_port() -> int:
    """A port that nobody uses just now."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@contextmanager
def serving(speak: Speaker) -> Generator[Server]:
    """A server for a while."""
    http = Http(("127.0.0.1", 0), Handler)
    http.ours = Server(f"http://127.0.0.1:{http.server_address[1]}", speak)
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield http.ours
    finally:
        http.ours.closing.set()
        http.shutdown()
        http.server_close()
        thread.join(10)


# --- WoRMS -------------------------------------------------------------------------------------


def record(aphia_id: int, name: str, rank: str, **more: Any) -> dict[str, Any]:
    """An AphiaRecord as https://www.marinespecies.org/rest documents it."""
    return {
        "AphiaID": aphia_id,
        "url": f"https://www.marinespecies.org/aphia.php?p=taxdetails&id={aphia_id}",
        "scientificname": name,
        "authority": "(Gunnerus, 1770)",
        "status": "accepted",
        "unacceptreason": None,
        "taxonRankID": 220,
        "rank": rank,
        "valid_AphiaID": aphia_id,
        "valid_name": name,
        "valid_authority": "(Gunnerus, 1770)",
        "parentNameUsageID": 104152,
        "kingdom": "Animalia",
        "phylum": "Arthropoda",
        "class": "Copepoda",
        "order": "Calanoida",
        "family": "Calanidae",
        "genus": "Calanus",
        "citation": "Walter, T.C.; Boxshall, G. (2026). World of Copepods Database.",
        "lsid": f"urn:lsid:marinespecies.org:taxname:{aphia_id}",
        "isMarine": 1,
        "isBrackish": None,
        "isFreshwater": 0,
        "isTerrestrial": 0,
        "isExtinct": None,
        "match_type": "like",
        "modified": "2024-02-22T12:33:51.513Z",
        **more,
    }


CHAIN = [
    (1, "Superdomain", "Biota"),
    (2, "Kingdom", "Animalia"),
    (1065, "Phylum", "Arthropoda"),
    (1080, "Class", "Copepoda"),
    (1100, "Order", "Calanoida"),
    (104152, "Genus", "Calanus"),
    (104464, "Species", "Calanus finmarchicus"),
]
FINMARCHICUS = record(104464, "Calanus finmarchicus", "Species")
OLD = record(
    149999,
    "Cetochilus finmarchicus",
    "Species",
    status="unaccepted",
    valid_AphiaID=104464,
    valid_name="Calanus finmarchicus",
)


def classification(chain: list[tuple[int, str, str]]) -> dict[str, Any] | None:
    """A chain of ranks as the register nests it."""
    told: dict[str, Any] | None = None
    for aphia_id, rank, name in reversed(chain):
        told = {"AphiaID": aphia_id, "rank": rank, "scientificname": name, "child": told}
    return told


def worms(asked: Asked) -> Reply:
    """The register, which knows one copepod and its old name."""
    what, _, about = asked.path.strip("/").rpartition("/")
    if what == "AphiaRecordsByName":
        found = [r for r in (FINMARCHICUS, OLD) if r["scientificname"].startswith(about)]
        return said(found) if found else Reply(status=204)
    by_id = {str(r["AphiaID"]): r for r in (FINMARCHICUS, OLD)}
    if what == "AphiaRecordByAphiaID":
        return said(by_id[about]) if about in by_id else Reply(status=204)
    if what == "AphiaClassificationByAphiaID" and about == "104464":
        return said(classification(CHAIN))
    return Reply(b'{"message": "Not found"}', status=404)


# --- A reference server of taxa ----------------------------------------------------------------


def taxon(taxon_id: int, parent_id: int | None, name: str, **more: Any) -> dict[str, Any]:
    """A taxon as the server tells it."""
    return {
        "id": taxon_id,
        "parent_id": parent_id,
        "name": name,
        "taxotype": "P",
        "display_name": name,
        "lastupdate_datetime": "2026-05-01 10:00:00",
        "id_instance": 1,
        "taxostatus": "A",
        "rename_to": None,
        "source_url": None,
        "source_desc": None,
        "creator_email": None,
        "creation_datetime": "2026-05-01 10:00:00",
        "nbrobj": None,
        "nbrobjcum": None,
        **more,
    }


@dataclass
class Reference:
    """A reference server: it knows taxa, numbers new ones, and refuses names it has."""

    taxa: dict[int, dict[str, Any]] = field(default_factory=dict[int, dict[str, Any]])
    numbers: dict[str, int] = field(default_factory=dict[str, int])
    secret: str = "between us"
    clock: str = "2026-06-01 08:00:00"

    def __call__(self, asked: Asked) -> Reply:
        if asked.form.get("sharedsecret") != self.secret:
            return said({"msg": "Bad secret"})
        answers = {"/gettaxon/": self.get, "/settaxon/": self.set, "/setstat/": self.stat}
        return answers[asked.path](asked.form)

    def get(self, form: dict[str, str]) -> Reply:
        if form["filtertype"] == "id":
            found = self.taxa.get(int(form["id"]))
            return said([found] if found else [])
        known = self.taxa.values()
        return said([t for t in known if t["lastupdate_datetime"] >= form["startdate"]])

    def set(self, form: dict[str, str]) -> Reply:
        if any(t["name"] == form["name"] for t in self.taxa.values()):
            return said({"msg": f"Taxon {form['name']} already exists"})
        number = max(899, *self.taxa) + 1
        parent = int(form["parent_id"]) if form["parent_id"] else None
        made = taxon(number, parent, form["name"], taxotype=form["taxotype"])
        self.taxa[number] = made | {
            "taxostatus": form["taxostatus"],
            "creator_email": form["creator_email"],
            "lastupdate_datetime": self.clock,
        }
        return said({"msg": "ok", "id": number})

    def stat(self, form: dict[str, str]) -> Reply:
        self.numbers = json.loads(form["data"])
        return said({"msg": "ok"})
