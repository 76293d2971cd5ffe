"""The web door: errors are sentences, headers are strict, addresses are forgiving."""

import re

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

import given
from calanus.app import LARGEST_REQUEST
from calanus.kit.db import Connection


def test_health_tells_of_the_database(web: TestClient) -> None:
    assert web.get("/health").json() == {"status": "ok", "version": "0.1.0", "database": True}
    assert web.head("/health").status_code == 200, "monitors ask so"


def test_an_address_may_begin_with_api_and_end_with_a_slash(
    web: TestClient, shore: Connection
) -> None:
    web.headers.update(given.headers(given.user(shore)))

    for address in ("/jobs", "/jobs/", "/api/jobs/", "/api/api/jobs?for_admin=false"):
        answer = web.get(address, follow_redirects=False)
        assert (answer.status_code, answer.json()) == (200, [])


def test_every_operation_is_found_with_and_without_the_last_slash(web: TestClient) -> None:
    paths = web.get("/openapi.json").json()["paths"]
    asked = [(method, path) for path, offered in paths.items() for method in offered]

    lost = [
        (method, address)
        for method, path in asked
        for address in (path.rstrip("/"), f"{path.rstrip('/')}/")
        if unknown(web.request(method, re.sub(r"{\w+}", "7", address), follow_redirects=False))
    ]

    assert len(asked) > 150
    assert lost == []


def unknown(answer: Response) -> bool:
    """Whether no operation answers an address: none of ours says so in these words."""
    return answer.status_code == 405 or answer.text == '{"detail":"Not Found"}'


def test_clients_of_ecotaxa_accept_the_version(web: TestClient) -> None:
    assert web.get("/api/openapi.json").json()["info"]["version"].startswith("0.0.")


def test_every_answer_is_strict_about_what_a_page_may_do(web: TestClient) -> None:
    headers = web.get("/health").headers

    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_a_request_that_is_too_large_is_refused_before_it_is_read(web: TestClient) -> None:
    too_much = b"[" + b" " * LARGEST_REQUEST + b"]"

    answer = web.post("/object_set/predictions", content=too_much)

    assert answer.status_code == 413
    assert "in parts" in answer.json()["detail"]


def test_a_length_that_is_no_number_is_no_crash(web: TestClient) -> None:
    answer = web.post("/object_set/1/query", json={}, headers={"Content-Length": "many"})

    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("method", "address", "body"),
    [
        ("GET", "/users/99999999999999999999", None),
        ("PUT", "/users/my_preferences/99999999999999999999?key=a&value=b", None),
        ("POST", "/projects/create", {"title": "a\x00b"}),
        ("GET", "/project_set/column_stats?ids=&names=fre.area", None),
        ("GET", "/projects/1/thumbnails?ids=none&size=64", None),
    ],
)
def test_a_value_that_nothing_can_hold_is_a_mistake_and_no_crash(
    web: TestClient, shore: Connection, method: str, address: str, body: object
) -> None:
    web.headers.update(given.headers(given.application_manager(shore)))

    answer = web.request(method, address, json=body)

    assert answer.status_code in (404, 422), answer.text
    assert answer.json()["detail"]


@pytest.mark.parametrize("body", [b"\x96", b'{"username": "\xd8"}'])
def test_a_body_that_is_no_text_is_refused_with_a_sentence(web: TestClient, body: bytes) -> None:
    answer = web.post("/login", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 422
    assert "cannot be read" in answer.json()["detail"]


@pytest.mark.parametrize(
    "address",
    ["/projects?project_ids={}", "/organizations?ids={}", "/taxon_set/query?ids=1,{}"],
)
def test_a_number_longer_than_any_id_is_the_id_of_nothing(
    web: TestClient, shore: Connection, address: str
) -> None:
    web.headers.update(given.headers(given.application_manager(shore)))

    answer = web.get(address.format("9" * 5000))

    assert (answer.status_code, answer.json()) == (200, [])


def test_the_document_tells_who_may_ask_and_what_may_be_refused(web: TestClient) -> None:
    paths = web.get("/openapi.json").json()["paths"]

    signed_in: list[dict[str, list[str]]] = [{"BearerOrCookieAuth": []}]
    assert paths["/users/me"]["get"]["security"] == signed_in
    assert paths["/projects"]["get"]["security"] == [*signed_in, {}]
    assert "429" in paths["/login"]["post"]["responses"]
    assert "429" in paths["/users/me/password"]["put"]["responses"]
    assert "429" in paths["/projects/{project_id}/events"]["get"]["responses"]
    worms = paths["/searchworms/{name}"]["get"]["responses"]
    assert {"502", "503", "504"} <= set(worms)
    assert "security" not in paths["/health"]["get"]
    assert set(paths["/users/me"]["get"]["responses"]) == {
        *("200", "400", "401", "403", "404", "409", "413", "422")
    }
    kinds = paths["/jobs/{job_id}/file"]["get"]["responses"]["200"]["content"]
    assert {"application/zip", "text/tab-separated-values"} <= set(kinds)


def test_a_method_that_an_address_lacks_is_refused_with_those_it_has(web: TestClient) -> None:
    answer = web.post("/api/collections/1")

    assert answer.status_code == 405
    assert answer.headers["allow"] == "DELETE, GET, PATCH, PUT"
    assert "does not answer to POST, but to DELETE and GET" in answer.json()["detail"]


def test_what_is_not_there_says_so(web: TestClient) -> None:
    assert web.get("/nothing").status_code == 404
    assert web.get("/", follow_redirects=False).headers["location"] == "/app/"
