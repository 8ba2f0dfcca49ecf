"""Pages of entries are crawled: robots.txt counts as it does for every crawler, and only HTML is brought."""

import asyncio
from typing import Any

import pytest

from aggregator.errors import Cause, FetchError
from aggregator.fetch.http import HttpClient
from aggregator.model import Fetched
from tests.world import Answer, Origin, a_fetch, a_job

PAGE = b"<!doctype html><title>Bridge closed</title><p>It has cracks."
HTML = {"Content-Type": "text/html; charset=utf-8"}


def fetch(*urls: str, **given: Any) -> list[Fetched]:
    async def bring() -> list[Fetched]:
        async with HttpClient(a_fetch(), user_agent="Tester/1") as client:
            jobs = [a_job(url, kind="page", obey_robots=True, **given) for url in urls]
            return [await client.fetch(job) for job in jobs]

    return asyncio.run(bring())


def refused(url: str, **given: Any) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetch(url, **given)
    return caught.value


def asked(origin: Origin) -> list[str]:
    return [request.target for request in origin.requests]


def test_a_page_is_brought_with_what_says_how_to_read_it(origin: Origin) -> None:
    url = origin.say("/bridge", PAGE, headers=HTML)
    (found,) = fetch(url)
    (document,) = found.documents
    assert (document.body, document.media_type, document.address) == (PAGE, HTML["Content-Type"], url)


def test_it_is_asked_for_as_a_page_without_what_a_feed_is_asked_with(origin: Origin) -> None:
    fetch(origin.say("/bridge", PAGE, headers=HTML))
    (request,) = origin.asked("/bridge")
    assert request.header("Accept") == b"text/html, application/xhtml+xml;q=0.9"
    assert request.header("User-Agent") == b"Tester/1"
    assert not any(request.header(name) for name in ("A-IM", "Authorization", "Cookie", "Referer"))


@pytest.mark.parametrize(
    ("text", "is_fine"),
    [
        pytest.param("User-agent: *\nDisallow: /\n", False, id="all crawlers"),
        pytest.param("User-agent: *\nDisallow: /news/\n", False, id="all crawlers, this path"),
        pytest.param("User-agent: *\nDisallow: /private/\n", True, id="another path"),
        pytest.param("User-agent: aggregator\nDisallow: /news/\n", False, id="us"),
        pytest.param("User-agent: *\nDisallow: /\n\nUser-agent: aggregator\nDisallow:\n", True, id="but us"),
        pytest.param("User-agent: other\nDisallow: /\n", True, id="another crawler"),
        pytest.param("", True, id="nobody"),
    ],
)
def test_what_all_crawlers_are_asked_is_asked_of_us_unless_we_are_named(
    origin: Origin, text: str, is_fine: bool
) -> None:
    origin.say("/robots.txt", text.encode())
    url = origin.say("/news/bridge", PAGE, headers=HTML)
    if is_fine:
        fetch(url)
    else:
        error = refused(url)
        assert error.cause is Cause.ROBOTS
        assert "obey_robots" not in error.detail  # that is of feeds
    assert ("/news/bridge" in asked(origin)) is is_fine


@pytest.mark.parametrize("status", [500, 503, 429])
def test_an_origin_that_cannot_say_is_not_crawled(origin: Origin, status: int) -> None:
    origin.say("/robots.txt", status=status, headers={"Retry-After": "600"})
    error = refused(origin.say("/bridge", PAGE, headers=HTML))
    assert (error.status, error.retry_after) == (status, "600")
    assert asked(origin) == ["/robots.txt"]


def test_pages_of_one_origin_share_one_robots_txt(origin: Origin) -> None:
    fetch(*(origin.say(f"/{number}", PAGE, headers=HTML) for number in range(3)))
    assert asked(origin) == ["/robots.txt", "/0", "/1", "/2"]


def test_a_redirect_is_held_against_robots_txt_as_well(origin: Origin) -> None:
    origin.say("/robots.txt", b"User-agent: *\nDisallow: /members/\n")
    origin.say("/members/bridge", PAGE, headers=HTML)
    assert refused(origin.redirect("/bridge", "/members/bridge")).cause is Cause.ROBOTS
    assert "/members/bridge" not in asked(origin)


@pytest.mark.parametrize("media_type", ["application/pdf", "video/mp4", "application/json", ""])
def test_what_is_no_html_is_not_read(origin: Origin, media_type: str) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    error = refused(origin.say("/bridge", b"x" * 1000, headers=headers))
    assert error.cause is Cause.NOT_A_PAGE


def test_a_feed_cannot_send_us_into_a_private_network(origin: Origin) -> None:
    url = origin.say("/bridge", PAGE, headers=HTML)
    assert refused(url, allow_private=False).cause is Cause.FORBIDDEN
    assert origin.connections == 0


def test_a_feed_cannot_send_us_to_a_port_where_other_things_listen() -> None:
    assert refused("http://127.0.0.1:6379/", allow_private=True).cause is Cause.FORBIDDEN


def test_a_wall_that_keeps_sending_us_round_is_given_up(origin: Origin) -> None:
    origin.say_in_turn("/wall", Answer(status=302, headers={"Location": "/bridge"}))
    assert refused(origin.redirect("/bridge", "/wall")).cause is Cause.REDIRECT
    assert len(origin.asked("/bridge")) == 1
