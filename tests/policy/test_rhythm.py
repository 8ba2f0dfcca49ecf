"""A feed's own rhythm is found in its entries, and the hours it keeps for itself are kept."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model import FeedInfo
from aggregator.policy.rhythm import LONGEST, MOST_MOMENTS, SHORTEST, after_rest, is_resting, newest, rhythm
from tests.world import DAY, HOUR, NOW

quick = settings(max_examples=60, deadline=None, derandomize=True)
MIDNIGHT = NOW.replace(hour=0)
ALL_WEEK = FeedInfo(skip_days=tuple(range(7)))


def every(gap: timedelta, *, count: int = 10, silence: timedelta = timedelta(0)) -> tuple[datetime, ...]:
    return newest(NOW - silence - number * gap for number in range(count))


@pytest.mark.parametrize(
    ("moments", "pause"),
    [
        pytest.param((), SHORTEST, id="nothing is known"),
        pytest.param((NOW,), SHORTEST, id="one entry"),
        pytest.param(every(HOUR / 6), SHORTEST, id="a wire: hourly at most"),
        pytest.param(every(8 * HOUR), 4 * HOUR, id="half the mean gap"),
        pytest.param(every(DAY), 12 * HOUR, id="a daily feed"),
        pytest.param(every(30 * DAY), LONGEST, id="a monthly feed: daily at least"),
        pytest.param(every(HOUR, silence=6 * DAY), SHORTEST, id="silent for six days"),
        pytest.param(every(HOUR, silence=7 * DAY), 6 * HOUR, id="silent for a week"),
        pytest.param(every(HOUR, silence=14 * DAY), 12 * HOUR, id="silent for two weeks"),
        pytest.param(every(HOUR, silence=30 * DAY), LONGEST, id="silent for a month"),
    ],
)
def test_a_feed_is_asked_by_its_own_gaps(moments: tuple[datetime, ...], pause: timedelta) -> None:
    assert rhythm(moments, now=NOW) == pause


@quick
@given(st.lists(st.timedeltas(timedelta(0), 20_000 * DAY), max_size=40))
def test_a_rhythm_is_from_an_hour_to_a_day(ages: list[timedelta]) -> None:
    moments = newest(NOW - age for age in ages)
    assert SHORTEST <= rhythm(moments, now=NOW) <= LONGEST
    assert len(moments) <= MOST_MOMENTS


def test_entries_of_one_moment_are_one_visit() -> None:
    assert newest([NOW, NOW, NOW - DAY, NOW]) == (NOW, NOW - DAY)


# ---------------------------------------------------------------- hours and days of rest


@pytest.mark.parametrize(
    ("feed", "until"),
    [
        pytest.param(FeedInfo(), NOW, id="none"),
        pytest.param(FeedInfo(skip_hours=(10,)), NOW.replace(hour=11), id="this hour"),
        pytest.param(FeedInfo(skip_hours=(9, 11)), NOW, id="other hours"),
        pytest.param(FeedInfo(skip_hours=tuple(range(10, 24))), MIDNIGHT + DAY, id="past midnight"),
        pytest.param(FeedInfo(skip_days=(6,)), MIDNIGHT + DAY, id="Sunday"),
        pytest.param(
            FeedInfo(skip_days=(6, 0), skip_hours=(0, 1)), MIDNIGHT + 50 * HOUR, id="both, over a weekend"
        ),
        pytest.param(ALL_WEEK, NOW, id="all week is not heard"),
        pytest.param(FeedInfo(skip_hours=tuple(range(24))), NOW, id="all day is not heard"),
        pytest.param(
            FeedInfo(skip_days=(1, 2, 3, 4, 5, 6), skip_hours=tuple(range(23))),
            NOW.replace(hour=23) + DAY,
            id="one hour a week is left",
        ),
    ],
)  # fmt: skip
def test_a_visit_waits_for_the_end_of_a_rest(feed: FeedInfo, until: datetime) -> None:
    assert after_rest(NOW, feed, jitter=0) == until


def test_those_who_waited_do_not_all_come_at_once() -> None:
    feed = FeedInfo(skip_hours=(10,))
    assert after_rest(NOW, feed, jitter=0.5) == NOW + 1.25 * HOUR


@quick
@given(
    st.sets(st.integers(0, 23)),
    st.sets(st.integers(0, 6)),
    st.timedeltas(timedelta(0), 9 * DAY),
    st.floats(0, 1),
)
def test_no_visit_falls_into_a_rest(hours: set[int], days: set[int], ahead: timedelta, jitter: float) -> None:
    feed = FeedInfo(skip_hours=tuple(hours), skip_days=tuple(days))
    moment = after_rest(NOW + ahead, feed, jitter=jitter)
    assert not is_resting(moment, feed)
    assert NOW + ahead <= moment <= NOW + ahead + 8 * DAY
