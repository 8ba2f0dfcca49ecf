"""The health feed, from an origin that fails to the file that subscribers fetch."""

from pathlib import Path

import pytest
from lxml import etree

from aggregator import pipeline
from aggregator.settings import Settings
from tests.test_pipeline import made_again
from tests.world import DAY, NOW, Origin, Post, a_round, a_settings, a_source, files_below, rss

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def settings(tmp_path: Path, origin: Origin) -> Settings:
    return a_settings(tmp_path, a_source(origin.say("/north", rss(Post(title="One", guid="urn:1")))))


def told(settings: Settings) -> list[str]:
    feed = etree.fromstring((pipeline.public_folder(settings) / "status.atom").read_bytes())
    return [entry.findtext(f"{ATOM}title") for entry in feed.findall(f"{ATOM}entry")]


def test_a_source_that_fails_and_comes_back_is_told_of_once_each(settings: Settings, origin: Origin) -> None:
    a_round(settings)
    assert told(settings) == []
    origin.say("/north", status=500)
    for day in range(1, 6):
        a_round(settings, now=NOW + day * DAY)
        assert len(told(settings)) == (day >= 3)
    origin.say("/north", rss(Post(title="Two", guid="urn:2")))
    for day in range(30, 33):
        a_round(settings, now=NOW + day * DAY)
        assert told(settings)[0] == "The North Gazette is well again"
        assert told(settings)[1].startswith("The North Gazette fails: ")
        assert len(told(settings)) == 2
    assert made_again(settings) == files_below(pipeline.public_folder(settings))


def test_a_source_that_moved_for_good_is_named_with_its_new_place(settings: Settings, origin: Origin) -> None:
    origin.redirect("/north", origin.say("/new", rss(Post(title="One", guid="urn:1"))), status=301)
    a_round(settings)
    assert told(settings) == []  # a move must prove itself: three times, and seven days
    for day in (4, 8):
        a_round(settings, now=NOW + day * DAY)
    assert told(settings) == [f"The North Gazette moved to {origin.url}/new"]
