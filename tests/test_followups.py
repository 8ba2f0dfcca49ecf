"""`update: followup`: a new entry in an output when outlets have joined, the same for ever after."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from aggregator import pipeline
from aggregator.settings import Output, Override, Publish, Settings, Stories
from aggregator.store import open_store
from tests.test_pipeline import BRIDGE_POST, TITLE, made_again
from tests.test_takedown import stones, take_down
from tests.world import (
    HOUR,
    NOW,
    Origin,
    Post,
    a_round,
    a_settings,
    a_source,
    files_below,
    rss,
)

ATOM = "{http://www.w3.org/2005/Atom}"
THR = "{http://purl.org/syndication/thread/1.0}"
LATE = ("east", "south", "west", "coast")
TEXTS = (
    "Boats carry commuters across, crowded from dawn, and their crews ask for more hands.",
    "Engineers measured each girder anew; two of them must be cast again, which takes months.",
    "Shopkeepers on the eastern shore count their losses and call for lower rents meanwhile.",
    "A parliament committee wants to know who signed the last three inspections, and when.",
)
MINE = Output(name="mine", update="followup", followup_outlets=2)


def post(name: str) -> Post:
    number = LATE.index(name)
    return Post(
        title=f"The bridge as the {name} sees it",
        text=TEXTS[number],
        guid=f"urn:{name}",
        link=f"https://{name}.example/bridge",
        at=NOW + number * HOUR,
    )


@pytest.fixture
def settings(tmp_path: Path, origin: Origin) -> Settings:
    """One source that tells of a bridge, and four that are silent."""
    north = a_source(origin.say("/north", rss(BRIDGE_POST)))
    others = (a_source(origin.say(f"/{n}", rss(title=n.title())), id=n, name=n.title()) for n in LATE)
    together = Stories(overrides=(Override(action="merge", title="*bridge*"),))
    outputs = (MINE, Output(name="still"))
    return replace(a_settings(tmp_path, north, *others), outputs=outputs, stories=together)


def tell(settings: Settings, origin: Origin, *names: str, hours: int) -> dict[str, bytes]:
    """Let sources tell of the bridge too, and publish."""
    for name in names:
        origin.say(f"/{name}", rss(post(name), title=name.title()))
    a_round(settings, now=NOW + hours * HOUR)
    return files_below(pipeline.public_folder(settings))


def items(files: dict[str, bytes], folder: str = "mine/") -> list[dict[str, Any]]:
    return list(json.loads(files[f"{folder}feed.json"])["items"])


def test_a_new_entry_tells_who_has_joined(settings: Settings, origin: Origin) -> None:
    a_round(settings)
    assert [item["title"] for item in items(tell(settings, origin, "east", hours=2))] == [TITLE]
    files = tell(settings, origin, "south", hours=4)
    told, first = items(files)
    assert (told["title"], first["title"]) == (f"More coverage of {TITLE}", TITLE)
    assert [line["outlet"] for line in told["_coverage"]["more_recent"]] == ["South", "East"]
    assert told["summary"] == "2 more outlets tell of this: South, East."
    assert told["url"] == told["_coverage"]["story_url"] == first["_coverage"]["story_url"]
    assert told["date_published"] == told["date_modified"] == "2026-11-22T14:00:00Z"
    assert "2 more outlets tell of <a" in told["content_html"]
    assert [item["title"] for item in items(files, "still/")] == [TITLE]


def test_it_names_the_entry_that_it_follows_and_comes_from_no_other_feed(
    settings: Settings, origin: Origin
) -> None:
    a_round(settings)
    files = tell(settings, origin, "east", "south", hours=4)
    entry, first = etree.fromstring(files["mine/atom.xml"]).findall(f"{ATOM}entry")
    reply = entry.find(f"{THR}in-reply-to")
    assert reply.get("ref") == first.findtext(f"{ATOM}id")
    related = [link.get("href") for link in entry.findall(f"{ATOM}link") if link.get("rel") == "related"]
    assert BRIDGE_POST.link in related
    assert entry.find(f"{ATOM}source") is None
    assert first.find(f"{ATOM}source") is not None
    (item, _) = etree.fromstring(files["mine/rss.xml"]).findall("channel/item")
    assert item.find("source") is None
    assert item.findtext("guid") == entry.findtext(f"{ATOM}id")


def test_it_never_changes_and_the_next_comes_after_as_many_more(settings: Settings, origin: Origin) -> None:
    a_round(settings)
    first = items(tell(settings, origin, "east", "south", hours=4))[0]
    assert items(tell(settings, origin, "west", hours=8))[0] == first
    second, again, _ = items(tell(settings, origin, "coast", hours=12))
    assert again == first
    assert [line["outlet"] for line in second["_coverage"]["more_recent"]] == ["Coast", "West"]
    origin.say("/north", rss(replace(BRIDGE_POST, title=f"{TITLE}, again")))
    a_round(settings, now=NOW + 16 * HOUR)
    assert items(files_below(pipeline.public_folder(settings)))[:2] == [second, first]


def test_it_is_made_again_from_the_store_alone(settings: Settings, origin: Origin) -> None:
    a_round(settings)
    files = tell(settings, origin, "east", "south", hours=4)
    assert made_again(settings) == files
    with open_store(pipeline.store_path(settings)) as store:
        assert pipeline.publish(store, settings) == (0, 0)


def test_it_survives_a_replay(settings: Settings, origin: Origin) -> None:
    a_round(settings)
    before = items(tell(settings, origin, "east", "south", hours=4))[0]
    with pipeline.open_past(settings) as (store, of):
        pipeline.rewrite(store, settings.stories, of=of, now=NOW + 5 * HOUR, watch=iter)
    with open_store(pipeline.store_path(settings)) as store:
        pipeline.publish(store, settings)
    assert items(files_below(pipeline.public_folder(settings)))[0] == before


def test_it_survives_that_its_story_becomes_part_of_another(settings: Settings, origin: Origin) -> None:
    older = Post(title="Ferry timetable", text="Boats leave at noon.", guid="urn:old", at=NOW - 9 * HOUR)
    origin.say("/north", rss(BRIDGE_POST, older))
    a_round(settings)
    before = items(tell(settings, origin, "east", "south", hours=4))[0]
    with open_store(pipeline.store_path(settings)) as store:
        names = ("urn:old", "urn:north:bridge", "urn:east", "urn:south")
        ids = tuple(store.entries.find(name)[0] for name in names)
    stories = replace(settings.stories, overrides=(Override(action="merge", ids=ids),))
    with pipeline.open_past(settings) as (store, of):
        pipeline.rewrite(store, stories, of=of, now=NOW + 5 * HOUR, watch=iter)
    with open_store(pipeline.store_path(settings)) as store:
        pipeline.publish(store, settings)
    files = files_below(pipeline.public_folder(settings))
    (after,) = [item for item in items(files) if item["id"] == before["id"]]
    assert after["_coverage"]["more_recent"] == before["_coverage"]["more_recent"]
    assert "urn:north:bridge" in stones(files, "mine/atom.xml")


def test_it_goes_with_the_story_that_it_tells_of(settings: Settings, origin: Origin) -> None:
    a_round(settings)
    told = items(tell(settings, origin, "east", "south", hours=4))[0]
    files = take_down(settings, "url", "north.example/bridge")
    assert not [name for name, content in files.items() if TITLE.encode() in content]
    assert sorted(stones(files, "mine/atom.xml")) == sorted([told["id"], "urn:north:bridge"])


def test_what_is_taken_down_is_no_longer_listed_and_the_last_line_takes_it_along(
    settings: Settings, origin: Origin
) -> None:
    a_round(settings)
    told = items(tell(settings, origin, "east", "south", hours=4))[0]
    (left, *_) = items(take_down(settings, "source", "south"))
    assert left["id"] == told["id"]
    assert "South" not in json.dumps(left)
    files = take_down(settings, "source", "east")
    assert told["id"] not in [item["id"] for item in items(files)]
    assert told["id"] in stones(files, "mine/atom.xml")


def test_the_archive_holds_what_the_combined_feed_told(settings: Settings, origin: Origin) -> None:
    settings = replace(settings, publish=Publish(limit=2), outputs=(replace(MINE, name="all"),))
    a_round(settings)
    told = items(tell(settings, origin, "east", "south", hours=4), "")[0]
    for hour in range(6, 12, 2):
        news = [Post(title=f"{w} {hour}", text=f"{w} " * 9, guid=f"urn:{w}{hour}", at=NOW + hour * HOUR)
                for w in ("Kestrel", "Marmalade")]  # fmt: skip
        origin.say("/north", rss(BRIDGE_POST, *news))
        origin.say("/coast", rss(post("coast"), title="Coast"))
        a_round(settings, now=NOW + hour * HOUR)
    files = files_below(pipeline.public_folder(settings))
    archived = [name for name in files if name.startswith("archive/") and told["id"].encode() in files[name]]
    assert len(archived) == 1
    assert made_again(settings) == files
