"""One walk of the corridor a beat, in the writer's thread, whatever comes.

What a disk or a database refuses is waited out, and nothing that came in is lost meanwhile. A source that
brings a fault of ours to light is put off. A store that is damaged is let go of: what is published stays,
until another store is in its place. Faults of ours are shown whole; when they keep coming, the daemon ends.
"""

import json
import logging
import shutil
from collections import Counter, deque
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from itertools import islice

from aggregator import pipeline
from aggregator.daemon.clocks import Clock, Hand, Steady, steady_now
from aggregator.daemon.journal import say_engine, say_refreshed, say_room, say_weighed
from aggregator.daemon.patience import Patience
from aggregator.engine import Engine
from aggregator.errors import AggregatorError, BusyError, DamagedError
from aggregator.model import Harvest, SourceReport
from aggregator.settings import Settings
from aggregator.store import Store
from aggregator.store.seal import Seal
from aggregator.store.sound import ailment
from aggregator.stories import Desk
from aggregator.vitals import VITALS, Vitals
from aggregator.websub import Postbox

log = logging.getLogger("aggregator.daemon")

PUBLISH_EVERY = timedelta(seconds=10)  # at most, while sources keep coming in
MOST_AT_ONCE = 50  # harvests stored in one transaction: a second at most, for whoever waits to write
MOST_SOURCE_PAGES = 40  # in one publish: some seconds; the rest follows in the next
RETRY = 10.0  # seconds after the disk or the database said no
FAULT_PAUSE = timedelta(hours=1)  # of a source that brought a fault of ours to light
TIDY_EVERY, LOOK_EVERY = 3600.0, 60.0  # seconds
TEND_EVERY = 60.0  # seconds: what is agreed with hubs
RENEW_EVERY = pipeline.LEASE.total_seconds() / 2


def _work_of(settings: Settings) -> tuple[object, ...]:
    """Return what the engine was opened with."""
    return settings.engine, settings.cluster, settings.fetch, pipeline.user_agent(settings)


