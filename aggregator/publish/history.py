"""How much a source told on each of its last days: a chart of bars.

It ends with the day of the newest entry, not with today: nothing but an entry changes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

DAYS = 28
HEIGHT = 72  # pixels


@dataclass(frozen=True, slots=True)
class Bar:
    """One day."""

    day: date
    count: int
    x: str  # percent
    y: int  # pixels, of its top
    height: int


@dataclass(frozen=True, slots=True)
class History:
    """The chart of one source."""

    bars: tuple[Bar, ...]  # one a day, oldest first
    width: str  # percent, of a bar
    height: int  # pixels
    total: int
    most: int  # in a day


def history_of(days: Mapping[date, int]) -> History | None:
    """Chart the last days of a source; None where there is nothing to see.

    Args:
        days: how many entries there are of each day that has any.
    """
    if not days:
        return None
    last, most = max(days), max(days.values())
    shown = [last - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    bars = tuple(_bar(day, days.get(day, 0), most, x=100 * number / DAYS) for number, day in enumerate(shown))
    total = sum(bar.count for bar in bars)
    return History(bars=bars, width=f"{80 / DAYS:.2f}%", height=HEIGHT, total=total, most=most)


def _bar(day: date, count: int, most: int, *, x: float) -> Bar:
    height = max(2, round(count / most * HEIGHT)) if count else 1
    return Bar(day=day, count=count, x=f"{x:.2f}%", y=HEIGHT - height, height=height)
