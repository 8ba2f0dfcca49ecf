"""A search finds by words of any script, as a page and as feeds, while others write, and never fails."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import pipeline
from aggregator.errors import StoreError
from aggregator.pipeline.search import MOST_WORDS
from aggregator.publish.html import LONGEST_QUERY
from aggregator.settings import Output, Settings
from aggregator.store import Store, open_store
from tests.checker import broken, broken_site
from tests.publish.test_html import every, parse, text
from tests.test_pipeline import AGAIN, BRIDGE_POST, TITLE
from tests.world import (
    BRIDGE_AGAIN,
    CHESS,
    HOUR,
    NOW,
    Origin,
    Post,
    a_round,
    a_settings,
    a_source,
    an_arrival,
    rss,
    under,
)

CHESS_TITLE = "Okonkwo wins in Lagos"
JAPANESE = "新しい橋が開通、四年間の工事を経て"
THAI = "สะพานใหม่เปิดแล้ว"
ARABIC = "افتتاح جسر جديد فوق النهر"
FILES = ("index.html", "atom.xml", "rss.xml", "feed.json")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A store with entries in four scripts; two tell of one bridge."""
    origin = Origin()
    others = [
        Post(title=title, text="", guid=f"urn:{number}", at=NOW - (number + 3) * HOUR)
        for number, title in enumerate((JAPANESE, THAI, ARABIC))
    ]
    chess = Post(title=CHESS_TITLE, text=CHESS, guid="urn:chess", at=NOW - 2 * HOUR)
    again = Post(title=AGAIN, text=BRIDGE_AGAIN, guid="urn:again", link="https://south.example/again")
    found = a_settings(
        tmp_path_factory.mktemp("searched"),
        a_source(origin.say("/north", rss(BRIDGE_POST, chess)), tags=("news",)),
        a_source(origin.say("/south", rss(again, *others)), id="south"),
    )
    a_round(found)
    origin.close()
    return found


@pytest.fixture(scope="module")
def opened(settings: Settings) -> Iterator[Store]:
    with pipeline.open_to_read(settings) as store:
        yield store


def titles(store: Store, settings: Settings, query: str) -> list[str]:
    body, is_found = pipeline.search(store, settings, query, file="feed.json")
    assert is_found, body
    return [item["title"] for item in json.loads(body)["items"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("lagos", [CHESS_TITLE], id="a word of a title"),
        pytest.param("GRANDMASTER", [CHESS_TITLE], id="a word of a summary, in capitals"),
        pytest.param("okonkwo lagos", [CHESS_TITLE], id="two words"),
        pytest.param("okonkwo ferries", [], id="two words that stand apart"),
        pytest.param("zebra, lagos", [CHESS_TITLE], id="either"),
        pytest.param('"wins in lagos"', [CHESS_TITLE], id="side by side"),
        pytest.param('"lagos wins"', [], id="not in that order"),
        pytest.param("grandm*", [CHESS_TITLE], id="the beginning of a word"),
        pytest.param("grandm", [], id="no whole word"),
        pytest.param("橋", [JAPANESE], id="one character"),
        pytest.param("新しい橋", [JAPANESE], id="words without spaces"),
        pytest.param("開通 工事", [JAPANESE], id="two of them"),
        pytest.param("สะพานใหม่", [THAI], id="Thai"),
        pytest.param("جسر", [ARABIC], id="Arabic"),
        pytest.param("NOT lagos OR title:*", [], id="nothing is an operator"),
    ],
)
def test_stories_are_found_by_their_words(
    opened: Store, settings: Settings, query: str, found: list[str]
) -> None:
    assert titles(opened, settings, query) == found


def test_a_story_is_found_once_with_its_coverage(opened: Store, settings: Settings) -> None:
    (found,) = titles(opened, settings, "wirra")
    assert found in (TITLE, AGAIN)
    body, _ = pipeline.search(opened, settings, "wirra", file="index.html")
    assert {"Wirra", "weeks"} <= set(text(every(parse(body), "main")[0]).split())


