"""How far something is, shown where somebody looks: a terminal, a notebook, or a function given."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

Told = Callable[[int, str], None]  # percent, what is being done
Progress = bool | Told | None  # None: where somebody looks
WIDTH = 30


@contextmanager
def shown(progress: Progress) -> Generator[Told]:
    """A function to tell percents to."""
    if callable(progress):
        yield progress
    elif progress is False:
        yield lambda _percent, _doing: None
    elif in_notebook():
        yield notebook_bar()
    elif sys.stderr.isatty():
        with terminal_bar() as tell:
            yield tell
    else:
        yield lambda _percent, _doing: None


def in_notebook() -> bool:
    """Whether a Jupyter kernel runs us; IPython is not imported to find out."""
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return type(shell).__name__ == "ZMQInteractiveShell"


def notebook_bar() -> Told:
    """One line of text that is replaced: it needs no widgets, and stays readable when saved."""
    from IPython.display import display  # pyright: ignore

    handle: Any = display({"text/plain": "…"}, raw=True, display_id=True)  # pyright: ignore

    def tell(percent: int, doing: str) -> None:
        done = WIDTH * percent // 100
        bar = "█" * done + "░" * (WIDTH - done)
        handle.update({"text/plain": f"{bar} {percent:3d} %  {doing}"}, raw=True)  # pyright: ignore

    return tell


@contextmanager
def terminal_bar() -> Generator[Told]:
    """A bar that goes when all is done."""
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Starting", total=100)
        yield lambda percent, doing: bar.update(task, completed=percent, description=doing)
