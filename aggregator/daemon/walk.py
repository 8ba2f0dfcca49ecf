"""One walk of the writer through an open store: each room does something only if there is something to do.

What it raises is borne in the corridor.
"""

import json
import logging
import shutil
from collections import Counter, deque
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from aggregator import pipeline
from aggregator.daemon.board import Board
from aggregator.daemon.journal import say_engine, say_refreshed, say_room, say_weighed
from aggregator.engine import Engine
from aggregator.model import Harvest, SourceReport
from aggregator.settings import Settings
from aggregator.store import Store
from aggregator.store.sound import ailment
from aggregator.stories import Desk
from aggregator.vitals import VITALS

log = logging.getLogger("aggregator.daemon")

PUBLISH_EVERY = timedelta(seconds=10)  # at most, while sources keep coming in
MOST_AT_ONCE = 50  # harvests stored in one transaction: a second at most, for whoever waits to write
MOST_SOURCE_PAGES = 40  # in one publish: some seconds; the rest follows in the next
FAULT_PAUSE = timedelta(hours=1)  # of a source that brought a fault of ours to light
TIDY_EVERY, PACK_EVERY, LOOK_EVERY = 3600.0, 600.0, 60.0  # seconds
TEND_EVERY = 60.0  # seconds: what is agreed with hubs
RENEW_EVERY = pipeline.LEASE.total_seconds() / 2


def _work_of(settings: Settings) -> tuple[object, ...]:
    """Return what the engine was opened with."""
    return settings.engine, settings.cluster, settings.fetch, pipeline.user_agent(settings)


