"""The tables of the archive: their columns in order, each with the term that defines it."""

from collections.abc import Mapping
from dataclasses import dataclass

DARWIN = "http://rs.tdwg.org/dwc/terms/"
DUBLIN = "http://purl.org/dc/terms/"
OBIS = "http://rs.iobis.org/obis/terms/"
ID = "id"  # the first column of each table: the name of the event


@dataclass(frozen=True, eq=False)
class Table:
    """A file of the archive."""

    file: str
    row_type: str
    columns: Mapping[str, str]  # name → term


def darwin(*names: str) -> dict[str, str]:
    """Columns that Darwin Core defines."""
    return {name: DARWIN + name for name in names}


EVENT = Table(
    "event.txt",
    DARWIN + "Event",
    {
        **darwin("eventID"),
        "type": DUBLIN + "type",
        **darwin("institutionCode", "datasetName"),
        "license": DUBLIN + "license",
        **darwin(
            "eventDate",
            "decimalLatitude",
            "decimalLongitude",
            "minimumDepthInMeters",
            "maximumDepthInMeters",
        ),
    },
)
OCCURRENCE = Table(
    "occurrence.txt",
    DARWIN + "Occurrence",
    darwin(
        "eventID",
        "occurrenceID",
        "basisOfRecord",
        "identificationVerificationStatus",
        "scientificName",
        "scientificNameID",
        "kingdom",
        "taxonRank",
        "occurrenceStatus",
    ),
)
MEASUREMENT = Table(
    "extendedmeasurementorfact.txt",
    OBIS + "ExtendedMeasurementOrFact",
    {
        **darwin("occurrenceID", "measurementType"),
        "measurementTypeID": OBIS + "measurementTypeID",
        **darwin("measurementValue"),
        "measurementValueID": OBIS + "measurementValueID",
        **darwin("measurementUnit"),
        "measurementUnitID": OBIS + "measurementUnitID",
    },
)


@dataclass(frozen=True)
class Measure:
    """What is measured, and in which unit, as the vocabularies of NERC define them."""

    name: str
    code: str  # of the vocabulary P01
    unit: str = "Not applicable"
    unit_code: str = "XXXX"  # of the vocabulary P06

    def cells(self, value: str) -> dict[str, str]:
        """The columns of a measurement."""
        nerc = "http://vocab.nerc.ac.uk/collection"
        return {
            "measurementType": self.name,
            "measurementTypeID": f"{nerc}/P01/current/{self.code}/",
            "measurementValue": value,
            "measurementUnit": self.unit,
            "measurementUnitID": f"{nerc}/P06/current/{self.unit_code}/",
        }


# Of an event: what a free column of its samples says, by the name of the column.
NETS: Mapping[str, Measure] = {
    "net_type": Measure("Sampling net name", "NMSPINST"),
    "net_mesh": Measure("Sampling net mesh size", "MSHSIZE1", "Micrometres", "UMIC"),
    "net_surf": Measure("Sampling net mouth area", "MTHAREA1", "Square metres", "UMSQ"),
}
INSTRUMENT = Measure("Imaging instrument name", "NMANINST")
# The instruments whose entry in the vocabulary L22 is known.
INSTRUMENT_IDS: Mapping[str, str] = {
    "IFCB": "http://vocab.nerc.ac.uk/collection/L22/current/TOOL1588/",
}
COUNT = Measure("Count of the biological entity", "OCOUNT01", "Dimensionless", "UUUU")
CONCENTRATION = Measure(
    "Abundance of the biological entity per unit volume of the water body",
    "SDBIOL01",
    "Number per cubic metre",
    "UPMM",
)
BIOVOLUME = Measure(
    "Biovolume of the biological entity per unit volume of the water body",
    "CVOLUKNB",
    "Cubic millimetres per cubic metre",
    "CMCM",
)

LICENSES: Mapping[str, tuple[str, str]] = {
    "CC0 1.0": (
        "Public Domain (CC0 1.0)",
        "http://creativecommons.org/publicdomain/zero/1.0/legalcode",
    ),
    "CC BY 4.0": (
        "Creative Commons Attribution (CC-BY) 4.0 License",
        "http://creativecommons.org/licenses/by/4.0/legalcode",
    ),
    "CC BY-NC 4.0": (
        "Creative Commons Attribution Non Commercial (CC-BY-NC) 4.0 License",
        "http://creativecommons.org/licenses/by-nc/4.0/legalcode",
    ),
}
