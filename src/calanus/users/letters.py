"""Letters to people: their words, where they wait, and how they are sent.

A letter is kept in the transaction of its cause and sent by a worker afterwards: none goes out for
what was undone, and none is lost while the mail server is away.
"""

import logging
import textwrap
from collections.abc import Iterator
from datetime import datetime, timedelta

from calanus.kit import mail
from calanus.kit.db import Connection, connect
from calanus.kit.mail import Letter, NeverSent, NotSent
from calanus.kit.settings import Settings
from calanus.users import policy
from calanus.users.queries import letters as queries
from calanus.users.types import KeptLetter, User

logger = logging.getLogger(__name__)

LASTING = timedelta(days=3)  # how long a letter without a link is tried
KEPT = timedelta(days=30)  # how long one may look whether a letter was sent
PAUSES = [timedelta(minutes=n) for n in (1, 2, 5, 10, 20, 30)]
WIDTH = 76


# --- Keeping and sending -------------------------------------------------------------------------


def post(
    conn: Connection,
    settings: Settings,
    letter: Letter,
    *,
    at: datetime,
    lasting: timedelta = LASTING,
) -> None:
    """Keep a letter to be sent; nothing where no mail is sent."""
    if mail.configured(settings):
        queries.keep(conn, letter, at=at, useful_until=at + lasting)


def send_due(settings: Settings, database_url: str, *, at: datetime) -> int:
    """Send what is due, each letter in a transaction of its own; how many were looked at."""
    looked_at = 0
    with connect(database_url, autocommit=True) as conn:
        while True:
            with conn.transaction():
                letter = queries.take_due(conn, at=at)
                if letter is None:
                    queries.forget_old(conn, letters_of=at - KEPT, at=at)
                    return looked_at
                send(conn, settings, letter, at=at)
            looked_at += 1


def send(conn: Connection, settings: Settings, letter: KeptLetter, *, at: datetime) -> None:
    """Send one letter, or write down why not and when again."""
    about = f"Letter {letter.letter_id} to {letter.recipient}"
    if at > letter.useful_until:
        why = letter.trouble or "No worker was there to send it."
        queries.give_up(conn, letter.letter_id, f"Too late to be of use. {why}", at=at)
        logger.error("%s was given up: too late to be of use. %s", about, why)
        return
    try:
        mail.send(settings, Letter(letter.recipient, letter.subject, letter.body))
    except NeverSent as refused:
        queries.give_up(conn, letter.letter_id, str(refused), at=at)
        logger.error("%s was refused for good: %s", about, refused)
    except Exception as trouble:  # NotSent, or what nobody foresaw: the others are not held up
        again = at + PAUSES[min(letter.attempts, len(PAUSES) - 1)]
        queries.put_off(conn, letter.letter_id, str(trouble), until=again)
        foreseen = isinstance(trouble, NotSent)
        logger.warning(
            "%s was not sent, and will be tried again: %s", about, trouble, exc_info=not foreseen
        )
    else:
        queries.mark_sent(conn, letter.letter_id, at=at)
        logger.info("%s was sent", about)


def unsent(conn: Connection, *, by: User) -> list[KeptLetter]:
    """Letters that wait or were given up, for application managers."""
    policy.ask(by, policy.Act.ADMINISTRATE)
    return queries.unsent(conn)


def given_up(conn: Connection) -> int:
    """How many letters of late were never sent."""
    return sum(letter.given_up_at is not None for letter in queries.unsent(conn))


# --- Words ---------------------------------------------------------------------------------------


def written(*paragraphs: str) -> str:
    """Paragraphs as a plain letter; a line that is a link or a quotation stays as it is."""
    return "\n\n".join(filled(paragraph) for paragraph in paragraphs) + "\n"


def filled(paragraph: str) -> str:
    """One paragraph, in lines that every mail program shows whole."""
    if paragraph.startswith(("http://", "https://", "    ")):
        return paragraph
    return textwrap.fill(paragraph, WIDTH, break_long_words=False, break_on_hyphens=False)


def farewell(settings: Settings) -> str:
    """Who says all this."""
    return f"Calanus at {settings.address}"


def quoted(text: str | None) -> str:
    """What a person wrote, indented, so that nobody takes it for our words."""
    lines = [plain(line) for line in (text or "").splitlines()] or [""]
    return "\n".join(f"    {line}" for line in lines[:50])


