"""End to end, from an origin on loopback to the files that subscribers fetch, one round after the other."""

import json
import os
import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest

from aggregator import pipeline
from aggregator.errors import Cause
from aggregator.settings import Defaults, Publish, Settings, Site, Source
from aggregator.store import Store, open_store
from tests.world import (
    BRIDGE,
    BRIDGE_AGAIN,
    CHESS,
    DAY,
    HOUR,
    NOW,
    HereEngine,
    Origin,
    Post,
    Round,
    a_round,
    a_settings,
    a_source,
    article,
    files_below,
    rss,
    walk,
)

SEED = Path(__file__).parent.parent / "seeds" / "000_67ef41215689bc50.txt"

TITLE = "Cracks close the Wirra bridge in Karlstad"
AGAIN = "Wirra bridge in Karlstad: weeks of ferries"
BRIDGE_POST = Post(title=TITLE, text=BRIDGE, guid="urn:north:bridge", link="https://north.example/bridge")
CHESS_POST = Post(title="Okonkwo wins in Lagos", text=CHESS, guid="urn:north:chess", at=NOW - 2 * HOUR)
AGAIN_POST = Post(title=AGAIN, text=BRIDGE_AGAIN, guid="urn:south:again", link="https://south.example/again")
NORTH = rss(BRIDGE_POST, CHESS_POST)
SOUTH = rss(AGAIN_POST, title="The South Herald", link="https://south.example/")


@pytest.fixture
def settings(tmp_path: Path, origin: Origin) -> Settings:
    """Two feeds about one bridge."""
    north = a_source(origin.say("/north", NORTH), tags=("news",))
    south = a_source(origin.say("/south", SOUTH), id="south", tags=("news", "music"))
    return a_settings(tmp_path, north, south)


def public(settings: Settings) -> Path:
    return pipeline.public_folder(settings)


def with_sources(settings: Settings, *sources: Source) -> Settings:
    return replace(settings, sources=sources)


def opened(settings: Settings) -> Any:
    return open_store(pipeline.store_path(settings))


def items(settings: Settings, folder: str = "") -> dict[str, dict[str, Any]]:
    """Return what the JSON Feed of a folder carries: title to item."""
    feed = json.loads((public(settings) / folder / "feed.json").read_bytes())
    return {item["title"]: item for item in feed.get("items", [])}


def coverage(item: dict[str, Any]) -> set[str]:
    found = item["_coverage"]
    return {line["title"] for line in found["more_recent"] + found["earlier"] + found["also_in"]}


def page(settings: Settings, item: dict[str, Any]) -> str:
    """Return the page of an item's story."""
    path = str(item["_coverage"]["story_url"]).removeprefix(settings.site.url)
    return (public(settings) / path / "index.html").read_text()


def marks(folder: Path) -> dict[str, tuple[int, int]]:
    """Return inode and time of change of every file."""
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def made_again(settings: Settings) -> dict[str, bytes]:
    """Delete the public folder and publish from the store alone."""
    shutil.rmtree(public(settings))
    with opened(settings) as store:
        pipeline.publish(store, settings)
    return files_below(public(settings))


# ---------------------------------------------------------------- the first round


def test_a_round_fetches_stores_groups_and_publishes(settings: Settings) -> None:
    done = a_round(settings)
    assert {name: (report.outcome, report.new) for name, report in done.reports.items()} == {
        "north": ("fresh", 2),
        "south": ("fresh", 1),
    }
    assert done.placed == 3
    assert done.written == len(files_below(public(settings)))
    names = set(files_below(public(settings)))
    for folder in ("", "tag/music/", "tag/news/"):
        assert {f"{folder}{file}" for file in ("atom.xml", "rss.xml", "feed.json", "index.html")} <= names
    assert {"style.css", "sources.opml", "sources/index.html"} <= names


def test_tellings_of_one_event_go_out_as_one_story(settings: Settings) -> None:
    a_round(settings)
    found = items(settings)
    assert len(found) == 2
    (bridge,) = (item for title, item in found.items() if title in (TITLE, AGAIN))
    assert coverage(bridge) == {TITLE, AGAIN} - {bridge["title"]}


def test_an_entry_goes_out_under_the_id_and_date_of_its_source(settings: Settings) -> None:
    a_round(settings)
    chess = items(settings)["Okonkwo wins in Lagos"]
    assert chess["id"] == "urn:north:chess"
    assert chess["date_published"] == "2026-11-22T08:00:00Z"


@pytest.mark.parametrize("file", ["atom.xml", "rss.xml"])
def test_what_goes_out_can_be_read_as_a_feed(settings: Settings, file: str) -> None:
    a_round(settings)
    found = feedparser.parse((public(settings) / file).read_bytes())
    assert not found.bozo
    assert [entry.id for entry in found.entries] == [item["id"] for item in items(settings).values()]


def test_every_story_has_a_page_and_a_feed_of_its_own(settings: Settings) -> None:
    a_round(settings)
    for title, item in items(settings).items():
        assert title in page(settings, item)
        path = item["_coverage"]["story_url"].removeprefix(settings.site.url)
        assert feedparser.parse((public(settings) / path / "atom.xml").read_bytes()).entries


def test_the_feed_of_a_story_carries_every_telling(settings: Settings) -> None:
    a_round(settings)
    (bridge,) = (item for title, item in items(settings).items() if title in (TITLE, AGAIN))
    path = bridge["_coverage"]["story_url"].removeprefix(settings.site.url)
    feed = feedparser.parse((public(settings) / path / "atom.xml").read_bytes())
    assert {entry.id for entry in feed.entries} == {"urn:north:bridge", "urn:south:again"}


