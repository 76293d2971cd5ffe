"""Who did how much, as EcoTaxa writes it."""

from collections.abc import Iterable

from pydantic import BaseModel

from calanus.annotation.types import Activity


class MinimalUserBO(BaseModel):
    id: int
    name: str


class UserActivity(BaseModel):
    id: int
    nb_actions: int
    last_annot: str


class ProjectUserStatsModel(BaseModel):
    """Who did how much in a project."""

    projid: int
    annotators: list[MinimalUserBO]
    activities: list[UserActivity]


def user_stats(found: Iterable[Activity]) -> list[ProjectUserStatsModel]:
    """Who did how much, project by project."""
    lines: dict[int, ProjectUserStatsModel] = {}
    for each in found:
        line = lines.setdefault(
            each.project_id,
            ProjectUserStatsModel(projid=each.project_id, annotators=[], activities=[]),
        )
        line.annotators.append(MinimalUserBO(id=each.user_id, name=each.name))
        last = each.last_at.isoformat() if each.last_at else ""
        line.activities.append(UserActivity(id=each.user_id, nb_actions=each.acts, last_annot=last))
    return list(lines.values())
