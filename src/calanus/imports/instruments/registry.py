"""The instruments whose own files are read, how each is recognised, and who writes it anew."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

from calanus.imports.flow import stop_if_wrong
from calanus.imports.instruments import flowcam, planktoscope, tables, zooscan
from calanus.imports.instruments.conversion import Conversion
from calanus.imports.instruments.ifcb import convert as ifcb
from calanus.imports.instruments.writing import PackageWriter
from calanus.imports.package import Package, open_package
from calanus.imports.types import ImportOrder, PackageRefused
from calanus.jobs.run import Run
from calanus.kit.ids import ProjectId
from calanus.projects import service as projects

AUTO, NONE = "auto", "none"
MOST_TOLD = 200  # sentences on what may surprise


@dataclass(frozen=True)
class Instrument:
    """An instrument: its name as a project bears it, and what of it a folder or zip holds."""

    title: str
    unit: str  # what is counted
    looked_for: str
    count: Callable[[Package], int]
    convert: Callable[[Conversion], None] | None  # None: its tables are EcoTaxa's already


INSTRUMENTS: dict[str, Instrument] = {
    "ifcb": Instrument(
        "IFCB",
        "bin(s)",
        "D20130526T095207_IFCB013.adc, .hdr and .roi (or IFCB5_2012_028_081515.…)",
        lambda source: len(ifcb.bins_of(source)),
        ifcb.convert,
    ),
    "flowcam": Instrument(
        "FlowCam",
        "run(s)",
        "a .ctx or .lst file, with the .csv and the collages of the run beside it",
        lambda source: len(flowcam.runs_of(source)),
        flowcam.convert,
    ),
    "zooscan": Instrument(
        "ZooScan",
        "scan(s)",
        "a .pid file of ZooProcess, with the vignettes of the scan beside it",
        lambda source: len(zooscan.pids_of(source)),
        zooscan.convert,
    ),
    "planktoscope": Instrument(
        "PlanktoScope",
        "table(s)",
        "ecotaxa….tsv, as its segmenter writes it, with the images beside it",
        planktoscope.count,
        None,
    ),
}


def recognised(source: Package, wanted: str) -> Instrument | None:
    """The instrument whose files a folder or zip holds; tables of EcoTaxa come first.

    Raises:
        PackageRefused: it was said which, and there is nothing of it.
    """
    if wanted in INSTRUMENTS:
        instrument = INSTRUMENTS[wanted]
        if not instrument.count(source):
            raise PackageRefused(
                f"“{source.path.name}” holds nothing of the instrument "
                f"“{instrument.title}”; looked for: {instrument.looked_for}."
            )
        return instrument
    if wanted == NONE or source.tables():
        return None
    able = (i for i in INSTRUMENTS.values() if i.convert and i.count(source))
    return next(able, None)


def holds_a_run(source: Package) -> bool:
    """Whether the files of an instrument are there, rather than tables or bare images."""
    return recognised(source, AUTO) is not None


@contextmanager
def converted(run: Run, source: Package, order: ImportOrder) -> Generator[Package]:
    """A package that the import can read: as it came, or written anew from an instrument's files.

    What is written lies in the job's own folder, and goes when the run ends, however it ends.
    """
    try:
        found = recognised(source, order.instrument)
        infos: list[str] = []
        if found is None or found.convert is None:
            head = tables.head_of(source)
            if head and not order.updates:
                tables.refuse_export(head)
            yield source
            told(run, order, head.instrument if head else "", infos)
            return
        with written(run, source, order, found, infos) as package:
            yield package
        told(run, order, found.title, infos)
    except PackageRefused as error:
        run.fail([str(error)])


@contextmanager
def written(
    run: Run, source: Package, order: ImportOrder, found: Instrument, infos: list[str]
) -> Generator[Package]:
    """What an instrument left, as an EcoTaxa package that lasts as long as the import."""
    assert found.convert
    path = run.folder / "package.zip"
    most = run.settings.max_package_members
    infos.append(
        f"These are files of the instrument “{found.title}”: {found.count(source):,} {found.unit}."
    )
    try:
        with PackageWriter(path) as out:
            conversion = Conversion(
                source,
                out,
                run.settings.max_image_pixels,
                most,
                lambda doing: run.progress(0, doing),
                measure=order.measure,
            )
            found.convert(conversion)
        infos += conversion.infos[:MOST_TOLD]
        stop_if_wrong(run, conversion.problems, infos)
        yield open_package(path, most_members=2 * most)
    finally:
        path.unlink(missing_ok=True)


def told(run: Run, order: ImportOrder, instrument: str, infos: list[str]) -> None:
    """Say what was found, and name the project's instrument where nobody did."""
    if instrument:
        run.result["instrument"] = instrument
    if instrument and not order.dry_run:
        projects.name_instrument(run.conn, ProjectId(order.project_id), instrument)
    for sentence in infos:
        run.log(sentence)
    run.result["infos"] = [*infos, *run.result.get("infos", [])]