def test_nothing_configured_publishes_an_empty_site(tmp_path: Path) -> None:
    settings = a_settings(tmp_path)
    done = a_round(settings)
    assert done.reports == {}
    assert "Nothing has come in yet" in (public(settings) / "index.html").read_text()
    assert feedparser.parse((public(settings) / "atom.xml").read_bytes()).entries == []


# ---------------------------------------------------------------- the second round


def test_a_second_round_stores_nothing_twice_and_touches_no_file(settings: Settings) -> None:
    a_round(settings)
    before, content = marks(public(settings)), files_below(public(settings))
    again = a_round(settings, now=NOW + 2 * HOUR)
    assert {name: (report.outcome, report.new) for name, report in again.reports.items()} == {
        "north": ("unchanged", 0),
        "south": ("unchanged", 0),
    }
    assert (again.placed, again.written, again.removed) == (0, 0, 0)
    assert marks(public(settings)) == before
    assert files_below(public(settings)) == content
    with opened(settings) as store:
        assert store.entries.count() == 3


def test_a_harvest_that_comes_once_more_changes_nothing(settings: Settings) -> None:
    """As when a batch that was given up for lost comes home after all, or its work was done twice."""
    with opened(settings) as store:
        ready = pipeline.prepare(store, settings, now=NOW, is_spread=False)
        engine = HereEngine(settings)
        pipeline.send_out(store, ready, engine, now=NOW)
        harvests = engine.finished(wait=0)
        told = [pipeline.take_in(store, ready, harvest, now=NOW) for harvest in (*harvests, *harvests)]
        assert [report.new for report in told] == [2, 1, 0, 0]
        assert [report.changed for report in told] == [0, 0, 0, 0]
        assert store.entries.count() == 3


def stamped(body: bytes, when: str) -> bytes:
    return body.replace(b"<description>d<", f"<lastBuildDate>{when}</lastBuildDate><description>d<".encode())


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(rss(CHESS_POST, BRIDGE_POST), id="in another order"),
        pytest.param(NORTH.replace(b"><", b">\n <"), id="in another dress"),
        pytest.param(
            stamped(NORTH, "Sun, 22 Nov 2026 11:59:00 GMT"),
            id="built anew",
        ),
    ],
)
def test_the_same_entries_said_otherwise_touch_no_file(
    settings: Settings, origin: Origin, body: bytes
) -> None:
    origin.say("/north", stamped(NORTH, "Sun, 22 Nov 2026 09:59:00 GMT") if b"lastBuild" in body else NORTH)
    a_round(settings)
    before = marks(public(settings))
    origin.say("/north", body)
    again = a_round(settings, now=NOW + 2 * HOUR)
    assert (again.reports["north"].outcome, again.reports["north"].new) == ("fresh", 0)
    assert marks(public(settings)) == before


def test_an_origin_is_asked_once_without_conditions_and_then_with_its_own(
    settings: Settings, origin: Origin
) -> None:
    origin.say("/north", NORTH, headers={"ETag": 'W/"1"', "Last-Modified": "then"})
    for hours in (0, 2, 4):
        a_round(settings, now=NOW + hours * HOUR)
    assert [(r.header("If-None-Match"), r.header("If-Modified-Since")) for r in origin.asked("/north")] == [
        (b"", b""),
        (b'W/"1"', b"then"),
        (b'W/"1"', b"then"),
    ]


def test_a_304_changes_nothing(settings: Settings, origin: Origin) -> None:
    origin.say("/north", NORTH, headers={"ETag": '"1"'})
    a_round(settings)
    before = marks(public(settings))
    origin.say("/north", status=304)
    assert a_round(settings, now=NOW + 2 * HOUR).reports["north"].outcome == "unchanged"
    assert marks(public(settings)) == before


def test_an_empty_feed_takes_nothing_away(settings: Settings, origin: Origin) -> None:
    a_round(settings)
    before = items(settings)
    origin.say("/north", rss())
    a_round(settings, now=NOW + 2 * HOUR)
    assert items(settings) == before


def test_entries_that_left_their_feed_are_not_new_when_they_come_back(
    settings: Settings, origin: Origin
) -> None:
    a_round(settings)
    before = items(settings)
    for hours, body in ((2, rss(CHESS_POST)), (4, NORTH)):
        origin.say("/north", body)
        assert a_round(settings, now=NOW + hours * HOUR).reports["north"].new == 0
    assert items(settings) == before


def test_the_public_folder_can_be_made_again_from_the_store_alone(settings: Settings, origin: Origin) -> None:
    a_round(settings)
    origin.say("/north", rss(BRIDGE_POST, CHESS_POST, Post(title="Third", guid="urn:3", text="Something.")))
    a_round(settings, now=NOW + 2 * HOUR)
    content = files_below(public(settings))
    assert made_again(settings) == content


def test_a_file_that_was_tampered_with_is_put_right(settings: Settings) -> None:
    a_round(settings)
    content = files_below(public(settings))
    (public(settings) / "atom.xml").write_bytes(b"<feed>hacked</feed>")
    a_round(settings, now=NOW + 2 * HOUR)
    assert files_below(public(settings)) == content


def test_what_a_killed_writer_left_is_swept(settings: Settings) -> None:
    a_round(settings)
    content = files_below(public(settings))
    (public(settings) / ".atom.xml.part").write_bytes(b"<fe")
    with pipeline.open_alone(settings) as store:
        pipeline.publish(store, settings)
    assert files_below(public(settings)) == content


