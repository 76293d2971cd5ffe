"""What an installation tells of itself."""

from datetime import date

import pytest
from starlette.testclient import TestClient

import given
from calanus.annotation import service as annotation
from calanus.annotation.types import ClassifyOrder
from calanus.app import create_app
from calanus.installation.metrics import Requests, route_of, text
from calanus.installation.types import Gauges
from calanus.kit.db import Connection, execute
from calanus.kit.settings import Settings
from calanus.users import service as users
from given import COPEPODA, DETRITUS, NOON


def test_constants_are_what_clients_read_first(web: TestClient, shore: Connection) -> None:
    users.ensure_first_manager(shore, Settings(admin_email="ada@lab.example"))

    told = web.get("/constants").json()

    assert set(told) == {
        "license_texts", "access", "app_manager", "countries", "people_organization_directories",
        "user_status", "user_type", "password_regexp", "email_verification", "account_validation",
        "short_token_age", "profile_token_age", "recaptchaid", "formulae",
        "default_project_access", "max_upload_size", "time_to_live", "accepted_mime_types",
        "archive_extensions", "all_in_one", "taxoserver_url", "openid_configured",
        "recast_operation",
    }  # fmt: skip
    assert told["access"] == {"PUBLIC": "1", "OPEN": "2", "PRIVATE": "0"}
    assert told["formulae"].splitlines()[0] == "subsample_coef: 1/ssm.sub_part"
    assert "France" in told["countries"]
    assert told["recast_operation"]["prediction_input"] == "pre_predict"
    assert told["recast_operation"]["project_export"] == "project_export"
    assert told["app_manager"] == ["Application manager", ""], "no address for anonymous people"
    headers = given.headers(given.user(shore))
    assert web.get("/constants", headers=headers).json()["app_manager"][1] == "ada@lab.example"


def test_status_is_up_and_tells_settings_without_secrets(
    clone: str, settings: Settings, shore: Connection
) -> None:
    kept = settings.model_copy(
        update={"admin_password": "tide", "database_url": "postgresql://x:y@z/"}
    )
    with TestClient(create_app(kept, clone)) as web:
        assert web.get("/status").text == "UP!"
        told = web.get("/status", headers=given.headers(given.user(shore))).text

    assert "policy = strict" in told
    assert "admin_password = ***" in told
    for secret in ("tide", "x:y@z", settings.secret_key):
        assert secret not in told


def test_an_error_that_is_asked_for_is_one(web: TestClient, shore: Connection) -> None:
    assert web.get("/error").status_code == 403
    answer = web.get("/error", headers=given.headers(given.user(shore)))
    assert (answer.status_code, answer.json()["detail"]) == (
        500, "This error was asked for: nothing is wrong.",
    )  # fmt: skip


def test_nothing_is_nothing_and_old_ids_are_none(web: TestClient, shore: Connection) -> None:
    assert web.get("/noop", headers=given.headers(given.user(shore))).json() is None
    assert web.get("/migrated_ids?projects=1,2").json() == {
        "projects": {}, "samples": {}, "acquisitions": {}, "objects": {},
    }  # fmt: skip


# --- Sets of projects --------------------------------------------------------------------------


def test_settings_of_projects_are_texts_and_only_of_those_one_may_see(
    web: TestClient, shore: Connection
) -> None:
    amanda = given.user(shore)
    tara, secret = given.project(shore, member=amanda), given.project(shore)
    sql = """
        UPDATE projects SET object_columns = '{"area": "n01", "lens": "t01"}',
               initial_taxa = '{10,11}' WHERE project_id = %(p)s
    """
    execute(shore, sql, p=tara.project_id)
    web.headers.update(given.headers(amanda))
    ids = f"{tara.project_id}+{secret.project_id}+999"

    [told] = web.get(f"/project_set/projects?ids={ids}").json()

    assert told["columns"] == [
        "projid", "title", "instrument", "comments", "initclassiflist", "classiffieldlist",
        "cnn_network_id", "status", "access", "formulae",
    ]  # fmt: skip
    assert dict(zip(told["columns"], told["values"], strict=True))["initclassiflist"] == "10,11"
    assert dict(zip(told["columns"], told["values"], strict=True))["cnn_network_id"] == ""
    [whole] = web.get(f"/project_set/projects?ids={ids}&fields=*all").json()
    assert whole["columns"][10:] == ["mappingobj", "mappingsample", "mappingacq", "mappingprocess"]
    assert whole["values"][10] == '{"area": "n01", "lens": "t01"}'
    [some] = web.get(f"/project_set/projects?ids={ids}&fields=title,access").json()
    assert some["columns"] == ["title", "access"]
    assert web.get("/project_set/projects?ids=").json() == []
    wrong = web.get(f"/project_set/projects?ids={ids}&fields=colour")
    assert (wrong.status_code, "colour" in wrong.json()["detail"]) == (422, True)


def test_who_did_how_much(web: TestClient, shore: Connection) -> None:
    head = given.application_manager(shore)
    amanda, ben = given.user(shore, name="Amanda"), given.user(shore, name="Benoît")
    tara, idle = given.project(shore), given.project(shore)
    tiles = given.objects(shore, tara, 3, taxon=DETRITUS, state="P")
    given.objects(shore, idle, 1, taxon=DETRITUS, state="P")
    for by, some in ((amanda, tiles), (ben, tiles[:2])):
        order = ClassifyOrder([*some], [COPEPODA] * len(some))
        batch = annotation.classify(shore, tara, order, by=by, at=NOON)
    undone = ClassifyOrder([tiles[2]], [DETRITUS])
    batch = annotation.classify(shore, tara, undone, by=ben, at=NOON)
    annotation.undo(shore, given.refreshed(shore, tara, head), batch.row.batch_id, by=head, at=NOON)
    web.headers.update(given.headers(head))

    told = web.get(f"/project_set/user_stats?ids={tara.project_id},{idle.project_id}").json()

    assert told == [
        {
            "projid": tara.project_id,
            "annotators": [
                {"id": amanda.user_id, "name": "Amanda"},
                {"id": ben.user_id, "name": "Benoît"},
            ],
            "activities": [
                {"id": amanda.user_id, "nb_actions": 3, "last_annot": "2026-06-21T12:00:00"},
                {"id": ben.user_id, "nb_actions": 2, "last_annot": "2026-06-21T12:00:00"},
            ],
        }
    ]
    assert web.get("/project_set/user_stats?ids=").json() == []
    assert web.get("/project_set/user_stats?ids=987").status_code == 404


