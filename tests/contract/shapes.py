"""EcoTaxa's shapes as JSON Schema, in which every property is required, and may be null."""

from typing import Any

from jsonschema import Draft202012Validator

from facts import ecotaxas

SHAPES = ecotaxas()


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


def wrong_in(answer: Any, schema: dict[str, Any]) -> list[str]:
    """Where an answer is not of a shape."""
    found = Draft202012Validator(schema).iter_errors(answer)  # pyright: ignore[reportUnknownMemberType]
    return [f"{error.json_path}: {error.message}" for error in found]
