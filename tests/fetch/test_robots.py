"""robots.txt: a group that names us is obeyed, nothing else is, and it is asked for once a day (PF-57)."""

import asyncio
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import Cause, FetchError
from aggregator.fetch import guard, robots
from aggregator.fetch.http import HttpClient
from aggregator.fetch.robots import OUR_NAME, Rule, is_allowed, rules_for
from aggregator.model import FetchJob
from tests.world import Answer, Origin, a_fetch, a_job

FEED = b"<rss><channel><title>North</title></channel></rss>"
CLOSED = b"User-agent: Aggregator\nDisallow: /\n"


def a_polite_job(url: str, **given: Any) -> FetchJob:
    return a_job(url, obey_robots=True, **given)


def fetch(*jobs: FetchJob) -> None:
    async def bring() -> None:
        async with HttpClient(a_fetch(), user_agent="Tester/1") as client:
            for job in jobs:
                await client.fetch(job)

    asyncio.run(bring())


def refused(job: FetchJob) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetch(job)
    return caught.value


def asked(origin: Origin) -> list[str]:
    return [request.target for request in origin.requests]


# ---------------------------------------------------------------- asking


def test_who_names_us_is_obeyed(origin: Origin) -> None:
    origin.say("/robots.txt", CLOSED)
    error = refused(a_polite_job(origin.say("/feed", FEED)))
    assert error.cause is Cause.ROBOTS
    assert "obey_robots: false" in error.detail
    assert asked(origin) == ["/robots.txt"]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(body=b"User-agent: *\nDisallow: /\n"), id="to everybody"),
        pytest.param(Answer(body=b"User-agent: Aggregator\nDisallow: /private\n"), id="of other places"),
        pytest.param(Answer(status=404), id="none"),
        pytest.param(Answer(status=403, body=CLOSED), id="not shown"),
        pytest.param(Answer(status=302, headers={"Location": "/robots.txt"}), id="a loop"),
        pytest.param(Answer(body=b"\xff\xfe\x00" * 1000), id="garbage"),
    ],
)
def test_what_is_not_forbidden_to_us_is_asked(origin: Origin, answer: Answer) -> None:
    origin.say_in_turn("/robots.txt", answer)
    fetch(a_polite_job(origin.say("/feed", FEED)))
    assert asked(origin)[-1] == "/feed"


@pytest.mark.parametrize("status", [500, 503, 429])
def test_an_origin_that_cannot_say_is_left_alone(origin: Origin, status: int) -> None:
    origin.say("/robots.txt", status=status, headers={"Retry-After": "600"})
    error = refused(a_polite_job(origin.say("/feed", FEED)))
    assert (error.cause, error.status, error.retry_after) == (Cause.STATUS, status, "600")
    assert asked(origin) == ["/robots.txt"]


def test_it_is_asked_for_once_by_all_feeds_of_an_origin(origin: Origin) -> None:
    jobs = [a_polite_job(origin.say(f"/{number}", FEED)) for number in range(3)]
    fetch(*jobs, *jobs)
    assert asked(origin).count("/robots.txt") == 1


