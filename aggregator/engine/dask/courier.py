"""Send batches out and take them in, by way of whatever scheduler and workers there are at the moment.

So many batches are out as the workers have threads: what waits, waits here, where a loss of the scheduler
does not reach it. All of this runs in one event loop.
"""

import asyncio
import math
import uuid
from collections.abc import Collection, Iterable
from concurrent.futures import CancelledError

from distributed import Client, KilledWorker

from aggregator.engine.dask.crew import Crew, muster, open_client
from aggregator.engine.dask.lines import Batch, Lines, hosts_of
from aggregator.engine.dask.outpost import harvest_batch
from aggregator.engine.dask.travel import Returned, Sealed
from aggregator.engine.returns import Returns
from aggregator.engine.workshop import OpenHarvester
from aggregator.errors import Cause, ClusterError, HeldError, WorkerError
from aggregator.model import FetchJob, Harvest
from aggregator.settings import Cluster, Fetch
from aggregator.urls import origin_of

LOOK_EVERY = 1.0  # seconds: at which workers there are
RETRY = 2.0  # seconds without a scheduler, until the next try
PART_SECONDS = 5.0  # then what is ready comes home, so that a slow host holds no other up
TURN_SECONDS = 30.0  # in which a job's turn must come, besides what it may take by itself
PATIENCE = 3  # times that one may take what it takes at a worker: two of these may be lost meanwhile
TOO_MANY_REQUESTS = 429

KILLED = "asking it killed the worker, on every machine that tried"
SILENT = "it did not come back from the workers within {:.0f} s"

_STRANGE = (ClusterError, ImportError, AttributeError)  # what other code makes of our pickles


