"""The commands of every day: what they say to people, to pipes and to machines, and to wrong input."""

import json
import os
import shutil
import subprocess
import sys
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from aggregator import pipeline
from aggregator.cli import COMMANDS, cli
from aggregator.cli.exits import EXIT_CODES
from aggregator.cli.manual import configuration_keys
from aggregator.instance import only_one
from aggregator.model import SourceEvent
from aggregator.settings import Settings
from aggregator.store import open_store
from tests.docs.made import parts
from tests.world import BRIDGE, BRIDGE_AGAIN, CHESS, HOUR, NOW, HereEngine, Origin, Post, rss

Command = Callable[..., Result]

TITLE = "Cracks close the Wirra bridge in Karlstad"
AGAIN = "Karlstad: Wirra bridge shut after cracks"
WON = "Okonkwo wins the candidates tournament"
CLOSED = Post(title=TITLE, text=BRIDGE, guid="urn:1", link="https://n.example/1", at=NOW - 4 * HOUR)
CARRIED = Post(title=TITLE, text=BRIDGE, guid="urn:2", link="https://s.example/2", at=NOW - 3 * HOUR)
LATER = Post(title=AGAIN, text=BRIDGE_AGAIN, guid="urn:3", link="https://s.example/3", at=NOW - 2 * HOUR)
GAME = Post(title=WON, text=CHESS, guid="urn:4", link="https://s.example/4", at=NOW - 5 * HOUR)

CONFIG = """
site: {{title: Planet, url: https://planet.example/}}
fetch: {{host_delay: 0s, workers: 1}}
outputs:
  - {{name: hot, collapse: hot, outlets: 3}}
  - {{name: each, collapse: entries}}
  - {{name: games, search: tournament, limit: 1}}
stories: {{overrides: [{{action: pin, title: "Okonkwo*"}}]}}
sources:
  - {{id: north, url: "{origin}/north", allow_private: true, tags: [news]}}
  - {{id: south, url: "{origin}/south", allow_private: true, name: The South Herald}}
"""


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, prog_name="aggregator", catch_exceptions=False)


def speak(origin: Origin) -> None:
    origin.say("/north", rss(CLOSED))
    origin.say("/south", rss(CARRIED, LATER, GAME))


@contextmanager
def open_here(settings: Settings) -> Iterator[HereEngine]:
    yield HereEngine(settings)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Origin]]:
    """A folder with four entries of two sources stored and published, and their origin: made once."""
    folder, server = tmp_path_factory.mktemp("world"), Origin()
    speak(server)
    (folder / "feeds.yaml").write_text(CONFIG.format(origin=server.url))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "open_workers", open_here)
        assert call("-c", str(folder / "feeds.yaml"), "run", "--once").exit_code == 0
    yield folder, server
    server.close()


@pytest.fixture
def origin(world: tuple[Path, Origin]) -> Origin:
    """Their origin, saying what it said at first."""
    speak(world[1])
    return world[1]


@pytest.fixture
def empty(tmp_path: Path, origin: Origin, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run commands in a folder with a configuration, where nothing was stored yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pipeline, "open_workers", open_here)
    for name in ("AGGREGATOR_CONFIG", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "feeds.yaml").write_text(CONFIG.format(origin=origin.url))
    return call


@pytest.fixture
def run(empty: Command, world: tuple[Path, Origin], tmp_path: Path) -> Command:
    """The same, with a copy of that world."""
    shutil.copytree(world[0] / "data", tmp_path / "data")
    return empty


def data(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def story_of(run: Command, url: str) -> str:
    return str(data(run("show", url, "--json"))["item"]["story_id"])


def places(run: Command, name: str) -> dict[str, Any]:
    found = data(run("explain", name, "--json"))["published"]
    return {presence["output"]: presence for presence in found["presences"]}


# ---------------------------------------------------------------- show


def test_show_tells_how_each_entry_joined(run: Command) -> None:
    shown = run("show", "https://n.example/1").stdout
    assert shown.startswith(f"{TITLE}\n")
    assert "founded a story: nothing was near enough" in shown
    assert "copy of The North Gazette: same text, 1.000 of 0.440" in shown
    assert "grouped with The North Gazette: same event, " in shown
    assert "told by 2 outlets" in shown


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("{story}", id="its id"),
        pytest.param("{short}", id="how that begins"),
        pytest.param("https://planet.example/story/{story}/", id="its page"),
        pytest.param("https://planet.example/story/{story}/atom.xml", id="its feed"),
        pytest.param("https://s.example/3", id="an entry of it"),
        pytest.param("http://www.s.example/3?utm_source=x", id="the same address otherwise spelt"),
        pytest.param(TITLE, id="the title of two of its entries"),
    ],
)
def test_a_story_is_named_by_all_that_can_mean_no_other(run: Command, name: str) -> None:
    story = story_of(run, "https://n.example/1")
    given = name.format(story=story, short=story[:8])
    assert data(run("show", given, "--json"))["item"]["story_id"] == story


