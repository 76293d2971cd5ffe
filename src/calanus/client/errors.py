"""What can go wrong, as sentences: the server's own, and those of the way to it."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from calanus.client.jobs import Job


class CalanusError(Exception):
    """Something a person can act upon. `status` is that of the answer, 0 where none came."""

    status = 0


class NoConnection(CalanusError):
    """The server was not reached; nothing was asked of it."""


class ConnectionLost(CalanusError):
    """The line broke while the server was at work: whether it has done it is not known."""


class TimedOut(CalanusError):
    """It took longer than one wanted to wait."""


class NotCalanus(CalanusError):
    """What answers at the address is something else."""


class NotSignedIn(CalanusError):
    """Nobody is asking, or the token is wrong, expired or revoked."""

    status = 401


class Forbidden(CalanusError):
    """The person is known and may not do this."""

    status = 403


class NotFound(CalanusError):
    """There is no such thing, or the person may not know of it."""

    status = 404


class Conflict(CalanusError):
    """What was asked no longer fits what is there; `objects` are those somebody changed."""

    status = 409

    def __init__(self, sentence: str, objects: Sequence[int] = ()) -> None:
        super().__init__(sentence)
        self.objects = list(objects)


class TooLarge(CalanusError):
    """More than the installation accepts."""

    status = 413


class Invalid(CalanusError):
    """The order makes no sense as given."""

    status = 422


class TooMany(CalanusError):
    """Too often in too short a time."""

    status = 429


class ServerFailed(CalanusError):
    """The server met something it did not expect, or is being started again."""

    status = 500


class Unknown(Invalid):
    """A name that means nothing here: of a project, a column, a taxon, a filter."""

    status = 0

    def __init__(
        self, what: str, name: object, known: Sequence[str] = (), advice: str = ""
    ) -> None:
        near = get_close_matches(str(name), known, n=3, cutoff=0.6) or near_in_any_case(name, known)
        meant = f" Did you mean {' or '.join(f'“{n}”' for n in near)}?" if near else ""
        super().__init__(f"There is no {what} “{name}”.{meant or (advice and f' {advice}')}")


def near_in_any_case(name: object, known: Sequence[str]) -> list[str]:
    """Names that are near but for their capitals."""
    lowered = {one.lower(): one for one in known}
    return [lowered[n] for n in get_close_matches(str(name).lower(), lowered, n=3, cutoff=0.6)]


class NeedsPackage(CalanusError, ImportError):
    """A Python package that is not installed here, and how to get it."""

    def __init__(self, package: str, what: str) -> None:
        super().__init__(f"{what} needs the package {package}: pip install {package}")


class JobFailed(CalanusError):
    """The job ended with errors; `errors` are all of them that its record holds."""

    SHOWN = 10

    def __init__(self, job: "Job") -> None:
        self.job, self.errors = job, list(job.errors)
        shown = self.errors[: self.SHOWN] or [job.message]
        more = len(self.errors) - len(shown)
        rest = [f"… and {more:,} more; job.all_errors() tells them all."] if more > 0 else []
        head = f"Job {job.id} ({job.kind}) failed:"
        super().__init__("\n".join([head, *shown, *rest]))


class JobAsks(CalanusError):
    """The job waits for an answer; `question` says to what, `job.answer(…)` gives it."""

    def __init__(self, job: "Job") -> None:
        self.job, self.question = job, job.question
        assert self.question is not None
        names = [*self.question.taxa, *self.question.users]
        shown = ", ".join(f"“{name}”" for name in names[:10]) + (" …" if len(names) > 10 else "")
        super().__init__(
            f"Job {job.id} asks who or what {shown} means. Answer with error.job.answer(taxa="
            "{name: taxon}, users={name: e-mail}) and error.job.wait(); or give taxa=, users= or "
            "ask= beforehand. Until then it waits; error.job.cancel() ends it."
        )


OF_STATUS: Mapping[int, type[CalanusError]] = {
    e.status: e for e in (NotSignedIn, Forbidden, NotFound, TooLarge, Invalid, TooMany)
}


def of_answer(status: int, body: Any) -> CalanusError:
    """The error that an answer tells, in the server's words."""
    said: Any = body.get("detail") if isinstance(body, dict) else None  # pyright: ignore
    sentence = said if isinstance(said, str) else shape_of(said)
    if status == 409:
        return Conflict(sentence, body.get("conflicts", []) if isinstance(body, dict) else [])  # pyright: ignore
    if status >= 500 and not sentence:
        sentence = "Something went wrong on the server; its log tells what."
    error = OF_STATUS.get(status, ServerFailed if status >= 500 else Invalid)
    made = error(sentence or f"The server refused, with status {status} and without a reason.")
    made.status = status
    return made


def shape_of(said: Any) -> str:
    """The mistakes in the shape of a request: where, and what is wrong."""
    if not isinstance(said, list):
        return ""
    told: list[str] = []
    for mistake in said:  # pyright: ignore[reportUnknownVariableType]
        place = ".".join(str(p) for p in mistake.get("loc", [])[1:])  # pyright: ignore
        told.append(f"{place}: {mistake.get('msg', 'not valid')}." if place else str(mistake))  # pyright: ignore
    return " ".join(told)
