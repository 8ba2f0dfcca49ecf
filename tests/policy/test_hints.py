"""What headers ask for is heard in every spelling, and nothing that they say is a weapon."""

from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregator.model import Hints
from aggregator.policy.hints import LONGEST_RETRY_AFTER, freshness, refreshed, retry_after
from tests.world import DAY, HOUR, NOW

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


# ---------------------------------------------------------------- what is remembered

SAID = Hints(cache_control="max-age=60", expires="then")


@pytest.mark.parametrize(
    ("given", "is_unchanged", "kept"),
    [
        pytest.param(Hints(), True, SAID, id="a 304 that says nothing leaves both"),
        pytest.param(
            Hints(cache_control="max-age=9"), True, Hints(cache_control="max-age=9", expires="then"),
            id="a 304 replaces what it says",
        ),
        pytest.param(Hints(), False, Hints(), id="a 200 that says nothing clears both"),
        pytest.param(Hints(expires="now"), False, Hints(expires="now"), id="a 200 replaces both"),
        pytest.param(Hints(age="5", date="d", retry_after="9"), False, Hints(), id="the rest passes"),
    ],
)  # fmt: skip
def test_what_an_answer_leaves_unsaid_was_said_before(given: Hints, is_unchanged: bool, kept: Hints) -> None:
    assert refreshed(given, SAID, is_unchanged=is_unchanged) == kept
