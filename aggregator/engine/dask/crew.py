"""See who is there: the scheduler, its workers, and whether these run the code that runs here."""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from distributed import Client, Security

from aggregator.engine.dask.outpost import edition_here
from aggregator.engine.dask.travel import edition
from aggregator.errors import ClusterError
from aggregator.settings import Cluster

CONNECT_SECONDS, CLOSE_SECONDS = 10.0, 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """The workers that there are. Who runs other code is given nothing to do."""

    threads: Mapping[str, int] = field(default_factory=dict)  # of each worker, by address
    faults: Mapping[str, str] = field(default_factory=dict)  # of those that were looked at; "": none

    @property
    def slots(self) -> int:
        """Return how many batches they can do at once."""
        return sum(count for worker, count in self.threads.items() if self.faults.get(worker) == "")

    @property
    def chosen(self) -> list[str] | None:
        """Return the workers that batches may go to; None: to all of them."""
        right = [worker for worker, fault in self.faults.items() if not fault]
        return right if len(right) < len(self.faults) else None

    @property
    def trouble(self) -> str:
        if not self.threads:
            return "the cluster has no workers"
        return "; ".join(f"worker {worker} {fault}" for worker, fault in self.faults.items() if fault)


@asynccontextmanager
async def open_client(cluster: Cluster) -> AsyncIterator[Client]:
    """Yield a connection to the scheduler.

    Raises: OSError or RuntimeError when there is none; ClusterError when it runs other code.
    """
    client = Client(
        cluster.scheduler,
        security=_security(cluster),
        timeout=CONNECT_SECONDS,
        asynchronous=True,
        set_as_default=False,
        direct_to_workers=False,  # workers need be reached by the scheduler only
        name="aggregator",
    )
    _tame()
    try:
        await client
        await _vet_scheduler(client)
        yield client
    finally:
        with suppress(OSError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await client.close()


async def _vet_scheduler(client: Client) -> None:
    """See whether the scheduler can unpack what it passes on, as Dask does there. Raises: ClusterError."""
    told: object
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            told = await client.run_on_scheduler(edition_here)
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is told
        told = error
    if fault := _fault_of(told):
        raise ClusterError(f"it {fault}")


def _security(cluster: Cluster) -> Security | None:
    if not cluster.scheduler.startswith("tls:"):
        return None
    return Security(
        require_encryption=True,
        tls_ca_file=cluster.ca,
        tls_client_cert=cluster.certificate,
        tls_client_key=cluster.key,
    )


async def muster(client: Client, before: Crew) -> Crew:
    """Look who is there now; who was there before is not looked at again. Raises: OSError."""
    async with asyncio.timeout(CONNECT_SECONDS):
        threads: dict[str, int] = await client.nthreads()
    faults = {worker: before.faults[worker] for worker in threads if worker in before.faults}
    if new := threads.keys() - faults.keys():
        faults |= await _vetted(client, new)
    return Crew(threads=threads, faults=faults)


async def _vetted(client: Client, workers: Collection[str]) -> dict[str, str]:
    """Return what is wrong with each worker; whoever does not answer is asked again the next time."""
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            told = await client.run(edition_here, workers=list(workers), on_error="return")
    except TimeoutError:
        return {}
    return {worker: _fault_of(it) for worker, it in told.items() if not isinstance(it, OSError)}


def _fault_of(told: object) -> str:
    """Say what is wrong with a worker, by its edition or its error; nothing when it is well."""
    if told == edition():
        return ""
    runs = f"runs {told}" if isinstance(told, str) else f"cannot work ({told!r})"
    return f"{runs}; here is {edition()}: install the same there"


def _tame() -> None:
    """Let Dask speak as other libraries do; what is wrong with the cluster is said in words of ours."""
    for name in ("distributed", "distributed.client", "distributed.gc", "tornado", "tornado.application"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    logging.getLogger("distributed.client").setLevel(logging.NOTSET)
