"""What can be shown of an object and ordered by: EcoTaxa's field names, as a table of SQL."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import LiteralString

from psycopg import sql

from calanus.objects.types import UnknownField
from calanus.projects.types import Project, ProjectRow
from calanus.users.policy import Role

# One text for all: the moment as EcoTaxa writes it, naive and in UTC.
WHEN: LiteralString = "(o.identified_at AT TIME ZONE 'UTC')"
# Four digits at least, of numbers of any size: without the 9s a larger one is written ####.
FOLDER: LiteralString = "to_char(i.image_id / 10000, 'FM999999999990000')"
FILE: LiteralString = f"{FOLDER} || '/' || to_char(i.image_id %% 10000, 'FM0000')"
# An image that is larger than its largest thumbnail has one.
LARGE: LiteralString = "greatest(i.width, i.height) > 320"
SCALED: LiteralString = "greatest(1, 320.0 / greatest(i.width, i.height)"
EXTENSION: LiteralString = (
    "coalesce(i.ending, lower(substring(i.orig_file_name FROM '\\.[[:alnum:]]{3,4}$')), '.jpg')"
)

OBJECT: Mapping[str, LiteralString] = {
    "objid": "o.object_id",
    "acquisid": "o.acquisition_id",
    "orig_id": "v.orig_id",
    "objdate": "v.object_date",
    "objtime": "v.object_time",
    "latitude": "v.latitude",
    "longitude": "v.longitude",
    "depth_min": "v.depth_min",
    "depth_max": "v.depth_max",
    "sunpos": "v.sun_position",
    "classif_id": "o.taxon_id",
    "classif_qual": "o.state",
    "classif_who": "o.annotator_id",
    "classif_date": WHEN,
    "classif_score": "o.score",
    "object_link": "v.link",
    "complement_info": "v.comment",
    "imgcount": (
        "(SELECT count(*) FROM images n"
        " WHERE n.project_id = o.project_id AND n.object_id = o.object_id)"
    ),
    "random_value": "hashtext(v.orig_id)",
    "classif_when": f"CASE WHEN o.state IN ('V', 'D') THEN {WHEN} END",
    "classif_auto_when": f"CASE WHEN o.state = 'P' THEN {WHEN} END",
    "classif_auto_score": "o.score",
    "classif_auto_id": "CASE WHEN o.state = 'P' THEN o.taxon_id END",
    "classif_crossvalidation_id": "NULL::int",
    "similarity": "NULL::float8",
    "version": "o.version",
    "tray_place": (
        "(SELECT u.place FROM unlike_objects u WHERE u.project_id = o.project_id"
        " AND u.object_id = o.object_id ORDER BY u.batch_id DESC LIMIT 1)"
    ),
}
IMAGE: Mapping[str, LiteralString] = {
    "imgid": "i.image_id",
    "objid": "i.object_id",
    "imgrank": "i.rank",
    "orig_file_name": "i.orig_file_name",
    "width": "i.width",
    "height": "i.height",
    "thumb_width": f"CASE WHEN {LARGE} THEN {SCALED} * i.width)::int END",
    "thumb_height": f"CASE WHEN {LARGE} THEN {SCALED} * i.height)::int END",
    "file_name": f"{FILE} || {EXTENSION}",
    "thumb_file_name": f"CASE WHEN {LARGE} THEN {FILE} || '_mini.jpg' END",
}
SAMPLE: Mapping[str, LiteralString] = {
    "sampleid": "s.sample_id",
    "projid": "s.project_id",
    "orig_id": "s.orig_id",
    "latitude": "s.latitude",
    "longitude": "s.longitude",
    "dataportal_descriptor": "s.dataportal_descriptor",
}
ACQUISITION: Mapping[str, LiteralString] = {
    "acquisid": "a.acquisition_id",
    "acq_sample_id": "a.sample_id",
    "orig_id": "a.orig_id",
    "instrument": "a.instrument",
}
USER: Mapping[str, LiteralString] = {"id": "u.user_id", "name": "u.name", "email": "u.email"}
TAXON: Mapping[str, LiteralString] = {
    "id": "t.taxon_id",
    "parent_id": "t.parent_id",
    "name": "t.name",
    "display_name": "t.display_name",
    "taxotype": "t.type",
    "taxostatus": "t.status",
    "aphia_id": "t.aphia_id",
    "rank": "t.rank",
    "rename_to": "t.rename_to",
    "source_url": "t.source_url",
    "source_desc": "t.source_desc",
    "creation_datetime": "(t.created_at AT TIME ZONE 'UTC')",
    "lastupdate_datetime": "(t.updated_at AT TIME ZONE 'UTC')",
    # What is not kept here, or not with a taxon.
    "id_instance": "NULL::int",
    "creator_email": "NULL::text",
    "nbrobj": "NULL::int",
    "nbrobjcum": "NULL::int",
}
PARENT: Mapping[str, LiteralString] = {
    name: text.replace("t.", "tp.") for name, text in TAXON.items()
}
FIXED: Mapping[str, Mapping[str, LiteralString]] = {
    "obj": OBJECT,
    "img": IMAGE,
    "sam": SAMPLE,
    "acq": ACQUISITION,
    "usr": USER,
    "txo": TAXON,
    "txp": PARENT,
}
FREE_TEXTS: Mapping[str, sql.SQL] = {
    "sam": sql.SQL("s.texts[{}]"),
    "acq": sql.SQL("a.texts[{}]"),
}
ALIASES = re.compile(r"\b(v|i|s|a|u|t|tp)\.")
# What is told of people to members of the project alone; others read nothing there.
MEMBERS_ONLY = frozenset({"usr.email"})


@dataclass(frozen=True)
class FieldSql:
    """One field: how it is read, and from which tables besides objects."""

    name: str
    expression: sql.Composable
    tables: frozenset[str]
    number: int | None = None  # which free number, when it is one


def field(name: str, project: ProjectRow) -> FieldSql | None:
    """A field by EcoTaxa's name; nothing when there is no such field in this project."""
    prefix, _, rest = name.partition(".")
    if prefix == "fre":
        code = project.object_columns.get(rest)
        return free_field(name, code) if code else None
    fixed = FIXED.get(prefix, {}).get(rest)
    if fixed is not None:
        return FieldSql(name, sql.SQL(fixed), frozenset(ALIASES.findall(fixed)))
    if prefix in FREE_TEXTS and re.fullmatch(r"t\d{2}", rest):
        place = sql.Literal(int(rest[1:]))
        return FieldSql(name, FREE_TEXTS[prefix].format(place), frozenset({prefix[0]}))
    return None


