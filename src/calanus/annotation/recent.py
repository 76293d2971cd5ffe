"""The taxa somebody gave of late in a project: short searches look among them."""

import re
from collections.abc import Sequence

from calanus.annotation.types import KEEP
from calanus.kit.db import Connection
from calanus.kit.ids import ProjectId
from calanus.users import service as users
from calanus.users.types import User

KEY, MOST = "mru", 10  # EcoTaxa's name for it, and its length


def remember(conn: Connection, project_id: ProjectId, taxa: Sequence[int], *, by: User) -> None:
    """Put taxa first among the recent ones; nothing is written when they are there already."""
    kept = users.preference(conn, by, project_id, KEY)
    before = [int(digits) for digits in re.findall(r"\d{1,10}", kept)]
    given = [taxon_id for taxon_id in dict.fromkeys(taxa) if taxon_id != KEEP]
    recent = list(dict.fromkeys([*given, *before]))[:MOST]
    if recent != before:
        users.remember(conn, by, project_id, KEY, str(recent))
