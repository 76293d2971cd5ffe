"""What the World Register of Marine Species answers, over its public REST interface.

Source: https://www.marinespecies.org/rest/ (AphiaRecordsByName, AphiaRecordByAphiaID,
AphiaClassificationByAphiaID). Its answers are kept with their date, and one that is old is better
than none when the register cannot be reached.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, Field, TypeAdapter, ValidationError, field_validator

from calanus.kit.db import Transactions
from calanus.kit.errors import CalanusError
from calanus.kit.outside import BadAnswer, Limits, NotSetUp, Outside, OutsideTrouble
from calanus.kit.settings import Settings
from calanus.taxonomy import queries

NAME = "The World Register of Marine Species (WoRMS)"
RANKS = ("kingdom", "phylum", "class_", "order", "family", "genus")
LARGEST_ANSWER = 4 * 2**20  # bytes; fifty records are about 50 kB
T = TypeVar("T")

NOT_SET_UP = (
    "This installation asks no register of names: its application manager may set worms_url, "
    "such as https://www.marinespecies.org/rest."
)


class AphiaRecord(BaseModel):
    """One name of the register."""

    AphiaID: int = Field(ge=1, lt=2**31)
    scientificname: str = Field(min_length=1, max_length=255)
    authority: str | None = Field(default=None, max_length=500)
    status: str | None = Field(default=None, max_length=100)
    rank: str | None = Field(default=None, max_length=100)
    valid_AphiaID: int | None = Field(default=None, ge=0, lt=2**31)
    valid_name: str | None = Field(default=None, max_length=255)
    kingdom: str | None = None
    phylum: str | None = None
    class_: str | None = Field(default=None, alias="class")
    order: str | None = None
    family: str | None = None
    genus: str | None = None

    @field_validator("scientificname", "rank", "valid_name")
    @classmethod
    def plain(cls, text: str | None) -> str | None:
        """On one line, without control characters."""
        if text is not None and any(not c.isprintable() for c in text):
            raise ValueError("a name holds a control character")
        return text and " ".join(text.split())


class Step(BaseModel):
    """One rank of a classification, and what is below it."""

    AphiaID: int = Field(ge=1, lt=2**31)
    rank: str | None = Field(default=None, max_length=100)
    scientificname: str = Field(min_length=1, max_length=100)
    child: "Step | None" = None

    @field_validator("scientificname", "rank")
    @classmethod
    def plain(cls, text: str | None) -> str | None:
        """On one line, without control characters."""
        return AphiaRecord.plain(text)


RECORDS = TypeAdapter(list[AphiaRecord])
RECORD = TypeAdapter(AphiaRecord)
STEP = TypeAdapter(Step)


class NoSuchName(CalanusError):
    """A question that the register cannot answer, with the reason."""


@dataclass(frozen=True)
class Register:
    """The register, as this installation asks it."""

    outside: Outside
    transactions: Transactions
    lasts: timedelta

    def named(self, name: str, *, at: datetime) -> tuple[list[AphiaRecord], datetime]:
        """The records whose name begins so, fifty at most, and the date of the answer."""
        wanted = " ".join(name.split())
        if not 3 <= len(wanted) <= 100 or any(not c.isprintable() for c in wanted):
            raise NoSuchName("Ask the register for a name of 3 to 100 characters.")
        query = {"like": "true", "marine_only": "false", "offset": "1"}
        path = f"/AphiaRecordsByName/{quote(wanted, safe='')}"
        return self._asked(path, query, RECORDS, at=at) or ([], at)

    def record(self, aphia_id: int, *, at: datetime) -> AphiaRecord:
        """One record.

        Raises:
            NoSuchName: there is none.
        """
        found = self._asked(f"/AphiaRecordByAphiaID/{aphia_id}", {}, RECORD, at=at)
        if found is None:
            raise NoSuchName(f"The register has no AphiaID {aphia_id}.")
        return found[0]

    def classification(self, aphia_id: int, *, at: datetime) -> list[Step]:
        """All that is above a name, from the top, and the name itself."""
        path = f"/AphiaClassificationByAphiaID/{aphia_id}"
        found = self._asked(path, {}, STEP, at=at)
        chain: list[Step] = []
        step = found[0] if found else None
        while step is not None and len(chain) < 60:
            chain.append(step)
            step = step.child
        if not chain or chain[-1].AphiaID != aphia_id:
            raise BadAnswer(NAME, f"answered no classification that ends at {aphia_id}")
        return chain

    def _asked(
        self, path: str, query: dict[str, str], shape: TypeAdapter[T], *, at: datetime
    ) -> tuple[T, datetime] | None:
        """An answer kept or asked for, and its date; None when the register has nothing."""
        with self.transactions() as conn:
            kept = queries.answer(conn, "worms", path)
        if kept and at - kept[1] < self.lasts:
            return read(shape, kept[0], kept[1])
        try:
            told = self.outside.get(path, query)
            found = read(shape, told, at)
        except OutsideTrouble:
            if kept:
                return read(shape, kept[0], kept[1])
            raise
        clean = shape.dump_python(found[0], mode="json", by_alias=True) if found else None
        with self.transactions() as conn:
            queries.keep_answer(conn, "worms", path, clean, at=at)
        return found


def read(shape: TypeAdapter[T], told: Any, at: datetime) -> tuple[T, datetime] | None:
    """An answer in the shape that is documented.

    Raises:
        BadAnswer: it has another.
    """
    if told is None:
        return None
    try:
        return shape.validate_python(told), at
    except (ValidationError, RecursionError):
        raise BadAnswer(NAME, "answered in a shape that is not its documented one") from None


def register(settings: Settings, transactions: Transactions) -> Register:
    """The register that the settings name.

    Raises:
        NotSetUp: they name none.
    """
    if not settings.worms_url:
        raise NotSetUp(NOT_SET_UP)
    limits = Limits(settings.outside_timeout, min(settings.outside_max_bytes, LARGEST_ANSWER))
    lasts = timedelta(days=settings.worms_cache_days)
    return Register(Outside(NAME, settings.worms_url, limits), transactions, lasts)