# ---------------------------------------------------------------- when sources are asked


def test_only_sources_that_are_due_are_asked(settings: Settings, origin: Origin) -> None:
    north, south = settings.sources
    settings = with_sources(settings, replace(north, every=timedelta(hours=5)), south)
    a_round(settings)
    assert set(a_round(settings, now=NOW + 2 * HOUR).reports) == {"south"}
    assert a_round(settings, now=NOW + 2 * HOUR).reports == {}
    assert set(a_round(settings, now=NOW + 6 * HOUR).reports) == {"north", "south"}


def test_a_named_source_is_asked_due_or_not_and_once(settings: Settings, origin: Origin) -> None:
    a_round(settings)
    with opened(settings) as store:
        engine = HereEngine(settings)
        reports = pipeline.refresh(store, settings, engine, clock=lambda: NOW, only=frozenset({"south"}))
        assert [report.source_id for report in reports] == ["south"]
    assert len(origin.asked("/south")) == 2
    assert len(origin.asked("/north")) == 1


def test_a_paused_source_is_not_asked_and_keeps_what_it_told(settings: Settings, origin: Origin) -> None:
    a_round(settings)
    before = items(settings)
    north, south = settings.sources
    settings = with_sources(settings, replace(north, paused=True), south)
    assert set(a_round(settings, now=NOW + 2 * HOUR).reports) == {"south"}
    assert items(settings) == before


def test_a_job_under_way_is_not_given_out_again(settings: Settings) -> None:
    with opened(settings) as store:
        pipeline.prepare(store, settings, now=NOW)
        engine = HereEngine(settings)
        assert pipeline.send_out(store, settings, engine, now=NOW) == 2
        assert pipeline.send_out(store, settings, engine, now=NOW) == 0
        assert pipeline.send_out(store, settings, engine, now=NOW + 2 * pipeline.LEASE) == 0
        engine.close()
        assert pipeline.send_out(store, settings, engine, now=NOW + 4 * pipeline.LEASE) == 2


def test_what_a_source_asks_for_decides_when_it_is_asked_again(settings: Settings, origin: Origin) -> None:
    origin.say("/north", NORTH, headers={"Cache-Control": "max-age=7200"})
    origin.say("/south", status=503, headers={"Retry-After": "36000"})
    reports = a_round(settings).reports
    assert NOW + 2 * HOUR <= reports["north"].next_due <= NOW + 2 * HOUR * 1.1 + HOUR
    assert reports["south"].next_due >= NOW + 10 * HOUR


# ---------------------------------------------------------------- trouble


@pytest.mark.parametrize(
    ("status", "body", "cause"),
    [
        pytest.param(500, b"", Cause.STATUS, id="a status"),
        pytest.param(200, b"", Cause.EMPTY, id="nothing"),
        pytest.param(200, b"<html><body>Hello</body></html>", Cause.NOT_A_FEED, id="a page"),
        pytest.param(200, b"{", Cause.MALFORMED, id="half a feed"),
    ],
)
def test_a_failing_source_touches_no_other(
    settings: Settings, origin: Origin, status: int, body: bytes, cause: Cause
) -> None:
    origin.say("/south", body, status=status)
    reports = a_round(settings).reports
    assert [(r.outcome, r.new) for r in (reports["north"], reports["south"])] == [("fresh", 2), ("failed", 0)]
    assert [trouble.cause for trouble in reports["south"].troubles] == [cause]
    assert set(items(settings)) == {TITLE, "Okonkwo wins in Lagos"}


def test_a_source_that_fails_keeps_what_it_told_and_its_validators(
    settings: Settings, origin: Origin
) -> None:
    origin.say("/north", NORTH, headers={"ETag": '"1"'})
    a_round(settings)
    before = items(settings)
    origin.say("/north", status=500)
    assert a_round(settings, now=NOW + 2 * HOUR).reports["north"].outcome == "failed"
    assert items(settings) == before
    a_round(settings, now=NOW + 2 * DAY)
    assert origin.asked("/north")[-1].header("If-None-Match") == b'"1"'


def test_a_source_in_trouble_is_shown_as_such_until_it_is_well(settings: Settings, origin: Origin) -> None:
    origin.say("/south", status=500)
    a_round(settings)
    assert "its server is in trouble (500)" in (public(settings) / "sources/index.html").read_text()
    origin.say("/south", SOUTH)
    a_round(settings, now=NOW + DAY)
    assert "its server is in trouble" not in (public(settings) / "sources/index.html").read_text()


# ---------------------------------------------------------------- changes


def test_an_edited_entry_keeps_its_id_guid_and_date(settings: Settings, origin: Origin) -> None:
    a_round(settings)
    before = items(settings)["Okonkwo wins in Lagos"]
    edited = replace(CHESS_POST, title="Okonkwo wins, corrected", text=f"{CHESS} He thanked his mother.")
    origin.say("/north", rss(BRIDGE_POST, edited))
    done = a_round(settings, now=NOW + 2 * HOUR)
    assert (done.reports["north"].new, done.reports["north"].changed) == (0, 1)
    after = items(settings)["Okonkwo wins, corrected"]
    assert "Okonkwo wins in Lagos" not in items(settings)
    for name in ("id", "date_published"):
        assert after[name] == before[name]
    assert after["_coverage"]["story_url"] == before["_coverage"]["story_url"]
    assert after["date_modified"] == "2026-11-22T12:00:00Z"
    assert "thanked his mother" in page(settings, after)


