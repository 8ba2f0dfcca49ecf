"""Where batches of jobs run. The pipeline hands jobs in and takes harvests out, as they finish, in any order.

An engine never loses a job: each comes back as exactly one harvest, a failed one if need be. What runs is
`harvest`, unchanged, wherever that is.

    local      this machine
    dask       other machines, a batch at a time; the rest of it is an extra
    workshop   what both come to: a loop that fetches and processes that read, in the `cage`
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from aggregator.engine.local import LocalEngine
from aggregator.engine.workshop import OpenHarvester
from aggregator.errors import ExtraError
from aggregator.model import FetchJob, Harvest
from aggregator.settings import Cluster, Fetch

__all__ = ["ENGINES", "Engine", "OpenHarvester", "open_engine"]


class Engine(Protocol):
    """What the pipeline needs of an engine."""

    @property
    def under_way(self) -> frozenset[str]:
        """The ids of the sources whose jobs have not come back."""

    @property
    def trouble(self) -> str:
        """What keeps it, or a part of it, from working, in words; empty when it is well."""

    def submit(self, jobs: Sequence[FetchJob]) -> None:
        """Take jobs in; returns at once."""

    def finished(self, *, wait: float) -> tuple[Harvest, ...]:
        """Return the harvests that are ready, after at most `wait` seconds without one."""

    def close(self) -> None:
        """End, at once; jobs under way are forgotten."""


def _local(settings: Fetch, open_harvester: OpenHarvester, _: Cluster) -> Engine:
    return LocalEngine(settings, open_harvester)


def _dask(settings: Fetch, open_harvester: OpenHarvester, cluster: Cluster) -> Engine:
    try:
        from aggregator.engine.dask import DaskEngine  # half a second, for those who want it
    except ModuleNotFoundError as error:
        raise ExtraError("cluster") from error
    return DaskEngine(settings, open_harvester, cluster)


ALONE = Cluster()

ENGINES: dict[str, Callable[[Fetch, OpenHarvester, Cluster], Engine]] = {"local": _local, "dask": _dask}


@contextmanager
def open_engine(
    name: str, settings: Fetch, open_harvester: OpenHarvester, *, cluster: Cluster = ALONE
) -> Iterator[Engine]:
    """Yield an engine.

    Args:
        open_harvester: given `run`, opens the function that harvests one job; see `harvest.open_harvester`.
        cluster: where the other machines are, if the engine has any.
    Raises: ExtraError when the engine is not installed.
    """
    engine = ENGINES[name](settings, open_harvester, cluster)
    try:
        yield engine
    finally:
        engine.close()
