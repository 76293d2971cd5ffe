"""The source code of Calanus as its tests read it: files, and their syntax trees."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src/calanus"


@dataclass(frozen=True)
class Source:
    """One Python file of the package."""

    path: str  # within the package: users/service.py
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        """users for users/service.py, app.py for app.py."""
        return self.path.split("/", 1)[0]

    @property
    def kind(self) -> str:
        """routes for users/routes.py and for users/routes/tokens.py."""
        parts = self.path.removesuffix(".py").split("/")
        return parts[1] if len(parts) > 1 else parts[0]

    def may(self, exceptions: dict[str, str]) -> bool:
        """Whether this file or its room is among the exceptions."""
        return self.path in exceptions or self.room in exceptions

    def at(self, node: ast.expr | ast.stmt) -> str:
        """Where a node is, as editors understand it."""
        return f"src/calanus/{self.path}:{node.lineno}"


@cache
def sources() -> list[Source]:
    """Every Python file of the package, parsed once."""
    paths = sorted(p for p in PACKAGE.rglob("*.py") if "page" not in p.relative_to(PACKAGE).parts)
    texts = [(p.relative_to(PACKAGE).as_posix(), p.read_text("utf-8")) for p in paths]
    return [Source(path, text, ast.parse(text)) for path, text in texts]


def imports(source: Source) -> Iterator[tuple[ast.stmt, str]]:
    """Each import of a file with the module it names."""
    return imported_names(source.tree)


def imported_names(tree: ast.Module) -> Iterator[tuple[ast.stmt, str]]:
    """Each import statement with the module it names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)


def calls(source: Source) -> Iterator[ast.Call]:
    """Each call of a file."""
    return (node for node in ast.walk(source.tree) if isinstance(node, ast.Call))


STATEMENT = re.compile(
    r"^\s*(?:SELECT\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+(?:\w+\s+)?SET\s|DELETE\s+FROM\s|WITH\s+\w+\s+AS\s"
    r"|COPY\s+[\w(]|CREATE\s+(?:TABLE|INDEX|TEMP|UNIQUE|DATABASE)|ALTER\s+(?:TABLE|SEQUENCE)"
    r"|DROP\s+(?:TABLE|INDEX)|TRUNCATE\s|LOCK\s+TABLE)"
)


def statements(source: Source) -> Iterator[tuple[ast.expr, str]]:
    """Each string that opens like SQL, an f-string by its literal parts; no docstrings."""
    inner = {
        id(part) for n in ast.walk(source.tree) if isinstance(n, ast.JoinedStr) for part in n.values
    }
    docs = {id(n.value) for n in ast.walk(source.tree) if isinstance(n, ast.Expr)}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.JoinedStr | ast.Constant) and id(node) not in inner | docs:
            text = literal(node)
            if STATEMENT.match(text):
                yield node, text


WRITES = re.compile(r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|COPY)\s+(\w+)")


def written_tables(source: Source) -> Iterator[tuple[str, str]]:
    """Each table that a statement or a `copy_in` of a file writes, with its place."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.JoinedStr | ast.Constant):
            yield from ((source.at(node), table) for table in WRITES.findall(literal(node)))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("copy_in"):
            names = [a for a in node.args[1:2] if isinstance(a, ast.Constant)]
            yield from ((source.at(node), literal(name)) for name in names)


def literal(node: ast.JoinedStr | ast.Constant) -> str:
    """What a string says, with … where an f-string inserts something."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    parts = [p.value if isinstance(p, ast.Constant) else "…" for p in node.values]
    return "".join(str(part) for part in parts)


def shown(text: str) -> str:
    """The opening of a statement, on one line."""
    return " ".join(text.split())[:60]


def decorator_name(decorator: ast.expr) -> str:
    """router for @router.get(…), job for @job(…)."""
    node = decorator.func if isinstance(decorator, ast.Call) else decorator
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def speaks_for_itself(source: Source, node: ast.stmt) -> bool:
    """An error is documented by its sentence, a shape on the wire by its fields."""
    if not isinstance(node, ast.ClassDef):
        return False
    return source.kind == "routes" or any(
        isinstance(part, ast.FunctionDef) and part.name == "__init__" for part in node.body
    )


def dangers(source: Source) -> Iterator[ast.Call]:
    """Calls that would run text as a program."""
    for node in calls(source):
        called = ast.unparse(node.func)
        shell = any(
            k.arg == "shell" and isinstance(k.value, ast.Constant) and k.value.value is not False
            for k in node.keywords
        )
        unpickles = any(
            k.arg == "allow_pickle" and ast.unparse(k.value) != "False" for k in node.keywords
        )
        code = called in ("eval", "exec", "compile", "__import__", "os.system", "os.popen")
        if shell or unpickles or code:
            yield node


def names_given(source: Source) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """Names this file chose itself: functions, parameters, variables, fields."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node, node.name
        if isinstance(node, ast.FunctionDef):
            given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            yield from ((node, argument.arg) for argument in given)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node, node.id


def written() -> list[Path]:
    """Every text file a person writes here."""
    kinds = ("*.py", "*.md", "*.toml", "*.sql", "*.svelte", "*.ts", "*.js", "*.json", "*.css")
    tops = ("src", "tests", "tools", "benchmarks", "docs", "changes", "ui", ".ci")
    built = {"node_modules", "page", ".svelte-kit", "build", ".results"}
    found = [p for top in tops for kind in kinds for p in (ROOT / top).rglob(kind)]
    found += [p for p in ROOT.iterdir() if p.suffix in (".md", ".toml") or p.name == "Makefile"]
    return sorted(p for p in found if not built & set(p.relative_to(ROOT).parts))
