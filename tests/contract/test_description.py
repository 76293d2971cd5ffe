"""Our description of the interface can stand in for EcoTaxa's: whoever makes a client from it gets
the same operations, parameters and schemas, and perhaps some more."""

import json
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from calanus.app import create_app
from calanus.kit.settings import Settings
from differences import asked_and_answered, of_operation, of_schema
from facts import BUILT, NOT_YET, ecotaxas, facts_of

CONTRACT = (
    Path(os.environ.get("CALANUS_TEST_DATA", Path(__file__).parents[3] / "shared" / "data")).parent
    / "contract/api-contract.json"
)
# What we give or take besides EcoTaxa's, operation by operation and schema by schema.
ADDED: dict[str, set[str]] = {
    "CollectionReq": {"external_id_system"},  # told in each collection, so it can be sent back
    # Folders say how much they hold; the trash and the room left are told beside them.
    "DirectoryEntryModel": {"bytes", "changed", "files", "origin"},
    "DirectoryModel": {"space", "trash"},
    "GeneralExportReq": {"format"},  # Parquet beside TSV
    "ImageModel": {"hash"},  # makes the address of an image lasting
    # The page's questions are answered beforehand; files of instruments are read as they come.
    "ImportReq": {"answers", "dry_run", "instrument", "measure"},
    "LoginReq": {"cookie"},  # a page has the browser keep the token
    "MergeRsp": {"fused_samples", "new_columns", "objects", "same_names", "samples"},
    "ObjectModel": {"classif_date", "version"},  # the version makes conflicts visible
    "GET /openid/callback": {"code", "error", "error_description", "state"},  # a provider's
    "GET /openid/login": {"next"},  # where one wanted to go
    "PredictionReq": {"classifier", "model", "risk", "seed", "unlike"},
    # A kept list of objects, and the tray of a prediction.
    "ProjectFilters": {"listed", "unlike"},
    "ProjectFiltersDict": {"listed", "unlike"},
    # initclassiflist: EcoTaxa 0.0.47. The counts by state, and what the caller may do.
    "ProjectModel": {
        "bar_px",
        "can",
        "dubious",
        "initclassiflist",
        "predicted",
        "unclassified",
        "validated",
    },
}
# What is not as EcoTaxa describes it, and why that breaks no client.
DELIBERATE: dict[str, set[str]] = {
    # The tree is everybody's, so no token is looked at.
    "GET /taxon/{taxon_id}": {"a client sends no token"},
    "GET /taxon_set/query": {"a client sends no token"},
    "GET /taxon_set/wormsification": {"a client sends no token"},
    # A file is no JSON, and a client that is told so takes it as it comes.
    "GET /jobs/{job_id}/file": {"answer: any became None"},
    "GET /jobs/{job_id}/log": {"answer: any became None"},
    "GET /status": {"answer: any became None"},  # a plain text, as it always was
    # Without a number nothing can be added.
    "AddWormsTaxonModel": {"aphia_id: has become necessary"},
    # The parts of the form may be missing in EcoTaxa's document; it answers 500 then, we 422.
    "Body_create_user_file_user_files_create__post": {"source_path: has become necessary"},
    "Body_move_user_file_user_files_mv__post": {
        "dest_path: has become necessary",
        "source_path: has become necessary",
    },
    "Body_remove_user_file_user_files_rm__post": {"source_path: has become necessary"},
    # People by id, by e-mail or name, or as they are answered; an order not given is no order.
    "CollectionReq": {
        *(
            f"{name}: any|integer became integer|object|string"
            for name in ("contact_user", "provider_user")
        ),
        *(
            f"{name}_{who}: [any|integer] became [integer|object|string]"
            for name in ("creator", "associate")
            for who in ("users", "organisations")
        ),
        "display_order: object became DisplayOrder",
        "display_order: without it {'creators': [], 'associates': []}, now None",
    },
    "JobModel": {"state: string became DBJobStateEnum"},  # five strings
}
# Described as asked for what it is when answered: any part of it may be sent.
ANSWERED = {"ProjectModel", "UserModelWithRights"}

THEIRS = ecotaxas()
ASKED, ANSWERS = asked_and_answered(THEIRS, set(BUILT))


@cache
def ours() -> dict[str, Any]:
    """The facts of our own interface; no database is asked."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder), secret_key="only to describe the interface")
        return facts_of(create_app(settings, "postgresql://localhost/nowhere").openapi())


def wrong_in(found: list[str], name: str) -> list[str]:
    """The differences of an operation or a schema that nobody meant."""
    return sorted(set(found) - {f"+{n}" for n in ADDED.get(name, ())} - DELIBERATE.get(name, set()))


def differences_of(name: str) -> list[str]:
    """All differences of an operation or of a schema, those that are meant as well."""
    if name in THEIRS["operations"]:
        return list(of_operation(THEIRS["operations"][name], ours()["operations"][name]))
    asked = name in ASKED - ANSWERED
    return list(of_schema(THEIRS["schemas"][name], ours()["schemas"][name], asked=asked))


def test_what_is_to_come_is_not_there() -> None:
    assert set(ours()["operations"]) & NOT_YET == set(), "built: take it from NOT_YET"
    assert set(THEIRS["operations"]) >= NOT_YET


@pytest.mark.parametrize("name", BUILT)
def test_an_operation_can_stand_in_for_ecotaxas(name: str) -> None:
    assert name in ours()["operations"]
    assert wrong_in(differences_of(name), name) == []


@pytest.mark.parametrize("name", sorted(ASKED | ANSWERS))
def test_a_schema_can_stand_in_for_ecotaxas(name: str) -> None:
    assert name in ours()["schemas"]
    assert wrong_in(differences_of(name), name) == []


def test_a_token_is_sent_under_the_name_that_clients_know() -> None:
    """As a header; EcoTaxa's document calls it OAuth, and names an address that it has not."""
    assert set(ours()["tokens"]) == set(THEIRS["tokens"])


def test_what_is_listed_as_different_is_so() -> None:
    listed = {(name, f"+{n}") for name, names in ADDED.items() for n in names}
    listed |= {(name, line) for name, lines in DELIBERATE.items() for line in lines}
    found: set[tuple[str, str]] = set()
    for name in {name for name, _ in listed}:
        found |= {(name, line) for line in differences_of(name)}

    assert listed - found == set(), "no longer different: take it from the list"


def test_ecotaxas_next_version_is_answered_too() -> None:
    """What 0.0.47 brought: a project changes in parts, and its list of taxa is a text as well."""
    patch = ours()["operations"]["PATCH /projects/{project_id}"]
    project = ours()["schemas"]["ProjectReq"]

    assert patch["request"] == {"application/json": "ProjectReq"}
    assert {
        *("title", "instrument", "status", "access", "classiffieldlist", "initclassiflist"),
        *("comments", "cnn_network_id", "formulae", "managers", "annotators", "viewers"),
        "contact",
    } <= set(project)
    assert not any(fact.endswith("!") for fact in project.values())
    assert "[" in ours()["schemas"]["SummaryExportReq"]["quantity"]


@pytest.mark.real_data
@pytest.mark.skipif(not CONTRACT.is_file(), reason="needs the contract beside CALANUS_TEST_DATA")
def test_the_facts_are_those_of_the_contract() -> None:
    assert facts_of(json.loads(CONTRACT.read_text("utf-8"))) == THEIRS
