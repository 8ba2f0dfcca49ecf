"""Our hubs are told once of each feed that changed, when it can be fetched; they hold up nothing (PB-41)."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import feedparser
import pytest

from aggregator import pipeline
from aggregator.publish.hubs import hub_links, told_files
from aggregator.settings import Output, Publish, Settings
from aggregator.store import open_store
from tests.websub.street import Hub, Street
from tests.world import (
    HOUR,
    NOW,
    Answer,
    HereEngine,
    Origin,
    Post,
    Request,
    a_round,
    a_settings,
    a_source,
    rss,
)

FEEDS = ("atom.xml", "rss.xml", "feed.json")
HUBS = ("https://hub.example/", "https://two.example/?a=1&b=2")


@pytest.fixture
def public(street: Street) -> Street:
    """The street, with a hub of ours and a feed that has none."""
    street.is_offered = False
    street.tell("first")
    street.more = {"publish": Publish(hubs=(street.hub.url,))}
    street.start()
    return street


def told(hub: Hub) -> list[str]:
    """Return the topics that a hub was told of since it was last looked at."""
    forms, hub.forms[:] = list(hub.forms), []
    assert all(form["hub.mode"] == "publish" and form["hub.url"] == form["hub.topic"] for form in forms)
    return [form["hub.url"].removeprefix("https://planet.example/") for form in forms]


def beats(street: Street, count: int = 12) -> None:
    """Let some seconds pass."""
    for _ in range(count):
        street.now += timedelta(seconds=1)
        street.beat()


# ---------------------------------------------------------------- pinging


def test_a_hub_is_told_once_of_each_feed_that_changed(public: Street) -> None:
    beats(public)
    assert sorted(told(public.hub)) == sorted(FEEDS)
    beats(public, 30)
    assert told(public.hub) == []
    public.tell("second")
    public.walk(3 * HOUR)
    beats(public)
    assert sorted(told(public.hub)) == sorted(FEEDS)


def test_a_hub_is_told_when_the_bytes_can_be_fetched(public: Street) -> None:
    seen = list[bool]()
    file = Path(public.settings.data) / "public" / "atom.xml"

    def hear(request: Request) -> Answer:
        seen.append(b"first" in file.read_bytes())
        return public.hub.hear(request)

    public.origin.think("/hub", hear)
    beats(public)
    assert seen == [True] * 3


def test_a_restart_tells_nothing_twice(public: Street) -> None:
    beats(public)
    told(public.hub)
    public.start()
    beats(public)
    assert told(public.hub) == []


def test_a_hub_that_is_down_holds_up_nothing_and_is_told_later(public: Street) -> None:
    public.hub.status = 503
    beats(public)
    assert (Path(public.settings.data) / "public" / "atom.xml").exists()
    public.tell("second")
    public.walk(3 * HOUR)
    beats(public)
    assert b"second" in (Path(public.settings.data) / "public" / "atom.xml").read_bytes()
    tried = len(told(public.hub))
    assert 2 <= tried <= 12  # in 1, 2, 4, 8 … minutes
    public.start()  # what is left to tell survives
    public.hub.status = 202
    public.walk(6 * HOUR)
    beats(public)
    assert sorted(set(told(public.hub))) == sorted(FEEDS)
    assert public.store.pings.pending() == 0


def test_what_changes_while_a_hub_is_told_is_told_once_more(public: Street) -> None:
    beats(public)
    told(public.hub)
    topic = f"https://planet.example/{FEEDS[0]}"
    public.store.pings.show((public.hub.url,), {topic: "one"})
    public.beat()
    public.store.pings.show((public.hub.url,), {topic: "two"})
    beats(public)
    assert told(public.hub) == [FEEDS[0]] * 2


def test_a_run_that_ends_tells_what_changed(tmp_path: Path, origin: Origin) -> None:
    hub = Hub(origin)
    source = a_source(origin.say("/north", rss(Post(title="x", guid="x"))))
    settings = a_settings(tmp_path, source, publish=Publish(hubs=(hub.url,)))
    a_round(settings)
    with open_store(pipeline.store_path(settings)) as store:
        assert pipeline.ping_all(store, HereEngine(settings), clock=lambda: NOW) == 0
        assert sorted(told(hub)) == sorted(FEEDS)
        hub.status = 500
        store.pings.show((hub.url,), {"https://planet.example/atom.xml": "other"})
        assert pipeline.ping_all(store, HereEngine(settings), clock=lambda: NOW) == 1


def test_a_hub_that_is_not_ours_any_more_is_told_nothing(public: Street) -> None:
    public.hub.status = 500
    beats(public)
    told(public.hub)
    public.more = {}
    public.start()
    beats(public)
    public.walk(3 * HOUR)
    assert told(public.hub) == []


# ---------------------------------------------------------------- saying who the hubs are


@pytest.fixture
def settings(tmp_path: Path, origin: Origin) -> Settings:
    source = a_source(origin.say("/north", rss(Post(title="x", guid="x"))), tags=("News",))
    outputs = (Output(name="mine", token="abcdefgh"), Output(name="few", formats=("atom", "html")))
    return a_settings(tmp_path, source, publish=Publish(hubs=HUBS), outputs=outputs)


def test_a_feed_names_its_hubs_and_itself_once(settings: Settings) -> None:
    a_round(settings)
    root = pipeline.public_folder(settings)
    for name in told_files(settings):
        content = (root / name).read_bytes()
        if name.endswith(".json"):
            feed = json.loads(content)
            assert feed["hubs"] == [{"type": "WebSub", "url": hub} for hub in HUBS]
            assert feed["feed_url"] == settings.site.url + name
            continue
        links = feedparser.parse(content).feed.links
        assert [link.href for link in links if link.rel == "hub"] == list(HUBS)
        assert [link.href for link in links if link.rel == "self"] == [settings.site.url + name]


def test_hubs_are_told_of_feeds_that_all_may_know(settings: Settings) -> None:
    """Neither a private address, nor the thousand small feeds of stories, nor pages that never change."""
    tagged = tuple(f"tag/news/{name}" for name in FEEDS)
    assert told_files(settings) == (*FEEDS, *tagged, "few/atom.xml")
    a_round(settings)
    root = pipeline.public_folder(settings)
    others = {p.relative_to(root).as_posix() for p in root.rglob("*.xml")} - set(told_files(settings))
    assert any(name.startswith("mine-abcdefgh/") for name in others)
    assert any(name.startswith("story/") for name in others)
    for name in others:
        assert b"hub.example" not in (root / name).read_bytes()


def test_without_a_hub_nothing_is_said(settings: Settings) -> None:
    without = replace(settings, publish=Publish())
    assert (told_files(without), hub_links(without)) == ((), {})


def test_the_header_says_what_the_feed_says(settings: Settings) -> None:
    assert hub_links(settings)["tag/news/rss.xml"] == (
        '<https://hub.example/>; rel="hub", <https://two.example/?a=1&b=2>; rel="hub",'
        ' <https://planet.example/tag/news/rss.xml>; rel="self"'
    )
