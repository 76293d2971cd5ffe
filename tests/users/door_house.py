"""The door of an installation that sends mail, as the tests of registering find it."""

from collections.abc import Generator
from contextlib import contextmanager

from starlette.testclient import TestClient

import given
from calanus.app import create_app
from calanus.kit.db import Connection
from calanus.kit.settings import Settings
from calanus.users import service
from calanus.users.session import token_of
from calanus.users.types import User
from given import KEY
from post_office import PostOffice, deliver, secret_in

BO = {
    "id": None,
    "email": "bo@sea.example",
    "name": "Bo Newcomer",
    "organisation": "Institute of the Sea (SEA)",
    "country": "France",
    "usercreationreason": "Copepods of the bay",
    "password": "a net full of copepods",
}


@contextmanager
def door(settings: Settings, url: str) -> Generator[TestClient]:
    """The application, nobody signed in."""
    with TestClient(create_app(settings, url), base_url="https://plankton.example") as client:
        yield client


def bearer(user: User) -> dict[str, str]:
    """Signed in as somebody."""
    return {"Authorization": f"Bearer {token_of(user, KEY)}"}


def head_of(coast: Connection) -> User:
    """The one application manager of this file."""
    known = service.find_by_email(coast, "head@lab.example")
    if known:
        return known
    coast.execute(
        "UPDATE users SET email = 'head@lab.example' WHERE user_id = %s",
        [given.application_manager(coast).user_id],
    )
    return head_of(coast)


def account(coast: Connection, email: str = BO["email"] or "") -> User | None:
    """The account of an address."""
    return service.find_by_email(coast, email)


def invited(web: TestClient, office: PostOffice, settings: Settings, url: str) -> str:
    """The secret of the letter that Bo asked for, to confirm the address."""
    asked = {"id": None, "email": BO["email"]}
    assert web.post("/users/create", json=asked).status_code == 200
    deliver(settings, url)
    return secret_in(office.to("bo@sea.example")[-1])
