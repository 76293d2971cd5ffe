"""What an installation says of itself: what it offers, and how it is."""

from collections.abc import Mapping

from calanus import __version__
from calanus.collections.types import Licence
from calanus.exports.types import RecastOperation
from calanus.installation import queries
from calanus.installation.types import Gauges
from calanus.jobs import service as jobs
from calanus.kit.db import Connection
from calanus.kit.settings import Settings
from calanus.users import service as users
from calanus.users.types import User

LICENCES: Mapping[Licence, str] = {
    Licence.CC0: "CC0 1.0: all yours to copy, modify, distribute and perform, even commercially.",
    Licence.CC_BY: "CC BY 4.0: yours to share and adapt, if you name who made it.",
    Licence.CC_BY_NC: "CC BY-NC 4.0: yours to share and adapt, if you name who made it and earn "
    "nothing by it.",
    Licence.COPYRIGHT: "Copyright: ask before you use it.",
    Licence.NONE: "Not chosen.",
}
SECRET = ("password", "secret", "key", "token", "database_url", "reader_url")


def contact(conn: Connection, *, asked_by: User | None) -> tuple[str, str]:
    """Who looks after this installation; the e-mail address is for people signed in."""
    first = next(iter(users.managers(conn)), None)
    if first is None:
        return "", ""
    return first.name, first.email if asked_by else ""


def gauges(conn: Connection) -> Gauges:
    """How much there is of what."""
    return Gauges(
        queries.jobs_by_state(conn), queries.objects_by_state(conn), jobs.workers_alive(conn)
    )


def described(settings: Settings) -> str:
    """The settings of this server, one a line, without what is nobody's business."""
    lines = [f"Calanus {__version__}"]
    for name, value in sorted(settings.model_dump().items()):
        hidden = value not in ("", None) and any(word in name for word in SECRET)
        lines.append(f"{name} = {'***' if hidden else value}")
    return "\n".join(lines) + "\n"


def recasts() -> dict[str, str]:
    """What recasts are for, by EcoTaxa's names, which two of them do not have as their value."""
    names = {
        RecastOperation.PRE_PREDICT: "prediction_input",
        RecastOperation.POST_PREDICT: "prediction_output",
    }
    return {names.get(each, each.value): each.value for each in RecastOperation}
