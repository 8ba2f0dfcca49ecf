"""What time it is, and how much has passed."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
Steady = Callable[[], float]


def utc_now() -> datetime:
    return datetime.now(UTC)


def steady_now() -> float:
    """Return seconds that pass whatever the clock is set to, also while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
