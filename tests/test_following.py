"""A list that somebody else keeps is followed: what it names comes and goes with it, and nothing is lost."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from aggregator import pipeline
from aggregator.errors import Cause
from aggregator.settings import Rule, Rules, Settings, Source, Words
from aggregator.store import open_store
from tests.living import Clock, Journal, live, titles
from tests.test_cli import Command, data, run  # noqa: F401 -- a fixture
from tests.world import BRIDGE, CHESS, DAY, NOW, Origin, Post, a_round, a_settings, a_source, files_below, rss

NORTH = rss(Post(title="Bridge closed", text=BRIDGE, guid="urn:north:bridge"))
SOUTH = rss(Post(title="Okonkwo wins", text=CHESS, guid="urn:south:chess"), title="The South Herald")


def opml(*lines: str) -> bytes:
    return f'<opml version="2.0"><head/><body>{"".join(lines)}</body></opml>'.encode()


def line(url: str, name: str = "") -> str:
    return f'<outline type="rss" text="{name}" xmlUrl="{url}"/>'


def folder(name: str, *lines: str) -> str:
    return f'<outline text="{name}">{"".join(lines)}</outline>'


@pytest.fixture
def north(origin: Origin) -> str:
    return origin.say("/north", NORTH)


@pytest.fixture
def south(origin: Origin) -> str:
    return origin.say("/south", SOUTH)


@pytest.fixture
def settings(tmp_path: Path, origin: Origin, north: str, south: str) -> Settings:
    """One list of two feeds."""
    place = origin.say("/list", opml(folder("News", line(north, "North")), line(south)))
    return a_settings(tmp_path, a_list(place))


def a_list(place: str, **given: object) -> Source:
    return replace(a_source(id="planet", opml=place), allow_private=True, **given)  # type: ignore[arg-type]


def twice(settings: Settings, *, now: datetime = NOW) -> dict[str, str]:
    """Walk until what a list names was asked as well; return the feeds that are followed by their titles."""
    a_round(settings, now=now)
    a_round(settings, now=now + DAY)
    with open_store(pipeline.store_path(settings)) as store:
        states = store.sources.all()
    return {state.title: state.address for state in states if state.kind == "http"}


def published(settings: Settings) -> bytes:
    return files_below(pipeline.public_folder(settings))["atom.xml"]


# ---------------------------------------------------------------- following


def test_what_a_list_names_is_read_and_published_under_its_tags(
    settings: Settings, north: str, south: str
) -> None:
    assert twice(settings) == {"North": north, "The South Herald": south}
    assert b"Bridge closed" in published(settings)
    assert b"Okonkwo wins" in published(settings)
    assert {name for name in files_below(pipeline.public_folder(settings)) if "tag/news/atom" in name}


def test_the_list_itself_is_no_source_to_its_readers(settings: Settings) -> None:
    twice(settings)
    files = files_below(pipeline.public_folder(settings))
    assert not [name for name in files if name.startswith("source/planet")]
    assert b"planet" not in files["sources.opml"]


def test_a_feed_that_is_named_no_more_is_asked_no_more_and_what_it_told_stays(
    settings: Settings, origin: Origin, north: str
) -> None:
    twice(settings)
    origin.say("/list", opml(line(north, "North")))
    assert list(twice(settings, now=NOW + 3 * DAY)) == ["North"]
    assert b"Okonkwo wins" not in published(settings)
    with open_store(pipeline.store_path(settings)) as store:
        assert store.entries.count() == 2


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        pytest.param(opml(), Cause.EMPTY, id="an empty list"),
        pytest.param(b"<html><body>Please log in</body></html>", Cause.NOT_A_LIST, id="a page"),
        pytest.param(opml(line("ftp://north.example/feed")), Cause.EMPTY, id="nothing that can be asked"),
    ],
)
def test_a_list_that_cannot_be_read_takes_nothing_away(
    settings: Settings, origin: Origin, body: bytes, cause: Cause
) -> None:
    before = twice(settings)
    origin.say("/list", body)
    later = a_round(settings, now=NOW + 3 * DAY)
    assert [trouble.cause for trouble in later.reports["planet"].troubles] == [cause]
    assert twice(settings, now=NOW + 6 * DAY) == before


def test_lines_that_cannot_be_followed_are_told_and_the_others_are_followed(
    settings: Settings, origin: Origin, north: str
) -> None:
    origin.say("/list", opml(line("ftp://south.example/", "South"), line(north, "North")))
    (trouble,) = a_round(settings).reports["planet"].troubles
    assert str(trouble).startswith("1 of its lines cannot be followed, the first is ftp://south.example/: ")
    assert list(twice(settings, now=NOW + DAY)) == ["North"]


# ---------------------------------------------------------------- lists and the configuration


def test_what_the_configuration_names_itself_is_as_it_says(settings: Settings, north: str) -> None:
    own = a_source(north, id="mine", name="My North", tags=("Own",))
    settings = replace(settings, sources=(own, *settings.sources))
    assert list(twice(settings)) == ["My North", "The South Herald"]


def test_a_feed_of_two_lists_is_one_with_the_tags_of_both(
    settings: Settings, origin: Origin, north: str
) -> None:
    other = a_list(origin.say("/other", opml(line(north, "Another name"))), id="other", tags=("Others",))
    settings = replace(settings, sources=(*settings.sources, other))
    twice(settings)
    with open_store(pipeline.store_path(settings)) as store:
        tags = {state.title: state.tags for state in store.sources.all() if state.kind == "http"}
    assert tags == {"North": ("News", "Others"), "The South Herald": ()}


def test_what_a_list_names_has_its_priority_and_not_its_login_or_its_pace(settings: Settings) -> None:
    listing = replace(settings.sources[0], priority=3, authorization="Bearer secret", login_file="login")
    settings = replace(settings, sources=(listing,))
    a_round(settings)
    with open_store(pipeline.store_path(settings)) as store:
        _, *found = pipeline.followed(store, settings).sources
    assert [(s.priority, s.every, s.login_file, s.authorization, s.opml) for s in found] == [
        (3, None, "", "", "")
    ] * 2


def test_a_list_that_left_the_configuration_takes_its_feeds_along(settings: Settings, north: str) -> None:
    twice(settings)
    assert list(twice(replace(settings, sources=(a_source(north),)), now=NOW + 3 * DAY)) == [
        "The North Gazette"
    ]


# ---------------------------------------------------------------- as its users have it


def test_a_daemon_takes_up_what_a_list_names_from_now_on(
    settings: Settings, origin: Origin, clock: Clock, journal: Journal, north: str
) -> None:
    origin.say("/list", opml(line(north)))
    settings = replace(settings, site=replace(settings.site, url="http://127.0.0.1:0/"))

    def scenario(started: Settings) -> None:
        journal.wait_for("reloaded sources=2")
        clock.move_on()
        journal.wait_for("published placed=1")
        assert titles(started) == {"Bridge closed"}

    live(settings, clock, scenario)


def test_one_run_asks_the_list_and_then_what_it_names(
    run: Command,  # noqa: F811 -- the fixture
    tmp_path: Path,
    settings: Settings,
) -> None:
    place = settings.sources[0].opml
    text = f"sources:\n  - opml: {place}\n    id: planet\n    allow_private: true\n    obey_robots: false\n"
    (tmp_path / "feeds.yaml").write_text(f"fetch:\n  host_delay: 0s\n{text}")
    assert "1 lists of feeds" in run("check").stdout
    assert "3 sources asked, 0 in trouble; 2 new entries" in run("run", "--once").stdout
    assert [source["title"] for source in data(run("list", "--json"))["sources"]] == [
        "planet",
        "North",
        "The South Herald",
    ]
    exported = data(run("export", "--json"))["sources"]
    assert [("opml" in source, "url" in source) for source in exported] == [
        (True, False),
        *[(False, True)] * 2,
    ]
    named = data(run("list", "--json"))["sources"][1]["id"]
    assert "leaves with its line there" in run("remove", named).stderr
    assert "Removed planet" in run("remove", "planet").stdout


def test_rules_of_a_list_are_those_of_its_feeds(settings: Settings) -> None:
    rules = Rules(exclude=(Rule(title=(Words("bridge"),)),))
    ruled = replace(settings, sources=(replace(settings.sources[0], rules=rules),))
    for turn in (0, 1):
        a_round(ruled, now=NOW + turn * DAY)
    feed = files_below(pipeline.public_folder(ruled))["atom.xml"]
    assert (b"Bridge closed" in feed, b"Okonkwo wins" in feed) == (False, True)
    with open_store(pipeline.store_path(ruled)) as store:
        assert pipeline.rehearse(store, settings).coming.titles == ("Bridge closed",)