def plain(text: str) -> str:
    """A text of somebody on one line, without signs that steer."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def to_register(settings: Settings, email: str, secret: str) -> Letter:
    """To somebody who wants an account: is this your address?"""
    text = written(
        "Hello,",
        "somebody, most likely you, asked for an account for this address. To go on, open this "
        "page within the hour:",
        f"{settings.address}/app/register#{secret}",
        "If it was not you, do nothing: no account is made.",
        farewell(settings),
    )
    return Letter(email, "Your account: one more step", text)


def here_already(settings: Settings, user: User) -> Letter:
    """To somebody who wants an account and has one."""
    text = written(
        f"Hello {plain(user.name)},",
        "somebody, most likely you, asked for a new account for this address. You have one: sign "
        "in with this address and your password.",
        f"{settings.address}/app/login",
        "Should you not remember the password, this page lets you choose another:",
        f"{settings.address}/app/reset",
        farewell(settings),
    )
    return Letter(user.email, "You have an account already", text)


def to_reset(settings: Settings, user: User, secret: str) -> Letter:
    """To somebody who forgot the password."""
    text = written(
        f"Hello {plain(user.name)},",
        "here you can choose a new password, within the hour and once:",
        f"{settings.address}/app/reset#{secret}",
        "If you did not ask for this, do nothing: your password stays as it is.",
        farewell(settings),
    )
    return Letter(user.email, "Choose a new password", text)


def password_changed(settings: Settings, user: User) -> Letter:
    """To somebody whose password is new, in case it was not they."""
    text = written(
        f"Hello {plain(user.name)},",
        "the password of your account was changed, and every session and personal token of "
        "before has ended.",
        "If it was not you, choose another at once, and tell who looks after this installation:",
        f"{settings.address}/app/reset",
        farewell(settings),
    )
    return Letter(user.email, "Your password was changed", text)


def invited(settings: Settings, user: User, secret: str) -> Letter:
    """To somebody for whom an application manager made an account."""
    text = written(
        f"Hello {plain(user.name)},",
        "an account was made for you, to sort plankton images. Choose a password within three "
        "days, and you are in:",
        f"{settings.address}/app/reset#{secret}",
        "Later you sign in with this address and that password.",
        farewell(settings),
    )
    return Letter(user.email, "Welcome: choose your password", text)


def to_confirm(settings: Settings, user: User, email: str, secret: str) -> Letter:
    """To the new address of somebody."""
    text = written(
        f"Hello {plain(user.name)},",
        "you want to be known by this address from now on. Confirm it within the hour, with your "
        "password:",
        f"{settings.address}/app/confirm#{secret}",
        "Until then the address of before stays.",
        farewell(settings),
    )
    return Letter(email, "Confirm your new address", text)


def address_changes(settings: Settings, user: User, email: str) -> Letter:
    """To the address of before, in case it was not they."""
    text = written(
        f"Hello {plain(user.name)},",
        f"your account is to have a new address, {plain(email)}. It changes once a letter sent "
        "there is answered, with your password.",
        "If it was not you who asked, change your password now, and tell who looks after this "
        "installation:",
        f"{settings.address}/app/me",
        farewell(settings),
    )
    return Letter(user.email, "Your address is about to change", text)


def waits(settings: Settings, user: User) -> Letter:
    """To somebody whose account is looked at."""
    text = written(
        f"Hello {plain(user.name)},",
        "thank you. An application manager looks at your account now; you have a letter as soon "
        "as it is open.",
        farewell(settings),
    )
    return Letter(user.email, "Your account is being looked at", text)


def asks_in(settings: Settings, user: User, managers: list[User]) -> Iterator[Letter]:
    """To each application manager: somebody waits."""
    text = written(
        "Hello,",
        f"{plain(user.name)} <{user.email}> waits to be let in, from:",
        quoted(f"{user.organisation}, {user.country or 'no country given'}"),
        "and says why:",
        quoted(user.reason or "(nothing)"),
        "Approve the account, ask for more, or refuse it here:",
        f"{settings.address}/app/accounts",
        farewell(settings),
    )
    for manager in managers:
        yield Letter(manager.email, f"{plain(user.name)[:60]} waits to be let in", text)


def let_in(settings: Settings, user: User) -> Letter:
    """To somebody whose account was approved."""
    text = written(
        f"Hello {plain(user.name)},",
        "your account is open. Welcome! Sign in with this address and your password:",
        f"{settings.address}/app/login",
        farewell(settings),
    )
    return Letter(user.email, "Your account is open", text)


def to_amend(settings: Settings, user: User, wanted: str, secret: str) -> Letter:
    """To somebody whose account wants completing."""
    text = written(
        f"Hello {plain(user.name)},",
        "before your account can be opened, an application manager asks of you:",
        quoted(wanted),
        "Complete it here, within a day:",
        f"{settings.address}/app/register#{secret}",
        farewell(settings),
    )
    return Letter(user.email, "Your account: something is missing", text)