def test_an_entry_without_a_date_is_dated_when_first_seen_for_ever(
    settings: Settings, origin: Origin
) -> None:
    post = replace(CHESS_POST, at=None)
    origin.say("/north", rss(post))
    a_round(settings)
    assert items(settings)[post.title]["date_published"] == "2026-11-22T10:00:00Z"
    origin.say("/north", rss(replace(post, text=f"{CHESS} More.")))
    a_round(settings, now=NOW + DAY)
    assert items(settings)[post.title]["date_published"] == "2026-11-22T10:00:00Z"


def test_an_entry_from_the_future_is_dated_when_first_seen(settings: Settings, origin: Origin) -> None:
    origin.say("/north", rss(replace(CHESS_POST, at=NOW + 30 * DAY)))
    a_round(settings)
    assert items(settings)[CHESS_POST.title]["date_published"] == "2026-11-22T10:00:00Z"


def test_two_sources_that_claim_one_guid_are_both_shown(settings: Settings, origin: Origin) -> None:
    origin.say("/north", rss(replace(BRIDGE_POST, guid="urn:same")))
    origin.say("/south", rss(replace(CHESS_POST, guid="urn:same", title="South has another story")))
    a_round(settings)
    found = items(settings)
    assert set(found) == {TITLE, "South has another story"}
    ids = {item["id"] for item in found.values()}
    assert len(ids) == 2
    assert "urn:same" in ids
    a_round(settings, now=NOW + 2 * HOUR)
    assert {item["id"] for item in items(settings).values()} == ids


def test_a_later_telling_joins_without_moving_the_story(settings: Settings, origin: Origin) -> None:
    origin.say("/south", rss())
    a_round(settings)
    before = items(settings)[TITLE]
    origin.say("/south", rss(replace(AGAIN_POST, at=NOW + HOUR)))
    a_round(settings, now=NOW + 2 * HOUR)
    after = items(settings)[TITLE]
    assert coverage(after) == {AGAIN}
    for name in ("id", "date_published", "date_modified", "url"):
        assert after[name] == before[name]
    assert AGAIN in page(settings, after)


# ---------------------------------------------------------------- tags


def test_a_tag_has_feeds_and_a_page_of_what_its_sources_told(settings: Settings) -> None:
    a_round(settings)
    assert set(items(settings, "tag/news")) == set(items(settings))
    (music,) = items(settings, "tag/music")
    assert music in (TITLE, AGAIN)
    feed = feedparser.parse((public(settings) / "tag/music/atom.xml").read_bytes()).feed
    assert feed.title == "Planet: music"


def test_a_removed_tag_takes_its_files_along(settings: Settings) -> None:
    a_round(settings)
    north, south = settings.sources
    settings = with_sources(settings, north, replace(south, tags=("news",)))
    done = a_round(settings, now=NOW + 2 * HOUR)
    assert done.removed == 4
    assert not (public(settings) / "tag/music").exists()
    assert (public(settings) / "tag/news/atom.xml").exists()
    assert "tag/music" not in (public(settings) / "index.html").read_text()
    assert b"music" not in (public(settings) / "sources.opml").read_bytes()


@pytest.mark.parametrize(
    "tags",
    [
        pytest.param(("\u97f3\u4e50", "news"), id="another script"),
        pytest.param(("\u97f3\u4e50", "\u4f53\u80b2"), id="two of another script"),
        pytest.param(("C", "C++"), id="two that differ in signs"),
    ],
)
def test_every_tag_has_a_folder_of_its_own(settings: Settings, tags: tuple[str, str]) -> None:
    north, south = settings.sources
    settings = with_sources(settings, replace(north, tags=tags[:1]), replace(south, tags=tags[1:]))
    a_round(settings)
    a_round(settings, now=NOW + 2 * HOUR)
    folders = [path for path in (public(settings) / "tag").iterdir() if (path / "atom.xml").is_file()]
    assert len(folders) == 2


# ---------------------------------------------------------------- configuration that changes


def test_a_removed_source_disappears_and_comes_back_as_it_was(settings: Settings, origin: Origin) -> None:
    origin.say("/south", rss(replace(AGAIN_POST, text="Something else altogether.", title="Elsewhere")))
    a_round(settings)
    before = items(settings)
    a_round(with_sources(settings, settings.sources[0]), now=NOW + 2 * HOUR)
    assert set(items(settings)) == set(before) - {"Elsewhere"}
    assert "Elsewhere" not in (public(settings) / "index.html").read_text()
    assert b"/south" not in (public(settings) / "sources.opml").read_bytes()
    a_round(settings, now=NOW + 4 * HOUR)
    assert items(settings) == before


@pytest.mark.parametrize(
    "text", [pytest.param(BRIDGE, id="a copy"), pytest.param(BRIDGE_AGAIN, id="a telling of its own")]
)
def test_what_others_told_stays_when_the_leading_source_is_removed(
    settings: Settings, origin: Origin, text: str
) -> None:
    origin.say("/north", rss(replace(BRIDGE_POST, at=NOW - 3 * HOUR)))
    origin.say("/south", rss(replace(AGAIN_POST, text=text)))
    a_round(settings)
    assert set(items(settings)) == {TITLE}
    _, south = settings.sources
    a_round(with_sources(settings, south), now=NOW + 2 * HOUR)
    assert AGAIN in items(settings)


