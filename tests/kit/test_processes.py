"""Processes are known by a name that no later process bears."""

import os
import signal
import subprocess
import sys
import time

from calanus.kit.processes import alive, host, mark_of, started

FAMILY = """
import os, subprocess, sys, time
from calanus.kit.processes import die_with_parent, follow_parent
if len(sys.argv) > 2:
    {"die": die_with_parent, "follow": follow_parent}[sys.argv[1]](int(sys.argv[2]))
    print(os.getpid(), flush=True)
else:
    again = [sys.executable, "-c", sys.stdin.read(), sys.argv[1], str(os.getpid())]
    child = subprocess.Popen(again)
time.sleep(600)
"""


def test_this_process_lives_under_its_mark() -> None:
    assert alive(mark_of(os.getpid())) is True


def test_the_same_number_at_another_time_is_another_process() -> None:
    assert alive(f"{host()} {os.getpid()} 1") is False


def test_of_another_machine_nothing_is_known() -> None:
    assert alive(f"elsewhere {os.getpid()} 1") is None


def test_a_process_that_ended_is_dead_even_before_it_is_buried() -> None:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    mark = mark_of(process.pid)
    process.kill()
    while started(process.pid):
        time.sleep(0.01)

    assert alive(mark) is False
    process.wait()


def test_children_end_with_their_killed_parent() -> None:
    for how in ("die", "follow"):
        parent = subprocess.Popen(
            [sys.executable, "-c", FAMILY, how], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert parent.stdin
        assert parent.stdout
        with parent.stdin as script:
            script.write(FAMILY.encode())
        child = int(parent.stdout.readline())

        parent.send_signal(signal.SIGKILL)
        parent.wait()

        while started(child):
            time.sleep(0.01)
        parent.stdout.close()
