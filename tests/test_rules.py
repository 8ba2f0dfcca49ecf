"""Rules at work: what they hold back is in nothing that is published, is kept, and comes back as it was."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import pipeline
from aggregator.errors import AggregatorError
from aggregator.model import StoryRecord
from aggregator.settings import Output, Publish, Rule, Rules, Settings, Words
from aggregator.store import Store, open_store
from tests.test_pipeline import AGAIN, AGAIN_POST, BRIDGE_POST, CHESS_POST, TITLE
from tests.world import (
    BRIDGE,
    DAY,
    HOUR,
    NOW,
    Origin,
    Post,
    a_harvest,
    a_name,
    a_round,
    a_settings,
    a_source,
    an_entry,
    files_below,
    rss,
)

TRACES = (TITLE.encode(), b"north.example/bridge", BRIDGE[:40].encode())


def excluding(*titles: str) -> Rules:
    return Rules(exclude=tuple(Rule(title=(Words(title),)) for title in titles))


@pytest.fixture
def plain(tmp_path: Path, origin: Origin) -> Settings:
    """Two feeds about one bridge, one of which tells of a game as well; nothing is stored yet."""
    north = a_source(origin.say("/north", rss(BRIDGE_POST, CHESS_POST)), tags=("news",))
    south = a_source(origin.say("/south", rss(AGAIN_POST, title="The South Herald")), id="south")
    return a_settings(tmp_path, north, south)


@pytest.fixture
def ruled(plain: Settings) -> Settings:
    return replace(plain, rules=excluding(TITLE))


def published(settings: Settings, **given: Any) -> dict[str, bytes]:
    a_round(settings, **given)
    return files_below(pipeline.public_folder(settings))


def titles(files: dict[str, bytes]) -> set[str]:
    return {item["title"] for item in json.loads(files["feed.json"])["items"]}


def traces(files: dict[str, bytes]) -> list[str]:
    return [name for name, content in files.items() if any(trace in content for trace in TRACES)]


def without_archive(files: dict[str, bytes]) -> dict[str, bytes]:
    """Leave out what tells of the past: an entry that led in another's place belongs to it."""
    return {
        name: re.sub(rb"\s*<link [^>]*prev-archive[^>]*>", b"", content)
        for name, content in files.items()
        if not name.startswith("archive/")
    }


def test_what_is_excluded_from_the_start_is_nowhere(ruled: Settings) -> None:
    files = published(ruled)
    assert not traces(files)
    assert titles(files) == {AGAIN, CHESS_POST.title}


def test_what_is_excluded_later_is_taken_out_of_every_file(plain: Settings, ruled: Settings) -> None:
    assert traces(published(plain))
    assert not traces(published(ruled))


def test_it_is_no_coverage_and_founds_no_story(ruled: Settings) -> None:
    (again,) = (i for i in json.loads(published(ruled)["feed.json"])["items"] if i["title"] == AGAIN)
    assert not any(again["_coverage"][name] for name in ("more_recent", "earlier", "also_in"))


def test_nothing_tells_subscribers_that_it_was_deleted(plain: Settings, ruled: Settings) -> None:
    published(plain)
    assert b"deleted-entry" not in published(ruled)["atom.xml"]


def test_it_is_kept_and_comes_back_without_being_asked_for(
    plain: Settings, ruled: Settings, origin: Origin
) -> None:
    before = published(plain)
    published(ruled)
    assert without_archive(published(plain)) == without_archive(before)
    assert len(origin.requests) == 2


def test_what_was_held_back_from_the_start_comes_in_with_its_id_and_date(plain: Settings) -> None:
    published(replace(plain, rules=excluding(CHESS_POST.title)))
    (item,) = (i for i in json.loads(published(plain)["feed.json"])["items"] if i["id"] == "urn:north:chess")
    assert item["date_published"] == "2026-11-22T08:00:00Z"


def test_a_rule_of_a_source_speaks_of_no_other(plain: Settings) -> None:
    north, south = plain.sources
    files = published(replace(plain, sources=(north, replace(south, rules=excluding(TITLE)))))
    assert traces(files)


def test_what_a_source_edits_is_judged_anew(ruled: Settings, origin: Origin) -> None:
    published(ruled)
    origin.say("/north", rss(replace(BRIDGE_POST, title="Cracks in girders"), CHESS_POST))
    assert b"Cracks in girders" in published(ruled, now=NOW + 2 * HOUR)["atom.xml"]
    origin.say("/north", rss(BRIDGE_POST, CHESS_POST))
    assert not traces(published(ruled, now=NOW + 4 * HOUR))


def test_only_what_it_touched_is_written(plain: Settings) -> None:
    before = published(plain)
    after = published(replace(plain, rules=excluding(CHESS_POST.title)))
    touched = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    (bridge,) = (i for i in json.loads(before["feed.json"])["items"] if i["title"] == TITLE)
    folder = bridge["_coverage"]["story_url"].removeprefix(plain.site.url)
    assert {"atom.xml", "source/north/atom.xml"} <= touched
    assert not [name for name in touched if name.startswith((folder, "source/south/"))]


