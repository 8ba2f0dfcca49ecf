"""`evaluate`: figures in three forms, and what is wrong with a set by file and line."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from aggregator.cli import cli

Command = Callable[..., Result]

STREAM = Path(__file__).parent / "data" / "stories" / "stream.jsonl"
STRIKE = {"id": "a", "title": "Valparaiso dockers strike over overtime", "ts": 1_700_000_000, "story": "1"}
AGAIN = {"id": "b", "title": "Valparaiso dockers strike over overtime", "ts": 1_700_000_600, "story": "1"}
COMET = {"id": "c", "title": "Comet Ibarra breaks apart", "ts": 1_700_001_200.5, "story": None}


@pytest.fixture
def evaluate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Evaluate in a folder of its own, as from a pipe."""
    monkeypatch.chdir(tmp_path)
    for name in ("AGGREGATOR_CONFIG", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ("evaluate", *arguments), catch_exceptions=False)

    return call


def write(*rows: Any, name: str = "set.jsonl") -> str:
    lines = (row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows)
    body = b"".join(line + b"\n" for line in lines)
    Path(name).write_bytes(gzip.compress(body) if name.endswith(".gz") else body)
    return name


# ---------------------------------------------------------------- figures


def test_the_set_beside_the_tests_is_grouped_as_well_as_is_claimed(evaluate: Command) -> None:
    result = evaluate(str(STREAM), "--json")
    assert result.exit_code == 0
    (found,) = json.loads(result.stdout)["files"]
    assert (found["file"], found["entries"], found["gold_stories"]) == ("stream.jsonl", 420, 190)
    assert found["bcubed"]["precision"] >= 0.95
    assert found["bcubed"]["f1"] >= 0.94
    assert found["copies"]["f1"] >= 0.95
    assert found["links"]["precision"] >= 0.90
    assert found["per_second"] > 0


def test_a_pipe_gets_a_line_a_file(evaluate: Command) -> None:
    result = evaluate(write(STRIKE, AGAIN, COMET), write(STRIKE, b"", COMET, name="other.jsonl.gz"))
    assert result.exit_code == 0
    first, second = result.stdout.splitlines()
    assert first.startswith(
        "set.jsonl: entries 3, scored 2, gold stories 1, stories 1, largest 2, BCubed precision 1.000,"
        " BCubed recall 1.000, BCubed F1 1.000, pairs precision 1.000, pairs recall 1.000, pairs F1 1.000,"
        " links precision 1.000, links coverage 1.000, entries a second "
    )
    assert second.startswith("other.jsonl.gz: entries 2, scored 1, ")


def test_a_terminal_gets_a_table_with_a_column_a_file(
    evaluate: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    labelled = write(STRIKE | {"saga": "x"}, AGAIN | {"copy_of": "a"}, COMET, name="other.jsonl.gz")
    result = evaluate(write(STRIKE, AGAIN, name="a[b].jsonl"), labelled)
    assert result.exit_code == 0
    head, _, *lines = (line for line in result.stdout.splitlines() if line.strip())
    assert "a[b]" in head
    assert "other" in head
    rows = {line[:17].strip(): line[17:].split() for line in lines}
    assert rows["entries"] == ["2", "3"]
    assert rows["saga precision"] == ["1.000"]
    assert rows["copies precision"] == ["1.000"]
    assert rows["BCubed F1"] == ["1.000", "1.000"]


def test_no_configuration_is_needed_and_nothing_is_written(evaluate: Command, tmp_path: Path) -> None:
    assert evaluate(write(STRIKE, AGAIN)).exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["set.jsonl"]


# ---------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param(b"{", "is no JSON object", id="not JSON"),
        pytest.param(b"[1]", "is no JSON object", id="another kind of JSON"),
        pytest.param(b'{"id": "\xff"}', "is no JSON object in UTF-8", id="another encoding"),
        pytest.param(COMET | {"id": "a"}, "id: 'a' stood on an earlier line", id="an id twice"),
        pytest.param(COMET | {"id": 7}, "id: expected a text, got 7", id="an id that is a number"),
        pytest.param({"id": "c", "ts": 1}, "title: expected a text, got null", id="no title"),
        pytest.param(COMET | {"title": ""}, 'title: expected a text, got ""', id="an empty title"),
        pytest.param(COMET | {"summary": ["x"]}, 'summary: expected a text, got ["x"]', id="a list"),
        pytest.param(COMET | {"story": 5}, "story: expected a text, got 5", id="a label that is a number"),
        pytest.param(COMET | {"ts": None}, "ts: expected seconds since 1970, got null", id="no time"),
        pytest.param(COMET | {"ts": True}, "ts: expected seconds since 1970, got true", id="a yes"),
        pytest.param(COMET | {"ts": 1e300}, "ts: expected seconds since 1970, got 1e+300", id="no such time"),
        pytest.param(b'{"id": "c", "title": "t", "ts": NaN}', "ts: expected seconds", id="not a number"),
        pytest.param(COMET | {"title": "\ud800"}, "surrogates not allowed", id="half a character"),
        pytest.param(COMET | {"copy_of": "z"}, "copy_of: no line has the id 'z'", id="a copy of nothing"),
        pytest.param(COMET | {"copy_of": "c"}, "copy_of: an entry is no copy of itself", id="its own copy"),
    ],
)
def test_a_bad_line_is_named_and_ends_with_2(evaluate: Command, line: Any, message: str) -> None:
    result = evaluate(write(STRIKE, b"", line))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "set.jsonl:3: " in result.stderr
    assert message in result.stderr


def test_a_set_without_labels_measures_nothing(evaluate: Command) -> None:
    result = evaluate(write(COMET))
    assert result.exit_code == 2
    assert "set.jsonl:1: no line has a story or copy_of" in result.stderr


@pytest.mark.parametrize(
    "spoil",
    [pytest.param(lambda body: body[:-12], id="cut short"), pytest.param(lambda _: b"plain", id="no gzip")],
)
def test_a_file_that_cannot_be_unpacked_is_named(evaluate: Command, spoil: Callable[[bytes], bytes]) -> None:
    path = Path(write(*[STRIKE | {"id": str(n)} for n in range(500)], name="set.jsonl.gz"))
    path.write_bytes(spoil(path.read_bytes()))
    result = evaluate("set.jsonl.gz")
    assert result.exit_code == 2
    assert "set.jsonl.gz:" in result.stderr
    assert "cannot be read: " in result.stderr


@pytest.mark.parametrize("arguments", [(), ("missing.jsonl",), (".",)], ids=["none", "missing", "a folder"])
def test_it_needs_files(evaluate: Command, arguments: tuple[str, ...]) -> None:
    result = evaluate(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
