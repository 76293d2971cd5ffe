"""What a benchmark says."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Promise:
    """What we allow ourselves, and what EcoTaxa needs for the same on a quiet machine."""

    name: str
    unit: str
    budget: float | None = None
    reference: float | None = None


@dataclass(frozen=True)
class Figure:
    """One promise, measured."""

    name: str
    unit: str
    ours: float
    wall_ms: float | None  # of one round, as the person waits; none where it has no meaning
    budget: float | None
    reference: float | None

    @property
    def ok(self) -> bool:
        """Whether the promise is kept, by what is shown (two digits)."""
        return self.budget is None or round(self.ours, 3) <= self.budget

    @property
    def ratio(self) -> float | None:
        """How many times less than EcoTaxa."""
        return self.reference / self.ours if self.reference and self.ours else None


def figure(promise: Promise, ours: float, wall_ms: float | None = None) -> Figure:
    """A promise with what was measured."""
    return Figure(promise.name, promise.unit, ours, wall_ms, promise.budget, promise.reference)


def as_json(figures: Sequence[Figure]) -> list[dict[str, Any]]:
    """Figures as they are recorded: rounded, with the verdict."""
    return [
        {
            name: round(value, 4) if isinstance(value, float) else value
            for name, value in {**asdict(f), "ok": f.ok, "ratio": f.ratio}.items()
        }
        for f in figures
    ]


def as_rows(figures: Sequence[Figure]) -> list[tuple[str, ...]]:
    """Figures as lines of a table for people; the first line names the columns."""
    head = ("what", "ours", "at most", "EcoTaxa", "times less", "wall", "")
    return [head, *(_row(f) for f in figures)]


def _row(f: Figure) -> tuple[str, ...]:
    return (
        f"{f.name} [{f.unit}]",
        f"{f.ours:,.3g}" if f.ours < 100 else f"{f.ours:,.0f}",
        "" if f.budget is None else f"{f.budget:g}",
        "" if f.reference is None else f"{f.reference:,g}",
        "" if f.ratio is None else f"{f.ratio:.1f}",
        "" if f.wall_ms is None else f"{f.wall_ms:,.1f} ms",
        "" if f.ok else "over",
    )
