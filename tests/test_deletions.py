"""A source deletes what it told (RFC 6721): gone from all that is published; back with a later version."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from lxml import etree

from aggregator import pipeline
from aggregator.settings import Settings
from aggregator.store import open_store
from tests.test_pipeline import AGAIN, AGAIN_POST, CHESS_POST, TITLE
from tests.test_takedown import stones, titles
from tests.world import BRIDGE, CHESS, HOUR, NOW, Origin, a_round, a_settings, a_source, files_below, rss

CHESS_TITLE = CHESS_POST.title
LATER, LATEST = NOW + 2 * HOUR, NOW + 4 * HOUR


def at(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def entry(name: str, title: str, text: str, *, updated: datetime = NOW - HOUR) -> str:
    link = f"https://north.example/{name}"
    return (
        f"<entry><id>urn:north:{name}</id><title>{title}</title><link href='{link}'/>"
        f"<published>{at(NOW - HOUR)}</published><updated>{at(updated)}</updated>"
        f"<summary>{text}</summary></entry>"
    )


def stone(ref: str, when: datetime = NOW) -> str:
    return (
        f"<at:deleted-entry ref='{ref}' when='{at(when)}'><at:by><name>Ann</name></at:by></at:deleted-entry>"
    )


def atom(*parts: str) -> bytes:
    return (
        "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:at='http://purl.org/atompub/tombstones/1.0'>"
        f"<id>urn:north</id><title>The North Gazette</title><updated>{at(NOW)}</updated>"
        f"{''.join(parts)}</feed>"
    ).encode()


BRIDGE_ENTRY, CHESS_ENTRY = entry("bridge", TITLE, BRIDGE), entry("chess", CHESS_TITLE, CHESS)


@pytest.fixture
def settings(tmp_path: Path, origin: Origin) -> Settings:
    """Two feeds about one bridge, one of which tells of a game as well; all of it is published."""
    north = a_source(origin.say("/north", atom(BRIDGE_ENTRY, CHESS_ENTRY)))
    south = a_source(origin.say("/south", rss(AGAIN_POST, title="The South Herald")), id="south")
    settings = a_settings(tmp_path, north, south)
    assert set(after(settings, NOW)) == {TITLE, CHESS_TITLE}
    return settings


def after(settings: Settings, now: datetime) -> list[str]:
    """Do a round, and return what is published."""
    a_round(settings, now=now)
    return sorted(titles(published(settings)))


def published(settings: Settings) -> dict[str, bytes]:
    return files_below(pipeline.public_folder(settings))


def test_what_its_feed_deletes_is_gone_within_one_publish(settings: Settings, origin: Origin) -> None:
    origin.say("/north", atom(stone("urn:north:chess"), BRIDGE_ENTRY))
    assert after(settings, LATER) == [TITLE]
    files = published(settings)
    assert stones(files) == ["urn:north:chess"]
    assert not [name for name, content in files.items() if CHESS[:40].encode() in content]


def test_the_story_keeps_what_others_told(settings: Settings, origin: Origin) -> None:
    origin.say("/north", atom(stone("urn:north:bridge"), CHESS_ENTRY))
    assert after(settings, LATER) == [CHESS_TITLE, AGAIN]
    assert stones(published(settings)) == ["urn:north:bridge"]


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(stone("urn:south:again"), id="another source's"),
        pytest.param(stone("urn:nobody"), id="nobody's"),
        pytest.param(stone("urn:north:chess", LATEST), id="in the future"),
        pytest.param(stone("urn:north:chess", NOW - 2 * HOUR), id="before the entry was updated"),
        pytest.param("<at:deleted-entry ref='urn:north:chess'/>", id="at no time"),
        pytest.param(f"<entry>{stone('urn:north:chess')}</entry>", id="in an entry"),
        pytest.param(f"{stone('urn:north:chess')}<open>", id="in a broken document"),
    ],
)
def test_nothing_goes_by_a_tombstone_for_what_is(settings: Settings, origin: Origin, told: str) -> None:
    origin.say("/north", atom(BRIDGE_ENTRY, CHESS_ENTRY, told))
    after(settings, LATER)
    assert {TITLE, CHESS_TITLE} <= titles(published(settings))
    assert stones(published(settings)) == []


def test_an_entry_that_goes_on_under_another_id_stays(settings: Settings, origin: Origin) -> None:
    renamed = CHESS_ENTRY.replace("urn:north:chess", "urn:north:2")
    origin.say("/north", atom(BRIDGE_ENTRY, renamed, stone("urn:north:chess")))
    assert after(settings, LATER) == [TITLE, CHESS_TITLE]


def test_what_is_new_and_deleted_already_does_not_come_in(settings: Settings, origin: Origin) -> None:
    new = entry("new", "Something new", "Something new.", updated=NOW)
    origin.say("/north", atom(BRIDGE_ENTRY, CHESS_ENTRY, new, stone("urn:north:new")))
    assert after(settings, LATER) == [TITLE, CHESS_TITLE]


def test_the_same_feed_again_changes_nothing(settings: Settings, origin: Origin) -> None:
    for more in ("", "<!-- another digest -->"):
        origin.say("/north", atom(stone("urn:north:chess"), BRIDGE_ENTRY, CHESS_ENTRY, more))
        report = a_round(settings, now=LATEST if more else LATER)
        assert report.reports["north"].changed == (0 if more else 1)
    assert stones(published(settings)) == ["urn:north:chess"]


@pytest.mark.parametrize("is_rewritten", [False, True], ids=["as it was", "after a past decided anew"])
@pytest.mark.parametrize("name", ["bridge", "chess"])
def test_a_later_version_brings_it_back_under_its_id(
    settings: Settings, origin: Origin, name: str, *, is_rewritten: bool
) -> None:
    before = ids(settings)
    origin.say("/north", atom(stone(f"urn:north:{name}"), *others(name)))
    after(settings, LATER)
    if is_rewritten:
        with pipeline.open_past(settings) as (store, of):
            pipeline.rewrite(store, settings.stories, of=of, now=LATER, watch=iter)
    again = [part.replace(at(NOW - HOUR) + "</updated>", at(LATER) + "</updated>") for part in only(name)]
    origin.say("/north", atom(stone(f"urn:north:{name}"), *again, *others(name)))
    after(settings, LATEST)
    assert f"urn:north:{name}" in ids(settings) | members(settings)
    assert stones(published(settings)) == []
    if not is_rewritten:
        assert ids(settings) == before


def only(name: str) -> list[str]:
    return [BRIDGE_ENTRY] if name == "bridge" else [CHESS_ENTRY]


def others(name: str) -> list[str]:
    return [CHESS_ENTRY] if name == "bridge" else [BRIDGE_ENTRY]


def ids(settings: Settings) -> set[str]:
    return {item["id"] for item in json.loads(published(settings)["feed.json"])["items"]}


def members(settings: Settings) -> set[str]:
    """Return the ids of all that the feeds of stories tell."""
    feeds = (content for name, content in published(settings).items() if name.startswith("story/"))
    found = (etree.fromstring(feed) for feed in feeds if feed.startswith(b"<?xml"))
    return {id_.text for feed in found for id_ in feed.iter("{http://www.w3.org/2005/Atom}id")}


def test_what_was_taken_down_here_is_not_brought_back(settings: Settings, origin: Origin) -> None:
    origin.say("/north", atom(stone("urn:north:chess"), BRIDGE_ENTRY))
    after(settings, LATER)
    with open_store(pipeline.store_path(settings)) as store, store.transaction():
        store.takedowns.ask("url", "north.example/chess")
    origin.say("/north", atom(BRIDGE_ENTRY, entry("chess", CHESS_TITLE, CHESS, updated=LATER)))
    assert after(settings, LATEST) == [TITLE]
