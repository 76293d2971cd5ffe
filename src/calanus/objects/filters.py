"""Which objects: EcoTaxa's filters, as a table of clauses.

The clauses speak of `o` (objects), `v` (object_values), `s` (samples), `a` (acquisitions) and
`p` (processes); `Where.tables` says which of them a statement must join.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, LiteralString

from pydantic import BaseModel, ConfigDict, Field

from calanus.kit.ids import UserId
from calanus.objects.types import BadFilter
from calanus.projects.types import ProjectRow


class ProjectFilters(BaseModel):
    """EcoTaxa's filters; empty means absent, unknown keys are ignored."""

    model_config = ConfigDict(coerce_numbers_to_str=True, extra="ignore")

    taxo: str | None = Field(default=None, description="Taxon ids, separated by commas.")
    taxochild: str | None = Field(default=None, description="Y: the taxa and all below them.")
    statusfilter: str | None = Field(
        default=None, description="V, P, D, U (none), NV, PV, PVD, UP, NVM, VM."
    )
    MapN: str | None = None
    MapW: str | None = None
    MapE: str | None = None
    MapS: str | None = None
    depthmin: str | None = None
    depthmax: str | None = None
    samples: str | None = Field(default=None, description="Sample ids, separated by commas.")
    instrum: str | None = None
    daytime: str | None = None
    month: str | None = None
    fromdate: str | None = None
    todate: str | None = None
    fromtime: str | None = None
    totime: str | None = None
    inverttime: str | None = None
    validfromdate: str | None = None
    validtodate: str | None = None
    freenum: str | None = Field(default=None, description="on04, oscore or fre.area.")
    freenumst: str | None = None
    freenumend: str | None = None
    freetxt: str | None = Field(default=None, description="ot01, st03, at02 or pt01.")
    freetxtval: str | None = None
    filt_annot: str | None = None
    filt_last_annot: str | None = None
    listed: str | None = Field(default=None, description="The number of a kept list of objects.")
    unlike: str | None = Field(
        default=None, description="A batch: what looked like nothing its prediction had learnt."
    )

    def given(self) -> dict[str, str]:
        """What was filled in."""
        stripped = {name: text.strip() for name, text in self.model_dump(exclude_none=True).items()}
        return {name: text for name, text in stripped.items() if text}


