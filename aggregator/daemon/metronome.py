"""The metronome: one heartbeat a second, until told to stop.

The event loop keeps time and serves subscribers. All that reads or writes the store happens in one thread of
its own, a tick at a time: jobs of due sources go out, what came back is stored, grouped and published.
Backups are made in another, beside it.
"""

import asyncio
import json
import logging
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from apscheduler.job import Job
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from aggregator import __version__, pipeline
from aggregator import log as logs
from aggregator.behind import Found
from aggregator.config import load_settings
from aggregator.config.watch import Mark, mark_of
from aggregator.daemon.backroom import Backroom
from aggregator.daemon.clocks import Clock, Steady
from aggregator.daemon.corridor import Corridor
from aggregator.daemon.front import Front, reached_at
from aggregator.errors import AggregatorError, ConfigError, CrashedError, DamagedError
from aggregator.listen import bound
from aggregator.notify import Manager
from aggregator.publish.hubs import hub_links
from aggregator.serve import Told, serve_status
from aggregator.settings import Settings
from aggregator.vitals import ailments, health, metrics
from aggregator.websub import Postbox

log = logging.getLogger(__name__)

HEARTBEAT = 1  # seconds
LONGEST_STOP = 9  # seconds; after ten we promised to be gone
MISSED_BEATS = 5  # after which the scheduler is waked
FIRST_CARE, CARE_EVERY, LOOK_EVERY = 60.0, 3600.0, 7 * 86_400.0  # seconds; backups, or else a look
NEEDS_RESTART = ("server", "data")


