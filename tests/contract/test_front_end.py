"""A day of a laboratory that kept EcoTaxa's front end: its pages, one after the other."""

import base64
import io
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

import given
from calanus.kit.db import connect
from calanus.kit.ids import JobId
from calanus.kit.settings import Settings
from conftest import database
from contract_calls import CALLS, REFUSED
from contract_world import Cruise, new_cruise
from facts import BUILT, ecotaxas
from front_end import ADDRESS, PAGE, TUS, FrontEnd, session
from given import CALANOIDA, COPEPODA, KEY

FIELDS = "obj.orig_id,obj.classif_qual,img.file_name,img.thumb_file_name,txo.display_name,fre.area"


@pytest.fixture(scope="module")
def cruise(
    server: str, template: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cruise]:
    """An installation whose people open it by the front end's address."""
    folder = tmp_path_factory.mktemp("front") / "data"
    settings = Settings(data=folder, secret_key=KEY, public_url=ADDRESS, registration="open")
    with database(server, template=template[0]) as (_, url):
        cruise = new_cruise(url, settings)
        cruise.names |= {"email": "a", "status": "active", "sub_path": "", "name": "Copepoda"}
        with cruise.web:
            cruise.begin()
            yield cruise


@pytest.fixture
def front(cruise: Cruise) -> FrontEnd:
    """The front end, where the application manager has signed in."""
    return FrontEnd(cruise).sign_in(cruise.head)


# --- Looking and sorting -------------------------------------------------------------------------


def test_lists_of_projects_are_asked_for_in_several_ways(front: FrontEnd) -> None:
    search = "GET /projects/search"
    mine, summary, others, managed = front.opens(
        search,
        f"{search}?fields=*summary,viewers,managers&title_filter=&instrument_filter=",
        f"{search}?not_granted=true&fields=*default",
        f"{search}?for_managing=true&fields=projid,title&order_field=-projid&window_size=50",
    )

    ids = {project["projid"] for project in mine}
    assert {front.cruise.names["project_id"], front.cruise.names["other_id"]} <= ids
    assert {project["projid"] for project in summary} == ids
    assert [project["projid"] for project in managed] == sorted(ids, reverse=True)
    assert others == []


def test_the_classification_page_shows_classifies_and_takes_back(front: FrontEnd) -> None:
    query = f"POST /object_set/{{project_id}}/query?fields={FIELDS}"
    project, counts, recent = front.opens(
        "GET /projects/{project_id}",
        "GET /project_set/taxo_stats?ids={project_id}&taxa_ids=all",
        "GET /users/my_preferences/{project_id}?key=filters",
    )
    front.read("PUT /users/my_preferences/{project_id}?key=filters&value=taxo%3D10")
    warm = front.read(f"{query}&window_start=0&window_size=10000", PAGE)
    shown = front.read(f"{query}&order_field=-fre.area&window_start=0&window_size=200", PAGE)
    used = "+".join(str(line["used_taxa"][0]) for line in counts)
    taxa = {taxon["id"] for taxon in front.read(f"GET /taxon_set/query?ids={used}")}
    probe = front.browser(
        "POST /object_set/{project_id}/similarity_search/{new_id}?size=0", json={}
    )

    assert (recent, "area" in project["obj_free_cols"]) == ("", True)
    assert shown["object_ids"] == sorted(warm["object_ids"], reverse=True)
    assert COPEPODA in taxa
    assert "feature extractor" in probe.json()["message"]
    for name in (row[2] for row in shown["details"]):
        picture = front.browser(f"GET /api/vault/{name}")
        again = front.browser(
            f"GET /api/vault/{name}", headers={"If-None-Match": picture.headers["etag"]}
        )
        assert (picture.status_code, again.status_code) == (200, 304)
        assert picture.headers["cache-control"].startswith("private")

    order = {"target_ids": ["{new_id}"], "classifications": [CALANOIDA], "csrf_token": "9f"}
    assert front.read("POST /object_set/classify", order | {"wanted_qualification": "V"}) == 1
    [last] = front.read("POST /object_set/parents", ["{new_id}"])["object_ids"]
    assert front.read("GET /object/{new_id}")["classif_id"] == CALANOIDA
    back = "POST /object_set/{project_id}/revert_to_history?dry_run="
    mine = PAGE | {"taxo": str(CALANOIDA), "filt_annot": front.kept["_user_id"]}
    would = front.read(f"{back}true", mine)["last_entries"]
    assert [entry["objid"] for entry in would] == [last]
    front.read(f"{back}false", mine)
    assert front.read("GET /object/{new_id}")["classif_id"] is None