def test_show_names_its_page_and_feed_and_what_you_said_of_it(run: Command) -> None:
    story = story_of(run, "https://s.example/4")
    shown = run("show", WON).stdout
    assert f"page https://planet.example/story/{story}/\n" in shown
    assert f"feed https://planet.example/story/{story}/atom.xml\n" in shown
    assert f"By your stories.overrides[0]: pin {story}\n" in shown


def test_an_address_of_another_site_is_no_page_of_ours(run: Command, origin: Origin) -> None:
    link = "https://n.example/story/first/"
    origin.say("/north", rss(CLOSED, Post(title="Another", text="Of something else.", guid="u", link=link)))
    run("run", "--once", "--source", "north")
    assert data(run("show", link, "--json"))["item"]["entry"]["title"] == "Another"


# ---------------------------------------------------------------- search


def test_a_search_prints_a_line_a_story_in_a_pipe(run: Command) -> None:
    result = run("search", "bridge", "karlstad")
    names, story = result.stdout.splitlines()
    assert names.split() == ["Date", "Outlet", "Headline", "Outlets", "Story"]
    assert story.endswith(f"  {story_of(run, 'https://n.example/1')}")
    assert "\x1b" not in result.stdout


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        pytest.param(["bridge"], [TITLE], id="a word"),
        pytest.param(["brid*"], [TITLE], id="how one begins"),
        pytest.param(["tournament,", "bridge", "--source", "north"], [TITLE], id="a source"),
        pytest.param(["bridge", "--since", "2026-11-23"], [], id="since a day"),
        pytest.param(["bridge", "--until", "2026-11-22"], [TITLE], id="that day included"),
        pytest.param(["bridge", "--until", "2026-11-22T01:00"], [], id="until a moment"),
        pytest.param(["tournament,", "bridge", "--limit", "1"], 1, id="a limit"),
    ],
)
def test_a_search_can_be_narrowed(run: Command, arguments: list[str], found: Any) -> None:
    titles = [story["entry"]["title"] for story in data(run("search", "--json", *arguments))["stories"]]
    assert (len(titles) if isinstance(found, int) else titles) == found


def test_a_span_counts_back_from_now(run: Command) -> None:
    assert data(run("search", "bridge", "--since", "1000d", "--json"))["stories"]
    assert not data(run("search", "bridge", "--until", "1000d", "--json"))["stories"]


def test_where_nothing_is_found_it_says_so_beside_the_report(run: Command) -> None:
    result = run("search", "zebra")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "Nothing was found" in result.stderr


# ---------------------------------------------------------------- status


def test_status_names_sources_that_fell_silent(run: Command, tmp_path: Path) -> None:
    event = SourceEvent(source_id="north", kind="silent", detail="2026-10-01", at=NOW)
    with open_store(tmp_path / "data" / "aggregator.db") as store, store.transaction():
        store.health.tell(event)
    assert "Silent: north (since 2026-10-01).\n" in run("status").stdout
    assert data(run("status", "--json"))["silent"] == {"north": "2026-10-01"}


# ---------------------------------------------------------------- explain of one


def test_explain_says_of_every_output_whether_an_entry_is_there_and_why(run: Command) -> None:
    found = places(run, "https://n.example/1")
    assert {name: (place["is_in"], place["reason"]) for name, place in found.items()} == {
        "all": (True, "lead"),
        "tag/news": (True, "lead"),
        "hot": (False, "not hot"),
        "each": (True, "lead"),
        "games": (False, "not selected"),
    }
    assert (found["all"]["position"], found["all"]["total"]) == (1, 2)
    assert found["all"]["since"]


def test_a_copy_stands_under_its_lead_and_not_among_entries(run: Command) -> None:
    found = places(run, "https://s.example/2")
    assert found["all"]["reason"] == "copy"
    assert (found["each"]["is_in"], found["each"]["reason"]) == (False, "copied")


def test_what_came_later_stands_in_the_list(run: Command) -> None:
    assert places(run, AGAIN)["all"]["reason"] == "more recent"


