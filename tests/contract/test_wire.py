"""A laboratory keeps EcoTaxa's own front end and points it at Calanus: what it says on the wire,
beyond what the description of the interface tells, statement by statement."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import given
from calanus.kit.db import connect
from calanus.kit.settings import Settings
from conftest import database
from contract_world import Cruise, new_cruise
from front_end import session
from given import CALANOIDA, COPEPODA, KEY, PASSWORD


@pytest.fixture(scope="module")
def cruise(
    server: str, template: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cruise]:
    """One cruise for all statements."""
    settings = Settings(data=tmp_path_factory.mktemp("wire") / "data", secret_key=KEY)
    with database(server, template=template[0]) as (_, url):
        cruise = new_cruise(url, settings)
        with cruise.web:
            yield cruise


# --- Prefixes and slashes ------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "/api", "/api/api", "/api/api/api", "/api/", "/api//api/"])
def test_any_number_of_prefixes_leads_to_the_interface(cruise: Cruise, prefix: str) -> None:
    assert cruise.read(f"GET {prefix}/users/me")["id"] == cruise.head.user_id
    assert cruise.ask(f"GET {prefix}/openapi.json").status_code == 200


def test_images_are_below_the_vault_with_two_prefixes(cruise: Cruise) -> None:
    fields = "img.file_name,img.thumb_file_name"
    found = cruise.read(f"POST /object_set/{{project_id}}/query?fields={fields}", {})
    file_name, thumbnail = found["details"][0]

    assert thumbnail is None
    for prefix in ("/vault", "/api/vault", "/api/api/vault"):
        answer = cruise.ask(f"GET {prefix}/{file_name}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")


@pytest.mark.parametrize(
    "call",
    [
        "GET /jobs/",
        "GET /jobs/{job_id}/",
        "GET /user_files/",
        "GET /common_files/?path=",
        "DELETE /object_set/",
        "POST /user_files/rm/",
    ],
)
def test_the_last_slash_may_be_there_or_not(cruise: Cruise, call: str) -> None:
    def said(call: str) -> tuple[int, Any]:
        body: Any = [] if "object_set" in call else None
        answer = cruise.ask(call, body, follow_redirects=False)
        told = re.sub(r'"space":{.*?}', "", answer.text)  # which others fill meanwhile
        return answer.status_code, told

    with_slash, without = said(call), said(call.replace("/?", "?").rstrip("/"))

    assert with_slash[0] in (200, 422)
    assert without == with_slash


@pytest.mark.parametrize("address", ["/user_files/", "/user_files/%2F", "/api/user_files/%2f"])
def test_the_root_of_ones_files_has_several_addresses(cruise: Cruise, address: str) -> None:
    found = cruise.read(f"GET {address}")

    assert {entry["name"] for entry in found["entries"]} >= {"nets.zip"}


# --- Who asks ------------------------------------------------------------------------------------


def test_to_sign_in_answers_a_bare_string(cruise: Cruise) -> None:
    token = cruise.read("POST /login", {"username": cruise.head.email, "password": PASSWORD})

    assert re.fullmatch(r"[\w.-]+\.[\w-]+\.[\w-]+", token)
    answer = cruise.web.get("/users/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["id"] == cruise.head.user_id


def test_who_signed_in_and_then_sends_no_token_is_nobody(cruise: Cruise) -> None:
    """A client that keeps cookies, as many do, asks as somebody only where it sends a token."""
    cruise.read("POST /login", {"username": cruise.head.email, "password": PASSWORD})

    assert cruise.web.get("/users/me").status_code == 403
    hidden = cruise.filled("/projects/{project_id}")
    assert cruise.web.get(hidden).status_code == 403


def test_the_front_ends_own_cookie_is_a_token(cruise: Cruise) -> None:
    """Flask-Login keeps the person's id as a text, among other things of its own."""
    flask = {"_fresh": True, "_id": "5" * 128, "_user_id": str(cruise.head.user_id), "csrf": "x"}
    large = flask | {"notes": "copepods " * 100}  # Flask compresses what is long

    for payload in (flask, large, {"user_id": cruise.head.user_id}):
        token = session(payload)
        bearer = cruise.web.get("/users/me", headers={"Authorization": f"Bearer {token}"})
        cookie = cruise.web.get("/users/me", headers={"Cookie": f"session={token}"})
        assert bearer.status_code == cookie.status_code == 200
        assert bearer.json()["id"] == cookie.json()["id"] == cruise.head.user_id


