"""One table of a package, written as it grows: as text for people, as Parquet for programs."""

import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

import polars as pl

from calanus.exports.archive import Archive
from calanus.exports.table import Column, Layout, head, rows, typed
from calanus.exports.types import Format

ROW_GROUP = 100_000  # objects


class Sheet:
    """A table; nothing is made of one that gets no line."""

    def __init__(
        self, archive: Archive, path: str, columns: list[Column], layout: Layout, format_: Format
    ) -> None:
        self.archive, self.path, self.columns, self.layout = archive, path, columns, layout
        self.as_text = format_ != Format.PARQUET
        self.as_parquet = format_ != Format.TSV
        self.stack = ExitStack()
        self.write: Callable[[bytes], None] = lambda _: None
        self.folder = archive.path.parent
        self.parts: list[Path] = []
        self.begun = False

    def add(self, frame: pl.DataFrame) -> None:
        """More lines."""
        if not len(frame):
            return
        if not self.begun:
            self.begin()
        if self.as_text:
            self.write(rows(self.columns, frame, self.layout))
        if self.as_parquet:
            part = self.folder / f"{len(self.parts):06d}.parquet"
            typed(self.columns, frame).write_parquet(part, compression="zstd", compression_level=1)
            self.parts.append(part)

    def begin(self) -> None:
        """Open what the lines go into."""
        self.begun = True
        if self.as_text:
            self.write = self.stack.enter_context(self.archive.deflated(self.path))
            self.write(head(self.columns, self.layout))
        if self.as_parquet:
            self.folder = Path(tempfile.mkdtemp(dir=self.archive.path.parent, prefix=".parquet-"))
            self.stack.callback(shutil.rmtree, self.folder, ignore_errors=True)

    def finish(self) -> None:
        """Put the parts of the Parquet file together, never all of them in memory."""
        whole = self.folder / "whole.parquet"
        pl.scan_parquet(self.parts).sink_parquet(
            whole,
            compression="zstd",
            row_group_size=ROW_GROUP,
            metadata={"creator": "Calanus", "columns": "docs/reference/export-columns.md"},
        )
        self.archive.store_file(str(PurePosixPath(self.path).with_suffix(".parquet")), whole)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self.stack:
            if error is None and self.parts:
                self.finish()
