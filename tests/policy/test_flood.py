"""What a new source brings at once is dated back where its dates say nothing, and only there."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Arrival
from aggregator.policy import Pace, decide
from aggregator.policy.flood import FLOOD, STEP, dated_back
from tests.world import DAY, HOUR, NOW, a_harvest, a_state, an_entry

BUILT = NOW - HOUR + timedelta(seconds=7)
MANY = 500


def decided(*moments: datetime | None, last_success: datetime | None = None) -> tuple[Arrival, ...]:
    entries = (an_entry(f"entry {number}", published=moment) for number, moment in enumerate(moments))
    state, pace = a_state(last_success=last_success), Pace(every=HOUR)
    return decide(a_harvest(*entries), state, (), now=NOW, pace=pace, jitter=0).added


@pytest.mark.parametrize(
    ("claimed", "first"),
    [
        pytest.param(None, NOW, id="no dates"),
        pytest.param(NOW + DAY, NOW, id="dates in the future"),
        pytest.param(BUILT, BUILT, id="the moment in which the site was made"),
    ],
)
def test_a_new_source_without_dates_that_say_anything_has_one_entry_a_day(
    claimed: datetime | None, first: datetime
) -> None:
    dates = [arrival.date for arrival in decided(*[claimed] * MANY)]
    assert dates == [first - number * STEP for number in range(MANY)]


@pytest.mark.parametrize(
    "claimed",
    [
        pytest.param([NOW - number * HOUR for number in range(1, MANY)], id="dates of their own"),
        pytest.param([NOW - 10 * HOUR] * MANY, id="the day that they are all of"),
        pytest.param([BUILT] * (FLOOD - 1), id="a few"),
        pytest.param([BUILT] * FLOOD + [NOW - n * DAY for n in range(1, 50)], id="a few of many"),
    ],
)
def test_dates_that_may_be_meant_are_kept(claimed: list[datetime]) -> None:
    assert [arrival.date for arrival in decided(*claimed)] == claimed


def test_what_has_no_date_among_what_has_is_dated_back_alone() -> None:
    dates = [arrival.date for arrival in decided(*[NOW - HOUR] * 3, *[None] * FLOOD)]
    assert dates == [NOW - HOUR] * 3 + [NOW - number * STEP for number in range(FLOOD)]


def test_what_a_known_source_brings_is_dated_when_it_is_seen() -> None:
    assert {arrival.date for arrival in decided(*[None] * MANY, last_success=NOW - DAY)} == {NOW}


def test_a_source_is_asked_as_often_as_if_nothing_was_dated_back() -> None:
    entries = [an_entry(f"entry {number}", published=None) for number in range(MANY)]
    update = decide(a_harvest(*entries), a_state(), (), now=NOW, pace=Pace(every=HOUR), jitter=0)
    assert update.habits.moments == (NOW,)


def test_local_articles_are_of_the_day_on_which_they_come() -> None:
    articles = [
        Arrival(entry=an_entry(str(number), is_article=True), date=NOW, updated=NOW) for number in range(MANY)
    ]
    assert dated_back(articles, now=NOW) == tuple(articles)


@given(st.lists(st.sampled_from([NOW, BUILT, NOW - HOUR, NOW - DAY]), max_size=40))
def test_nothing_is_dated_later_or_lost_and_never_are_many_left_of_our_own_moment(
    dates: list[datetime],
) -> None:
    added = [
        Arrival(entry=an_entry(str(number)), date=date, updated=date) for number, date in enumerate(dates)
    ]
    dated = dated_back(added, now=NOW)
    assert [arrival.entry for arrival in dated] == [arrival.entry for arrival in added]
    assert all(after.date <= before.date for after, before in zip(dated, added, strict=True))
    assert sum(arrival.date == NOW for arrival in dated) < FLOOD
