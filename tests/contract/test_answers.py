"""Every operation of EcoTaxa's, called as its clients call it, answers in EcoTaxa's shapes.

Each property is there, null perhaps: EcoTaxa's front end reads them all by name.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from calanus.kit.settings import Settings
from conftest import database
from contract_calls import CALLS, NOTHING, REFUSED, asked
from contract_world import Cruise, new_cruise
from facts import BUILT
from given import KEY
from shapes import DEFINITIONS, SHAPES, json_schema, wrong_in

NULL = {"GET /noop"}  # answers null, whatever its description says


@pytest.fixture(scope="module")
def cruise(
    server: str, template: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cruise]:
    """One cruise for all the calls of this file."""
    settings = Settings(data=tmp_path_factory.mktemp("cruise") / "data", secret_key=KEY)
    with database(server, template=template[0]) as (_, url):
        cruise = new_cruise(url, settings)
        cruise.names |= {
            "email": cruise.head.email,
            "status": "active",
            "sub_path": "",
            "name": "Copepoda",
        }
        with cruise.web:
            cruise.begin()
            yield cruise


def described(cruise: Cruise, name: str) -> dict[str, Any]:
    """How our own document describes the answer to an operation."""
    app: Any = cruise.web.app
    document = app.openapi()
    method, path = name.split()
    content = document["paths"][path][method.lower()]["responses"]["200"]["content"]
    return {**content["application/json"]["schema"], "components": document["components"]}


def test_each_operation_has_its_call() -> None:
    assert set(CALLS) == set(SHAPES["operations"])


@pytest.mark.parametrize("name", [name for name in CALLS if name in BUILT])
def test_an_operation_answers_in_ecotaxas_shape(cruise: Cruise, name: str) -> None:
    answer = asked(cruise, name)

    assert answer.status_code == REFUSED.get(name, 200), answer.text
    assert answer.content
    if answer.status_code == 200 and answer.headers["content-type"] == "application/json":
        said, type_ = answer.json(), SHAPES["operations"][name]["answer"]["application/json"]
        schema = json_schema(type_ if name in NULL else f"{type_}!")
        assert wrong_in(said, {**schema, "$defs": DEFINITIONS}) == []
        assert wrong_in(said, described(cruise, name)) == []
        assert said or type_ == "any" or name in NOTHING | NULL, "an empty answer shows nothing"
