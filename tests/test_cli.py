"""The command line: what it prints, what it can be piped into, and with which code it ends."""

import json
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from aggregator import __version__
from aggregator.cli import cli
from aggregator.cli.tables import source_table
from aggregator.instance import only_one
from aggregator.model import Habits
from tests.world import BRIDGE, CHESS, HOUR, NOW, Origin, Post, a_state, article, rss

Command = Callable[..., Result]

CONFIG = """
site:
  title: Planet
  url: https://planet.example/
fetch:
  host_delay: 0s
  workers: 1
sources:
  - id: north
    url: {origin}/north
    tags: [news]
    allow_private: true
  - id: seeds
    path: seeds/*.txt
    name: Our own
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command in a folder of its own, as from a pipe."""
    monkeypatch.chdir(tmp_path)
    for name in ("AGGREGATOR_CONFIG", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(cli, arguments, prog_name="aggregator", catch_exceptions=False)

    return call


@pytest.fixture
def folder(tmp_path: Path, origin: Origin) -> Path:
    """A folder with a sound configuration of one feed and one article."""
    body = rss(
        Post(title="Bridge closed", text=BRIDGE, guid="urn:bridge", link="https://north.example/bridge")
    )
    origin.say("/north", body)
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "a.txt").write_text(article("Our headline", CHESS))
    (tmp_path / "feeds.yaml").write_text(CONFIG.format(origin=origin.url))
    return tmp_path


def data(result: Result) -> Any:
    return json.loads(result.stdout)


# ---------------------------------------------------------------- the front door


def test_it_says_its_version(run: Command) -> None:
    result = run("--version")
    assert (result.exit_code, result.stdout) == (0, f"aggregator, version {__version__}\n")


