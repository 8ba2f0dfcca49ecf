"""Who pushes a feed is found in its header, else in itself; the header wins (PF-60)."""

import asyncio
import json

import pytest

from aggregator.fetch.links import linked
from aggregator.harvest import open_harvester
from aggregator.model import FeedInfo
from tests.world import Origin, a_fetch, a_job, run_here

HUB, TOPIC = "https://hub.example/", "https://north.example/feed"
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:north</id><title>North</title>{links}
<updated>2026-11-22T09:00:00Z</updated></feed>"""
RSS = """<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>North</title>
<link>https://north.example/</link><description>d</description>{links}</channel></rss>"""


def xml(form: str, **links: str) -> bytes:
    prefix = "atom:" if form == RSS else ""
    found = "".join(f'<{prefix}link rel="{rel}" href="{url}"/>' for rel, url in links.items())
    return form.format(links=found).encode()


def json_feed(*hubs: dict[str, str]) -> bytes:
    return json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "North",
            "feed_url": TOPIC,
            "hubs": hubs,
            "items": [],
        }
    ).encode()


def found(address: str) -> tuple[tuple[str, ...], str]:
    """Return the hubs and the topic as they travel home."""

    async def bring() -> FeedInfo | None:
        async with open_harvester(a_fetch(), user_agent="Tester/1", run=run_here) as harvest:
            return (await harvest(a_job(address))).feed

    feed = asyncio.run(bring())
    assert feed
    return feed.hubs, feed.topic


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(xml(ATOM, hub=HUB, self=TOPIC), id="Atom"),
        pytest.param(xml(RSS, hub=HUB, self=TOPIC), id="RSS"),
        pytest.param(xml(ATOM, HUB=HUB, self=TOPIC), id="in capitals"),
        pytest.param(json_feed({"type": "WebSub", "url": HUB}), id="JSON Feed"),
        pytest.param(
            json_feed({"type": "rssCloud", "url": "https://cloud.example/"}, {"type": "WebSub", "url": HUB}),
            id="JSON Feed, of another protocol",
        ),
    ],
)
def test_a_feed_says_who_pushes_it(origin: Origin, body: bytes) -> None:
    assert found(origin.say("/feed", body)) == ((HUB,), TOPIC)


def test_a_header_says_who_pushes_it(origin: Origin) -> None:
    links = {"Link": f'<{HUB}>; rel="hub", <{TOPIC}>; rel="self"'}
    assert found(origin.say("/feed", xml(ATOM), headers=links)) == ((HUB,), TOPIC)


def test_the_header_comes_before_the_feed(origin: Origin) -> None:
    links = {"Link": f'<{HUB}>; rel="hub", <{TOPIC}>; rel="self"'}
    body = xml(ATOM, hub="https://wrong.example/", self="https://wrong.example/feed")
    assert found(origin.say("/feed", body, headers=links)) == ((HUB,), TOPIC)


def test_a_topic_that_is_not_named_is_where_the_feed_was_found(origin: Origin) -> None:
    url = origin.say("/feed", xml(ATOM, hub=HUB))
    assert found(url) == ((HUB,), url)
    origin.redirect("/old", "/feed")
    assert found(f"{origin.url}/old") == ((HUB,), url)


def test_a_feed_that_nobody_pushes_has_no_topic(origin: Origin) -> None:
    assert found(origin.say("/feed", xml(ATOM, self=TOPIC))) == ((), "")


def test_a_hub_is_a_web_address(origin: Origin) -> None:
    assert found(origin.say("/feed", xml(ATOM, hub="mailto:hub@hub.example")))[0] == ()


# ---------------------------------------------------------------- Link headers


@pytest.mark.parametrize(
    ("headers", "hubs"),
    [
        ((f"<{HUB}>; rel=hub",), (HUB,)),
        ((f'<{HUB}>;rel="hub"',), (HUB,)),
        ((f'<{HUB}>; REL="HUB"',), (HUB,)),
        ((f'<{HUB}> ; title="a, b; <c>" ; rel = "hub"',), (HUB,)),
        ((f'<{HUB}>; rel="self hub"',), (HUB,)),
        ((f'<{HUB}>; rel="hub"; rel="self"',), (HUB,)),
        (("</hub?a=1,2>; rel=hub",), ("https://north.example/hub?a=1,2",)),
        ((f"<{HUB}>; rel=hub, <https://two.example/>; rel=hub",), (HUB, "https://two.example/")),
        ((f"<{HUB}>; rel=hub", "<https://two.example/>; rel=hub"), (HUB, "https://two.example/")),
        ((f"<{HUB}>; rel=hub", f"<{HUB}>; rel=hub"), (HUB,)),
        ((f'<{HUB}>; rel="self"; rel="hub"',), ()),
        ((f'<{HUB}>; rel=hub; anchor="https://other.example/"',), ()),
        ((f'<{HUB}>; rel=hub; anchor="{TOPIC}"',), (HUB,)),
        (("<javascript:alert(1)>; rel=hub",), ()),
        (("<https://u:p@hub.example/>; rel=hub",), ()),
        ((f"{HUB}; rel=hub", "<", "<>; rel=hub; rel", ";;rel=hub,,"), ()),
        ((), ()),
    ],
)
def test_links_are_read_as_they_may_be_written(headers: tuple[str, ...], hubs: tuple[str, ...]) -> None:
    assert linked(headers, "hub", base=TOPIC) == hubs