def test_a_bearer_wins_over_the_cookie_and_another_scheme_falls_through(cruise: Cruise) -> None:
    good = session({"user_id": cruise.head.user_id})

    def status(authorization: str) -> int:
        headers = {"Authorization": authorization, "Cookie": f"session={good}"}
        return cruise.web.get("/users/me", headers=headers).status_code

    assert status("Bearer forged") == 401
    assert status("Basic QW46eHl6") == 200


@pytest.mark.parametrize(
    ("age", "status"),
    [
        (timedelta(days=30), 200),
        (timedelta(days=32), 401),
        (timedelta(minutes=-2), 200),
        (timedelta(minutes=-10), 401),
    ],
    ids=["a month old", "too old", "by a clock that is ahead", "of the future"],
)
def test_a_cookie_lasts_31_days(cruise: Cruise, age: timedelta, status: int) -> None:
    at = datetime.now(UTC) - age
    token = session({"_user_id": str(cruise.head.user_id)}, signed_at=at)

    answer = cruise.web.get("/users/me", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == status


@pytest.mark.parametrize(
    "token",
    [
        session({"_user_id": "1"}, key="another key"),
        session({"_user_id": "9999999"}),
        session({"_user_id": None}),
        session({"_user_id": True}),
        session({"_fresh": True}),
        "a.b.c",
        "",
    ],
    ids=[
        "forged",
        "of an unknown person",
        "of null",
        "of a truth",
        "of nobody",
        "garbage",
        "empty",
    ],
)
def test_a_token_that_is_not_good_is_nobodys(cruise: Cruise, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}

    assert cruise.web.get("/users/me", headers=headers).status_code == (401 if token else 403)
    # Where anonymous people are welcome, it is as if none had come.
    assert cruise.web.get("/taxon/10", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "call", ["GET /ml_models", "GET /users/admins", "GET /organizations/search?name=%25sea%25"]
)
def test_some_calls_come_without_a_token(cruise: Cruise, call: str) -> None:
    answer = cruise.web.request(*call.split(" "))

    assert (answer.status_code, type(answer.json())) == (200, list)


# --- What is asked -------------------------------------------------------------------------------


@pytest.mark.parametrize("separator", [",", "+", " ", "|", "%2C", "%20", "%7C", ":", ", ", "-"])
def test_ids_are_separated_by_whatever_is_no_digit(cruise: Cruise, separator: str) -> None:
    taxa = cruise.read(f"GET /taxon_set/query?ids={COPEPODA}{separator}{CALANOIDA}{separator}")
    p, other = cruise.names["project_id"], cruise.names["other_id"]
    stats = cruise.read(f"GET /project_set/taxo_stats?ids={p}{separator}{other}")
    samples = cruise.read(f"GET /samples/search?project_ids={p}{separator}{other}&id_pattern=")

    assert {taxon["id"] for taxon in taxa} == {COPEPODA, CALANOIDA}
    assert {line["projid"] for line in stats} == {p, other}
    assert {sample["projid"] for sample in samples} == {p, other}


def test_minus_one_stands_for_no_taxon_in_a_list(cruise: Cruise) -> None:
    """The statistics of a project count under it what is not identified."""
    for ids in (f"-1+{COPEPODA}", f"{COPEPODA},-1", f"{COPEPODA}|-1|"):
        taxa = cruise.read(f"GET /taxon_set/query?ids={ids}")
        assert [taxon["id"] for taxon in taxa] == [COPEPODA]


@pytest.mark.parametrize(
    "call",
    [
        "GET /taxon_set/query?ids=",
        "GET /project_set/taxo_stats?ids=&taxa_ids=",
        "GET /samples/search?project_ids=&id_pattern=",
        "GET /sample_set/taxo_stats?sample_ids=",
        "GET /projects?project_ids=",
    ],
)
def test_an_empty_list_of_ids_answers_an_empty_list(cruise: Cruise, call: str) -> None:
    assert cruise.read(call) == []


PAGE_STATE: dict[str, Any] = {
    "taxo": "",
    "taxochild": "",
    "statusfilter": "",
    "MapN": "",
    "MapS": "",
    "depthmin": "",
    "month": "",
    "freenum": "n01",
    "freenumst": "",
    "freetxt": "",
    "ipp": 200,
    "zoom": "100",
    "magenabled": "1",
    "popupenabled": None,
    "sortby": "",
    "dispfield": " ",
    "projid": 1,
    "pageoffset": 0,
}


def test_unknown_keys_and_empty_texts_of_a_filter_are_ignored(cruise: Cruise) -> None:
    found = cruise.read("POST /object_set/{project_id}/query", PAGE_STATE)
    summary = cruise.read("POST /object_set/{project_id}/summary?only_total=false", PAGE_STATE)

    assert found["total_ids"] == len(found["object_ids"]) == summary["total_objects"] == 4


def test_a_warm_up_of_ten_thousand_is_answered(cruise: Cruise) -> None:
    call = "POST /object_set/{project_id}/query?fields=obj.objid&window_start=0&window_size=10000"

    found = cruise.read(call, {"filters": {}})

    assert found["details"] == [[object_id] for object_id in found["object_ids"]]


def test_without_a_window_all_objects_are_answered(cruise: Cruise) -> None:
    with connect(cruise.lab.url) as conn:
        many = given.project(conn)
        given.objects(conn, many, 150)

    found = cruise.read(f"POST /object_set/{many.project_id}/query", {})

    assert len(found["object_ids"]) == found["total_ids"] == 150


def test_projects_are_searched_with_any_fields_and_nothing_else(cruise: Cruise) -> None:
    for fields in ("*default", "*summary,viewers,managers", "projid,title,init_classif_list"):
        found = cruise.read(f"GET /projects/search?fields={fields}")
        assert {"projid", "title", "viewers", "init_classif_list"} <= set(found[0])


# --- What is answered ----------------------------------------------------------------------------


def test_the_tree_tells_to_the_second_when_it_changed(cruise: Cruise) -> None:
    refreshed = cruise.read("GET /taxa/status")["last_refresh"]

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", refreshed)


def test_times_are_naive_and_what_is_no_number_is_null(cruise: Cruise) -> None:
    tile = cruise.read("GET /object/{object_id}")
    job = cruise.read("GET /jobs/{job_id}/")

    for moment in (tile["classif_when"], job["creation_date"], job["updated_on"]):
        assert datetime.fromisoformat(moment).tzinfo is None
    assert (tile["objdate"], tile["objtime"]) == ("2026-01-15", "08:30:00")
    query = "POST /object_set/{other_id}/query?fields=obj.classif_score,obj.classif_when"
    assert cruise.read(query, {})["details"] == [[None, None]]


# --- The next version ----------------------------------------------------------------------------


def test_a_project_changes_only_in_what_is_given(cruise: Cruise) -> None:
    before = cruise.read("GET /projects/{project_id}")

    cruise.read("PATCH /projects/{project_id}", {"initclassiflist": f"{COPEPODA},{CALANOIDA}"})
    after = cruise.read("GET /projects/{project_id}")

    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"initclassiflist", "init_classif_list"}
    assert after["init_classif_list"] == [COPEPODA, CALANOIDA]
    assert after["initclassiflist"] == f"{COPEPODA},{CALANOIDA}"


