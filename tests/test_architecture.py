"""Rules of the house that import-linter and ruff cannot say. Each message says what to do."""

import ast
import re
from collections.abc import Iterable
from statistics import median

import grimp
import pytest

from sources import (
    PACKAGE,
    ROOT,
    calls,
    dangers,
    decorator_name,
    imported_names,
    imports,
    names_given,
    shown,
    sources,
    speaks_for_itself,
    statements,
    written,
    written_tables,
)

SCHEMA = PACKAGE / "schema"

LINES = 400

# Every exception is one file and one reason; a file that no longer needs it must leave the list.
SQL_OUTSIDE_QUERIES = {
    "kit": "the words we add to psycopg",
    "schema": "it is the schema",
    "objects/filters.py": "a table of clauses, shared by every room that picks objects",
    "bench": "measures the server itself, beside the rooms",
    "app.py": "asks the database whether it answers",
    "installation/asking.py": "what stands around a question of somebody else",
}
FASTAPI_OUTSIDE_ROUTES = {
    "kit": "what every route shares",
    "app.py": "the door",
    "users/session.py": "who is asking",
    "projects/visit.py": "who is asking, and where",
    "cli/serving.py": "the type of what it serves",
    "old_links.py": "addresses that only send elsewhere",
    "exports/darwin_core/routes.py": "the routes of a part of a room",
    "files/access.py": "who asks for an image, hundreds of times a second",
    "installation/metrics.py": "counts the answers of all routes",
}
PICKLE = {
    "features/torch_weights.py": "a reader that knows five harmless names and refuses all others",
}
COMMITS = {
    "installation/asking.py": "a connection of another role, on which nothing is ever kept",
    "kit": "migrations and connections",
    "jobs": "a job keeps each step as it is done",
    "app.py": "the door",
    "cli": "a command is one transaction",
    "worker.py": "the door",
    "demo": "made at the first start, where nobody asks yet",
    "bench": "measures what is kept",
}
ENVIRONMENT = {
    "kit": "settings are read here, and PostgreSQL's programs are started from here",
    "client/calanus.py": "runs elsewhere: which server, and who asks",
}
ASYNC = {
    "kit": "middleware speaks ASGI",
    "app.py": "idem",
    "jobs": "procrastinate waits in asyncio",
    "worker.py": "idem",
    "files/upload.py": "an upload streams",
    "files/resumable.py": "idem",
    "annotation/events.py": "events stream",
    "installation/metrics.py": "middleware speaks ASGI",
    "projects/visit.py": "a dependency that waits for nothing needs no thread",
}


def complain(found: Iterable[str], advice: str) -> None:
    """Fail with every place that breaks a rule, and with what to do about it."""
    places = list(found)
    assert not places, f"{advice}\n  " + "\n  ".join(places)


# A table has one room that changes it. Some rooms load, copy or remove a project's rows as a whole.
OWNERS = {
    "users": "users",
    "preferences": "users",
    "sign_in_failures": "users",
    "letters": "users",
    "links": "users",
    "attempts": "users",
    "personal_tokens": "users",
    "members": "users",
    "organisations": "users",
    "taxa": "taxonomy",
    "tree": "taxonomy",
    "exchanges": "taxonomy",
    "answers": "taxonomy",
    "jobs": "jobs",
    "projects": "projects",
    "counts": "projects",
    "packs": "files",
    "samples": "objects",
    "acquisitions": "objects",
    "processes": "objects",
    "object_values": "objects",
    "changes": "objects",
    "images": "objects",
    "thumbnails": "objects",
    "object_lists": "objects",
    "objects": "annotation",
    "batches": "annotation",
    "history": "annotation",
    "predictions": "annotation",
    "collections": "collections",
    "collection_projects": "collections",
    "contributors": "collections",
    "extractors": "features",
    "features": "features",
    "recasts": "exports",
    "remembered_names": "imports",
    "audits": "audit",
    "second_looks": "audit",
    "confirmations": "audit",
    "readings": "audit",
    "second_readings": "audit",
    "unlike_objects": "prediction",
    "relearning": "relearning",
}
WHOLE_ROWS = ("imports", "subsets", "demo", "bench")
TABLES = set(
    re.findall(r"CREATE TABLE (\w+)", "".join(p.read_text() for p in SCHEMA.glob("*.sql")))
)


