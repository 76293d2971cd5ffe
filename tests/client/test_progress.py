"""How far something is: told to a function, to a notebook, or to nobody."""

import sys
from types import ModuleType
from typing import Any

import pytest

from calanus.client.progress import in_notebook, shown


def test_a_function_is_told_and_nobody_is_not() -> None:
    told: list[tuple[int, str]] = []
    with shown(lambda percent, doing: told.append((percent, doing))) as tell:
        tell(40, "Predicting")
    with shown(False) as tell:
        tell(50, "Predicting")
    assert told == [(40, "Predicting")]


def test_a_notebook_has_one_line_that_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jupyter itself is played here: a kernel's shell, and what it displays."""
    lines: list[str] = []

    class Handle:
        def update(self, shown: dict[str, str], *, raw: bool) -> None:
            assert raw
            lines[-1] = shown["text/plain"]

    def display(shown: dict[str, str], *, raw: bool, display_id: bool) -> Handle:
        assert raw
        assert display_id
        lines.append(shown["text/plain"])
        return Handle()

    jupyter: Any = ModuleType("IPython")
    jupyter.get_ipython = type("ZMQInteractiveShell", (), {})
    page: Any = ModuleType("IPython.display")
    page.display = display
    assert not in_notebook()
    monkeypatch.setitem(sys.modules, "IPython", jupyter)
    monkeypatch.setitem(sys.modules, "IPython.display", page)
    assert in_notebook()

    with shown(None) as tell:
        tell(10, "Reading")
        tell(50, "Predicting")

    assert lines == ["███████████████░░░░░░░░░░░░░░░  50 %  Predicting"]
