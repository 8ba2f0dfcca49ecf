"""Of backups the newest of seven days and four weeks stay, whatever a clock said for once."""

from collections.abc import Collection
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.policy.rotation import is_backup_due, superfluous
from tests.world import DAY, HOUR, NOW

MOMENTS = st.sets(st.integers(0, 400).map(lambda hours: NOW + 7 * hours * HOUR), max_size=60)


def kept(moments: Collection[datetime]) -> set[datetime]:
    return set(moments) - superfluous(moments)


def test_a_year_of_days_leaves_seven_daily_and_the_newest_of_four_weeks() -> None:
    there: set[datetime] = set()
    for day in range(365):
        there = kept(there | {NOW + day * DAY})
    last = NOW + 364 * DAY
    assert {last - n * DAY for n in range(7)} <= there
    assert 8 <= len(there) <= 10
    assert len({moment.isocalendar()[:2] for moment in there}) == 4


@given(MOMENTS)
def test_the_newest_stays_and_never_more_than_eleven(moments: set[datetime]) -> None:
    there = kept(moments)
    assert len(there) <= 11
    assert not moments or max(moments) in there
    assert kept(there) == there


def test_one_backup_of_a_wrong_clock_costs_none_of_the_others() -> None:
    daily = {NOW - n * DAY for n in range(6)}
    assert daily <= kept(daily | {NOW + 3650 * DAY})


@pytest.mark.parametrize(
    ("ages", "is_due"),
    [
        pytest.param([], True, id="none yet"),
        pytest.param([timedelta(hours=23)], False, id="of today"),
        pytest.param([timedelta(days=1)], True, id="a day old"),
        pytest.param([-10 * DAY], True, id="of a clock that was ahead"),
    ],
)
def test_a_backup_is_due_a_day_after_the_last(ages: list[timedelta], is_due: bool) -> None:
    assert is_backup_due([NOW - age for age in ages], now=NOW) is is_due
