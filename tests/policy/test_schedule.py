"""When to ask again: what sources ask for is kept, failures wait longer and longer, none waits for ever."""

from datetime import datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model import FeedInfo, Habits, Hints, Validators
from aggregator.policy.hints import LONGEST_RETRY_AFTER
from aggregator.policy.schedule import (
    AT_ONCE,
    LONGEST_PAUSE,
    Pace,
    due_after_failure,
    due_after_success,
    first_due,
    held_until,
    host_pause,
    jitter_of,
)
from tests.world import DAY, HOUR, NOW, a_harvest, a_state

quick = settings(max_examples=40, deadline=None, derandomize=True)
MINUTE = timedelta(minutes=1)
TAGGED = Validators(etag='"1"')
NOTHING, NO_FEED = Hints(), FeedInfo()


def http(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


# ---------------------------------------------------------------- after an answer


def after_success(
    hints: Hints = NOTHING,
    *,
    kind: str = "http",
    every: timedelta = HOUR,
    is_chosen: bool = False,
    validators: Validators = TAGGED,
    habits: Habits | None = None,
    state: dict[str, Any] | None = None,
    jitter: float = 0.0,
    now: datetime = NOW,
    **feed: Any,
) -> timedelta:
    harvest = a_harvest(feed=FeedInfo(**feed), hints=hints, validators=validators)
    kept = Hints(cache_control=hints.cache_control, expires=hints.expires)
    found = a_state(kind=kind, **{"last_success": now - DAY} | (state or {}))
    pace = Pace(every=every, is_chosen=is_chosen)
    due, _ = due_after_success(
        harvest, found, habits or Habits(hints=kept), now=now, pace=pace, jitter=jitter
    )
    return due - now


@pytest.mark.parametrize(
    ("hints", "ttl_minutes", "pause"),
    [
        pytest.param(Hints(), 0, HOUR, id="ours when nothing is said"),
        pytest.param(Hints(cache_control="max-age=60"), 0, HOUR, id="ours when that is longer"),
        pytest.param(
            Hints(cache_control="no-cache, no-store, max-age=0"), 0, HOUR, id="ours when not cached"
        ),
        pytest.param(Hints(cache_control="max-age=7200"), 0, 2 * HOUR, id="the headers' when that is longer"),
        pytest.param(Hints(), 180, 3 * HOUR, id="the feed's when that is longer"),
        pytest.param(Hints(cache_control="max-age=7200"), 180, 3 * HOUR, id="the longest of all"),
        pytest.param(
            Hints(cache_control="max-age=500000000"), 0, LONGEST_PAUSE, id="sixteen years are a day"
        ),
        pytest.param(Hints(expires=http(NOW + 365 * DAY)), 0, LONGEST_PAUSE, id="a year is a day"),
        pytest.param(Hints(), 10**14, LONGEST_PAUSE, id="a ttl without end is a day"),
    ],
)
def test_the_longest_claim_counts_up_to_a_day(hints: Hints, ttl_minutes: int, pause: timedelta) -> None:
    assert after_success(hints, ttl_minutes=ttl_minutes) == pause


@pytest.mark.parametrize(("minutes", "pause"), [(30, HOUR), (360, 6 * HOUR), (43_200, LONGEST_PAUSE)])
def test_the_update_period_of_a_feed_is_a_claim(minutes: int, pause: timedelta) -> None:
    assert after_success(update_minutes=minutes) == pause


def test_who_wants_to_ask_less_than_daily_does() -> None:
    assert after_success(Hints(cache_control="max-age=60"), every=7 * DAY) == 7 * DAY


def test_an_unchanged_feed_still_has_the_ttl_it_had() -> None:
    harvest = a_harvest(is_unchanged=True, feed=None, validators=TAGGED)
    state = a_state(feed=FeedInfo(ttl_minutes=120), last_success=NOW - DAY)
    due, because = due_after_success(harvest, state, Habits(), now=NOW, pace=Pace(every=HOUR), jitter=0)
    assert (due, because) == (NOW + 2 * HOUR, "its ttl")


@pytest.mark.parametrize("given", [Hints(), Hints(date=http(NOW), age="0")], ids=["silent", "dated"])
def test_a_304_that_says_nothing_is_as_fresh_as_the_answer_before(given: Hints) -> None:
    harvest = a_harvest(is_unchanged=True, hints=given, validators=TAGGED)
    habits = Habits(hints=Hints(cache_control="max-age=7200"))
    state = a_state(last_success=NOW - DAY)
    due, because = due_after_success(harvest, state, habits, now=NOW, pace=Pace(every=HOUR), jitter=0)
    assert (due, because) == (NOW + 2 * HOUR, "its headers")


def test_a_feed_without_validators_is_asked_daily() -> None:
    assert after_success(validators=Validators()) == DAY


def test_a_feed_that_is_silent_for_weeks_is_asked_seldom() -> None:
    assert after_success(habits=Habits(moments=(NOW - 15 * DAY,))) == 12 * HOUR


@pytest.mark.parametrize(
    "given",
    [{"validators": Validators()}, {"habits": Habits(moments=(NOW - 40 * DAY,))}],
    ids=["no validators", "silent"],
)
def test_an_interval_chosen_for_a_source_outweighs_our_guesses(given: dict[str, Any]) -> None:
    assert after_success(every=HOUR / 2, is_chosen=True, **given) == HOUR / 2


def test_an_interval_chosen_for_a_source_does_not_outweigh_what_it_asks_for() -> None:
    assert after_success(Hints(cache_control="max-age=7200"), every=HOUR / 2, is_chosen=True) == 2 * HOUR


def test_local_files_are_looked_at_as_often_as_we_say() -> None:
    pause = after_success(Hints(cache_control="max-age=7200"), ttl_minutes=600, kind="path", every=MINUTE)
    assert pause == MINUTE


@pytest.mark.parametrize("jitter", [0.001, 0.5, 0.999])
def test_jitter_is_only_added(jitter: float) -> None:
    assert HOUR < after_success(jitter=jitter) <= 1.1 * HOUR


def test_sources_that_began_together_part_after_the_first_answer() -> None:
    pauses = [after_success(jitter=jitter, state={"last_success": None}) for jitter in (0.0, 0.5, 0.999)]
    assert pauses[0] == HOUR
    assert pauses[1] == 1.55 * HOUR
    assert pauses[2] < 2.1 * HOUR


def test_no_turn_comes_in_hours_a_feed_wants_for_itself() -> None:
    assert after_success(skip_hours=(11, 12, 13)) == 4 * HOUR
    assert 4 * HOUR < after_success(skip_hours=(11, 12, 13), jitter=0.9) < 4.5 * HOUR


# ---------------------------------------------------------------- after a failure


def after_failure(
    status: int = 0,
    failures: int = 0,
    *,
    every: timedelta = HOUR,
    wait: str = "",
    kind: str = "http",
    since: timedelta = timedelta(0),
    jitter: float = 0.0,
    feed: FeedInfo = NO_FEED,
) -> timedelta:
    harvest = a_harvest(is_failed=True, status=status, hints=Hints(retry_after=wait))
    state = a_state(kind=kind, failures=failures, feed=feed)
    habits = Habits(failing_since=NOW - since)
    due, _ = due_after_failure(harvest, state, habits, now=NOW, pace=Pace(every=every), jitter=jitter)
    return due - NOW


@pytest.mark.parametrize(
    ("status", "hours"),
    [
        pytest.param(0, [1, 2, 4, 8, 16, 24, 24], id="no answer, or one that cannot be read"),
        pytest.param(429, [1, 2, 4, 8, 16, 24, 24], id="429"),
        pytest.param(500, [1, 2, 4, 8, 16, 24, 24], id="500"),
        pytest.param(503, [1, 2, 4, 8, 16, 24, 24], id="503"),
        pytest.param(451, [1, 2, 4, 8, 16, 24, 24], id="451"),
        pytest.param(404, [1, 2, 4, 8, 16, 24, 24], id="404"),
        pytest.param(410, [1, 2, 4, 8, 16, 24, 24], id="410"),
        pytest.param(401, [4, 8, 16, 24, 24], id="401"),
        pytest.param(403, [4, 8, 16, 24, 24], id="403"),
    ],
)
def test_each_failure_in_a_row_doubles_the_pause_up_to_a_day(status: int, hours: list[int]) -> None:
    assert [after_failure(status, failures) / HOUR for failures in range(len(hours))] == hours


@pytest.mark.parametrize("failures", [0, 3, 12, 10**6])
def test_jitter_adds_at_most_a_fifth_to_a_pause(failures: int) -> None:
    pause = after_failure(500, failures)
    assert pause < after_failure(500, failures, jitter=0.5) < after_failure(500, failures, jitter=0.999)
    assert after_failure(500, failures, jitter=0.999) <= 1.2 * pause


@pytest.mark.parametrize(("days", "pause"), [(29, DAY), (30, 7 * DAY), (300, 7 * DAY)])
def test_what_is_missing_for_a_month_is_asked_weekly(days: int, pause: timedelta) -> None:
    assert after_failure(404, 40, since=timedelta(days=days)) == pause


def test_what_fails_otherwise_for_a_month_is_asked_daily() -> None:
    assert after_failure(500, 40, since=timedelta(days=300)) == DAY


@pytest.mark.parametrize("status", [0, 403, 404, 500])
def test_who_is_asked_seldom_is_asked_seldom_after_a_failure(status: int) -> None:
    assert after_failure(status, every=3 * DAY) == 3 * DAY


@pytest.mark.parametrize(
    ("wait", "pause"),
    [("7200", 2 * HOUR), (http(NOW + 5 * HOUR), 5 * HOUR), ("99999999", LONGEST_RETRY_AFTER)],
)
def test_retry_after_is_obeyed_whatever_the_status(wait: str, pause: timedelta) -> None:
    assert {after_failure(status, wait=wait) for status in (0, 302, 307, 429, 500, 503)} == {pause}


@pytest.mark.parametrize("wait", ["1", "0", "-5", "soon", http(NOW - HOUR)])
def test_a_retry_after_makes_nothing_shorter(wait: str) -> None:
    assert after_failure(503, wait=wait) == after_failure(503)


def test_a_feed_that_fails_keeps_its_hours_for_itself() -> None:
    assert after_failure(500, feed=FeedInfo(skip_hours=(11, 12))) == 3 * HOUR


def test_local_files_that_failed_are_looked_at_as_often_as_ever() -> None:
    assert after_failure(failures=9, kind="path", every=MINUTE, wait="7200") == MINUTE


@quick
@given(
    st.sampled_from([0, 301, 401, 403, 404, 410, 429, 500, 503]),
    st.integers(0, 10**6),
    st.timedeltas(MINUTE, 30 * DAY),
    st.one_of(st.text(max_size=30), st.from_regex(r"[0-9]{1,20}", fullmatch=True)),
    st.floats(0, 1),
)
def test_a_pause_is_never_shorter_than_ours_nor_longer_than_all_limits(
    status: int, failures: int, every: timedelta, wait: str, jitter: float
) -> None:
    pause = after_failure(status, failures, every=every, wait=wait, jitter=jitter)
    assert every <= pause <= max(every, LONGEST_PAUSE, LONGEST_RETRY_AFTER) * 1.2


# ---------------------------------------------------------------- others at the same origin


@pytest.mark.parametrize(
    ("status", "wait", "pause"),
    [
        pytest.param(429, "600", HOUR / 6, id="as long as it says"),
        pytest.param(429, "86400", HOUR, id="an hour at most"),
        pytest.param(429, "", timedelta(0), id="not unless it says so"),
        pytest.param(503, "600", timedelta(0), id="503 is of one feed"),
        pytest.param(301, "600", timedelta(0), id="a redirect is of one feed"),
    ],
)
def test_too_many_requests_holds_back_the_origin(status: int, wait: str, pause: timedelta) -> None:
    harvest = a_harvest(is_failed=True, status=status, hints=Hints(retry_after=wait))
    assert host_pause(harvest, now=NOW) == pause


@pytest.mark.parametrize(
    ("wait", "pause"),
    [
        pytest.param("600", HOUR / 6, id="as long as was said"),
        pytest.param("86400", HOUR, id="an hour at most"),
        pytest.param("1", 5 * MINUTE, id="five minutes at least"),
        pytest.param("soon", 5 * MINUTE, id="nothing that can be read"),
    ],
)
def test_who_was_not_asked_for_anothers_sake_waits_an_hour_at_most(wait: str, pause: timedelta) -> None:
    harvest = a_harvest(is_failed=True, is_held=True, status=429, hints=Hints(retry_after=wait))
    assert held_until(harvest, now=NOW, jitter=0) == NOW + pause
    assert pause < held_until(harvest, now=NOW, jitter=0.9) - NOW < pause + 5 * MINUTE


# ---------------------------------------------------------------- spreading


def test_a_few_new_feeds_are_asked_at_once() -> None:
    assert {first_due(n, AT_ONCE, now=NOW, every=HOUR) for n in range(AT_ONCE)} == {NOW}


def test_many_new_feeds_are_spread_over_an_interval() -> None:
    turns = [first_due(number, 1000, now=NOW, every=HOUR) for number in range(1000)]
    assert turns == sorted(turns)
    assert turns[-1] < NOW + HOUR
    assert max(b - a for a, b in pairwise(turns)) < timedelta(seconds=4)


def test_jitter_is_always_the_same_and_differs_between_sources_and_moments() -> None:
    assert jitter_of("north", NOW) == jitter_of("north", NOW)
    found = {jitter_of(f"source-{number}", NOW + number * HOUR) for number in range(200)}
    assert len(found) == 200
    assert all(0 <= jitter < 1 for jitter in found)


@pytest.mark.parametrize("later", [6 * HOUR, pytest.param(DAY, marks=pytest.mark.full)], ids=str)
def test_feeds_of_one_interval_do_not_come_in_bunches(later: timedelta) -> None:
    """3,000 new feeds, all every hour: later no minute has more than one and a half times the mean."""
    minutes, pace, harvest = [0] * 120, Pace(every=HOUR), a_harvest(validators=TAGGED)
    for number in range(3000):
        name, last = f"s{number}", None
        due = first_due(number, 3000, now=NOW, every=HOUR)
        while due < NOW + later + 2 * HOUR:
            if due >= NOW + later:
                minutes[int((due - NOW - later) / MINUTE)] += 1
            state, last, jitter = a_state(name, last_success=last), due, jitter_of(name, due)
            due, _ = due_after_success(harvest, state, Habits(), now=due, pace=pace, jitter=jitter)
    assert max(minutes) <= 1.5 * sum(minutes) / 120
