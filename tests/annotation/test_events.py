"""What happens is told to everybody who follows, by one look for all."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg_pool import ConnectionPool

import given
from calanus.annotation import events, service
from calanus.annotation.events import Hub
from calanus.annotation.types import ClassifyOrder, TooManyListeners
from calanus.jobs.run import enqueue
from calanus.jobs.types import WAITING
from calanus.kit import db
from calanus.kit.db import Connection
from calanus.kit.ids import ProjectId, UserId
from calanus.relearning.jobs import relearn
from calanus.relearning.types import RelearnOrder
from calanus.users import service as users
from calanus.users.types import Privilege
from given import CALANOIDA, COPEPODA, DETRITUS, NOON

Stream = AsyncIterator[bytes]


class Shore:
    """A project with three objects, and a hub that looks often."""

    def __init__(self, clone: str, pool: ConnectionPool[Connection]) -> None:
        self.clone, self.pool, self.hub = clone, pool, Hub()
        with db.connect(clone) as conn:
            self.amanda, self.bob = given.user(conn), given.user(conn)
            self.tara = given.project(conn, member=self.amanda)
            held: dict[int, str] = {
                m.user_id: m.privilege for m in users.members(conn, [self.tara.project_id])
            }
            held[self.bob.user_id] = Privilege.ANNOTATE
            users.set_members(conn, self.tara.project_id, held)
            self.tiles = given.objects(conn, self.tara, 2, taxon=DETRITUS, state="P")
            self.tiles += given.objects(conn, self.tara, 1, taxon=CALANOIDA, state="P")

    def classify(self, conn: Connection, place: int = 0) -> int:
        """One act; each of the two remembers their own recent taxa."""
        by = self.bob if place == 2 else self.amanda
        order = ClassifyOrder([self.tiles[place]], [CALANOIDA if place == 2 else COPEPODA])
        return service.classify(conn, self.tara, order, by=by, at=NOON).row.batch_id

    def act(self, place: int = 0) -> int:
        """One act, kept."""
        with db.connect(self.clone) as conn:
            return self.classify(conn, place)

    def learn_again(self) -> int:
        """A job that waits."""
        order = RelearnOrder(project_id=self.tara.project_id)
        owner, project_id = self.amanda.user_id, self.tara.project_id
        with db.connect(self.clone) as conn:
            return enqueue(conn, relearn, order, owner=owner, project_id=project_id)

    def follow(self, since: int | None = None) -> Stream:
        """A page that listens."""
        user_id = self.amanda.user_id
        return self.hub.follow(self.pool, self.tara.project_id, user_id, since=since)

    async def opened(self, since: int | None = None) -> Stream:
        """A page that listens, and is known to."""
        stream, before = self.follow(since), self.following
        assert await anext(stream) == b"retry: 2000\n\n"
        pages = asyncio.ensure_future(anext(stream))
        while self.following == before:
            await asyncio.sleep(0.01)

        async def rest() -> Stream:
            try:
                yield await pages
                async for line in stream:
                    yield line
            finally:
                pages.cancel()
                await asyncio.gather(pages, return_exceptions=True)
                await stream.aclose()  # pyright: ignore

        return rest()

    @property
    def following(self) -> int:
        """How many pages are in the hub's lists."""
        return sum(len(topic.queues) for topic in self.hub.topics.values())


@pytest.fixture
def shore(clone: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shore]:
    monkeypatch.setattr(events, "EVERY", 0.02)
    with db.pool(clone, size=4) as pool:
        yield Shore(clone, pool)


def run(story: Callable[[], Awaitable[None]]) -> None:
    """A story with an end, in a loop of its own."""

    async def ended() -> None:
        await asyncio.wait_for(story(), 60)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    asyncio.run(ended())


def number(line: bytes) -> int:
    """The batch that an event tells of."""
    head, kind, _ = line.split(b"\n", 2)
    assert kind == b"event: batch"
    return int(head.removeprefix(b"id: "))


def test_a_job_of_the_project_is_told_with_its_kind(shore: Shore) -> None:
    async def story() -> None:
        page = await shore.opened()
        job_id = shore.learn_again()

        kind, data = (await anext(page)).rstrip().split(b"\n")

        assert kind == b"event: job"
        assert json.loads(data.removeprefix(b"data: ")) == {
            "job_id": job_id,
            "type": "Relearning",
            "state": "P",
            "progress_pct": None,
            "progress_msg": WAITING,
        }

    run(story)


