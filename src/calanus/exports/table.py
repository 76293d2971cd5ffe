"""The columns of an export and their order (contract 3.4), and rows as bytes (3.3). No database.

A table is polars expressions over one wide frame, so that no cell is ever a Python object.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl

Free = Mapping[str, str]  # name of a free column → its place: {"area": "n01"}
BOM = b"\xef\xbb\xbf"
STATES = {
    "": "",
    "P": "predicted",
    "D": "dubious",
    "V": "validated",
    "X": "discarded",  # EcoTaxa writes X, which no import accepts
}


@dataclass(frozen=True)
class Layout:
    """Which columns a table has, and how it writes them."""

    images: bool = False
    only_annotations: bool = False
    entities: str = "OPAS"  # whose free columns: objects, processes, acquisitions, samples
    compact_dates: bool = False  # 20261123 for 2026-11-23
    taxon_ids: bool = False  # else the lineage
    comments: bool = False
    types_row: bool = False
    internal_ids: bool = False
    object_id: bool = False  # that of this installation alone
    latin1: bool = False  # else UTF-8 with a byte order mark
    decimal_comma: bool = False
    objects: Free = field(default_factory=dict[str, str])
    samples: Free = field(default_factory=dict[str, str])
    processes: Free = field(default_factory=dict[str, str])
    acquisitions: Free = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Column:
    """A column of a table: its header, its type and where its cells come from."""

    header: str
    cells: pl.Expr
    number: bool = False  # a double: [f]
    typed: pl.Expr | None = None  # where the cells are texts of something else


def columns_of(layout: Layout) -> list[Column]:
    """The columns of a table, in order; a header is never given twice."""
    found: dict[str, Column] = {}
    for column in each_column(layout):
        found.setdefault(column.header, column)
    return list(found.values())


def each_column(layout: Layout) -> Iterator[Column]:
    """The columns of a table, part by part."""
    if layout.images:
        yield Column("img_file_name", pl.col("img_file_name"))
        yield Column("img_rank", pl.col("img_rank"))
    yield Column("object_id", pl.col("orig_id"))
    if not layout.only_annotations:
        yield from where_and_when(layout)
    yield from annotation(layout)
    if layout.taxon_ids:
        yield Column("object_annotation_category_id", or_null("taxon_id"))
    else:
        yield Column("object_annotation_hierarchy", pl.col("hierarchy"))
    if layout.only_annotations:
        return
    if layout.comments:
        yield Column("complement_info", pl.col("comment"))
    yield from entities(layout)
    if layout.object_id:
        yield Column("objid", pl.col("object_id"))
    if layout.internal_ids:
        yield from internal_ids()


def entities(layout: Layout) -> Iterator[Column]:
    """The free columns of each level, after what else is known of it."""
    if "O" in layout.entities:
        yield from free("object", layout.objects, "")
    if "S" in layout.entities:
        yield Column("sample_id", pl.col("sample"))
        yield Column("sample_dataportal_descriptor", pl.col("descriptor"))
        yield from free("sample", layout.samples, "sample ")
    if "P" in layout.entities:
        yield Column("process_id", pl.col("process"))
        yield from free("process", layout.processes, "process ")
    if "A" in layout.entities:
        yield Column("acq_id", pl.col("acquisition"))
        yield Column("acq_instrument", pl.col("instrument"))
        yield from free("acq", layout.acquisitions, "acquisition ")


def where_and_when(layout: Layout) -> Iterator[Column]:
    """Position, date and depth of an object."""
    yield Column("object_lat", pl.col("latitude"), number=True)
    yield Column("object_lon", pl.col("longitude"), number=True)
    day, time = pl.col("object_date"), pl.col("object_time")
    yield Column("object_date", on_day(day, layout), typed=day)
    yield Column("object_time", at_time(time, layout), typed=time)
    yield Column("object_link", pl.col("link"))
    yield Column("object_depth_min", pl.col("depth_min"), number=True)
    yield Column("object_depth_max", pl.col("depth_max"), number=True)


def annotation(layout: Layout) -> Iterator[Column]:
    """Who says what an object is, and when; of a prediction only what."""
    moment = pl.when(pl.col("state").is_in(["V", "D", "X"])).then(pl.col("identified_at"))
    yield Column("object_annotation_status", pl.col("state").replace_strict(STATES))
    yield Column("object_annotation_person_name", pl.col("annotator"))
    yield Column("object_annotation_person_email", pl.col("annotator_email"))
    day, time = moment.dt.date(), moment.dt.time()
    yield Column("object_annotation_date", on_day(moment, layout), typed=day)
    yield Column("object_annotation_time", at_time(moment, layout), typed=time)
    yield Column("object_annotation_category", pl.col("taxon"))


def internal_ids() -> Iterator[Column]:
    """Ids of this installation, and what else only a program wants."""
    predicted = pl.col("state") == "P"
    moment = pl.when(predicted).then(pl.col("identified_at"))
    text = moment.dt.to_string("%Y-%m-%d %H:%M:%S")
    yield Column("objid", pl.col("object_id"))
    yield Column("processid_internal", pl.col("acquisition_id"))
    yield Column("acq_id_internal", pl.col("acquisition_id"))
    yield Column("sample_id_internal", pl.col("sample_id"))
    yield Column("classif_id", or_null("taxon_id"))
    yield Column("classif_who", or_null("annotator_id"))
    yield Column("classif_auto_id", pl.when(predicted).then(pl.col("taxon_id")))
    yield Column("classif_auto_name", pl.when(predicted).then(pl.col("taxon")))
    yield Column("classif_auto_score", pl.col("score"), number=True)
    yield Column("classif_auto_when", text, typed=moment)
    yield Column("object_random_value", pl.col("random_value"))
    yield Column("object_sunpos", pl.col("sun_position"))
    yield Column("sample_lat", pl.col("sample_latitude"), number=True)
    yield Column("sample_long", pl.col("sample_longitude"), number=True)


def free(prefix: str, columns: Free, level: str) -> Iterator[Column]:
    """The free columns of a level, in the project's own order."""
    for name, place in columns.items():
        yield Column(f"{prefix}_{name}", pl.col(f"{level}{place}"), number=place.startswith("n"))


