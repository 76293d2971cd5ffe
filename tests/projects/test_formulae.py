"""The formulae of a project: one text, two views."""

from typing import Any

import pytest
from starlette.testclient import TestClient

import given
from calanus.kit.db import Connection
from calanus.projects import formulae
from calanus.projects.types import BadProject

LINES = "subsample_coef: 1/ssm.sub_part\ntotal_water_volume: sam.tot_vol/1000"


@pytest.fixture
def tara(web: TestClient, shore: Connection) -> Any:
    """Change the settings of a project, and read it again."""
    head = given.application_manager(shore)
    project_id = given.project(shore).project_id

    def change(how: str = "PATCH", **wanted: Any) -> Any:
        headers = given.headers(head)
        answer = web.request(how, f"/projects/{project_id}", json=wanted, headers=headers)
        if answer.status_code != 200:
            return answer.json()["detail"]
        return web.get(f"/projects/{project_id}", headers=headers).json()

    return change


def test_either_view_is_written_and_both_are_read(tara: Any) -> None:
    read = tara(formulae=LINES)
    assert read["bodc_variables"] == {
        "subsample_coef": "1/ssm.sub_part",
        "total_water_volume": "sam.tot_vol/1000",
        "individual_volume": "",
    }

    read = tara(bodc_variables={"subsample_coef": "0.5", "total_water_volume": " "})
    assert read["formulae"] == "subsample_coef: 0.5"
    assert tara(bodc_variables={"subsample_coef": None})["formulae"] == ""


def test_a_client_that_sends_back_nothing_for_an_empty_variable_has_not_edited_it(
    tara: Any,
) -> None:
    tara(formulae="subsample_coef:  0.5")
    same = {"subsample_coef": "0.5", "total_water_volume": None, "individual_volume": None}

    assert tara("PUT", bodc_variables=same)["formulae"] == "subsample_coef:  0.5"


def test_of_two_views_sent_back_the_edited_one_counts(tara: Any) -> None:
    read = tara(formulae=LINES)
    edited = {**read["bodc_variables"], "subsample_coef": "0.25"}

    old_client = tara("PUT", formulae=read["formulae"], bodc_variables=edited)
    assert old_client["bodc_variables"]["subsample_coef"] == "0.25"

    text = old_client["formulae"].replace("0.25", "0.125")
    new_client = tara("PUT", formulae=text, bodc_variables=old_client["bodc_variables"])
    assert new_client["bodc_variables"]["subsample_coef"] == "0.125"


def test_what_cannot_be_read_is_refused_and_nothing_changes(tara: Any) -> None:
    tara(formulae=LINES)

    assert "no variable volume" in tara(bodc_variables={"volume": "1"})
    assert "subsample_coef: “1/” is no formula" in tara(formulae="subsample_coef: 1/")
    assert "name: expression" in tara(formulae="subsample_coef 1")
    assert "“fre.area” is in no table" in tara(bodc_variables={"subsample_coef": "fre.area"})
    assert tara()["formulae"] == LINES


def test_the_default_formulae_can_be_read() -> None:
    formulae.check(formulae.DEFAULTS)
    with pytest.raises(BadProject):
        formulae.check({"individual_volume": "obj.area @ 2"})
