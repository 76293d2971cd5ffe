"""Background work on the server, as a script follows it."""

import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from calanus.client import downloads
from calanus.client.errors import CalanusError, JobAsks, JobFailed, TimedOut
from calanus.client.progress import Progress, shown
from calanus.client.taxa import Taxa
from calanus.client.types import Ask, Question, TaxonLike
from calanus.client.wire import Wire

STATES = {"P": "waiting", "R": "running", "A": "asking", "E": "failed", "F": "done"}
SHORTEST, LONGEST = 0.1, 2.0  # seconds between two looks


class Job:
    """A job: what it is, how far, and what came of it.

    `state` is `waiting`, `running`, `asking`, `failed` or `done`; `progress` is in percent.
    """

    def __init__(self, wire: Wire, taxa: Taxa, told: Mapping[str, Any]) -> None:
        self._wire = wire
        self._taxa = taxa
        self._read(told)

    def __repr__(self) -> str:
        return f"<Job {self.id}: {self.kind}, {self.state}, {self.message}>"

    def refresh(self) -> "Job":
        """Ask how far it is."""
        self._read(self._wire.get(f"/jobs/{self.id}/"))
        return self

    def wait(
        self, *, progress: Progress = None, timeout: float | None = None, ask: Ask | None = None
    ) -> "Job":
        """Wait until it is done, with a bar where somebody looks.

        A wait that is interrupted, or takes longer than `timeout` seconds, does not stop the job.
        `ask` is called with a question of the job's, and answers it.

        Raises:
            JobFailed: it ended with errors.
            JobAsks: it asks something, and there is no `ask`.
            TimedOut: it goes on.
        """
        end = None if timeout is None else time.monotonic() + timeout
        pause = SHORTEST
        with shown(progress) as tell:
            while self.refresh().state in ("waiting", "running", "asking"):
                tell(self.progress, self.message)
                if self.state == "asking":
                    self._settle(ask)
                if end is not None and time.monotonic() > end:
                    raise TimedOut(f"Job {self.id} still runs; job.wait() waits on.")
                time.sleep(pause)
                pause = min(pause * 1.3, LONGEST)
        if self.state == "failed":
            raise JobFailed(self)
        return self

    def answer(
        self,
        *,
        taxa: Mapping[str, TaxonLike] | None = None,
        users: Mapping[str, int | str] | None = None,
    ) -> "Job":
        """Answer its question: what each name means. What is left open is asked again."""
        reply = answers_of(self._taxa, taxa, users)
        self._wire.post(f"/jobs/{self.id}/answer", reply, safe=True)
        return self.refresh()

    def cancel(self) -> "Job":
        """Stop it; what it has kept so far stays. Nothing happens to one that has ended."""
        if self.refresh().state not in ("failed", "done"):
            self._wire.call("DELETE", f"/jobs/{self.id}")
        return self.refresh()

    def forget(self) -> None:
        """Put an ended job away, with its file."""
        self._wire.call("DELETE", f"/jobs/{self.id}")

    def restart(self) -> "Job":
        """Start a failed job again, from its last step."""
        self._wire.get(f"/jobs/{self.id}/restart")
        return self.refresh()

    def log(self) -> str:
        """What it said while it ran."""
        return self._wire.send("GET", f"/jobs/{self.id}/log").data.decode()

    def all_errors(self) -> str:
        """All errors as the lines of a file: `errors` holds the first 1,000."""
        return self._wire.send("GET", f"/jobs/{self.id}/errors").data.decode()

    def download(self, path: str | Path, *, progress: Progress = None) -> Path:
        """Fetch the file it made, whole or not at all; into a folder under its own name."""
        return downloads.fetch(self._wire, f"/jobs/{self.id}/file", Path(path), progress)

    def _settle(self, ask: Ask | None) -> None:
        """Answer a question, or raise it."""
        if ask is None:
            raise JobAsks(self)
        assert self.question is not None
        self.answer(**ask(self.question))

    def _read(self, told: Mapping[str, Any]) -> None:
        """What the server says of it."""
        self.id: int = abs(told["id"])
        self.kind: str = told["type"]
        self.state: str = STATES[told["state"]]
        self.progress: int = told["progress_pct"] or 0
        self.message: str = told["progress_msg"] or ""
        self.errors: list[str] = told["errors"]
        self.result: dict[str, Any] = told["result"]
        self.project_id: int | None = told["params"].get("prj_id")
        self.created = datetime.fromisoformat(told["creation_date"])
        asked = told["question"]
        self.question: Question | None = None
        if asked and self.state == "asking":
            clues = told["inside"]
            more = {name: clues[name] for name in ("where", "several", "proposed") if name in clues}
            self.question = Question(asked["missing_taxa"], asked["missing_users"], **more)


def answers_of(
    taxa: Taxa,
    meant: Mapping[str, TaxonLike] | None,
    users: Mapping[str, int | str] | None,
) -> dict[str, Any]:
    """What names mean, as the server reads it; a taxon that is none is told here."""
    return {
        "taxa": {name: taxa[taxon].id for name, taxon in (meant or {}).items()},
        "users": dict(users or {}),
    }


def started(wire: Wire, taxa: Taxa, told: Mapping[str, Any]) -> Job:
    """The job that an order began.

    Raises:
        CalanusError: the order was not accepted.
    """
    if told.get("errors"):
        raise CalanusError("\n".join(told["errors"]))
    return Job(wire, taxa, wire.get(f"/jobs/{told['job_id']}/"))
