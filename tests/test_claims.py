"""Two sources claim one id: both are shown, and one of them under another id that leads to the first."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from aggregator import pipeline
from aggregator.ids import mint
from aggregator.model import Entry
from aggregator.settings import Settings
from aggregator.store import Store, open_store
from tests.world import BRIDGE, CHESS, HOUR, NOW, a_harvest, a_settings, a_source, an_entry, files_below

ATOM = "{http://www.w3.org/2005/Atom}"
OWN = "https://north.example/bridge"
TEXTS = {"north": BRIDGE, "south": CHESS}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return a_settings(
        tmp_path,
        a_source("https://north.example/feed"),
        a_source("https://south.example/feed", id="south"),
    )


def tell(store: Store, settings: Settings, *entries: Entry, now: datetime = NOW) -> None:
    """Let a source tell of entries, and place them."""
    harvest = a_harvest(*entries, source_id=entries[0].source_id)
    pipeline.take_in(store, settings, harvest, now=now)
    pipeline.regroup(store, pipeline.open_desk(store, settings), now=now)


def told(settings: Settings, *source_ids: str, guid: str = OWN, is_published: bool = False) -> None:
    """Let sources claim one id, one after the other; publish after each of them, or after the last."""
    with open_store(pipeline.store_path(settings)) as store:
        pipeline.prepare(store, settings, now=NOW)
        for number, source_id in enumerate(source_ids, 1):
            title, text = f"From {source_id}", TEXTS[source_id]
            tell(store, settings, an_entry(source_id=source_id, guid=guid, title=title, text=text))
            if is_published or number == len(source_ids):
                pipeline.publish(store, settings)


def items(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return the published items by the source they are from."""
    feed = json.loads(files_below(pipeline.public_folder(settings))["feed.json"])
    return {item["title"].removeprefix("From "): item for item in feed["items"]}


def via(item: dict[str, Any]) -> list[str]:
    return [link["url"] for link in item.get("_entry", {}).get("links", []) if link["rel"] == "via"]


@pytest.mark.parametrize("order", [("north", "south"), ("south", "north")], ids=" then ".join)
def test_the_source_that_an_id_names_has_it_whoever_came_first(settings: Settings, order: list[str]) -> None:
    told(settings, *order)
    found = items(settings)
    assert found["north"]["id"] == OWN
    assert found["south"]["id"] != OWN
    assert (via(found["north"]), via(found["south"])) == ([], [OWN])


def test_the_first_to_claim_an_id_that_names_neither_keeps_it(settings: Settings) -> None:
    told(settings, "south", "north", guid="urn:same")
    found = items(settings)
    assert found["south"]["id"] == "urn:same" != found["north"]["id"]


def test_who_was_published_under_an_id_keeps_it(settings: Settings) -> None:
    told(settings, "south", "north", is_published=True)
    found = items(settings)
    assert found["south"]["id"] == OWN
    assert via(found["north"]) == [OWN]


def test_an_id_that_leads_nowhere_is_told_by_the_address_of_the_entry(settings: Settings) -> None:
    told(settings, "north", "south", guid="urn:same")
    assert items(settings)["north"]["id"] == "urn:same"
    assert via(items(settings)["south"]) == ["https://south.example/bridge"]


def test_atom_and_rss_tell_it_as_well(settings: Settings) -> None:
    told(settings, "north", "south")
    files = files_below(pipeline.public_folder(settings))
    for name in ("atom.xml", "rss.xml"):
        links = etree.fromstring(files[name]).iter(f"{ATOM}link")
        assert [link.get("href") for link in links if link.get("rel") == "via"] == [OWN], name


def test_it_is_remembered_over_a_change_and_a_past_decided_anew(settings: Settings) -> None:
    told(settings, "north", "south")
    before = items(settings)["south"]["id"]
    again = an_entry("bridge", source_id="south", guid=OWN, title="From south", text="Another text by now.")
    with open_store(pipeline.store_path(settings)) as store:
        tell(store, settings, again, now=NOW + HOUR)
    with pipeline.open_past(settings) as (store, of):
        pipeline.rewrite(store, settings.stories, of=of, now=NOW + HOUR, watch=iter)
    with open_store(pipeline.store_path(settings)) as store:
        pipeline.publish(store, settings, is_afresh=True)
    found = items(settings)["south"]
    assert (found["id"], via(found)) == (before, [OWN])


def test_entries_of_one_source_that_share_an_id_lead_nowhere(settings: Settings) -> None:
    one, other = (
        an_entry(name, guid="urn:same", title=f"From {name}", text=text) for name, text in TEXTS.items()
    )
    with open_store(pipeline.store_path(settings)) as store:
        pipeline.prepare(store, settings, now=NOW)
        tell(store, settings, one, other)
        pipeline.publish(store, settings)
    found = items(settings)
    assert len({item["id"] for item in found.values()}) == 2
    assert [via(item) for item in found.values()] == [[], []]


def test_an_id_that_we_would_give_can_be_claimed_and_harms_nobody(settings: Settings) -> None:
    nameless = an_entry(guid="")
    with open_store(pipeline.store_path(settings)) as store:
        pipeline.prepare(store, settings, now=NOW)
        under = store.fact("authority", at_first="")
        for number, guid in enumerate(
            (mint(under, "entry", nameless.id), mint(under, "entry", f"{nameless.id}+"))
        ):
            squatter = an_entry(f"squatter{number}", source_id="south", guid=guid)
            pipeline.take_in(store, settings, a_harvest(squatter, source_id="south"), now=NOW)
        assert pipeline.take_in(store, settings, a_harvest(nameless), now=NOW).new == 1
        assert store.entries.count() == 3
