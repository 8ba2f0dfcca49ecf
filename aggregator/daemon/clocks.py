"""What time it is, and how much has passed."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
Steady = Callable[[], float]

JUMP = timedelta(minutes=1)  # that a clock may differ from time passed before it counts as set


def utc_now() -> datetime:
    return datetime.now(UTC)


def steady_now() -> float:
    """Return seconds that pass whatever the clock is set to, also while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Hand:
    """The hand of the clock, watched for being set."""

    def __init__(self, *, at: datetime, passed: float) -> None:
        self._at, self._passed = at, passed

    def moved(self, *, to: datetime, passed: float) -> timedelta:
        """Return by how much the clock was set since the last look; nothing when it only went on."""
        by = (to - self._at) - timedelta(seconds=passed - self._passed)
        self._at, self._passed = to, passed
        return by if abs(by) >= JUMP else timedelta()