def test_what_is_found_is_a_page_and_three_feeds_that_keep_to_their_formats(
    opened: Store, settings: Settings
) -> None:
    files = {name: pipeline.search(opened, settings, "wirra, lagos", file=name)[0] for name in FILES}
    assert [fault for name, body in files.items() for fault in broken(name, body)] == []
    assert list(broken_site(files)) == []
    assert json.loads(files["feed.json"])["feed_url"] == (
        "https://planet.example/search/feed.json?q=wirra%2C%20lagos"
    )
    assert len(every(parse(files["index.html"]), "article")) == 2


def test_equal_searches_give_equal_bytes(opened: Store, settings: Settings) -> None:
    for name in FILES:
        once, again = (pipeline.search(opened, settings, "  wirra ", file=name) for _ in range(2))
        assert once == again


@pytest.mark.parametrize(
    ("query", "advice"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("?!", "There is no word in that", id="no word"),
        pytest.param("zebra", "Nothing was found", id="nothing found"),
        pytest.param("x" * (LONGEST_QUERY + 1), "That is long", id="too long"),
        pytest.param("a " * (MOST_WORDS + 1), "That is a lot", id="too many words"),
    ],
)
def test_a_page_says_kindly_what_to_do(opened: Store, settings: Settings, query: str, advice: str) -> None:
    body, is_found = pipeline.search(opened, settings, query, file="index.html")
    assert is_found
    told = every(parse(body), "p", class_="empty")
    assert [text(paragraph)[: len(advice)] for paragraph in told] == ([advice] if advice else [])
    _, has_feed = pipeline.search(opened, settings, query, file="atom.xml")
    assert has_feed == (query == "zebra")


@given(query=st.text(max_size=60), file=st.sampled_from(FILES))
def test_no_query_fails(opened: Store, settings: Settings, query: str, file: str) -> None:
    body, is_found = pipeline.search(opened, settings, query, file=file)
    assert body
    if file == "index.html":
        assert is_found
        parse(body)
    elif is_found:
        assert broken(file, body) == []


def test_what_the_combined_feed_may_not_carry_is_not_found(opened: Store, settings: Settings) -> None:
    only = replace(settings, outputs=(Output(name="all", tags=("news",)),))
    assert titles(opened, only, "橋") == []
    assert titles(opened, only, "lagos") == [CHESS_TITLE]


def test_a_story_that_no_output_carried_is_found_without_a_page(settings: Settings, tmp_path: Path) -> None:
    mine = replace(settings, data=str(tmp_path))
    with open_store(pipeline.store_path(mine)) as store:
        state = pipeline.first_state(settings.sources[0], settings, NOW)
        store.sources.configure([state], paused=frozenset())
        arrival = an_arrival("zebra", title="A zebra is seen")
        store.entries.add([under(arrival, "urn:x")], first_seen=NOW)
        pipeline.regroup(store, pipeline.open_desk(store, mine), now=NOW)
        body, _ = pipeline.search(store, mine, "zebra", file="feed.json")
    (item,) = json.loads(body)["items"]
    assert "The whole story" not in item["content_html"]
    assert "story_url" not in item["_coverage"]


def test_a_search_reads_while_another_writes(settings: Settings) -> None:
    with open_store(pipeline.store_path(settings)) as writer, writer.transaction():
        writer.remember("colour", "blue")
        with pipeline.open_to_read(settings) as store:
            assert titles(store, settings, "lagos") == [CHESS_TITLE]


def test_a_search_that_takes_too_long_ends(
    opened: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[pipeline.search.__module__], "MOST_STEPS", 10)
    with pytest.raises(StoreError, match="interrupted"):
        pipeline.search(opened, settings, "lagos", file="atom.xml")
    monkeypatch.undo()
    assert titles(opened, settings, "lagos") == [CHESS_TITLE]


def test_before_there_is_a_store_a_search_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError), pipeline.open_to_read(a_settings(tmp_path)):
        pytest.fail("there is one")
