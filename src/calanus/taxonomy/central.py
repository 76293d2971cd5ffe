"""A reference server of taxa (EcoTaxoServer's protocol): forms in, JSON out.

Every call says who we are (id_instance, sharedsecret, ecotaxa_version); an answer that is an
object with `msg` is a refusal in words, unless `msg` is "ok".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

import orjson
from pydantic import BaseModel, Field, TypeAdapter, ValidationError, field_validator

from calanus.kit.outside import BadAnswer, Limits, NotSetUp, Outside
from calanus.kit.settings import Settings
from calanus.taxonomy.types import OWN_IDS, BadTaxon, TaxonRow, TaxonStatus, Waiting

NAME = "The reference server of taxa"
SPEAKS = "0.0.47"  # the version of EcoTaxa whose protocol this is
SINCE_EVER = datetime(1980, 1, 1)  # noqa: DTZ001 (the server's times bear no zone)
DELETED = "X"


class Refused(BadTaxon):
    """The reference server said no, and why."""


class CentralTaxon(BaseModel):
    """A taxon as the server tells it; what we have no use for is left."""

    id: int = Field(ge=1, lt=OWN_IDS)
    parent_id: int | None = Field(default=None, ge=1, lt=OWN_IDS)
    name: str = Field(min_length=1, max_length=100)
    taxotype: str = Field(pattern="^[PM]$")
    taxostatus: str | None = Field(default="A", pattern="^[AND X]$")
    display_name: str | None = None
    lastupdate_datetime: datetime | None = None
    id_instance: int | None = Field(default=None, ge=-(2**31), lt=2**31)
    rename_to: int | None = Field(default=None, ge=0, lt=OWN_IDS)
    aphia_id: int | None = Field(default=None, ge=0, lt=2**31)
    rank: str | None = Field(default=None, max_length=100)
    source_url: str | None = Field(default=None, max_length=2000)
    source_desc: str | None = Field(default=None, max_length=2000)
    creator_email: str | None = Field(default=None, max_length=255)
    creation_datetime: datetime | None = None
    nbrobj: int | None = None
    nbrobjcum: int | None = None

    @field_validator("name", "rank", "source_url", "source_desc", "creator_email")
    @classmethod
    def storable(cls, text: str | None) -> str | None:
        """Without what no text of a database can hold."""
        if text is not None and "\x00" in text:
            raise ValueError("a text holds a NUL")
        return text

    @field_validator("lastupdate_datetime")
    @classmethod
    def bare(cls, time: datetime | None) -> datetime | None:
        """By the server's own clock, which names no zone."""
        return time and time.replace(tzinfo=None)

    def row(self, line: int) -> TaxonRow:
        """As a line of a list of taxa; one that the server deleted is deprecated here."""
        deleted = self.taxostatus == DELETED
        return TaxonRow(
            line=line,
            taxon_id=self.id,
            parent_id=self.parent_id,
            name=self.name,
            type=self.taxotype,
            status=TaxonStatus.DEPRECATED if deleted else (self.taxostatus or "A").strip() or "A",
            rank=self.rank or None,
            aphia_id=self.aphia_id or None,
            rename_to=self.rename_to if self.rename_to != self.id else None,
            source_url=self.source_url,
            source_desc=self.source_desc,
            creator_email=self.creator_email,
            central_at=self.lastupdate_datetime or SINCE_EVER,
            id_instance=self.id_instance,
        )


TAXA = TypeAdapter(list[CentralTaxon])
NAMES = TypeAdapter(list[dict[str, Any]])


@dataclass(frozen=True)
class Central:
    """The server, as this installation asks it."""

    outside: Outside
    who: Mapping[str, str]

    def changed_since(self, since: datetime | None) -> list[CentralTaxon]:
        """Taxa that changed since a moment of the server's clock, that moment included."""
        start = (since or SINCE_EVER).strftime("%Y-%m-%d %H:%M:%S")
        return self._taxa({"filtertype": "since", "startdate": start})

    def taxon(self, taxon_id: int) -> list[CentralTaxon]:
        """One taxon, or none."""
        return self._taxa({"filtertype": "id", "id": str(taxon_id)})

    def add(self, taxon: Waiting) -> int:
        """Tell of a taxon that was made here; its number there.

        Raises:
            Refused: the server does not want it.
        """
        form = {
            "name": taxon.name,
            "parent_id": str(taxon.parent_id or ""),
            "taxotype": taxon.type,
            "taxostatus": "N",
            "creator_email": taxon.creator_email or "",
            "source_desc": taxon.source_desc or "",
            "source_url": taxon.source_url or "",
            "creation_datetime": taxon.created_at.strftime("%Y-%m-%d %H:%M:%S"),
        }
        told = self._said("/settaxon/", form)
        number = str(told.get("id", ""))
        if not number.isascii() or not number.isdigit() or not 1 <= int(number[:12]) < OWN_IDS:
            raise BadAnswer(NAME, "took a taxon without saying its number")
        return int(number)

    def tell_numbers(self, numbers: Mapping[int, int]) -> None:
        """Tell how many validated objects of each taxon there are here."""
        self._said("/setstat/", {"data": orjson.dumps({str(t): n for t, n in numbers.items()})})

    def add_from_worms(self, aphia_id: int) -> dict[str, Any]:
        """Let the server add a taxon of the register, with all above it."""
        return self._said("/addwormstaxon/", {"aphia_id": str(aphia_id)})

    def search_worms(self, name: str) -> list[dict[str, Any]]:
        """What the server finds in the register."""
        told = self.outside.get(f"/wormstaxon/{quote(name, safe='')}")
        refusal(told)
        try:
            return NAMES.validate_python(told or [])
        except ValidationError:
            raise BadAnswer(NAME, "answered no list of names") from None

    def _taxa(self, asked: Mapping[str, str]) -> list[CentralTaxon]:
        told = self.outside.post("/gettaxon/", {**self.who, **asked}, safe_twice=True)
        refusal(told)
        try:
            return TAXA.validate_python(told or [])
        except ValidationError as error:
            wrong = error.errors()[0]
            where = "taxon {} of the answer, {}".format(*(*wrong["loc"], "?", "?")[:2])
            raise BadAnswer(NAME, f"answered no list of taxa ({where}: {wrong['msg']})") from None

    def _said(self, path: str, form: Mapping[str, Any]) -> dict[str, Any]:
        told = self.outside.post(path, {**self.who, **form})
        refusal(told)
        return told if isinstance(told, dict) else {}  # pyright: ignore


def refusal(told: Any) -> None:
    """Raise what an answer says when it is a refusal in words."""
    said: object = told.get("msg") if isinstance(told, dict) else None  # pyright: ignore
    if said is not None and str(said).lower() != "ok":  # pyright: ignore
        raise Refused(f"{NAME} says: {str(said)[:500]}")  # pyright: ignore


def central(settings: Settings) -> Central:
    """The server that the settings name.

    Raises:
        NotSetUp: they name none.
    """
    if not settings.taxonomy_server_url:
        raise NotSetUp(
            "This installation has no reference server of taxa (taxonomy_server_url): "
            "its own tree is the reference."
        )
    limits = Limits(settings.outside_timeout, settings.outside_max_bytes)
    return Central(
        Outside(NAME, settings.taxonomy_server_url, limits),
        {
            "id_instance": str(settings.taxonomy_server_instance),
            "sharedsecret": settings.taxonomy_server_secret,
            "ecotaxa_version": SPEAKS,
        },
    )