def test_it_is_not_found_by_a_search_and_whoever_asks_for_it_hears_why(
    plain: Settings, ruled: Settings
) -> None:
    published(plain)
    published(ruled)
    with open_store(pipeline.store_path(ruled)) as store:
        body, _ = pipeline.search(store, ruled, "bridge", file="feed.json")
        (entry_id,) = store.entries.find("urn:north:bridge")
        assert store.held.of(entry_id) == f"rules.exclude: title: {TITLE}"
        with pytest.raises(AggregatorError, match=f"held back by rules.exclude: title: {TITLE}"):
            pipeline.explain(store, ruled, entry_id)
    assert not traces({"search": body})


def test_rules_that_stay_as_they_are_cost_nothing(ruled: Settings) -> None:
    published(ruled)
    with open_store(pipeline.store_path(ruled)) as store:
        pipeline.prepare(store, ruled, now=NOW)
        assert pipeline.publish(store, ruled) == (0, 0)


def test_a_desk_hears_of_what_came_or_went_in_its_stories(plain: Settings, ruled: Settings) -> None:
    published(plain)
    with open_store(pipeline.store_path(plain)) as store:
        pipeline.prepare(store, ruled, now=NOW)
        assert store.held.turns == 1
        pipeline.open_desk(store, ruled)
        assert store.held.turns == 0


# ---------------------------------------------------------------- so many a day


def posts(*, day: int = 0, count: int = 5) -> tuple[Post, ...]:
    """Write that many posts of a day that have nothing in common, the newest first."""
    return tuple(
        Post(
            title=f"{a_name(f'{day}/{n}')[:9]} p{day}{n}",
            guid=f"urn:{day}:{n}",
            at=NOW - day * DAY - n * HOUR,
        )
        for n in range(count)
    )


def marks(files: dict[str, bytes]) -> set[str]:
    return {title.split()[-1] for title in titles(files)}


def test_a_source_tells_so_much_a_day_and_no_more(tmp_path: Path, origin: Origin) -> None:
    north = a_source(origin.say("/north", rss(*posts(), *posts(day=1, count=2))), at_most=3)
    settings = a_settings(tmp_path, north)
    first = {"p00", "p01", "p02", "p10", "p11"}
    assert marks(published(settings)) == first
    origin.say("/north", rss(Post(title="Something more", guid="urn:more"), *posts()))
    assert marks(published(settings, now=NOW + 2 * HOUR)) == first
    more = replace(settings, sources=(replace(north, at_most=4),))
    assert marks(published(more, now=NOW + 2 * HOUR)) == first | {"p03"}
    endless = replace(settings, sources=(replace(north, at_most=None),))
    assert marks(published(endless, now=NOW + 2 * HOUR)) == first | {"p03", "p04", "more"}


def test_what_rules_hold_back_takes_no_place_of_a_day(tmp_path: Path, origin: Origin) -> None:
    north = a_source(origin.say("/north", rss(*posts())), at_most=2, rules=excluding("p00"))
    assert marks(published(a_settings(tmp_path, north))) == {"p01", "p02"}


# ---------------------------------------------------------------- as if they had never been


SUBJECTS = "bridge chess river queen ferry".split()
TOLD = {
    source_id: [
        an_entry(f"{subject} {number}", source_id=source_id, title=f"{subject} closed in Karlstad {number}",
                 text=f"{BRIDGE if subject == 'bridge' else subject} {number}", published=NOW - number * HOUR)
        for number, subject in enumerate(SUBJECTS, start=1)
    ]
    for source_id in ("north", "south")
}  # fmt: skip
TITLES = st.lists(st.sampled_from([*SUBJECTS, "1", "2", "karlstad"]), max_size=3)


def shown(store: Store) -> list[StoryRecord]:
    return [store.shelf.record(story_id) for story_id in store.shelf.newest(Output(name="all"), limit=100)]


@given(first=TITLES, second=TITLES)
@settings(max_examples=10, deadline=None)
def test_rules_let_nothing_in_and_leave_no_trace_when_they_are_taken_back(
    tmp_path_factory: pytest.TempPathFactory, first: list[str], second: list[str]
) -> None:
    plain = a_settings(
        tmp_path_factory.mktemp("rules"), *(a_source(id=name, path=f"{name}.xml") for name in TOLD)
    )
    with open_store(pipeline.store_path(plain)) as store:
        pipeline.prepare(store, plain, now=NOW)
        for source_id, entries in TOLD.items():
            pipeline.take_in(store, plain, a_harvest(*entries, source_id=source_id), now=NOW)
        pipeline.regroup(store, pipeline.open_desk(store, plain), now=NOW)
        before, left = (
            shown(store),
            {telling.entry_id for record in shown(store) for telling in record.members},
        )
        for words in (first, first + second):
            pipeline.prepare(store, replace(plain, rules=excluding(*words)), now=NOW)
            now = {telling.entry_id for record in shown(store) for telling in record.members}
            assert now <= left
            left = now
        pipeline.prepare(store, plain, now=NOW)
        assert shown(store) == before


# ---------------------------------------------------------------- a new source among others


def test_a_new_source_does_not_bury_the_others(tmp_path: Path, origin: Origin) -> None:
    old = a_source(origin.say("/old", rss(*posts(count=8), *posts(day=1, count=8))), id="old")
    many = (Post(title=f"{a_name(f'new {n}')[:9]} new", guid=f"urn:new:{n}", at=None) for n in range(500))
    new = a_source(origin.say("/new", rss(*many, title="The New Gazette")), id="new")
    settings = replace(a_settings(tmp_path, old), publish=Publish(limit=20))
    before = marks(published(settings))
    assert before <= marks(published(replace(settings, sources=(old, new)), now=NOW + HOUR))
