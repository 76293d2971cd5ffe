"""EcoTaxa's interface as an OpenAPI document, written out of its facts.

`python tests/contract/document.py FILE` writes it; generators of clients read it.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from differences import alternatives, parts
from facts import ecotaxas

Document = dict[str, Any]
VERSIONS = {"openapi": "3.0.2", "info": {"title": "EcoTaxa", "version": "0.0.45"}}
REFUSED = {"$ref": "#/components/schemas/HTTPValidationError"}


def schema(type_: str) -> Document:
    """A type, as facts write it."""
    several = list(alternatives(type_))
    if len(several) > 1:
        return {"anyOf": [schema(each) for each in several]}
    if type_ == "any":
        return {}
    if type_.startswith("["):
        return {"type": "array", "items": schema(type_[1:-1])}
    if type_.startswith("{"):
        return {"type": "object", "additionalProperties": schema(type_[1:-1])}
    if type_.startswith("<"):
        return {"type": "string", "enum": type_[1:-1].split(",")}
    if type_[0].isupper():
        return {"$ref": f"#/components/schemas/{type_}"}
    name, _, format_ = type_.partition(":")
    return {"type": name} | ({"format": format_} if format_ else {})


def value(fact: str) -> Document:
    """A property or a parameter; one that points elsewhere keeps its default beside."""
    type_, _, default = parts(fact)
    found = schema(type_)
    if default is None:
        return found
    return ({"allOf": [found]} if "$ref" in found else found) | {"default": default}


def model(name: str, facts: Document) -> Document:
    """A schema, with what its limits say."""
    shape, limits = facts["schemas"][name], facts["limits"]
    if isinstance(shape, str):
        return schema(shape)
    given: dict[str, str] = shape
    properties = {p: value(fact) | limits.get(f"{name}.{p}", {}) for p, fact in given.items()}
    required = [p for p, fact in given.items() if parts(fact)[1]]
    found: Document = {"title": name, "type": "object", "properties": properties}
    return found | ({"required": required} if required else {}) | limits.get(name, {})


def operation(given: Document, tokens: list[str]) -> Document:
    """One operation. Each may refuse what it is asked."""
    found: Document = {
        "operationId": given["id"],
        "tags": given["tags"],
        "parameters": list(parameters(given["parameters"])),
        "responses": {
            "200": {"description": "What was asked for.", "content": content(given["answer"])},
            "422": {
                "description": "What is wrong with the request.",
                "content": {"application/json": {"schema": REFUSED}},
            },
        },
    }
    if given["request"]:
        body = {"required": given["request_required"], "content": content(given["request"])}
        found["requestBody"] = body
    if given["token"] != "none":
        found["security"] = [{token: []} for token in tokens]
    return found


def parameters(given: dict[str, str]) -> Iterator[Document]:
    """Where each stands, whether it must be given, its type."""
    for name, fact in given.items():
        place, _, shown = fact.partition(" ")
        required = {"required": parts(shown)[1]}
        yield {"name": name, "in": place, **required, "schema": value(shown)}


def content(given: dict[str, str]) -> Document:
    """What is sent or answered, by media type."""
    return {media: {"schema": schema(type_)} for media, type_ in given.items()}


def document_of(facts: Document) -> Document:
    """The whole document; its facts are those that it was written from."""
    paths: Document = {}
    for name, given in facts["operations"].items():
        method, path = name.split(" ", 1)
        tokens = list(facts["tokens"])
        paths.setdefault(path, {})[method.lower()] = operation(given, tokens)
    flows: Document = {"password": {"scopes": {}, "tokenUrl": "/token"}}
    schemes: Document = {
        name: {"type": type_, "flows": flows} for name, type_ in facts["tokens"].items()
    }
    return {
        **VERSIONS,
        "servers": [{"url": "/api"}],
        "paths": paths,
        "components": {
            "schemas": {name: model(name, facts) for name in facts["schemas"]},
            "securitySchemes": schemes,
        },
    }


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(document_of(ecotaxas()), indent=1), "utf-8")
