"""Which backups to keep: the newest of each of the last days and weeks that have one.

Counted in days that have a backup, not from today: a clock that is wrong for once costs none.
"""

from collections.abc import Collection, Hashable
from datetime import datetime, timedelta
from typing import Protocol

DAILY, WEEKLY = 7, 4
BACKUP_EVERY = timedelta(days=1)


class _Span(Protocol):
    def __call__(self, moment: datetime, /) -> Hashable: ...


def is_backup_due(moments: Collection[datetime], *, now: datetime) -> bool:
    """Say whether no backup is of the day before now; one of the future is of a clock that was wrong."""
    return not any(now - BACKUP_EVERY < moment <= now for moment in moments)


def superfluous(moments: Collection[datetime]) -> frozenset[datetime]:
    """Return the moments of backups that need not be kept any more."""
    daily = _newest_of(moments, lambda moment: moment.date(), DAILY)
    weekly = _newest_of(moments, lambda moment: moment.isocalendar()[:2], WEEKLY)
    return frozenset(moments) - daily - weekly


def _newest_of(moments: Collection[datetime], span: _Span, count: int) -> frozenset[datetime]:
    """Return the newest moment of each of the last spans of time that have any."""
    newest = {span(moment): moment for moment in sorted(moments)}
    return frozenset(sorted(newest.values())[-count:])
