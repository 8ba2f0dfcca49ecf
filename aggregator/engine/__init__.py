"""Where batches of jobs run. The pipeline hands jobs in and takes harvests out, as they finish, in any order.

An engine never loses a job: each comes back as exactly one harvest, a failed one if need be. What runs is
`harvest`, unchanged, wherever that is.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Protocol

from aggregator.engine.local import LocalEngine
from aggregator.model import FetchJob, Harvest
from aggregator.settings import Fetch

OpenHarvester = Callable[..., AbstractAsyncContextManager[Callable[..., object]]]


class Engine(Protocol):
    """What the pipeline needs of an engine."""

    @property
    def under_way(self) -> frozenset[str]:
        """The ids of the sources whose jobs have not come back."""

    def submit(self, jobs: Sequence[FetchJob]) -> None:
        """Take jobs in; returns at once."""

    def finished(self, *, wait: float) -> tuple[Harvest, ...]:
        """Return the harvests that are ready, after at most `wait` seconds without one."""

    def close(self) -> None:
        """End, at once; jobs under way are forgotten."""


ENGINES: dict[str, Callable[..., Engine]] = {"local": LocalEngine}


@contextmanager
def open_engine(name: str, settings: Fetch, open_harvester: OpenHarvester) -> Iterator[Engine]:
    """Yield an engine.

    Args:
        open_harvester: given `run`, opens the function that harvests one job; see `harvest.open_harvester`.
    """
    engine = ENGINES[name](settings, open_harvester)
    try:
        yield engine
    finally:
        engine.close()
