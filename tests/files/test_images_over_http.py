"""Images over HTTP: for those who may see the project, and without a statement each."""

import struct
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

import given
from calanus.files.access import Doorkeeper
from calanus.kit.db import connect
from calanus.kit.ids import IMAGES
from calanus.users.types import Privilege, User
from lab import Lab, png


class Gallery:
    """A private project with three images, one of them large."""

    def __init__(self, lab: Lab, web: TestClient) -> None:
        self.lab, self.web = lab, web
        self.pictures = [png(8, 6, 10), png(9, 6, 20), png(700, 100)]
        lab.package(
            "object_id|img_file_name\n[t]|[t]\no1|a.png\no2|b.png\no3|c.png\n",
            **dict(zip("abc", self.pictures, strict=True)),
        )
        assert lab.load().state == "F"
        self.ids = [lab.project_id * IMAGES + n for n in (1, 2, 3)]

    def url(self, image_id: int, ending: str = ".png") -> str:
        """The address of an image."""
        return f"/vault/{image_id // 10_000:04d}/{image_id % 10_000:04d}{ending}"

    def member(self, privilege: Privilege = Privilege.VIEW) -> User:
        """Somebody who may see the project."""
        with connect(self.lab.url) as conn:
            made = given.user(conn)
            conn.execute(
                "INSERT INTO members VALUES (%s, %s, %s)",
                (self.lab.project_id, made.user_id, privilege),
            )
        return made

    def hash(self, image_id: int) -> str:
        """What `?v=` says."""
        sql = "SELECT hash FROM images WHERE image_id = %(i)s"
        return bytes(self.lab.one(sql, i=image_id)["hash"])[:4].hex()

    def access(self, letter: str) -> None:
        """Open or close the project."""
        self.lab.find("UPDATE projects SET access = %(a)s RETURNING 1", a=letter)


@pytest.fixture
def gallery(lab: Lab, web: TestClient) -> Gallery:
    """A private project with images."""
    return Gallery(lab, web)


def test_a_member_gets_the_very_bytes_with_their_type(gallery: Gallery) -> None:
    amanda = gallery.member()

    answer = gallery.web.get(gallery.url(gallery.ids[0], ".jpg"), headers=given.headers(amanda))

    assert (answer.status_code, answer.content) == (200, gallery.pictures[0])
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "immutable" not in answer.headers["cache-control"]


def test_what_an_image_is_like_can_be_asked_without_its_bytes(gallery: Gallery) -> None:
    url, headers = gallery.url(gallery.ids[0]), given.headers(gallery.member())

    whole, told = (gallery.web.request(m, url, headers=headers) for m in ("GET", "HEAD"))

    assert (told.status_code, told.headers) == (200, whole.headers)
    assert gallery.web.head(url).status_code == 404


def test_a_named_version_is_kept_for_ever_by_this_browser_alone(gallery: Gallery) -> None:
    amanda = gallery.member()
    [image_id, *_] = gallery.ids
    url = f"{gallery.url(image_id)}?v={gallery.hash(image_id)}"

    answer = gallery.web.get(url, headers=given.headers(amanda))
    again = gallery.web.get(
        url, headers={**given.headers(amanda), "If-None-Match": answer.headers["etag"]}
    )

    assert answer.headers["cache-control"] == "private, immutable, max-age=31536000"
    assert (again.status_code, again.content) == (304, b"")


def test_nobody_and_strangers_get_no_image_of_a_private_project(gallery: Gallery) -> None:
    with connect(gallery.lab.url) as conn:
        stranger = given.user(conn)
    url = gallery.url(gallery.ids[0])

    for headers in ({}, given.headers(stranger), {"Authorization": "Bearer forged"}):
        answer = gallery.web.get(url, headers=headers)
        assert answer.status_code == 404
        assert "you may not see it" in answer.json()["detail"]


