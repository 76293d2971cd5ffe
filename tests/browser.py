"""The Chromium that walks the page in tests: find one, or get one where we may.

`python tests/browser.py` is what `make browser` runs. In order: a Chromium or Chrome that is here;
Debian's package, where we may install it; Playwright's own download. Without any, the tests marked
`browser` are skipped and say so, except in CI, where that is a failure.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "There is no Chromium here, and none could be installed: browser tests need one."

# Quiet: a test browser asks nothing of the network, save our own server.
FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def flags() -> list[str]:
    """How Chromium is started; its sandbox refuses to work for root."""
    return [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else list(FLAGS)


def find_chromium() -> Path | None:
    """The first Chromium that really draws a page, or nothing."""
    found = [Path(path) for name in NAMES if (path := shutil.which(name))]
    return next((path for path in [*found, *downloaded()] if draws(path)), None)


def chromium_is_required() -> bool:
    """On CI a skipped browser test would be a promise nobody keeps."""
    return os.environ.get("CI", "").lower() in ("1", "true", "yes")


def downloaded() -> list[Path]:
    """What Playwright has downloaded before, newest first."""
    told = os.environ.get("PLAYWRIGHT_BROWSERS_PATH", "")
    folder = Path(told) if told not in ("", "0") else Path.home() / ".cache/ms-playwright"
    shells = folder.glob("chromium*/chrome-*/*")
    return sorted((p for p in shells if p.name in PROGRAMS), reverse=True)


PROGRAMS = ("chrome", "headless_shell", "chrome-headless-shell")


@cache
def draws(chromium: Path) -> bool:
    """Whether it starts: Ubuntu's package is a door to a snap; a download may lack libraries.

    Its profile is a folder of its own, so that two processes may ask at once.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        page = [f"--user-data-dir={profile}", "--dump-dom", "data:text/html,<p>calanus"]
        try:
            shown = subprocess.run(
                [str(chromium), *flags(), *page], capture_output=True, text=True, timeout=60
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
    return "calanus" in shown.stdout


def install() -> None:
    """Try Debian's package, then Playwright's download; each may fail, and we look again after."""
    for get in (install_package, install_download):
        get()
        draws.cache_clear()
        if find_chromium():
            return


def install_package() -> None:
    """Debian's chromium, as root or with a sudo that asks no password. Ubuntu's is a snap."""
    sudo = privileges()
    if sudo is None or "ID=debian" not in os_release() or not shutil.which("apt-get"):
        return
    quiet = ["apt-get", "-qq", "-o=Dpkg::Use-Pty=0"]
    packages = ["--yes", "--no-install-recommends", "chromium", "fonts-liberation"]
    for step in (["update"], ["install", *packages]):
        say(f"apt-get {' '.join(step)}")
        attempt([*sudo, "env", "DEBIAN_FRONTEND=noninteractive", *quiet, *step])


def install_download() -> None:
    """Playwright's headless Chromium, with the libraries it needs where we may install them."""
    libraries = ["--with-deps"] if privileges() is not None and shutil.which("apt-get") else []
    say("playwright install chromium (about 100 MB)")
    playwright = [sys.executable, "-m", "playwright", "install", "--only-shell"]
    attempt([*playwright, *libraries, "chromium"])


def privileges() -> list[str] | None:
    """How to run a command as root: directly, by sudo, or not at all."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and attempt(["sudo", "--non-interactive", "true"]):
        return ["sudo", "--non-interactive"]
    return None


def os_release() -> list[str]:
    """What this system says it is, line by line."""
    path = Path("/etc/os-release")
    return path.read_text().splitlines() if path.exists() else []


def attempt(command: list[str]) -> bool:
    """Whether a command succeeded; its complaints are shown, and are not the end."""
    silent = subprocess.DEVNULL
    try:
        done = subprocess.run(command, stdin=silent, stdout=silent, timeout=900)
    except (OSError, subprocess.TimeoutExpired) as trouble:
        say(str(trouble))
        return False
    return done.returncode == 0


def say(sentence: str) -> None:
    """To the person at the terminal, at once: what follows may take a minute."""
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()


def main() -> int:
    """Find or get a Chromium; fail only where it is required."""
    if find_chromium() is None:
        say("No Chromium found for the browser tests; getting one.")
        install()
    if find_chromium() is None:
        say(MISSING if chromium_is_required() else f"{MISSING} They will be skipped.")
        return 1 if chromium_is_required() else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
