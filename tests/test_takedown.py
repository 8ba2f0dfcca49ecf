"""A takedown: gone from all that is published within one publish, told of, and not taken in again."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from lxml import etree

from aggregator import pipeline
from aggregator.cli import cli
from aggregator.instance import only_one
from aggregator.settings import Settings
from aggregator.store import open_store
from tests.test_pipeline import AGAIN, AGAIN_POST, BRIDGE_POST, CHESS_POST, TITLE
from tests.world import BRIDGE, DAY, HOUR, NOW, Origin, a_round, a_settings, a_source, files_below, rss

AT = "{http://purl.org/atompub/tombstones/1.0}"
ATOM = "{http://www.w3.org/2005/Atom}"
WORDS = (TITLE.encode(), b"north.example/bridge", BRIDGE[:40].encode())


@pytest.fixture
def settings(tmp_path: Path, origin: Origin) -> Settings:
    """Two feeds about one bridge, one of which tells of a game as well; all of it is published."""
    north = a_source(origin.say("/north", rss(BRIDGE_POST, CHESS_POST)), tags=("news",))
    south = a_source(origin.say("/south", rss(AGAIN_POST, title="The South Herald")), id="south")
    settings = a_settings(tmp_path, north, south)
    a_round(settings)
    return settings


def take_down(settings: Settings, kind: str, name: str) -> dict[str, bytes]:
    """Ask for a takedown, publish, and return what is out."""
    with open_store(pipeline.store_path(settings)) as store:
        with store.transaction():
            store.takedowns.ask(kind, name)
        pipeline.publish(store, settings)
    return files_below(pipeline.public_folder(settings))


def stones(files: dict[str, bytes], name: str = "atom.xml") -> list[str]:
    return [stone.get("ref") for stone in etree.fromstring(files[name]).findall(f"{AT}deleted-entry")]


def titles(files: dict[str, bytes]) -> set[str]:
    return {item["title"] for item in json.loads(files["feed.json"])["items"]}


def test_an_article_is_gone_from_every_file(settings: Settings) -> None:
    before = files_below(pipeline.public_folder(settings))
    assert any(word in content for content in before.values() for word in WORDS)
    after = take_down(settings, "url", "north.example/bridge")
    assert not [name for name, content in after.items() if any(word in content for word in WORDS)]


def test_it_is_gone_from_the_store_as_well(settings: Settings) -> None:
    take_down(settings, "url", "north.example/bridge")
    with open_store(pipeline.store_path(settings)) as store:
        kept = "\n".join(store._db.conn.iterdump())
    assert BRIDGE[:40] not in kept
    assert BRIDGE[:40] not in kept
    assert TITLE not in kept


def test_what_others_told_of_it_stays(settings: Settings) -> None:
    assert titles(take_down(settings, "url", "north.example/bridge")) == {AGAIN, CHESS_POST.title}


def test_feeds_tell_that_its_id_is_deleted_and_whose_it_was(settings: Settings) -> None:
    files = take_down(settings, "url", "north.example/bridge")
    assert stones(files) == stones(files, "tag/news/atom.xml") == ["urn:north:bridge"]
    stone = etree.fromstring(files["atom.xml"]).find(f"{AT}deleted-entry")
    assert stone.get("when") == "2026-11-22T10:00:00Z"
    assert stone.findtext(f"{ATOM}source/{ATOM}title") == "The North Gazette"


def test_a_source_goes_with_all_it_told(settings: Settings) -> None:
    files = take_down(settings, "source", "north")
    assert titles(files) == {AGAIN}
    assert sorted(stones(files)) == ["urn:north:bridge", "urn:north:chess"]


def test_a_story_of_which_nothing_is_left_has_no_page(settings: Settings) -> None:
    before = files_below(pipeline.public_folder(settings))
    item = next(i for i in json.loads(before["feed.json"])["items"] if i["title"] == CHESS_POST.title)
    folder = item["_coverage"]["story_url"].removeprefix(settings.site.url)
    assert f"{folder}index.html" in before
    after = take_down(settings, "source", "north")
    assert not [name for name in after if name.startswith(folder)]
    assert not (pipeline.public_folder(settings) / folder).exists()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({}, id="as it was"),
        pytest.param({"title": "Another headline altogether"}, id="edited"),
        pytest.param({"guid": "urn:north:again"}, id="under another id"),
        pytest.param({"link": "https://www.north.example/bridge?utm_source=x"}, id="at another spelling"),
    ],
)
def test_it_is_not_taken_in_again(settings: Settings, origin: Origin, change: dict[str, str]) -> None:
    take_down(settings, "url", "north.example/bridge")
    origin.say("/north", rss(replace(BRIDGE_POST, **change), CHESS_POST))  # type: ignore[arg-type]
    a_round(settings, now=NOW + 2 * HOUR)
    files = files_below(pipeline.public_folder(settings))
    assert titles(files) == {AGAIN, CHESS_POST.title}
    assert stones(files) == ["urn:north:bridge"]


def test_a_source_that_was_taken_down_brings_nothing_new(settings: Settings, origin: Origin) -> None:
    take_down(settings, "source", "north")
    origin.say("/north", rss(replace(CHESS_POST, guid="urn:north:more", title="More of the game")))
    a_round(settings, now=NOW + 2 * HOUR)
    assert titles(files_below(pipeline.public_folder(settings))) == {AGAIN}


def test_what_never_came_in_may_be_named_beforehand(settings: Settings, origin: Origin) -> None:
    take_down(settings, "url", "north.example/later")
    origin.say("/north", rss(replace(CHESS_POST, guid="urn:later", link="https://north.example/later")))
    a_round(settings, now=NOW + 2 * HOUR)
    assert "urn:later" not in (pipeline.public_folder(settings) / "feed.json").read_text()


def test_tombstones_stand_for_ninety_days(settings: Settings, origin: Origin) -> None:
    take_down(settings, "url", "north.example/bridge")
    for days, found in ((89, ["urn:north:bridge"]), (91, [])):
        a_round(settings, now=NOW + days * DAY)
        assert stones(files_below(pipeline.public_folder(settings))) == found


def test_a_takedown_changes_files_once(settings: Settings) -> None:
    files = take_down(settings, "url", "north.example/bridge")
    with open_store(pipeline.store_path(settings)) as store:
        assert pipeline.publish(store, settings) == (0, 0)
        assert not store.takedowns.is_pending()
    assert files == files_below(pipeline.public_folder(settings))


# ---------------------------------------------------------------- the command


@pytest.fixture
def config(settings: Settings) -> Path:
    path = Path(settings.folder) / "feeds.yaml"
    sources = "".join(f"  - {{id: {s.id}, url: '{s.url}', allow_private: true}}\n" for s in settings.sources)
    path.write_text(f"site: {{url: 'https://planet.example/'}}\nsources:\n{sources}")
    return path


def run(config: Path, place: str) -> Result:
    return CliRunner().invoke(cli, ["-c", str(config), "takedown", place])


@pytest.mark.parametrize(
    ("place", "says", "left"),
    [
        ("https://north.example/bridge?utm_source=mail", "1 entries go", {AGAIN, CHESS_POST.title}),
        ("north", "2 entries go", {AGAIN}),
        ("https://nowhere.example/a", "Nothing stored is at nowhere.example/a", {TITLE, CHESS_POST.title}),
    ],
)
def test_the_command_does_it_here_and_now(
    settings: Settings, config: Path, place: str, says: str, left: set[str]
) -> None:
    result = run(config, place)
    assert (result.exit_code, says in result.output) == (0, True), result.output
    assert titles(files_below(pipeline.public_folder(settings))) == left


def test_beside_a_running_aggregator_it_is_left_to_that(settings: Settings, config: Path) -> None:
    with only_one(Path(settings.data)):
        result = run(config, "north")
    assert result.exit_code == 0
    assert "within a heartbeat" in result.output
    with open_store(pipeline.store_path(settings)) as store:
        assert store.takedowns.is_pending()


def test_what_is_neither_an_address_nor_a_source_is_refused(config: Path) -> None:
    result = run(config, "nonsense")
    assert result.exit_code == 2
    assert "neither" in result.output


def test_a_page_of_ours_or_an_id_names_an_entry(settings: Settings, config: Path) -> None:
    with open_store(pipeline.store_path(settings)) as store:
        (entry_id,) = store.entries.find("https://north.example/bridge")
    result = run(config, f"https://planet.example/story/{entry_id}/")
    assert "1 entries go" in result.output, result.output
    assert "Nothing stored is at" not in result.output


def test_nothing_of_what_the_desk_remembers_stays(settings: Settings, config: Path) -> None:
    with open_store(pipeline.store_path(settings)) as store:
        (entry_id,) = store.entries.find("https://north.example/bridge")
    run(config, "https://north.example/bridge")
    with closing(sqlite3.connect(pipeline.store_path(settings))) as db:
        assert not db.execute("SELECT 1 FROM live WHERE entry_id = ?", [entry_id]).fetchall()
        assert not db.execute(
            "SELECT 1 FROM decisions WHERE shared <> '[]' AND ? IN (entry_id, near)", [entry_id]
        ).fetchall()
