"""Outputs as configured: what each selects, how it collapses, in which formats, and where it lies."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aggregator import pipeline
from aggregator.cli.tables import addresses
from aggregator.settings import Output, Publish, Settings
from aggregator.store import open_store
from tests.test_pipeline import AGAIN, AGAIN_POST, BRIDGE_POST, CHESS_POST, TITLE
from tests.world import (
    BRIDGE,
    BRIDGE_AGAIN,
    CHESS,
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
)

CHESS_TITLE = "Okonkwo wins in Lagos"


@pytest.fixture
def settings(tmp_path: Path, origin: Origin) -> Settings:
    """Three sources: a bridge that two tell of, and a game that one does."""
    bridge = Post(title=TITLE, text=BRIDGE, guid="urn:north:bridge", link="https://north.example/bridge")
    again = Post(
        title=AGAIN,
        text=BRIDGE_AGAIN,
        guid="urn:south:again",
        link="https://south.example/again",
        at=NOW - HOUR / 2,
    )
    chess = Post(title=CHESS_TITLE, text=CHESS, guid="urn:west:chess", at=NOW - 2 * HOUR)
    return a_settings(
        tmp_path,
        a_source(origin.say("/north", rss(bridge)), tags=("news",)),
        a_source(origin.say("/south", rss(again)), id="south", tags=("city",)),
        a_source(origin.say("/west", rss(chess)), id="west", tags=("games",)),
    )


def published(settings: Settings, *outputs: Output, **given: Any) -> dict[str, bytes]:
    a_round(replace(settings, outputs=outputs), **given)
    return files_below(pipeline.public_folder(settings))


def titles(files: dict[str, bytes], folder: str) -> list[str]:
    return [item["title"] for item in json.loads(files[f"{folder}/feed.json".lstrip("/")])["items"]]


@pytest.mark.parametrize(
    ("output", "chosen"),
    [
        pytest.param(Output(), {TITLE, CHESS_TITLE}, id="everything"),
        pytest.param(Output(tags=("games", "none")), {CHESS_TITLE}, id="a tag"),
        pytest.param(Output(tags=("city",)), {TITLE}, id="a tag of who joined"),
        pytest.param(Output(sources=("south", "west")), {TITLE, CHESS_TITLE}, id="sources"),
        pytest.param(Output(sources=("west",)), {CHESS_TITLE}, id="a source"),
        pytest.param(Output(search="lagos OKONKWO"), {CHESS_TITLE}, id="words"),
        pytest.param(Output(search="ferries grandmaster"), set(), id="words that stand apart"),
        pytest.param(Output(search="ferries, grandmaster"), {TITLE, CHESS_TITLE}, id="either"),
        pytest.param(Output(search='" OR title:*'), set(), id="signs"),
        pytest.param(Output(search="lagos", tags=("news",)), set(), id="both must hold"),
        pytest.param(Output(collapse="entries"), {TITLE, AGAIN, CHESS_TITLE}, id="entries"),
        pytest.param(Output(collapse="entries", tags=("city",)), {AGAIN}, id="entries of a tag"),
        pytest.param(Output(collapse="hot", outlets=2), {TITLE}, id="hot"),
        pytest.param(Output(collapse="hot", outlets=3), set(), id="hotter"),
        pytest.param(Output(limit=1), {TITLE}, id="a limit"),
    ],
)
def test_an_output_carries_what_it_selects(settings: Settings, output: Output, chosen: set[str]) -> None:
    files = published(settings, replace(output, name="mine"))
    found = titles(files, "mine")
    assert len(found) == len(set(found))
    assert set(found) == chosen
    assert set(titles(files, "")) == {TITLE, CHESS_TITLE}


@pytest.mark.parametrize(
    ("output", "is_complete"),
    [
        pytest.param(Output(collapse="hot", outlets=2), True, id="what is hot"),
        pytest.param(Output(), False, id="what has a past"),
        pytest.param(Output(collapse="hot", outlets=2, update="followup"), False, id="hot, with follow-ups"),
        pytest.param(Output(name="all", collapse="hot", outlets=2), False, id="the combined one"),
    ],
)
def test_a_feed_says_whether_it_is_complete(settings: Settings, output: Output, is_complete: bool) -> None:
    output = replace(output, name=output.name or "mine")
    files = published(settings, output)
    folder = "" if output.name == "all" else "mine/"
    marks = [b"<fh:complete" in files[f"{folder}{name}"] for name in ("atom.xml", "rss.xml")]
    assert marks == [is_complete, is_complete]


def test_an_output_may_be_one_story(settings: Settings) -> None:
    files = published(settings)
    story = json.loads(files["feed.json"])["items"][0]["_coverage"]["story_url"].split("/")[-2]
    files = published(settings, Output(name="one", story=story))
    assert titles(files, "one") == [json.loads(files["feed.json"])["items"][0]["title"]]


def test_the_combined_output_may_be_configured(settings: Settings) -> None:
    files = published(settings, Output(name="all", tags=("games",), title="Only games"))
    assert titles(files, "") == [CHESS_TITLE]
    assert json.loads(files["feed.json"])["title"] == "Only games"
    assert "all/feed.json" not in files


def test_only_the_formats_that_are_wanted_go_out(settings: Settings) -> None:
    files = published(settings, Output(name="mine", formats=("json",)))
    assert [name for name in files if name.startswith("mine/")] == ["mine/feed.json"]
    assert json.loads(files["mine/feed.json"])["home_page_url"] == settings.site.url


def test_a_page_leads_to_the_outputs_but_not_to_private_ones(settings: Settings) -> None:
    files = published(
        settings, Output(name="games", title="All the games"), Output(name="mine", token="s3cret-s3cret")
    )
    page = files["index.html"].decode()
    assert '<a href="games/index.html">All the games</a>' in page
    assert "mine-s3cret-s3cret/atom.xml" in files
    assert "s3cret" not in page + files["games/index.html"].decode()


def test_all_addresses_are_told_the_private_ones_too(settings: Settings) -> None:
    files = published(settings, Output(name="mine", token="s3cret-s3cret", formats=("rss",)))
    known = dict(addresses(replace(settings, outputs=(Output(name="mine", token="s3cret-s3cret",
                                                             formats=("rss",)),))))  # fmt: skip
    assert known["mine, RSS"] == "https://planet.example/mine-s3cret-s3cret/rss.xml"
    for address in known.values():
        path = address.removeprefix(settings.site.url)
        assert (path or "index.html") in files


def test_excerpts_or_whole_texts_are_for_an_output_to_say(settings: Settings, origin: Origin) -> None:
    text = "word " * 100
    origin.say("/west", rss(Post(title="Long", text=f"<p>{text}</p>", guid="urn:long")))
    files = published(settings, Output(name="whole", full_text=True), Output(name="short", full_text=False))
    bodies = {
        folder: next(
            item["content_html"] for item in json.loads(files[f"{folder}/feed.json"])["items"]
            if item["title"] == "Long"
        )
        for folder in ("whole", "short")
    }  # fmt: skip
    assert bodies["whole"].count("word") == 100
    assert bodies["short"].count("word") < 61


def test_an_output_that_is_no_more_takes_its_files_along(settings: Settings) -> None:
    published(settings, Output(name="mine"), Output(name="other", token="s3cret-s3cret"))
    files = published(settings, Output(name="mine", formats=("atom",)), now=NOW + DAY)
    assert [name for name in files if name.startswith(("mine", "other"))] == ["mine/atom.xml"]


def dates(settings: Settings, folder: str) -> dict[str, str]:
    feed = json.loads((pipeline.public_folder(settings) / folder / "feed.json").read_bytes())
    return {item["title"]: item["date_modified"] for item in feed["items"]}


def test_coverage_that_joins_moves_the_date_of_change_only_where_that_is_wanted(
    settings: Settings, origin: Origin
) -> None:
    bump, silent = Output(name="loud", update="bump"), Output(name="still")
    origin.say("/south", rss())
    a_round(replace(settings, outputs=(bump, silent)))
    before = dates(settings, "loud")
    assert before == dates(settings, "still")
    origin.say("/south", rss(replace(AGAIN_POST, at=NOW + HOUR)))
    a_round(replace(settings, outputs=(bump, silent)), now=NOW + 2 * HOUR)
    assert dates(settings, "still") == before
    assert dates(settings, "loud")[TITLE] == "2026-11-22T12:00:00Z"
    assert dates(settings, "loud")[CHESS_TITLE] == before[CHESS_TITLE]


def test_feeds_show_later_coverage_a_few_times_and_pages_always(settings: Settings, origin: Origin) -> None:
    def covered(files: dict[str, bytes]) -> int:
        (item,) = [i for i in json.loads(files["feed.json"])["items"] if i["title"] == TITLE]
        return len(item["_coverage"]["more_recent"] + item["_coverage"]["earlier"])

    settings = replace(settings, publish=Publish(coverage=50))
    origin.say("/south", rss())
    posts, found, shown = [], [], []
    for day in range(6):
        posts.append(
            replace(AGAIN_POST, title=f"{AGAIN}: day {day}", guid=f"urn:{day}", at=NOW + day * DAY,
                    text=f"{BRIDGE_AGAIN} This was said on day {'one two three four five six'.split()[day]}.",
                    link=f"https://south.example/{day}")
        )  # fmt: skip
        files = published(settings, now=NOW + day * DAY)
        found.append(covered(files))
        shown.append(files["index.html"].decode().count(AGAIN))
        origin.say("/south", rss(*posts))
    assert len(set(found)) <= 3
    assert found == sorted(found)
    assert shown[-1] > shown[2] > shown[0]


def test_who_leads_is_settled_before_the_newest_are_chosen(tmp_path: Path, origin: Origin) -> None:
    """A story is dated by its lead: one that leads from now on may make it newer than another."""
    first = replace(AGAIN_POST, at=NOW - 3 * HOUR)
    settings = a_settings(
        tmp_path,
        a_source(origin.say("/south", rss(first)), id="south"),
        a_source(origin.say("/north", rss(replace(CHESS_POST, at=NOW - 2 * HOUR), BRIDGE_POST)), priority=1),
        outputs=(Output(name="newest", limit=1),),
    )
    a_round(settings)
    assert titles(files_below(pipeline.public_folder(settings)), "newest") == [TITLE]
    with open_store(pipeline.store_path(settings)) as store:
        assert pipeline.publish(store, settings) == (0, 0)
