"""Plain-text mail over SMTP: one letter at a time, to any server."""

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from calanus.kit.settings import Settings

PATIENCE = 20.0  # seconds for each word of the mail server
PORTS = {"starttls": 587, "tls": 465, "none": 25}


@dataclass(frozen=True)
class Letter:
    """What is to be said to whom."""

    to: str
    subject: str
    text: str


class NotSent(Exception):
    """The mail server could not be reached, or asks to come again."""


class NeverSent(Exception):
    """The mail server will not take this letter, however often it is asked."""


def configured(settings: Settings) -> bool:
    """Whether this installation sends mail."""
    return bool(settings.smtp_host)


def sender(settings: Settings) -> str:
    """Whom letters are from: the setting, else the name we sign in to the mail server with."""
    guessed = settings.smtp_user if "@" in settings.smtp_user else ""
    return settings.mail_sender or guessed or f"calanus@{settings.smtp_host}"


def message(settings: Settings, letter: Letter) -> EmailMessage:
    """A letter as mail servers read it.

    Raises:
        NeverSent: its address or its subject cannot stand in a header.
    """
    mail = EmailMessage()
    try:
        mail["From"] = sender(settings)
        mail["To"] = letter.to
        mail["Subject"] = letter.subject
    except Exception as trouble:  # of an odd address Python's parser raises whatever it meets
        raise NeverSent(f"No letter can be made of it: {trouble}") from None
    mail["Date"] = formatdate()
    mail["Message-ID"] = make_msgid(domain="calanus")
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no "I am on holiday" in return
    mail.set_content(letter.text)
    return mail


def send(settings: Settings, letter: Letter) -> None:
    """Hand a letter to the mail server.

    Raises:
        NotSent: it may be tried again.
        NeverSent: it may not.
    """
    mail = message(settings, letter)
    try:
        with connect(settings) as server:
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password)
            server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as refused:
        code, said = next(iter(refused.recipients.values()))
        raise verdict(code)(f"{code} {said.decode(errors='replace')}") from None
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as refused:
        words = refused.smtp_error
        said = words.decode(errors="replace") if isinstance(words, bytes) else words
        raise verdict(refused.smtp_code)(f"{refused.smtp_code} {said}") from None
    except smtplib.SMTPNotSupportedError as lacking:
        raise NotSent(f"The mail server lacks something: {lacking}") from None
    except (smtplib.SMTPException, OSError) as trouble:
        raise NotSent(str(trouble) or type(trouble).__name__) from None


def verdict(code: int) -> type[NotSent] | type[NeverSent]:
    """RFC 5321: 4xx is for now, 5xx for good."""
    return NeverSent if code >= 500 else NotSent


def connect(settings: Settings) -> smtplib.SMTP:
    """A connection as safe as the settings ask for."""
    port = settings.smtp_port or PORTS[settings.smtp_security]
    if settings.smtp_security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(settings.smtp_host, port, timeout=PATIENCE, context=context)
    server = smtplib.SMTP(settings.smtp_host, port, timeout=PATIENCE)
    if settings.smtp_security == "starttls":
        try:
            server.starttls(context=ssl.create_default_context())
        except BaseException:
            server.close()
            raise
    return server