@pytest.mark.parametrize(
    "text", [pytest.param(BRIDGE, id="a copy"), pytest.param(BRIDGE_AGAIN, id="a telling of its own")]
)
def test_a_removed_source_disappears_from_coverage_lists_too(
    settings: Settings, origin: Origin, text: str
) -> None:
    origin.say("/north", rss(replace(BRIDGE_POST, at=NOW - 3 * HOUR)))
    origin.say("/south", rss(replace(AGAIN_POST, text=text)))
    a_round(settings)
    assert coverage(items(settings)[TITLE]) == {AGAIN}
    north, _ = settings.sources
    settings = with_sources(settings, north)
    a_round(settings, now=NOW + 2 * HOUR)
    assert coverage(items(settings)[TITLE]) == set()
    assert AGAIN not in page(settings, items(settings)[TITLE])


def test_a_new_name_shows_everywhere_at_once(settings: Settings) -> None:
    a_round(settings)
    north, south = settings.sources
    settings = with_sources(settings, replace(north, name="Another Name"), south)
    a_round(settings, now=NOW + 2 * HOUR)
    chess = items(settings)["Okonkwo wins in Lagos"]
    assert chess["_coverage"]["outlet"] == "Another Name"
    assert "Another Name" in page(settings, chess)
    content = files_below(public(settings))
    assert made_again(settings) == content


def test_the_limit_of_an_edition_holds_and_the_newest_stay(settings: Settings, origin: Origin) -> None:
    posts = [
        Post(title=f"{word} {BRIDGE.split()[number]}", guid=f"urn:{number}", at=NOW - number * HOUR)
        for number, word in enumerate("Alpha Bravo Charlie Delta Echo Foxtrot".split(), start=1)
    ]
    origin.say("/north", rss(*posts))
    origin.say("/south", rss())
    settings = replace(settings, publish=Publish(limit=3))
    a_round(settings)
    assert list(items(settings)) == [post.title for post in posts[:3]]


# ---------------------------------------------------------------- local articles


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    folder = tmp_path / "seeds"
    folder.mkdir()
    return folder


@pytest.fixture
def local(tmp_path: Path, origin: Origin, seeds: Path) -> Settings:
    """A feed that tells nothing yet, and a folder for local articles."""
    north = a_source(origin.say("/north", rss()), every=timedelta(minutes=30))
    return a_settings(tmp_path, north, a_source(id="seeds", path="seeds/*.txt"))


OURS = "A century of the Wirra bridge"


def write(folder: Path, name: str = "a.txt", *, day: str = "2026-01-20", **given: str) -> Path:
    """Write an article on the bridge, long enough to have a subject."""
    path = folder / name
    headline = given.pop("headline", OURS)
    text = f"{BRIDGE} The girders of the Wirra bridge in Karlstad were riveted a century ago."
    path.write_text(article(headline, text, "Ferries were there before it.", day=day, **given))
    return path


def test_a_local_article_goes_out_whole_with_its_attribution(local: Settings, seeds: Path) -> None:
    write(seeds)
    a_round(local)
    item = items(local)[OURS]
    assert "riveted a century ago" in item["content_html"]
    assert "<cite>Something else entirely</cite> (20 January 2026)" in item["content_html"]
    assert item["date_published"] == "2026-01-20T00:00:00Z"
    assert item["_coverage"]["outlet"] == "Our Own Paper"
    assert "seeds" not in item["url"]


def test_an_article_lists_a_later_entry_about_its_subject(
    local: Settings, origin: Origin, seeds: Path
) -> None:
    write(seeds)
    a_round(local)
    before = items(local)[OURS]
    origin.say("/north", rss(AGAIN_POST))
    a_round(local, now=NOW + HOUR)
    after = items(local)[OURS]
    assert [line["title"] for line in after["_coverage"]["more_recent"]] == [AGAIN]
    assert f'<a href="{AGAIN_POST.link}">{AGAIN}</a>' in after["content_html"]
    assert AGAIN in page(local, after)
    for name in ("id", "date_published", "date_modified"):
        assert after[name] == before[name]


def test_an_article_lists_what_came_in_before_it_or_with_it(
    local: Settings, origin: Origin, seeds: Path
) -> None:
    write(seeds)
    origin.say("/north", rss(AGAIN_POST, CHESS_POST))
    a_round(local)
    assert coverage(items(local)[OURS]) == {AGAIN}


@pytest.mark.skipif(not SEED.exists(), reason="the seed is not here")
def test_the_seed_lists_later_news_of_its_subject(local: Settings, origin: Origin, seeds: Path) -> None:
    shutil.copy(SEED, seeds)
    a_round(local)
    title = "AI Breaks New Ground: First AI-Generated Country Hit Tops Charts"
    assert set(items(local)) == {title}
    later = Post(
        title="Billboard rewrites its rules after AI country artist Breaking Rust topped a chart",
        text="The country music artist Breaking Rust, generated by AI, reached the top of a digital song"
        " sales chart with Walk My Walk; the music industry now debates artists, art and originality.",
        link="https://north.example/billboard",
        guid="urn:billboard",
    )
    origin.say("/north", rss(later, CHESS_POST))
    a_round(local, now=NOW + HOUR)
    assert [line["title"] for line in items(local)[title]["_coverage"]["more_recent"]] == [later.title]


