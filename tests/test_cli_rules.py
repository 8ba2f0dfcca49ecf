"""`test-rules` says what the rules in a file would do, against those in force, and does nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from aggregator import pipeline
from aggregator.cli import cli
from aggregator.config import load_settings
from aggregator.store import open_store
from tests.test_pipeline import AGAIN_POST, BRIDGE_POST, CHESS_POST, TITLE
from tests.world import Origin, a_round, rss

RULES = """
rules:
  exclude: [bridge, {title: nothing}]
  include: [{url: example}]
"""


@pytest.fixture
def config(tmp_path: Path, origin: Origin) -> Path:
    """A configuration without rules, and all that its sources told."""
    path = tmp_path / "feeds.yaml"
    north, south = origin.say("/north", rss(BRIDGE_POST, CHESS_POST)), origin.say("/south", rss(AGAIN_POST))
    path.write_text(
        "fetch: {host_delay: 0s, workers: 1}\nsources:\n"
        f"  - {{id: north, url: '{north}', allow_private: true, at_most: 9}}\n"
        f"  - {{id: south, url: '{south}', allow_private: true}}\n"
    )
    a_round(load_settings(path))
    return path


def tried(config: Path, rules: str) -> dict[str, Any]:
    config.write_text(config.read_text() + rules)
    result = CliRunner().invoke(cli, ["-c", str(config), "test-rules", "--json"])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.output)
    return found


def test_every_rule_is_told_with_what_it_speaks_of(config: Path) -> None:
    found = tried(config, RULES)
    assert {rule["name"]: rule["found"]["count"] for rule in found["rules"]} == {
        "rules.exclude: title: bridge": 2,
        "rules.exclude: title: nothing": 0,
        "rules.include: url: example": 2,
        "sources[north].at_most: 9": 0,
    }
    assert sorted(found["rules"][0]["found"]["titles"]) == sorted([BRIDGE_POST.title, AGAIN_POST.title])


def test_what_would_change_is_told_and_nothing_is_changed(config: Path) -> None:
    store = pipeline.store_path(load_settings(config))
    before = store.read_bytes()
    found = tried(config, RULES)
    assert (found["entries"], found["held"], found["in_force"]) == (3, 3, 0)
    assert (found["going"]["count"], found["coming"]["count"]) == (3, 0)
    assert store.read_bytes() == before


def test_what_is_in_force_is_what_it_is_held_against(config: Path) -> None:
    plain = config.read_text()
    config.write_text(plain + "rules: {exclude: [bridge]}\n")
    with open_store(pipeline.store_path(load_settings(config))) as store:
        pipeline.prepare(store, load_settings(config), now=store.shown.as_of())
    config.write_text(plain)
    found = tried(config, "rules: {exclude: [Lagos]}\n")
    assert (found["held"], found["in_force"]) == (1, 2)
    assert found["going"] == {"count": 1, "titles": [CHESS_POST.title]}
    assert found["coming"]["count"] == 2


def test_in_words_it_says_what_would_go(config: Path) -> None:
    config.write_text(
        config.read_text() + "rules: {exclude: [Lagos, {title: Karlstad, url: north.example}]}\n"
    )
    result = CliRunner().invoke(cli, ["-c", str(config), "test-rules"])
    assert "rules.exclude: title: Karlstad; url: north.example" in result.output
    assert f"2 would go:\n  {TITLE}\n  {CHESS_POST.title}\n" in result.output


def test_without_rules_and_changes_it_says_so(config: Path) -> None:
    config.write_text(config.read_text().replace(", at_most: 9", ""))
    result = CliRunner().invoke(cli, ["-c", str(config), "test-rules"])
    assert "has no rules." in result.output
    assert "Nothing would change." in result.output
