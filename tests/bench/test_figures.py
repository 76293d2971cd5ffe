"""What a benchmark says, and the clock it says it by."""

import os
import subprocess
import sys
import time

import pytest
from starlette.types import Receive, Scope, Send

from calanus.bench.bulk import cheapest, most
from calanus.bench.clock import Clock, Spent, children, cpu_of_tree, postmaster
from calanus.bench.memory import Peak, resident, watched
from calanus.bench.types import Figure, Promise, as_json, as_rows, figure
from calanus.bench.web import Web, serving
from calanus.kit.settings import Settings

PAGE = Promise("page of 200", "CPU ms", 5, 64)
GREEDY = "held = bytearray(60_000_000)\ninput()"
BUSY = "import time\nwhile time.process_time() < 0.2: pass"


def test_a_promise_is_kept_up_to_its_budget_and_no_further() -> None:
    assert figure(PAGE, 5.0).ok
    assert not figure(PAGE, 5.1).ok
    assert figure(Promise("undo", "CPU ms"), 1000).ok


def test_a_figure_stands_beside_its_budget_and_ecotaxas() -> None:
    found = figure(PAGE, 3.2, 4.0)

    assert found.ratio == pytest.approx(20)
    [record] = as_json([found])
    assert record == {
        "name": "page of 200",
        "unit": "CPU ms",
        "ours": 3.2,
        "wall_ms": 4.0,
        "budget": 5,
        "reference": 64,
        "ok": True,
        "ratio": 20.0,
    }


def test_a_table_names_what_is_over_its_budget() -> None:
    kept, broken = as_rows([figure(PAGE, 3.2), figure(PAGE, 320.0)])[1:]

    assert kept[-1] == ""
    assert broken[-1] == "over"
    assert {len(row) for row in as_rows([Figure("x", "y", 1, None, None, None)])} == {7}


def test_the_clock_counts_this_process_and_the_children_that_have_ended() -> None:
    with Clock().measure() as spent:
        subprocess.run([sys.executable, "-c", BUSY], check=True)

    assert 0.19 <= spent.cpu <= spent.wall + 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of other processes")
def test_the_clock_counts_another_process_while_it_lives() -> None:
    with subprocess.Popen([sys.executable, "-c", f"{BUSY}\ninput()"], stdin=-1) as other:
        clock = Clock([other.pid], own=False)
        with clock.measure() as spent:
            while cpu_of_tree(other.pid) < 0.2:
                time.sleep(0.01)
        assert other.pid in children(os.getpid())
        other.communicate(b"\n")

    assert spent.cpu > 0.05


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of other processes")
def test_the_memory_of_a_process_is_watched_with_that_of_its_children() -> None:
    code = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {GREEDY!r}])"
    with subprocess.Popen([sys.executable, "-c", code], stdin=-1) as other:
        with watched(other.pid) as peak:
            while peak.bytes < 60_000_000:
                time.sleep(0.01)
        own = resident(other.pid)
        other.communicate(b"\n")

    assert 0 < own < 60_000_000
    assert resident(other.pid) == 0


def test_the_cheapest_round_counts_and_the_highest_peak() -> None:
    cost = cheapest(Promise("import", "CPU ms an object"), [Spent(3, 9), Spent(2, 4)], 1000)

    assert (cost.ours, cost.wall_ms) == (2, 4000)
    assert most(Promise("memory", "MB resident"), Peak(3 * 2**20)).ours == 3


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of other processes")
def test_postgresql_is_found_above_its_backends(database_url: str) -> None:
    found = postmaster(database_url)

    assert found is None or cpu_of_tree(found) > 0


def empty_app(_: Settings, __: str) -> object:
    """An application that answers yes to everything."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"yes"})

    return app


def test_a_server_runs_in_a_process_of_its_own_as_long_as_it_is_asked(settings: Settings) -> None:
    with serving(empty_app, settings, "postgresql://nowhere", "token") as (web, pid):
        assert web.get("/anything") == b"yes"
        assert web.post("/anything", {"a": 1}) == b"yes"
        assert cpu_of_tree(pid) > 0
    with pytest.raises(OSError, match="refused"), Web(web.connection.port, "token") as gone:
        gone.get("/anything")
