"""`import aggregator`: what programs may do and see, and that the import itself is cheap."""

import ast
import doctest
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import aggregator
from aggregator import pipeline
from aggregator.errors import BusyError, QueryError, StoreError, UnknownError
from aggregator.instance import only_one
from aggregator.library import Aggregator
from aggregator.model import SourceReport
from aggregator.settings import Output, Settings, Source
from tests.test_pipeline import AGAIN, AGAIN_POST, BRIDGE_POST, CHESS_POST, TITLE
from tests.world import DAY, HOUR, NOW, HereEngine, Origin, a_round, a_settings, a_source, rss

DOCS = Path(__file__).parent.parent / "docs"
CHESS = CHESS_POST.title


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that runs in this process."""

    @contextmanager
    def open_here(settings: Settings) -> Iterator[HereEngine]:
        yield HereEngine(settings)

    monkeypatch.setattr(pipeline, "open_workers", open_here)


@pytest.fixture
def settings(tmp_path: Path, origin: Origin) -> Settings:
    """Two feeds about one bridge, one of which tells of a game as well."""
    north = a_source(origin.say("/north", rss(BRIDGE_POST, CHESS_POST)), tags=("news",))
    south = a_source(origin.say("/south", rss(AGAIN_POST, title="The South Herald")), id="south")
    return a_settings(tmp_path, north, south)


@pytest.fixture
def planet(settings: Settings) -> Iterator[Aggregator]:
    """All of it stored and published."""
    a_round(settings)
    with aggregator.open(settings, clock=lambda: NOW) as opened:
        yield opened


def titles(planet: Aggregator, output: str = "all") -> list[str]:
    return [story.entry.title for story in planet.stories(output)]


# ---------------------------------------------------------------- the package


def test_importing_it_loads_no_library() -> None:
    code = "import sys, aggregator; print([n for n in sys.modules if n.startswith('aggregator.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_what_it_offers_is_what_its_types_say() -> None:
    stub = ast.parse(Path(aggregator.__file__).with_suffix(".pyi").read_text())
    (told,) = (node for node in stub.body if isinstance(node, ast.Assign))
    assert ast.literal_eval(told.value) == aggregator.__all__
    assert all(hasattr(aggregator, name) for name in aggregator.__all__)


def test_what_it_does_not_have_is_named() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'fetch_all'"):
        aggregator.fetch_all  # type: ignore[attr-defined]  # noqa: B018 -- it raises


def test_the_example_in_the_docs_is_true(
    tmp_path: Path, origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    chess = replace(CHESS_POST, title="Okonkwo wins the candidates tournament")
    later = replace(AGAIN_POST, at=NOW)
    places = {"north": rss(BRIDGE_POST, chess), "south": rss(later, title="The South Herald")}
    sources = "".join(
        f"  - {{id: {name}, url: '{origin.say(f'/{name}', body)}', allow_private: true}}\n"
        for name, body in places.items()
    )
    (tmp_path / "feeds.yaml").write_text(f"fetch: {{host_delay: 0s}}\nsources:\n{sources}")
    found = doctest.testfile(str(DOCS / "library.md"), module_relative=False)
    assert (found.failed, found.attempted > 5) == (0, True)


# ---------------------------------------------------------------- doing


def test_a_refresh_asks_groups_and_publishes(settings: Settings) -> None:
    seen: list[tuple[SourceReport, int]] = []
    with aggregator.open(settings, clock=lambda: NOW) as planet:
        done = planet.refresh(each=lambda *told: seen.append(told))
        assert titles(planet) == [TITLE, CHESS]
    assert seen == [(report, 2) for report in done.reports]
    assert (done.placed, done.written > 0) == (3, True)
    assert (pipeline.public_folder(settings) / "atom.xml").exists()


def test_a_later_refresh_packs_what_has_settled(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aggregator.output._LONG", 1)
    feed = pipeline.public_folder(settings) / "atom.xml"
    for now, is_packed in ((NOW, False), (datetime(2100, 1, 1, tzinfo=UTC), True)):
        with aggregator.open(settings, clock=partial(lambda at: at, now)) as planet:
            planet.refresh()
        assert feed.with_name("atom.xml.br").exists() is is_packed


def test_what_a_refresh_brought_is_seen_at_once(planet: Aggregator, origin: Origin) -> None:
    before = planet.entries()
    origin.say("/south", rss(replace(CHESS_POST, guid="urn:new", title="Something else", text="Else.")))
    planet.refresh(only=frozenset({"south"}))
    assert len(planet.entries()) == len(before) + 1


def test_publish_asks_nobody(planet: Aggregator, origin: Origin) -> None:
    asked = len(origin.requests)
    (pipeline.public_folder(planet.settings) / "atom.xml").unlink()
    assert planet.publish()[0] > 0
    assert len(origin.requests) == asked


def test_another_one_at_work_is_named_and_reading_goes_on(planet: Aggregator) -> None:
    with only_one(Path(planet.settings.data)):
        with pytest.raises(BusyError):
            planet.refresh()
        assert titles(planet) == [TITLE, CHESS]


# ---------------------------------------------------------------- looking


def test_stories_are_those_that_an_output_carries(settings: Settings) -> None:
    outputs = (Output(name="hot", collapse="hot", outlets=2), Output(name="each", collapse="entries"))
    a_round(replace(settings, outputs=outputs))
    with aggregator.open(replace(settings, outputs=outputs)) as planet:
        assert titles(planet, "hot") == [TITLE]
        assert titles(planet, "tag/news") == [TITLE, CHESS]
        assert sorted(titles(planet, "each")) == sorted([TITLE, AGAIN, CHESS])
        with pytest.raises(UnknownError, match="no output is named 'cold'; there are all, tag/news, hot"):
            planet.stories("cold")


def test_entries_are_found_by_source_and_date(planet: Aggregator) -> None:
    assert [entry.title for entry in planet.entries(sources=["south"])] == [AGAIN]
    assert [entry.title for entry in planet.entries(until=NOW - 2 * HOUR + DAY / 100_000)] == [CHESS]
    assert [entry.title for entry in planet.entries(since=NOW - HOUR, limit=1, sources=["north"])] == [TITLE]
    assert planet.entries(since=NOW + DAY) == ()


@pytest.mark.parametrize(
    ("choices", "found"),
    [
        pytest.param({}, [TITLE], id="all"),
        pytest.param({"sources": ["north"]}, [TITLE], id="a source"),
        pytest.param({"since": NOW}, [], id="since then"),
        pytest.param({"until": NOW}, [TITLE], id="until then"),
        pytest.param({"until": NOW - DAY}, [], id="before"),
    ],
)
def test_a_search_is_narrowed_by_source_and_date(
    planet: Aggregator, choices: dict[str, object], found: list[str]
) -> None:
    assert [story.entry.title for story in planet.search("bridge", **choices)] == found  # type: ignore[arg-type]


def test_a_search_goes_either_way_and_ends_where_it_is_told(planet: Aggregator) -> None:
    def found(**choices: Any) -> list[str]:
        return [story.entry.title for story in planet.search("bridge, okonkwo", **choices)]

    assert found() == [TITLE, CHESS]
    assert found(is_oldest_first=True) == [CHESS, TITLE]
    assert found(limit=1) == [TITLE]


@pytest.mark.parametrize("query", ["", "  ", "!!", "a " * 40])
def test_a_search_for_nothing_says_why(planet: Aggregator, query: str) -> None:
    with pytest.raises(QueryError):
        planet.search(query)


def test_an_unknown_source_is_named_before_anything_is_read(settings: Settings) -> None:
    with aggregator.open(settings) as planet:
        for ask in (planet.entries, lambda sources: planet.search("x", sources=sources)):
            with pytest.raises(UnknownError, match="no source is named nope; `aggregator list`"):
                ask(sources=["nope"])


def test_a_refresh_brings_the_store_of_an_older_program_up_to_date(settings: Settings) -> None:
    with aggregator.open(settings) as planet:
        planet.refresh()
    with closing(sqlite3.connect(pipeline.store_path(settings))) as older:
        older.executescript("DROP TABLE outlines; DELETE FROM _sqlite_migrations WHERE name = 'm010_lists'")
    with aggregator.open(settings) as planet:
        assert planet.refresh(only=frozenset({settings.sources[0].id})).reports


def test_what_a_list_names_is_read_in_the_same_go(settings: Settings, origin: Origin) -> None:
    feeds = "".join(f'<outline type="rss" xmlUrl="{source.url}"/>' for source in settings.sources)
    url = origin.say("/list", f'<opml version="2.0"><body>{feeds}</body></opml>'.encode())
    given = replace(settings, sources=(Source(id="listed", opml=url, allow_private=True),))
    with aggregator.open(given, clock=lambda: NOW) as planet:
        assert [source.id for source in planet.settings.sources] == ["listed"]
        planet.refresh()
        (_, *feeds_found) = [source.id for source in planet.sources()]
        assert len(feeds_found) == 2
        assert titles(planet) == [TITLE, CHESS]
        assert planet.entries(sources=feeds_found)


def test_where_nothing_was_stored_it_says_what_makes_it(settings: Settings) -> None:
    with aggregator.open(settings) as planet:
        assert [source.id for source in planet.sources()] == ["north", "south"]
        with pytest.raises(StoreError, match="nothing was stored yet; `aggregator run` does it"):
            planet.stories()
    assert not Path(settings.data).exists()


def test_what_comes_back_is_frozen(planet: Aggregator) -> None:
    (story, *_) = planet.stories()

    with pytest.raises(AttributeError):
        story.guid = "another"  # type: ignore[misc]
