"""The page of docs/reference on the Python client, read off its code; `reference.py` writes it."""

import ast
import inspect
import re
from collections.abc import Iterator
from typing import Any

from calanus import client
from calanus.client import errors, types
from calanus.client.fields import FIXED, USUAL

CLASSES = ("Calanus", "Project", "Objects", "Batch", "Job", "Taxa")
KINDS = {
    "id": "whole number",
    "count": "whole number",
    "number": "number",
    "text": "text",
    "state": "word",
    "date": "day",
    "time": "time of the day, UTC",
    "moment": "moment, UTC",
}


def lines() -> list[str]:
    """Classes with what can be asked of them, filters, columns, errors."""
    told: list[str] = []
    for name in CLASSES:
        told += class_lines(getattr(client, name))
    return told + filter_lines() + column_lines() + error_lines()


def class_lines(cls: type) -> list[str]:
    """One class: what it is for, then each method with its signature."""
    told = [f"## {cls.__name__}", "", *paragraphs(cls), ""]
    for name, member in vars(cls).items():
        if name == "__init__" or (name.startswith("_") and name != "__getitem__"):
            continue
        if inspect.isfunction(member):
            told += [f"### {cls.__name__.lower()}.{name}", "", *signature(name, member), ""]
            told += [*paragraphs(member), ""]
        elif isinstance(member, property):
            told += [f"### {cls.__name__.lower()}.{name}", "", *paragraphs(member), ""]
    return told


def signature(name: str, function: Any) -> list[str]:
    """A call, as Python writes it, one argument a line where there are many."""
    parameters = [p for n, p in inspect.signature(function).parameters.items() if n != "self"]
    arguments = list(written(parameters))
    short = f"{name}({', '.join(arguments)})"
    if len(short) <= 100:
        return ["```text", short, "```"]
    return ["```text", f"{name}(", *[f"    {a}," for a in arguments], ")", "```"]


def written(parameters: list[inspect.Parameter]) -> Iterator[str]:
    """Each argument; those after * are given by name."""
    named = False
    for p in parameters:
        if p.kind is p.KEYWORD_ONLY and not named:
            named = True
            if not any(q.kind is q.VAR_POSITIONAL for q in parameters):
                yield "*"
        if p.kind is p.VAR_KEYWORD:
            yield f"**{p.name}"
        elif p.kind is p.VAR_POSITIONAL:
            yield f"*{p.name}: {annotation(p)}"
        else:
            default = "" if p.default is p.empty else f" = {p.default!r}"
            yield f"{p.name}: {annotation(p)}{default}"


def annotation(p: inspect.Parameter) -> str:
    """A type as a reader needs it, without where it comes from."""
    text = p.annotation if isinstance(p.annotation, str) else inspect.formatannotation(p.annotation)
    text = re.sub(
        r"\b(?:typing|collections\.abc|calanus\.client\.\w+|pathlib|datetime)\.", "", text
    )
    return text.replace("'", "") if "Literal" not in text else text


def paragraphs(documented: object) -> list[str]:
    """A docstring as Markdown: its sections `Raises:` and `Args:` as lists."""
    told: list[str] = []
    section = ""
    for line in (inspect.getdoc(documented) or "").splitlines():
        if line in ("Raises:", "Args:"):
            section = line
            told += [line, ""]
        elif section and re.match(r"    \w+: ", line):
            name, _, what = line.strip().partition(": ")
            told.append(f"- `{name}`: {what}")
        elif section and line.startswith("    "):
            told.append(f"  {line.strip()}")
        else:
            told.append(line)
    return told


def table(*header: str) -> list[str]:
    """The two lines a Markdown table opens with."""
    return ["| " + " | ".join(header) + " |", "| " + " | ".join("---" for _ in header) + " |"]


def filter_lines() -> list[str]:
    """The words of filters, as `Filters` explains them."""
    tree = ast.parse(inspect.getsource(types.Filters))
    body = tree.body[0]
    assert isinstance(body, ast.ClassDef)
    told = ["## Filters", "", *paragraphs(types.Filters), "", *table("filter", "takes", "")]
    for one, after in zip(body.body, [*body.body[1:], None], strict=True):
        if isinstance(one, ast.AnnAssign):
            words = docstring(after)
            kind = ast.unparse(one.annotation).strip("'\"").replace("|", "\\|")
            told.append(f"| `{ast.unparse(one.target)}` | `{kind}` | {words} |")
    return [*told, ""]


def docstring(after: ast.stmt | None) -> str:
    """The text that stands below a name."""
    if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
        return str(after.value.value).replace("|", "\\|")
    return ""


def column_lines() -> list[str]:
    """The columns that all objects have."""
    told = [
        "## Columns",
        "",
        "Those in bold come when none is named. `sample.…` and `acquisition.…` ",
    ]
    told[-1] += (
        "are free columns of samples and acquisitions; a free column of objects has its own name, "
    )
    told[-1] += "with `fre.` before it where it is one of these."
    told += ["", *table("column", "EcoTaxa's field", "is a")]
    for name, (wire, kind) in FIXED.items():
        shown = f"**`{name}`**" if name in USUAL else f"`{name}`"
        told.append(f"| {shown} | `{wire}` | {KINDS[kind]} |")
    return [*told, ""]


def error_lines() -> list[str]:
    """What may be raised; all of them are `CalanusError`."""
    told = ["## Errors", "", "All are `CalanusError`, and tell what to do in a sentence.", ""]
    told += table("error", "status", "")
    for name in client.__all__:
        error = getattr(client, name)
        if isinstance(error, type) and issubclass(error, errors.CalanusError):
            words = (inspect.getdoc(error) or "").splitlines()[0]
            told.append(f"| `{name}` | {error.status or '–'} | {words} |")
    return told
