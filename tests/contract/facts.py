"""EcoTaxa's interface as facts, and an OpenAPI document read the same way.

A fact is one line. `query integer! = 100` is a parameter: where it stands, its type, whether it
must be given, what it is when it is not. `[string]` is a list, `{integer}` an object of any keys,
`integer|string` either; `string:date` is written in a format; a name is that of a schema; `any`
says nothing. Null is always allowed: EcoTaxa's document does not tell where it may be.

The few limits that it sets besides stand apart, by the schema or its property.

`facts.json` holds those of EcoTaxa 0.0.45. `python tests/contract/facts.py CONTRACT` writes it from
a description of the interface.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "facts.json"
Schema = Mapping[str, Any]
LIMITS = ("minItems", "maxItems", "maxLength")
# Operations that are still to come. One that is there must leave this list.
NOT_YET: set[str] = set()


def named(schema: Schema) -> str:
    """The name of the schema that this one only points to."""
    return str(schema.get("ref") or schema.get("$ref", "")).rpartition("/")[2]


def type_of(schema: Schema | None) -> str:
    """A schema in one line."""
    if not schema:
        return "any"
    if named(schema):
        return named(schema)
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return "|".join(sorted({type_of(s) for s in schema[several]} - {"null"}))
    if "enum" in schema or "const" in schema:
        return f"<{','.join(sorted(map(str, schema.get('enum') or [schema['const']])))}>"
    if schema.get("type") == "array":
        return f"[{type_of(schema.get('items'))}]"
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"{{{type_of(schema['additionalProperties'])}}}"
    written = f":{schema['format']}" if "format" in schema else ""
    return str(schema.get("type", "any")) + written


def fact(schema: Schema, *, required: bool) -> str:
    """A value in one line: its type, ! where it must be there, what stands for it where not."""
    default = schema.get("default")
    said = "" if default is None else f" = {json.dumps(default, ensure_ascii=False)}"
    return type_of(schema) + ("!" if required else "") + said


def parameter(given: Schema) -> str:
    """A parameter in one line."""
    return f"{given['in']} " + fact(given.get("schema", given), required=given["required"])


def bodies(content: Mapping[str, Schema]) -> dict[str, str]:
    """What is sent or answered, by media type."""
    return {media: type_of(body.get("schema", body)) for media, body in sorted(content.items())}


def operation(given: Schema) -> dict[str, Any]:
    """One operation."""
    request: Schema = given.get("request") or given.get("requestBody") or {}
    answer: Schema = given["responses"].get("200", {})
    return {
        "id": given["operationId"],
        "token": given.get("auth", "required" if given.get("security") else "none"),
        "tags": given.get("tags", []),
        "parameters": {p["name"]: parameter(p) for p in given.get("parameters", [])},
        "request": bodies(request.get("content", {})),
        "request_required": bool(request.get("required")),
        "answer": bodies(answer.get("content", {}) if "description" in answer else answer),
    }


def schema_facts(given: Schema) -> dict[str, str] | str:
    """The properties of a schema, each in one line; the values of an enumeration."""
    if "properties" not in given:
        return type_of(given)
    required = given.get("required", [])
    return {
        name: fact(value, required=name in required) for name, value in given["properties"].items()
    }


def limits_of(name: str, given: Schema) -> dict[str, Any]:
    """What a schema and its properties allow less than their types do."""
    values = {name: given} | {f"{name}.{p}": v for p, v in given.get("properties", {}).items()}
    found = {
        place: {key: value[key] for key in LIMITS if key in value}
        | ({"additionalProperties": False} if value.get("additionalProperties") is False else {})
        for place, value in values.items()
    }
    return {place: limits for place, limits in found.items() if limits}


def facts_of(document: Schema) -> dict[str, Any]:
    """All operations and schemas of a document: EcoTaxa's, or one of OpenAPI."""
    schemas = document.get("schemas") or document["components"]["schemas"]
    security = document.get("securitySchemes") or document["components"]["securitySchemes"]
    return {
        "tokens": {name: scheme["type"] for name, scheme in security.items()},
        "operations": {
            f"{method.upper()} {path}": operation(given)
            for path, methods in sorted(document["paths"].items())
            for method, given in sorted(methods.items())
        },
        "schemas": {name: schema_facts(given) for name, given in sorted(schemas.items())},
        "limits": {
            place: limits
            for name, given in sorted(schemas.items())
            for place, limits in limits_of(name, given).items()
        },
    }


def ecotaxas() -> dict[str, Any]:
    """The facts that are kept here."""
    return json.loads(FILE.read_text("utf-8"))


def written(facts: dict[str, Any]) -> str:
    """Facts as the file has them: a line for each operation and each schema."""
    parts = [
        f'"{part}": {{\n'
        + ",\n".join(
            f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}"
            for name, value in facts[part].items()
        )
        + "\n}"
        for part in ("tokens", "operations", "schemas", "limits")
    ]
    return "{" + ",\n".join(parts) + "}\n"


BUILT = sorted(set(ecotaxas()["operations"]) - NOT_YET)

if __name__ == "__main__":
    FILE.write_text(written(facts_of(json.loads(Path(sys.argv[1]).read_text("utf-8")))), "utf-8")
