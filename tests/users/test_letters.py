"""Letters: kept with their cause, sent afterwards by a real mail server, and never lost unsaid."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest

import given
from calanus.kit import mail
from calanus.kit.db import Connection, connect
from calanus.kit.mail import Letter, NeverSent
from calanus.kit.settings import Settings
from calanus.users import letters
from calanus.users.types import ActRefused
from post_office import (
    PASSWORD,
    USER,
    PostOffice,
    deliver,
    post_office,
    settings_for,
    words,
)

AMANDA = "amanda@lab.example"
HELLO = Letter(AMANDA, "Hello", "The net is in the water.\n\nÀ bientôt\n")


@pytest.fixture
def office() -> Iterator[PostOffice]:
    """A mail server that takes everything."""
    with post_office() as open_office:
        yield open_office


def post(url: str, settings: Settings, letter: Letter = HELLO) -> None:
    """A letter, kept."""
    with connect(url) as conn:
        letters.post(conn, settings, letter, at=datetime.now(UTC))


def unsent(conn: Connection) -> list[tuple[int, bool, str]]:
    """What was not sent: attempts, whether given up, and the words that are left."""
    found = letters.unsent(conn, by=given.application_manager(conn))
    return [(each.attempts, each.given_up_at is not None, each.body) for each in found]


def test_a_letter_is_sent_once_its_cause_is_kept(
    clone: str, settings: Settings, office: PostOffice
) -> None:
    settings = settings_for(settings, office)
    with connect(clone) as conn:
        letters.post(conn, settings, HELLO, at=datetime.now(UTC))
        assert deliver(settings, clone) == 0  # nobody sees what is not kept yet

    assert deliver(settings, clone) == 1
    assert deliver(settings, clone) == 0

    [letter] = office.letters
    assert (letter["To"], letter["From"], letter["Subject"]) == (
        AMANDA,
        "calanus@lab.example",
        "Hello",
    )
    assert letter.get_content_type() == "text/plain"
    assert words(letter).replace("\r\n", "\n") == HELLO.text


def test_nothing_is_sent_for_what_was_undone(
    clone: str, settings: Settings, office: PostOffice
) -> None:
    settings = settings_for(settings, office)
    with connect(clone) as conn:
        letters.post(conn, settings, HELLO, at=datetime.now(UTC))
        conn.rollback()

    assert deliver(settings, clone) == 0
    assert office.letters == []


def test_what_a_letter_said_is_forgotten_once_it_is_sent(
    clone: str, shore: Connection, settings: Settings, office: PostOffice
) -> None:
    settings = settings_for(settings, office)
    post(clone, settings)

    deliver(settings, clone)

    assert shore.execute("SELECT body FROM letters").fetchall() == [("",)]


def test_a_letter_waits_while_the_mail_server_is_down(
    clone: str, shore: Connection, settings: Settings
) -> None:
    with socket.socket() as nobody:  # bound, and not listening
        nobody.bind(("127.0.0.1", 0))
        port = int(nobody.getsockname()[1])
        away = settings.model_copy(
            update={"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none"}
        )
        post(clone, away)
        deliver(away, clone)

    assert [(n, gone) for n, gone, _ in unsent(shore)] == [(1, False)]
    with post_office(port=port) as office:
        assert deliver(away, clone) == 0  # not at once
        assert deliver(away, clone, later=2) == 1
        assert office.subjects(AMANDA) == ["Hello"]
    assert unsent(shore) == []


def test_a_recipient_who_is_refused_for_good_is_written_down(
    clone: str, shore: Connection, settings: Settings, office: PostOffice
) -> None:
    settings = settings_for(settings, office)
    office.refusals[AMANDA] = "550 There is no such mailbox"
    post(clone, settings)

    deliver(settings, clone)

    assert unsent(shore) == [(1, True, "")]
    [letter] = letters.unsent(shore, by=given.application_manager(shore))
    assert letter.trouble == "550 There is no such mailbox"
    assert deliver(settings, clone, later=60) == 0


def test_a_recipient_who_is_refused_for_now_is_tried_again(
    clone: str, settings: Settings, office: PostOffice
) -> None:
    settings = settings_for(settings, office)
    office.refusals[AMANDA] = "450 The mailbox is busy"
    post(clone, settings)
    deliver(settings, clone)
    del office.refusals[AMANDA]

    deliver(settings, clone, later=2)

    assert office.subjects(AMANDA) == ["Hello"]


def test_one_that_cannot_be_sent_does_not_hold_up_the_others(
    clone: str, settings: Settings, office: PostOffice
) -> None:
    settings = settings_for(settings, office)
    office.refusals[AMANDA] = "450 The mailbox is busy"
    post(clone, settings)
    post(clone, settings, Letter("gil@lab.example", "Hello", "too"))

    assert deliver(settings, clone) == 2

    assert office.subjects("gil@lab.example") == ["Hello"]


def test_a_letter_that_comes_too_late_is_given_up_and_written_down(
    clone: str, shore: Connection, settings: Settings, office: PostOffice
) -> None:
    settings = settings_for(settings, office)
    post(clone, settings)

    deliver(settings, clone, later=letters.LASTING / timedelta(minutes=1) + 1)

    assert office.letters == []
    assert unsent(shore) == [(1, True, "")]


def test_two_workers_send_a_letter_once(clone: str, settings: Settings, office: PostOffice) -> None:
    settings = settings_for(settings, office)
    for n in range(6):
        post(clone, settings, Letter(AMANDA, f"Letter {n}", "…"))

    workers = [Thread(target=deliver, args=(settings, clone)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(office.subjects(AMANDA)) == [f"Letter {n}" for n in range(6)]


def test_where_no_mail_is_sent_nothing_waits(
    clone: str, shore: Connection, settings: Settings
) -> None:
    post(clone, settings)

    assert unsent(shore) == []


def test_the_mail_server_is_spoken_to_in_confidence_and_by_name(
    clone: str,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with post_office(tmp_path, login=True) as office:
        monkeypatch.setenv("SSL_CERT_FILE", str(office.certificate))
        login = {"smtp_security": "starttls", "smtp_user": USER, "smtp_password": PASSWORD}
        settings = settings_for(settings, office, **login)
        post(clone, settings)

        deliver(settings, clone)

        assert office.subjects(AMANDA) == ["Hello"]
        assert office.signed_in == [USER]


def test_a_mail_server_that_nobody_vouches_for_gets_neither_letter_nor_password(
    clone: str, shore: Connection, settings: Settings, tmp_path: Path
) -> None:
    with post_office(tmp_path, login=True) as office:
        login = {"smtp_security": "starttls", "smtp_user": USER, "smtp_password": PASSWORD}
        settings = settings_for(settings, office, **login)
        post(clone, settings)

        deliver(settings, clone)

        assert (office.letters, office.signed_in) == ([], [])
    assert [(n, gone) for n, gone, _ in unsent(shore)] == [(1, False)]


def test_a_wrong_password_of_the_mail_server_is_told_and_tried_again(
    clone: str, shore: Connection, settings: Settings, tmp_path: Path
) -> None:
    with post_office(tmp_path, login=True) as office, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(office.certificate))
        login = {"smtp_security": "starttls", "smtp_user": USER, "smtp_password": "not it"}
        settings = settings_for(settings, office, **login)
        post(clone, settings)

        deliver(settings, clone)

    [letter] = letters.unsent(shore, by=given.application_manager(shore))
    assert letter.given_up_at is None
    assert "535" in (letter.trouble or "")


@pytest.mark.parametrize("sign", ["\n", "\r\n"])
def test_no_header_can_be_slipped_into_a_letter(settings: Settings, sign: str) -> None:
    with pytest.raises(NeverSent):
        mail.message(settings, Letter(f"a@b{sign}Bcc: everybody@lab.example", "Hello", ""))
    with pytest.raises(NeverSent):
        mail.message(settings, Letter(AMANDA, f"Hello{sign}Bcc: everybody@lab.example", ""))


def test_only_application_managers_see_what_was_not_sent(conn: Connection) -> None:
    with pytest.raises(ActRefused):
        letters.unsent(conn, by=given.user(conn))
