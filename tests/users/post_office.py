"""A real mail server for a test, which keeps what it is given, and may refuse."""

import datetime
import email
import re
import ssl
from collections.abc import Generator
from contextlib import contextmanager
from email.message import Message
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from calanus.kit.settings import Settings
from calanus.users.letters import send_due
from servers import free_port

USER, PASSWORD = "calanus@lab.example", "for the mail server"


class PostOffice:
    """The letters that came, and the answers to give instead of taking one."""

    def __init__(self) -> None:
        self.letters: list[Message] = []
        self.refusals: dict[str, str] = {}  # by recipient
        self.signed_in: list[str] = []
        self.port = 0
        self.certificate = Path()

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        """Take a recipient, or say why not."""
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep a letter."""
        self.letters.append(email.message_from_bytes(envelope.content))
        return "250 Taken"

    def authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        """Know one customer."""
        assert isinstance(data, LoginPassword)
        good = (data.login.decode(), data.password.decode()) == (USER, PASSWORD)
        self.signed_in += [data.login.decode()] if good else []
        return AuthResult(success=good, handled=good)

    def to(self, address: str) -> list[str]:
        """The words of the letters to an address, the oldest first."""
        return [words(letter) for letter in self.letters if letter["To"] == address]

    def subjects(self, address: str) -> list[str]:
        """The subjects of the letters to an address, the oldest first."""
        return [str(letter["Subject"]) for letter in self.letters if letter["To"] == address]


def words(letter: Message) -> str:
    """What a letter says."""
    payload = letter.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def secret_in(letter: str) -> str:
    """The secret of the link in a letter."""
    [found] = re.findall(r"https://plankton\.example/app/\w+#([\w-]+)", letter)
    return found


@contextmanager
def post_office(
    folder: Path | None = None, *, port: int = 0, login: bool = False
) -> Generator[PostOffice]:
    """A mail server; given a folder for its certificate, one that speaks STARTTLS."""
    office = PostOffice()
    how: dict[str, Any] = {}
    if folder:
        office.certificate, context = certified(folder)
        how = {"tls_context": context, "require_starttls": True}
    if login:
        how |= {"authenticator": office.authenticate, "auth_required": True}
    office.port = port or free_port()
    controller = Controller(office, hostname="127.0.0.1", port=office.port, **how)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()


def mail_by(office: PostOffice, url: str) -> dict[str, Any]:
    """The settings of an installation at an address that sends its mail by this office."""
    return {
        "smtp_host": "127.0.0.1",
        "smtp_port": office.port,
        "smtp_security": "none",
        "mail_sender": "calanus@lab.example",
        "public_url": url,
    }


def settings_for(settings: Settings, office: PostOffice, **more: Any) -> Settings:
    """An installation that sends its mail by this office."""
    said = mail_by(office, "https://plankton.example")
    return settings.model_copy(update=said | more)


def deliver(settings: Settings, database_url: str, *, later: float = 0) -> int:
    """What the worker does, some minutes later."""
    at = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=later)
    return send_due(settings, database_url, at=at)


def certified(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for 127.0.0.1 that nobody but who is told trusts, and the server's context."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a mail server")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "mail.crt", folder / "mail.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, private)
    return certificate, context
