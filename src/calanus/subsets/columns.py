"""The free columns of two projects laid side by side: where each value of one goes in the other."""

from collections.abc import Mapping

from calanus.projects.types import ROOM, Columns
from calanus.subsets.types import Alignment

Levels = Mapping[str, Columns]  # {"object": {"area": "n01"}, "sample": …}


def align(ours: Levels, theirs: Levels, *, whose: str) -> tuple[dict[str, Alignment], list[str]]:
    """Add their columns to ours, never moving one of ours; and, in sentences, what forbids it.

    `whose` names the other project in the sentences.
    """
    aligned: dict[str, Alignment] = {}
    wrong: list[str] = []
    for level in ours:
        columns = dict(ours[level])
        for name, code in theirs[level].items():
            problem = add(columns, level, name, code[0])
            if problem:
                wrong.append(f"{problem} (from {whose}).")
        aligned[level] = Alignment(
            columns, filled(columns, theirs[level], "n"), filled(columns, theirs[level], "t")
        )
    return aligned, wrong


def add(columns: Columns, level: str, name: str, letter: str) -> str:
    """Find or make room for a column after the highest of its letter; or say what forbids it."""
    known = columns.get(name)
    if known is not None and known[0] != letter:
        kinds = {"n": "numbers", "t": "texts"}
        return f"The {level} column “{name}” holds {kinds[known[0]]} here and {kinds[letter]} there"
    if known is None:
        taken = [int(code[1:]) for code in columns.values() if code[0] == letter]
        number = max(taken, default=0) + 1
        if number > ROOM[(level, letter)]:
            return (
                f"There is no room for the {level} column “{name}”: "
                f"{ROOM[(level, letter)]} of its kind are kept at most"
            )
        columns[name] = f"{letter}{number:02d}"
    return ""


def filled(columns: Columns, theirs: Columns, letter: str) -> list[int]:
    """For each place of a letter, the place that fills it."""
    places = {int(code[1:]): name for name, code in columns.items() if code[0] == letter}
    sources = {name: int(code[1:]) for name, code in theirs.items() if code[0] == letter}
    return [sources.get(places.get(n, ""), 0) for n in range(1, max(places, default=0) + 1)]
