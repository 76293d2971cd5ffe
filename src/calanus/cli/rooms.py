"""Commands that are done at once: projects, accounts, taxa."""

import secrets
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calanus.cli import Asked
from calanus.cli.shell import Failed, answer, opened, say, table
from calanus.projects import service as projects
from calanus.projects.types import NewProject, ProjectTotals
from calanus.subsets import service as subsets
from calanus.taxonomy import exchange
from calanus.taxonomy import lists as taxa
from calanus.users import policy
from calanus.users import service as users
from calanus.users.policy import Act
from calanus.users.types import AccountRole, NewUser

STATS = ("objects", "validated", "predicted", "dubious", "unclassified", "taxa")


@dataclass(frozen=True)
class Account:
    """An account to be made."""

    email: str
    name: str
    role: str


def create_project(asked: Asked, title: str, instrument: str, *, json: bool) -> None:
    """Make a project."""
    with opened(asked) as here, here.transaction() as conn:
        project_id = projects.create(conn, NewProject(title, instrument), by=here.user)
    answer(
        {"project_id": project_id},
        json=json,
        shown=lambda: f"Project {project_id} is made. Bring images: calanus import {project_id} …",
    )


def list_projects(asked: Asked, *, json: bool) -> None:
    """List the projects somebody works in."""
    with opened(asked) as here, here.transaction() as conn:
        found = projects.list_projects(conn, here.user)
        totals = projects.totals(conn, [p.project_id for p in found])
    rows = [
        {"project_id": p.project_id, "title": p.title, "instrument": p.instrument}
        | stats_of(totals.get(p.project_id))
        for p in found
    ]
    names = ("project_id", "title", "instrument", *STATS)
    answer(
        {"projects": rows},
        json=json,
        shown=lambda: table([names, *[[row[name] for name in names] for row in rows]]),
    )


def project_stats(asked: Asked, project: int, *, json: bool) -> None:
    """Say how far a project is."""
    with opened(asked) as here, here.transaction() as conn:
        projects.require(conn, here.user, project, Act.VIEW_IMAGES)
        answer(stats_of(projects.totals(conn, [project]).get(project)), json=json)


def stats_of(totals: ProjectTotals | None) -> dict[str, Any]:
    """How far a project is, by name."""
    return {name: getattr(totals, name) if totals else 0 for name in STATS}


def create_user(asked: Asked, account: Account, password_stdin: bool, *, json: bool) -> None:
    """Make an account."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else secrets.token_urlsafe(12)
    new = NewUser(account.email, account.name, password, role=AccountRole(account.role))
    with opened(asked) as here, here.transaction() as conn:
        made = users.create(conn, new, by=here.user)
    if not password_stdin:
        say(f"The password of {made.email} is {password}; it is shown this once.")
    answer(
        {"user_id": made.user_id, "email": made.email},
        json=json,
        shown=lambda: f"The account of {made.name} is made: {made.email}.",
    )


def import_taxa(asked: Asked, file: Path, *, json: bool) -> None:
    """Add and update taxa from a file."""
    if not file.is_file():
        raise Failed([f"There is no file {file}."])
    with opened(asked) as here, here.transaction() as conn:
        policy.ask(here.user, Act.ADMINISTRATE)
        done = taxa.import_tsv(
            conn,
            file,
            in_use=subsets.taxa_in_use(conn),
            awaits=exchange.has_central(here.settings),
        )
    for warning in done.warnings:
        say(warning)
    answer(vars(done), json=json, shown=lambda: summary(done.added, done.updated, done.removed))


def summary(added: int, updated: int, removed: int) -> str:
    """What an import of taxa did, as a sentence."""
    starter = f", {removed:,} unused taxa of the starter tree removed" if removed else ""
    return f"{added:,} taxa added, {updated:,} updated{starter}."


def export_taxa(asked: Asked, file: Path, *, json: bool) -> None:
    """Write the tree to a file."""
    with opened(asked) as here, here.transaction() as conn:
        try:
            written = taxa.export_tsv(conn, file)
        except OSError as error:
            raise Failed([f"{file} cannot be written: {error.strerror}."]) from None
    answer({"taxa": written, "file": str(file)}, json=json, shown=lambda: f"{written:,} taxa.")


def sync_taxa(asked: Asked, *, json: bool) -> None:
    """Exchange taxa with the reference server."""
    with opened(asked) as here:
        policy.ask(here.user, Act.CREATE_TAXA)
        done = exchange.pull(here.transaction, here.settings, in_use=subsets.taxa_in_use)
        if done.error:
            raise Failed([done.error])
        exchange.push_numbers(here.transaction, here.settings)
        with here.transaction() as conn:
            waiting = exchange.waiting(conn)
    for taxon in waiting:
        say(f"{taxon.display_name} ({taxon.taxon_id}) still waits: {taxon.trouble or 'not sent'}")
    answer(
        vars(done) | {"waiting": len(waiting)},
        json=json,
        shown=lambda: (
            f"{done.sent:,} taxa sent, {len(waiting):,} still wait; "
            + summary(done.inserts, done.updates, 0)
        ),
    )