def test_what_is_beyond_the_limit_is_in_the_archive(run: Command, tmp_path: Path) -> None:
    config = tmp_path / "feeds.yaml"
    config.write_text(config.read_text().replace("\nsources:", "\npublish: {limit: 1}\nsources:"))
    assert run("run", "--once", "--source", "north").exit_code == 0
    old = next(n for n in (TITLE, WON) if not places(run, story_of(run, n))["all"]["is_in"])
    place = places(run, story_of(run, old))["all"]
    assert (place["reason"], place["archive"]) == ("archived", "https://planet.example/archive/1/atom.xml")


def test_what_was_taken_down_says_so_by_its_address(run: Command) -> None:
    assert run("takedown", "https://s.example/4").exit_code == 0
    result = run("explain", "https://s.example/4")
    assert result.exit_code == 0
    assert "all: no, it was taken down" in result.stdout


def test_what_was_never_stored_and_taken_down_says_so(run: Command) -> None:
    run("takedown", "https://s.example/never")
    result = run("explain", "https://s.example/never")
    assert (result.exit_code, "was taken down" in result.stderr) == (2, True)


def test_a_source_that_was_removed_is_named(run: Command) -> None:
    assert run("remove", "south").exit_code == 0
    run("run", "--once")
    assert places(run, "https://s.example/4")["all"]["reason"] == "source removed"


def test_people_are_told_of_both_in_one_go(run: Command) -> None:
    told = run("explain", "https://s.example/3").stdout
    assert "They are in one story, and no copies." in told
    assert "  hot: no, 2 of 3 outlets tell of it\n" in told


