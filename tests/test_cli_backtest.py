"""`backtest`: what it prints, what it refuses, and that only --apply changes anything."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from aggregator.cli import cli
from aggregator.instance import only_one
from tests.world import BRIDGE, BRIDGE_AGAIN, CHESS, HOUR, Post, rss

Command = Callable[..., Result]

CONFIG = """
fetch: {workers: 1}
sources:
  - {id: north, path: north.xml, name: North}
  - {id: south, path: south.xml, name: South}
"""
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)  # whatever the clock says
TITLES = ("Cracks close the Wirra bridge in Karlstad", "Wirra bridge in Karlstad: weeks of ferries")
PARTED = "\nstories:\n  overrides: [{action: never, title: 'Wirra bridge*'}]\n"


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, catch_exceptions=False)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which two feeds told of one bridge."""
    folder = tmp_path_factory.mktemp("lived")
    bridge = Post(
        title=TITLES[0], text=BRIDGE, guid="urn:bridge", link="https://north.example/bridge", at=LONG_AGO
    )
    chess = Post(title="Okonkwo wins in Lagos [live]", text=CHESS, guid="urn:chess", at=LONG_AGO)
    again = Post(
        title=TITLES[1],
        text=BRIDGE_AGAIN,
        guid="urn:again",
        link="https://south.example/a",
        at=LONG_AGO + HOUR,
    )
    (folder / "north.xml").write_bytes(rss(bridge, chess))
    (folder / "south.xml").write_bytes(rss(again, title="South"))
    (folder / "feeds.yaml").write_text(CONFIG)
    assert call("-c", str(folder / "feeds.yaml"), "run", "--once").exit_code == 0
    return folder


@pytest.fixture
def folder(lived: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that folder, to work in."""
    for name in ("AGGREGATOR_CONFIG", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    shutil.copytree(lived, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def configure(folder: Path, more: str) -> None:
    (folder / "feeds.yaml").write_text(CONFIG + more)


def told(*arguments: str) -> Any:
    result = call("backtest", "--json", *arguments)
    assert result.exit_code == 0
    return json.loads(result.stdout)


def feed(folder: Path) -> dict[str, str]:
    """Publish, and return what the feed carries: title to id."""
    assert call("run", "--once").exit_code == 0
    items = json.loads((folder / "data" / "public" / "feed.json").read_bytes())["items"]
    return {item["title"]: item["id"] for item in items}


def test_the_settings_that_were_at_work_make_no_difference(folder: Path) -> None:
    result = call("backtest")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "3 entries; 2 stories before, 2 after, 2 of them the same; 0 copies after.",
        "No difference.",
    ]


def test_a_stricter_setting_is_shown_with_examples(folder: Path) -> None:
    result = call("backtest", "--joins", "5")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "3 entries; 2 stories before, 3 after, 1 of them the same; 0 copies after.",
        "split: 1",
        f"  {TITLES[0]} (North) | {TITLES[1]} (South)",
        "moved: 1",
        f"  {TITLES[1]} (South): was with {TITLES[0]} (North), is alone",
    ]


def test_json_says_the_same(folder: Path) -> None:
    found = told("--joins", "5", "--copies", "0.9", "--window", "1d12h")
    assert {name: found[name] for name in ("entries", "before", "after", "kept", "copies")} == {
        "entries": 3, "before": 2, "after": 3, "kept": 1, "copies": 0
    }  # fmt: skip
    assert found["gained"] == found["copies_lost"] == {"count": 0, "examples": []}
    ((one, two),) = found["split"]["examples"]
    assert (one["size"], [entry["title"] for entry in one["entries"]]) == (1, [TITLES[0]])
    assert set(two["entries"][0]) == {"id", "title", "outlet", "url"}


def test_looking_changes_nothing_and_needs_no_lock(folder: Path) -> None:
    before = feed(folder)
    with only_one(folder / "data"):
        assert told("--joins", "5")["after"] == 3
    assert told()["after"] == 2
    assert feed(folder) == before


def test_a_terminal_sees_how_far_it_is_beside_the_report(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    result = call("backtest", "--json")
    assert "Replaying" in result.stderr
    assert json.loads(result.stdout)["entries"] == 3


def test_an_override_takes_effect_on_the_past_once_it_is_applied(folder: Path) -> None:
    before = feed(folder)
    configure(folder, PARTED)
    assert feed(folder) == before
    result = call("backtest", "--apply")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "Kept. The next `aggregator run` publishes it."
    after = feed(folder)
    assert set(after) == {*TITLES, "Okonkwo wins in Lagos [live]"}
    assert before.items() <= after.items()
    assert told()["kept"] == 3


def test_apply_keeps_only_what_the_configuration_says(folder: Path) -> None:
    result = call("backtest", "--apply", "--joins", "5")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "feeds.yaml" in result.stderr


def test_apply_beside_another_aggregator_ends_with_75(folder: Path) -> None:
    with only_one(folder / "data"):
        result = call("backtest", "--apply")
    assert (result.exit_code, result.stdout) == (75, "")
    assert "another aggregator" in result.stderr


@pytest.mark.parametrize("arguments", [(), ("--apply",)], ids=["look", "apply"])
def test_where_nothing_was_stored_it_ends_with_1_and_makes_nothing(
    folder: Path, arguments: tuple[str, ...]
) -> None:
    shutil.rmtree(folder / "data")
    result = call("backtest", *arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "nothing was stored yet" in result.stderr
    assert not (folder / "data").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(("--window", "9"), "expected a time span such as", id="no unit"),
        pytest.param(("--window", "59m"), "expected 1h at least", id="too short"),
        pytest.param(("--joins", "-1"), "-1", id="below nothing"),
        pytest.param(("--copies", "some"), "some", id="no number"),
    ],
)
def test_a_wrong_value_ends_with_2(folder: Path, arguments: tuple[str, ...], message: str) -> None:
    result = call("backtest", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
