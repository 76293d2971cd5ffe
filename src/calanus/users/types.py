"""People: accounts, what they are, and the errors of signing in."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from calanus.kit.errors import CalanusError, Conflict, Forbidden, NotFound, NotSignedIn, TooMany
from calanus.kit.ids import ProjectId, UserId


class AccountRole(StrEnum):
    """What an account is, everywhere; what it may do in one project is its privilege there."""

    USER = "user"
    APPLICATION_MANAGER = "application-manager"


class AccountStatus(IntEnum):
    """Whether an account may sign in; the numbers are EcoTaxa's."""

    BLOCKED = -1
    INACTIVE = 0
    ACTIVE = 1
    PENDING = 2


class Privilege(StrEnum):
    """What a member holds in one project."""

    VIEW = "View"
    ANNOTATE = "Annotate"
    MANAGE = "Manage"


@dataclass(frozen=True)
class User:
    """A person with an account, and the policy under which they ask."""

    user_id: UserId
    email: str
    name: str
    organisation: str
    country: str | None
    orcid: str | None
    role: AccountRole
    status: AccountStatus
    reason: str | None
    created_at: datetime
    tokens_valid_from: datetime
    manages: bool  # at least one project
    guest: bool = False
    policy: str = "strict"

    @property
    def is_application_manager(self) -> bool:
        """Whether every project is theirs to manage."""
        return self.role == AccountRole.APPLICATION_MANAGER


@dataclass(frozen=True)
class Member:
    """What one person may do in one project."""

    project_id: ProjectId
    user_id: UserId
    privilege: Privilege
    name: str
    email: str
    organisation: str


@dataclass(frozen=True)
class Organisation:
    """Where people work, and how directories such as EDMO know it."""

    organisation_id: int
    name: str
    directories: str

    @property
    def code(self) -> str:
        """Its institution code: capitals in brackets at the end, else what is after the dash."""
        found = re.search(r"\(([A-Z]+)\)\s*$", self.name)
        if found:
            return found[1]
        return self.name.rpartition("-")[2].strip() if "-" in self.name else "?"


@dataclass(frozen=True)
class Guest:
    """A person without a way in, to be cited in collections."""

    email: str
    name: str
    organisation: str = ""
    country: str | None = None
    orcid: str | None = None


@dataclass(frozen=True)
class NewUser:
    """An account to be made."""

    email: str
    name: str
    password: str
    organisation: str = ""
    country: str | None = None
    orcid: str | None = None
    role: AccountRole = AccountRole.USER


class NotAuthenticated(Forbidden):
    """EcoTaxa answers 403 where no credentials came at all; its clients expect that."""

    def __init__(self) -> None:
        super().__init__("Not authenticated: sign in, or send a token.")


class BadToken(NotSignedIn):
    def __init__(self) -> None:
        super().__init__(
            "Could not validate credentials: the token is forged, old or revoked; sign in again."
        )


class WrongPassword(Forbidden):
    """The same sentence for an unknown account and for a wrong password."""

    def __init__(self) -> None:
        super().__init__("You can't do this: the e-mail or the password is not right.")


class TooManyAttempts(TooMany):
    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many failed sign-ins; try again in {seconds} seconds.")


class ForeignOrigin(Forbidden):
    def __init__(self, origin: str) -> None:
        super().__init__(f"A page of {origin} may not act here with your session; use a token.")


class ActRefused(Forbidden):
    """The policy says no."""


class EmailTaken(Conflict):
    status = 422

    def __init__(self, email: str) -> None:
        super().__init__(f"There is already an account for {email}.")


class BadAccount(CalanusError):
    """A field of an account that cannot be accepted as given."""


class UserNotFound(NotFound):
    def __init__(self, user_id: int) -> None:
        super().__init__(f"There is no user {user_id}.")


class GuestNotFound(NotFound):
    def __init__(self, user_id: int) -> None:
        super().__init__(f"There is no guest {user_id}.")


class OrganisationNotFound(NotFound):
    def __init__(self, organisation_id: int) -> None:
        super().__init__(f"There is no organisation {organisation_id}.")


class OrganisationTaken(CalanusError):
    def __init__(self, name: str) -> None:
        super().__init__(f"There is already an organisation called “{name}”.")
