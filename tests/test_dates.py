"""Dates: many spellings, one moment in UTC; what cannot be read is None, never a guess."""

from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import dates
from aggregator.dates import parse_date, parse_day, plausible

quick = settings(max_examples=40, deadline=None, derandomize=True)
TEN = datetime(2025, 11, 29, 10, 0, tzinfo=UTC)
MIDNIGHT = TEN.replace(hour=0)
MOMENTS = st.datetimes(
    min_value=datetime(1971, 1, 2),  # noqa: DTZ001 -- the zone is drawn
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)


@pytest.mark.parametrize(
    "text",
    [
        "2025-11-29T10:00:00Z",
        "2025-11-29T10:00:00+00:00",
        "2025-11-29T11:00:00+01:00",
        "2025-11-29T11:00:00+0100",
        "2025-11-29T10:00:00 +0000",
        "2025-11-29T10:00:00.000000000Z",
        "2025-11-29T10:00Z",
        "2025-11-29 10:00:00",
        "2025-11-29 10:00",
        "2025/11/29 10:00",
        "20251129T100000Z",
        "2025-W48-6T10:00",
        "  2025-11-29T10:00:00Z\n",
        "Sat, 29 Nov 2025 10:00:00 GMT",
        "Sat, 29 Nov 2025 10:00:00 +0000",
        "Sat, 29 Nov 2025 05:00:00 EST",
        "29 Nov 2025 10:00:00 UT",
        "29 Nov 25 10:00 GMT",
        "Sat, 29 Nov 2025 10:00:00",
        "Sat Nov 29 10:00:00 2025",
        "29 November 2025 10:00",
        "November 29, 2025, 10:00",
        "Saturday, November 29, 2025 10:00",
    ],
)
def test_the_same_moment_in_many_spellings(text: str) -> None:
    assert parse_date(text) == TEN


@pytest.mark.parametrize(
    "text",
    [
        "2025-11-29",
        "2025/11/29",
        "20251129",
        "29 November 2025",
        "29. Nov 2025",
        "Saturday 29 Nov. 2025",
        "November 29, 2025",
        "Nov 29 2025",
        "NOV 29, 2025",
    ],
)
def test_a_day_without_an_hour_is_its_midnight(text: str) -> None:
    assert parse_date(text) == MIDNIGHT


@pytest.mark.parametrize(
    ("text", "month"),
    [("3 Sept 2025", 9), ("3 sep 2025", 9), ("September 3, 2025", 9), ("3 May 2025", 5), ("3 June 2025", 6)],
)
def test_months_have_several_names(text: str, month: int) -> None:
    assert parse_day(text) == date(2025, month, 3)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "yesterday",
        "10:30",
        "1:2:3",
        "2025",
        "2025-11",
        "2025-02-30",
        "2025-13-01",
        "2025-11-29T25:00:00Z",
        "31 June 2025",
        "29 Brumaire 2025",
        "Foo 29, 2025",
        "29/11/2025",
        "1764410400",
        "a b c d:e",
        "Sat, 29 Nov 2025 10:00:00 +9999",
        "Sat, 29 Nov 99999 10:00:00 GMT",
        "9999-12-31T23:00:00-05:00",
        pytest.param("9" * 5000, id="a number without end"),
        pytest.param("1 Jan 2025 " + "9" * 400 + ":00", id="an hour without end"),
        pytest.param("1 Jan 2025 10:00:00 +" + "9" * 40, id="a zone without end"),
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize(
    "text", ["1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT", "1970-12-31", "0001-01-01"]
)
def test_a_counter_never_set_is_no_date(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("2025-11-29t10:00:00z", id="small letters"),
        pytest.param("2025-11-29T09:59:60Z", id="a leap second"),
    ],
)
def test_rfc_3339_is_read_in_all_its_forms(text: str) -> None:
    assert parse_date(text) == TEN


@pytest.mark.parametrize("text", ["29 November 2025 25:99", "Nov 29, 2025 24:10"])
def test_an_hour_that_does_not_exist_is_no_date(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize("text", ["Nov 29, 2025 10:00 PM", "29 Nov 2025 10:00 PM"])
def test_ten_in_the_evening_is_never_ten_in_the_morning(text: str) -> None:
    assert parse_date(text) in (None, TEN.replace(hour=22))


@quick
@given(MOMENTS)
def test_an_iso_date_reads_back(moment: datetime) -> None:
    assert parse_date(moment.isoformat()) == moment


@quick
@given(MOMENTS)
def test_an_rfc_822_date_reads_back_to_the_second(moment: datetime) -> None:
    assert parse_date(format_datetime(moment)) == moment.replace(microsecond=0)


@quick
@given(st.one_of(st.text(max_size=40), st.text(alphabet="0123456789-:/T.+ ZNovJan,", max_size=40)))
def test_any_text_is_none_or_a_moment_in_utc_after_1970(text: str) -> None:
    moment = parse_date(text)
    assert moment is None or (moment.tzinfo is UTC and moment.year > 1970)


def test_a_day_forgets_the_time_of_day_after_the_zone_was_read() -> None:
    assert parse_day("2025-11-29T23:30:00-05:00") == date(2025, 11, 30)


def test_no_day_is_none() -> None:
    assert parse_day("soon") is None


@pytest.mark.parametrize(
    ("moment", "answer"),
    [
        pytest.param(None, None, id="none"),
        pytest.param(TEN, TEN, id="UTC"),
        pytest.param(TEN.replace(tzinfo=None), TEN, id="naive is UTC"),
        pytest.param(TEN.astimezone(timezone(timedelta(hours=5))), TEN, id="another zone"),
        pytest.param(datetime(1970, 12, 31, 23, 59, tzinfo=UTC), None, id="before 1971"),
        pytest.param(
            datetime.max.replace(tzinfo=timezone(-timedelta(hours=1))), None, id="after the end of time"
        ),
    ],
)
def test_plausible_brings_a_moment_to_utc(moment: datetime | None, answer: datetime | None) -> None:
    found = plausible(moment)
    assert found == answer
    assert found is None or found.tzinfo is UTC


@given(
    st.one_of(
        st.from_regex(dates._USUAL_ISO, fullmatch=True),
        st.from_regex(dates._USUAL_RFC822, fullmatch=True),
        MOMENTS.map(format_datetime),
        MOMENTS.map(lambda moment: moment.replace(microsecond=0).isoformat()),
    )
)
def test_the_usual_spellings_say_the_same_the_short_way(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dates, "_usual", lambda _: None)
        asked_around = parse_date(text)
    assert parse_date(text) == asked_around
