"""The board at the door: what there is to tell of the daemon, whoever is at work, and by which clocks."""

from dataclasses import replace

from aggregator.daemon.clocks import Clock, Hand, Steady
from aggregator.vitals import Vitals
from aggregator.websub import Postbox


class Board:
    """Stays when a store is let go of and another one is opened."""

    def __init__(self, clock: Clock, steady: Steady, postbox: Postbox) -> None:
        self.clock, self.steady, self.postbox = clock, steady, postbox
        self.hand = Hand(at=clock(), passed=steady())
        self.vitals = Vitals(started=clock())
        self.walked = steady()  # when the last walk ended, well or in a way that is waited out

    def note(self, **found: object) -> None:
        """Write down how something is now."""
        self.vitals = replace(self.vitals, **found)  # type: ignore[arg-type]
