"""Two versions on one database, asked in turn: ratios that a busy machine does not spoil.

    python benchmarks/beside.py OLD/src [OBJECTS] > beside.json

`OLD/src` is the source folder of another checkout. What this version makes of the database must be
good for the other one too.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from calanus.bench.clock import Clock
from calanus.bench.packages import FIRST_TAXON
from calanus.bench.speed import NUMBER, SHOWN
from calanus.bench.web import Web, wait_for
from calanus.bench.world import World, world
from calanus.kit.ids import ProjectId
from calanus.kit.settings import Settings

OBJECTS = 100_000
TURNS, ROUNDS = 6, 8
SERVE = """
import os, socket, sys, uvicorn
from calanus.app import create_app
from calanus.kit.settings import Settings
door = socket.socket(fileno=int(sys.argv[1]))
app = create_app(Settings.model_validate_json(os.environ["SETTINGS"]), os.environ["DATABASE"])
config = uvicorn.Config(app, log_level="error", access_log=False, timeout_keep_alive=600)
uvicorn.Server(config).run(sockets=[door])
"""

Ask = Callable[[Web], bytes]


@dataclass
class Side:
    """One version: whom to ask, its clock, and what each question cost."""

    web: Web
    clock: Clock
    costs: dict[str, list[float]] = field(default_factory=dict[str, list[float]])

    def turn(self, name: str, ask: Ask, rounds: int, warming: int) -> None:
        """Ask some times in a row, the first ones unmeasured."""
        for _ in range(warming):
            ask(self.web)
        before = self.clock.cpu()
        for _ in range(rounds):
            ask(self.web)
            after = self.clock.cpu()
            self.costs.setdefault(name, []).append(1000 * (after - before))
            before = after


@contextmanager
def served(here: World, source: Path) -> Generator[Side]:
    """A server of the version that lies in a folder."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        said = {"SETTINGS": here.settings.model_dump_json(), "DATABASE": here.database_url}
        process = subprocess.Popen(  # noqa: S603 (our own words)
            [sys.executable, "-c", SERVE, str(door.fileno())],
            pass_fds=[door.fileno()],
            env={**os.environ, **said, "PYTHONPATH": str(source)},
        )
        try:
            with Web(door.getsockname()[1], here.token) as web:
                wait_for(web)
                yield Side(web, here.clock(process.pid, own=False))
        finally:
            process.terminate()
            process.wait()


def questions(project_id: int, total: int) -> dict[str, Ask]:
    """What is asked of both; `total` objects are there."""
    taxon = {"taxo": f"{FIRST_TAXON}", "statusfilter": "P"}
    above = {"freenum": f"fre.{NUMBER}", "freenumst": "1.5"}
    score = "-obj.classif_score"

    def page(filters: dict[str, str], order: str, start: int = 0) -> Ask:
        path = f"/object_set/{project_id}/query?fields={SHOWN}&order_field={order}"
        return lambda web: web.post(f"{path}&window_start={start}&window_size=200", filters)

    def view(filters: dict[str, str], order: str) -> Ask:
        body = {"filters": filters, "order_field": order, "first": 200}
        return lambda web: web.post(f"/projects/{project_id}/view", body)

    return {
        "open a view, first 200 by score, of a taxon": view(taxon, score),
        "open a view, first 200 by score, of all": view({}, score),
        "open a view, first 200 by a free number": view({}, f"fre.{NUMBER}"),
        "page of 200 by score, of a taxon": page(taxon, score),
        "page of 200 at 95 % depth": page({}, score, total * 95 // 100),
        "page of 200 by a free number": page({}, f"-fre.{NUMBER}"),
        "free number at least x": page(above, ""),
        "counts": lambda web: web.get(f"/projects/{project_id}/counts"),
        "one object": lambda web: web.get(f"/object/{project_id * 100_000_000 + 1}"),
        "one project": lambda web: web.get(f"/projects/{project_id}"),
    }


def acts(project_id: int, ids: list[int], size: int) -> dict[str, Ask]:
    """Naming a thousand objects (or fewer) in turn this and that, and back."""
    taxa = iter(range(10**6))

    def send(body: dict[str, Any]) -> Ask:
        path = f"/projects/{project_id}/batches"
        return lambda web: web.post(
            path,
            {**body, "client_key": str(uuid4()), "taxon_id": FIRST_TAXON + next(taxa) % 50},
        )

    return {f"classify {size:,}": send({"operation": "classify", "objects": ids[:size]})}


def compared(here: World, project_id: ProjectId, old: Path) -> list[dict[str, Any]]:
    """Every question of both versions in turn: the cost in the middle, and the ratio."""
    with ExitStack() as stack:
        new = Path(__file__).parent.parent / "src"
        sides = [stack.enter_context(served(here, source)) for source in (old, new)]
        body = {"filters": {"statusfilter": "P"}, "first": 1000}
        shown = json.loads(sides[0].web.post(f"/projects/{project_id}/view", body))
        total = json.loads(sides[0].web.get(f"/projects/{project_id}"))["objcount"]
        ids = shown["columns"]["object_ids"]
        for name, ask in questions(project_id, total).items():
            for _ in range(TURNS):
                for side in sides:
                    side.turn(name, ask, ROUNDS, 2)
        for size in (200, 1000):
            for name, ask in acts(project_id, ids, size).items():
                for _ in range(TURNS):
                    for side in sides:
                        side.turn(name, ask, 2, 0)
        return [line(name, sides) for name in sides[0].costs]


def line(name: str, sides: list[Side]) -> dict[str, Any]:
    """One question, of the former version and of this one."""
    before, after = (statistics.median(side.costs[name]) for side in sides)
    sys.stderr.write(f"{name:48}{before:10.2f}{after:10.2f}{after / before:8.2f}\n")
    return {
        "name": name,
        "before": round(before, 3),
        "after": round(after, 3),
        "ratio": round(after / before, 3),
    }


def main() -> None:
    """Make objects, ask both, print what they cost in CPU milliseconds."""
    old = Path(sys.argv[1]).resolve()
    with world(Settings()) as here:
        project_id, _ = here.load("Bench", int(sys.argv[2]) if len(sys.argv) > 2 else OBJECTS)
        sys.stdout.write(json.dumps(compared(here, project_id, old)) + "\n")


if __name__ == "__main__":
    main()
