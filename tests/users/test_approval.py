"""Being approved, being asked for more, and changing what was approved."""

from typing import Any

import pytest
from starlette.testclient import TestClient

import given
from calanus.kit.db import Connection
from calanus.kit.settings import Settings
from calanus.users.types import AccountStatus
from door_house import (
    BO,
    account,
    bearer,
    door,
    head_of,
)
from post_office import PostOffice, deliver, secret_in, settings_for

pytest_plugins = ["door_fixtures"]


@pytest.fixture
def approving(settings: Settings, office: PostOffice) -> Settings:
    """Anybody registers, and waits for approval."""
    return settings_for(settings, office, registration="open", account_validation=True)


def sign_in(web: TestClient) -> Any:
    """What the door says to Bo."""
    said = web.post("/login", json={"username": BO["email"], "password": BO["password"]})
    return said.status_code, said.json()


def test_an_account_waits_until_an_application_manager_opens_it(
    coast: Connection, shared_clone: str, approving: Settings, office: PostOffice
) -> None:
    head = head_of(coast)
    with door(approving, shared_clone) as web:
        bo = web.post("/users/create", json=BO).json()["id"]
        status, said = sign_in(web)
        assert status == 401
        [waiting] = said["detail"]
        assert (waiting["id"], waiting["status"], set(waiting)) == (
            bo,
            0,
            {"id", "status", "mail_status", "msg"},
        )

        opened = web.post(f"/users/activate/{bo}/active", headers=bearer(head))
        deliver(approving, shared_clone)

        assert opened.status_code == 200
        assert sign_in(web)[0] == 200
    assert "Bo Newcomer waits to be let in" in office.subjects(head.email)
    assert "Copepods of the bay" in office.to(head.email)[-1]
    assert office.subjects("bo@sea.example") == [
        "Your account is being looked at",
        "Your account is open",
    ]


def test_a_wrong_password_learns_nothing_of_an_account_that_waits(
    coast: Connection, shared_clone: str, approving: Settings
) -> None:
    with door(approving, shared_clone) as web:
        web.post("/users/create", json=BO)
        wrong = web.post("/login", json={"username": BO["email"], "password": "a guess"})
        nobody = web.post("/login", json={"username": "no@sea.example", "password": "a guess"})

    assert wrong.status_code == nobody.status_code == 403
    assert wrong.content == nobody.content


def test_somebody_who_is_asked_for_more_completes_the_account_and_waits_again(
    coast: Connection, shared_clone: str, approving: Settings, office: PostOffice
) -> None:
    head = head_of(coast)
    with door(approving, shared_clone) as web:
        bo = web.post("/users/create", json=BO).json()["id"]
        unsaid = web.post(f"/users/activate/{bo}/pending", headers=bearer(head))
        question = {"reason": "Which bay?\nhttp://elsewhere.example"}
        web.post(f"/users/activate/{bo}/pending", json=question, headers=bearer(head))
        deliver(approving, shared_clone)
        letter = office.to("bo@sea.example")[-1]
        _, said = sign_in(web)

        secret = secret_in(letter)
        link = web.post("/users/link", json={"token": secret}).json()
        better = BO | {"usercreationreason": "Copepods of Villefranche", "password": "ignored here"}
        completed = web.post(f"/users/create?token={secret}", json=better)
        again = web.post(f"/users/create?token={secret}", json=better)

    assert unsaid.status_code == 422
    assert "    Which bay?" in letter
    assert said["detail"][0]["usercreationreason"] == "Copepods of the bay"
    assert said["detail"][0]["status_admin_comment"] == question["reason"]
    assert "password" not in said["detail"][0]
    assert (link["purpose"], link["user"]["name"]) == ("profile", "Bo Newcomer")
    assert (completed.status_code, again.status_code) == (200, 403)
    waiting = account(coast)
    assert waiting
    assert (waiting.status, waiting.reason) == (AccountStatus.INACTIVE, "Copepods of Villefranche")
    deliver(approving, shared_clone)
    assert len(office.subjects(head.email)) == 2


def test_an_approved_account_that_says_something_else_is_looked_at_again(
    coast: Connection, shared_clone: str, approving: Settings
) -> None:
    with door(approving, shared_clone) as web:
        bo = web.post("/users/create", json=BO).json()["id"]
        web.post(f"/users/activate/{bo}/active", headers=bearer(head_of(coast)))
        me = account(coast)
        assert me
        same = {k: BO[k] for k in ("email", "name", "organisation", "country")}
        unchanged = web.put(f"/users/{bo}", json=same, headers=bearer(me))
        assert (unchanged.status_code, sign_in(web)[0]) == (200, 200)

        moved = same | {"organisation": "Institute of the Moon"}
        web.put(f"/users/{bo}", json=moved, headers=bearer(me))

        assert sign_in(web)[0] == 401


def test_an_application_manager_neither_waits_nor_closes_their_own_door(
    coast: Connection, shared_clone: str, approving: Settings
) -> None:
    head = head_of(coast)
    with door(approving, shared_clone) as web:
        said = {"email": head.email, "name": "Ada Headwoman", "organisation": "Sea Lab"}
        changed = web.put(f"/users/{head.user_id}", json=said, headers=bearer(head))
        closed = web.post(f"/users/activate/{head.user_id}/blocked", headers=bearer(head))

    assert (changed.status_code, closed.status_code) == (200, 422)
    again = account(coast, head.email)
    assert again
    assert again.status == AccountStatus.ACTIVE


def test_an_application_manager_invites_somebody_who_chooses_the_password(
    coast: Connection, shared_clone: str, approving: Settings, office: PostOffice
) -> None:
    invited = {"id": None, "email": "bo@sea.example", "name": "Bo Newcomer"}
    with door(approving, shared_clone) as web:
        web.post("/users/create", json=invited, headers=bearer(head_of(coast)))
        deliver(approving, shared_clone)
        secret = secret_in(office.to("bo@sea.example")[0])
        chosen = web.post(
            f"/users/reset_user_password?token={secret}", json={"password": BO["password"]}
        )

        assert chosen.status_code == 200
        assert sign_in(web)[0] == 200


def test_who_administrates_sets_passwords_roles_and_states_and_what_is_absent_stays(
    coast: Connection, shared_clone: str, settings: Settings
) -> None:
    head, amanda = head_of(coast), given.user(coast)
    said = {"email": amanda.email, "name": amanda.name, "organisation": "Sea Lab"}
    with door(settings, shared_clone) as web:
        at = f"/users/{amanda.user_id}"
        more = said | {"can_do": [1, 2], "password": BO["password"]}
        web.put(at, json=more, headers=bearer(head))
        web.put(at, json=said | {"password": "?"}, headers=bearer(head))
        login = web.post("/login", json={"username": amanda.email, "password": BO["password"]})
        promoted = account(coast, amanda.email)
        own = web.put(
            f"/users/{head.user_id}",
            json={"email": head.email, "name": "Ada Head", "password": "a new password"},
            headers=bearer(head),
        )
        odd = web.put(at, json=said | {"status": 7}, headers=bearer(head))
        stranger = web.put(at, json=said | {"can_do": [2]}, headers=bearer(given.user(coast)))

    assert login.status_code == 200
    assert promoted
    assert promoted.is_application_manager
    assert (own.status_code, odd.status_code) == (200, 422)
    assert stranger.status_code == 403
    coast.execute("UPDATE users SET role = 'user' WHERE user_id = %s", [amanda.user_id])