# ---------------------------------------------------------------- open


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that the browser was given."""
    found: list[str] = []

    def take(address: str) -> bool:
        found.append(address)
        return True

    monkeypatch.setattr(webbrowser, "open", take)
    return found


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        pytest.param([], "", id="the combined page"),
        pytest.param(["tag/news"], "tag/news/", id="a tag"),
        pytest.param(["games"], "games/", id="an output"),
        pytest.param(["north"], "source/north/", id="a source"),
        pytest.param([WON], "story/", id="a story"),
    ],
)
def test_open_opens_the_page_of_what_is_named(
    run: Command, opened: list[str], arguments: list[str], path: str
) -> None:
    result = run("open", *arguments)
    assert opened == [result.stdout.strip()]
    assert opened[0].startswith(f"https://planet.example/{path}")


def test_without_a_site_and_a_daemon_the_file_is_opened(
    run: Command, opened: list[str], tmp_path: Path
) -> None:
    config = tmp_path / "feeds.yaml"
    config.write_text(config.read_text().replace(", url: https://planet.example/", ""))
    assert run("open").stdout == f"{(tmp_path / 'data/public/index.html').as_uri()}\n"
    with only_one(tmp_path / "data"):
        assert run("open").stdout == "http://127.0.0.1:8080/\n"


def test_where_there_is_no_browser_the_address_is_told(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda _: False)
    result = run("open")
    assert (result.exit_code, result.stdout) == (0, "https://planet.example/\n")
    assert "no browser" in result.stderr


# ---------------------------------------------------------------- wrong input


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["show", "zebra"], "`aggregator search WORDS` finds by words", id="an unknown story"),
        pytest.param(["show", " "], "no stored entry has the id", id="nothing"),
        pytest.param(["explain", "https://x.example/"], "`aggregator status` says", id="an unknown address"),
        pytest.param(["open", "zebra"], "no stored entry has", id="an unknown page"),
        pytest.param(["search", "!!"], "There is no word in that", id="no words"),
        pytest.param(
            ["search", "x", "--source", "zebra"], "`aggregator list` names them", id="an unknown source"
        ),
        pytest.param(["search", "x", "--since", "soon"], "2026-11-22", id="no date"),
        pytest.param(["search", "x", "--until", "9999-12-31"], "2026-11-22", id="the end of time"),
        pytest.param(["run", "--once", "--source", "zebra"], "`aggregator list` names them", id="of run"),
        pytest.param(["run", "--json"], "--json goes with --once", id="json of a daemon"),
        pytest.param(["completion", "tcsh"], "'bash', 'zsh', 'fish'", id="an unknown shell"),
    ],
)
def test_what_nothing_is_named_ends_with_2_and_says_what_to_do(
    run: Command, arguments: list[str], said: str
) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_what_names_several_is_listed_with_titles(run: Command, origin: Origin) -> None:
    twin = Post(title=WON, text="Another game, of other people, in another town altogether.", guid="urn:9")
    origin.say("/north", rss(CLOSED, twin))
    run("run", "--once", "--source", "north")
    result = run("explain", WON, TITLE)
    assert result.exit_code == 2
    assert result.stderr.count(f"  {WON}\n") == 2
    assert "Give one of these ids" in result.stderr


@pytest.mark.parametrize("command", ["show", "search", "explain", "open"])
def test_where_nothing_was_stored_it_ends_with_1_and_makes_nothing(
    empty: Command, tmp_path: Path, command: str
) -> None:
    result = empty(command, "bridge")
    assert result.exit_code == 1
    assert "nothing was stored yet; `aggregator run` does it" in result.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("command", ["show", "search", "explain"])
def test_a_damaged_store_ends_with_1_and_names_the_way_out(
    run: Command, tmp_path: Path, command: str
) -> None:
    store = tmp_path / "data" / "aggregator.db"
    for journal in store.parent.glob("aggregator.db-*"):
        journal.unlink()
    store.write_bytes(b"SQLite format 3\0" + b"\xff" * 8000)
    result = run(command, "bridge")
    assert (result.exit_code, "restore" in result.stderr) == (1, True)


@pytest.mark.parametrize("command", ["list", "status", "show x", "search x", "explain x", "export", "backup"])
def test_a_store_that_is_somebody_elses_ends_with_1_and_says_what_to_do(
    run: Command, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    real = Path.exists

    def exists(path: Path, **choices: bool) -> bool:
        if path.name == "aggregator.db":
            raise PermissionError(13, "Permission denied")  # root would be let in
        return real(path, **choices)

    monkeypatch.setattr(Path, "exists", exists)
    result = run(*command.split())
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Permission denied; run this as the user whose it is" in result.stderr


def test_one_at_work_is_no_reason_not_to_look(run: Command, tmp_path: Path) -> None:
    with only_one(tmp_path / "data"):
        for command in ("show", "search", "explain"):
            assert run(command, TITLE if command == "show" else "https://n.example/1").exit_code in (0, 2)
        assert run("run", "--once").exit_code == 75


def test_faults_of_a_configuration_can_be_read_by_programs(empty: Command, tmp_path: Path) -> None:
    (tmp_path / "feeds.yaml").write_text("site:\n  titel: x\n")
    result = empty("check", "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["ok"], told["faults"][0]["line"]) == (2, False, 2)


# ---------------------------------------------------------------- documents for machines


def test_what_changes_the_configuration_tells_machines_what_it_did(
    run: Command, origin: Origin, tmp_path: Path
) -> None:
    url = origin.say("/west", rss(Post(title="New", text="Some news of the west.", guid="urn:w")))
    (added,) = data(run("add", "--allow-private", "--json", url))["added"]
    assert (added["outcome"], added["feed"], added["preview"]["entries"][0]["title"]) == ("added", url, "New")
    told = data(run("remove", added["id"], "--json"))
    assert (told["dry_run"], told["removed"][0]["place"]) == (False, url)
    told = data(run("takedown", "https://s.example/4", "--json"))
    assert (told["kind"], told["entries"], told["is_published"]) == ("url", 1, True)


def test_a_round_and_backups_tell_machines_what_they_did(run: Command, tmp_path: Path) -> None:
    told = data(run("run", "--once", "--source", "north", "--json"))
    assert [report["outcome"] for report in told["reports"]] == ["unchanged"]
    told = data(run("backup", "copy.db", "--json"))
    assert told == {"file": "copy.db", "size_bytes": (tmp_path / "copy.db").stat().st_size}
    assert data(run("restore", "copy.db", "--json"))["file"] == "copy.db"


def test_what_is_unknown_to_add_is_told_machines_as_well(run: Command, origin: Origin) -> None:
    result = run("add", "--allow-private", "--json", f"{origin.url}/nowhere")
    (told,) = json.loads(result.stdout)["added"]
    assert (result.exit_code, told["outcome"], bool(told["why"])) == (3, "failed", True)


@pytest.mark.parametrize("command", ["list", "status", "search tournament", "show urn:4", "run --once"])
def test_a_pipe_gets_no_colors_and_no_cut_lines(empty: Command, command: str, tmp_path: Path) -> None:
    name = " ".join(["A name that is longer than any terminal is wide"] * 6)
    config = tmp_path / "feeds.yaml"
    config.write_text(config.read_text().replace("The South Herald", name))
    assert name in empty("run", "--once").stdout
    result = empty(*command.split())
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout
    assert name in result.stdout or command == "run --once"  # nothing is due


# ---------------------------------------------------------------- completion and the manual


def test_help_offers_every_command_without_importing_it() -> None:
    code = (
        "import sys\nfrom aggregator.cli import cli\nfrom click.shell_completion import BashComplete\n"
        "found = BashComplete(cli, {}, 'aggregator', '_X').get_completions([], '')\n"
        "print(len(found), [n for n in sys.modules if n.startswith('aggregator.cli.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"{len(COMMANDS)} ['aggregator.cli.exits']\n"


def test_completing_sources_loads_neither_pydantic_nor_the_store(empty: Command) -> None:
    code = (
        "import sys\nfrom aggregator.cli import cli\nfrom click.shell_completion import BashComplete\n"
        "found = BashComplete(cli, {}, 'aggregator', '_X').get_completions(['remove'], '')\n"
        "print([item.value for item in found], {'pydantic', 'sqlite3', 'aiohttp'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['north', 'south'] set()\n"


@pytest.fixture
def program(tmp_path: Path) -> dict[str, str]:
    """An environment in which a shell finds our command."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "aggregator"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m aggregator "$@"\n')
    script.chmod(0o755)
    root = str(Path(__file__).parent.parent)
    return os.environ | {"PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": root, "HOME": str(tmp_path)}