CLAUSES: Mapping[str, LiteralString] = {
    "taxon": "o.taxon_id = %(taxon)s",  # alone: an index gives it in the order of the score
    "taxa": "o.taxon_id = ANY(%(taxa)s)",
    "subtrees": (
        "o.taxon_id = ANY(ARRAY(SELECT taxon_id FROM taxa WHERE lineage && %(subtrees)s::int[]))"
    ),
    "listed": (
        "o.object_id = ANY(ARRAY(SELECT unnest(object_ids) FROM object_lists"
        " WHERE list_id = %(listed)s))"
    ),
    "state": "o.state = %(state)s",
    "state_u": "o.state IS NULL",
    "state_nv": "(o.state IS NULL OR o.state = ANY('{P,D}'))",
    "state_pv": "o.state = ANY('{P,V}')",
    "state_pvd": "o.state IS NOT NULL",
    "state_up": "(o.state IS NULL OR o.state = 'P')",
    "validated_by": "o.state = 'V' AND o.annotator_id = %(validated_by)s",
    "validated_by_others": "o.state = 'V' AND o.annotator_id <> %(validated_by_others)s",
    "samples": "o.sample_id = ANY(%(samples)s)",
    "south": "v.latitude >= %(south)s",
    "north": "v.latitude <= %(north)s",
    "west": "v.longitude >= %(west)s",
    "east": "v.longitude <= %(east)s",
    "across": "(v.longitude >= %(across)s OR v.longitude <= %(across_to)s)",
    "depth_from": "v.depth_min >= %(depth_from)s AND v.depth_max >= %(depth_from)s",
    "depth_to": "v.depth_min <= %(depth_to)s AND v.depth_max <= %(depth_to)s",
    "nothing": "FALSE",
    "daytimes": "v.sun_position = ANY(%(daytimes)s)",
    "months": "extract(month FROM v.object_date)::int = ANY(%(months)s)",
    "date_from": "v.object_date >= %(date_from)s",
    "date_to": "v.object_date <= %(date_to)s",
    "time_from": "v.object_time >= %(time_from)s",
    "time_to": "v.object_time <= %(time_to)s",
    "time_outside": ("(v.object_time <= %(time_before)s OR v.object_time >= %(time_outside)s)"),
    "identified_from": "o.identified_at >= %(identified_from)s",
    "identified_to": "o.identified_at < %(identified_to)s + interval '1 minute'",
    "score_from": "o.score >= %(score_from)s",
    "score_to": "o.score <= %(score_to)s",
    # NaN, which stands for a missing number, is above every number: the upper bound leaves it out.
    "number": (
        "v.numbers[%(number)s] BETWEEN coalesce(%(number_from)s::float8, '-Infinity')"
        " AND coalesce(%(number_to)s::float8, 'Infinity')"
    ),
    "object_text": "v.texts[%(object_text)s] ILIKE %(text)s",
    "sample_text": "s.texts[%(sample_text)s] ILIKE %(text)s",
    "acquisition_text": "a.texts[%(acquisition_text)s] ILIKE %(text)s",
    "process_text": "p.texts[%(process_text)s] ILIKE %(text)s",
    "unlike": (
        "EXISTS (SELECT 1 FROM unlike_objects u WHERE u.project_id = o.project_id"
        " AND u.object_id = o.object_id AND u.batch_id = %(unlike)s)"
    ),
    "annotators": "o.annotator_id = ANY(%(annotators)s)",
    "ever_annotators": (
        "(o.annotator_id = ANY(%(ever_annotators)s) OR EXISTS (SELECT 1 FROM history h"
        " WHERE h.project_id = o.project_id AND h.object_id = o.object_id"
        " AND h.undone_by IS NULL AND h.annotator_id = ANY(%(ever_annotators)s)))"
    ),
}
ALIASES = re.compile(r"\b([vsap])\.")
# Filters that the counts of a project answer without looking at its objects.
COUNTED = frozenset(
    {"taxon", "taxa", "state", "state_u", "state_nv", "state_pv", "state_pvd", "state_up"}
)


@dataclass(frozen=True)
class Where:
    """The SQL of a filter; its values travel apart, as parameters."""

    sql: LiteralString = "TRUE"
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    tables: frozenset[str] = frozenset()
    clauses: tuple[str, ...] = ()


def where(
    wanted: ProjectFilters, project: ProjectRow, *, asked_by: UserId | None, anonymous: bool = False
) -> Where:
    """A filter as SQL over the objects of one project.

    Raises:
        BadFilter: a value means nothing; the sentence names the filter.
    """
    given = wanted.given()
    if anonymous:
        given["statusfilter"] = "V"
    read: dict[str, Any] = {}
    for reader in READERS:
        read |= reader(given, project, asked_by)
    clauses = tuple(name for name in read if name in CLAUSES)
    text: LiteralString = " AND ".join([CLAUSES[name] for name in clauses]) or "TRUE"
    return Where(text, read, frozenset(ALIASES.findall(text)), clauses)


def int_list(text: str, name: str) -> list[int]:
    """Ids separated by commas; EcoTaxa's `None` among them is ignored."""
    tokens = [token.strip() for token in text.split(",")]
    try:
        return [int(token) for token in tokens if token and token != "None"]  # noqa: S105
    except ValueError:
        raise BadFilter(f"The filter {name} takes ids separated by commas, not “{text}”.") from None


def number(text: str, name: str) -> float:
    """One number."""
    try:
        return float(text)
    except ValueError:
        raise BadFilter(f"The filter {name} takes a number, not “{text}”.") from None


