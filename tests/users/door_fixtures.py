"""A mail server, and an installation that sends its letters by it."""

from collections.abc import Iterator

import pytest

from calanus.kit.db import Connection, connect
from calanus.kit.settings import Settings
from post_office import PostOffice, post_office, settings_for


@pytest.fixture(scope="module")
def office() -> Iterator[PostOffice]:
    """A mail server for all tests of this file."""
    with post_office() as open_office:
        yield open_office


@pytest.fixture
def coast(shared_clone: str, office: PostOffice) -> Iterator[Connection]:
    """The database of this file's tests, in which Bo was never here."""
    with connect(shared_clone, autocommit=True) as conn:
        conn.execute("DELETE FROM users WHERE email LIKE '%@sea.example'")
        conn.execute("TRUNCATE attempts, links, letters")
        office.letters.clear()
        office.refusals.clear()
        yield conn


@pytest.fixture
def open_house(settings: Settings, office: PostOffice) -> Settings:
    """Anybody registers; addresses are confirmed."""
    return settings_for(settings, office, registration="open", email_verification=True)