def test_an_attribution_becomes_a_link_when_an_entry_of_that_title_arrives(
    local: Settings, origin: Origin, seeds: Path
) -> None:
    write(seeds, source=AGAIN)
    a_round(local)
    assert f"<cite>{AGAIN}</cite>" in items(local)[OURS]["content_html"]
    origin.say("/north", rss(AGAIN_POST))
    a_round(local, now=NOW + HOUR)
    linked = f'Source: <a href="{AGAIN_POST.link}">{AGAIN}</a>'
    assert linked in items(local)[OURS]["content_html"]
    assert linked in page(local, items(local)[OURS])


def test_a_bad_article_is_named_with_its_line_while_the_others_go_on(local: Settings, seeds: Path) -> None:
    write(seeds, "a.txt")
    (seeds / "b.txt").write_text("Paper\n\nA headline\n\nNot a source line\n")
    report = a_round(local).reports["seeds"]
    assert report.outcome == "fresh"
    assert report.new == 1
    (trouble,) = report.troubles
    assert trouble.where == "seeds/b.txt"
    assert "line 5: expected `Source:" in str(trouble)
    assert set(items(local)) == {OURS}


def test_a_bad_article_is_read_again_when_it_was_mended(local: Settings, seeds: Path) -> None:
    (seeds / "b.txt").write_text("Paper\n")
    assert a_round(local).reports["seeds"].troubles
    write(seeds, "b.txt")
    report = a_round(local, now=NOW + HOUR).reports["seeds"]
    assert (report.new, report.troubles) == (1, ())


def test_a_bad_article_stays_in_trouble_while_nothing_changes(local: Settings, seeds: Path) -> None:
    (seeds / "b.txt").write_text("Paper\n")
    for hours in range(3):
        (trouble,) = a_round(local, now=NOW + hours * HOUR).reports["seeds"].troubles
        assert trouble.where == "seeds/b.txt"


def test_a_renamed_article_keeps_its_guid(local: Settings, seeds: Path) -> None:
    path = write(seeds)
    a_round(local)
    before = items(local)[OURS]
    path.rename(seeds / "renamed.txt")
    done = a_round(local, now=NOW + HOUR)
    assert done.reports["seeds"].new == 0
    assert items(local)[OURS] == before


def test_an_edited_article_keeps_its_guid(local: Settings, seeds: Path) -> None:
    write(seeds)
    a_round(local)
    before = items(local)[OURS]
    write(seeds, headline="Another headline for the same article")
    done = a_round(local, now=NOW + HOUR)
    assert (done.reports["seeds"].new, done.reports["seeds"].changed) == (0, 1)
    after = items(local)["Another headline for the same article"]
    assert (after["id"], after["date_published"]) == (before["id"], before["date_published"])


def test_an_article_stays_in_the_feed_however_old(local: Settings, origin: Origin, seeds: Path) -> None:
    write(seeds, day="2001-02-03")
    a_round(local)
    names = enumerate("Alpha Bravo Charlie Delta Echo Foxtrot Golf".split(), start=1)
    posts = [Post(title=name, guid=f"urn:{name}", at=NOW - number * HOUR) for number, name in names]
    origin.say("/north", rss(*posts))
    local = replace(local, publish=Publish(limit=5))
    a_round(local, now=NOW + HOUR)
    assert list(items(local)) == [*(post.title for post in posts[:4]), OURS]


def test_the_limit_holds_for_many_articles_too(local: Settings, origin: Origin, seeds: Path) -> None:
    local = replace(local, publish=Publish(limit=3))
    for number, word in enumerate("Alpha Bravo Charlie Delta Echo".split()):
        text = " ".join(f"{word}{other}" for other in range(40))
        (seeds / f"{word}.txt").write_text(article(word, text, day=f"2001-02-0{number + 1}"))
    a_round(local)
    origin.say("/north", rss(CHESS_POST, BRIDGE_POST))
    a_round(local, now=NOW + HOUR)
    assert len(items(local)) == 3


@pytest.mark.parametrize(
    "is_good",
    [
        pytest.param(True, id="good"),
        pytest.param(
            False,
            id="bad",
        ),
    ],
)
def test_an_article_whose_file_name_is_no_text_hurts_nobody(
    local: Settings, seeds: Path, is_good: bool
) -> None:
    write(seeds)
    name = os.fsdecode(b"caf\xe9.txt")
    if is_good:
        write(seeds, name, headline="In Latin-1")
    else:
        (seeds / name).write_text("Paper\n")
    report = a_round(local).reports["seeds"]
    assert OURS in items(local)
    assert bool(report.troubles) is not is_good


# ---------------------------------------------------------------- what is out is what the store says


def renamed_site(settings: Settings, origin: Origin) -> Settings:
    return replace(settings, site=Site(title="Another Planet", url="https://another.example/"))


def renamed_feed(settings: Settings, origin: Origin) -> Settings:
    origin.say("/north", rss(BRIDGE_POST, CHESS_POST, title="The New North"))
    return settings


def edited_telling(settings: Settings, origin: Origin) -> Settings:
    origin.say("/south", rss(replace(AGAIN_POST, title="Ferries for weeks"), title="The South Herald"))
    return settings


def more_coverage(settings: Settings, origin: Origin) -> Settings:
    return replace(settings, publish=Publish(coverage=1))


def another_source(settings: Settings, origin: Origin) -> Settings:
    east = a_source(
        origin.say("/east", rss(replace(AGAIN_POST, guid="urn:east"), title="The East")), id="east"
    )
    return replace(settings, sources=(east, *settings.sources))


def one_source_less(settings: Settings, origin: Origin) -> Settings:
    return replace(settings, sources=settings.sources[1:])


