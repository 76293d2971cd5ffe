"""Collections: what they are, orders about them, and the errors of asking for them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

from calanus.kit.errors import CalanusError, Conflict, NotFound
from calanus.users.types import Organisation, User

CollectionId = NewType("CollectionId", int)

UNPUBLISHED = ("", "?")
# Whom an order names: an id, an e-mail address or a name.
Named = int | str


class Licence(StrEnum):
    """What others may do with a collection."""

    CC0 = "CC0 1.0"
    CC_BY = "CC BY 4.0"
    CC_BY_NC = "CC BY-NC 4.0"
    COPYRIGHT = "Copyright"
    NONE = ""


class Part(StrEnum):
    """What somebody has to do with a collection."""

    CREATOR = "C"
    ASSOCIATE = "A"


@dataclass(frozen=True)
class Collection:
    """A collection as it is stored, with the projects in it."""

    collection_id: CollectionId
    external_id: str
    external_id_system: str
    title: str
    short_title: str | None
    contact_id: int | None
    provider_id: int | None
    citation: str | None
    license: str | None
    abstract: str | None
    description: str | None
    project_ids: list[int]
    is_private: bool

    @property
    def is_published(self) -> bool:
        """Whether something outside knows it by an id."""
        return self.external_id not in UNPUBLISHED


@dataclass(frozen=True)
class Contributor:
    """A person or an organisation, at its place in the order of citing."""

    collection_id: CollectionId
    part: Part
    user_id: int | None
    organisation_id: int | None


@dataclass(frozen=True)
class People:
    """Everybody a collection names, each list in the order of citing."""

    contact: User | None = None
    provider: User | None = None
    creators: list[User | Organisation] = field(default_factory=list[User | Organisation])
    associates: list[User | Organisation] = field(default_factory=list[User | Organisation])

    @property
    def institution(self) -> Organisation | None:
        """The first organisation among the creators: its code stands before every event."""
        return next((c for c in self.creators if isinstance(c, Organisation)), None)


@dataclass(frozen=True)
class CollectionChange:
    """What changes of a collection; what is not named stays.

    `users` and `organisations` name contributors by part; `order` says who comes first: texts such
    as 12_u and 7_o.
    """

    values: dict[str, object] = field(default_factory=dict[str, object])
    people: dict[str, Named | None] = field(default_factory=dict[str, Named | None])
    project_ids: Sequence[int] | None = None
    users: dict[Part, Sequence[Named]] = field(default_factory=dict[Part, Sequence[Named]])
    organisations: dict[Part, Sequence[Named]] = field(default_factory=dict[Part, Sequence[Named]])
    order: dict[Part, Sequence[str]] = field(default_factory=dict[Part, Sequence[str]])


class CollectionNotFound(NotFound):
    def __init__(self, what: int | str) -> None:
        super().__init__(
            f"Collection not found: there is no collection {what}, or you do not manage all of "
            "its projects."
        )


class NoSuchTitle(NotFound):
    def __init__(self, title: str) -> None:
        super().__init__(f"Collection not found: none is called “{title}”.")


class TitleTaken(CalanusError):
    def __init__(self, title: str) -> None:
        super().__init__(f"There is already a collection called “{title}”; choose another title.")


class CollectionPublished(Conflict):
    def __init__(self, external_id: str) -> None:
        super().__init__(
            f"This collection is published as “{external_id}”, so it cannot be removed. Withdraw "
            "it there first, then empty its identifier here."
        )


class ProjectInCollection(CalanusError):
    """As in EcoTaxa this is 422, not a conflict."""

    def __init__(self, project_id: int, titles: Sequence[str]) -> None:
        named = ", ".join(f"“{title}”" for title in titles)
        super().__init__(
            f"Project {project_id} is in the collection {named}: take it out there before "
            "removing it."
        )


class BadCollection(CalanusError):
    """A setting of a collection that cannot be accepted as given."""
