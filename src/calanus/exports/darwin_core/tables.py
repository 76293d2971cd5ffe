"""The lines of the tables: events, what occurred at them, and what was measured."""

from collections.abc import Callable, Iterable, Iterator

from calanus.exports.archive import Archive
from calanus.exports.darwin_core.terms import (
    BIOVOLUME,
    CONCENTRATION,
    COUNT,
    ID,
    INSTRUMENT,
    INSTRUMENT_IDS,
    LICENSES,
    NETS,
    Table,
)
from calanus.exports.darwin_core.types import (
    PREDICTED,
    Amount,
    Computation,
    Contents,
    Sampled,
    Species,
)
from calanus.projects.types import Project

Line = dict[str, str]
Lines = Callable[[], Iterable[Line]]
STATUS = {"V": "ValidatedByHuman", "P": "PredictedByMachine"}
BLOCK = 1000  # lines written at once


def event_lines(contents: Contents) -> Iterator[Line]:
    """One line a sample."""
    found = contents.publication
    institution = found.people.institution
    code = institution.code if institution else ""
    for sampled in contents.sampled:
        event_id = contents.events[sampled.sample_id]
        yield {
            ID: event_id,
            "eventID": event_id,
            "type": "sample",
            "institutionCode": "" if code == "?" else code,
            "datasetName": found.collection.title,
            "license": LICENSES.get(found.collection.license or "", ("", ""))[1],
            "eventDate": event_date(sampled),
            "decimalLatitude": coordinate(sampled.latitude),
            "decimalLongitude": coordinate(sampled.longitude),
            "minimumDepthInMeters": number(sampled.depth_min),
            "maximumDepthInMeters": number(sampled.depth_max),
        }


def event_date(sampled: Sampled) -> str:
    """When, in ISO 8601: a moment, or an interval; only days where times are unknown."""
    form = "%Y-%m-%dT%H:%M:%SZ" if sampled.timed else "%Y-%m-%d"
    begins, ends = sampled.begins.strftime(form), sampled.ends.strftime(form)
    return begins if begins == ends else f"{begins}/{ends}"


def coordinate(degrees: float | None) -> str:
    """Degrees with six decimals: a tenth of a metre."""
    return "" if degrees is None else f"{degrees:.6f}"


def number(value: float | None) -> str:
    """A number in its shortest form, never as a power of ten."""
    if value is None or value != value:
        return ""
    return rounded(value)


def rounded(value: float) -> str:
    """Six decimals; more where that would say 0 of something that is not."""
    digits = 6
    while value != 0 and round(value, digits) == 0:
        digits += 1
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def occurrence_lines(contents: Contents) -> Iterator[Line]:
    """What occurred at each event, the most abundant first; then, when asked, what did not."""
    states = ["V", "P"] if contents.request.include_predicted else ["V"]
    for sampled in contents.sampled:
        event_id = contents.events[sampled.sample_id]
        present: set[int] = set()
        for state in states:
            amounts = all_amounts(contents, sampled.sample_id, state)
            present |= set(amounts)
            for aphia_id in sorted(amounts, key=lambda a: (-amounts[a].objects, a)):
                species = contents.species[aphia_id]
                line = occurrence(event_id, species, state, "present")
                if not contents.request.include_predicted:
                    line["identificationVerificationStatus"] = ""
                yield line
        if contents.request.with_absent:
            for aphia_id in sorted(set(contents.species) - present):
                yield occurrence(event_id, contents.species[aphia_id], "", "absent")


def all_amounts(contents: Contents, sample_id: int, state: str) -> dict[int, Amount]:
    """What occurs in a sample; what is only measured occurs too."""
    key = (sample_id, state)
    return contents.measured.get(key, {}) | contents.occurring.get(key, {})


def occurrence_id(event_id: str, species: Species, state: str) -> str:
    """The name of an occurrence, by its event and its taxa."""
    return f"{event_id}{PREDICTED if state == 'P' else ''}_{species.key}"


def occurrence(event_id: str, species: Species, state: str, status: str) -> Line:
    """One species at one event."""
    return {
        ID: event_id,
        "eventID": event_id,
        "occurrenceID": occurrence_id(event_id, species, state),
        "basisOfRecord": "MachineObservation",
        "identificationVerificationStatus": STATUS.get(state, ""),
        "scientificName": species.name,
        "scientificNameID": f"urn:lsid:marinespecies.org:taxname:{species.aphia_id}",
        "kingdom": species.kingdom,
        "taxonRank": species.rank,
        "occurrenceStatus": status,
    }


def measurement_lines(contents: Contents) -> Iterator[Line]:
    """What was measured: an event's net, how much of each occurrence, then the instrument."""
    projects: dict[int, Project] = {p.project_id: p for p in contents.publication.projects}
    states = ["V", "P"] if contents.request.include_predicted else ["V"]
    for sampled in contents.sampled:
        event_id = contents.events[sampled.sample_id]
        project = projects[sampled.project_id]
        for name, measure in NETS.items():
            value = free_text(sampled, project.sample_columns, name)
            if value:
                yield {ID: event_id, **measure.cells(value)}
        for state in states:
            amounts = contents.measured.get((sampled.sample_id, state), {})
            for aphia_id in sorted(amounts, key=lambda a: (-amounts[a].objects, a)):
                named = occurrence_id(event_id, contents.species[aphia_id], state)
                for cells in measured(amounts[aphia_id], contents.request.with_computations):
                    yield {ID: event_id, "occurrenceID": named, **cells}
        if project.instrument not in ("", "?"):
            instrument = INSTRUMENT.cells(project.instrument)
            instrument["measurementValueID"] = INSTRUMENT_IDS.get(project.instrument, "")
            yield {ID: event_id, **instrument}


def measured(amount: Amount, wanted: Iterable[Computation]) -> Iterator[Line]:
    """The measurements of an occurrence; what has no value is left out."""
    if Computation.COUNT in wanted:
        yield COUNT.cells(str(amount.objects))
    if Computation.CONCENTRATION in wanted and amount.concentration is not None:
        yield CONCENTRATION.cells(rounded(amount.concentration))
    if Computation.BIOVOLUME in wanted and amount.biovolume is not None:
        yield BIOVOLUME.cells(rounded(amount.biovolume))


def free_text(sampled: Sampled, columns: dict[str, str], name: str) -> str:
    """What a free column of a sample says, or nothing."""
    place = int(columns[name][1:]) if name in columns else 0
    return sampled.texts[place - 1] if 0 < place <= len(sampled.texts) else ""


def write_table(archive: Archive, table: Table, lines: Lines) -> list[str]:
    """Write a table without the columns that say nothing; which columns it has, none if no line.

    The lines are asked for twice: once to see which columns say something, once to be written.
    """
    said: set[str] = set()
    for line in lines():
        said.update(name for name, value in line.items() if value)
    if not said:
        return []
    names = [name for name in table.columns if name in said]
    with archive.deflated(table.file) as write:
        write("\t".join([ID, *names]).encode())
        block: list[str] = []
        for line in lines():
            block.append("\n" + "\t".join([cell(line.get(name, "")) for name in (ID, *names)]))
            if len(block) == BLOCK:
                write("".join(block).encode())
                block.clear()
        write("".join(block).encode())
    return names


def cell(text: str) -> str:
    """A text on one line and in one column: nothing is quoted in these tables."""
    return (
        " ".join(text.split())
        if any(c in text for c in "\t\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")
        else text
    )
