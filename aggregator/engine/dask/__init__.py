"""Other machines as an engine: batches of jobs go out to Dask's workers, and their harvests come home.

Dask finds a worker, and another one when that is lost. All that must last is here: a job whose batch came to
nothing waits again. Dask forgets everything with its scheduler, and this engine with its process: then the
leases in the store end, and the work is done once more.

    courier    sends batches out and takes them in
    crew       sees which workers there are
    lines      decide which jobs go out together
    outpost    what runs at a worker
    travel     what goes there and back

What belongs to a place stays at home: local files, what hubs pushed, and what they are told.
"""

import asyncio
import threading
from collections.abc import Sequence

from aggregator.engine.dask.courier import Courier
from aggregator.engine.local import LocalEngine
from aggregator.engine.returns import Returns
from aggregator.engine.workshop import OpenHarvester
from aggregator.model import FetchJob, Harvest
from aggregator.settings import Cluster, Fetch

AT_HOME = frozenset({"path", "push", "hub", "ping"})


class DaskEngine:
    """Runs jobs on the workers of a cluster; see `Engine`. It opens, and stays open, without one."""

    def __init__(self, settings: Fetch, open_harvester: OpenHarvester, cluster: Cluster) -> None:
        self._returns = Returns()
        self._home = LocalEngine(settings, open_harvester, returns=self._returns)
        self._courier = Courier(settings, open_harvester, cluster, self._returns)
        self._loop = asyncio.new_event_loop()
        self._serving: asyncio.Task[None] | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cluster", daemon=True)
        self._thread.start()
        self._ready.wait()

    @property
    def under_way(self) -> frozenset[str]:
        return self._returns.under_way

    @property
    def trouble(self) -> str:
        return self._courier.trouble

    def submit(self, jobs: Sequence[FetchJob]) -> None:
        self._home.submit([job for job in jobs if job.kind in AT_HOME])
        away = [job for job in jobs if job.kind not in AT_HOME]
        self._returns.expect(job.source_id for job in away)
        self._loop.call_soon_threadsafe(self._courier.take, away)

    def finished(self, *, wait: float) -> tuple[Harvest, ...]:
        return self._home.finished(wait=wait)

    def close(self) -> None:
        if self._serving:
            self._loop.call_soon_threadsafe(self._serving.cancel)
        self._thread.join()
        self._home.close()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._serving = asyncio.ensure_future(self._courier.serve())
        self._ready.set()
        await asyncio.wait([self._serving])