def renamed_source(settings: Settings, origin: Origin) -> Settings:
    first, *others = settings.sources
    return replace(settings, sources=(*others, replace(first, name="The First", tags=("first",), priority=9)))


def whole_texts(settings: Settings, origin: Origin) -> Settings:
    return replace(settings, defaults=Defaults(full_text=True))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(renamed_site),
        pytest.param(renamed_feed),
        edited_telling,
        another_source,
        one_source_less,
        renamed_source,
        more_coverage,
        whole_texts,
    ],
    ids=lambda change: change.__name__.replace("_", " "),
)
def test_after_a_change_all_files_are_what_the_store_says(
    settings: Settings, origin: Origin, change: Any
) -> None:
    a_round(settings)
    settings = change(settings, origin)
    a_round(settings, now=NOW + 2 * HOUR)
    content = files_below(public(settings))
    assert made_again(settings) == content


def test_a_new_source_makes_no_page_stale(settings: Settings, origin: Origin) -> None:
    a_round(settings)
    with opened(settings) as store:
        pipeline.prepare(store, another_source(settings, origin), now=NOW + HOUR)
        assert store.shelf.dirty() == ()


def test_a_feed_with_another_name_makes_its_own_stories_stale(settings: Settings, origin: Origin) -> None:
    a_round(settings)
    renamed_feed(settings, origin)
    with opened(settings) as store:
        pipeline.prepare(store, settings, now=NOW + 2 * HOUR)
        list(pipeline.refresh(store, settings, HereEngine(settings), clock=lambda: NOW + 2 * HOUR))
        stale = store.shelf.dirty()
        told = {
            name for (name,) in store._db.execute("SELECT story_id FROM entries WHERE source_id = 'north'")
        }
        assert stale
        assert set(stale) == told


def test_the_page_of_an_article_shows_the_new_headline_of_a_related_entry(
    local: Settings, origin: Origin, seeds: Path
) -> None:
    write(seeds)
    a_round(local)
    origin.say("/north", rss(AGAIN_POST))
    a_round(local, now=NOW + HOUR)
    origin.say("/north", rss(replace(AGAIN_POST, title="Ferries for weeks")))
    a_round(local, now=NOW + 2 * HOUR)
    assert coverage(items(local)[OURS]) == {"Ferries for weeks"}
    assert "Ferries for weeks" in page(local, items(local)[OURS])


def test_the_page_of_an_article_links_its_source_even_where_that_is_of_another_subject(
    local: Settings, origin: Origin, seeds: Path
) -> None:
    write(seeds, source="Quantum zebra")
    a_round(local)
    origin.say(
        "/north", rss(Post(title="Quantum zebra", link="https://north.example/zebra", guid="urn:zebra"))
    )
    a_round(local, now=NOW + HOUR)
    linked = 'Source: <a href="https://north.example/zebra">Quantum zebra</a>'
    assert linked in items(local)[OURS]["content_html"]
    assert linked in page(local, items(local)[OURS])


# ---------------------------------------------------------------- in between


def test_a_crash_between_storing_and_grouping_loses_nothing(settings: Settings) -> None:
    with opened(settings) as store:
        pipeline.prepare(store, settings, now=NOW)
        list(pipeline.refresh(store, settings, HereEngine(settings), clock=lambda: NOW))
    assert a_round(settings, now=NOW + 2 * HOUR).placed == 3
    assert len(items(settings)) == 2


def test_a_crash_between_grouping_and_publishing_loses_nothing(settings: Settings) -> None:
    with opened(settings) as store:
        pipeline.prepare(store, settings, now=NOW)
        list(pipeline.refresh(store, settings, HereEngine(settings), clock=lambda: NOW))
        pipeline.regroup(store, pipeline.open_desk(store, settings), now=NOW)
    a_round(settings, now=NOW + 2 * HOUR)
    content = files_below(public(settings))
    assert len(items(settings)) == 2
    assert made_again(settings) == content


def test_rounds_in_one_process_and_in_many_publish_the_same(tmp_path: Path, origin: Origin) -> None:
    def sources() -> tuple[Source, Source]:
        return a_source(f"{origin.url}/north"), a_source(f"{origin.url}/south", id="south")

    one, many = a_settings(tmp_path / "one", *sources()), a_settings(tmp_path / "many", *sources())
    bodies = [(NORTH, rss()), (NORTH, SOUTH), (rss(Post(title="Third", guid="urn:3", text=CHESS)), SOUTH)]

    def say(number: int) -> datetime:
        for path, body in zip(("/north", "/south"), bodies[number], strict=True):
            origin.say(path, body)
        return NOW + 2 * number * HOUR

    with opened(one) as store:
        desk = None
        for number in range(3):
            now = say(number)
            pipeline.prepare(store, one, now=now)
            list(pipeline.refresh(store, one, HereEngine(one), clock=lambda: now))  # noqa: B023
            desk = desk or pipeline.open_desk(store, one)
            pipeline.regroup(store, desk, now=NOW)
            pipeline.publish(store, one)
    for number in range(3):
        a_round(many, now=say(number))
    assert files_below(public(many)) == files_below(public(one))


def test_the_real_engine_does_what_the_one_of_these_tests_does(tmp_path: Path, settings: Settings) -> None:
    real = replace(settings, data=str(tmp_path / "real"))
    with opened(real) as store, pipeline.open_workers(real) as engine:
        pipeline.prepare(store, real, now=NOW)
        list(pipeline.refresh(store, real, engine, clock=lambda: NOW))
        pipeline.regroup(store, pipeline.open_desk(store, real), now=NOW)
        pipeline.publish(store, real)
    a_round(settings)
    assert files_below(public(real)) == files_below(public(settings))


