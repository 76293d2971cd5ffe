"""The description of the interface as OpenAPI 3.0, which EcoTaxa's is written in.

FastAPI writes 3.1. Most generators of clients read only 3.0, or fail on some of 3.1: among them the
one that EcoTaxa's own Python client comes from.
"""

from typing import Any, cast

Document = dict[str, Any]
VERSION = "3.0.3"
NULL, NUMBER, INTEGER = {"type": "null"}, {"type": "number"}, {"type": "integer"}
SENT = ("parameters", "requestBody")
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


def with_schemas(part: Any, *, sent: bool = False) -> Any:
    """A part of a description, with the schemas that stand anywhere in it rewritten."""
    if isinstance(part, list):
        return [with_schemas(each, sent=sent) for each in cast(list[Any], part)]
    if not isinstance(part, dict):
        return part
    found: Document = {}
    for key, value in cast(Document, part).items():
        if key == "schema":
            found[key] = left_out(schema_3_0(value)) if sent else schema_3_0(value)
        else:
            found[key] = with_schemas(value, sent=sent or key in SENT)
    return found


def left_out(schema: Document) -> Document:
    """A parameter, or a whole body: where there is none it is left out, not sent as null."""
    found = {key: value for key, value in schema.items() if key != "nullable"}
    return found["allOf"][0] if set(found) <= {"allOf", "title"} and "allOf" in found else found


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
    if "anyOf" in found:
        found = chosen(found)
    # In 3.0 what stands beside a reference is passed over: so is, on purpose, an object that is a
    # default, which generators cannot write.
    if "$ref" in found and len(found) > 1 and not isinstance(found.get("default"), dict):
        found["allOf"] = [{"$ref": found.pop("$ref")}]
    return found


def any_of(schemas: list[Document]) -> Document:
    """One schema for values of several; null is a value where it is one of any of them."""
    words = ("title", "nullable")
    bare = [{key: value for key, value in s.items() if key not in words} for s in schemas]
    different = [schema for n, schema in enumerate(bare) if schema not in bare[:n]]
    null = [NULL] if any(s.get("nullable") for s in schemas) else []
    return chosen({"anyOf": [*different, *null]})


def inside(key: str, value: Any) -> Any:
    """The value of one word of a schema, with the schemas that it holds rewritten."""
    if key == "properties":
        return {name: schema_3_0(each) for name, each in value.items()}
    if key in LISTS:
        return [each if each == NULL else schema_3_0(each) for each in value]
    if key in SINGLE and isinstance(value, dict):
        return schema_3_0(cast(Document, value))
    return value


def chosen(schema: Document) -> Document:
    """A schema of some choices: null among them becomes a word, and an integer is a number."""
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    if NULL in schema["anyOf"]:
        rest["nullable"] = True
    choices = [each for each in schema["anyOf"] if each != NULL]
    if NUMBER in choices:
        choices = [each for each in choices if each != INTEGER]
    return {"anyOf": choices, **rest} if len(choices) > 1 else {**choices[0], **rest}
