"""`backup` and `restore` as they are called: a copy is made, named, and put back."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from aggregator.cli import cli
from aggregator.instance import only_one
from tests.world import CHESS, article, files_below

Command = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command in a folder with one article."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AGGREGATOR_CONFIG", raising=False)
    (tmp_path / "a.txt").write_text(article("Our headline", CHESS))
    (tmp_path / "feeds.yaml").write_text("sources:\n  - {id: seeds, path: '*.txt'}\n")

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(cli, arguments, prog_name="aggregator", catch_exceptions=False)

    return call


def test_a_backup_is_named_and_the_newest_goes_back(run: Command, tmp_path: Path) -> None:
    run("run", "--once")
    before = files_below(tmp_path / "data" / "public")
    result = run("backup")
    assert result.exit_code == 0
    assert "data/backups/aggregator-2" in result.output
    assert "bytes, checked." in result.output
    (tmp_path / "a.txt").write_text(article("Our headline, changed", CHESS, "More of it."))
    run("run", "--once", "--source", "seeds")
    assert files_below(tmp_path / "data" / "public") != before
    result = run("restore")
    assert result.exit_code == 0
    assert "is in its place" in result.output
    assert files_below(tmp_path / "data" / "public") == before
    assert list((tmp_path / "data").glob("aggregator-before-*.db"))


def test_a_backup_goes_where_it_is_told(run: Command, tmp_path: Path) -> None:
    run("run", "--once")
    assert run("backup", "copy.db").exit_code == run("backup", "copy.db").exit_code == 0
    assert run("restore", "copy.db").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["backup"], "nothing was stored yet"),
        (["restore"], "holds no backup; name one"),
        (["restore", "b.db"], "b.db is not there"),
        (["restore", "a.txt"], "a.txt is not a store"),
    ],
)
def test_what_cannot_be_done_is_said(run: Command, arguments: list[str], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert said in result.output


def test_a_running_aggregator_is_not_restored_under(run: Command, tmp_path: Path) -> None:
    run("run", "--once")
    run("backup", "copy.db")
    with only_one(tmp_path / "data"):
        result = run("restore", "copy.db")
    assert result.exit_code == 75
    assert "stop it first" in result.output
