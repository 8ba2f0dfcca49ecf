"""When who told a story: a chart of dots, a row an outlet, the one that told first on top.

Places are percentages, so that it fits a phone and a desk without a script; what it shows stands in words
beside it as well.
"""

from dataclasses import dataclass
from datetime import datetime

from aggregator.model import Item
from aggregator.publish.content import long_date

MOST_ROWS = 12
FEWEST_DOTS = 3

ROW_HEIGHT = 32  # pixels: a line of text, and the line with the dots below it
FIRST, LAST = 2.0, 98.0  # percent: half a dot from either edge


@dataclass(frozen=True, slots=True)
class Dot:
    """One telling."""

    x: str  # percent
    kind: str  # "lead", "event", "copy"
    title: str  # when, and what


@dataclass(frozen=True, slots=True)
class Row:
    """All that one outlet told."""

    outlet: str
    y: int  # pixels, of its dots
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """The chart of one story."""

    rows: tuple[Row, ...]
    begin: datetime
    end: datetime
    height: int  # pixels
    left_out: int  # outlets without a row


def timeline_of(item: Item) -> Timeline | None:
    """Chart the tellings of a story; None where there is too little to see."""
    tellings = sorted(_tellings(item), key=lambda telling: (telling[0], telling[1]))
    begin, end = tellings[0][0], tellings[-1][0]
    if len(tellings) < FEWEST_DOTS or begin == end:
        return None
    outlets = list(dict.fromkeys(outlet for _, outlet, _, _ in tellings))
    if len(outlets) == 1:
        return None
    rows = tuple(
        Row(
            outlet=outlet,
            y=number * ROW_HEIGHT + 24,
            dots=tuple(
                Dot(x=_place(date, begin, end), kind=kind, title=f"{_moment(date)}: {title}")
                for date, teller, kind, title in sorted(tellings, key=lambda t: t[2] == "lead")  # on top
                if teller == outlet
            ),
        )
        for number, outlet in enumerate(outlets[:MOST_ROWS])
    )
    height, left_out = len(rows) * ROW_HEIGHT, max(0, len(outlets) - MOST_ROWS)
    return Timeline(rows=rows, begin=begin, end=end, height=height, left_out=left_out)


def _tellings(item: Item) -> list[tuple[datetime, str, str, str]]:
    events = [line for line in item.more_recent + item.earlier if line.relation == "event"]
    return [
        (item.date, item.outlet, "lead", item.entry.title),
        *((line.date, line.outlet, "event", line.title) for line in events),
        *((line.date, line.outlet, "copy", line.title) for line in item.also_in),
    ]


def _place(date: datetime, begin: datetime, end: datetime) -> str:
    return f"{FIRST + (LAST - FIRST) * ((date - begin) / (end - begin)):.1f}%"


def _moment(date: datetime) -> str:
    return f"{long_date(date)}, {date:%H:%M}"