@pytest.mark.parametrize(("access", "anonymous", "signed_in"), [("1", 404, 200), ("2", 200, 200)])
def test_access_decides_for_those_who_are_no_members(
    gallery: Gallery, access: str, anonymous: int, signed_in: int
) -> None:
    gallery.access(access)
    with connect(gallery.lab.url) as conn:
        visitor = given.user(conn)
    url = gallery.url(gallery.ids[0])

    assert gallery.web.get(url).status_code == anonymous
    assert gallery.web.get(url, headers=given.headers(visitor)).status_code == signed_in


@pytest.mark.parametrize(
    "path",
    ["/vault/0001/0001.png", "/vault/9999999/0001.png", "/vault/100000/00001.png", "/vault/x/y.z"],
)
def test_what_is_no_image_is_not_found(gallery: Gallery, path: str) -> None:
    amanda = gallery.lab.owner

    answer = gallery.web.get(path, headers=given.headers(amanda))

    assert answer.status_code in (404, 422)


def test_a_page_of_images_costs_no_statement_once_it_was_authorised(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = given.headers(gallery.member())
    url = gallery.url(gallery.ids[0])
    gallery.web.get(url, headers=headers)
    sent: list[object] = []
    original: Any = psycopg.Cursor.execute  # pyright: ignore[reportUnknownMemberType]

    def counted(cursor: Any, query: object, *args: object, **kw: object) -> Any:
        sent.append(query)
        return original(cursor, query, *args, **kw)

    monkeypatch.setattr(psycopg.Cursor, "execute", counted)
    for image_id in gallery.ids * 20:
        assert gallery.web.get(gallery.url(image_id), headers=headers).status_code == 200

    assert sent == []


def test_thumbnails_come_together(gallery: Gallery) -> None:
    headers = given.headers(gallery.member())
    one, two, large = gallery.ids
    elsewhere = IMAGES * (gallery.lab.project_id + 1) + 1
    wanted = [two, one, large, 5, elsewhere]

    answer = gallery.web.get(
        f"/projects/{gallery.lab.project_id}/thumbnails",
        params={"ids": ",".join(map(str, wanted)), "size": 64},
        headers=headers,
    )

    head = 4 + 12 * len(wanted)
    assert struct.unpack_from("<I", answer.content) == (5,)
    pairs = list(struct.iter_unpack("<QI", answer.content[4:head]))
    assert [image_id for image_id, _ in pairs] == wanted
    lengths = [length for _, length in pairs]
    assert lengths[:2] == [len(gallery.pictures[1]), len(gallery.pictures[0])]
    assert lengths[3:] == [0, 0]
    assert answer.content[head : head + lengths[0]] == gallery.pictures[1]
    webp = answer.content[head + sum(lengths[:2]) :]
    assert (webp[:4], len(webp)) == (b"RIFF", lengths[2])


def test_thumbnails_are_closed_to_strangers(gallery: Gallery) -> None:
    answer = gallery.web.get(
        f"/projects/{gallery.lab.project_id}/thumbnails", params={"ids": gallery.ids[0]}
    )

    assert answer.status_code == 404


def test_a_right_that_ended_ends_here_within_a_minute(gallery: Gallery) -> None:
    clock = [0.0]
    app = gallery.web.app
    app.state.doorkeeper = Doorkeeper(lambda: clock[0])  # pyright: ignore
    gallery.access("2")
    url = gallery.url(gallery.ids[0])
    assert gallery.web.get(url).status_code == 200

    gallery.access("0")

    assert gallery.web.get(url).status_code == 200
    clock[0] = 61.0
    assert gallery.web.get(url).status_code == 404


def test_an_image_whose_id_was_given_again_is_told_by_its_hash(gallery: Gallery) -> None:
    headers = given.headers(gallery.member())
    one, two, _ = gallery.ids
    gallery.web.get(gallery.url(one), headers=headers)
    gallery.lab.find(
        """
        UPDATE images i SET position = o.position, length = o.length, hash = o.hash
          FROM images o WHERE i.image_id = %(one)s AND o.image_id = %(two)s RETURNING 1
        """,
        one=one,
        two=two,
    )

    answer = gallery.web.get(f"{gallery.url(one)}?v={gallery.hash(one)}", headers=headers)

    assert answer.content == gallery.pictures[1]
