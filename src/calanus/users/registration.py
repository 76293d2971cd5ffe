"""How people come in by themselves, stay who they say they are, and are let in."""

from dataclasses import replace
from datetime import datetime

from psycopg.errors import UniqueViolation

from calanus.kit import mail
from calanus.kit.db import Connection
from calanus.kit.errors import CalanusError
from calanus.kit.settings import Settings
from calanus.users import guests, letters, limits, links, policy, queries, service
from calanus.users.types import (
    AccountStatus,
    BadAccount,
    Decision,
    EmailTaken,
    Guest,
    Link,
    NewUser,
    NoMail,
    Profile,
    Purpose,
    RegistrationClosed,
    StaleLink,
    User,
    UserNotFound,
    is_email,
)

LONGEST_REASON = 2000


def register(
    conn: Connection, profile: Profile, password: str, *, settings: Settings, at: datetime
) -> User | None:
    """Somebody wants an account: at once, or nobody yet where an address is confirmed first.

    Raises:
        RegistrationClosed: accounts are made by application managers here.
        BadAccount: all that cannot be accepted.
        EmailTaken: known where addresses are not confirmed; a letter tells it otherwise.
    """
    if settings.registration == "closed":
        raise RegistrationClosed
    if not is_email(profile.email):
        raise BadAccount(f"“{profile.email}” is no e-mail address.")
    limits.count_address(conn, "register", profile.email, at=at)
    if settings.email_verification:
        ask_to_confirm(conn, profile.email, settings=settings, at=at)
        return None
    check_profile(profile, password)
    return admit(conn, profile, password, confirmed=False, settings=settings, at=at)


def ask_to_confirm(conn: Connection, email: str, *, settings: Settings, at: datetime) -> None:
    """A letter to an address, whoever has it: only its reader learns whether it is known here."""
    if not mail.configured(settings):
        raise NoMail
    known = queries.find_by_email(conn, email)
    if known is None or known.guest:
        secret = links.make(conn, Link(Purpose.REGISTER, email), at=at)
        letter = letters.to_register(settings, email, secret)
    else:
        letter = letters.here_already(settings, known)
    letters.post(conn, settings, letter, at=at, lasting=links.HOUR)


def complete(
    conn: Connection,
    secret: str,
    profile: Profile,
    password: str,
    *,
    settings: Settings,
    at: datetime,
) -> User:
    """The reader of a letter makes the account, or completes it as was asked.

    Raises:
        StaleLink: the link no longer works.
        BadAccount: all that cannot be accepted; the link stays good.
    """
    link = links.use(conn, secret, Purpose.REGISTER, Purpose.PROFILE, at=at)
    profile = replace(profile, email=link.email)
    if link.purpose == Purpose.PROFILE:
        return amend(conn, link, profile, settings=settings, at=at)
    check_profile(profile, password)
    return admit(conn, profile, password, confirmed=True, settings=settings, at=at)


def amend(
    conn: Connection, link: Link, profile: Profile, *, settings: Settings, at: datetime
) -> User:
    """Somebody completed what was missing, and waits again."""
    user = service.find(conn, link.user_id or 0)
    if user.status != AccountStatus.PENDING or user.email != link.email:
        raise StaleLink
    check_profile(profile)
    return await_approval(conn, write(conn, user, profile), settings=settings, at=at)


def check_profile(profile: Profile, password: str | None = None) -> None:
    """Refuse what could not serve as an account, with all reasons."""
    reasons = guests.reasons_against(person_of(profile))
    if len(profile.organisation.strip()) < guests.SHORTEST_NAME:
        reasons.append("Say in which organisation you work, or that you are on your own.")
    if len(profile.reason or "") > LONGEST_REASON:
        reasons.append(f"Say why in {LONGEST_REASON:,} characters at most.")
    if password is not None:
        reasons += service.reasons_against_password(password)
    if reasons:
        raise BadAccount(" ".join(reasons))


def admit(
    conn: Connection,
    profile: Profile,
    password: str | None,
    *,
    confirmed: bool,
    settings: Settings,
    at: datetime,
) -> User:
    """A new account, open at once or when approved; a guest of this confirmed address becomes it.

    Raises:
        EmailTaken: the address is known.
    """
    known = queries.find_by_email(conn, profile.email)
    if known and not (known.guest and confirmed):
        raise EmailTaken(profile.email)
    guests.note_organisation(conn, profile.organisation)
    new = account_of(profile)
    hashed = service.hasher.hash(password) if password else None
    if known:
        queries.promote_guest(conn, known.user_id, new, hashed)
        user_id = known.user_id
    else:
        user_id = queries.insert(conn, new, hashed)
    if user_id is None:
        raise EmailTaken(profile.email)
    if confirmed:
        queries.confirm_email(conn, user_id, profile.email, at=at)
    queries.set_reason(conn, user_id, profile.reason)
    user = service.find(conn, user_id)
    return await_approval(conn, user, settings=settings, at=at)


