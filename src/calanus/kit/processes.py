"""Processes: a name that outlives them, whether they still live, and dying with one's parent."""

import ctypes
import os
import signal
import socket
import sys
import threading
from functools import cache
from pathlib import Path

PROC = Path("/proc")
PR_SET_PDEATHSIG = 1


@cache
def host() -> str:
    """This machine since its last start, as its processes see it: a pid means nothing elsewhere."""
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()[:8]
        space = os.readlink(PROC / "self/ns/pid")
    except OSError:
        boot = space = ""
    return f"{socket.gethostname()}/{boot}/{space}".replace(" ", "_")


def started(pid: int) -> str | None:
    """When a process began, in its system's own count; nothing when it is gone or a zombie."""
    try:
        # The command's name, in parentheses, may hold spaces: what follows it does not.
        fields = (PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
        return None if fields[0] in (b"Z", b"X") else fields[19].decode()
    except (FileNotFoundError, ProcessLookupError):
        return "unknown" if not (PROC / "self").exists() and answers(pid) else None


def answers(pid: int) -> bool:
    """Whether there is such a process, where /proc does not tell."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def mark_of(pid: int) -> str:
    """Host, process and start time: the one process that ever bears this name."""
    return f"{host()} {pid} {started(pid)}"


def alive(mark: str) -> bool | None:
    """Whether the process of a mark still runs; nothing when it is another machine's."""
    where, pid, since = mark.split(" ")[:3]
    if where != host():
        return None
    return started(int(pid)) == since


def command_of(pid: int) -> list[bytes]:
    """The words a process was started with, or its title; empty for a zombie or a stranger."""
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def die_with_parent(parent: int) -> None:
    """End this process, at once, when the one that started it ends in whatever way.

    Linux does it in the kernel, but forgets a parent that died before we asked; and other systems
    have nothing of the kind. So a thread looks, too.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    follow_parent(parent)


def follow_parent(parent: int) -> None:
    """End this process soon after the one that started it has ended."""
    threading.Thread(target=watch_parent, args=(parent,), daemon=True).start()


def watch_parent(parent: int) -> None:
    """Look twice a second; orphans are adopted by another process."""
    pause = threading.Event()
    while os.getppid() == parent:
        pause.wait(0.5)
    os.kill(os.getpid(), signal.SIGKILL)
