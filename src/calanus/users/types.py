"""People: accounts, what they are, and the errors of signing in."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from calanus.kit.errors import CalanusError, Conflict, Forbidden, NotFound, NotSignedIn, TooMany
from calanus.kit.ids import ProjectId, UserId

# One "@", no blank, and nothing with which a header of a letter could go on.
EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+")


def is_email(text: str) -> bool:
    """Whether a text can be an address."""
    return EMAIL.fullmatch(text) is not None and text.isprintable()


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


class Scope(StrEnum):
    """How far a personal token reaches; each includes those before it."""

    READ = "read"
    ANNOTATE = "annotate"
    MANAGE = "manage"


class Purpose(StrEnum):
    """What the link in a letter is for."""

    REGISTER = "register"
    PASSWORD = "password"  # noqa: S105 (a word, not a secret)
    EMAIL = "email"
    PROFILE = "profile"


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
    status_at: datetime | None = None
    status_comment: str | None = None
    email_confirmed_at: datetime | None = None
    policy: str = "strict"
    scope: "Scope | None" = None  # of the personal token they ask with

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
    password: str | None = None  # chosen later, as a letter lets its owner
    organisation: str = ""
    country: str | None = None
    orcid: str | None = None
    role: AccountRole = AccountRole.USER


@dataclass(frozen=True)
class Profile:
    """What somebody writes to become or stay a user: who they are, and why they ask."""

    email: str
    name: str
    organisation: str = ""
    country: str | None = None
    orcid: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Decision:
    """What becomes of an account, and why."""

    status: AccountStatus
    reason: str | None = None


@dataclass(frozen=True)
class NewToken:
    """A personal token to be made: what for, how far it reaches, for how long."""

    name: str
    scope: Scope
    days: int


@dataclass(frozen=True)
class Link:
    """What the reader of a letter may do: be this address, or this account."""

    purpose: Purpose
    email: str
    user_id: UserId | None = None


@dataclass(frozen=True)
class KeptLetter:
    """A letter that was sent, waits to be sent, or never will be."""

    letter_id: int
    recipient: str
    subject: str
    body: str
    created_at: datetime
    useful_until: datetime
    attempts: int
    sent_at: datetime | None
    given_up_at: datetime | None
    trouble: str | None


@dataclass(frozen=True)
class PersonalToken:
    """A token that a person gave to a script; the token itself is not kept."""

    token_id: int
    user_id: UserId
    name: str
    scope: Scope
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


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


class BeyondScope(Forbidden):
    def __init__(self, scope: Scope, least: Scope) -> None:
        super().__init__(
            f"This token may only {scope}, and this wants one that may {least}: make one under "
            "“My account”."
        )


class SessionNeeded(Forbidden):
    def __init__(self) -> None:
        super().__init__("A personal token may not change accounts or tokens: sign in to do this.")


class TokenNotFound(NotFound):
    def __init__(self, token_id: int) -> None:
        super().__init__(f"You have no token {token_id}; perhaps it was revoked already.")


class TooManyTokens(CalanusError):
    def __init__(self, most: int) -> None:
        super().__init__(f"You have {most} tokens, which is the most; revoke one you do not need.")


class OpenIdOff(CalanusError):
    status = 503

    def __init__(self) -> None:
        super().__init__(
            "Sign-in with OpenID is not set up here: sign in with your e-mail and password. Who "
            "looks after this installation finds how in “Mail and sign-in”."
        )


class OpenIdTrouble(CalanusError):
    """The provider does not answer as one does."""

    status = 502

    def __init__(self, why: str) -> None:
        super().__init__(f"The OpenID provider could not be asked. {why}")


class OpenIdRefused(Forbidden):
    def __init__(self, why: str) -> None:
        super().__init__(f"You were not signed in: {why}")


class TooOften(TooMany):
    def __init__(self, minutes: int) -> None:
        super().__init__(f"This was asked for too often of late; try again in {minutes} minutes.")


class NoMail(CalanusError):
    def __init__(self) -> None:
        super().__init__(
            "Validation not active: this installation sends no mail. Ask one of its application "
            "managers, who can set a new password for you."
        )


class StaleLink(Forbidden):
    def __init__(self) -> None:
        super().__init__(
            "This link no longer works: it was used, is too old, or a newer one was sent since. "
            "Ask for another."
        )


class StaleResetLink(NotSignedIn):
    """EcoTaxa answers 401 here."""

    def __init__(self) -> None:
        super().__init__(
            "Not authorized: this link no longer works. It was used, is too old, or a newer one "
            "was sent since; ask for another."
        )


class SignedInAlready(Forbidden):
    def __init__(self) -> None:
        super().__init__("You are signed in: change your password under “My account”.")


class RegistrationClosed(Forbidden):
    def __init__(self) -> None:
        super().__init__(
            "Not authorized: here, accounts are made by an application manager. Ask one for yours."
        )


class NotHuman(CalanusError):
    def __init__(self) -> None:
        super().__init__(
            "The proof that you are no robot is missing or was not accepted; solve it again."
        )


class AccountWaits(NotSignedIn):
    """The password is right, and the account may not come in: EcoTaxa's front end reads why."""

    def __init__(self, user: User) -> None:
        super().__init__(WAITING[user.status])
        self.user = user


WAITING = {
    AccountStatus.ACTIVE: "",
    AccountStatus.INACTIVE: "Your account waits for an application manager to approve it.",
    AccountStatus.PENDING: (
        "An application manager asks you to complete your account; you have a letter about it."
    ),
    AccountStatus.BLOCKED: "Your account is blocked; ask an application manager why.",
}


class ForeignOrigin(Forbidden):
    def __init__(self, origin: str) -> None:
        super().__init__(
            f"A page of {origin} may not act here with your session; use a token. Where people "
            "open it on purpose, CALANUS_PUBLIC_URL names its address."
        )


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
