"""What a feed says inside about when to ask is read, however it is spelt, and in no more than a glance."""

import pytest

from aggregator.model import Document, FeedInfo
from aggregator.parse import parse
from aggregator.parse.manners import skips, update_minutes


def feed_of(channel: str, item: str = "") -> FeedInfo:
    body = (
        '<?xml version="1.0"?><rss version="2.0" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">'
        f"<channel><title>North</title>{channel}<item><title>One</title>{item}</item></channel></rss>"
    )
    return parse(Document(address="https://north.example/feed", body=body.encode())).feed


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        pytest.param("<skipHours><hour>3</hour><hour>23</hour></skipHours>", (3, 23), id="two"),
        pytest.param("<skipHours>\n <hour> 0 </hour>\n</skipHours>", (0,), id="with white space"),
        pytest.param("<skipHours><hour>24</hour><hour>0</hour></skipHours>", (0,), id="24 is midnight"),
        pytest.param("<skipHours><hour>25</hour><hour>-1</hour></skipHours>", (), id="no hours"),
        pytest.param("<skipHours></skipHours>", (), id="empty"),
        pytest.param("", (), id="not there"),
        pytest.param("<hour>3</hour>", (), id="an hour on its own"),
        pytest.param("<skipDays><hour>3</hour></skipDays>", (), id="hours among days"),
    ],
)  # fmt: skip
def test_hours_to_skip_are_read(text: str, hours: tuple[int, ...]) -> None:
    assert feed_of(text).skip_hours == hours


@pytest.mark.parametrize(
    ("text", "days"),
    [
        pytest.param("<skipDays><day>Monday</day><day>Sunday</day></skipDays>", (0, 6), id="two"),
        pytest.param("<skipDays><day>SATURDAY</day></skipDays>", (5,), id="in capitals"),
        pytest.param("<skipDays><day>Caturday</day><day>1</day></skipDays>", (), id="no days"),
    ],
)
def test_days_to_skip_are_read(text: str, days: tuple[int, ...]) -> None:
    assert feed_of(text).skip_days == days


@pytest.mark.parametrize(
    ("period", "frequency", "minutes"),
    [
        ("hourly", "1", 60), ("hourly", "2", 30), ("daily", "", 1440), ("daily", "4", 360), ("", "2", 720),
        ("weekly", "1", 10_080), ("Monthly", " 1 ", 43_200), ("yearly", "", 525_600), ("odd", "", 1440),
        ("hourly", "0", 60), ("hourly", "-1", 60), ("hourly", "many", 60), ("hourly", "9" * 99, 60),
        ("", "", 0),
    ],
)  # fmt: skip
def test_the_update_period_is_read(period: str, frequency: str, minutes: int) -> None:
    assert update_minutes(period, frequency) == minutes


def test_the_update_period_of_a_document_is_read() -> None:
    said = "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>"
    assert feed_of(said).update_minutes == 720
    assert feed_of("").update_minutes == 0


@pytest.mark.parametrize("expired", ["true", "false", '"yes"', "null"])
def test_a_json_feed_says_when_it_has_ended(expired: str) -> None:
    body = f'{{"version": "https://jsonfeed.org/version/1.1", "expired": {expired}, "items": []}}'
    assert parse(Document(address="", body=body.encode())).feed.is_expired is (expired == "true")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<skipHours>" * 500_000, id="opened again and again"),
        pytest.param(b"<skipHours>" + b"<hour>" * 800_000, id="hours without end"),
        pytest.param(b"<skipHours><hour>" + b" " * 5_000_000, id="white space without end"),
    ],
)
def test_no_list_takes_long_to_read(body: bytes) -> None:
    assert skips(body) == {"skip_hours": (), "skip_days": ()}
