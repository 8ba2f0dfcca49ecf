"""The documentation is true and whole: what there is stands in it, and what stands in it is there."""

import re
import shlex
import shutil
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import click
import pytest

from aggregator import yamls
from aggregator.cli.exits import EXIT_CODES
from aggregator.config import load_settings, parse_settings
from tests.docs import pages
from tests.docs.made import HERE, MADE, command_tree, parts
from tests.docs.pages import DOCS, TOP, Block, by_page
from tests.test_house import FLOORS

AGAIN = "`python -m tests.docs` writes it anew"
OTHERS = {"prometheus", "litestream", "osmosfeed.yaml"}  # whose YAML it is, by the second word of a fence
OF_OTHERS = {  # options of what is no command of ours, by page
    "benchmarks.md": {"--only", "--save"},
    "testing.md": {"--only", "--folder"},
}
COMMANDS = command_tree()
NAMES = {name for part in parts() for name in (part.name, *(key.path for key in part.keys))}
SETTINGS = {name.replace("[]", "") for name in NAMES}  # in running text often without
FILES = (".html", ".opml", ".xml", ".db")
PARTS = {name.partition(".")[0] for name in SETTINGS if "." in name}


# ---------------------------------------------------------------- pages that are made


@pytest.mark.parametrize("name", MADE)
def test_a_page_that_is_made_is_current(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == MADE[name](), AGAIN


def keys_below(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, list):
        for part in value:
            yield from keys_below(part, f"{path}[]" if isinstance(part, dict) else path)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from keys_below(inner, f"{path}.{key}".removeprefix("."))
    else:
        yield path


def test_every_setting_has_an_example() -> None:
    told = set(keys_below(yamls.load((HERE / "examples.yaml").read_text(encoding="utf-8")).value))
    lacking = {
        key.path
        for part in parts()
        for key in part.keys
        if not any(path == key.path or path.startswith((f"{key.path}.", f"{key.path}[")) for path in told)
    }
    assert not lacking, "each needs one in tests/docs/examples.yaml; then `python -m tests.docs`"


# ---------------------------------------------------------------- configuration


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that examples name."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copytree(TOP / "tests" / "data" / "meaning", folder / "encoder")
    (folder / "theme").mkdir()
    (folder / "theme" / "style.css").write_text("p {}")
    (folder / "tls").mkdir()
    for name in ("south.login", "album.login", "tls/ca.pem", "tls/home.pem", "tls/home.key"):
        (folder / name).write_text("user:word")
        (folder / name).chmod(0o600)
    return folder


@pytest.mark.parametrize(
    "block",
    [pytest.param(b, id=b.place) for b in pages.blocks("yaml") if b.about not in OTHERS],
)
def test_every_configuration_can_be_loaded(block: Block, desk: Path) -> None:
    text = f"sources:\n{block.text}" if block.text.startswith("- ") else block.text
    parse_settings(text, path=desk / "feeds.yaml")


def test_the_examples_together_are_one_configuration(desk: Path) -> None:
    parse_settings((HERE / "examples.yaml").read_text(encoding="utf-8"), path=desk / "feeds.yaml")


@by_page("settings")
def test_every_setting_that_is_named_exists(page: Path) -> None:
    for code in pages.inline(page):
        if re.fullmatch(r"[a-z]+(\[\])?(\.[a-z_]+(\[\])?)+", code) and re.split(r"[.\[]", code)[0] in PARTS:
            assert code.endswith(FILES) or code.replace("[]", "") in SETTINGS, code
        elif pair := re.fullmatch(r"([a-z_]+): (\S.*)", code):
            assert pair[1] in {name.rpartition(".")[2] for name in SETTINGS}, code


# ---------------------------------------------------------------- commands


def calls_in(text: str) -> Iterator[list[str]]:
    """Yield the words of every call of ours in some lines of a shell, or in code within a line."""
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars=True)
        words.whitespace_split = True
        for is_word, group in groupby(words, key=lambda word: word[0] not in "();<>|&"):
            call = list(group)
            call = call[3:] if call[:2] == ["podman", "exec"] else call
            if is_word and len(call) > 1 and Path(call[0]).name == "aggregator":
                yield call[1:]


