"""Every endpoint, asked by everybody: who gets in, under both policies."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from starlette.testclient import TestClient

import given
from calanus.app import create_app
from calanus.kit.settings import Settings
from conftest import database
from rights_world import (
    ANNOTATOR,
    ANYBODY,
    HEAD,
    KEY,
    MANAGER,
    NAMES,
    SIGNED_IN,
    VISITOR,
    Endpoint,
    World,
)

E = Endpoint
COLLECTION = {"title": "Copepods", "project_ids": ["{project_id}"]}
FILTERED: dict[str, Any] = {"filters": {}, "request": {}}
ENDPOINTS = [
    # people
    E("POST /logout", ANYBODY),
    E("GET /sign_in", ANYBODY),
    E("GET /users", SIGNED_IN),
    E("GET /users/me", SIGNED_IN),
    E("PUT /users/me/password", SIGNED_IN, body={"current": given.PASSWORD, "password": "short"}),
    E("GET /users/search", SIGNED_IN, query="by_name=a%25"),
    E("GET /users/admins", ANYBODY),
    E("GET /users/user_admins", SIGNED_IN),
    E("GET /users/{user_id}", SIGNED_IN),
    E("GET /users/my_preferences/{project_id}", SIGNED_IN, query="key=x"),
    E("PUT /users/my_preferences/{project_id}", SIGNED_IN, query="key=x&value=y"),
    E("GET /countries", ANYBODY),
    E("POST /users/create", HEAD, body={"email": "nobody", "name": "n", "password": "p"}),
    E("POST /users/activate/{user_id}/{status}", HEAD),
    E("POST /users/me/sign_out_everywhere", SIGNED_IN),
    E("GET /users/me/tokens", SIGNED_IN),
    E("POST /users/me/tokens", SIGNED_IN, body={"name": "a script"}),
    E("DELETE /users/me/tokens/{token_id}", SIGNED_IN),
    E("GET /letters", HEAD),
    E("GET /guests", MANAGER),
    E("GET /guests/search", MANAGER, query="by_name=a%25"),
    E("GET /guests/{guest_id}", MANAGER),
    E("POST /guests/create", MANAGER, body={"email": "nobody", "name": "n"}),
    E("PUT /guests/{guest_id}", MANAGER, body={"email": "nobody", "name": "n"}),
    E("GET /organizations", MANAGER),
    E("GET /organizations/search", ANYBODY, query="name=a%25"),
    E("POST /organizations/create", MANAGER, body={"name": " "}),
    E("PUT /organizations/{organization_id}", MANAGER, body={"name": " "}),
    # taxa
    E("GET /taxa", ANYBODY),
    E("GET /taxa/status", SIGNED_IN),
    E("GET /taxa/index", ANYBODY),
    E("POST /taxa", MANAGER, body={"name": "Xx", "parent_id": 1, "type": "P"}),
    E("GET /taxon/{taxon_id}", ANYBODY),
    E("GET /taxon_set/query", ANYBODY, query="ids=1"),
    E("GET /taxon_set/search", ANYBODY, query="query=cope"),
    E("GET /taxon_set/wormsification", ANYBODY, query="ids=1"),
    E("GET /taxo_worms", SIGNED_IN, query="taxaids=1"),
    E("GET /taxa/exchange", SIGNED_IN),
    E("GET /taxa/pull_from_central", MANAGER),
    E("GET /taxa/stats/push_to_central", MANAGER),
    E("GET /taxon/central/{taxon_id}", SIGNED_IN),
    E("PUT /taxon/central", MANAGER, query="name=Xx&parent_id=1&taxotype=P&creator_email=a"),
    E("GET /searchworms/{name}", SIGNED_IN),
    E("POST /addworms/", MANAGER, body={"aphia_id": 1}),
    E("GET /taxon/{taxon_id}/usage", ANYBODY),
    E("GET /taxa/reclassification_stats", ANYBODY, query="taxa_ids=10"),
    E("GET /taxa/reclassification_history/{project_id}", VISITOR),
    # jobs: one's own, whoever one is
    E("GET /jobs/", SIGNED_IN, query="for_admin=false"),
    E("GET /jobs/{job_id}/", HEAD),
    E("POST /jobs/{job_id}/answer", HEAD, body={}),
    E("GET /jobs/{job_id}/restart", HEAD),
    E("GET /jobs/{job_id}/errors", HEAD),
    E("GET /jobs/{job_id}/log", HEAD),
    E("GET /jobs/{job_id}/file", HEAD),
    # files: one's own
    E("POST /user_files/", SIGNED_IN),
    E("POST /user_files/mv/", SIGNED_IN, query="source_path=a&dest_path=b"),
    E("POST /user_files/rm/", SIGNED_IN, query="source_path=a"),
    E("POST /user_files/create/", SIGNED_IN, query="source_path=a"),
    E("POST /user_files/restore/", SIGNED_IN, query="source_path=a"),
    E("GET /user_files/{sub_path}", SIGNED_IN),
    E("GET /user_uploads/", SIGNED_IN),
    E("GET /common_files/", SIGNED_IN, query="path="),
    E("GET /projects/{project_id}/thumbnails", VISITOR, query="ids=1&size=64", hidden=True),
    # projects
    E("GET /projects", ANYBODY),
    E("GET /projects/search", ANYBODY),
    E("POST /projects/create", HEAD, SIGNED_IN, body={"title": "Another"}),
    E("GET /projects/{project_id}", VISITOR),
    E("PUT /projects/{project_id}", MANAGER, body={"title": "Tara"}),
    E("PATCH /projects/{project_id}", MANAGER, body={"title": "Tara"}),
    E("GET /projects/{project_id}/check", VISITOR),
    E("POST /projects/{project_id}/recompute_geo", MANAGER),
    E("POST /projects/{project_id}/recompute_sunpos", MANAGER),
    E(
        "POST /projects/{project_id}/subset",
        MANAGER,
        body={
            "dest_prj_id": "{project_id}",
            "group_type": "C",
            "limit_type": "V",
            "limit_value": 1,
        },
    ),
    E(
        "POST /projects/{project_id}/merge",
        MANAGER,
        query="source_project_id={project_id}&dry_run=true",
    ),
    E("GET /project_set/taxo_stats", ANYBODY, query="ids=1"),
    E("GET /project_set/projects", ANYBODY, query="ids={project_id}"),
    E("GET /project_set/user_stats", MANAGER, query="ids={project_id}"),
    E("GET /projects/{project_id}/stats", VISITOR),
    E("GET /instruments/", ANYBODY, query="project_ids=all"),
    E("GET /project_set/column_stats", SIGNED_IN, query="ids=0&names=fre.area"),
    # objects
    E("POST /object_set/{project_id}/query", VISITOR, body={}),
    E("POST /object_set/{project_id}/summary", VISITOR, query="only_total=true", body={}),
    E("POST /projects/{project_id}/view", VISITOR, body={}),
    E("GET /projects/{project_id}/view/{view_id}", VISITOR, query="start=0&count=1"),
    E("POST /projects/{project_id}/tiles", VISITOR, body={"object_ids": ["{object_id}"]}),
    E(
        "POST /projects/{project_id}/lists",
        VISITOR,
        body={"object_ids": ["{object_id}"]},
    ),
    E("GET /object/{object_id}", VISITOR),
    E("POST /object_set/parents", VISITOR, body=["{object_id}"]),
    E(
        "POST /object_set/update",
        MANAGER,
        body={"target_ids": ["{object_id}"], "updates": []},
    ),
    E("POST /sample_set/update", MANAGER, body={"target_ids": ["{sample_id}"], "updates": []}),
    E(
        "POST /acquisition_set/update",
        MANAGER,
        body={"target_ids": ["{acquisition_id}"], "updates": []},
    ),
    E("POST /process_set/update", MANAGER, body={"target_ids": ["{process_id}"], "updates": []}),
    E("GET /sample_set/taxo_stats", ANYBODY, query="sample_ids={sample_id}"),
    E("GET /projects/{project_id}/levels/{level}", VISITOR),
    E("GET /samples/search", VISITOR, query="project_ids={project_id}"),
    E("GET /sample/{sample_id}", VISITOR),
    E("GET /acquisitions/search", VISITOR, query="project_id={project_id}"),
    E("GET /acquisition/{acquisition_id}", VISITOR),
    E("GET /process/{process_id}", VISITOR),
    # identifications
    E("GET /projects/{project_id}/workspace", VISITOR),
    E("GET /projects/{project_id}/counts", VISITOR),
    E("POST /projects/{project_id}/audit", ANNOTATOR, body={}),
    E("GET /projects/{project_id}/audit", ANNOTATOR),
    E("POST /projects/{project_id}/audit/confirm", ANNOTATOR, body={"object_ids": []}),
    E("POST /projects/{project_id}/audit/unconfirm", ANNOTATOR, body={"object_ids": []}),
    E("GET /projects/{project_id}/abundances", ANNOTATOR),
    E("GET /projects/{project_id}/abundances.csv", ANNOTATOR),
    E("POST /projects/{project_id}/readings", ANNOTATOR, body={"in_all": 1}),
    E("GET /projects/{project_id}/readings", ANNOTATOR),
    E("GET /projects/{project_id}/readings/{reading_id}/next", ANNOTATOR),
    E(
        "POST /projects/{project_id}/readings/{reading_id}/answer",
        ANNOTATOR,
        body={"place": 1, "taxon_id": given.COPEPODA},
    ),
    E(
        "POST /projects/{project_id}/readings/{reading_id}/take_back",
        ANNOTATOR,
        body={"place": 1},
    ),
    E("GET /projects/{project_id}/readings/{reading_id}/agreement", ANNOTATOR),
    E("GET /projects/{project_id}/batches", ANNOTATOR),
    E(
        "POST /projects/{project_id}/batches",
        ANNOTATOR,
        body={"client_key": KEY, "operation": "validate", "objects": [1]},
    ),
    E("POST /projects/{project_id}/batches/{batch_id}/undo", ANNOTATOR, body={"client_key": KEY}),
    E(
        "POST /object_set/classify",
        ANNOTATOR,
        body={"target_ids": ["{object_id}"], "classifications": [-1], "wanted_qualification": "V"},
    ),
    E(
        "POST /object_set/classify_auto",
        MANAGER,
        ANNOTATOR,
        body={
            "target_ids": ["{object_id}"],
            "classifications": [-1],
            "scores": [1],
            "keep_log": True,
        },
    ),
    E(
        "POST /object_set/classify_auto_multiple",
        MANAGER,
        ANNOTATOR,
        body={
            "target_ids": ["{object_id}"],
            "classifications": [[-1]],
            "scores": [[1]],
            "keep_log": True,
        },
    ),
    E("POST /object_set/{project_id}/reset_to_predicted", MANAGER, body={"taxo": "77"}),
    E(
        "POST /object_set/{project_id}/revert_to_history",
        MANAGER,
        query="dry_run=true",
        body={"taxo": "77"},
    ),
    E("POST /projects/{project_id}/revert", MANAGER, query="dry_run=true", body={}),
    E("POST /object_set/{project_id}/similarity_search/{object_id}", ANNOTATOR, body={}),
    E("GET /objects/{object_id}/alike", ANNOTATOR),
    E("POST /projects/{project_id}/features", ANNOTATOR, body={}),
    E("POST /projects/{project_id}/clusters", ANNOTATOR, body={}),
    E("GET /projects/{project_id}/clusters", VISITOR),
    E("GET /projects/{project_id}/clusters/{cluster_id}", VISITOR, query="job_id=1"),
    E(
        "POST /object_set/{project_id}/reclassify",
        ANNOTATOR,
        query="forced_id=10&reason=W",
        body={"taxo": "77"},
    ),
    E("POST /object_set/predictions", VISITOR, body=["{object_id}"]),
    E("GET /object/{object_id}/history", VISITOR),
    E("GET /objects/{object_id}/panel", VISITOR),
    # what goes in, what is predicted, what comes out
    E("POST /file_import/{project_id}", MANAGER, ANNOTATOR, body={"source_path": "nothing.zip"}),
    E("POST /folder_import/{project_id}", MANAGER, ANNOTATOR, body={"source_path": "nothing"}),
    E(
        "POST /simple_import/{project_id}",
        MANAGER,
        ANNOTATOR,
        query="dry_run=true",
        body={"source_path": "nothing", "values": {}},
    ),
    E("POST /projects/{project_id}/measure", MANAGER, ANNOTATOR),
    E("GET /ml_models", ANYBODY),
    E("PUT /projects/{project_id}/prediction_settings", MANAGER, ANNOTATOR, query="settings=a"),
    E("GET /projects/{project_id}/relearning", VISITOR),
    E("PUT /projects/{project_id}/relearning", MANAGER, ANNOTATOR, body={"on": False}),
    E("POST /projects/{project_id}/learning_set", MANAGER, ANNOTATOR, body="predict"),
    E("POST /projects/{project_id}/learning_time", MANAGER, ANNOTATOR, body="predict"),
    E("GET /projects/{project_id}/learning_sources", MANAGER, ANNOTATOR),
    E("GET /projects/{project_id}/unlike", VISITOR),
    E("POST /projects/{project_id}/learning_report", MANAGER, ANNOTATOR, body="predict"),
    E("GET /classifiers", SIGNED_IN),
    E(
        "POST /projects/{project_id}/classifier",
        MANAGER,
        ANNOTATOR,
        body={"name": "mine", "request": "predict"},
    ),
    E("GET /learning_reports/{job_id}", HEAD),
    E("POST /learning_reports/{job_id}/lists", HEAD),
    E("POST /object_set/predict", MANAGER, ANNOTATOR, body={"filters": {}, "request": "predict"}),
    E("POST /object_set/export", ANNOTATOR, body="old export"),
    E("POST /object_set/export/general", ANNOTATOR, body="export"),
    E("POST /object_set/export/summary", ANNOTATOR, body="export"),
    E("POST /object_set/export/backup", MANAGER, body="export"),
    E("POST /projects/{project_id}/formulae", ANNOTATOR, body={}),
    E("GET /taxo_recast", VISITOR, query="target_id={project_id}"),
    E("PUT /taxo_recast", MANAGER, body="recast"),
    # what is published together
    E("POST /collections/create", MANAGER, body=COLLECTION),
    E("GET /collections", SIGNED_IN),
    E("GET /collections/search", SIGNED_IN, query="title=%25"),
    E("GET /collections/by_title", ANYBODY, query="q=Copepods"),
    E("GET /collections/by_short_title", ANYBODY, query="q=cop"),
    E(
        "GET /collections/aggregated_projects_properties",
        VISITOR,
        query="project_ids={project_id}",
    ),
    E("GET /collections/{collection_id}", MANAGER, hidden=True),
    E("PUT /collections/{collection_id}", MANAGER, body={"external_id": "doi"}, hidden=True),
    E("PATCH /collections/{collection_id}", MANAGER, body={}, hidden=True),
    E("GET /projects/{project_id}/collections", VISITOR),
    E(
        "POST /collections/export/darwin_core",
        MANAGER,
        body={"collection_id": "{collection_id}", "dry_run": True},
        hidden=True,
    ),
    E("GET /health", ANYBODY),
    E("GET /constants", ANYBODY),
    E("GET /status", ANYBODY),
    E("GET /noop", SIGNED_IN),
    E("GET /migrated_ids", ANYBODY),
    E("GET /metrics", HEAD),
    E("GET /admin/db/query", HEAD, query="q=SELECT+1"),
    # at last, what takes away
    E("DELETE /collections/{collection_id}", MANAGER, hidden=True),
    E("DELETE /jobs/{job_id}", HEAD),
    E("DELETE /object_set/", MANAGER, body=["{object_id}"]),
    E("DELETE /projects/{project_id}", MANAGER, query="only_objects=true"),
]
# Streams do not end by themselves: asked apart.
STREAMS = {"GET /projects/{project_id}/events"}
# Fails for whoever is signed in, on purpose: told in installation/.
FAILS = {"GET /error"}
# Answers 403 to everybody who does not know a password.
DOOR = {
    "POST /login",
    *("POST /users/reset_user_password", "POST /users/link"),  # or reads no letter
    *("GET /openid/login", "GET /openid/callback", "GET /openid/logout"),  # or has no provider
}
# One's own account is one's own: told in users/test_guests.py.
OWN = {"PUT /users/{user_id}"}


@pytest.fixture(scope="module")
def worlds(
    server: str, template: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, World]]:
    """One world a policy; who does what in it does not matter to who may."""
    with ExitStack() as stack:
        made: dict[str, World] = {}
        for policy in ("strict", "collaborative"):
            _, url = stack.enter_context(database(server, template=template[0]))
            folder = tmp_path_factory.mktemp(policy)
            settings = Settings(data=folder, secret_key=given.KEY, policy=policy)
            web = stack.enter_context(TestClient(create_app(settings, url)))
            made[policy] = World(web, url)
        yield made


def test_every_endpoint_has_its_line_here(worlds: dict[str, World]) -> None:
    app: Any = worlds["strict"].web.app
    served = {
        f"{method.upper()} {path}"
        for path, methods in app.openapi()["paths"].items()
        for method in methods
    }

    listed = {endpoint.address for endpoint in ENDPOINTS} | STREAMS | FAILS | DOOR | OWN
    assert served - listed == set(), "give each new endpoint a line: who may?"
    assert listed - served == set(), "these are served no more"


@pytest.mark.parametrize("policy", ["strict", "collaborative"])
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda e: e.address)
def test_who_gets_in(worlds: dict[str, World], endpoint: Endpoint, policy: str) -> None:
    least = endpoint.least
    if policy == "collaborative" and endpoint.collaborative is not None:
        least = endpoint.collaborative

    got_in = [NAMES[role] for role in range(6) if worlds[policy].gets_in(endpoint, role)]

    assert got_in == list(NAMES[least:])