def test_what_the_acquisitions_of_a_project_hold(web: TestClient, shore: Connection) -> None:
    amanda = given.user(shore)
    tara = given.project(shore, member=amanda)
    given.objects(shore, tara, 2, taxon=COPEPODA, state="V")
    sql = """UPDATE projects SET object_columns = '{"area": "n01", "none": "n02"}'"""
    execute(shore, sql)
    web.headers.update(given.headers(amanda))

    lines = web.get(f"/projects/{tara.project_id}/stats").json()

    assert len(lines) == 2
    assert ": 2 objects, 0 images; 2 validated, 0 dubious, 0 predicted; 10 to 20 m deep" in lines[0]
    assert lines[0].endswith(f"{date(2026, 6, 21)} to {date(2026, 6, 21)}")
    assert lines[1].startswith("  area: ")
    assert lines[1].endswith("in 2 objects")
    empty = given.project(shore, member=amanda)
    assert web.get(f"/projects/{empty.project_id}/stats").json() == []


def test_instruments_of_projects_and_of_all(web: TestClient, shore: Connection) -> None:
    amanda = given.user(shore)
    tara, secret = given.project(shore, member=amanda), given.project(shore)
    for project, instrument in ((tara, "Lens 7"), (secret, "Hidden lens")):
        sql = "UPDATE projects SET instrument = %(i)s, access = '0' WHERE project_id = %(p)s"
        execute(shore, sql, i=instrument, p=project.project_id)
    both = f"{tara.project_id},{secret.project_id}"

    assert web.get(f"/instruments/?project_ids={both}").json() == []
    web.headers.update(given.headers(amanda))
    assert web.get(f"/instruments?project_ids={both}").json() == ["Lens 7"]
    every = web.get("/instruments/?project_ids=all").json()
    assert {"Lens 7", "ZooScan"} < set(every)
    assert "Hidden lens" not in every
    assert every == sorted(every)


# --- Metrics -----------------------------------------------------------------------------------


def test_metrics_count_answers_by_route_and_never_by_address(
    web: TestClient, shore: Connection
) -> None:
    head = given.application_manager(shore)
    tara = given.project(shore)
    given.objects(shore, tara, 2, taxon=COPEPODA, state="V")
    for path in ("/projects/987", "/projects/988", "/nowhere/at/all", "/app/projects/1"):
        web.get(path)

    told = web.get("/metrics", headers=given.headers(head))

    assert told.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = told.text.splitlines()
    route = 'route="/projects/{project_id}",method="GET"'
    assert f'calanus_requests_total{{{route},status="403"}} 2' in lines
    assert f'calanus_request_seconds_bucket{{{route},le="+Inf"}} 2' in lines
    assert f"calanus_request_seconds_count{{{route}}} 2" in lines
    assert 'calanus_requests_total{route="none",method="GET",status="404"} 1' in lines
    assert 'calanus_objects{state="V"} 2' in lines
    assert 'calanus_pool_connections{state="open"} ' in told.text
    assert "987" not in told.text
    names = {line.split()[2] for line in lines if line.startswith("# TYPE")}
    samples = {line.split("{")[0].split(" ")[0] for line in lines if not line.startswith("#")}
    assert {name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count")
            for name in samples} <= names  # fmt: skip


def test_a_method_nobody_knows_is_other(web: TestClient, shore: Connection) -> None:
    web.request("BREW", "/health")

    told = web.get("/metrics", headers=given.headers(given.application_manager(shore))).text

    assert 'method="other"' in told
    assert "BREW" not in told


def test_buckets_add_up() -> None:
    requests = Requests()
    for seconds in (0.001, 0.005, 0.2, 99.0):
        requests.count("/r", "GET", 200, seconds)

    lines = text(requests, {}, Gauges({}, {}, 0), 0).splitlines()

    found = {line.split('le="')[1].split('"')[0]: line[-1] for line in lines if "_bucket" in line}
    assert (found["0.005"], found["0.1"], found["0.25"], found["60.0"], found["+Inf"]) == (
        "2", "2", "3", "3", "4",
    )  # fmt: skip
    assert route_of({"path": "/x"}) == "none"


@pytest.mark.parametrize(
    ("setting", "client", "headers", "status"),
    [
        ("local", "127.0.0.1", {}, 200),
        ("local", "::1", {}, 200),
        ("local", "127.0.0.1", {"X-Forwarded-For": "8.8.8.8"}, 403),
        ("local", "192.0.2.7", {}, 403),
        ("open", "192.0.2.7", {}, 200),
        ("off", "127.0.0.1", {}, 404),
    ],
)
def test_who_reads_metrics(
    clone: str, settings: Settings, setting: str, client: str, headers: dict[str, str], status: int
) -> None:
    kept = settings.model_copy(update={"metrics": setting})
    with TestClient(create_app(kept, clone), client=(client, 1)) as web:
        assert web.get("/metrics", headers=headers).status_code == status
