"""A worker that knows the kinds of the tests; what to work on comes on the standard input."""

import asyncio
import json
import sys

from calanus.jobs.work import Worker
from calanus.kit.settings import Settings
from job_kinds import MODULES


async def main() -> None:
    """Work until told to stop."""
    spoken = json.loads(sys.stdin.read())
    settings = Settings.model_validate_json(spoken["settings"])
    await Worker(settings, spoken["database_url"], MODULES).run()


if __name__ == "__main__":
    asyncio.run(main())
