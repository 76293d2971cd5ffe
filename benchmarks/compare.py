"""Two recordings of `calanus bench --json`, line by line: how many times more the second costs."""

import json
import sys
from pathlib import Path
from typing import Any

NOISE = 1.15  # what two runs of the same code may differ by


def figures(path: Path) -> dict[str, dict[str, Any]]:
    """The figures of a recording, by their names."""
    rows: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["figures"]
    return {row["name"]: row for row in rows}


def line(before: dict[str, Any], after: dict[str, Any]) -> str:
    """One promise: before, after, their ratio, and a word when it is more than noise."""
    ratio = after["ours"] / before["ours"] if before["ours"] else float("inf")
    word = "dearer" if ratio > NOISE else "cheaper" if ratio < 1 / NOISE else ""
    cells = f"{before['ours']:12.4g}{after['ours']:12.4g}{ratio:8.2f}"
    return f"{before['name'][:48]:50}{before['unit']:18}{cells}  {word}".rstrip()


def main() -> int:
    """Print the table; 1 when something became dearer."""
    before, after = (figures(Path(argument)) for argument in sys.argv[1:3])
    lines = [line(before[name], after[name]) for name in before if name in after]
    sys.stdout.write("".join(f"{text}\n" for text in lines))
    return int(any(text.endswith("dearer") for text in lines))


if __name__ == "__main__":
    sys.exit(main())
