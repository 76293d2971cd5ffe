"""Write a notebook of docs/notebooks as .ipynb: python tools/notebook.py loop.py loop.ipynb.

They are kept as plain Python in the percent format, which editors open as notebooks, git compares,
and the tests run; this is for Jupyter alone, where the extension Jupytext is not there.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any


def main() -> int:
    """Write one."""
    source, target = map(Path, sys.argv[1:3])
    target.write_text(json.dumps(notebook(source.read_text("utf-8")), indent=1), "utf-8")
    return 0


def notebook(text: str) -> dict[str, Any]:
    """The cells of a script, without outputs."""
    parts = re.split(r"^# %%(.*)\n", text, flags=re.MULTILINE)[1:]
    cells = [cell(kind, body) for kind, body in zip(parts[::2], parts[1::2], strict=True)]
    python = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": [{"id": f"cell{n}", **one} for n, one in enumerate(cells)],
        "metadata": {"kernelspec": python},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def cell(kind: str, body: str) -> dict[str, Any]:
    """One cell: words, where the line that begins it says so, or code."""
    lines = body.strip("\n").splitlines(keepends=True)
    if "markdown" in kind:
        words = [re.sub(r"^# ?", "", line) for line in lines]
        return {"cell_type": "markdown", "metadata": {}, "source": words}
    empty: dict[str, Any] = {"execution_count": None, "outputs": []}
    return {"cell_type": "code", "metadata": {}, "source": lines, **empty}


if __name__ == "__main__":
    sys.exit(main())
