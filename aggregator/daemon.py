"""The metronome: one heartbeat a second, until told to stop.

The event loop keeps time and serves subscribers. All that reads or writes the store happens in one thread of
its own, a tick at a time: jobs of due sources go out, what came back is stored, grouped and published.
"""

import asyncio
import logging
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from aggregator import pipeline
from aggregator.instance import only_one
from aggregator.serve import serve
from aggregator.settings import Settings

log = logging.getLogger(__name__)

HEARTBEAT = 1  # seconds
PUBLISH_EVERY = timedelta(seconds=10)  # at most, while sources keep coming in

_LEVELS = {
    "in trouble": logging.WARNING,
    "fresh": logging.INFO,
    "unchanged": logging.DEBUG,
    "held": logging.INFO,
}

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


class Corridor:
    """One walk of the corridor a tick. Lives in the writer's thread."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._stack = ExitStack()
        self._store, self._engine = self._stack.enter_context(pipeline.open_house(settings))
        pipeline.prepare(self._store, settings, now=clock())
        self._desk = pipeline.open_desk(self._store, settings)
        self._is_stale = True  # what is published is behind the store
        self._published = datetime.min.replace(tzinfo=UTC)

    def tick(self) -> None:
        """Send out, take in, regroup, publish; each only if there is something to do."""
        now = self._clock()
        pipeline.send_out(self._store, self._settings, self._engine, now=now)
        for harvest in self._engine.finished(wait=0):
            report = pipeline.take_in(self._store, self._settings, harvest, now=self._clock())
            self._is_stale |= report.outcome not in ("unchanged", "held")
            level = _LEVELS["in trouble" if report.troubles else report.outcome]
            trouble = f" trouble={str(report.troubles[0])!r}" if report.troubles else ""
            log.log(
                level,
                "refreshed source=%s outcome=%s new=%d changed=%d%s",
                report.source_id,
                report.outcome,
                report.new,
                report.changed,
                trouble,
            )
        self._is_stale |= self._store.takedowns.is_pending()
        is_quiet = not self._engine.under_way
        if self._is_stale and (is_quiet or now - self._published >= PUBLISH_EVERY):
            self._regroup_and_publish(now)

    def _regroup_and_publish(self, now: datetime) -> None:
        try:
            placed = pipeline.regroup(self._store, self._desk, now=now)
        except BaseException:
            self._desk = pipeline.open_desk(self._store, self._settings)
            raise
        written, removed = pipeline.publish(self._store, self._settings)
        self._published, self._is_stale = now, False
        log.info("published placed=%d written=%d removed=%d", placed, written, removed)

    def close(self) -> None:
        with self._stack:
            pipeline.save_desk(self._store, self._desk)


async def run_forever(
    settings: Settings, *, announce: Callable[[Settings], None], clock: Clock = utc_now
) -> None:
    """Run until SIGINT or SIGTERM.

    Args:
        announce: told the settings once subscribers can be served, the true port in the site's address.
    """
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    pipeline.public_folder(settings).mkdir(parents=True, exist_ok=True)
    with only_one(Path(settings.data)):
        pass  # another one at work is named before its port is found taken
    with ThreadPoolExecutor(1, thread_name_prefix="writer") as writer:
        root, max_age = pipeline.public_folder(settings), settings.publish.max_age
        async with serve(root, settings.server, max_age=max_age, clock=clock) as address:
            if settings.site.url.endswith(":0/"):  # derived from a port that was free to choose
                settings = replace(settings, site=replace(settings.site, url=address))
            corridor = await loop.run_in_executor(writer, Corridor, settings, clock)
            announce(settings)

            async def beat() -> None:
                try:
                    await loop.run_in_executor(writer, corridor.tick)
                except Exception:  # a fault of ours must not end the service; it is shown whole
                    log.exception("failed room=corridor")

            scheduler = AsyncIOScheduler(timezone=UTC)
            scheduler.add_job(
                beat,
                "interval",
                seconds=HEARTBEAT,
                next_run_time=datetime.now(UTC),
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
            )
            scheduler.start()
            try:
                await stop.wait()
                log.info("stopping")
            finally:
                scheduler.shutdown(wait=False)
                await loop.run_in_executor(writer, corridor.close)