# --- Rooms -------------------------------------------------------------------------------------


def test_the_queries_of_another_room_are_its_own_business() -> None:
    graph = grimp.build_graph("calanus", cache_dir=None)
    private = {m for m in graph.modules if "queries" in m.split(".")}
    intruders = [
        f"{importer} imports {module}"
        for module in sorted(private)
        for importer in sorted(graph.find_modules_that_directly_import(module))
        if importer.split(".")[:2] != module.split(".")[:2]
    ]
    complain(intruders, "Ask the other room's service, and add a function there if it lacks one.")


def test_fastapi_stays_at_the_edge() -> None:
    inside = [
        f"{s.at(node)} imports {name}"
        for s in sources()
        if s.kind != "routes" and not s.may(FASTAPI_OUTSIDE_ROUTES)
        for node, name in imports(s)
        if name.split(".")[0] in ("fastapi", "starlette")
    ]
    complain(inside, "Only routes.py knows HTTP: raise an error of the room, return a value.")


def test_sql_is_written_in_queries() -> None:
    strays = [
        f"{s.at(node)}: {shown(text)}"
        for s in sources()
        if s.kind != "queries" and not s.may(SQL_OUTSIDE_QUERIES)
        for node, text in statements(s)
    ]
    complain(strays, "Give the statement a name and a docstring in the room's queries.py.")


def test_each_table_is_written_by_one_room() -> None:
    strays = [
        f"{where} writes {table}: that is the business of {OWNERS.get(table, 'nobody yet')}"
        for s in sources()
        if s.room not in WHOLE_ROWS
        for where, table in written_tables(s)
        if table in TABLES and OWNERS.get(table) != s.room
    ]
    complain(strays, "Call its service; or, for a new table, name its room in OWNERS.")


def test_no_async_but_where_something_streams() -> None:
    coloured = [
        f"{s.at(node)}: async def {node.name}"
        for s in sources()
        if s.kind != "routes" and not s.may(ASYNC)
        for node in ast.walk(s.tree)
        if isinstance(node, ast.AsyncFunctionDef)
    ]
    complain(coloured, "Services, queries and jobs are plain `def`; only a route may stream.")


def test_a_request_is_kept_by_its_transaction_alone() -> None:
    hasty = [
        f"{s.at(node)}: {node.func.attr}()"
        for s in sources()
        if not s.may(COMMITS)
        for node in calls(s)
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("commit", "rollback")
    ]
    complain(hasty, "Leave it to `transaction` (a request) or to `run.keep` (a job's step).")


def test_settings_are_read_at_the_door() -> None:
    readers = [
        f"{s.at(node)}: os.{node.attr}"
        for s in sources()
        if not s.may(ENVIRONMENT)
        for node in ast.walk(s.tree)
        if isinstance(node, ast.Attribute)
        and node.attr in ("environ", "getenv", "environb")
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
    ]
    complain(readers, "Add a field to kit/settings.py and pass the settings down.")


# --- Shape -------------------------------------------------------------------------------------


def test_no_file_outgrows_its_reader() -> None:
    ours = [
        p for top in ("src", "tests", "benchmarks", "tools") for p in (ROOT / top).rglob("*.py")
    ]
    long = [
        f"{p.relative_to(ROOT)}: {n} lines"
        for p in sorted(ours)
        if "page" not in p.parts and (n := len(p.read_text("utf-8").splitlines())) > LINES
    ]
    complain(long, f"More than {LINES} lines: make it a folder of the same name.")


