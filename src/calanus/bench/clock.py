"""CPU time of processes: this one, its children, a server, PostgreSQL's postmaster and backends.

On Linux the kernel tells it for any process to the nanosecond; of processes that have ended, only
their parent knows, in hundredths of a second. Elsewhere only this process is counted.
"""

import os
import resource
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from calanus.kit.db import connect, fetch_value

PROC = Path("/proc")
TICK = 1 / os.sysconf("SC_CLK_TCK")
LINGER = 0.03  # seconds: what a request leaves to do when it has answered


@dataclass
class Spent:
    """CPU and wall time, in seconds."""

    cpu: float = 0.0
    wall: float = 0.0


def cpu_of(pid: int) -> float:
    """CPU seconds of a living process, all its threads together; 0 when it is gone."""
    try:
        # What glibc's clock_getcpuclockid() makes of a process id.
        return time.clock_gettime((~pid << 3) | 2)
    except (OSError, OverflowError):
        return 0.0


def children(pid: int) -> list[int]:
    """The living children of a process."""
    found: set[int] = set()
    try:
        for task in (PROC / str(pid) / "task").iterdir():
            found.update(int(child) for child in (task / "children").read_text().split())
    except OSError:
        return sorted(found)
    return sorted(found)


def cpu_of_the_dead(pid: int) -> float:
    """CPU seconds of a process's children that have ended."""
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[13]) + int(fields[14])) * TICK


def cpu_of_tree(pid: int) -> float:
    """CPU seconds of a process and all that it started, living or not."""
    below = sum(cpu_of_tree(child) for child in children(pid))
    return cpu_of(pid) + cpu_of_the_dead(pid) + below


def postmaster(database_url: str) -> int | None:
    """The process above PostgreSQL's backends, when it runs on this machine."""
    with connect(database_url) as conn:
        backend: int = fetch_value(conn, "SELECT pg_backend_pid()")
        try:
            status = (PROC / str(backend) / "stat").read_text()
        except OSError:
            return None
    name, _, fields = status.partition("(")[2].rpartition(")")
    return int(fields.split()[1]) if name.startswith("postgres") else None


class Clock:
    """The CPU of this process and its children, and of whole trees of others."""

    def __init__(self, trees: Iterable[int] = (), *, own: bool = True) -> None:
        self.trees = list(trees)
        self.own = own

    def cpu(self) -> float:
        """CPU seconds up to now."""
        total = sum(cpu_of_tree(pid) for pid in self.trees)
        if self.own:
            ended = resource.getrusage(resource.RUSAGE_CHILDREN)
            living = sum(cpu_of_tree(pid) for pid in self.living_children())
            total += time.process_time() + ended.ru_utime + ended.ru_stime + living
        return total

    def living_children(self) -> list[int]:
        """Our own children that are not counted as a tree already."""
        return [pid for pid in children(os.getpid()) if pid not in self.trees]

    @contextmanager
    def measure(self) -> Generator[Spent]:
        """What is spent while the block runs."""
        spent = Spent()
        cpu, wall = self.cpu(), time.perf_counter()
        yield spent
        spent.wall = time.perf_counter() - wall
        time.sleep(LINGER)
        spent.cpu = self.cpu() - cpu