def moment(text: str, name: str, parse: Callable[[str], Any], form: str) -> Any:
    """A date, a time, or both."""
    try:
        return parse(text)
    except ValueError:
        raise BadFilter(f"The filter {name} takes {form}, not “{text}”.") from None


def read_taxa(given: dict[str, str], _: ProjectRow, __: UserId | None) -> dict[str, Any]:
    """By taxon, alone or with all below."""
    if "taxo" not in given:
        return {}
    taxa = int_list(given["taxo"], "taxo")
    if given.get("taxochild") == "Y":
        return {"subtrees": [taxon for taxon in taxa if taxon < 2**31]}
    return {"taxon": taxa[0]} if len(taxa) == 1 else {"taxa": taxa}


def read_state(given: dict[str, str], _: ProjectRow, asked_by: UserId | None) -> dict[str, Any]:
    """By state; an unknown one matches nothing, as in EcoTaxa."""
    wanted = given.get("statusfilter")
    if wanted is None:
        return {}
    if wanted in ("V", "P", "D", "X"):
        return {"state": wanted}
    named = {"U", "NV", "PV", "PVD", "UP"}
    if wanted in named:
        return {f"state_{wanted.lower()}": True}
    if wanted == "VM":
        return {"validated_by": asked_by}
    if wanted == "NVM":
        return {"validated_by_others": asked_by}
    return {"nothing": True}


def read_samples(given: dict[str, str], _: ProjectRow, __: UserId | None) -> dict[str, Any]:
    """By sample."""
    return {"samples": int_list(given["samples"], "samples")} if "samples" in given else {}


def read_tray(given: dict[str, str], _: ProjectRow, __: UserId | None) -> dict[str, Any]:
    """What looked like nothing that the prediction of a batch had learnt."""
    if "unlike" not in given:
        return {}
    found = int_list(given["unlike"], "unlike")
    return {"unlike": found[0]} if len(found) == 1 else {"nothing": True}


def read_map(given: dict[str, str], _: ProjectRow, __: UserId | None) -> dict[str, Any]:
    """Inside a rectangle of the map, which may cross the antimeridian."""
    sides = {
        name: number(given[name], name)
        for name in ("MapN", "MapS", "MapE", "MapW")
        if name in given
    }
    if not sides:
        return {}
    if len(sides) < 4:
        raise BadFilter("A map filter needs all four sides: MapN, MapS, MapE and MapW.")
    south_north = {"south": sides["MapS"], "north": sides["MapN"]}
    if sides["MapW"] > sides["MapE"]:
        return {**south_north, "across": sides["MapW"], "across_to": sides["MapE"]}
    return {**south_north, "west": sides["MapW"], "east": sides["MapE"]}


def read_depth(given: dict[str, str], _: ProjectRow, __: UserId | None) -> dict[str, Any]:
    """Within depths, metres downwards; one bound is one bound."""
    bounds = {"depthmin": "depth_from", "depthmax": "depth_to"}
    return {ours: number(given[name], name) for name, ours in bounds.items() if name in given}


def read_instrument(given: dict[str, str], project: ProjectRow, _: UserId | None) -> dict[str, Any]:
    """By the project's instrument: all or nothing."""
    wanted = given.get("instrum", "").lower()
    return {} if wanted in project.instrument.lower() else {"nothing": True}


def read_dates(given: dict[str, str], _: ProjectRow, __: UserId | None) -> dict[str, Any]:
    """By season, day, and position of the sun."""
    read: dict[str, Any] = {}
    if "daytime" in given:
        read["daytimes"] = [letter.strip() for letter in given["daytime"].split(",")]
    if "month" in given:
        read["months"] = int_list(given["month"], "month")
    for name, ours in (("fromdate", "date_from"), ("todate", "date_to")):
        if name in given:
            read[ours] = moment(given[name], name, date.fromisoformat, "a date such as 2026-11-23")
    return read