def test_a_whole_project_goes_back_as_it_came(cruise: Cruise) -> None:
    """The front end reads a project, changes a property, and puts all of it."""
    before = cruise.read("GET /projects/{project_id}?for_managing=true")

    cruise.read("PUT /projects/{project_id}", before | {"title": "Tara leg 4"})

    assert cruise.read("GET /projects/{project_id}") == before | {"title": "Tara leg 4"}


def test_formulae_and_variables_are_two_views_of_one_thing(cruise: Cruise) -> None:
    text = "subsample_coef: 1/ssm.sub_part\ntotal_water_volume: sam.tot_vol/1000"
    cruise.read("PATCH /projects/{project_id}", {"formulae": text})
    by_text = cruise.read("GET /projects/{project_id}")["bodc_variables"]
    cruise.read(
        "PUT /projects/{project_id}",
        {"bodc_variables": {**by_text, "subsample_coef": "2"}},
    )

    assert by_text["subsample_coef"] == "1/ssm.sub_part"
    assert "subsample_coef: 2" in cruise.read("GET /projects/{project_id}")["formulae"]


def test_a_summary_takes_one_quantity_or_several(cruise: Cruise) -> None:
    for quantity in ("abundance", ["abundance"]):
        request = {"project_id": "{project_id}", "quantity": quantity}
        body = {"filters": {}, "request": request}
        assert cruise.read("POST /object_set/export/summary", body)["job_id"]


