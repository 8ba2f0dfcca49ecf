"""What runs at a worker: a workshop that outlives its batches, since a pool of processes is dear to open."""

import asyncio
import multiprocessing
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.util import Finalize

from distributed import get_worker

from aggregator.engine.dask.travel import Returned, Sealed, edition
from aggregator.engine.workshop import OpenHarvester, Workshop
from aggregator.model import FetchJob, Harvest
from aggregator.settings import Fetch

MOST_OPEN = 2  # workshops: of the configuration before, too, while its last batches end
KEPT_SECONDS = 60.0  # what home has not come for by then, it never will

Charter = tuple[Fetch, OpenHarvester]


def edition_here() -> str:
    return edition()


async def harvest_batch(
    charter: Sealed, jobs: Sealed, ticket: str, seconds: float, *, is_last: bool
) -> Sealed:
    """Run a batch for some seconds, or go on with it; what has not ended by then goes on or is given up.

    Args:
        ticket: names the batch when home comes again for the rest.
        is_last: it will not.
    Raises: ClusterError when home runs other code.
    """
    batch: tuple[FetchJob, ...] = jobs.open()
    with _using(charter, await asyncio.to_thread(_enter, charter)) as workshop:
        begun = _left.pop(ticket, {})
        new = [job for job in batch if job.source_id not in begun]
        started = {job.source_id: begun[job.source_id] for job in batch if job.source_id in begun}
        for job, begins in zip(new, workshop.start(new), strict=True):
            started[job.source_id] = asyncio.wrap_future(begins)
        await asyncio.wait(started.values(), timeout=seconds)
    late = {name: future for name, future in started.items() if not future.done()}
    if is_last:
        for future in late.values():
            future.cancel()
    elif late:
        _left[ticket] = late
        asyncio.get_running_loop().call_later(KEPT_SECONDS, _forget, ticket, late)
    return Sealed.of(_returned(started))


_left: dict[str, dict[str, asyncio.Future[Harvest]]] = {}  # of batches by ticket: what has not ended


def _forget(ticket: str, late: dict[str, asyncio.Future[Harvest]]) -> None:
    if _left.get(ticket) is late:
        del _left[ticket]


def _returned(started: Mapping[str, asyncio.Future[Harvest]]) -> Returned:
    ended = {name: future for name, future in started.items() if future.done() and not future.cancelled()}
    errors = {name: future.exception() for name, future in ended.items()}
    return Returned(
        harvests=tuple(future.result() for name, future in ended.items() if errors[name] is None),
        unfinished=tuple(name for name in started if name not in ended),
        faults=tuple((name, "".join(traceback.format_exception(e))) for name, e in errors.items() if e),
        worker=get_worker().address,
    )


# ---------------------------------------------------------------- the workshops of this process


@dataclass(slots=True)
class _Post:
    """A workshop, and how many batches are in it."""

    workshop: Workshop
    users: int = 0


_posts: dict[Sealed, _Post] = {}  # the one used last is last
_lock = threading.Lock()


def _enter(charter: Sealed) -> _Post:
    """Open the workshop that a charter asks for, or come to it."""
    with _lock:
        post = _posts.pop(charter, None) or _Post(_opened(charter))
        _posts[charter] = post
        post.users += 1
        return post


def _close_all() -> None:
    for post in _posts.values():
        post.workshop.close()


Finalize(None, _close_all, exitpriority=100)  # before the process ends its children by force


def _opened(charter: Sealed) -> Workshop:
    # Dask's nanny marks its worker as one that may have no children, as if these could be left over.
    multiprocessing.current_process().daemon = False
    settings, open_harvester = charter.open()
    return Workshop(settings, open_harvester)


@contextmanager
def _using(charter: Sealed, post: _Post) -> Iterator[Workshop]:
    try:
        yield post.workshop
    finally:
        with _lock:
            post.users -= 1
            idle = [key for key, other in _posts.items() if not other.users and key != charter]
            for key in idle[: max(0, len(_posts) - MOST_OPEN)]:
                _posts.pop(key).workshop.close()
