"""Blind re-reading: objects named again without their name; no identification changes."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import numpy as np

from calanus.annotation import service as annotation
from calanus.audit import queries
from calanus.audit.agreement import Share, kappa, share
from calanus.audit.types import (
    MOST_READ,
    Agreement,
    AlreadyRead,
    AnswerReq,
    Confused,
    DrawReq,
    NothingToAudit,
    Read,
    Reading,
    ReadingNotFound,
    TaxonAgreement,
    Unread,
)
from calanus.kit.db import Connection
from calanus.projects.types import Project
from calanus.taxonomy import service as taxonomy
from calanus.users.types import User

AT_ONCE = 20


def draw(conn: Connection, project: Project, wanted: DrawReq, *, by: User, at: datetime) -> Reading:
    """Draw validated objects to be read again.

    Raises:
        NothingToAudit: none is validated, or neither a number nor a number per taxon was given.
    """
    if wanted.per_taxon is None and wanted.in_all is None:
        raise NothingToAudit("Say how many objects to draw: of each taxon, or in all.")
    reading_id = queries.draw(conn, project.project_id, wanted, by=by.user_id, at=at)
    drawn = queries.fill(conn, project.project_id, reading_id, wanted, MOST_READ)
    if not drawn:
        raise NothingToAudit(
            f"There is nothing to read again in “{project.title}”: no object is validated."
        )
    return require(conn, project, reading_id)


def require(conn: Connection, project: Project, reading_id: int) -> Reading:
    """A reading of a project.

    Raises:
        ReadingNotFound: it has no such reading.
    """
    found = queries.find_reading(conn, project.project_id, reading_id)
    if found is None:
        raise ReadingNotFound(reading_id)
    return found


def listed(conn: Connection, project: Project) -> list[Reading]:
    """The readings of a project, the newest first."""
    return queries.readings(conn, project.project_id)


def following(conn: Connection, project: Project, reading_id: int, *, after: int) -> list[Unread]:
    """The next objects to read, by their images alone."""
    found = require(conn, project, reading_id)
    return queries.unread(conn, project.project_id, found.reading_id, after=after, most=AT_ONCE)


def answer(
    conn: Connection,
    project: Project,
    reading_id: int,
    said: AnswerReq,
    *,
    by: User,
    at: datetime,
) -> None:
    """Keep what somebody calls an object.

    Raises:
        ReadingNotFound, UnknownTaxon, DeprecatedTaxon: so it is.
        AlreadyRead: it was read before, or is not in the reading.
    """
    found = require(conn, project, reading_id)
    annotation.check_taxa(conn, [said.taxon_id])
    kept = queries.read_again(
        conn, project.project_id, found.reading_id, said, by=by.user_id, at=at
    )
    if not kept:
        raise AlreadyRead(said.place)


def take_back(conn: Connection, project: Project, reading_id: int, place: int, *, by: User) -> bool:
    """Forget one's own answer, to give another."""
    found = require(conn, project, reading_id)
    return queries.take_back(conn, project.project_id, found.reading_id, place, by=by.user_id)


def agreement(conn: Connection, project: Project, reading_id: int) -> Agreement:
    """How far what has been read so far agrees with the first reading."""
    found = require(conn, project, reading_id)
    pairs = queries.read(conn, project.project_id, found.reading_id)
    first = np.array([pair.taxon_id for pair in pairs], np.int64)
    second = np.array([pair.second_id for pair in pairs], np.int64)
    used = sorted({int(t) for t in (*first, *second)})
    names = {int(t.taxon_id): t.display_name for t in taxonomy.find_many(conn, used)}
    apart = Counter((int(p.taxon_id), int(p.second_id)) for p in pairs if not agrees(p))
    return Agreement(
        of(pairs),
        kappa(first, second),
        of([p for p in pairs if p.reader_id == p.annotator_id]),
        of([p for p in pairs if p.reader_id != p.annotator_id]),
        [
            TaxonAgreement(t, names.get(t, str(t)), of([p for p in pairs if p.taxon_id == t]))
            for t in sorted({int(t) for t in first})
        ],
        [
            Confused(a, names.get(a, str(a)), b, names.get(b, str(b)), n)
            for (a, b), n in sorted(apart.items(), key=lambda item: (-item[1], item[0]))
        ],
    )


def agrees(pair: Read) -> bool:
    """Whether an object was called the same twice."""
    return pair.taxon_id == pair.second_id


def of(pairs: Sequence[Read]) -> Share:
    """The share of pairs that agree."""
    return share(sum(map(agrees, pairs)), len(pairs))