def test_the_formulae_of_a_darwin_core_archive_may_be_missing(cruise: Cruise) -> None:
    body = {"collection_id": "{collection_id}", "dry_run": True}

    for more in ({}, {"formulae": {"subsample_coef": "1"}}):
        assert cruise.ask("POST /collections/export/darwin_core", body | more).status_code == 200


# --- Addresses of its pages ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("/prj/7", "/app/projects/7/sort"),
        (
            "/prj/7?taxo=45&taxochild=Y&statusfilter=P&ipp=200&zoom=100",
            "/app/projects/7/sort?taxon=45&state=P",
        ),
        (
            "/prj/7?taxo=45&samples=7000001,7000002&sortby=classif_score&sortorder=desc",
            "/app/projects/7/sort?taxon=45&children=no&samples=7000001,7000002"
            "&order=-obj.classif_score",
        ),
        (
            "/prj/7?MapN=44&MapS=43&MapW=7&MapE=8&depthmin=0&depthmax=50&month=",
            "/app/projects/7/sort?MapN=44&MapW=7&MapE=8&MapS=43&depthmin=0&depthmax=50",
        ),
        (
            "/prj/7?freenum=score&freenumst=0.5&sortby=ss-I700000001",
            "/app/projects/7/sort?least=0.5&order=ss-I700000001",
        ),
        ("/prj/7?taxo=1,2&taxochild=Y", "/app/projects/7/sort?taxo=1,2&taxochild=Y"),
        ("/prj/7?sortby=%22%3E%3Cscript", "/app/projects/7/sort"),
        ("/api/prj/7/", "/app/projects/7/sort"),
        ("/prj/", "/app/projects"),
        ("/gui/prj/", "/app/projects"),
        ("/gui/prj/listall/", "/app/projects"),
        ("/gui/prj/edit/7", "/app/projects/7/settings"),
        ("/gui/prj/about/7", "/app/projects/7"),
        ("/gui/prj/editannot/7?filt_annot=3", "/app/projects/7/history"),
        ("/gui/job/create/FileImport?projid=7", "/app/projects/7/import"),
        ("/gui/job/create/GenExport?projid=7", "/app/projects/7/export"),
        ("/Job/Create/Prediction?p=7", "/app/projects/7/predict"),
        ("/gui/job/create/DarwinCoreExport?collection_id=3", "/app/collections/3"),
        ("/gui/job/create/Nothing?projid=7", "/app/projects"),
        ("/gui/jobs/", "/app/jobs"),
        ("/gui/job/show/12", "/app/jobs/12"),
        ("/gui/job/question/12", "/app/jobs/12"),
        ("/gui/collection/edit/3", "/app/collections/3"),
        ("/gui/me/profile", "/app/me"),
        ("/gui/login", "/app/login"),
        ("/gui/", "/app/"),
        ("/gui/about/", "/app/"),
        ("/explore/", "/app/"),
        ("/objectdetails/700000012", "/app/objects/700000012"),
    ],
)
def test_an_old_link_leads_to_our_page_with_its_filters(
    cruise: Cruise, theirs: str, ours: str
) -> None:
    answer = cruise.web.get(theirs, follow_redirects=False)

    assert (answer.status_code, answer.headers.get("location")) == (302, ours)
