"""When to ask again: what sources ask for is kept, failures wait longer and longer, none waits for ever."""

from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregator.model import FeedInfo, Hints
from aggregator.policy.schedule import (
    GONE,
    LONGEST_PAUSE,
    LONGEST_RETRY_AFTER,
    freshness,
    pause_after_failure,
    pause_after_success,
    retry_after,
)
from tests.world import DAY, HOUR, NOW, a_harvest, a_state

quick = settings(max_examples=40, deadline=None, derandomize=True)
MINUTE, SECOND, NONE = timedelta(minutes=1), timedelta(seconds=1), timedelta(0)


def http(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


# ---------------------------------------------------------------- how long an answer is fresh


@pytest.mark.parametrize(
    ("hints", "pause"),
    [
        pytest.param(Hints(), NONE, id="nothing said"),
        pytest.param(Hints(cache_control="max-age=60"), MINUTE, id="max-age"),
        pytest.param(
            Hints(cache_control='public, MAX-AGE = "60"'), MINUTE, id="max-age among others, odd spelling"
        ),
        pytest.param(Hints(cache_control="s-maxage=60"), NONE, id="s-maxage is for shared caches"),
        pytest.param(Hints(cache_control="max-age=60", age="20"), 40 * SECOND, id="less its age"),
        pytest.param(Hints(cache_control="max-age=60", age="90"), NONE, id="older than fresh"),
        pytest.param(Hints(cache_control="max-age=60", age="old"), MINUTE, id="an age that is none"),
        pytest.param(Hints(cache_control="max-age=60", age="²"), MINUTE, id="an age in other digits"),
        pytest.param(
            Hints(cache_control="max-age=60", expires=http(NOW + DAY)), MINUTE, id="max-age before Expires"
        ),
        pytest.param(
            Hints(cache_control="max-age=x", expires=http(NOW + DAY)), NONE, id="a max-age that is none"
        ),
        pytest.param(Hints(cache_control="max-age=-1"), NONE, id="a negative max-age"),
        pytest.param(Hints(cache_control="no-cache"), NONE, id="no-cache"),
        pytest.param(Hints(expires=http(NOW + HOUR)), HOUR, id="Expires, from now"),
        pytest.param(
            Hints(expires=http(NOW + HOUR), date=http(NOW - HOUR)), 2 * HOUR, id="Expires, from Date"
        ),
        pytest.param(Hints(expires=http(NOW + HOUR), age="60"), 59 * MINUTE, id="Expires, less its age"),
        pytest.param(Hints(expires=http(NOW - HOUR)), NONE, id="Expires in the past"),
        pytest.param(Hints(expires="0"), NONE, id="Expires 0"),
        pytest.param(Hints(expires="-1"), NONE, id="Expires -1"),
        pytest.param(Hints(expires=http(NOW + HOUR), date="yesterday"), HOUR, id="a Date that is none"),
        pytest.param(Hints(expires="Sun, 22 Nov 2026 11:00:00"), HOUR, id="no zone is GMT"),
    ],
)
def test_an_answer_is_fresh_for_as_long_as_its_headers_say(hints: Hints, pause: timedelta) -> None:
    assert freshness(hints, now=NOW) == pause


@pytest.mark.parametrize(
    ("text", "pause"),
    [
        ("", NONE),
        ("120", 2 * MINUTE),
        (" 120 ", 2 * MINUTE),
        ("0", NONE),
        ("-5", NONE),
        ("1.5", NONE),
        ("soon", NONE),
        ("²", NONE),
        ("99999999999", LONGEST_RETRY_AFTER),
        (http(NOW + HOUR), HOUR),
        (http(NOW - HOUR), NONE),
        (http(NOW + 30 * DAY), LONGEST_RETRY_AFTER),
        ("Sun, 22 Nov 2026 11:00:00", HOUR),
        ("Sun, 22 Nov 2026 12:00:00 +0100", HOUR),
    ],
)
def test_retry_after_is_a_number_of_seconds_or_a_date(text: str, pause: timedelta) -> None:
    assert retry_after(Hints(retry_after=text), now=NOW) == pause


HEADERS = st.one_of(
    st.text(max_size=30),
    st.from_regex(r"[0-9]{1,20}", fullmatch=True),
    st.integers(-(10**9), 10**9).map(lambda seconds: http(NOW + timedelta(seconds=seconds))),
    st.from_regex(
        r"(Sun, )?\d{1,3} (Nov|Feb|Foo) \d{1,5} \d{1,3}:\d\d(:\d\d)? (GMT|[+-]\d{1,5})", fullmatch=True
    ),
)
HINTS = st.builds(
    Hints,
    cache_control=st.one_of(
        HEADERS, HEADERS.map("max-age={}".format), HEADERS.map("public,max-age={}".format)
    ),
    expires=HEADERS,
    date=HEADERS,
    age=HEADERS,
    retry_after=HEADERS,
)


@quick
@given(HINTS)
@example(Hints(expires=http(NOW + 2000 * 365 * DAY), date="Mon, 01 Jan 0001 00:00:00 GMT"))
def test_whatever_the_headers_say_is_a_pause_and_none_goes_back(hints: Hints) -> None:
    assert freshness(hints, now=NOW) >= NONE
    assert NONE <= retry_after(hints, now=NOW) <= LONGEST_RETRY_AFTER


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("9" * 5000, id="a number without end"),
        pytest.param("Mon, 01 Jan 2024 00:00:00 +" + "9" * 30, id="a zone without end"),
        pytest.param("Mon, 01 Jan 2024 " + "9" * 40 + ":00 GMT", id="an hour without end"),
    ],
)
def test_no_header_is_a_weapon(text: str) -> None:
    hints = Hints(cache_control="max-age=60", age=text, expires=text, date=text, retry_after=text)
    assert freshness(hints, now=NOW) >= NONE
    assert freshness(Hints(expires=text, date=text), now=NOW) >= NONE
    assert retry_after(hints, now=NOW) >= NONE


