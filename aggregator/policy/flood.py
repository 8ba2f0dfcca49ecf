"""Date back what a new source tells without dates that say anything, so that it does not bury all others.

A first reading may bring years at once. What has dates of its own keeps them. What has none, or only in the
future, or one moment for most of it, as where a site was made anew, would stand at the top together.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.model import Arrival

FLOOD = 10  # entries of one moment: fewer bury nothing
STEP = timedelta(days=1)  # between two of them


def dated_back(added: Collection[Arrival], *, now: datetime) -> tuple[Arrival, ...]:
    """Return the arrivals of a first reading, a flood of one moment dated back, a day for each.

    The first in the document keeps its moment: feeds begin with what is newest. Local articles keep theirs.
    """
    moments = Counter(arrival.date for arrival in added if not arrival.entry.is_article)
    floods = {moment for moment, count in moments.items() if _is_flood(moment, count, len(added), now)}
    dated, ranks = [], Counter[datetime]()
    for arrival in added:
        if arrival.date in floods and not arrival.entry.is_article:
            date = arrival.date - STEP * ranks[arrival.date]
            ranks[arrival.date] += 1
            arrival = replace(arrival, date=date, updated=date)
        dated.append(arrival)
    return tuple(dated)


def _is_flood(moment: datetime, count: int, among: int, now: datetime) -> bool:
    """Say whether entries have their moment from us, or from the making of their document.

    A moment at a full minute may be the day that they are of.
    """
    is_stamp = count * 2 > among and moment.second != 0
    return count >= FLOOD and (moment == now or is_stamp)
