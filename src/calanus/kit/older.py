"""The description of the interface as OpenAPI 3.0, which EcoTaxa's is written in.

FastAPI writes 3.1. Most generators of clients read only 3.0, or fail on some of 3.1: among them the
one that EcoTaxa's own Python client comes from.
"""

from typing import Any, cast

Document = dict[str, Any]
VERSION = "3.0.3"
NULL = {"type": "null"}
LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
SINGLE = ("items", "additionalProperties", "not")
BOUNDS = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}


def as_3_0(document: Document) -> Document:
    """A copy of a description, each of its schemas in the words of 3.0."""
    schemas: Document = document["components"]["schemas"]
    components = {
        **document["components"],
        "schemas": {name: schema_3_0(schema) for name, schema in schemas.items()},
    }
    paths = with_schemas(document["paths"])
    return {**document, "openapi": VERSION, "paths": paths, "components": components}


def with_schemas(part: Any) -> Any:
    """A part of a description, with the schemas that stand anywhere in it rewritten."""
    if isinstance(part, list):
        return [with_schemas(each) for each in cast(list[Any], part)]
    if not isinstance(part, dict):
        return part
    return {
        key: schema_3_0(value) if key == "schema" else with_schemas(value)
        for key, value in cast(Document, part).items()
    }


def schema_3_0(schema: Document) -> Document:
    """A schema, and those in it, in the words of 3.0."""
    found = {key: inside(key, value) for key, value in schema.items()}
    found.pop("propertyNames", None)  # 3.0 cannot tell the names of a map
    if "const" in found:
        found["enum"] = [found.pop("const")]
    if "prefixItems" in found:
        found["items"] = any_of(found.pop("prefixItems"))
    for exclusive, bound in BOUNDS.items():
        if exclusive in found:
            found |= {bound: found[exclusive], exclusive: True}
    if NULL in found.get("anyOf", []):
        found = nullable(found)
    # In 3.0 what stands beside a reference is passed over: so is, on purpose, an object that is a
    # default, which generators cannot write.
    if "$ref" in found and len(found) > 1 and not isinstance(found.get("default"), dict):
        found["allOf"] = [{"$ref": found.pop("$ref")}]
    return found


def any_of(schemas: list[Document]) -> Document:
    """One schema for values of several; null is a value of those that may be it."""
    titles = ("title", "nullable")
    bare = [{key: value for key, value in s.items() if key not in titles} for s in schemas]
    found = [schema for n, schema in enumerate(bare) if schema not in bare[:n]]
    maybe = {"nullable": True} if any(s.get("nullable") for s in schemas) else {}
    return (found[0] if len(found) == 1 else {"anyOf": found}) | maybe


def inside(key: str, value: Any) -> Any:
    """The value of one word of a schema, with the schemas that it holds rewritten."""
    if key == "properties":
        return {name: schema_3_0(each) for name, each in value.items()}
    if key in LISTS:
        return [each if each == NULL else schema_3_0(each) for each in value]
    if key in SINGLE and isinstance(value, dict):
        return schema_3_0(cast(Document, value))
    return value


def nullable(schema: Document) -> Document:
    """A schema of which null is one choice, as one that may be null."""
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    choices = [each for each in schema["anyOf"] if each != NULL]
    if len(choices) > 1:
        return {"anyOf": choices, **rest, "nullable": True}
    return {**choices[0], **rest, "nullable": True}
