"""What nobody comes back for: unfinished uploads, and what has long been in the trash."""

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

from calanus.files import drafts, trash
from calanus.files.folders import measured
from calanus.kit.settings import Settings

logger = logging.getLogger(__name__)


def tidy(settings: Settings, *, at: datetime) -> int:
    """Erase what is old; the bytes freed."""
    freed = 0
    for root in (settings.data / "files").glob("[0-9]*"):
        try:
            freed += tidy_one(root, settings, at=at)
        except OSError as trouble:  # another worker was faster, or a disk is away
            logger.warning("The old files of person %s stay for now (%s)", root.name, trouble)
    return freed


def tidy_one(root: Path, settings: Settings, *, at: datetime) -> int:
    """Erase what is old of one person."""
    before = measured(root)[0]
    trash.erase_old(root, before=at - timedelta(days=settings.trash_days))
    freed = before - measured(root)[0]
    return freed + give_up(drafts.drafts_of(root), before=at - timedelta(days=drafts.DAYS))


def give_up(folder: Path, *, before: datetime) -> int:
    """Forget the uploads to which nothing came since a moment, and litter of killed servers."""
    freed = 0
    for draft in drafts.all_in(folder):
        if draft.expires - timedelta(days=drafts.DAYS) < before:
            freed += 0 if draft.complete else draft.offset
            drafts.forget(draft)
    known = {draft.upload_id for draft in drafts.all_in(folder)}
    for path in folder.iterdir():
        facts = path.stat()
        since = datetime.fromtimestamp(facts.st_mtime, UTC)
        if path.stem not in known and since < before:
            freed += facts.st_size
            path.unlink(missing_ok=True)
    return freed