def await_approval(conn: Connection, user: User, *, settings: Settings, at: datetime) -> User:
    """Where accounts are approved, one waits, and the application managers are told."""
    if not settings.account_validation or user.is_application_manager:
        return user
    queries.set_status(conn, user.user_id, AccountStatus.INACTIVE, user.role, at=at)
    user = service.find(conn, user.user_id)
    letters.post(conn, settings, letters.waits(settings, user), at=at)
    for letter in letters.asks_in(settings, user, queries.managers(conn)):
        letters.post(conn, settings, letter, at=at)
    return user


def decide(
    conn: Connection,
    user_id: int,
    decision: Decision,
    *,
    by: User,
    settings: Settings,
    at: datetime,
) -> User:
    """An application manager opens an account, asks for more, or closes it; a letter tells.

    Raises:
        BadAccount: it is one's own, or a guest's, or nothing says what is asked for.
    """
    policy.ask(by, policy.Act.ADMINISTRATE)
    before = service.find(conn, user_id)
    if before.user_id == by.user_id and decision.status != AccountStatus.ACTIVE:
        raise BadAccount("You cannot close your own account; another application manager can.")
    if before.guest:
        raise UserNotFound(user_id)
    status, reason = decision.status, (decision.reason or "").strip()
    if status == AccountStatus.PENDING and not reason:
        raise BadAccount("Say what you ask of this person, in the field “reason”.")
    queries.set_status(conn, before.user_id, status, before.role, comment=reason or None, at=at)
    tell(conn, before, Decision(status, reason), settings=settings, at=at)
    return service.find(conn, user_id)


def remark(conn: Connection, user_id: int, comment: str, *, by: User) -> None:
    """An application manager says why an account is as it is; nothing is sent."""
    policy.ask(by, policy.Act.ADMINISTRATE)
    user = service.find(conn, user_id)
    queries.set_status_comment(conn, user.user_id, comment.strip() or None)


def tell(
    conn: Connection, user: User, decision: Decision, *, settings: Settings, at: datetime
) -> None:
    """A letter to somebody whose account was decided upon, unless nothing changed for them."""
    if decision.status == AccountStatus.ACTIVE != user.status:
        letters.post(conn, settings, letters.let_in(settings, user), at=at)
    if decision.status == AccountStatus.PENDING and mail.configured(settings):
        secret = links.make(conn, Link(Purpose.PROFILE, user.email, user.user_id), at=at)
        letter = letters.to_amend(settings, user, decision.reason or "", secret)
        lasting = links.LASTING[Purpose.PROFILE]
        letters.post(conn, settings, letter, at=at, lasting=lasting)


def enrol(
    conn: Connection,
    new: NewUser,
    reason: str | None,
    *,
    by: User,
    settings: Settings,
    at: datetime,
) -> User:
    """An application manager makes an account; without a password, a letter lets its owner choose.

    Raises:
        BadAccount: all that cannot be accepted.
        EmailTaken: the address is known.
    """
    policy.ask(by, policy.Act.ADMINISTRATE)
    person = Guest(new.email, new.name, new.organisation, new.country, new.orcid)
    reasons = guests.reasons_against(person)
    reasons += service.reasons_against_password(new.password) if new.password else []
    if reasons:
        raise BadAccount(" ".join(reasons))
    if new.password:
        made = service.create(conn, new, by=by)
    else:
        made = invite(conn, new, by=by, settings=settings, at=at)
    queries.set_reason(conn, made.user_id, reason)
    return service.find(conn, made.user_id)


def invite(conn: Connection, new: NewUser, *, by: User, settings: Settings, at: datetime) -> User:
    """An account whose owner chooses the password, as a letter lets them.

    Raises:
        NoMail: no letter can be sent: give the account a password.
    """
    policy.ask(by, policy.Act.ADMINISTRATE)
    if not mail.configured(settings):
        raise BadAccount("Give the account a password: no letter can be sent to ask for one.")
    user = service.create(conn, new, by=by)
    link = Link(Purpose.PASSWORD, user.email, user.user_id)
    secret = links.make(conn, link, at=at, lasting=links.INVITED)
    letters.post(conn, settings, letters.invited(settings, user, secret), at=at)
    return user


# --- Changing what an account says ---------------------------------------------------------------


