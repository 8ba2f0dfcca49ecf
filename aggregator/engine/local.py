"""This machine as an engine: one workshop."""

from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial

from aggregator.engine.returns import Returns
from aggregator.engine.workshop import OpenHarvester, Workshop
from aggregator.model import FetchJob, Harvest
from aggregator.settings import Fetch

MOST_WAITING = 200  # harvests that nobody has taken in; reading waits then, and asking with it


class LocalEngine:
    """Runs jobs on this machine; see `Engine`."""

    trouble = ""

    def __init__(
        self, settings: Fetch, open_harvester: OpenHarvester, *, returns: Returns | None = None
    ) -> None:
        """Open the workshop.

        Args:
            returns: where harvests come back, if that is shared with another engine.
        """
        self._returns = returns or Returns()
        self._workshop = Workshop(settings, open_harvester, is_full=self._is_full)

    @property
    def under_way(self) -> frozenset[str]:
        return self._returns.under_way

    def submit(self, jobs: Sequence[FetchJob]) -> None:
        self._returns.expect(job.source_id for job in jobs)
        for job, future in zip(jobs, self._workshop.start(jobs), strict=True):
            future.add_done_callback(partial(self._take, job.source_id))

    def finished(self, *, wait: float) -> tuple[Harvest, ...]:
        try:
            return self._returns.finished(wait=wait)
        finally:
            self._workshop.go_on()

    def close(self) -> None:
        self._workshop.close()

    def _is_full(self) -> bool:
        return self._returns.waiting >= MOST_WAITING

    def _take(self, source_id: str, done: Future[Harvest]) -> None:
        if not done.cancelled():
            self._returns.put(source_id, done.exception() or done.result())
