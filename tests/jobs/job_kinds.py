"""Kinds of work for the tests of jobs; imported by the tests and by the processes of their jobs."""

import errno
import os
import signal
import time
from pathlib import Path

from pydantic import BaseModel

from calanus.jobs.run import Run, job
from calanus.kit.db import execute
from calanus.kit.errors import CalanusError

MODULES: dict[str, str] = dict.fromkeys(
    ("Count", "Ask", "AskTwice", "Fail", "Break", "Refuse", "Crash", "Hold", "Square", "Fill"),
    "job_kinds",
)


class Nothing(BaseModel):
    """An order that says nothing."""


class Upto(BaseModel):
    """How far to count, and where to wait for a file before each number."""

    count: int = 3
    gate: Path | None = None


class Much(BaseModel):
    """How many errors to meet."""

    errors: int


def write(run: Run, sentence: str) -> None:
    """A trace of the work, in the job's own transaction."""
    sql = "INSERT INTO traces (job_id, sentence) VALUES (%(job_id)s, %(sentence)s)"
    execute(run.conn, sql, job_id=run.job_id, sentence=sentence)


@job("Count")
def count(run: Run, order: Upto) -> None:
    """Write numbers, one a step; resume after the last that was kept."""
    start = run.kept.get("counted", 0)
    for number in run.steps(range(start + 1, order.count + 1), doing="Counting"):
        if order.gate:
            wait_for(run, order.gate / str(number))
        write(run, str(number))
        run.keep(counted=number)
    run.log("Counted.")
    run.result["rowcount"] = order.count


def wait_for(run: Run, path: Path) -> None:
    """Until a test makes the file; the progress is how a cancelled job ends."""
    while not path.exists():
        run.progress(50, f"Waiting for {path.name}")
        time.sleep(0.02)


@job("Ask")
def ask(run: Run, order: Nothing) -> None:
    """Ask once, between two steps."""
    if "asked" not in run.kept:
        write(run, "before")
        run.keep(asked=True)
    write(run, "undone when it stops here")
    reply = run.ask({"users": ["Amanda"]})
    run.result["users"] = reply["users"]


@job("AskTwice")
def ask_twice(run: Run, order: Nothing) -> None:
    """Ask one thing, then another that depends on it."""
    first = run.ask({"taxa": ["copepod"]})
    second = run.ask({"parent_of": first["taxa"]})
    run.result |= {"first": first, "second": second}


@job("Fail")
def fail(run: Run, order: Much) -> None:
    """Meet errors a person can mend."""
    write(run, "undone")
    run.warn("A column is empty.")
    run.fail([f"Line {n} has no image." for n in range(order.errors)])


class TooDeep(CalanusError):
    """A sentence of a room."""


@job("Refuse")
def refuse(run: Run, order: Nothing) -> None:
    """Meet a sentence of a room."""
    raise TooDeep("A depth of 12,000 m is below the sea floor.")


@job("Fill")
def fill_the_disk(run: Run, order: Nothing) -> None:
    """Find no room left to write."""
    write(run, "begun")
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@job("Break")
def break_down(run: Run, order: Nothing) -> None:
    """Meet a mistake of the program."""
    secret = {"password": "hunter2"}
    write(run, secret["passwort"])


@job("Crash")
def crash(run: Run, order: Upto) -> None:
    """Take the process down, as many times as ordered."""
    crashed = run.kept.get("crashed", 0)
    if crashed < order.count:
        run.keep(crashed=crashed + 1)
        os.kill(os.getpid(), signal.SIGKILL)
    run.result["crashed"] = crashed


@job("Hold")
def hold(run: Run, order: Upto) -> None:
    """Say nothing for ever: only the worker can end it."""
    assert order.gate
    (order.gate / "holding").write_text(str(os.getpid()))
    while True:
        time.sleep(0.1)


@job("Square")
def square(run: Run, order: Upto) -> None:
    """Calculate in other processes."""
    with run.cpu_pool(2) as pool:
        run.result["squares"] = list(pool.map(squared, range(order.count)))


def squared(number: int) -> int:
    """Something to calculate."""
    return number * number