BASH = """
source <(aggregator completion bash)
COMP_WORDS=({words}); COMP_CWORD={last}; _aggregator_completion aggregator
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
ZSH = """
autoload -Uz compinit; compinit -u
compadd() {{ print -l -- ${{(P)@[-1]}}; }}
_describe() {{ print -l -- ${{(P)3}}; }}
eval "$(aggregator completion zsh)"
words=({words}); CURRENT=$(({last} + 1)); _aggregator_completion
"""
FISH = "aggregator completion fish | source; complete -C '{line}'"


@pytest.mark.parametrize(
    ("shell", "script"),
    [
        pytest.param("bash", BASH, id="bash"),
        pytest.param("zsh", ZSH, id="zsh"),
        pytest.param("fish", FISH, id="fish"),
    ],
)
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        pytest.param("aggregator run --source no", {"north"}, id="a source"),
        pytest.param("aggregator search --js", {"--json"}, id="an option"),
    ],
)
def test_a_shell_completes(
    empty: Command, program: dict[str, str], shell: str, script: str, line: str, offered: set[str]
) -> None:
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    code = script.format(words=line, last=len(line.split()) - 1, line=line)
    flags = ["--norc"] if shell == "bash" else ["-f"] if shell == "zsh" else ["--no-config"]
    done = subprocess.run(
        [shell, *flags, "-c", code], capture_output=True, text=True, env=program, check=True
    )
    assert {
        found.partition("\t")[0].partition(":")[0] for found in done.stdout.split("\n") if found
    } == offered


def test_a_configuration_that_is_wrong_or_not_there_completes_to_nothing(tmp_path: Path) -> None:
    command = cli.get_command(click.Context(cli), "remove")
    assert command
    for text in (None, "sources: 3", "sources: [{id: }, 7, [x]]", "\t", "[]"):
        path = tmp_path / "feeds.yaml"
        if text is not None:
            path.write_text(text)
        root = click.Context(cli, info_name="aggregator")
        root.params["config"] = path
        with click.Context(command, parent=root) as ctx:
            assert [item.value for item in command.params[0].shell_complete(ctx, "n")] == []


def test_the_manual_tells_every_command_key_and_exit_code(empty: Command) -> None:
    page = empty("man").stdout.replace("\\-", "-")
    assert all(f"\n.SS {name}\n" in page for name in COMMANDS)
    assert all(f"\n.B {key}\n" in page for key, _, _ in configuration_keys())
    assert all(f"\n.B {code}\n{told}" in page for code, told in EXIT_CODES.items())


def test_the_manual_and_the_pages_name_the_same_keys() -> None:
    told = {(key.path, key.default.strip("`")) for part in parts() for key in part.keys}
    assert {(path, default) for path, default, _ in configuration_keys()} == told


@pytest.mark.parametrize(
    "reader", [["mandoc", "-T", "lint", "-W", "error"], ["groff", "-man", "-ww", "-Tutf8"]], ids="".join
)
def test_the_manual_is_well_formed(empty: Command, reader: list[str]) -> None:
    if not shutil.which(reader[0]):
        pytest.skip(f"{reader[0]} is not installed")
    page = empty("man").stdout.encode()
    done = subprocess.run(reader, input=page, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
