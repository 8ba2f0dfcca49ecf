"""The writer's thread: a walk a beat while the store is well, whatever comes.

What a disk or a database refuses is waited out, and nothing that came in is lost meanwhile. A source that
brings a fault of ours to light is put off. A store that is damaged is let go of: what is published stays,
until another store is in its place. Faults of ours are shown whole; when they keep coming, the daemon ends.
"""

import logging

from aggregator import pipeline
from aggregator.daemon.board import Board
from aggregator.daemon.clocks import Clock, Steady, steady_now
from aggregator.daemon.patience import Patience
from aggregator.daemon.walk import Walk
from aggregator.errors import AggregatorError, BusyError, DamagedError
from aggregator.settings import Settings
from aggregator.store.seal import Seal
from aggregator.store.sound import ailment
from aggregator.vitals import Vitals
from aggregator.websub import Postbox

log = logging.getLogger("aggregator.daemon")

RETRY = 10.0  # seconds after the disk or the database said no


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
        self._given = settings
        self.board = Board(clock, steady, postbox or Postbox(clock=clock))
        self._patience, self._not_before = Patience(), 0.0
        self._walk: Walk | None = None  # none while the store is damaged
        self._wound: tuple[int, ...] | None = None  # the mark of a store that is damaged
        try:
            self._open()
        except Exception as error:
            if ailment(error) != "damaged":
                raise
            self._let_go(error)

    @property
    def settings(self) -> Settings:
        """What is worked by: with the feeds that its lists name."""
        walk = self._walk
        return walk.settings if walk else self._given

    @property
    def seal(self) -> Seal:
        """That of the store, for whoever reads it through beside us."""
        walk = self._walk
        return walk.store.seal if walk else Seal()

    @property
    def vitals(self) -> Vitals:
        return self.board.vitals

    @property
    def walked(self) -> float:
        return self.board.walked

    def beat(self) -> None:
        """Walk once, and bear what comes.

        Raises: CrashedError when faults of ours keep coming.
        """
        if self.board.steady() >= self._not_before:
            try:
                if walk := self._walk or self._reopened():
                    walk.tick()
                    self._is_well()
            except Exception as error:  # noqa: BLE001 -- told apart and shown there
                self._bear(error)
        self.board.walked = self.board.steady()

    def reload(self, settings: Settings) -> None:
        """Work by another configuration from the next walk on."""
        self._given = settings
        if self._walk:
            self._walk.reload(settings)
        self.board.note(config_fault="")

    def keep_config(self, fault: str) -> None:
        """Go on as before: the configuration that there is now is wrong."""
        self.board.note(config_fault=fault)

    def condemn(self, error: DamagedError) -> None:
        """Let go of the store: someone who read it through found it damaged."""
        if self._walk:
            self._let_go(error)

    def close(self) -> None:
        """Take in what has come back, publish, and bring all into the file."""
        if self._walk:
            self._walk.close()

    # ------------------------------------------------------------ what is borne

    def _is_well(self) -> None:
        if self.vitals.trouble:
            log.info("recovered from=%r", self.vitals.trouble)
            self.board.note(trouble="")

    def _bear(self, error: Exception) -> None:
        """Wait where waiting helps, let go of a damaged store, and count faults of ours."""
        at = self.board.steady()
        what = ailment(error) or ("refused" if isinstance(error, AggregatorError) else "")
        if what == "damaged":
            self._let_go(error)
        elif what:
            self._not_before = at + RETRY
            if not self.vitals.trouble.startswith(what):
                log.error("waiting because=%s error=%r", what, str(error))
            self.board.note(trouble=f"{what}: {error}")
        else:
            log.error("failed room=corridor", exc_info=error)
            try:
                if self._walk:
                    self._walk.store.examine()  # it may be damage that no first look finds
            except DamagedError as damage:
                self._let_go(damage)
            else:
                self.board.note(faults=self.vitals.faults + 1, trouble=f"a fault of ours: {error!r}")
                self._not_before = self._patience.bear(error, at=at)

    # ------------------------------------------------------------ a store that comes and goes

    def _open(self, *, is_afresh: bool = False) -> Walk:
        self._walk = Walk(self._given, self.board, is_afresh=is_afresh)
        return self._walk

    def _let_go(self, error: Exception) -> None:
        """Close a store that cannot be trusted; nothing is published until another is in its place."""
        log.error("damaged: %s", error)
        self.board.note(trouble=f"damaged: {error}")
        walk, self._walk = self._walk, None
        try:
            if walk:
                walk.abandon()
        finally:
            self._wound = self._mark()

    def _reopened(self) -> Walk | None:
        """Open the store when it is another than the damaged one."""
        if self._mark() in (self._wound, None):
            return None
        try:
            return self._open(is_afresh=True)
        except BusyError:  # `aggregator restore` is at it
            return None

    def _mark(self) -> tuple[int, ...] | None:
        try:
            status = pipeline.store_path(self.settings).stat()
        except OSError:
            return None
        return status.st_ino, status.st_size, status.st_mtime_ns
