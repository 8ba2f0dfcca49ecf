"""Pages of sources, end to end: there for each, right after a change, and left alone otherwise."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from aggregator import pipeline
from aggregator.settings import Publish, Settings
from aggregator.store import open_store
from aggregator.urls import canonical
from tests.publish.test_html import every, parse, text
from tests.test_pipeline import AGAIN, BRIDGE_POST, NORTH, SOUTH, TITLE, made_again, marks
from tests.world import (
    BRIDGE,
    DAY,
    HOUR,
    NOW,
    Origin,
    Post,
    a_round,
    a_settings,
    a_source,
    files_below,
    rss,
    walk,
)


@pytest.fixture
def settings(tmp_path: Path, origin: Origin) -> Settings:
    """Two feeds about one bridge."""
    north = a_source(origin.say("/north", NORTH), tags=("news",))
    south = a_source(origin.say("/south", SOUTH), id="south", tags=("news", "music"))
    return a_settings(tmp_path, north, south)


def published(settings: Settings) -> dict[str, bytes]:
    return files_below(pipeline.public_folder(settings))


def of_sources(settings: Settings) -> dict[str, tuple[int, int]]:
    found = marks(pipeline.public_folder(settings))
    return {name: mark for name, mark in found.items() if name.startswith("source/")}


def changed(before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]) -> set[str]:
    return {name.split("/")[1] for name in before | after if before.get(name) != after.get(name)}


def test_every_source_has_a_page_and_a_feed(settings: Settings) -> None:
    a_round(settings)
    files = published(settings)
    page = parse(files["source/north/index.html"])
    assert text(every(page, "h1")[0]) == "The North Gazette"
    assert TITLE in text(page)
    assert AGAIN not in text(page)
    assert f"{settings.site.url}source/south/atom.xml" in files["source/south/index.html"].decode()
    assert AGAIN in files["source/south/atom.xml"].decode()


def test_polls_that_bring_nothing_leave_the_pages_alone(settings: Settings) -> None:
    a_round(settings)
    before = of_sources(settings)
    for hours in (2, 5, 30):
        done = a_round(settings, now=NOW + hours * HOUR)
        assert {report.outcome for report in done.reports.values()} == {"unchanged"}
        assert done.written == 0
    assert of_sources(settings) == before


def test_only_the_page_of_who_told_something_new_is_written(settings: Settings, origin: Origin) -> None:
    a_round(settings)
    before = of_sources(settings)
    post = Post(title="Zebra seen in Lund", text="A zebra.", guid="urn:zebra", at=NOW)
    origin.say("/south", rss(post, title="The South Herald", link="https://south.example/"))
    a_round(settings, now=NOW + 2 * HOUR)
    assert changed(before, of_sources(settings)) == {"south"}
    assert "Zebra seen in Lund" in published(settings)["source/south/index.html"].decode()


def test_a_page_follows_an_entry_that_changes(settings: Settings, origin: Origin) -> None:
    a_round(settings)
    other = replace(BRIDGE_POST, title="Cracks: the bridge in Karlstad is closed", text=BRIDGE + " Indeed.")
    origin.say("/north", rss(other))
    a_round(settings, now=NOW + 2 * HOUR)
    assert other.title in published(settings)["source/north/index.html"].decode()


def test_a_page_says_that_a_source_fails_and_is_well_again(settings: Settings, origin: Origin) -> None:
    a_round(settings)
    before = of_sources(settings)
    origin.say("/south", status=503)
    a_round(settings, now=NOW + 2 * HOUR)
    page = published(settings)["source/south/index.html"].decode()
    assert "Its server is in trouble (503)." in page
    assert "22 November 2026, 12:00" in page
    assert changed(before, of_sources(settings)) == {"south"}
    origin.say("/south", SOUTH)
    a_round(settings, now=NOW + 12 * HOUR)
    assert "It answers, and is read." in published(settings)["source/south/index.html"].decode()


def test_a_paused_source_says_so(settings: Settings) -> None:
    a_round(settings)
    north, south = settings.sources
    a_round(replace(settings, sources=(north, replace(south, paused=True))), now=NOW + 2 * HOUR)
    assert "It is paused" in published(settings)["source/south/index.html"].decode()


def test_the_page_of_a_source_that_is_read_no_more_goes(settings: Settings) -> None:
    a_round(settings)
    a_round(replace(settings, sources=settings.sources[:1]), now=NOW + 2 * HOUR)
    assert {name.split("/")[1] for name in published(settings) if name.startswith("source/")} == {"north"}


def test_what_was_taken_down_is_on_no_page(settings: Settings) -> None:
    a_round(settings)
    with open_store(pipeline.store_path(settings)) as store:
        with store.transaction():
            store.takedowns.ask("url", canonical("https://south.example/again"))
        pipeline.publish(store, settings)
    files = published(settings)
    for name in ("index.html", "atom.xml"):
        assert AGAIN not in files[f"source/south/{name}"].decode()


def test_pages_are_made_again_from_the_store(settings: Settings) -> None:
    a_round(settings)
    before = published(settings)
    assert made_again(settings) == before


def test_a_page_that_is_missing_is_made_again(settings: Settings) -> None:
    a_round(settings)
    page = pipeline.public_folder(settings) / "source" / "south" / "index.html"
    before = page.read_bytes()
    page.unlink()
    with open_store(pipeline.store_path(settings)) as store:
        pipeline.publish(store, settings)
    assert page.read_bytes() == before


def test_an_entry_of_a_story_that_no_output_carries_leads_to_no_page(settings: Settings) -> None:
    few = replace(settings, publish=Publish(limit=1))
    a_round(few)
    files = published(few)
    page = parse(files["source/north/index.html"])
    bridge, chess = every(page, "article")
    assert every(bridge, "a", class_="whole")
    assert not every(chess, "a", class_="whole")
    for link in every(page, "a"):
        if "story/" in link.get("href"):
            assert link.get("href").removeprefix("../../") in files


def test_a_page_that_gets_a_story_page_later_leads_to_it(settings: Settings) -> None:
    a_round(replace(settings, publish=Publish(limit=1)))
    before = of_sources(settings)
    with open_store(pipeline.store_path(settings)) as store:
        walk(store, settings, now=NOW + DAY)
    assert changed(before, of_sources(settings)) == {"north"}
    _, chess = every(parse(published(settings)["source/north/index.html"]), "article")
    assert every(chess, "a", class_="whole")


def test_of_many_pages_some_wait_for_the_next_publish(settings: Settings) -> None:
    def out() -> set[str]:
        return {name.split("/")[1] for name in published(settings) if name.startswith("source/")}

    a_round(settings)
    whole = published(settings)
    shutil.rmtree(pipeline.public_folder(settings))
    with open_store(pipeline.store_path(settings)) as store:
        pipeline.publish(store, settings, most_source_pages=1)
        assert len(out()) == 1
        assert store.source_pages.is_pending()
        pipeline.publish(store, settings, most_source_pages=1)
        assert not store.source_pages.is_pending()
    assert published(settings) == whole
