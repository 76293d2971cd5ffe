"""Whether an answer is of a shape that an OpenAPI 3.0 document describes, as strictly as by clients
that check the type of each: 1.0 is no integer, a time is one that can be read, null stands only
where it may.
"""

from datetime import date, datetime, time
from typing import Any, cast

import jsonschema

JSONSCHEMA = cast(Any, jsonschema)  # it tells no types
BASE = JSONSCHEMA.Draft202012Validator
FORMATS = JSONSCHEMA.FormatChecker(())


def integer(_: Any, said: Any) -> bool:
    """Whether a number is written as an integer is."""
    return type(said) is int


CHECKER = BASE.TYPE_CHECKER.redefine("integer", integer)
STRICT = JSONSCHEMA.validators.extend(BASE, type_checker=CHECKER)


@FORMATS.checks("date", raises=ValueError)
def is_date(said: Any) -> bool:
    """Whether a text is a day."""
    if isinstance(said, str):
        date.fromisoformat(said)
    return True


@FORMATS.checks("date-time", raises=ValueError)
def is_moment(said: Any) -> bool:
    """Whether a text is a day with a time."""
    return not isinstance(said, str) or bool(datetime.fromisoformat(said) and "T" in said)


@FORMATS.checks("time", raises=ValueError)
def is_time(said: Any) -> bool:
    """Whether a text is a time of the day."""
    if isinstance(said, str):
        time.fromisoformat(said)
    return True


def wrong_in(answer: Any, schema: dict[str, Any], document: dict[str, Any]) -> list[str]:
    """Where an answer is not of a shape that a document describes."""
    whole = {**in_2020_12(schema), "components": in_2020_12(document["components"])}
    found = STRICT(whole, format_checker=FORMATS).iter_errors(answer)
    return [f"{error.json_path}: {error.message}" for error in found]


def in_2020_12(schema: Any) -> Any:
    """Schemas of OpenAPI 3.0 as JSON Schema has them, which writes null as one choice."""
    if isinstance(schema, list):
        return [in_2020_12(each) for each in schema]  # pyright: ignore
    if not isinstance(schema, dict):
        return schema
    found: dict[str, Any] = {key: in_2020_12(value) for key, value in schema.items()}  # pyright: ignore
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if found.get(exclusive) is True:
            found[exclusive] = found.pop(bound)
    return {"anyOf": [found, {"type": "null"}]} if found.pop("nullable", False) else found
