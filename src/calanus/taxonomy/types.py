"""Taxa: what they are, orders about them, and the errors of asking for them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from calanus.kit.errors import CalanusError, Conflict, NotFound
from calanus.kit.ids import TaxonId

BIOTA = TaxonId(1)  # the top of living things, as in EcoTaxa: what has no known parent hangs here
OWN_IDS = 1_000_000_000  # taxa made here are numbered from here, so that EcoTaxa's ids stay free
STARTER_IDS = range(OWN_IDS, OWN_IDS + 1000)  # the starter tree's; made by people from there on
LARGEST_ID = 2_000_000_000  # leaves room to number more


class TaxonType(StrEnum):
    """A branch of the tree of life, or a form in which something is seen."""

    PHYLO = "P"
    MORPHO = "M"


class TaxonStatus(StrEnum):
    """How far a taxon has been reviewed; a deprecated one is no new target."""

    APPROVED = "A"
    NOT_APPROVED = "N"
    DEPRECATED = "D"


@dataclass(frozen=True)
class Taxon:
    """One node of the tree."""

    taxon_id: TaxonId
    parent_id: TaxonId | None
    name: str
    display_name: str
    type: str
    status: str
    rank: str | None
    aphia_id: int | None
    rename_to: TaxonId | None
    lineage: list[int]  # from the root to the taxon itself


@dataclass(frozen=True)
class TaxonInTree:
    """A taxon with its surroundings; lineages begin at the taxon and end at the root."""

    taxon_id: TaxonId
    name: str
    display_name: str
    type: str
    status: str
    rank: str | None
    aphia_id: int | None
    rename_to: TaxonId | None
    lineage: list[str]
    id_lineage: list[int]
    lineage_status: str
    children: list[int]
    objects: int  # validated, in all projects
    objects_below: int  # idem, the taxon's own included


@dataclass(frozen=True)
class Index:
    """The whole tree, column by column: what a page keeps to search by itself."""

    updated_at: datetime | None
    ids: list[int]
    parents: list[int]  # 0 where there is none
    names: list[str]
    display_names: list[str]
    types: str
    statuses: str


@dataclass(frozen=True)
class Hit:
    """A taxon found by a search."""

    taxon_id: TaxonId
    status: str
    display_name: str
    preset: bool
    aphia_id: int | None
    rename_to: TaxonId | None


@dataclass(frozen=True)
class TaxonRow:
    """One line of a taxonomy file; nothing where the file has no such column."""

    line: int
    taxon_id: int
    parent_id: int | None
    name: str
    type: str = "P"
    status: str | None = None
    rank: str | None = None
    aphia_id: int | None = None
    rename_to: int | None = None
    source_url: str | None = None
    source_desc: str | None = None
    creator_email: str | None = None
    origin: str | None = None  # the installation that made it
    origin_id: int | None = None  # its number there
    central_at: datetime | None = None
    id_instance: int | None = None


@dataclass(frozen=True)
class Made:
    """What is recorded of a taxon beside its place: by whom, after what, and for whom."""

    creator_email: str | None = None
    source_desc: str | None = None
    source_url: str | None = None
    aphia_id: int | None = None
    rank: str | None = None
    awaits_central: bool = False  # the reference server is still to be told


@dataclass(frozen=True)
class TaxonRecord:
    """All that is recorded of a taxon, as a reference server tells it."""

    id: int
    parent_id: int | None
    aphia_id: int | None
    rank: str | None
    name: str
    taxotype: str
    display_name: str
    lastupdate_datetime: datetime
    id_instance: int | None
    taxostatus: str
    rename_to: int | None
    source_url: str | None
    source_desc: str | None
    creator_email: str | None
    creation_datetime: datetime
    nbrobj: int = 0
    nbrobjcum: int = 0


@dataclass(frozen=True)
class Waiting:
    """A taxon made here that the reference server does not know yet."""

    taxon_id: TaxonId
    display_name: str
    name: str
    type: str
    parent_id: int | None  # as the reference server knows it; none while it knows it not
    parent_name: str | None
    creator_email: str | None
    source_desc: str | None
    source_url: str | None
    created_at: datetime
    trouble: str | None  # why the server did not take it


@dataclass(frozen=True)
class LastExchange:
    """How the last exchange of a kind with the reference server went."""

    done_at: datetime | None
    trouble: str | None


@dataclass(frozen=True)
class Pulled:
    """What an exchange with the reference server brought."""

    inserts: int = 0
    updates: int = 0
    sent: int = 0
    error: str | None = None


@dataclass(frozen=True)
class TaxaFile:
    """A taxonomy file as read: its optional columns, its taxa, and all that is wrong with it."""

    columns: frozenset[str]
    rows: list[TaxonRow]
    errors: list[str]


@dataclass(frozen=True)
class TaxaImported:
    """What an import of taxa did."""

    added: int
    updated: int
    removed: int = 0  # taxa of the starter tree that nothing used
    warnings: list[str] = field(default_factory=list[str])


class TaxonNotFound(NotFound):
    def __init__(self, taxon_id: int) -> None:
        super().__init__(f"There is no taxon {taxon_id}.")
        self.taxon_id = taxon_id


class ExchangeUnderWay(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "Another exchange with the reference server is under way; try again in a few minutes."
        )


class BadTaxon(CalanusError):
    """A taxon that cannot be made as asked."""


class BadTaxaFile(CalanusError):
    """A taxonomy file with errors; nothing of it was written."""

    def __init__(self, errors: list[str]) -> None:
        shown = "\n".join(errors[:20])
        more = f"\n… and {len(errors) - 20:,} more." if len(errors) > 20 else ""
        super().__init__(f"Nothing was written. {len(errors)} error(s):\n{shown}{more}")
        self.errors = errors
