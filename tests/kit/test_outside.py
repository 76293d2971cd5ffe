"""Asking servers outside, which may be slow, down, or talk nonsense."""

import socket

import pytest

from calanus.kit.outside import (
    BadAnswer,
    Limits,
    NotSetUp,
    Outside,
    ServerError,
    TooManyAsk,
    TooSlow,
    Unreachable,
    turns,
)
from servers import Reply, said, serving

BRIEF = Limits(timeout=0.4, most_bytes=1000, tries=3, pause=0.01)
ENOUGH = Limits(timeout=20, most_bytes=1000, tries=3, pause=0.01)


def free_address() -> str:
    """An address at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_an_answer_is_read_and_the_server_told_who_asks() -> None:
    with serving(lambda _: said({"a": 1})) as server:
        assert Outside("It", f"{server.url}/rest/", ENOUGH).get("/x", {"y": "é"}) == {"a": 1}

    [asked] = server.asked
    assert (asked.path, asked.query) == ("/rest/x", {"y": "é"})
    assert asked.agent.startswith("Calanus/")


def test_nothing_is_an_answer_too() -> None:
    for reply in (Reply(status=204), Reply(status=404), Reply(b"  ")):
        with serving(lambda _, r=reply: r) as server:
            assert Outside("It", server.url, ENOUGH).get("/x") is None


def test_trouble_that_passes_is_waited_for() -> None:
    replies = [Reply(status=500), Reply(status=503), said(["at last"])]
    with serving(lambda _: replies.pop(0)) as server:
        assert Outside("It", server.url, ENOUGH).get("/x") == ["at last"]
    assert len(server.asked) == 3


def test_trouble_that_stays_is_told_after_three_tries() -> None:
    with (
        serving(lambda _: Reply(status=500)) as server,
        pytest.raises(ServerError, match=r"^It has trouble of its own .it answered 500.\. Nothing"),
    ):
        Outside("It", server.url, ENOUGH).get("/x")
    assert len(server.asked) == 3


def test_what_must_not_be_done_twice_is_asked_once() -> None:
    with serving(lambda _: Reply(status=500)) as server, pytest.raises(ServerError):
        Outside("It", server.url, ENOUGH).post("/x", {"name": "Calanus"})
    [asked] = server.asked
    assert asked.form == {"name": "Calanus"}


def test_a_slow_server_is_given_up() -> None:
    with (
        serving(lambda _: Reply(b"[]", wait=30)) as server,
        pytest.raises(TooSlow, match=r"It did not answer within 0.4 seconds"),
    ):
        Outside("It", server.url, BRIEF).get("/x")


def test_a_server_that_drips_is_given_up() -> None:
    with (
        serving(lambda _: Reply(b"[" + b" " * 600, drops=True)) as server,
        pytest.raises(TooSlow),
    ):
        Outside("It", server.url, BRIEF).get("/x")


def test_a_huge_answer_is_given_up() -> None:
    with (
        serving(lambda _: Reply(b"[" + b"1," * 4_000_000 + b"1]")) as server,
        pytest.raises(BadAnswer, match="more than 1,000 bytes"),
    ):
        Outside("It", server.url, ENOUGH).get("/x")


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (Reply(b"<html>down for maintenance"), "answered something that is not JSON"),
        (Reply(b'{"cut off": '), "answered something that is not JSON"),
        (Reply(b"[" * 100_000), "more than 1,000 bytes|not JSON"),
        (Reply(status=403), "refused the question .it answered 403."),
        (Reply(status=302, headers={"Location": "file:///etc/passwd"}), "has moved to file:///etc"),
    ],
)
def test_nonsense_is_told_in_a_sentence(reply: Reply, sentence: str) -> None:
    with serving(lambda _: reply) as server, pytest.raises(BadAnswer, match=sentence):
        Outside("It", server.url, ENOUGH).get("/x")
    assert len(server.asked) == 1


def test_a_server_that_is_not_there_is_told() -> None:
    with pytest.raises(Unreachable, match=r"^It cannot be reached .*all the rest goes on"):
        Outside("It", free_address(), ENOUGH).get("/x")


@pytest.mark.parametrize("address", ["marinespecies.org", "file:///etc", "ftp://x/", "http://"])
def test_only_addresses_of_the_web_are_asked(address: str) -> None:
    with pytest.raises(NotSetUp, match="must begin with http"):
        Outside("It", address, ENOUGH)


def test_few_wait_at_once() -> None:
    turn = turns("It", ENOUGH.at_once)
    held = [turn.acquire(blocking=False) for _ in range(4)]
    try:
        with pytest.raises(TooManyAsk):
            Outside("It", free_address(), ENOUGH).get("/x")
        with pytest.raises(Unreachable):
            Outside("Another", free_address(), ENOUGH).get("/x")
    finally:
        for _ in held:
            turn.release()
    assert all(held)


def test_the_proxy_of_the_environment_leads_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda _: said(["through"])) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.replace("://", "://amanda:secret@"))
        monkeypatch.setenv("no_proxy", "127.0.0.1")

        assert Outside("It", "http://register.example/rest", ENOUGH).get("/x") == ["through"]
        assert Outside("It", proxy.url, ENOUGH).get("/y") == ["through"]

    assert [asked.path for asked in proxy.asked] == ["/rest/x", "/y"]
