"""What an installation tells about itself, and the errors of asking."""

from dataclasses import dataclass
from typing import Any

from calanus.kit.errors import CalanusError, Conflict, Forbidden, NotFound


@dataclass(frozen=True)
class Table:
    """The answer to a direct question: names of columns, and rows; `cut` when there were more."""

    header: list[str]
    rows: list[tuple[Any, ...]]
    cut: bool


@dataclass(frozen=True)
class Gauges:
    """How much there is of what, at this moment."""

    jobs: dict[str, int]  # by state
    objects: dict[str, int]  # by state
    workers: int


class QuestionRefused(CalanusError):
    """PostgreSQL does not answer a question; the sentence is its own."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The database does not answer this: {reason}.")


class QuestionTooLong(CalanusError):
    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"The question took longer than {seconds} seconds and was stopped; ask for less, for "
            "instance of one project."
        )


class NoReader(Conflict):
    def __init__(self, reason: str) -> None:
        super().__init__(
            f"Direct questions are asked by a database role that can only read, and there is none: "
            f"{reason}. How to make one is in “Run on a server”."
        )


class UnsafeReader(Conflict):
    def __init__(self, role: str) -> None:
        super().__init__(
            f"The database role “{role}” may do more than read; no question is asked with it. Give "
            "CALANUS_READER_URL a role without any other right."
        )


class ErrorAskedFor(CalanusError):
    """The error that monitors ask for, to see that errors are seen."""

    status = 500

    def __init__(self) -> None:
        super().__init__("This error was asked for: nothing is wrong.")


class MetricsOff(NotFound):
    def __init__(self) -> None:
        super().__init__("This installation tells no metrics (CALANUS_METRICS is “off”).")


class MetricsLocal(Forbidden):
    def __init__(self) -> None:
        super().__init__(
            "Metrics are for programs on this server, and for the application manager; set "
            "CALANUS_METRICS to “open” to tell them to everybody."
        )
