"""A file that arrives in a form, written to the disk as it comes: large uploads take no memory."""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.message import Message
from io import BufferedWriter
from pathlib import Path, PurePosixPath
from secrets import token_hex

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, MultipartState, parse_options_header

from calanus.files.drafts import drafts_of
from calanus.files.folders import place_of
from calanus.files.space import Limit
from calanus.files.types import BadUpload

FORM = "multipart/form-data, in the field “file”"


@dataclass
class Upload:
    """What of the form has come so far."""

    draft: Path
    out: BufferedWriter
    file_name: str = ""
    path: bytearray = field(default_factory=bytearray)
    part: str = ""  # the name of the part that is coming
    header_name: bytearray = field(default_factory=bytearray)
    header_value: bytearray = field(default_factory=bytearray)
    headers: Message = field(default_factory=Message)

    def begin(self) -> None:
        """A new part."""
        self.headers = Message()

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        """Some bytes of the name of a header."""
        self.header_name += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        """Some bytes of the value of a header."""
        self.header_value += data[start:end]

    def on_header_end(self) -> None:
        """A header is complete."""
        self.headers[self.header_name.decode("latin-1")] = self.header_value.decode("latin-1")
        self.header_name.clear()
        self.header_value.clear()

    def on_headers_finished(self) -> None:
        """The part tells what it is: the file, the path, or something nobody asked for."""
        _, options = parse_options_header(self.headers.get("Content-Disposition", ""))
        self.part = options.get(b"name", b"").decode("utf-8", "replace")
        if self.part == "file":
            name = options.get(b"filename", b"").decode("utf-8", "replace")
            self.file_name = name.replace("\\", "/").rpartition("/")[2]

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        """Some bytes of the part."""
        if self.part == "file":
            self.out.write(data[start:end])
        elif self.part == "path" and len(self.path) < 4096:
            self.path += data[start:end]


async def receive(
    stream: AsyncIterator[bytes], content_type: str, root: Path, *, limit: Limit
) -> str:
    """Store the file of a form in a person's folder; its path there.

    Raises:
        TooLarge: as soon as more than `limit` has come.
        BadUpload: the form is none or ends too early, holds no file, or a path that does not end
            with its name.
    """
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data" or b"boundary" not in options:
        raise BadUpload(f"Send the file as {FORM}.")
    draft = drafts_of(root) / f"{token_hex(8)}.form"
    try:
        with draft.open("wb") as out:
            upload = Upload(draft, out)
            parser = parser_of(upload, options[b"boundary"])
            received = 0
            async for chunk in stream:
                received += len(chunk)
                if received > limit.bytes:
                    raise limit.error
                parser.write(chunk)
            if parser.state != MultipartState.END:
                raise BadUpload(
                    "The form ends too early, so the file may not be whole: send again."
                )
        return settle(upload, root)
    except FormParserError as error:
        raise BadUpload(f"The form cannot be read: {error}. Send it as {FORM}.") from None
    finally:
        draft.unlink(missing_ok=True)


def parser_of(upload: Upload, boundary: bytes) -> MultipartParser:
    """The parser of a form, which tells an upload what comes."""
    return MultipartParser(
        boundary,
        {
            "on_part_begin": upload.begin,
            "on_part_data": upload.on_part_data,
            "on_header_field": upload.on_header_field,
            "on_header_value": upload.on_header_value,
            "on_header_end": upload.on_header_end,
            "on_headers_finished": upload.on_headers_finished,
        },
    )


def settle(upload: Upload, root: Path) -> str:
    """Give a complete file its name, in the place of an older one."""
    if not upload.file_name:
        raise BadUpload("The form brings no file: send one in the field “file”.")
    sub_path = upload.path.decode("utf-8", "replace").strip("/") or upload.file_name
    if PurePosixPath(sub_path).name != upload.file_name:
        raise BadUpload(f"The path “{sub_path}” must end with the file's name.")
    wanted = place_of(root, sub_path)
    wanted.parent.mkdir(parents=True, exist_ok=True)
    os.replace(upload.draft, wanted)
    return sub_path
