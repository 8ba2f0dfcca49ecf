"""Where jobs are done: an event loop in a thread fetches, worker processes read.

Documents are read in processes of their own because a poisonous one can take for ever, or all memory, or the
process with it; a worker past its limits is killed and the others never hear of it. Each document is a task
of its own, so that a worker that dies has just the guilty one in its hands.
"""

import asyncio
import multiprocessing
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from concurrent.futures import TimeoutError as ReadTimeoutError
from contextlib import AbstractAsyncContextManager, suppress
from functools import partial
from typing import Any

from pebble import ProcessExpired, ProcessPool

from aggregator.engine.cage import EscapeError, settle_in
from aggregator.errors import Cause, WorkerError
from aggregator.model import FetchJob, Harvest
from aggregator.settings import Fetch

TASKS_OF_A_WORKER = 2000  # then a fresh one takes over: parsers leak

Harvester = Callable[[FetchJob], Any]
OpenHarvester = Callable[..., AbstractAsyncContextManager[Harvester]]  # given `run`


class Workshop:
    """Harvests jobs on the machine where it is open: all of them at once, as far as the settings let it."""

    def __init__(
        self,
        settings: Fetch,
        open_harvester: OpenHarvester,
        *,
        is_full: Callable[[], bool] = lambda: False,
    ) -> None:
        """Open it.

        Args:
            is_full: whether so much waits to be taken that no more is to be read, until `go_on` is called.
        """
        self._settings = settings
        self._open_harvester = open_harvester
        self._is_full, self._room = is_full, asyncio.Event()
        self._pool: ProcessPool | None = None
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._harvest: Harvester | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._failures: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, name="workshop", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._failures:
            self._thread.join()
            raise self._failures[0]

    def start(self, jobs: Sequence[FetchJob]) -> tuple[Future[Harvest], ...]:
        """Begin jobs; each is given up when the workshop closes, or its future is cancelled."""
        futures = tuple(Future[Harvest]() for _ in jobs)
        if jobs:
            self._loop.call_soon_threadsafe(self._begin, jobs, futures)
        return futures

    def go_on(self) -> None:
        """Read on, if there is room again, and it is still open."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._room.set)

    def close(self) -> None:
        """End, at once."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        if self._pool:
            self._pool.stop()  # type: ignore[no-untyped-call]
            self._pool.join()

    # ------------------------------------------------------------ in the workshop's thread

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

    def _begin(self, jobs: Sequence[FetchJob], futures: Sequence[Future[Harvest]]) -> None:
        for job, future in zip(jobs, futures, strict=True):
            task = self._loop.create_task(self._work(job, future))
            self._tasks.add(task)  # the loop itself holds them weakly
            task.add_done_callback(self._tasks.discard)
            future.add_done_callback(partial(self._give_up, task))

    def _give_up(self, task: asyncio.Task[None], future: Future[Harvest]) -> None:
        if future.cancelled() and not task.done():
            self._loop.call_soon_threadsafe(task.cancel)

    async def _work(self, job: FetchJob, future: Future[Harvest]) -> None:
        try:
            assert self._harvest  # noqa: S101 -- set before anyone can submit
            harvest = await self._harvest(job)
        except asyncio.CancelledError:
            future.cancel()
            raise
        except BaseException as error:  # noqa: BLE001 -- handed to whoever waits, who raises it
            with suppress(InvalidStateError):  # who gave it up does not wait
                future.set_exception(error)
        else:
            with suppress(InvalidStateError):
                future.set_result(harvest)

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
        await self._wait_for_room()
        return harvest

    async def _wait_for_room(self) -> None:
        """Hold what was read in the place of its request: no more is asked for than what can be taken."""
        while self._is_full():
            self._room.clear()
            await self._room.wait()

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