class Corridor:
    """What the writer's thread does. The loop's thread reads `vitals`, `walked`, `settings`, `seal` only.

    Raises: whatever keeps the house from being opened, but a damaged store, which is waited for.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        steady: Steady = steady_now,
        *,
        postbox: Postbox | None = None,
    ) -> None:
        self.settings = settings  # with the feeds that its lists name
        self._given = settings
        self.vitals = Vitals(started=clock())
        self.walked = steady()  # when the last walk ended, well or in a way that is waited out
        self._clock, self._steady = clock, steady
        self._postbox = postbox or Postbox(clock=clock)
        self._hand = Hand(at=clock(), passed=steady())
        self._next: Settings | None = None
        self._patience = Patience()
        self._not_before = self._tidy_at = self._look_at = self._tend_at = self._renew_at = 0.0
        self._harvests: deque[Harvest] = deque()  # that came in and are not stored yet
        self._forsaken: set[str] = set()  # under way, of sources that are others by now
        self._stack, self._is_open, self._is_afresh = ExitStack(), False, False
        self._desk: Desk | None = None
        self.seal = Seal()  # of the store, for whoever reads it through beside us
        self._wound: tuple[int, ...] | None = None  # the mark of a store that is damaged
        try:
            self._open()
        except Exception as error:
            if ailment(error) != "damaged":
                raise
            self._let_go(error)

    def _open(self) -> None:
        settings = self._given
        with ExitStack() as stack:
            self._store: Store = stack.enter_context(pipeline.open_alone(settings, now=self._clock()))
            self.seal = self._store.seal
            self.settings = pipeline.prepare(self._store, settings, now=self._clock())
            self._desk = None
            if settings.stories.model:  # one that cannot be used is told of at once
                self._at_desk()
            self._engines = stack.enter_context(ExitStack())
            self._engine: Engine = self._engines.enter_context(pipeline.open_workers(settings))
            self._stack = stack.pop_all()
        self._memory = pipeline.Memory()
        self._is_open = self._is_stale = True  # what is published may be behind the store
        self._published = datetime.min.replace(tzinfo=UTC)
        self._tidy_at = self._look_at = self._tend_at = self._renew_at = 0.0

    # ------------------------------------------------------------ from beat to beat

    def beat(self) -> None:
        """Walk the corridor once, and bear what comes.

        Raises: CrashedError when faults of ours keep coming.
        """
        if self._steady() < self._not_before:
            self.walked = self._steady()
            return
        try:
            if self._is_open or self._reopen():
                self.tick()
                self._is_well()
        except Exception as error:  # noqa: BLE001 -- told apart and shown there
            self._bear(error)
        self.walked = self._steady()

    def tick(self) -> None:
        """Send out, take in, regroup, publish; each only if there is something to do."""
        now = self._clock()
        self._mind_the_clock(now)
        self._take_over(now)
        self._look_around(now)
        self._send_out(now)
        self._take_in_all()
        if not self.vitals.paused:
            pipeline.ask_pages(self._store, self.settings, self._engine, now=now)
        self._is_stale |= self._store.texts.release(now=now)
        self._is_stale |= self._store.takedowns.is_pending() or self._store.source_pages.is_pending()
        is_quiet = all(map(pipeline.is_errand, self._engine.under_way))
        if self._is_stale and (is_quiet or now - self._published >= PUBLISH_EVERY):
            self._regroup_and_publish(now)
        if self._steady() >= self._tidy_at:
            pipeline.tidy(self._store, self.settings, now=now)
            self._tidy_at = self._steady() + TIDY_EVERY
        self._mind_the_engine()
        self._note(
            walked=now,
            behind_since=(self.vitals.behind_since or now) if self._is_stale else None,
            overdue_since=None if self.vitals.paused else self._store.sources.overdue_since(now=now),
            under_way=len(self._engine.under_way),
        )

    def _send_out(self, now: datetime) -> None:
        if self._steady() >= self._renew_at:
            pipeline.renew(self._store, self._engine, now=now)
            self._renew_at = self._steady() + RENEW_EVERY
        if not self.vitals.paused:
            pipeline.send_out(self._store, self.settings, self._engine, now=now)
            self._meet_hubs(now)

    def _take_in_all(self) -> None:
        before = self._engine.under_way
        try:
            self._harvests += self._engine.finished(wait=0)
        except Exception:
            log.exception("failed room=engine")
            self._put_off(before - self._engine.under_way)
        while self._harvests:
            with self._store.transaction():  # which costs more than what an unchanged source writes
                reports = [self._take_in(harvest) for harvest in islice(self._harvests, MOST_AT_ONCE)]
            for report in reports:  # and not before: what cannot be stored now is stored later
                self._forsaken.discard(self._harvests.popleft().source_id)
                if report:
                    self._count(report)
                    say_refreshed(report)

    def _take_in(self, harvest: Harvest) -> SourceReport | None:
        now, self.walked = self._clock(), self._steady()
        if pipeline.is_page(harvest.source_id):
            log.info("%s", pipeline.take_page(self._store, harvest, now=now))
            self._is_stale = True
            return None
        if pipeline.is_errand(harvest.source_id):
            told = pipeline.answer_of_hub(self._store, harvest, now=now)
            log.log(logging.WARNING if harvest.is_failed else logging.DEBUG, "%s", told)
            return None
        if harvest.source_id in self._forsaken:
            self._store.sources.postpone([harvest.source_id], until=now)  # anybody may ask it from now on
            return None
        try:
            report = pipeline.take_in(self._store, self.settings, harvest, now=now)
        except Exception as error:
            if ailment(error):
                raise
            log.exception("failed source=%s", harvest.source_id)
            self._put_off([harvest.source_id])
            return None
        self._is_stale |= report.outcome not in ("unchanged", "held")
        if report.is_other_list:
            self._next = self._next or self._given
        return report

    def _meet_hubs(self, now: datetime) -> None:
        """Do what hubs said, and tell them what there is to tell."""
        letters = pipeline.take_letters(self._store, self.settings, self._engine, self._postbox, now=now)
        for source_id, letter in letters:
            log.info("heard source=%s what=%s", source_id, letter.kind)
        if self._steady() >= self._tend_at:
            pipeline.tend(self._store, self.settings, self._engine, self._postbox, now=now)
            self._tend_at = self._steady() + TEND_EVERY
        pipeline.ping(self._store, self._engine, now=now)

    def _put_off(self, source_ids: Iterable[str]) -> None:
        self._note(faults=self.vitals.faults + 1)
        self._store.sources.postpone(source_ids, until=self._clock() + FAULT_PAUSE)

    def _count(self, report: SourceReport) -> None:
        asked = Counter(self.vitals.asked) + Counter([report.outcome])
        new, changed = self.vitals.new + report.new, self.vitals.changed + report.changed
        self._note(asked=dict(asked), new=new, changed=changed)

    def _at_desk(self) -> Desk:
        """Rebuild the desk when it is needed; sources are asked before."""
        if self._desk is None:
            self._desk = pipeline.open_desk(self._store, self.settings)
            self.walked = self._steady()
        return self._desk

    def _leave_desk(self) -> None:
        if self._desk:
            pipeline.save_desk(self._store, self._desk)
        self._desk = None

    def _regroup_and_publish(self, now: datetime) -> None:
        if self._store.held.turns:
            self._leave_desk()
        try:
            placed = pipeline.regroup(self._store, self._at_desk(), now=now)
        except BaseException:
            self._desk = None
            raise
        self.walked = self._steady()
        before = pipeline.outgrown(self._store)
        written, removed = pipeline.publish(
            self._store,
            self.settings,
            is_afresh=self._is_afresh,
            most_source_pages=MOST_SOURCE_PAGES,
            memory=self._memory,
        )
        self._published, self._is_stale, self._is_afresh = now, False, False
        self._look_at = 0.0
        log.info("published placed=%d written=%d removed=%d", placed, written, removed)
        say_weighed(before, pipeline.outgrown(self._store))
        self._note(published=now, publishes=self.vitals.publishes + 1, written=self.vitals.written + written)

    # ------------------------------------------------------------ what is minded

    def _note(self, **found: object) -> None:
        self.vitals = replace(self.vitals, **found)  # type: ignore[arg-type]

    def _mind_the_clock(self, now: datetime) -> None:
        """Let all appointments move with a clock that was set, as if nothing had happened."""
        if by := self._hand.moved(to=now, passed=self._steady()):
            log.warning("clock was set by=%s; appointments moved with it", by)
            pipeline.move_clock(self._store, by=by, now=now)
            self._published = min(self._published, now)
            self._note(behind_since=None, overdue_since=None)

    def _mind_the_engine(self) -> None:
        trouble = self._engine.trouble
        if trouble != self.vitals.engine:
            say_engine(trouble)
            self._note(engine=trouble)
            self._look_at = 0.0

    def _look_around(self, now: datetime) -> None:
        """See how much room there is, and once a minute write down for others how all is."""
        free, least = shutil.disk_usage(self.settings.data).free, self.settings.storage.least_free
        paused = f"{free:,} bytes are free on the disk, under `storage.least_free`" if free < least else ""
        if bool(paused) != bool(self.vitals.paused):
            say_room(free, paused=paused)
        self._note(paused=paused, free_bytes=free)
        if self._steady() < self._look_at:
            return
        self._look_at = self._steady() + LOOK_EVERY
        sources, failing, entries = self._store.census()
        size = pipeline.store_path(self.settings).stat().st_size
        self._note(sources=sources, failing=failing, entries=entries, store_bytes=size)
        backed_up = max(pipeline.backups_in(pipeline.backup_folder(self.settings)), default=None)
        self._note(backed_up=backed_up)
        self._store.remember(VITALS, json.dumps(asdict(self.vitals) | {"looked": now}, default=str))

    # ------------------------------------------------------------ another configuration

    def reload(self, settings: Settings) -> None:
        """Work by another configuration from the next walk on."""
        self._next = settings
        self._note(config_fault="")

    def keep_config(self, fault: str) -> None:
        """Go on as before: the configuration that there is now is wrong."""
        self._note(config_fault=fault)

    def _take_over(self, now: datetime) -> None:
        if self._next is None:
            return
        self._given, old = self._next, self.settings
        new = pipeline.prepare(self._store, self._given, now=now)
        places = {source.id: source.place for source in new.sources}
        self._forsaken |= {
            source.id
            for source in old.sources
            if source.id in self._engine.under_way and places.get(source.id) != source.place
        }
        if new.stories != old.stories:
            self._leave_desk()
        if _work_of(new) != _work_of(old):
            self._engines.close()  # what is under way is asked again when its lease ends
            self._engine = self._engines.enter_context(pipeline.open_workers(new))
        self.settings, self._next, self._is_stale = new, None, True
        log.info("reloaded sources=%d outputs=%d", len(new.sources), len(new.outputs))

    # ------------------------------------------------------------ what is borne

    def _is_well(self) -> None:
        if self.vitals.trouble:
            log.info("recovered from=%r", self.vitals.trouble)
            self._note(trouble="")

    def _bear(self, error: Exception) -> None:
        """Wait where waiting helps, let go of a damaged store, and count faults of ours."""
        at = self._steady()
        what = ailment(error) or ("refused" if isinstance(error, AggregatorError) else "")
        if what == "damaged":
            self._let_go(error)
        elif what:
            self._not_before = at + RETRY
            if not self.vitals.trouble.startswith(what):
                log.error("waiting because=%s error=%r", what, str(error))
            self._note(trouble=f"{what}: {error}")
        else:
            log.error("failed room=corridor", exc_info=error)
            try:
                if self._is_open:
                    self._store.examine()  # it may be damage that no first look finds
            except DamagedError as damage:
                self._let_go(damage)
            else:
                self._note(faults=self.vitals.faults + 1, trouble=f"a fault of ours: {error!r}")
                self._not_before = self._patience.bear(error, at=at)

    def _let_go(self, error: Exception) -> None:
        """Close a store that cannot be trusted; nothing is published until another is in its place."""
        log.error("damaged: %s", error)
        self._note(trouble=f"damaged: {error}")
        self._harvests.clear()
        self._is_open = False
        self.seal.doubt()
        stack, self._stack = self._stack, ExitStack()
        try:
            stack.close()
        finally:
            self._wound = self._mark()

    def _reopen(self) -> bool:
        """Open the store when it is another than the damaged one; say whether it is open."""
        if self._mark() in (self._wound, None):
            return False
        try:
            self._open()
        except BusyError:  # `aggregator restore` is at it
            return False
        self._is_afresh = True
        return True

    def _mark(self) -> tuple[int, ...] | None:
        try:
            status = pipeline.store_path(self.settings).stat()
        except OSError:
            return None
        return status.st_ino, status.st_size, status.st_mtime_ns

    def condemn(self, error: DamagedError) -> None:
        """Let go of the store: someone who read it through found it damaged."""
        if self._is_open:
            self._let_go(error)

    def close(self) -> None:
        """Take in what has come back, publish, and bring all into the file."""
        if not self._is_open:
            return
        with self._stack:
            self._engines.close()
            try:
                self._take_in_all()
                if self._is_stale:
                    self._regroup_and_publish(self._clock())
                self._leave_desk()
                self._store.checkpoint()
            except Exception:  # what is undone is done after the next start
                self.seal.doubt()
                log.exception("left undone room=corridor")
