"""A feed's own rhythm: how often it has something new, and when it does not want to be asked.

Half the mean gap between its newest entries, so that one of two visits finds something; a feed that has been
silent for weeks is visited less. Hours and days in which a feed does not want visitors are kept free.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from aggregator.model import FeedInfo

SHORTEST = timedelta(hours=1)
LONGEST = timedelta(days=1)
MOST_MOMENTS = 20

_HOUR = timedelta(hours=1)
_HOURS_OF_A_WEEK = 7 * 24
# Silent for so long, it is asked no more often than so.
_SILENCES = (
    (timedelta(days=30), LONGEST),
    (timedelta(days=14), timedelta(hours=12)),
    (timedelta(days=7), timedelta(hours=6)),
)


def newest(moments: Iterable[datetime]) -> tuple[datetime, ...]:
    """Keep the moments that tell of a rhythm: the newest, each once."""
    return tuple(sorted(set(moments), reverse=True)[:MOST_MOMENTS])


def rhythm(moments: tuple[datetime, ...], *, now: datetime) -> timedelta:
    """Return how often it makes sense to ask: from an hour to a day; an hour while nothing is known.

    Args:
        moments: as `newest` returns them.
    """
    if not moments:
        return SHORTEST
    gaps = len(moments) - 1
    usual = (moments[0] - moments[-1]) / gaps / 2 if gaps else SHORTEST
    silence = now - moments[0]
    seldom = next((pause for span, pause in _SILENCES if silence >= span), SHORTEST)
    return min(max(usual, seldom, SHORTEST), LONGEST)


def is_resting(moment: datetime, feed: FeedInfo) -> bool:
    """Say whether a feed asks not to be visited then; one that never wants to be is not heard."""
    if len(set(feed.skip_hours)) == 24 or len(set(feed.skip_days)) == 7:
        return False
    return moment.hour in feed.skip_hours or moment.weekday() in feed.skip_days


def after_rest(moment: datetime, feed: FeedInfo, *, jitter: float) -> datetime:
    """Return the first moment from one on at which a feed may be visited.

    Args:
        moment: UTC.
        jitter: 0 to 1; who waited for the end of a rest comes back within half an hour, not all at once.
    """
    if not is_resting(moment, feed):
        return moment
    hour = moment.replace(minute=0, second=0, microsecond=0)
    for _ in range(_HOURS_OF_A_WEEK):
        hour += _HOUR
        if not is_resting(hour, feed):
            break
    return hour + jitter * _HOUR / 2
