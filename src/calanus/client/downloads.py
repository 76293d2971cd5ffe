"""Files that come: whole or not at all, going on where the line broke."""

import re
import time
from pathlib import Path
from urllib.parse import unquote

from urllib3.exceptions import HTTPError

from calanus.client.errors import ConnectionLost, Invalid
from calanus.client.progress import Progress, Told, shown
from calanus.client.wire import Answer, Wire

BLOCK = 2**20
MOST_TRIES = 10  # without a byte


def fetch(wire: Wire, path: str, target: Path, progress: Progress) -> Path:
    """A file of the server's, brought where it is wanted."""
    answer = wire.send("GET", path, stream=True)
    if target.is_dir():
        target = target / name_of(answer)
    draft = target.with_name(f".{target.name}.part")
    prepare(target)
    try:
        draft.write_bytes(b"")
        with shown(progress) as tell:
            take_all(wire, path, answer, draft, tell)
        draft.replace(target)
    except OSError as trouble:
        raise Invalid(f"{target} cannot be written: {trouble.strerror}.") from None
    finally:
        draft.unlink(missing_ok=True)
    return target


def prepare(target: Path) -> None:
    """Make the folder of a file, before anything long is begun for it.

    Raises:
        Invalid: it cannot be written there.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as trouble:
        raise Invalid(f"{target} cannot be written: {trouble.strerror}.") from None


def take_all(wire: Wire, path: str, answer: Answer, draft: Path, tell: Told) -> None:
    """The whole file, however often the line breaks while something comes."""
    tries = MOST_TRIES
    while tries:
        before = draft.stat().st_size
        if take(answer, draft, tell):
            return
        come = draft.stat().st_size
        tries = MOST_TRIES if come > before else tries - 1
        time.sleep(0.2)
        answer = rest(wire, path, answer, draft)
    raise ConnectionLost("The line breaks again and again, and nothing comes any more.")


def take(answer: Answer, draft: Path, tell: Told) -> bool:
    """Write what comes; whether all of it came."""
    whole = length_of(answer)
    with draft.open("ab") as out:
        try:
            for block in answer.stream(BLOCK):
                out.write(block)
                tell(100 * out.tell() // max(whole, 1), "Downloading")
        except HTTPError:
            return False
        finally:
            answer.close()
        return out.tell() >= whole


def rest(wire: Wire, path: str, broken: Answer, draft: Path) -> Answer:
    """What is still missing, if it is still the same file; else all of it again."""
    come = draft.stat().st_size
    headers = {"Range": f"bytes={come}-", "If-Range": broken.headers.get("ETag", "")}
    answer = wire.send("GET", path, headers=headers, stream=True)
    if answer.status != 206:
        draft.write_bytes(b"")
    return answer


def length_of(answer: Answer) -> int:
    """How long the file is, from its beginning."""
    found = re.search(r"/(\d+)$", answer.headers.get("Content-Range", ""))
    return int(found[1] if found else answer.headers.get("Content-Length", "0"))


def name_of(answer: Answer) -> str:
    """What the server calls the file; nothing of a path is taken from it."""
    said = answer.headers.get("Content-Disposition", "")
    found = re.search(r"filename\*=utf-8''([^;]+)|filename=\"([^\"]+)\"", said, re.IGNORECASE)
    name = unquote(found[1] or found[2]) if found else "calanus.bin"
    return re.sub(r"[/\\\0]|^\.+", "_", name)