def test_all_who_follow_a_project_are_told_of_an_act(shore: Shore) -> None:
    async def story() -> None:
        first, second = await shore.opened(), await shore.opened()
        batch_id = await asyncio.to_thread(shore.act)

        lines = [await anext(first), await anext(second)]

        assert [number(line) for line in lines] == [batch_id] * 2
        assert str(shore.tiles[0]).encode() in lines[0]
        assert shore.hub.listeners == 2

    run(story)


def test_who_comes_back_is_told_what_they_missed_once(shore: Shore) -> None:
    missed = [shore.act(0), shore.act(1)]

    async def story() -> None:
        stream = await shore.opened(since=missed[0])
        assert number(await anext(stream)) == missed[1]
        later = await asyncio.to_thread(shore.act, 0)  # the same again: nothing changes, but told
        assert number(await anext(stream)) == later

    run(story)


def test_an_act_that_took_long_is_told_though_a_later_one_was_told_first(shore: Shore) -> None:
    async def story() -> None:
        stream = await shore.opened()
        with db.connect(shore.clone) as slow:
            early = shore.classify(slow, 0)
            late = await asyncio.to_thread(shore.act, 2)  # of other counts: nobody waits
            assert number(await anext(stream)) == late > early
            slow.commit()
        assert number(await anext(stream)) == early

    run(story)


def test_one_look_serves_all_who_listen(shore: Shore, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    really = events.look

    def counted(pool: Any, topics: Any) -> Any:
        looks.append(len(topics))
        return really(pool, topics)

    monkeypatch.setattr(events, "look", counted)

    async def story() -> None:
        streams = [await shore.opened() for _ in range(5)]
        looks.clear()
        await asyncio.to_thread(shore.act)
        for stream in streams:
            await anext(stream)
        assert set(looks) == {1}, "five pages are one project"
        tasks = [t for t in asyncio.all_tasks() if "watch" in repr(t)]
        assert len(tasks) == 1

    run(story)


def test_when_the_last_one_leaves_nobody_looks(shore: Shore) -> None:
    async def story() -> None:
        stream = await shore.opened()
        await asyncio.to_thread(shore.act)
        await anext(stream)
        await stream.aclose()  # pyright: ignore
        assert (shore.hub.topics, shore.hub.listeners) == ({}, 0)
        assert shore.hub.task
        await shore.hub.task

    run(story)


def test_a_silent_line_is_kept_open(shore: Shore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "SILENCE", 0.01)

    async def story() -> None:
        stream = await shore.opened()
        assert await anext(stream) == b": still here\n\n"

    run(story)


def test_a_line_ends_so_that_the_right_to_it_is_asked_again(
    shore: Shore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "LIFETIME", 0.3)

    async def story() -> None:
        lines = [line async for line in shore.follow()]
        assert lines[0] == b"retry: 2000\n\n"
        assert set(lines[1:]) <= {b": still here\n\n"}

    run(story)


def test_who_does_not_listen_is_sent_away(shore: Shore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_WAITING", 3)

    async def story() -> None:
        stream = await shore.opened()
        for place in (0, 1, 0, 1, 0):
            await asyncio.to_thread(shore.act, place)
        await asyncio.sleep(0.5)
        assert len([line async for line in stream]) < 5

    run(story)


def test_a_database_that_is_away_for_a_moment_is_waited_for(
    shore: Shore, monkeypatch: pytest.MonkeyPatch
) -> None:
    really, failures = events.look, iter([True, True, False])

    def away(pool: Any, topics: Any) -> Any:
        if next(failures, False):
            raise psycopg.OperationalError("the server closed the connection")
        return really(pool, topics)

    monkeypatch.setattr(events, "look", away)

    async def story() -> None:
        stream = await shore.opened()
        batch_id = await asyncio.to_thread(shore.act)
        assert number(await anext(stream)) == batch_id

    run(story)


def test_there_are_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    hub, amanda, ben = Hub(), UserId(1), UserId(2)
    hub.people[amanda] = events.MOST_OF_ONE
    hub.admit(ben)
    with pytest.raises(TooManyListeners, match="close some tabs"):
        hub.admit(amanda)
    monkeypatch.setattr(events, "MOST_LISTENERS", events.MOST_OF_ONE)
    with pytest.raises(TooManyListeners):
        hub.admit(ben)


def test_a_project_of_nobody_is_not_followed(web: Any) -> None:
    assert web.get(f"/projects/{ProjectId(7)}/events").status_code == 403