def describe(
    conn: Connection,
    user_id: int,
    profile: Profile,
    *,
    by: User,
    settings: Settings,
    at: datetime,
) -> User:
    """Replace what an account says of its person: one's own, or any by an application manager.

    One's own new address is written once it is confirmed, where addresses are; and where accounts
    are approved, one that says something else than was approved is looked at again.
    """
    own = by.user_id == user_id
    before = by if own else asked_for(conn, user_id, by=by)
    moves = own and not same_address(profile.email, before.email)
    later = moves and settings.email_verification
    if later:
        ask_to_move(conn, before, profile.email, settings=settings, at=at)
        profile = replace(profile, email=before.email)
    after = write(conn, before, profile)
    if moves and not later:
        queries.doubt_email(conn, after.user_id)
    if own and settings.account_validation and says(after) != says(before):
        return await_approval(conn, after, settings=settings, at=at)
    return after


def asked_for(conn: Connection, user_id: int, *, by: User) -> User:
    """The account of somebody else, for who administrates."""
    policy.ask(by, policy.Act.ADMINISTRATE)
    user = service.find(conn, user_id)
    if user.guest:
        raise UserNotFound(user_id)
    return user


def write(conn: Connection, user: User, profile: Profile) -> User:
    """Keep a profile that is in order."""
    wanted = person_of(profile)
    guests.check_guest(wanted)
    if len(profile.reason or "") > LONGEST_REASON:
        raise BadAccount(f"Say why in {LONGEST_REASON:,} characters at most.")
    if not same_address(wanted.email, user.email) and queries.find_by_email(conn, wanted.email):
        raise EmailTaken(wanted.email)
    guests.note_organisation(conn, wanted.organisation)
    try:
        queries.describe(conn, user.user_id, wanted)
    except UniqueViolation:
        raise EmailTaken(wanted.email) from None
    queries.set_reason(conn, user.user_id, profile.reason or user.reason)
    return service.find(conn, user.user_id, policy=user.policy)


def ask_to_move(
    conn: Connection, user: User, email: str, *, settings: Settings, at: datetime
) -> None:
    """A letter to the new address, to be confirmed, and one to the old, to be warned."""
    if not mail.configured(settings):
        raise NoMail
    if not is_email(email):
        raise BadAccount(f"“{email}” is no e-mail address.")
    if queries.find_by_email(conn, email):
        raise EmailTaken(email)
    limits.count_address(conn, "move", user.email, at=at)
    secret = links.make(conn, Link(Purpose.EMAIL, email, user.user_id), at=at)
    confirmation = letters.to_confirm(settings, user, email, secret)
    letters.post(conn, settings, confirmation, at=at, lasting=links.HOUR)
    letters.post(conn, settings, letters.address_changes(settings, user, email), at=at)


def confirm_address(
    conn: Connection,
    secret: str,
    password: str,
    *,
    address: str,
    settings: Settings,
    at: datetime,
) -> User | CalanusError:
    """The reader of a letter, who knows the password too, gets the new address.

    A wrong password is returned and not raised, as in `service.sign_in`: it is counted.

    Raises:
        StaleLink: the link no longer works.
        EmailTaken: somebody else has the address meanwhile.
    """
    link = links.look(conn, secret, at=at)
    user = queries.find(conn, link.user_id or 0)
    if user is None or link.purpose != Purpose.EMAIL:
        raise StaleLink
    known = service.sign_in(conn, user.email, password, address=address, at=at)
    if isinstance(known, CalanusError):
        return known
    links.use(conn, secret, Purpose.EMAIL, at=at)
    try:
        queries.confirm_email(conn, user.user_id, link.email, at=at)
    except UniqueViolation:
        raise EmailTaken(link.email) from None
    moved = service.find(conn, user.user_id)
    return await_approval(conn, moved, settings=settings, at=at)


def same_address(one: str, other: str) -> bool:
    """Addresses differ by more than their case."""
    return one.strip().lower() == other.strip().lower()


def says(user: User) -> tuple[str | None, ...]:
    """What is looked at when an account is approved."""
    return user.name, user.email.lower(), user.organisation, user.country, user.reason


def account_of(profile: Profile) -> NewUser:
    """A profile as an account to be made; its password travels apart, as a hash."""
    return NewUser(
        profile.email,
        profile.name,
        organisation=profile.organisation,
        country=profile.country,
        orcid=profile.orcid,
    )


def person_of(profile: Profile) -> Guest:
    """A profile without why somebody asks."""
    return Guest(profile.email, profile.name, profile.organisation, profile.country, profile.orcid)
