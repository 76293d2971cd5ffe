"""The world of imports, for each test anew."""

from pathlib import Path

import pytest
from lab import Lab, new_lab

from calanus.kit.settings import Settings


@pytest.fixture
def lab(clone: str, settings: Settings, tmp_path: Path) -> Lab:
    """A laboratory with one person and one empty project."""
    return new_lab(clone, settings, tmp_path / "package")
