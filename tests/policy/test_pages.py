"""Which pages are asked for, when again, and which texts are not the entry's."""

from datetime import timedelta

import pytest

from aggregator.errors import Cause
from aggregator.model import Arrival, Harvest, Hints, Trouble
from aggregator.policy.pages import (
    MOST_AT_FIRST,
    MOST_AT_ONCE,
    MOST_ATTEMPTS,
    is_teaser,
    page_again,
    page_host_hold,
    unfit,
    wanted,
)
from tests.pages import COOKIES, STORY
from tests.world import BRIDGE, CHESS, HOUR, NOW, a_harvest, an_arrival, an_entry

WHOLE = "\n".join(STORY * 3)


def a_failure(cause: Cause = Cause.STATUS, status: int = 0, retry_after: str = "") -> Harvest:
    trouble = Trouble(cause=cause, detail="it says no", status=status)
    hints = Hints(retry_after=retry_after)
    return a_harvest(kind="page", is_failed=True, status=status, hints=hints, troubles=(trouble,))


@pytest.mark.parametrize(
    ("text", "is_cut"),
    [
        pytest.param("", True, id="nothing"),
        pytest.param(BRIDGE, True, id="a few lines"),
        pytest.param(WHOLE, False, id="a whole article"),
        pytest.param(f"{WHOLE} and then …", True, id="breaks off"),
        pytest.param(f"{WHOLE} and then [...] Continue reading Bridge closed →", True, id="says so"),
        pytest.param(f"So it was ... {WHOLE}", False, id="a pause in it"),
        pytest.param("木橋は火曜日に閉鎖された" * 30, False, id="whole, without spaces"),
    ],
)
def test_a_teaser_is_short_or_breaks_off(text: str, is_cut: bool) -> None:
    assert is_teaser(an_entry(text=text)) is is_cut


def arrivals(count: int) -> list[Arrival]:
    return [an_arrival(f"{number}", date=NOW - number * HOUR) for number in range(count)]


def test_of_a_new_source_only_the_newest_pages_are_asked_for() -> None:
    found = wanted(arrivals(30), is_first=True)
    assert [entry.url for entry in found] == [
        f"https://north.example/{number}" for number in range(MOST_AT_FIRST)
    ]


def test_later_as_many_as_a_day_brings() -> None:
    assert len(wanted(arrivals(30), is_first=False)) == MOST_AT_ONCE


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"text": WHOLE}, id="whole already"),
        pytest.param({"url": ""}, id="no address"),
        pytest.param({"url": "ftp://north.example/bridge"}, id="not of the web"),
    ],
)
def test_what_is_whole_or_nowhere_is_not_asked_for(given: dict[str, str]) -> None:
    assert not wanted([an_arrival(**given)], is_first=False)  # type: ignore[arg-type]


def test_an_address_that_entries_share_is_nobodys_page() -> None:
    home = "https://north.example/"
    assert not wanted([an_arrival("a", url=home), an_arrival("b", url=home)], is_first=False)


@pytest.mark.parametrize(
    ("text", "because"),
    [
        pytest.param(WHOLE, "", id="the article"),
        pytest.param(COOKIES * 9, "it tells of something else than the entry", id="a consent wall"),
        pytest.param(CHESS * 9, "it tells of something else than the entry", id="another article"),
        pytest.param(BRIDGE, "it says no more than the feed", id="the teaser again"),
        pytest.param("Log in.", "it says no more than the feed", id="a login"),
    ],
)
def test_a_text_that_is_not_the_entrys_is_told(text: str, because: str) -> None:
    assert unfit(text, title="Bridge closed over cracks", teaser=BRIDGE) == because


def test_an_entry_that_tells_nothing_takes_what_its_page_says() -> None:
    assert not unfit(WHOLE, title="On it", teaser="")


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(a_failure(status=503), id="in trouble"),
        pytest.param(a_failure(status=429), id="too many"),
        pytest.param(a_failure(Cause.DNS), id="no name"),
        pytest.param(a_failure(Cause.TIMEOUT), id="too slow"),
    ],
)
def test_what_may_pass_is_tried_again_later_and_later_and_not_for_ever(failure: Harvest) -> None:
    pauses = []
    for attempts in range(1, MOST_ATTEMPTS):
        again = page_again(failure, attempts, now=NOW, jitter=0)
        assert again
        pauses.append(again - NOW)
    assert pauses == [HOUR, 6 * HOUR]
    assert page_again(failure, MOST_ATTEMPTS, now=NOW, jitter=0) is None


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(a_failure(status=404), id="not there"),
        pytest.param(a_failure(status=403), id="not for us"),
        pytest.param(a_failure(Cause.ROBOTS), id="not for crawlers"),
        pytest.param(a_failure(Cause.NOT_A_PAGE), id="no page"),
        pytest.param(a_failure(Cause.FORBIDDEN), id="a private network"),
        pytest.param(a_failure(Cause.CRASHED), id="poison"),
    ],
)
def test_what_will_not_pass_is_not_tried_again(failure: Harvest) -> None:
    assert page_again(failure, 1, now=NOW, jitter=0) is None


def test_a_retry_after_outweighs_our_pause() -> None:
    failure = a_failure(status=503, retry_after="86400")
    assert page_again(failure, 1, now=NOW, jitter=0) == NOW + timedelta(days=1)


@pytest.mark.parametrize(
    ("failure", "hold"),
    [
        pytest.param(a_failure(status=429, retry_after="7200"), 2 * HOUR, id="as it says"),
        pytest.param(a_failure(status=429), HOUR, id="it does not say"),
        pytest.param(a_failure(status=503, retry_after="99999999"), 24 * HOUR, id="a day at most"),
        pytest.param(a_failure(status=404), 0 * HOUR, id="nothing wrong with it"),
    ],
)
def test_a_host_that_has_enough_is_left_alone(failure: Harvest, hold: timedelta) -> None:
    assert page_host_hold(failure, now=NOW) == hold