def test_it_is_asked_for_again_after_a_day(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    assert robots.KEPT_SECONDS <= 86_400
    monkeypatch.setattr(robots, "KEPT_SECONDS", 0.0)
    job = a_polite_job(origin.say("/feed", FEED))
    fetch(job, job)
    assert asked(origin).count("/robots.txt") == 2


def test_where_a_feed_redirects_to_is_asked_as_well(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "is_public", lambda _: True)
    monkeypatch.setattr(guard, "is_ours", lambda _: False)
    there = Origin()
    try:
        there.say("/robots.txt", CLOSED)
        origin.redirect("/feed", there.say("/feed", FEED))
        assert refused(a_polite_job(f"{origin.url}/feed")).cause is Cause.ROBOTS
        assert asked(there) == ["/robots.txt"]
    finally:
        there.close()


def test_a_redirect_takes_no_permission_along(origin: Origin) -> None:
    there = Origin()
    try:
        origin.redirect("/feed", there.say("/feed", FEED))
        assert refused(a_polite_job(f"{origin.url}/feed")).cause is Cause.FORBIDDEN
        assert there.connections == 0
    finally:
        there.close()


def test_who_need_not_obey_does_not_ask(origin: Origin) -> None:
    origin.say("/robots.txt", CLOSED)
    fetch(a_job(origin.say("/feed", FEED)))
    assert asked(origin) == ["/feed"]


def test_it_is_told_nothing_of_the_feed(origin: Origin) -> None:
    job = a_polite_job(origin.say("/feed", FEED), authorization="Bearer secret")
    fetch(job)
    (request,) = origin.asked("/robots.txt")
    assert request.all("Authorization") == request.all("If-None-Match") == []


# ---------------------------------------------------------------- reading


@pytest.mark.parametrize(
    ("text", "patterns"),
    [
        ("user-agent: AGGREGATOR\ndisallow: /a", ["/a"]),
        ("User-agent: Aggregator/1.0\nDisallow: /a # why", ["/a"]),
        ("User-agent: x\nUser-agent: aggregator\nDisallow: /a", ["/a"]),
        ("User-agent: aggregator\nUser-agent: x\n\nDisallow: /a", ["/a"]),
        ("User-agent: aggregator\nSitemap: /s\nDisallow: /a\nUser-agent: x\nDisallow: /b", ["/a"]),
        ("User-agent: aggregator\nDisallow: /a\nUser-agent: x\nDisallow:\nUser-agent: aggregator\nAllow: /b",
         ["/a", "/b"]),
        ("User-agent: aggregator\nDisallow:", []),
        ("User-agent: aggregators\nDisallow: /", []),
        ("User-agent: feed-aggregator\nDisallow: /", []),
        ("User-agent: *\nDisallow: /", []),
        ("Disallow: /", []),
        ("\ufeffUser-agent: aggregator\r\nDisallow: /a\r\n", ["/a"]),
    ],
)  # fmt: skip
def test_the_groups_that_name_us_are_read(text: str, patterns: list[str]) -> None:
    assert [rule.pattern for rule in rules_for(OUR_NAME, text.encode()) or ()] == patterns


@pytest.mark.parametrize(
    ("rules", "path", "is_fine"),
    [
        (["-/"], "/feed", False),
        (["-/", "+/feed"], "/feed.xml", True),
        (["-/feed", "+/feed"], "/feed", True),
        (["+/a/", "-/a/b"], "/a/b/c", False),
        (["-/*.xml$"], "/a/feed.xml", False),
        (["-/*.xml$"], "/a/feed.xml?x", True),
        (["-/*.xml$"], "/a.xml/b.xml", False),
        (["-/*a*b"], "/xaxxb/c", False),
        (["-/*a*b"], "/xbxxa", True),
        (["-/feed$"], "/feed", False),
        (["-/feed$"], "/feeds", True),
        (["-/a%2Fb"], "/a/b", True),
        (["-/%7Ejoe"], "/~joe", False),
        (["-/~joe"], "/%7ejoe", False),
        (["-/\u00e9"], "/%C3%A9", False),
        (["-/?q="], "/?q=1", False),
        ([], "/feed", True),
    ],
)
def test_the_longest_rule_counts(rules: list[str], path: str, is_fine: bool) -> None:
    lines = "".join(f"{'Allow' if rule[0] == '+' else 'Disallow'}: {rule[1:]}\n" for rule in rules)
    read = rules_for(OUR_NAME, f"User-agent: aggregator\n{lines}".encode()) or ()
    assert is_allowed(f"https://north.example{path}", read) is is_fine


@given(st.text("a*$/", max_size=12), st.text("a/", max_size=12))
def test_a_pattern_of_stars_fits_as_an_expression_would(pattern: str, path: str) -> None:
    parts = (".*" if c == "*" else re.escape(c) for c in pattern.removesuffix("$"))
    expression = "".join(parts) + ("$" if pattern.endswith("$") else "")
    rules = (Rule(pattern=pattern, is_allowed=False),)
    assert is_allowed(f"https://north.example/{path}", rules) is not bool(re.match(expression, f"/{path}"))