@dataclass(slots=True, kw_only=True)
class Daemon:
    """What the event loop keeps in mind."""

    settings: Settings
    front: Front
    linked: Settings | None = None  # of which the front names the hubs
    config: Path | None
    manager: Manager
    clock: Clock
    steady: Steady
    writer: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "writer"))
    caretaker: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "caretaker"))
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)  # SIGHUP came
    beaten: float = 0.0  # when the heart last beat
    crash: CrashedError | None = None
    mark: Mark = ()  # of the configuration that was read last
    seen: Mark = ()  # of the one that was there a beat ago
    status: str = ""
    is_ready: bool = False
    care: "asyncio.Future[None] | None" = None
    care_at: float = 0.0

    def search(self, query: str, file: str) -> Found | None:
        """Answer a search, in another thread; not where the site has none."""
        if not self.settings.site.search:
            return None
        with pipeline.open_to_read(self.settings) as store:
            return pipeline.search(store, self.settings, query, file=file)

    async def run(self, stack: AsyncExitStack, announce: Callable[[Settings], None]) -> None:
        loop = asyncio.get_running_loop()
        stack.enter_context(self._listening())
        await self._link(self.settings)
        postbox = Postbox(clock=self.clock)
        self.front.behind = stack.enter_context(closing(Backroom(postbox, self.search)))
        open_corridor = partial(Corridor, self.settings, self.clock, self.steady, postbox=postbox)
        corridor = await loop.run_in_executor(self.writer, open_corridor)
        try:
            await self._serve_status(stack, corridor)
            await asyncio.wrap_future(self.front.opened)
            announce(corridor.settings)
            with self._beating(corridor) as heart:
                await self._watch(corridor, heart)
        finally:
            await self._end(corridor)
        if self.crash:
            raise self.crash

    # ------------------------------------------------------------ the heart

    @contextmanager
    def _beating(self, corridor: Corridor) -> Iterator[Job]:
        scheduler = AsyncIOScheduler(timezone=UTC)
        heart = scheduler.add_job(
            partial(self._beat, corridor),
            "interval",
            seconds=HEARTBEAT,
            next_run_time=datetime.now(UTC),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
        scheduler.start()
        try:
            yield heart
        finally:
            scheduler.shutdown(wait=False)

    async def _beat(self, corridor: Corridor) -> None:
        self.beaten = self.steady()
        try:
            await asyncio.get_running_loop().run_in_executor(self.writer, corridor.beat)
        except CrashedError as error:
            self.crash = error
            self.stop.set()
        except asyncio.CancelledError:
            return  # told to stop in the middle of a beat, whose end `_end` waits for

    # ------------------------------------------------------------ beside the heart

    async def _watch(self, corridor: Corridor, heart: Job) -> None:
        """Look after the heart, the manager, the configuration and the store until told to stop."""
        self.beaten, self.care_at = self.steady(), self.steady() + FIRST_CARE
        self.mark = self.seen = self._mark()
        while not self.stop.is_set():
            if self.steady() - self.beaten > MISSED_BEATS * HEARTBEAT:
                # APScheduler counts in the time of the clock: set back, it would wait that long.
                heart.modify(next_run_time=datetime.now(UTC))
            self._tell(corridor)
            await self._link(corridor.settings)
            if self._is_to_reload():
                await self._reload(corridor)
            if self.steady() >= self.care_at and (self.care is None or self.care.done()):
                self.care = asyncio.ensure_future(self._care(corridor))
            try:
                async with asyncio.timeout(HEARTBEAT):
                    await self.stop.wait()
            except TimeoutError:
                continue

    async def _link(self, settings: Settings) -> None:
        """Let the site name the hubs of the feeds that there are now."""
        if settings is not self.linked:
            self.linked = settings
            await self.front.name_hubs(hub_links(settings))

    def _tell(self, corridor: Corridor) -> None:
        """Say to the manager that it is up, how it is, and that it moves while all of it does."""
        vitals, now = corridor.vitals, self.clock()
        if not self.is_ready and (vitals.published or vitals.trouble):
            self.is_ready = True
            self.manager.tell("READY=1")
        wrong = "; ".join(ailments(vitals, now=now))
        status = wrong or f"{vitals.sources} sources, {vitals.failing} failing; {vitals.entries} entries"
        if status != self.status:
            self.status = status
            self.manager.tell(f"STATUS={status}")
        if self.manager.watchdog and self._moves(corridor, self.manager.watchdog / 2):
            self.manager.tell("WATCHDOG=1")

    def _moves(self, corridor: Corridor, within: timedelta) -> bool:
        """Say whether scheduler, writer and publisher all got on, or wait for something that is known."""
        vitals, oldest = corridor.vitals, self.steady() - within.total_seconds()
        behind = vitals.behind_since
        is_publishing = not behind or bool(vitals.trouble) or self.clock() - behind < within
        return self.beaten >= oldest and corridor.walked >= oldest and is_publishing

    async def _serve_status(self, stack: AsyncExitStack, corridor: Corridor) -> None:
        if self.settings.server.status_port is None:
            return

        def healthz() -> Told:
            told = health(corridor.vitals, now=self.clock())
            text = json.dumps(told, ensure_ascii=False, indent=2) + "\n"
            return Told(status=503 if told["wrong"] else 200, media_type="application/json", text=text)

        def figures() -> Told:
            text = metrics(corridor.vitals, now=self.clock(), version=__version__)
            return Told(media_type="text/plain; version=0.0.4; charset=utf-8", text=text)

        port = self.settings.server.status_port
        sockets = stack.enter_context(bound("127.0.0.1", port, knob="server.status_port"))
        await stack.enter_async_context(serve_status(sockets, {"/healthz": healthz, "/metrics": figures}))
        log.info("told status=http://127.0.0.1:%d/healthz", sockets[0].getsockname()[1])

    async def _care(self, corridor: Corridor) -> None:
        """Back the store up, or read it through, beside its writer."""
        self.care_at = self.steady() + CARE_EVERY
        if corridor.vitals.trouble:
            return
        loop, path = asyncio.get_running_loop(), pipeline.store_path(self.settings)
        look = partial(pipeline.look_after, path, self.settings, corridor.seal, now=self.clock())
        try:
            if made := await loop.run_in_executor(self.caretaker, look):
                log.info("backed up file=%s bytes=%d", made, made.stat().st_size)
            elif not self.settings.storage.backups:  # it was read through
                self.care_at = self.steady() + LOOK_EVERY
        except DamagedError as error:
            await loop.run_in_executor(self.writer, corridor.condemn, error)
        except AggregatorError as error:
            log.error("not backed up because=%r", str(error))
        except Exception:
            log.exception("failed room=caretaker")

    # ------------------------------------------------------------ another configuration

    def _mark(self) -> Mark:
        return mark_of(self.config, self.settings) if self.config else ()

    def _is_to_reload(self) -> bool:
        """Say whether someone asked, or the files changed and have been the same for a beat since."""
        before, self.seen = self.seen, self._mark()
        is_asked = self.hung_up.is_set()
        self.hung_up.clear()
        return is_asked or (self.seen != self.mark and self.seen == before)

    async def _reload(self, corridor: Corridor) -> None:
        """Take another configuration over if all of it is right; else go on as before, and say why."""
        if self.config is None:
            return
        self.mark = self.seen
        self.manager.tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
        try:
            new = await asyncio.to_thread(load_settings, self.config)
        except ConfigError as error:
            for line in str(error).splitlines():
                log.error("kept the configuration as it was: %s", line)
            corridor.keep_config(str(error))
        else:
            self.settings = self._with_what_stays(new)
            self.mark = self.seen = self._mark()  # it may name other files
            logs.configure(form=new.logging.form, level=new.logging.level)
            await self.front.name_hubs(hub_links(self.settings))  # before a feed does
            corridor.reload(self.settings)
        self.manager.tell("READY=1")

    def _with_what_stays(self, new: Settings) -> Settings:
        """Return new settings with the old ones in the place of those that need a restart."""
        old = self.settings
        new = reached_at(new, self.front.address)
        for name in NEEDS_RESTART:
            if getattr(new, name) != getattr(old, name):
                log.warning("needs a restart key=%s", name)
        if new.publish.max_age != old.publish.max_age:
            log.warning("needs a restart key=publish.max_age")
        return replace(new, **{name: getattr(old, name) for name in NEEDS_RESTART})

    # ------------------------------------------------------------ the end

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """Listen to signals: the first that ends it does so in good order, the second at once."""
        loop = asyncio.get_running_loop()
        ends = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

        def end(number: int) -> None:
            for each in ends:
                loop.remove_signal_handler(each)
                signal.signal(each, signal.SIG_DFL)
            log.info("stopping signal=%s", signal.Signals(number).name)
            self.stop.set()

        for number in ends:
            loop.add_signal_handler(number, end, number)
        loop.add_signal_handler(signal.SIGHUP, self.hung_up.set)
        try:
            yield
        finally:
            loop.remove_signal_handler(signal.SIGHUP)
            for number, before in ends.items():
                loop.remove_signal_handler(number)
                signal.signal(number, before)

    async def _end(self, corridor: Corridor) -> None:
        """Close the corridor; what takes too long is left to the next start, like after a crash."""
        self.manager.tell("STOPPING=1")
        closing = asyncio.get_running_loop().run_in_executor(self.writer, corridor.close)
        try:
            async with asyncio.timeout(LONGEST_STOP):
                await asyncio.shield(closing)
        except TimeoutError:
            log.warning("stopped in the middle after seconds=%d; the store is whole", LONGEST_STOP)
            logging.shutdown()
            os._exit(0)
        self.writer.shutdown()
        self.caretaker.shutdown(wait=False, cancel_futures=True)