def read_times(given: dict[str, str], _: ProjectRow, __: UserId | None) -> dict[str, Any]:
    """By time of day (UTC), within or outside an interval."""
    times = {
        name: moment(given[name], name, time.fromisoformat, "a time such as 14:30:00")
        for name in ("fromtime", "totime")
        if name in given
    }
    if given.get("inverttime") == "1":
        if len(times) < 2:
            return {}
        return {"time_before": times["fromtime"], "time_outside": times["totime"]}
    ours = {"fromtime": "time_from", "totime": "time_to"}
    return {ours[name]: at for name, at in times.items()}


def read_identified(given: dict[str, str], _: ProjectRow, __: UserId | None) -> dict[str, Any]:
    """By the moment of the present identification (UTC)."""
    bounds = {"validfromdate": "identified_from", "validtodate": "identified_to"}
    return {
        ours: moment(given[name], name, to_the_minute, "a moment such as 2026-11-23 14:30")
        for name, ours in bounds.items()
        if name in given
    }


def to_the_minute(text: str) -> datetime:
    """A moment of UTC; EcoTaxa reads no seconds."""
    return datetime.fromisoformat(f"{text[:16]}+00:00")


def read_number(given: dict[str, str], project: ProjectRow, _: UserId | None) -> dict[str, Any]:
    """By score or by a free number; both bounds count."""
    name = given.get("freenum")
    bounds = {
        key: number(given[given_key], given_key)
        for key, given_key in (("from", "freenumst"), ("to", "freenumend"))
        if given_key in given
    }
    if name is None or not bounds:
        return {}
    if name in ("oscore", "score", "obj.classif_score"):
        return {f"score_{key}": value for key, value in bounds.items()}
    return {
        "number": number_place(name, project),
        "number_from": bounds.get("from"),
        "number_to": bounds.get("to"),
    }


def number_place(name: str, project: ProjectRow) -> int:
    """Where a free number stands in the array: `on04`, `n04` and `fre.area` are understood."""
    code = project.object_columns.get(name.removeprefix("fre."), name.removeprefix("o"))
    if not re.fullmatch(r"n\d{2,3}", code):
        raise BadFilter(f"This project has no number “{name}”.")
    return int(code[1:])


def read_text(given: dict[str, str], _: ProjectRow, __: UserId | None) -> dict[str, Any]:
    """By a free text: contains, or with ^ begins and with $ ends."""
    name, text = given.get("freetxt"), given.get("freetxtval")
    if not name or not text:
        return {}
    found = re.fullmatch(r"([osap])t(\d{2})", name)
    if not found:
        raise BadFilter(f"The filter freetxt takes a column such as ot01 or st03, not “{name}”.")
    level = {"o": "object", "s": "sample", "a": "acquisition", "p": "process"}[found[1]]
    start = "" if text.startswith("^") else "%"
    end = "" if text.endswith("$") else "%"
    return {f"{level}_text": int(found[2]), "text": start + text.lstrip("^").rstrip("$") + end}


def read_annotators(given: dict[str, str], _: ProjectRow, __: UserId | None) -> dict[str, Any]:
    """By who identifies now, or who ever did."""
    if "filt_annot" in given:
        return {"ever_annotators": int_list(given["filt_annot"], "filt_annot")}
    if "filt_last_annot" in given:
        return {"annotators": int_list(given["filt_last_annot"], "filt_last_annot")}
    return {}


def read_list(given: dict[str, str], _: ProjectRow, __: UserId | None) -> dict[str, Any]:
    """One by one, as a list that was kept."""
    if "listed" not in given:
        return {}
    numbers = int_list(given["listed"], "listed")
    if len(numbers) != 1 or not 0 < numbers[0] < 2**63:
        raise BadFilter(f"The filter listed takes the number of a list, not “{given['listed']}”.")
    return {"listed": numbers[0]}


READERS = (
    read_list,
    read_taxa,
    read_state,
    read_samples,
    read_tray,
    read_map,
    read_depth,
    read_instrument,
    read_dates,
    read_times,
    read_identified,
    read_number,
    read_text,
    read_annotators,
)
