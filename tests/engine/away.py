"""What workers are made to do in these tests, where a job is done and not where a document is read."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aggregator.harvest import open_harvester
from aggregator.model import FetchJob, Harvest
from tests.world import a_fetch


@asynccontextmanager
async def open_away(*, run: Any) -> AsyncIterator[Any]:
    """Open the real harvester, which sources of some names have harm done to."""
    async with open_harvester(a_fetch(), user_agent="Tester/1", run=run) as harvest:

        async def deed(job: FetchJob) -> Harvest:
            if job.source_id.startswith("poison"):
                os.kill(os.getpid(), signal.SIGKILL)
            if job.source_id.startswith("slip"):
                raise KeyError("ours")
            if job.source_id.startswith("where"):
                return Harvest(source_id=job.source_id, version=str(os.getpid()))
            return await harvest(job)

        yield deed