def test_the_page_of_an_object_is_read_from_all_its_levels(front: FrontEnd) -> None:
    tile, history, sample, acquisition, process = front.opens(
        "GET /object/{object_id}",
        "GET /object/{object_id}/history",
        "GET /sample/{sample_id}",
        "GET /acquisition/{acquisition_id}",
        "GET /process/{process_id}",
    )
    remark = {"ucol": "complement_info", "uval": "both antennae"}
    front.read("POST /object_set/update", {"target_ids": ["{object_id}"], "updates": [remark]})

    assert (tile["sample_id"], tile["acquisid"]) == (sample["sampleid"], acquisition["acquisid"])
    assert process["processid"] == tile["acquisid"]
    assert history[0]["classif_qual"] == "D"
    assert front.read(f"GET /users/{tile['classif_who']}")["id"] == tile["classif_who"]
    assert front.read("GET /object/{object_id}")["complement_info"] == "both antennae"


# --- Settings, files and jobs --------------------------------------------------------------------


def test_settings_go_back_whole_or_in_part_with_either_list_of_taxa(front: FrontEnd) -> None:
    whole, people = front.opens(
        "GET /projects/{project_id}?for_managing=true", "GET /users/search?by_name=%25a%25"
    )
    front.read("PUT /projects/{project_id}", whole | {"init_classif_list": [10]})
    [again] = front.opens("GET /projects/{project_id}?for_managing=true")
    changed = again | {"initclassiflist": "11,20", "submit": "Save"}
    front.read("PUT /projects/{project_id}", changed)
    front.read("PATCH /projects/{project_id}", {"viewers": people, "contact": whole["contact"]})

    after = front.read("GET /projects/{project_id}")
    assert (after["init_classif_list"], after["initclassiflist"]) == ([11, 20], "11,20")
    members = [*after["managers"], *after["viewers"]]  # the higher of two privileges counts
    assert {member["id"] for member in members} == {person["id"] for person in people}
    assert after["managers"] == whole["managers"]


def test_a_package_is_sent_by_the_browser_imported_and_asked_about(front: FrontEnd) -> None:
    lab, packed = front.cruise.lab, io.BytesIO()
    annotated = ["object_annotation_category", "object_annotation_status"]
    lines = [
        ["object_id", "img_file_name", *annotated],
        ["[t]"] * 4,
        ["o1", "a.png", "an unknown beast", "predicted"],
    ]
    with zipfile.ZipFile(packed, "w") as package:
        package.writestr("ecotaxa_leg.tsv", "\n".join("\t".join(line) for line in lines))
        package.write(lab.folder / "tile_1.png", "a.png")
    sent, name = packed.getvalue(), base64.b64encode(b"leg.zip").decode()
    begun = front.browser(
        "POST /user_files/upload/",
        headers=TUS | {"Upload-Length": str(len(sent)), "Upload-Metadata": f"filename {name}"},
    )
    assert begun.headers["location"].startswith(f"{ADDRESS}/api/user_files/upload/")
    onward = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    address = begun.headers["location"].removeprefix(f"{ADDRESS}/api")
    assert front.browser(f"PATCH {address}", headers=TUS | onward, content=sent).status_code == 204
    listed = front.browser("GET /user_files/%2F").json()
    assert "leg.zip" in {entry["name"] for entry in listed["entries"]}

    front.opens("GET /common_files/?path=", "GET /users/my_preferences/{project_id}?key=cwd")
    asked: dict[str, Any] = {"source_path": "leg.zip", "taxo_mappings": {}, "update_mode": ""}
    job_id = front.read("POST /file_import/{other_id}", asked)["job_id"]
    lab.run(JobId(job_id))
    job = front.browser(f"GET /jobs/{job_id}/").json()
    assert job["state"] == "A", job["errors"]
    assert job["question"]["missing_taxa"] == ["an unknown beast"]
    front.read(f"POST /jobs/{job_id}/answer", {"taxa": {"an unknown beast": COPEPODA}})
    lab.run(JobId(job_id))

    done = front.browser(f"GET /jobs/{job_id}/").json()
    assert (done["state"], done["progress_msg"], done["errors"]) == ("F", "Done", [])
    assert job_id in {job["id"] for job in front.read("GET /jobs/?for_admin=true")}
    front.read(f"DELETE /jobs/{job_id}")


