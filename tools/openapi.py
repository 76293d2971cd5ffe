"""Write what the API offers to `ui/openapi.json`, from which the page's client is generated.

`make api` runs it; with --check it only says whether the file is stale.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from calanus.app import create_app
from calanus.kit.settings import Settings

FILE = Path(__file__).parent.parent / "ui/openapi.json"


def main() -> int:
    """Write the file when it differs; with --check, fail instead."""
    text = json.dumps(described(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    stale = not FILE.exists() or FILE.read_text("utf-8") != text
    if stale and "--check" in sys.argv:
        sys.stdout.write("stale: ui/openapi.json\n")
        return 1
    if stale:
        FILE.write_text(text, "utf-8")
    return 0


def described() -> dict[str, Any]:
    """The interface of an installation with default settings; no database is asked."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder), secret_key="only to describe the interface")  # noqa: S106 - signs nothing
        return create_app(settings, "postgresql://localhost/nowhere").openapi()


if __name__ == "__main__":
    sys.exit(main())