# ---------------------------------------------------------------- who asks


@pytest.mark.parametrize(
    ("site", "ends"),
    [
        pytest.param(Site(url="https://planet.example/"), " (+https://planet.example/)", id="the site"),
        pytest.param(
            Site(url="https://planet.example/", contact="mailto:ada@planet.example"),
            " (+mailto:ada@planet.example)",
            id="a contact",
        ),
        pytest.param(Site(url="http://127.0.0.1:8080/"), "", id="a site that nobody else reaches"),
        pytest.param(Site(), "", id="nobody"),
    ],
)
def test_an_origin_is_told_whom_to_ask(site: Site, ends: str) -> None:
    name, _, rest = pipeline.user_agent(Settings(site=site)).partition(" ")
    assert name.startswith("Aggregator/")
    assert rest == ends.strip()


@pytest.mark.parametrize(
    ("url", "begins"),
    [
        pytest.param("https://planet.example/", "tag:planet.example,2026-11-22:", id="a name of its own"),
        pytest.param("http://127.0.0.1:8080/", "urn:uuid:", id="no name"),
    ],
)
def test_ids_are_minted_under_the_name_of_the_first_day(
    tmp_path: Path, origin: Origin, url: str, begins: str
) -> None:
    post = replace(CHESS_POST, guid="")
    source = a_source(origin.say("/north", rss(post)))
    settings = a_settings(tmp_path, source, site=Site(url=url))
    a_round(settings)
    first = items(settings)[post.title]["id"]
    assert first.startswith(begins)
    moved = replace(settings, site=Site(url="https://moved.example/"))
    origin.say("/north", rss(post, replace(BRIDGE_POST, guid="")))
    a_round(moved, now=NOW + DAY)
    assert items(moved)[post.title]["id"] == first
    assert items(moved)[TITLE]["id"].startswith(begins)


def test_a_round_in_a_store_that_is_open_is_the_same(settings: Settings, store: Store) -> None:
    done: Round = walk(store, settings)
    assert done.placed == 3


def test_an_article_stays_published_when_its_file_is_removed(tmp_path: Path) -> None:
    file = tmp_path / "one.txt"
    file.write_text(article("A headline of ours", "It was a quiet day.", outlet="Our Own Paper"))
    settings = a_settings(tmp_path, Source(id="ours", path=str(file)))
    a_round(settings)
    before = files_below(public(settings))["feed.json"]
    file.unlink()
    a_round(settings, now=NOW + DAY)
    assert b"A headline of ours" in before
    assert files_below(public(settings))["feed.json"] == before


def test_a_publisher_with_a_memory_says_what_one_without_says(settings: Settings, origin: Origin) -> None:
    memory, later = pipeline.Memory(), NOW + DAY
    a_round(settings)
    with opened(settings) as store:
        pipeline.publish(store, settings, memory=memory)
        named = rss(BRIDGE_POST, CHESS_POST, link="https://north.example/new")
        origin.say("/north", named)
        tuple(pipeline.refresh(store, settings, HereEngine(settings), clock=lambda: later))
        pipeline.publish(store, settings, memory=memory)
        assert b"https://north.example/new" in (public(settings) / "atom.xml").read_bytes()
        assert pipeline.publish(store, settings) == (0, 0)
        other = replace(settings, publish=replace(settings.publish, coverage=1))
        pipeline.publish(store, other, memory=memory)
        assert pipeline.publish(store, other) == (0, 0)


@pytest.mark.parametrize(
    "damage", [b"", b"<feed>another's</feed>", None], ids=["emptied", "overwritten", "removed"]
)
def test_a_file_that_somebody_damaged_is_whole_again_after_the_next_publish(
    settings: Settings, damage: bytes | None
) -> None:
    memory = pipeline.Memory()
    a_round(settings)
    file = public(settings) / "tag" / "news" / "atom.xml"
    with opened(settings) as store:
        pipeline.publish(store, settings, memory=memory)
        content = file.read_bytes()
        if damage is None:
            file.unlink()
        else:
            file.write_bytes(damage)
        assert pipeline.publish(store, settings, memory=memory) == (1, 0)
    assert file.read_bytes() == content


def test_an_output_that_stays_as_it_was_is_not_rendered_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = pipeline.Memory()
    a_round(settings)
    with opened(settings) as store:
        pipeline.publish(store, settings, memory=memory)
        monkeypatch.setattr("aggregator.pipeline.rendered.render", None)
        assert pipeline.publish(store, settings, memory=memory) == (0, 0)


def test_a_feed_that_only_says_when_it_was_made_leaves_its_items_as_they_were(
    settings: Settings, origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = pipeline.Memory()
    a_round(settings)
    with opened(settings) as store:
        pipeline.publish(store, settings, memory=memory)
        made = b"<lastBuildDate>Sat, 21 Nov 2026 10:00:00 GMT</lastBuildDate></channel>"
        origin.say("/north", rss(BRIDGE_POST, CHESS_POST).replace(b"</channel>", made))
        tuple(pipeline.refresh(store, settings, HereEngine(settings), clock=lambda: NOW + DAY))
        monkeypatch.setattr("aggregator.store.shelf.Shelf.record", None)
        pipeline.publish(store, settings, memory=memory)
        assert store.sources.all()[0].feed.updated
