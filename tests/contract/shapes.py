"""What EcoTaxa answers, as its own document tells it; each property is there, null perhaps."""

from typing import Any

from document import document_of
from facts import ecotaxas
from strict import wrong_in

SHAPES = ecotaxas()


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


def unlike(said: Any, name: str) -> list[str]:
    """Where an answer to an operation is not as EcoTaxa's document has it."""
    return wrong_in(said, answered(THEIRS, name), THEIRS)
