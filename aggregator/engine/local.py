"""This machine: an event loop in a thread fetches, worker processes read.

Documents are read in processes of their own because a poisonous one can take for ever, or all memory, or the
process with it; a worker past its limits is killed and the others never hear of it. Each document is a task
of its own, so that a worker that dies has just the guilty one in its hands.
"""

import asyncio
import multiprocessing
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import TimeoutError as ReadTimeoutError
from contextlib import AbstractAsyncContextManager
from typing import Any

from pebble import ProcessExpired, ProcessPool

from aggregator.engine.cage import EscapeError, settle_in
from aggregator.errors import Cause, WorkerError
from aggregator.model import FetchJob, Harvest
from aggregator.settings import Fetch

TASKS_OF_A_WORKER = 2000  # then a fresh one takes over: parsers leak

Harvester = Callable[[FetchJob], Any]


class LocalEngine:
    """Runs jobs on this machine; see `Engine`."""

    def __init__(
        self, settings: Fetch, open_harvester: Callable[..., AbstractAsyncContextManager[Harvester]]
    ) -> None:
        self._settings = settings
        self._open_harvester = open_harvester
        self._done: queue.SimpleQueue[tuple[str, Harvest | BaseException]] = queue.SimpleQueue()
        self._kept: tuple[str, Harvest | BaseException] | None = None  # taken out, not yet handed on
        self._under_way: set[str] = set()
        self._pool: ProcessPool | None = None
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._harvest: Harvester | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._failures: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._failures:
            self._thread.join()
            raise self._failures[0]

    @property
    def under_way(self) -> frozenset[str]:
        return frozenset(self._under_way)

    def submit(self, jobs: Sequence[FetchJob]) -> None:
        if jobs:
            self._under_way.update(job.source_id for job in jobs)
            self._loop.call_soon_threadsafe(self._begin, jobs)

    def finished(self, *, wait: float) -> tuple[Harvest, ...]:
        """Return what is ready; raise a fault of ours when its turn comes, what is ready before it first."""
        found: list[Harvest] = []
        while self._done.qsize() or not found:
            try:
                source_id, result = self._kept or self._done.get(timeout=0 if found else wait)
            except queue.Empty:
                break
            self._kept = None
            if isinstance(result, Harvest):
                found.append(result)
            elif found:
                self._kept = (source_id, result)
                break
            else:
                self._under_way.discard(source_id)
                result.add_note(f"source={source_id}")
                raise result
            self._under_way.discard(source_id)
        return tuple(found)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        if self._pool:
            self._pool.stop()  # type: ignore[no-untyped-call]
            self._pool.join()

    # ------------------------------------------------------------ in the engine's thread

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            try:
                runner.run(self._serve())
            except BaseException as error:  # noqa: BLE001 -- raised by the constructor, or of no more use
                self._failures.append(error)
            finally:
                self._ready.set()

    async def _serve(self) -> None:
        async with self._open_harvester(run=self._read) as harvest:
            self._harvest = harvest
            self._ready.set()
            await self._stop.wait()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, jobs: Sequence[FetchJob]) -> None:
        for job in jobs:
            task = self._loop.create_task(self._work(job))
            self._tasks.add(task)  # the loop itself holds them weakly
            task.add_done_callback(self._tasks.discard)

    async def _work(self, job: FetchJob) -> None:
        try:
            assert self._harvest  # noqa: S101 -- set before anyone can submit
            self._done.put((job.source_id, await self._harvest(job)))
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 -- handed to whoever waits, who raises it
            self._done.put((job.source_id, error))

    async def _read(self, function: Callable[..., Harvest], *arguments: object) -> Harvest:
        """Run a function in a worker.

        Raises: WorkerError when the worker dies or takes too long; else whatever the function raises.
        """
        seconds = self._settings.read_timeout.total_seconds()
        future = self._open_pool().schedule(function, args=arguments, timeout=seconds)
        try:
            harvest: Harvest = await asyncio.wrap_future(future)
        except ReadTimeoutError as error:
            raise WorkerError(Cause.TIMEOUT, f"reading it took longer than {seconds:g} s") from error
        except ProcessExpired as error:
            raise WorkerError(Cause.CRASHED, "reading it killed the worker") from error
        except MemoryError as error:
            raise WorkerError(Cause.CRASHED, "reading it took too much memory") from error
        except EscapeError as error:
            raise WorkerError(Cause.CRASHED, f"it was kept from doing harm: {error}") from error
        return harvest

    def _open_pool(self) -> ProcessPool:
        if self._pool is None:
            # Not forked from here: threads and open files of this process must not go along.
            context = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload(["aggregator.harvest"])
            self._pool = ProcessPool(
                max_workers=self._settings.workers,
                max_tasks=TASKS_OF_A_WORKER,
                initializer=settle_in,
                context=context,
            )
        return self._pool