class Courier:
    """The one customer of a cluster. `trouble` may be read from any thread."""

    def __init__(
        self, settings: Fetch, open_harvester: OpenHarvester, cluster: Cluster, returns: Returns
    ) -> None:
        self.trouble = ""
        self._charter = Sealed.of((settings, open_harvester))
        # In as many parts one job of each host ends at least, so that even the longest line comes to its end.
        seconds = 2 * settings.timeout.total_seconds() + settings.read_timeout.total_seconds() + TURN_SECONDS
        self._parts = math.ceil(seconds / PART_SECONDS)
        self._patience = PATIENCE * seconds
        self._pause = settings.host_delay.total_seconds()
        self._cluster, self._returns = cluster, returns
        self._lines = Lines()
        self._client: Client | None = None
        self._crew = Crew()
        self._out: set[asyncio.Task[None]] = set()
        self._is_trying = False  # a suspect is out

    def take(self, jobs: Iterable[FetchJob]) -> None:
        self._lines.add(jobs)
        self._send()

    async def serve(self) -> None:
        """Work with the cluster for as long as it is there, and wait for it to come back."""
        while True:
            try:
                async with open_client(self._cluster) as client:
                    await self._serve(client)
                self.trouble = f"lost the scheduler at {self._cluster.scheduler}"
            except (OSError, RuntimeError, ClusterError) as error:
                reason = str(error) or "it does not answer"
                self.trouble = f"no scheduler at {self._cluster.scheduler}: {reason}"
            except Exception as error:  # noqa: BLE001 -- handed to whoever waits, who raises it
                self._returns.put("", error)
            await asyncio.sleep(RETRY)

    async def _serve(self, client: Client) -> None:
        """Work until the scheduler is lost; what is out then, waits again."""
        self._client = client
        try:
            while client.status == "running":
                self._crew = await muster(client, self._crew)
                self.trouble = self._crew.trouble
                self._send()
                await asyncio.sleep(LOOK_EVERY)
        finally:
            self._client, self._crew = None, Crew()
            for task in self._out:
                task.cancel()
            await asyncio.gather(*self._out, return_exceptions=True)

    # ------------------------------------------------------------ out

    def _send(self) -> None:
        if self._client is None or self._client.status != "running":
            return
        if self._crew.slots and not self._is_trying and (suspect := self._lines.take_suspect()):
            self._is_trying = True
            self._start(self._client, suspect, is_suspect=True)
        while (free := self._crew.slots - len(self._out)) > 0 and (batch := self._lines.take(slots=free)):
            self._start(self._client, batch)

    def _start(self, client: Client, batch: Batch, *, is_suspect: bool = False) -> None:
        task = asyncio.ensure_future(self._bring(client, batch, is_suspect=is_suspect))
        self._out.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._out.discard(task)
        self._send()

    async def _bring(self, client: Client, batch: Batch, *, is_suspect: bool) -> None:
        """Have a batch harvested; whatever happens to it, each of its jobs comes back or waits again."""
        ticket, left, worker = uuid.uuid4().hex, batch, ""
        try:
            for part in reversed(range(self._parts)):
                returned = await self._harvested(client, left, ticket, part, at=worker)
                before, left = left, self._take_in(left, returned)
                self._rest(hosts_of(before) - hosts_of(left))
                if not left:
                    break
                worker = returned.worker
            self._lines.add(left)
        except KilledWorker:
            self._doubt(left, WorkerError(Cause.CRASHED, KILLED), is_suspect=is_suspect)
        except TimeoutError:
            silent = WorkerError(Cause.TIMEOUT, SILENT.format(self._patience))
            self._doubt(left, silent, is_suspect=is_suspect)
        except (CancelledError, OSError, *_STRANGE):
            self._lines.add(left)  # nothing is known of it, but that it is not its fault
        except asyncio.CancelledError:
            self._lines.add(left)
            raise
        except Exception as error:  # noqa: BLE001 -- handed to whoever waits, who raises it
            for job in left:
                self._returns.put(job.source_id, error)
        finally:
            self._is_trying = self._is_trying and not is_suspect
            self._rest(hosts_of(left))

    async def _harvested(self, client: Client, batch: Batch, ticket: str, part: int, *, at: str) -> Returned:
        """Have a part of a batch harvested.

        Args:
            part: how many more may follow: what has begun goes on until then.
            at: the worker where it goes on; another begins anew.
        """
        future = client.submit(
            harvest_batch,
            self._charter,
            Sealed.of(batch),
            ticket,
            PART_SECONDS,
            is_last=not part,
            key=f"harvest-{ticket}-{part}",
            workers=[at] if at else self._crew.chosen,
            allow_other_workers=bool(at),
            pure=False,
        )
        try:
            async with asyncio.timeout(self._patience):
                sealed: Sealed = await future
        finally:
            future.release()
        returned: Returned = sealed.open()
        return returned

    def _rest(self, hosts: Collection[str]) -> None:
        """Let hosts out again after a pause: who asks next is perhaps another worker than who asked last."""

        def release() -> None:
            self._lines.release(hosts)
            self._send()

        asyncio.get_running_loop().call_later(self._pause, release)

    # ------------------------------------------------------------ in

    def _take_in(self, batch: Batch, returned: Returned) -> Batch:
        """Take in what came back; return the jobs that did not."""
        jobs = {job.source_id: job for job in batch}
        for source_id, fault in returned.faults:
            self._returns.put(source_id, RuntimeError(f"a fault of ours at a worker: {fault}"))
        for harvest in returned.harvests:
            self._returns.put(harvest.source_id, harvest)
            if harvest.status == TOO_MANY_REQUESTS and not harvest.is_held:
                self._hold_back(jobs[harvest.source_id], harvest)
        return tuple(jobs[source_id] for source_id in returned.unfinished)

    def _hold_back(self, refused: FetchJob, harvest: Harvest) -> None:
        """Let what waits for a host that has had enough of us come back without having been asked."""
        host = origin_of(refused.address)
        if origin_of(harvest.answered) != host:
            return
        detail = f"HTTP {harvest.status}, said to another feed of {host}"
        for job in self._lines.drop(host):
            held = HeldError(
                Cause.STATUS, detail, harvest.status, harvest.hints.retry_after, answered=job.address
            )
            self._returns.put(job.source_id, Harvest.failed(job, held))

    def _doubt(self, batch: Batch, error: WorkerError, *, is_suspect: bool) -> None:
        """Find the culprit of a batch that came to a bad end: it is the one that does so alone."""
        if is_suspect:
            self._returns.put(batch[0].source_id, Harvest.failed(batch[0], error))
        else:
            self._lines.suspect(batch)
