"""What can be chosen on the command line: the words of its options."""

from enum import StrEnum


class Update(StrEnum):
    NONE = "none"
    META = "meta"
    CLASSIFICATION = "classification"


class Instrument(StrEnum):
    AUTO = "auto"
    NONE = "none"
    IFCB = "ifcb"
    FLOWCAM = "flowcam"
    ZOOSCAN = "zooscan"
    PLANKTOSCOPE = "planktoscope"


class Classifier(StrEnum):
    LINEAR = "linear"
    FOREST = "forest"


class Kind(StrEnum):
    GENERAL = "general"
    BACKUP = "backup"
    SUMMARY = "summary"


class Split(StrEnum):
    NONE = "none"
    SAMPLE = "sample"
    ACQUISITION = "acquisition"
    TAXON = "taxon"


class Images(StrEnum):
    NONE = "none"
    FIRST = "first"
    ALL = "all"


class TableFormat(StrEnum):
    TSV = "tsv"
    PARQUET = "parquet"
    BOTH = "both"


class QuantityName(StrEnum):
    ABUNDANCE = "abundance"
    CONCENTRATION = "concentration"
    BIOVOLUME = "biovolume"


class By(StrEnum):
    NONE = "none"
    SAMPLE = "sample"
    ACQUISITION = "acquisition"


class Role(StrEnum):
    APPLICATION_MANAGER = "application-manager"
    USER = "user"


class Suite(StrEnum):
    SPEED = "speed"
    BULK = "bulk"
    LEARNING = "learning"
    EFFORT = "effort"