def test_half_of_the_functions_fit_in_ten_lines() -> None:
    lengths = [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for s in sources()
        for node in ast.walk(s.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert median(lengths) <= 10, "Functions have grown long: give their parts names."


def test_routes_and_jobs_say_what_they_are_for() -> None:
    silent = [
        f"{s.at(node)}: {node.name}"
        for s in sources()
        for node in ast.walk(s.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and any(decorator_name(d) in ("router", "app", "job") for d in node.decorator_list)
        and not ast.get_docstring(node)
    ]
    complain(silent, "Write one line: the API's pages and the jobs page show it.")


def test_public_functions_have_a_docstring() -> None:
    silent = [
        f"{s.at(node)}: {node.name}"
        for s in sources()
        if s.kind in ("service", "queries", "routes", "jobs")
        for node in s.tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
        and not speaks_for_itself(s, node)
    ]
    complain(silent, "Open with one line in domain words: what it is for.")


def test_migrations_are_numbered_without_a_gap() -> None:
    names = sorted(p.name for p in SCHEMA.iterdir() if re.match(r"\d", p.name))
    numbers = [int(name.split("_", 1)[0]) for name in names]
    assert numbers == list(range(1, len(numbers) + 1)), f"Number them 0001, 0002 …: {names}"


# --- Safety ------------------------------------------------------------------------------------


def test_no_pickle_is_ever_loaded() -> None:
    pickles = ("pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal")
    found = [
        f"{s.at(node)} imports {name}"
        for s in sources()
        if not s.may(PICKLE)
        for node, name in imports(s)
        if name.split(".")[0] in pickles
    ]
    complain(found, "A pickle runs what it likes: store arrays, JSON or ONNX instead.")


def test_nothing_given_is_run_as_code_or_by_a_shell() -> None:
    found = [f"{s.at(node)}: {ast.unparse(node)[:60]}" for s in sources() for node in dangers(s)]
    complain(found, "No eval, no shell: parse what you accept, pass arguments as a list.")


def test_no_path_of_one_machine_is_written_down() -> None:
    personal = re.compile(r"(?<![\w.$}>-])/(?:home|root|Users|work|mnt)/\w")
    found = [
        f"{p.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for p in written()
        for number, line in enumerate(p.read_text("utf-8").splitlines(), 1)
        if personal.search(line)
    ]
    complain(found, "Take it from the settings, or from a folder beside the file.")


# --- Words -------------------------------------------------------------------------------------

NOT_OUR_WORDS = {
    "category": "taxon",
    "categories": "taxa",
    "class_name": "taxon",
    "class_names": "taxa",
    "class_id": "taxon_id",
    "label": "taxon",
    "labels": "taxa",
    "annotation_status": "state",
    "dubious_flag": "state",
}


def test_names_are_words_of_the_glossary() -> None:
    """The wire keeps EcoTaxa's words, so routes and the orders they read are left alone."""
    found = [
        f"{s.at(node)}: {name} is called {NOT_OUR_WORDS[name]} here"
        for s in sources()
        if s.kind in ("service", "queries", "jobs", "learning_set", "classifiers")
        for node, name in names_given(s)
        if name in NOT_OUR_WORDS
    ]
    complain(found, "Use the word of docs/glossary.md.")


@pytest.mark.parametrize("folder", ["tests", "benchmarks"])
def test_our_own_code_is_never_mocked(folder: str) -> None:
    paths = sorted((ROOT / folder).rglob("*.py"))
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno} imports {name}"
        for path in paths
        for node, name in imported_names(ast.parse(path.read_text("utf-8")))
        if name.startswith(("unittest.mock", "mock"))
    ]
    complain(found, "Build the world with tests/given.py on the real PostgreSQL.")


def test_every_table_has_its_room() -> None:
    assert set(OWNERS) == TABLES, "Name each table and its room in OWNERS."


def test_every_exception_still_has_its_file() -> None:
    listed = [
        *SQL_OUTSIDE_QUERIES,
        *FASTAPI_OUTSIDE_ROUTES,
        *PICKLE,
        *COMMITS,
        *ENVIRONMENT,
        *ASYNC,
    ]
    gone = sorted({name for name in listed if not (PACKAGE / name).exists()})
    complain(gone, "Take these out of the lists of exceptions above.")
