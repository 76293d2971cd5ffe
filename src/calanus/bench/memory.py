"""Memory of a process and of all that it started, watched while they live (Linux only)."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from calanus.bench.clock import children

PROC = Path("/proc")
LOOK_EVERY = 0.1  # seconds


@dataclass
class Peak:
    """The most that was resident at once, in bytes."""

    bytes: int = 0


def resident(pid: int) -> int:
    """Bytes that a process has in memory, what it shares with others included."""
    try:
        lines = (PROC / str(pid) / "status").read_text().splitlines()
    except OSError:
        return 0
    found = [line.split() for line in lines if line.startswith("VmRSS:")]
    return int(found[0][1]) * 1024 if found else 0


def resident_of_tree(pid: int) -> int:
    """The same of a process and all below it: shared pages count once for each of them."""
    return resident(pid) + sum(resident_of_tree(child) for child in children(pid))


@contextmanager
def watched(pid: int) -> Generator[Peak]:
    """The peak of a tree of processes while the block runs."""
    peak, over = Peak(), threading.Event()

    def look() -> None:
        while not over.wait(LOOK_EVERY):
            peak.bytes = max(peak.bytes, resident_of_tree(pid))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        over.set()
        thread.join()
