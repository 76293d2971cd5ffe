"""Every operation of EcoTaxa's, called as its clients call it, answers in EcoTaxa's shapes.

Each property is there, null perhaps: EcoTaxa's front end reads them all by name. Types are held as
strictly as by clients that check them.
"""

from collections.abc import Iterator
from typing import Any, cast

import pytest
from fastapi import FastAPI

from calanus.kit.settings import Settings
from conftest import database
from contract_calls import CALLS, NOTHING, REFUSED, asked
from contract_world import Cruise, new_cruise
from document import document_of
from facts import BUILT, ecotaxas, facts_of
from given import KEY
from strict import wrong_in

SHAPES = ecotaxas()
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


def json_schema(type_: str) -> dict[str, Any]:
    """A type as JSON Schema knows it; ! says that it is never null."""
    type_ = type_.partition(" = ")[0]
    if type_.endswith("!"):
        return of_type(type_[:-1])
    return {"anyOf": [of_type(type_), {"type": "null"}]}


def of_type(type_: str) -> dict[str, Any]:
    """A type that is not null."""
    if type_ == "any":
        return {}
    if "|" in type_:
        return {"anyOf": [of_type(each) for each in type_.split("|")]}
    if type_.startswith("["):
        return {"type": "array", "items": json_schema(type_[1:-1])}
    if type_.startswith("{"):
        return {"type": "object", "additionalProperties": json_schema(type_[1:-1])}
    if type_.startswith("<"):
        return {"enum": type_[1:-1].split(",")}
    return {"$ref": f"#/$defs/{type_}"} if type_[0].isupper() else {"type": type_}


DEFINITIONS = {
    name: json_schema(f"{shape}!")
    if isinstance(shape, str)
    else {
        "type": "object",
        "required": list(shape),
        "properties": {key: json_schema(fact) for key, fact in shape.items()},
    }
    for name, shape in SHAPES["schemas"].items()
}


def theirs() -> dict[str, Any]:
    """EcoTaxa's document, where each property is answered, and null unless it is required."""
    document = document_of(SHAPES)
    for schema in document["components"]["schemas"].values():
        properties: dict[str, Any] = schema.get("properties", {})
        for name in properties.keys() - set(schema.get("required", [])):
            properties[name] = {"allOf": [properties[name]], "nullable": True}
        schema["required"] = list(properties)
    return document


THEIRS = theirs()


def answered(document: dict[str, Any], name: str) -> dict[str, Any]:
    """How a document describes the answer to an operation."""
    method, path = name.split()
    content = document["paths"][path][method.lower()]["responses"]["200"]["content"]
    return content["application/json"]["schema"]


def test_each_operation_has_its_call() -> None:
    assert set(CALLS) == set(SHAPES["operations"])


@pytest.mark.parametrize("name", [name for name in CALLS if name in BUILT])
def test_an_operation_answers_in_ecotaxas_shape(cruise: Cruise, name: str) -> None:
    answer = asked(cruise, name)

    assert answer.status_code == REFUSED.get(name, 200), answer.text
    assert answer.content
    if answer.status_code == 200 and answer.headers["content-type"] == "application/json":
        said, app = answer.json(), cast(FastAPI, cruise.web.app)
        theirs, ours = answered(THEIRS, name), answered(app.openapi(), name)
        schema = {**theirs, "nullable": True} if name in NULL else theirs
        assert wrong_in(said, schema, THEIRS) == []
        assert wrong_in(said, ours, app.openapi()) == []
        assert said or not theirs or name in NOTHING | NULL, "an empty answer shows nothing"


@pytest.mark.parametrize(
    ("said", "schema"),
    [
        (1.0, {"type": "integer"}),
        (True, {"type": "integer"}),
        ([None], {"type": "array", "items": {"type": "number"}}),
        ({"a": None}, {"type": "object", "additionalProperties": {"type": "string"}}),
        ("2026-13-01", {"type": "string", "format": "date"}),
        ("noon", {"type": "string", "format": "date-time"}),
        (None, {"$ref": "#/components/schemas/TaxonModel"}),
    ],
)
def test_what_a_strict_client_refuses_is_refused_here(said: Any, schema: dict[str, Any]) -> None:
    assert wrong_in(said, schema, THEIRS)


def test_the_document_tells_the_facts_that_it_was_written_from() -> None:
    told = facts_of(document_of(SHAPES))
    for name, operation in told["operations"].items():
        told["operations"][name] = operation | {"token": SHAPES["operations"][name]["token"]}

    assert told == SHAPES
