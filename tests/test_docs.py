"""What the code offers is named in the docs, what the docs name exists, and no page is stale."""

import importlib.util
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from types import ModuleType

import pytest

from calanus.kit.settings import Settings

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md"), *(ROOT / "changes").glob("*.md")])
DECISIONS = sorted((DOCS / "decisions").glob("0*.md"))
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def name_of(page: Path) -> str:
    """A page as the test report shows it."""
    return page.relative_to(ROOT).as_posix()


def text_of(page: str) -> str:
    """The words of one page of docs."""
    return (DOCS / page).read_text("utf-8")


def reference() -> ModuleType:
    """tools/reference.py, which is a script and no part of the package."""
    spec = importlib.util.spec_from_file_location("reference", ROOT / "tools/reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_pages_written_from_the_code_are_fresh() -> None:
    command = [sys.executable, str(ROOT / "tools/reference.py"), "--check"]
    checked = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert checked.returncode == 0, f"Run `make docs`:\n{checked.stdout}{checked.stderr}"


def test_the_page_s_client_speaks_today_s_interface() -> None:
    command = [sys.executable, str(ROOT / "tools/openapi.py"), "--check"]
    checked = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert checked.returncode == 0, f"Run `make api`:\n{checked.stdout}{checked.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    linked = [link for link in LINK.findall(prose(page)) if "://" not in link]
    broken = [link for link in linked if not leads_somewhere(page, link)]
    assert not broken, f"{name_of(page)} links to {', '.join(broken)}"


def leads_somewhere(page: Path, link: str) -> bool:
    """Whether the file is there, and the heading in it when one is named."""
    path, _, anchor = link.removeprefix("mailto:").partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists() or not anchor:
        return target.exists()
    return anchor in {slug(line) for line in target.read_text("utf-8").splitlines()}


def slug(heading: str) -> str:
    """The anchor of a heading, as GitHub and GitLab make it."""
    words = re.sub(r"[^\w\s-]", "", heading.lstrip("#").strip().lower())
    return words.replace(" ", "-")


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_every_setting_is_in_the_docs(name: str) -> None:
    assert f"`CALANUS_{name.upper()}`" in text_of("reference/settings.md")


def test_every_job_is_in_the_docs() -> None:
    from calanus.worker import JOBS

    page = text_of("why/jobs.md")
    missing = [kind for kind in JOBS if f"`{kind}`" not in page]
    assert not missing, f"docs/why/jobs.md does not name {', '.join(missing)}"


def test_every_shortcut_is_in_the_docs() -> None:
    page = text_of("reference/keyboard.md")
    keys = {key for path in actions() for key in keys_of(path)}
    missing = sorted(key for key in keys if f"`{key}`" not in page)
    assert not missing, f"docs/reference/keyboard.md does not name {', '.join(missing)}"


def actions() -> list[Path]:
    """The files of the page in which commands are values."""
    return sorted((ROOT / "ui/src").rglob("actions.ts"))


def keys_of(path: Path) -> set[str]:
    """Every key an action names: after `keys:`, or as the first word of a helper that makes one."""
    text = path.read_text("utf-8")
    lists = re.findall(r"(?:\bkeys:|\b(?:walk|stretch)\()\s*(\[[^\]]*\]|'[^']*'|\"[^\"]*\")", text)
    quoted = [re.findall(r"'([^']+)'|\"([^\"]+)\"", found) for found in lists]
    return {one or other for found in quoted for one, other in found}


def test_every_package_leaves_our_licence_to_us() -> None:
    pages = reference()
    unknown = [
        f"{name}: {said or 'says nothing'}"
        for name in pages.runtime_packages()
        if not allowed(pages, name, said := pages.licence(name))
    ]
    advice = "Read their licences; name them in tools/reference.py when they leave ours alone"
    assert not unknown, f"{advice}: {'; '.join(unknown)}"


def allowed(pages: ModuleType, name: str, said: str) -> bool:
    """Whether a licence is permissive, or a known one that asks nothing of our files."""
    if pages.RECIPROCAL.get(name) == said:
        return True
    words = re.split(r"\s+(?:AND|OR)\s+|; its programs: ", said)
    return all(word.strip("() ") in pages.PERMISSIVE for word in words)


def test_our_own_licence_is_the_one_we_declare() -> None:
    assert metadata.metadata("calanus").json["license_expression"] == "MIT"
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")


@pytest.mark.parametrize("page", DECISIONS, ids=name_of)
def test_every_decision_says_why(page: Path) -> None:
    wanted = ["## Context", "## Decision", "## Consequences", "## What else"]
    said = page.read_text("utf-8")
    assert [heading for heading in wanted if heading not in said] == []


def test_decisions_are_numbered_without_a_gap_and_listed() -> None:
    numbers = [int(page.name[:4]) for page in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))
    listed = text_of("decisions/README.md")
    assert [page.name for page in DECISIONS if page.name not in listed] == []


KINDS = ("added", "changed", "deprecated", "removed", "fixed", "security")


def test_fragments_of_the_changelog_are_named_for_their_kind() -> None:
    fragments = [p for p in (ROOT / "changes").glob("*.md") if p.name != "README.md"]
    odd = [p.name for p in fragments if p.name.split(".")[-2] not in KINDS]
    assert not odd, f"Name them topic.kind.md, the kind one of {', '.join(KINDS)}: {odd}"


@pytest.mark.parametrize("name", ["requirements-dev.lock", "requirements-tools.lock"])
def test_a_lock_names_no_address(name: str) -> None:
    lock = (ROOT / name).read_text("utf-8")
    assert "://" not in lock, "The lock must work with every package index: `make lock`."


def test_the_lock_of_the_tools_holds_what_we_declare() -> None:
    lock = (ROOT / "requirements-tools.lock").read_text("utf-8")
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["tools"]
    assert [tool for tool in declared if f"{tool} " not in lock] == [], "Run `make lock`."


def test_the_lock_holds_every_package_we_declare() -> None:
    lock = (ROOT / "requirements-dev.lock").read_text("utf-8")
    locked = set(re.findall(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^\]]*\])?==", lock, re.MULTILINE))
    wanted = [r for r in metadata.requires("calanus") or [] if "extra == 'train'" not in r]
    declared = [re.split(r"[^\w.-]", r, maxsplit=1)[0] for r in wanted]  # torch comes by itself
    assert [name for name in declared if name.lower() not in locked] == [], "Run `make lock`."
