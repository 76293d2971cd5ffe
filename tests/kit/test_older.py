"""The description of the interface is one of OpenAPI 3.0, which generators of clients read."""

import json
from typing import Any

import pytest

from calanus.kit.older import as_3_0, schema_3_0

REF = {"$ref": "#/components/schemas/Taxon"}
TEXT, NUMBER, NULL = {"type": "string"}, {"type": "integer"}, {"type": "null"}


@pytest.mark.parametrize(
    ("schema", "wanted"),
    [
        ({"anyOf": [TEXT, NULL], "title": "Name"}, {**TEXT, "title": "Name", "nullable": True}),
        ({"anyOf": [REF, NULL]}, {"allOf": [REF], "nullable": True}),
        ({"anyOf": [TEXT, NUMBER, NULL]}, {"anyOf": [TEXT, NUMBER], "nullable": True}),
        ({"anyOf": [TEXT, NUMBER]}, {"anyOf": [TEXT, NUMBER]}),
        ({"anyOf": [NUMBER, {"type": "number"}]}, {"type": "number"}),
        ({**REF, "default": "V"}, {"allOf": [REF], "default": "V"}),
        (REF, REF),
        ({**REF, "default": {}}, {**REF, "default": {}}),
        ({**TEXT, "const": "P"}, {**TEXT, "enum": ["P"]}),
        ({**NUMBER, "exclusiveMaximum": 9}, {**NUMBER, "maximum": 9, "exclusiveMaximum": True}),
        (
            {"type": "array", "maxItems": 2, "prefixItems": [TEXT, {"anyOf": [TEXT, NULL]}]},
            {"type": "array", "maxItems": 2, "items": {**TEXT, "nullable": True}},
        ),
        (
            {"type": "object", "propertyNames": {"maxLength": 9}, "additionalProperties": REF},
            {"type": "object", "additionalProperties": REF},
        ),
        (
            {"type": "object", "properties": {"const": {"anyOf": [NUMBER, NULL]}}},
            {"type": "object", "properties": {"const": {**NUMBER, "nullable": True}}},
        ),
    ],
)
def test_a_schema_says_the_same_in_the_words_of_3_0(
    schema: dict[str, Any], wanted: dict[str, Any]
) -> None:
    assert schema_3_0(schema) == wanted


def test_a_bound_that_null_stands_beside_is_rewritten_once() -> None:
    found = schema_3_0({"anyOf": [{**NUMBER, "exclusiveMinimum": 0}, NULL]})

    assert found == {**NUMBER, "minimum": 0, "exclusiveMinimum": True, "nullable": True}


def test_schemas_are_rewritten_wherever_a_document_has_them() -> None:
    maybe = {"anyOf": [NUMBER, NULL]}
    schemas = {"Taxon": {"type": "object", "properties": {"id": maybe}}}

    told = as_3_0(document({"responses": {"200": {"content": json_of(maybe)}}}, schemas))

    assert told["openapi"] == "3.0.3"
    assert 'null"' not in json.dumps(told)
    assert json.dumps(told).count("nullable") == 2


def test_a_parameter_or_a_body_may_be_left_out_and_is_never_null() -> None:
    maybe, number = {"anyOf": [REF, NULL], "title": "Taxon"}, {"anyOf": [NUMBER, NULL]}
    query = [{"name": "id", "in": "query", "schema": s} for s in (maybe, number)]

    told = as_3_0(document({"parameters": query, "requestBody": {"content": json_of(maybe)}}, {}))

    operation = told["paths"]["/taxa"]["get"]
    assert [p["schema"] for p in operation["parameters"]] == [REF, NUMBER]
    assert operation["requestBody"]["content"] == json_of(REF)


def document(operation: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """A description of one operation."""
    components = {"schemas": schemas}
    return {"openapi": "3.1.0", "paths": {"/taxa": {"get": operation}}, "components": components}


def json_of(schema: dict[str, Any]) -> dict[str, Any]:
    """A body or an answer in JSON."""
    return {"application/json": {"schema": schema}}