def test_an_export_is_started_followed_and_fetched(front: FrontEnd) -> None:
    request = {"project_id": "{project_id}", "split_by": "sample", "submit": ""}
    body = {"filters": PAGE, "request": request}
    job_id = front.read("POST /object_set/export/general", body)["job_id"]
    front.cruise.lab.run(JobId(job_id))

    told = front.browser(f"HEAD /jobs/{job_id}/file")
    fetched = front.browser(f"GET /jobs/{job_id}/file")

    assert told.headers["content-length"] == str(len(fetched.content))
    assert fetched.content.startswith(b"PK")
    assert f"_{job_id}_" in fetched.headers["content-disposition"]


def test_a_prediction_is_prepared_and_started(front: FrontEnd) -> None:
    settings = (
        "PUT /projects/{project_id}/prediction_settings?settings=baseproject%3D1%0Acritvar%3D"
    )
    stats, columns, _ = front.opens(
        "GET /project_set/column_stats?ids={project_id}&names=fre.area&limit=5000&categories=10",
        "GET /project_set/projects?ids={project_id}&fields=*all",
        "GET /ml_models",
    )
    front.read(f"{settings}area")
    request = {"project_id": "{project_id}", "source_project_ids": ["{project_id}"]}
    request |= {"features": ["fre.area"], "categories": [COPEPODA], "pre_mapping": {}}
    body = {"filters": PAGE, "request": request | {"use_scn": False, "learning_limit": 5000}}
    begun = front.read("POST /object_set/predict", body)

    assert (stats["columns"], columns[0]["projid"]) == (
        ["fre.area"],
        front.cruise.names["project_id"],
    )
    assert front.read("GET /projects/{project_id}")["classifsettings"].endswith("critvar=area")
    assert front.read(f"GET /jobs/{begun['job_id']}/")["type"] == "Prediction"


# --- Taxa and people -----------------------------------------------------------------------------


def test_the_browser_of_taxa_walks_down_the_tree(front: FrontEnd) -> None:
    status, roots, nothing = front.opens("GET /taxa/status", "GET /taxa", "GET /taxon/424242")
    below = "+".join(str(child) for root in roots for child in root["children"])
    children = front.read(f"GET /taxon_set/query?ids={below}+")
    pulled = front.read("GET /taxa/pull_from_central")

    assert (len(status["last_refresh"]), nothing) == (len("2026-01-15T08:30:00"), None)
    assert children
    assert {"error", "inserts", "updates"} <= set(pulled)
    found = front.browser("GET /taxon_set/search?query=copepo&project_id={project_id}").json()
    assert COPEPODA in {taxon["id"] for taxon in found}