@pytest.mark.parametrize("flag", ["-h", "--help"])
@pytest.mark.parametrize(
    "command",
    [(), ("run",), ("check",), ("list",), ("status",), ("inspect",), ("evaluate",), ("backtest",)],
    ids=" ".join,
)
def test_every_command_explains_itself(run: Command, command: tuple[str, ...], flag: str) -> None:
    result = run(*command, flag)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: {' '.join(('aggregator', *command))}")


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("dance",), id="an unknown command"),
        pytest.param(("check", "--loudly"), id="an unknown option"),
        pytest.param(("inspect",), id="a missing argument"),
        pytest.param(("-c",), id="a missing value"),
    ],
)
def test_a_wrong_call_ends_with_2_and_says_so_on_stderr(run: Command, arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Error: " in result.stderr


# ---------------------------------------------------------------- the configuration


def test_check_says_what_a_sound_configuration_holds(run: Command, folder: Path) -> None:
    result = run("check")
    assert result.exit_code == 0
    assert result.stdout == "feeds.yaml: all right; 1 feeds, 1 sets of local files\n"


@pytest.mark.parametrize("how", ["option", "environment"])
def test_another_configuration_can_be_named(
    run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    (folder / "feeds.yaml").rename(folder / "other.yaml")
    if how == "environment":
        monkeypatch.setenv("AGGREGATOR_CONFIG", "other.yaml")
    result = run("check") if how == "environment" else run("-c", "other.yaml", "check")
    assert (result.exit_code, result.stdout.partition(":")[0]) == (0, "other.yaml")


BAD = """site:
  titel: Planet
sources:
  - url: gopher://old.example/
    every: 1:30
"""


@pytest.mark.parametrize("command", ["check", "list", "status", "run"])
def test_every_fault_of_a_configuration_is_named_with_its_line_and_ends_with_2(
    run: Command, tmp_path: Path, command: str
) -> None:
    (tmp_path / "feeds.yaml").write_text(BAD)
    result = run(command)
    assert result.exit_code == 2
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["feeds.yaml:2", "feeds.yaml:4", "feeds.yaml:5"]
    assert "did you mean `title`?" in lines[0]
    assert "sources[0].every" in lines[2]
    assert not (tmp_path / "data").exists()


def test_a_missing_configuration_says_what_to_do(run: Command) -> None:
    result = run("check")
    assert result.exit_code == 2
    assert result.stderr.startswith("feeds.yaml: there is no such file")
    assert "aggregator init" in result.stderr


# ---------------------------------------------------------------- list


def test_list_shows_sources_and_addresses(run: Command, folder: Path, origin: Origin) -> None:
    result = run("list")
    assert result.exit_code == 0
    for text in (f"{origin.url}/north", "Our own", "seeds/*.txt", "news"):
        assert text in result.stdout
    for file in ("atom.xml", "rss.xml", "feed.json", "tag/news/atom.xml", "sources.opml"):
        assert f"https://planet.example/{file}" in result.stdout
    assert origin.requests == []


def test_list_can_be_read_by_programs(run: Command, folder: Path, origin: Origin) -> None:
    found = data(run("list", "--json"))
    assert found["sources"] == [
        {"id": "north", "title": "north", "address": f"{origin.url}/north", "tags": ["news"]},
        {"id": "seeds", "title": "Our own", "address": "seeds/*.txt", "tags": []},
    ]
    assert {"name": "Atom", "address": "https://planet.example/atom.xml"} in found["outputs"]


def test_list_names_only_addresses_that_are_published(run: Command, folder: Path) -> None:
    run("run", "--once")
    for output in data(run("list", "--json"))["outputs"]:
        path = output["address"].removeprefix("https://planet.example/") or "index.html"
        assert (folder / "data/public" / path).is_file()


def test_looking_writes_nothing(run: Command, folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    for command in (("check",), ("list",), ("status",), ("list", "--json"), ("status", "--json")):
        assert run(*command).exit_code == 0
    assert sorted(folder.rglob("*")) == before


# ---------------------------------------------------------------- run --once


def test_one_round_is_reported_and_published(run: Command, folder: Path) -> None:
    result = run("run", "--once")
    assert result.exit_code == 0
    assert "2 sources asked, 0 in trouble; 2 new entries, 0 changed, 2 placed into stories" in result.stdout
    assert f"Published in {folder}/data/public" in result.stdout
    feed = json.loads((folder / "data/public/feed.json").read_bytes())
    assert {item["title"] for item in feed["items"]} == {"Bridge closed", "Our headline"}


def test_each_source_is_reported_as_it_comes_back(run: Command, folder: Path) -> None:
    lines = run("run", "--once").stdout.splitlines()
    assert sorted(line.partition("] ")[2] for line in lines if line.startswith("[")) == [
        "north: fresh",
        "seeds: fresh",
    ]


def test_a_second_round_asks_only_what_is_due(run: Command, folder: Path) -> None:
    run("run", "--once")
    result = run("run", "--once")
    assert result.exit_code == 0
    assert "0 new entries" in result.stdout
    assert "0 files written, 0 removed" in result.stdout


def test_a_round_with_failing_sources_ends_with_3_and_publishes_the_rest(
    run: Command, folder: Path, origin: Origin
) -> None:
    origin.say("/north", status=503)
    result = run("run", "--once")
    assert result.exit_code == 3
    assert "2 sources asked, 1 in trouble; 1 new entries" in result.stdout
    assert "HTTP 503" in result.stdout
    feed = json.loads((folder / "data/public/feed.json").read_bytes())
    assert [item["title"] for item in feed["items"]] == ["Our headline"]


def test_a_bad_article_is_named_with_its_line_and_ends_with_3(run: Command, folder: Path) -> None:
    (folder / "seeds" / "b.txt").write_text("Paper\n\nHeadline\n\nNothing\n")
    result = run("run", "--once")
    assert result.exit_code == 3
    assert re.search(r"seeds/b\.txt:\s+line\s+5", result.stdout)
    assert "2 new entries" in result.stdout


def test_a_single_source_can_be_asked_due_or_not(run: Command, folder: Path, origin: Origin) -> None:
    run("run", "--once")
    result = run("run", "--once", "--source", "north")
    assert result.exit_code == 0
    assert "1 sources asked" in result.stdout
    assert len(origin.asked("/north")) == 2


def test_an_unknown_source_is_a_wrong_call(run: Command, folder: Path, origin: Origin) -> None:
    result = run("run", "--once", "--source", "north", "--source", "nrth")
    assert result.exit_code == 2
    assert "no source is named nrth" in result.stderr
    assert "aggregator list" in result.stderr
    assert origin.requests == []


def test_a_source_without_once_is_a_wrong_call(run: Command, folder: Path) -> None:
    result = run("run", "--source", "north")
    assert result.exit_code == 2
    assert "--source goes with --once" in result.stderr


@pytest.mark.parametrize("title", ["Peace & [love]", "[red]News", "News [/b]"])
def test_a_title_of_a_stranger_is_no_markup(run: Command, folder: Path, origin: Origin, title: str) -> None:
    origin.say("/north", rss(Post(title="Bridge closed", text=BRIDGE, guid="1"), title=title))
    result = run("run", "--once")
    assert result.exit_code == 0
    assert title in result.stdout
    assert title in run("status").stdout


# ---------------------------------------------------------------- status


def test_status_of_what_was_never_asked(run: Command, folder: Path, origin: Origin) -> None:
    result = run("status")
    assert result.exit_code == 0
    assert "2 sources, 0 in trouble, 0 entries stored." in result.stdout
    assert "never" in result.stdout
    assert origin.requests == []


def test_status_after_a_round(run: Command, folder: Path, origin: Origin) -> None:
    origin.say("/north", status=503)
    run("run", "--once")
    result = run("status")
    assert result.exit_code == 0
    assert "2 sources, 1 in trouble, 1 entries stored." in result.stdout
    assert "HTTP 503" in result.stdout


def test_status_names_sources_that_reserve_rights(run: Command, folder: Path, origin: Origin) -> None:
    run("run", "--once")
    assert "Rights reserved" not in run("status").stdout
    origin.say(
        "/north", rss(Post(title="x")).replace(b"<item>", b"<copyright>All rights reserved</copyright><item>")
    )
    run("run", "--once", "--source", "north")
    assert "Rights reserved, by the word of the feed: north." in run("status").stdout


def test_status_names_feeds_that_are_a_burden(
    run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aggregator.pipeline.weight.MOST_BYTES", 100)
    run("run", "--once")
    size = (folder / "data/public/rss.xml").stat().st_size
    assert f"rss.xml has {size:,} bytes" in run("status").stdout
    assert data(run("status", "--json"))["outgrown"]["rss.xml"] == size


def test_status_says_when_a_source_is_asked_and_why_then(capsys: pytest.CaptureFixture[str]) -> None:
    states = [
        a_state("slow", next_due=NOW + 5 * HOUR, habits=Habits(because="its Retry-After")),
        a_state("moved", next_due=NOW + HOUR, moved_to="https://new.example/"),
        a_state("gone", stopped="gone"),
        a_state("ended", stopped="expired"),
    ]
    source_table(states, now=NOW)
    shown = capsys.readouterr().out
    assert "in 5 h (its Retry-After)" in shown
    assert "in 1 h, at https://new.example/" in shown
    assert "never: it is gone; `run --once --source gone`" in " ".join(shown.split())
    assert "never: it is expired" in shown


def test_status_can_be_read_by_programs(run: Command, folder: Path, origin: Origin) -> None:
    origin.say("/north", status=503)
    run("run", "--once")
    north, seeds = data(run("status", "--json"))["sources"]
    assert (north["id"], north["failures"], north["last_success"], north["entries"]) == ("north", 1, None, 0)
    assert (north["troubles"][0]["cause"], north["troubles"][0]["status"]) == ("http status", 503)
    assert (seeds["id"], seeds["name"]) == ("seeds", "Our own")
    assert seeds["entries"] == 1
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", seeds["next_due"])


def test_a_source_that_is_no_longer_configured_is_not_listed(
    run: Command, folder: Path, origin: Origin
) -> None:
    run("run", "--once")
    (folder / "feeds.yaml").write_text("sources: [{id: seeds, path: 'seeds/*.txt'}]\n")
    assert [source["id"] for source in data(run("status", "--json"))["sources"]] == ["seeds"]


# ---------------------------------------------------------------- inspect


def test_inspect_shows_every_stage_of_a_feed(run: Command, origin: Origin) -> None:
    body = rss(Post(title="Bridge closed", text="<b>Cracks</b>", guid="urn:bridge", at=NOW))
    url = origin.say("/feed", body, headers={"ETag": '"1"', "Content-Type": "text/xml"})
    result = run("inspect", url)
    assert result.exit_code == 0
    found = data(result)
    assert (found["fetched"]["status"], found["fetched"]["validators"]["etag"]) == (200, '"1"')
    (document,) = found["documents"]
    assert document["document"]["size_bytes"] == len(body)
    assert (document["document"]["parser"], document["document"]["media_type"]) == ("xml", "text/xml")
    assert document["parsed"]["version"] == "rss20"
    assert document["parsed"]["entries"][0]["id"] == "urn:bridge"
    assert document["entries"][0]["html"] == "<b>Cracks</b>"
    assert document["entries"][0]["published"] == "2026-11-22T10:00:00+00:00"


def test_inspect_shows_a_local_article(run: Command, folder: Path) -> None:
    found = data(run("inspect", "seeds/a.txt"))
    (document,) = found["documents"]
    assert document["document"]["parser"] == "article"
    assert document["entries"][0]["title"] == "Our headline"
    assert document["parsed"]["entries"][0]["attribution"]["published"] == "2026-11-20"


def test_inspect_needs_no_configuration_and_stores_nothing(
    run: Command, tmp_path: Path, origin: Origin
) -> None:
    assert run("inspect", origin.say("/feed", rss())).exit_code == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("place", "message"),
    [
        pytest.param("{origin}/missing", "http status: HTTP 404", id="a status"),
        pytest.param("{origin}/page", "not a feed: ", id="a page"),
        pytest.param("missing.txt", "missing file: no file matches 'missing.txt'", id="no file"),
        pytest.param("bad.txt", "malformed: line 1", id="a bad article"),
    ],
)
def test_what_cannot_be_inspected_ends_with_1_and_says_why(
    run: Command, tmp_path: Path, origin: Origin, place: str, message: str
) -> None:
    origin.say("/page", b"<!doctype html><html><body>Hello</body></html>")
    (tmp_path / "bad.txt").write_text("Paper\n")
    result = run("inspect", place.format(origin=origin.url))
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("aggregator: ")
    assert message in result.stderr


@pytest.mark.parametrize("name", ["what?[1].txt", "*.txt"])
def test_inspect_shows_the_file_that_was_named(run: Command, tmp_path: Path, name: str) -> None:
    (tmp_path / "other.txt").write_text(article("Another headline", BRIDGE))
    (tmp_path / name).write_text(article("Our headline", CHESS))
    documents = data(run("inspect", name))["documents"]
    assert [document["entries"][0]["title"] for document in documents] == ["Our headline"]


# ---------------------------------------------------------------- what fails of ours


@pytest.mark.parametrize("command", [("run", "--once"), ("status",)], ids=" ".join)
def test_a_store_of_somebody_else_ends_with_1(run: Command, folder: Path, command: tuple[str, ...]) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "aggregator.db").write_bytes(b"a letter to my aunt" * 100)
    result = run(*command)
    assert result.exit_code == 1
    assert result.stderr.startswith("aggregator: ")
    assert "aggregator.db" in result.stderr


def test_a_folder_that_cannot_be_written_ends_with_1(run: Command, folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "public").write_text("in the way")
    result = run("run", "--once")
    assert result.exit_code == 1
    assert re.search(r"aggregator: .*data/public.* cannot be (written|removed)", result.stderr)


def test_a_folder_that_another_one_works_on_ends_with_75(run: Command, folder: Path) -> None:
    with only_one(folder / "data"):
        result = run("run", "--once")

    assert result.exit_code == 75
    assert "another aggregator" in result.stderr


def test_a_port_that_is_taken_ends_with_1(run: Command, folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (folder / "feeds.yaml").open("a") as config:
            config.write(f"server: {{port: {port}}}\n")
        result = run("run")
    assert result.exit_code == 1
    assert f"aggregator: 127.0.0.1:{port} cannot be listened on" in result.stderr


def test_relative_paths_start_at_the_configuration(
    run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    result = run("-c", "../feeds.yaml", "run", "--once")
    assert result.exit_code == 0
    assert (folder / "data" / "public" / "index.html").is_file()
    assert list(elsewhere.iterdir()) == []