def or_null(name: str) -> pl.Expr:
    """An id; zero is none."""
    return pl.when(pl.col(name) != 0).then(pl.col(name))


def on_day(moment: pl.Expr, layout: Layout) -> pl.Expr:
    """The day of a moment or date."""
    return moment.dt.to_string("%Y%m%d" if layout.compact_dates else "%Y-%m-%d")


def at_time(moment: pl.Expr, layout: Layout) -> pl.Expr:
    """The time of day of a moment, or a time."""
    return moment.dt.to_string("%H%M%S" if layout.compact_dates else "%H:%M:%S")


def head(columns: list[Column], layout: Layout) -> bytes:
    """What a table opens with: its headers, and the types of its columns when wanted."""
    lines = [[column.header for column in columns]]
    if layout.types_row:
        lines.append(["[f]" if column.number else "[t]" for column in columns])
    text = "".join([quoted_line(line) for line in lines])
    return text.encode("latin-1", "replace") if layout.latin1 else BOM + text.encode()


def quoted_line(cells: list[str]) -> str:
    """A line of texts."""
    return "\t".join(['"' + cell.replace('"', '""') + '"' for cell in cells]) + "\n"


def rows(columns: list[Column], frame: pl.DataFrame, layout: Layout) -> bytes:
    """Lines of a table: texts quoted, numbers as Python writes them, `""` for nothing."""
    cells = frame.select([column.cells.alias(str(i)) for i, column in enumerate(columns)])
    numbers = [cells[str(i)] for i, column in enumerate(columns) if column.number]
    style = "non_numeric"
    if layout.decimal_comma:  # which makes a text of a number
        commas = [as_python(number).str.replace(".", ",", literal=True) for number in numbers]
        filled = cells.with_columns(commas).with_columns(pl.col(pl.String).fill_null(""))
    elif odd := [as_python(number) for number in numbers if small(number).any()]:
        style = "never"  # since numbers are among the texts, the others get their quotes here
        texts = [name for name, kind in cells.schema.items() if kind == pl.String]
        filled = cells.with_columns([in_quotes(name) for name in texts]).with_columns(odd)
    else:
        filled = cells.with_columns(pl.col(pl.String).fill_null(""))
    written = filled.write_csv(
        separator="\t", include_header=False, quote_style=style, null_value='""'
    )
    return written.encode("latin-1", "replace") if layout.latin1 else written.encode()


def in_quotes(name: str) -> pl.Expr:
    """A column of texts as cells; nothing is an empty one."""
    escaped = pl.col(name).fill_null("").str.replace_all('"', '""', literal=True)
    return pl.concat_str(pl.lit('"'), escaped, pl.lit('"')).alias(name)


def small(number: pl.Series) -> pl.Series:
    """Which are written otherwise by Python, and so by EcoTaxa, than by polars: 1e-05, 0.00001."""
    return number.abs().is_between(1e-9, 1e-4, closed="left")


def as_python(number: pl.Series) -> pl.Series:
    """Numbers as texts, each the shortest that reads back, with Python's exponents."""
    places = small(number).arg_true()
    return number.cast(pl.String).scatter(places, [repr(value) for value in number.gather(places)])


def typed(columns: list[Column], frame: pl.DataFrame) -> pl.DataFrame:
    """The same lines for programs: dates as dates, numbers as numbers, null for nothing."""
    cells = frame.select(
        [(c.cells if c.typed is None else c.typed).alias(c.header) for c in columns]
    )
    texts = pl.col(pl.String)
    return cells.with_columns(pl.when(texts != "").then(texts).name.keep())