def test_people_register_are_administrated_and_cited(front: FrontEnd) -> None:
    anonymous = FrontEnd(front.cruise)
    assert anonymous.read("GET /constants", token="")["password_regexp"]
    new = {"id": -1, "email": "nina@sea.example", "name": "Nina Net", "organisation": "Sea Lab"}
    new |= {"country": "Iceland", "usercreationreason": "nets", "password": "Copepods#1"}
    bot = "POST /users/create?no_bot=127.0.0.1&no_bot=proof"
    anonymous.read(bot, new | {"status": None, "can_do": []}, token="")

    [nina] = [user for user in front.opens("GET /users")[0] if user["email"] == new["email"]]
    front.read(f"PUT /users/{nina['id']}", nina | {"status_admin_comment": "until May"})
    guest = {"id": -1, "email": "gus@sea.example", "name": "Gus Guest", "organisation": "Sea Lab"}
    gus = front.read("POST /guests/create", guest)
    made = {"title": "Nets of a day", "project_ids": ["{other_id}"]}
    collection = front.read("POST /collections/create", made)
    cited = {"creator_users": [gus["id"]], "abstract": "Nets.", "csrf_token": "9f"}
    front.read(f"PATCH /collections/{collection}", cited)

    [creator] = front.read(f"GET /collections/{collection}")["creator_users"]
    assert creator["name"] == "Gus Guest"
    assert front.read(f"DELETE /collections/{collection}") == collection


# --- Its session ----------------------------------------------------------------------------------


def test_who_signed_in_there_last_is_who_asks(cruise: Cruise) -> None:
    """Somebody signs in at our page, and then, on the same host, somebody else at the front end.

    Flask keeps what it does not know in its session, and Flask-Login writes beside it.
    """
    mine = str(cruise.head.user_id)
    for before in (cruise.names["guest_id"], None, ""):
        token = session({"user_id": before, "_user_id": mine})
        answer = cruise.web.get("/users/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.json()["id"] == cruise.head.user_id
    left = session({"user_id": cruise.head.user_id, "_user_id": None})
    assert cruise.web.get("/users/me", headers={"Cookie": f"session={left}"}).status_code == 200


def test_of_several_cookies_of_one_name_the_one_that_is_ours_counts(cruise: Cruise) -> None:
    """Another Flask application may have set its own for the whole domain of the laboratory."""
    ours = session({"_user_id": str(cruise.head.user_id)})
    theirs = session({"_user_id": "77"}, key="another key")

    for cookie in (f"session={theirs}; session={ours}", f"session={ours}; a=b; session={theirs}"):
        assert cruise.web.get("/users/me", headers={"Cookie": cookie}).status_code == 200
    both = {"Cookie": f"session={theirs}; session={theirs}"}
    assert cruise.web.get("/users/me", headers=both).status_code == 401


def test_a_session_ends_when_its_account_is_blocked(front: FrontEnd) -> None:
    with connect(front.cruise.lab.url) as conn:
        amanda = given.user(conn)
    hers = FrontEnd(front.cruise).sign_in(amanda)
    hers.opens("GET /projects/search")
    reason = {"reason": "has left"}

    front.read(f"POST /users/activate/{amanda.user_id}/blocked", reason)
    blocked = hers.ask("GET /users/me")
    front.read(f"POST /users/activate/{amanda.user_id}/active", reason)

    assert blocked.status_code == 401
    hers.opens("GET /projects/search")


# --- Last, since what is there is taken away ------------------------------------------------------


def littered(body: Any) -> Any:
    """A body with what forms of pages send along, at each of its levels."""
    if not isinstance(body, dict):
        return body
    inner: dict[str, Any] = {"filters": littered, "request": littered}
    pairs: list[tuple[str, Any]] = list(body.items())  # pyright: ignore[reportUnknownArgumentType]
    clean = {name: inner.get(name, lambda value: value)(value) for name, value in pairs}  # pyright: ignore
    return {**clean, "csrf_token": "9f", "submit": "", "unknown": {"a": [1, None]}}


JSON_BODIES = [
    name
    for name, (_, body) in CALLS.items()
    if name in BUILT
    and isinstance(body, dict)
    and set(ecotaxas()["operations"][name]["request"]) == {"application/json"}
]


@pytest.mark.parametrize("name", JSON_BODIES)
def test_unknown_keys_of_a_body_are_passed_over(cruise: Cruise, name: str) -> None:
    query, body = CALLS[name]
    cruise.names["email"] = cruise.head.email

    answer = cruise.ask(name + query, littered(body))

    assert answer.status_code == REFUSED.get(name, 200), answer.text