def shown(name: str, project: Project) -> FieldSql | None:
    """A field as somebody reads it for whom the project was found."""
    if name in MEMBERS_ONLY and project.role < Role.VISITOR:
        return FieldSql(name, sql.SQL("NULL::text"), frozenset())
    return field(name, project)


def free_field(name: str, code: str) -> FieldSql:
    """A free column of objects; a missing number reads as nothing."""
    place = sql.Literal(int(code[1:]))
    form = sql.SQL("nullif(v.numbers[{}], 'NaN')") if code[0] == "n" else sql.SQL("v.texts[{}]")
    number = int(code[1:]) if code[0] == "n" else None
    return FieldSql(name, form.format(place), frozenset({"v"}), number)


def fields(names: str, project: Project) -> list[FieldSql]:
    """Fields by their names, separated by commas.

    Raises:
        UnknownField: naming those there are not.
    """
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    found = [shown(name, project) for name in wanted]
    unknown = [name for name, known in zip(wanted, found, strict=True) if known is None]
    if unknown:
        raise UnknownField(unknown)
    return [known for known in found if known is not None]


@dataclass(frozen=True)
class Order:
    """An order of objects: ties fall back to the object's id, in the same direction."""

    by: FieldSql | None = None
    descending: bool = False
    empty_last: bool = False
    empty_least: bool = False

    @property
    def tables(self) -> frozenset[str]:
        """What must be joined to order so."""
        return self.by.tables if self.by else frozenset()

    def empty(self) -> sql.Composed:
        """How many have nothing to be ordered by."""
        nothing = sql.SQL("{} IS NULL").format(self.by.expression) if self.by else sql.SQL("FALSE")
        return sql.SQL("count(*) FILTER (WHERE {})").format(nothing)

    def sql(self) -> sql.Composed:
        """The ORDER BY of it; what is empty sorts last upwards and first downwards, as in EcoTaxa.

        With `empty_last` it is last both ways: who sorts by score looks for what has one. With
        `empty_least` it comes first upwards and last downwards.
        """
        direction = sql.SQL(" DESC" if self.descending else "")
        by_id = sql.SQL("o.object_id") + direction
        if self.by is None:
            return by_id
        empty = sql.SQL(" NULLS LAST" if self.empty_last else "")
        if self.empty_least:
            empty = sql.SQL(" NULLS LAST" if self.descending else " NULLS FIRST")
        return self.by.expression + direction + empty + sql.SQL(", ") + by_id


# Who sees when objects were identified looks for those that were; EcoTaxa orders them so.
EMPTY_LEAST = frozenset({"obj.classif_when", "obj.classif_auto_when"})


def order(name: str | None, project: Project, *, beside: Sequence[FieldSql] = ()) -> Order:
    """An order by EcoTaxa's name of a field, downwards with a leading `-`.

    Raises:
        UnknownField: there is no such field.
    """
    if not name:
        return Order()
    descending = name.startswith("-")
    bare = name.removeprefix("-")
    found = shown(bare, project)
    if found is None:
        raise UnknownField([bare])
    least = bare in EMPTY_LEAST and bare in [each.name for each in beside]
    return Order(found, descending, empty_least=least)
