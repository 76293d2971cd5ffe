"""What keeps one interface from standing in for another, line by line."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

Facts = Mapping[str, Any]
WITHIN = {("integer", "number"), ("object", "any"), ("string", "any")}


def parts(fact: str) -> tuple[str, bool, Any]:
    """A fact as its type, whether it must be given, and what stands for it where not."""
    shown, _, default = fact.partition(" = ")
    return shown.removesuffix("!"), shown.endswith("!"), json.loads(default) if default else None


def alternatives(type_: str) -> list[str]:
    """The types of which a value may be any; a | within brackets is another matter."""
    return re.findall(r"(?:\[.*?\]+|\{.*?\}+|[^|\[{])+", type_)


def fits(type_: str, wanted: str) -> bool:
    """Whether every value of one type is a value of another."""
    if type_ == wanted or wanted == "any":
        return True
    several, wanteds = alternatives(type_), alternatives(wanted)
    if len(several) > 1:
        return all(fits(each, wanted) for each in several)
    if len(wanteds) > 1:
        return any(fits(type_, each) for each in wanteds)
    if type_.startswith("[") and wanted.startswith("["):
        return fits(type_[1:-1], wanted[1:-1])
    if type_.startswith("<"):
        return wanted == "string" or set(type_[1:-1].split(",")) <= set(wanted[1:-1].split(","))
    names_an_object = re.fullmatch(r"\{.*\}|[A-Z]\w+", type_) is not None
    return (wanted == "object" and names_an_object) or (type_, wanted) in WITHIN


def names_in(types: Iterator[str]) -> set[str]:
    """The schemas that types name."""
    return {name for type_ in types for name in re.findall(r"[A-Z]\w+", type_.partition(" = ")[0])}


def reached(facts: Facts, names: set[str]) -> set[str]:
    """Schemas and all that they name."""
    known: set[str] = set()
    while names - known:
        known |= names
        shapes: list[Any] = [facts["schemas"].get(name, {}) for name in known]
        lines: list[str] = [t for s in shapes if isinstance(s, dict) for t in s.values()]  # pyright: ignore
        names = names_in(iter(lines))
    return known


def asked_and_answered(facts: Facts, operations: set[str]) -> tuple[set[str], set[str]]:
    """The schemas that some operations are asked with, and those that they answer with."""
    found = [facts["operations"][name] for name in sorted(operations)]
    parameters = [each.rpartition(" ")[2] for f in found for each in f["parameters"].values()]
    asked = [type_ for f in found for type_ in f["request"].values()]
    answered = [type_ for f in found for type_ in f["answer"].values()]
    return (
        reached(facts, names_in(iter(parameters + asked))),
        reached(facts, names_in(iter(answered))),
    )


def of_operation(theirs: Facts, ours: Facts) -> Iterator[str]:
    """What keeps one operation from standing in for another; what is added is told as well."""
    if theirs["id"] != ours["id"]:
        yield f"id: {theirs['id']} became {ours['id']}"
    if not set(theirs["tags"]) <= set(ours["tags"]):
        yield f"tags: {theirs['tags']} became {ours['tags']}"
    if theirs["token"] != "none" and ours["token"] == "none":
        yield "a client sends no token"
    yield from of_parameters(theirs["parameters"], ours["parameters"])
    if ours["request_required"] and not theirs["request_required"] and not theirs["request"]:
        yield "a body is asked for besides"
    for media, type_ in theirs["request"].items():
        if media not in ours["request"] or not fits(type_, ours["request"][media]):
            yield f"request: {type_} became {ours['request'].get(media)}"
    for media, type_ in theirs["answer"].items():
        if media not in ours["answer"] or not fits(ours["answer"][media], type_):
            yield f"answer: {type_} became {ours['answer'].get(media)}"


def of_parameters(theirs: Mapping[str, str], ours: Mapping[str, str]) -> Iterator[str]:
    """What keeps the parameters of an operation from standing in for others."""
    given = dict(ours)
    for name, fact in theirs.items():
        yield from of_value(name, fact, given.pop(name, None), asked=True)
    for name, fact in given.items():
        yield f"+{name}" if not parts(fact)[1] else f"{name} is asked for besides"


def of_value(name: str, theirs: str, ours: str | None, *, asked: bool) -> Iterator[str]:
    """What keeps a parameter or a property from standing in for another.

    In what is asked, we may demand less and take more; in what is answered, the reverse.
    """
    if ours is None:
        yield f"{name} is missing"
        return
    (type_, required, default), (our_type, we_require, our_default) = parts(theirs), parts(ours)
    place, _, type_ = type_.rpartition(" ")
    our_place, _, our_type = our_type.rpartition(" ")
    if place != our_place:
        yield f"{name}: stood in the {place}, is in the {our_place}"
    if not (fits(type_, our_type) if asked else fits(our_type, type_)):
        yield f"{name}: {type_} became {our_type}"
    if (we_require and not required) if asked else (required and not we_require):
        yield f"{name}: {'has become necessary' if asked else 'may be missing'}"
    if asked and not required and default != our_default:
        yield f"{name}: without it {default!r}, now {our_default!r}"


def of_schema(theirs: Any, ours: Any, *, asked: bool) -> Iterator[str]:
    """What keeps a schema from standing in for another; what is added is told as well."""
    if not isinstance(theirs, dict) or not isinstance(ours, dict):
        if not isinstance(theirs, str) or not isinstance(ours, str) or theirs != ours:
            yield f"{theirs} became {ours}"
        return
    given: dict[str, str] = dict(ours)  # pyright: ignore[reportUnknownArgumentType]
    known: dict[str, str] = dict(theirs)  # pyright: ignore[reportUnknownArgumentType]
    for name, fact in known.items():
        yield from of_value(name, fact, given.pop(name, None), asked=asked)
    for name, fact in given.items():
        necessary = asked and parts(fact)[1]
        yield f"{name} is asked for besides" if necessary else f"+{name}"