def wrong_with(words: list[str]) -> str:
    """Say what is wrong with a call, or nothing."""
    command: click.Command = COMMANDS[""]
    names = {name for param in command.params for name in param.opts} | {"--help", "-h"}
    rest = list(words)
    while rest and rest[0].startswith("-"):
        if rest[0] not in names:
            return f"there is no option {rest[0]} before a command"
        rest = rest[2:] if rest[0] in ("-c", "--config") else rest[1:]
    if not rest:
        return ""
    if rest[0] not in COMMANDS:
        return f"there is no command {rest[0]}"
    command = COMMANDS[rest[0]]
    if isinstance(command, click.Group) and len(rest) > 1:
        command = command.commands[rest[1]]
    known = {name for param in command.params for name in (*param.opts, *param.secondary_opts)} | {
        "--help",
        "-h",
    }
    unknown = [
        word for word in rest[1:] if re.match(r"--?[a-z]", word) and word.partition("=")[0] not in known
    ]
    return f"{rest[0]} has no option {unknown[0]}" if unknown else ""


@pytest.mark.parametrize("block", [pytest.param(b, id=b.place) for b in pages.blocks("sh", "console")])
def test_every_command_in_a_block_exists(block: Block) -> None:
    lines = block.text
    if block.kind == "console":
        lines = "\n".join(line for line in lines.splitlines() if line.startswith("$ "))
    assert [fault for words in calls_in(lines) if (fault := wrong_with(words))] == []


@by_page("commands")
def test_every_command_within_a_line_exists(page: Path) -> None:
    called = (
        words for code in pages.inline(page) if code.startswith("aggregator ") for words in calls_in(code)
    )
    faults = [
        wrong_with(words) for words in called if not words[0].isupper() and not words[0].startswith("[")
    ]
    assert [fault for fault in faults if fault] == []


@by_page("options")
def test_every_option_within_a_line_exists(page: Path) -> None:
    known = {name for command in COMMANDS.values() for param in command.params for name in param.opts}
    named = {code.split()[0] for code in pages.inline(page) if re.match(r"--[a-z]", code)}
    assert named - known - {"--help"} == OF_OTHERS.get(page.name, set())


def test_every_exit_code_is_documented() -> None:
    told = re.findall(r"^\| (\d+) \| (.*) \|$", pages.text_of(DOCS / "commands.md"), re.MULTILINE)
    assert {int(code): words for code, words in told} == EXIT_CODES


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        ("aggregator run --once", ""),
        ("$ .venv/bin/aggregator -c x.yaml run --once && echo", ""),
        ("aggregator rnu", "no command rnu"),
        ("aggregator run --twice", "run has no option --twice"),
        ("x || aggregator --loud run", "no option --loud"),
    ],
)
def test_calls_are_found_and_judged(call: str, fault: str) -> None:
    (words,) = calls_in(call)
    assert fault in wrong_with(words)
    assert bool(fault) == bool(wrong_with(words))


# ---------------------------------------------------------------- links


@by_page("links")
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in pages.links(page):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        if anchor:
            assert anchor in pages.anchors(target), link


def test_every_page_is_in_the_index() -> None:
    listed = set(pages.links(DOCS / "README.md"))
    missing = {page.name for page in DOCS.glob("*.md")} - {"README.md"} - listed
    assert not missing, "docs/README.md lists the pages"


@by_page("lines")
def test_code_within_a_line_ends_there(page: Path) -> None:
    assert [line for line in pages.prose(page).splitlines() if line.count("`") % 2] == []


@by_page("paths")
def test_every_file_of_the_project_that_is_named_exists(page: Path) -> None:
    for code in pages.inline(page):
        if re.fullmatch(r"(?:tests|docs|requirements|aggregator|\.ci)/[\w./-]+", code):
            assert (TOP / code).exists(), code


def test_the_shipped_configuration_is_sound() -> None:
    assert load_settings(TOP / "feeds.yaml").sources


def test_every_room_of_the_house_stands_on_its_floor_in_the_page_on_contributing() -> None:
    _, plan, *_ = (DOCS / "contributing.md").read_text(encoding="utf-8").split("```text\n")
    told = set(re.findall(r"\w+", plan.partition("```")[0]))
    assert set(FLOORS) - {"__main__"} <= told