# ---------------------------------------------------------------- after an answer


def after_success(
    hints: Hints, *, ttl_minutes: int = 0, kind: str = "http", every: timedelta = HOUR
) -> timedelta:
    harvest = a_harvest(feed=FeedInfo(ttl_minutes=ttl_minutes), hints=hints)
    return pause_after_success(harvest, a_state(kind=kind), now=NOW, every=every)


@pytest.mark.parametrize(
    ("hints", "ttl_minutes", "pause"),
    [
        pytest.param(Hints(), 0, HOUR, id="ours when nothing is said"),
        pytest.param(Hints(cache_control="max-age=60"), 0, HOUR, id="ours when that is longer"),
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


def test_who_wants_to_ask_less_than_daily_does() -> None:
    assert after_success(Hints(cache_control="max-age=60"), every=7 * DAY) == 7 * DAY


def test_an_unchanged_feed_still_has_the_ttl_it_had() -> None:
    harvest = a_harvest(is_unchanged=True, feed=None)
    state = a_state(feed=FeedInfo(ttl_minutes=120))
    assert pause_after_success(harvest, state, now=NOW, every=HOUR) == 2 * HOUR


def test_local_files_are_looked_at_as_often_as_we_say() -> None:
    assert (
        after_success(Hints(cache_control="max-age=7200"), ttl_minutes=600, kind="path", every=MINUTE)
        == MINUTE
    )


# ---------------------------------------------------------------- after a failure


def after_failure(
    status: int = 0,
    failures: int = 0,
    *,
    every: timedelta = HOUR,
    source: str = "north",
    wait: str = "",
    kind: str = "http",
) -> timedelta:
    harvest = a_harvest(is_failed=True, status=status, hints=Hints(retry_after=wait))
    return pause_after_failure(harvest, a_state(source, kind=kind, failures=failures), now=NOW, every=every)


@pytest.mark.parametrize(
    ("status", "first"),
    [
        (0, HOUR),
        (500, HOUR),
        (503, HOUR),
        (429, HOUR),
        (404, HOUR),
        (401, 4 * HOUR),
        (403, 4 * HOUR),
        (410, GONE),
    ],
)
def test_the_first_pause_depends_on_what_went_wrong(status: int, first: timedelta) -> None:
    assert first <= after_failure(status) <= first * 1.2


def test_who_is_asked_seldom_is_asked_seldom_after_a_failure() -> None:
    assert after_failure(403, every=DAY) >= DAY


@pytest.mark.parametrize(
    ("failures", "hours"), [(0, 1), (1, 2), (2, 4), (3, 8), (4, 16), (5, 24), (12, 24), (10**6, 24)]
)
def test_each_failure_in_a_row_doubles_the_pause_up_to_a_day(failures: int, hours: int) -> None:
    assert hours * HOUR <= after_failure(failures=failures) <= hours * HOUR * 1.2


def test_what_is_gone_is_not_asked_sooner_after_many_failures() -> None:
    assert GONE <= after_failure(410, 10) <= GONE * 1.2


@pytest.mark.parametrize(
    ("wait", "pause"),
    [("7200", 2 * HOUR), (http(NOW + 5 * HOUR), 5 * HOUR), ("99999999", LONGEST_RETRY_AFTER)],
)
def test_retry_after_is_obeyed_whatever_the_status(wait: str, pause: timedelta) -> None:
    assert {after_failure(status, wait=wait) for status in (0, 429, 500, 503)} == {pause}


def test_a_short_retry_after_makes_nothing_shorter() -> None:
    assert after_failure(503, wait="1") == after_failure(503)


def test_local_files_that_failed_are_looked_at_as_often_as_ever() -> None:
    assert after_failure(failures=9, kind="path", every=MINUTE, wait="7200") == MINUTE


def test_the_same_past_gives_the_same_future() -> None:
    assert after_failure(500, 3) == after_failure(500, 3)


def test_sources_that_failed_together_do_not_come_back_together() -> None:
    assert len({after_failure(500, 3, source=f"source-{number}") for number in range(50)}) == 50


@quick
@given(
    st.sampled_from([0, 301, 401, 403, 404, 410, 429, 500, 503]),
    st.integers(0, 10**6),
    st.timedeltas(MINUTE, 30 * DAY),
    HEADERS,
)
def test_a_pause_is_never_shorter_than_ours_nor_longer_than_all_limits(
    status: int, failures: int, every: timedelta, wait: str
) -> None:
    pause = after_failure(status, failures, every=every, wait=wait)
    assert every <= pause <= max(every, GONE, LONGEST_PAUSE, LONGEST_RETRY_AFTER) * 1.2