class Walk:
    """The store and the engine, open, and all that is known as long as they are.

    Args:
        given: the configuration, without the feeds that its lists name.
        is_afresh: whether what is published may be of another store.
    Raises: whatever keeps the house from being opened.
    """

    def __init__(self, given: Settings, board: Board, *, is_afresh: bool) -> None:
        self._given, self._board = given, board
        self._next: Settings | None = None
        with ExitStack() as stack:
            self.store: Store = stack.enter_context(pipeline.open_alone(given, now=board.clock()))
            self.settings = pipeline.prepare(self.store, given, now=board.clock())
            self._desk: Desk | None = None
            if self.settings.stories.model:  # one that cannot be used is told of at once
                self._at_desk()
            self._engines = stack.enter_context(ExitStack())
            self._engine: Engine = self._engines.enter_context(pipeline.open_workers(self.settings))
            self._stack = stack.pop_all()
        self._harvests: deque[Harvest] = deque()  # that came in and are not stored yet
        self._forsaken: set[str] = set()  # under way, of sources that are others by now
        self._memory = pipeline.Memory()
        self._is_afresh, self._is_stale = is_afresh, True  # what is published may be behind the store
        self._published = datetime.min.replace(tzinfo=UTC)
        self._settled = deque[Path]()  # published, and not packed yet as small as can be
        self._tidy_at = self._look_at = self._tend_at = self._renew_at = 0.0
        self._pack_at = board.steady() + PACK_EVERY  # to look through all files is nothing for a start

    def tick(self) -> None:
        """Send out, take in, regroup, publish; each only if there is something to do."""
        now = self._board.clock()
        self._mind_the_clock(now)
        self._take_over(now)
        self._look_around(now)
        self._send_out(now)
        self._take_in_all()
        if not self._board.vitals.paused:
            pipeline.ask_pages(self.store, self.settings, self._engine, now=now)
        self._is_stale |= self.store.texts.release(now=now)
        self._is_stale |= self.store.takedowns.is_pending() or self.store.source_pages.is_pending()
        is_quiet = all(map(pipeline.is_errand, self._engine.under_way))
        if self._is_stale and (is_quiet or now - self._published >= PUBLISH_EVERY):
            self._regroup_and_publish(now)
        if self._board.steady() >= self._tidy_at:
            pipeline.tidy(self.store, self.settings, now=now)
            self._tidy_at = self._board.steady() + TIDY_EVERY
        self._pack(now)
        self._mind_the_engine()
        self._board.note(
            walked=now,
            behind_since=(self._board.vitals.behind_since or now) if self._is_stale else None,
            overdue_since=None if self._board.vitals.paused else self.store.sources.overdue_since(now=now),
            under_way=len(self._engine.under_way),
        )

    def _send_out(self, now: datetime) -> None:
        if self._board.steady() >= self._renew_at:
            pipeline.renew(self.store, self._engine, now=now)
            self._renew_at = self._board.steady() + RENEW_EVERY
        if not self._board.vitals.paused:
            pipeline.send_out(self.store, self.settings, self._engine, now=now)
            self._meet_hubs(now)

    def _take_in_all(self) -> None:
        before = self._engine.under_way
        try:
            self._harvests += self._engine.finished(wait=0)
        except Exception:
            log.exception("failed room=engine")
            self._put_off(before - self._engine.under_way)
        while self._harvests:
            with self.store.transaction():  # which costs more than what an unchanged source writes
                reports = [self._take_in(harvest) for harvest in islice(self._harvests, MOST_AT_ONCE)]
            for report in reports:  # and not before: what cannot be stored now is stored later
                self._forsaken.discard(self._harvests.popleft().source_id)
                if report:
                    self._count(report)
                    say_refreshed(report)

    def _take_in(self, harvest: Harvest) -> SourceReport | None:
        now, self._board.walked = self._board.clock(), self._board.steady()
        if pipeline.is_page(harvest.source_id):
            log.info("%s", pipeline.take_page(self.store, harvest, now=now))
            self._is_stale = True
            return None
        if pipeline.is_errand(harvest.source_id):
            told = pipeline.answer_of_hub(self.store, harvest, now=now)
            log.log(logging.WARNING if harvest.is_failed else logging.DEBUG, "%s", told)
            return None
        if harvest.source_id in self._forsaken:
            self.store.sources.postpone([harvest.source_id], until=now)  # anybody may ask it from now on
            return None
        try:
            report = pipeline.take_in(self.store, self.settings, harvest, now=now)
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
        letters = pipeline.take_letters(self.store, self.settings, self._engine, self._board.postbox, now=now)
        for source_id, letter in letters:
            log.info("heard source=%s what=%s", source_id, letter.kind)
        if self._board.steady() >= self._tend_at:
            pipeline.tend(self.store, self.settings, self._engine, self._board.postbox, now=now)
            self._tend_at = self._board.steady() + TEND_EVERY
        pipeline.ping(self.store, self._engine, now=now)

    def _put_off(self, source_ids: Iterable[str]) -> None:
        self._board.note(faults=self._board.vitals.faults + 1)
        self.store.sources.postpone(source_ids, until=self._board.clock() + FAULT_PAUSE)

    def _count(self, report: SourceReport) -> None:
        asked = Counter(self._board.vitals.asked) + Counter([report.outcome])
        new, changed = self._board.vitals.new + report.new, self._board.vitals.changed + report.changed
        self._board.note(asked=dict(asked), new=new, changed=changed)

    def _at_desk(self) -> Desk:
        """Rebuild the desk when it is needed; sources are asked before."""
        if self._desk is None:
            self._desk = pipeline.open_desk(self.store, self.settings)
            self._board.walked = self._board.steady()
        return self._desk

    def _leave_desk(self) -> None:
        if self._desk:
            pipeline.save_desk(self.store, self._desk)
        self._desk = None

    def _regroup_and_publish(self, now: datetime) -> None:
        if self.store.held.turns:
            self._leave_desk()
        try:
            placed = pipeline.regroup(self.store, self._at_desk(), now=now)
        except BaseException:
            self._desk = None
            raise
        self._board.walked = self._board.steady()
        before = pipeline.outgrown(self.store)
        written, removed = pipeline.publish(
            self.store,
            self.settings,
            is_afresh=self._is_afresh,
            most_source_pages=MOST_SOURCE_PAGES,
            memory=self._memory,
        )
        self._published, self._is_stale, self._is_afresh = now, False, False
        self._look_at = 0.0
        log.info("published placed=%d written=%d removed=%d", placed, written, removed)
        say_weighed(before, pipeline.outgrown(self.store))
        self._board.note(
            published=now,
            publishes=self._board.vitals.publishes + 1,
            written=self._board.vitals.written + written,
        )

    def _pack(self, now: datetime) -> None:
        """Pack what has settled, a file a beat; what came in goes first."""
        if self._board.steady() >= self._pack_at:
            self._settled = deque(pipeline.settled_files(self.settings, now=now))
            self._pack_at = self._board.steady() + PACK_EVERY
        if self._settled and not self._is_stale:
            pipeline.pack(self._settled.popleft())

    # ------------------------------------------------------------ what is minded

    def _mind_the_clock(self, now: datetime) -> None:
        """Let all appointments move with a clock that was set, as if nothing had happened."""
        if by := self._board.hand.moved(to=now, passed=self._board.steady()):
            log.warning("clock was set by=%s; appointments moved with it", by)
            pipeline.move_clock(self.store, by=by, now=now)
            self._published = min(self._published, now)
            self._board.note(behind_since=None, overdue_since=None)

    def _mind_the_engine(self) -> None:
        trouble = self._engine.trouble
        if trouble != self._board.vitals.engine:
            say_engine(trouble)
            self._board.note(engine=trouble)
            self._look_at = 0.0

    def _look_around(self, now: datetime) -> None:
        """See how much room there is, and once a minute write down for others how all is."""
        free, least = shutil.disk_usage(self.settings.data).free, self.settings.storage.least_free
        paused = f"{free:,} bytes are free on the disk, under `storage.least_free`" if free < least else ""
        if bool(paused) != bool(self._board.vitals.paused):
            say_room(free, paused=paused)
        self._board.note(paused=paused, free_bytes=free)
        if self._board.steady() < self._look_at:
            return
        self._look_at = self._board.steady() + LOOK_EVERY
        sources, failing, entries = self.store.census()
        size = pipeline.store_path(self.settings).stat().st_size
        self._board.note(sources=sources, failing=failing, entries=entries, store_bytes=size)
        backed_up = max(pipeline.backups_in(pipeline.backup_folder(self.settings)), default=None)
        self._board.note(backed_up=backed_up)
        self.store.remember(VITALS, json.dumps(asdict(self._board.vitals) | {"looked": now}, default=str))

    # ------------------------------------------------------------ another configuration

    def reload(self, settings: Settings) -> None:
        """Work by another configuration from the next walk on."""
        self._next = settings

    def _take_over(self, now: datetime) -> None:
        if self._next is None:
            return
        self._given, old = self._next, self.settings
        new = pipeline.prepare(self.store, self._given, now=now)
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

    # ------------------------------------------------------------ the end

    def abandon(self) -> None:
        """Close a store that cannot be trusted, and whatever works for it."""
        self.store.seal.doubt()
        self._stack.close()

    def close(self) -> None:
        """Take in what has come back, publish, and bring all into the file."""
        with self._stack:
            self._engines.close()
            try:
                self._take_in_all()
                if self._is_stale:
                    self._regroup_and_publish(self._board.clock())
                self._leave_desk()
                self.store.checkpoint()
            except Exception:  # what is undone is done after the next start
                self.store.seal.doubt()
                log.exception("left undone room=corridor")
