"""Frames that come one after the other, written to one file."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calanus.client.errors import Invalid, Unknown

if TYPE_CHECKING:
    import polars

SEPARATORS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}


def save(path: Path, empty: "polars.DataFrame", parts: "Iterator[polars.DataFrame]") -> Path:
    """Write frames of the same columns below each other: the file is there when all are.

    Raises:
        Invalid: it cannot be written, or its name does not say how.
    """
    ending = path.suffix.lower()
    if ending != ".parquet" and ending not in SEPARATORS:
        known = [".parquet", *SEPARATORS]
        raise Unknown("format", ending or path.name, known, f"There are: {', '.join(known)}.")
    draft = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if ending == ".parquet":
            save_parquet(draft, empty, parts)
        else:
            save_text(draft, empty, parts, SEPARATORS[ending])
        draft.replace(path)
    except OSError as trouble:
        raise Invalid(f"{path} cannot be written: {trouble.strerror or trouble}.") from None
    finally:
        draft.unlink(missing_ok=True)
    return path


def save_text(
    draft: Path, empty: "polars.DataFrame", parts: "Iterator[polars.DataFrame]", separator: str
) -> None:
    """One line an object."""
    with draft.open("wb") as out:
        empty.write_csv(out, separator=separator)
        for part in parts:
            part.write_csv(out, separator=separator, include_header=False)


def save_parquet(
    draft: Path, empty: "polars.DataFrame", parts: "Iterator[polars.DataFrame]"
) -> None:
    """Parquet: polars takes the parts as they come, and writes them as they come."""
    from polars.io.plugins import register_io_source

    first = next(parts, empty)

    def source(
        with_columns: Any, predicate: Any, n_rows: Any, batch_size: Any
    ) -> "Iterator[polars.DataFrame]":
        yield first
        yield from parts

    register_io_source(source, schema=first.schema).sink_parquet(draft)
