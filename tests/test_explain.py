"""`aggregator explain`: a newcomer reads why two entries are together or apart."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from aggregator.cli import cli
from tests.world import BRIDGE, BRIDGE_AGAIN, CHESS, Origin, Post, rss

Ask = Callable[..., Result]
MODEL = Path(__file__).parent / "data" / "meaning"

CLOSED = Post(
    title="Cracks close the Wirra bridge in Karlstad", text=BRIDGE, guid="urn:1", link="https://n.example/1"
)
CARRIED = Post(
    title="Cracks close the Wirra bridge in Karlstad", text=BRIDGE, guid="urn:2", link="https://s.example/2"
)
AGAIN = Post(
    title="Karlstad: Wirra bridge shut after cracks",
    text=BRIDGE_AGAIN,
    guid="urn:3",
    link="https://s.example/3",
)
WON = Post(
    title="Okonkwo wins the candidates tournament", text=CHESS, guid="urn:4", link="https://s.example/4"
)


@pytest.fixture
def ask(tmp_path: Path, origin: Origin, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Run the command on a store of four entries in two sources."""
    monkeypatch.chdir(tmp_path)
    origin.say("/north", rss(CLOSED))
    origin.say("/south", rss(CARRIED, AGAIN, WON))
    sources = "\n".join(
        f"  - {{id: {name}, url: '{origin.url}/{name}', allow_private: true}}" for name in ("north", "south")
    )
    (tmp_path / "feeds.yaml").write_text(f"fetch: {{host_delay: 0s, workers: 1}}\nsources:\n{sources}\n")

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(cli, arguments, prog_name="aggregator", catch_exceptions=False)

    assert call("run", "--once").exit_code == 0
    return lambda *arguments: call("explain", *arguments)


def test_copies_are_called_copies(ask: Ask) -> None:
    found = ask("https://n.example/1", "https://s.example/2")
    assert found.exit_code == 0
    assert "They are copies of one text." in found.output
    assert "same text               1.000 of 0.440  yes" in found.output


def test_one_event_shows_its_words_and_how_to_part_it(ask: Ask) -> None:
    found = ask(AGAIN.title, "https://n.example/1")
    assert "They are in one story, and no copies." in found.output
    words = next(line for line in found.output.splitlines() if line.startswith("Words they share"))
    assert "wirra" in words
    assert "To part them: stories.overrides: - {action: split" in found.output


def test_two_stories_show_what_is_missing_and_how_to_put_them_together(ask: Ask) -> None:
    found = ask(WON.title, "https://n.example/1")
    assert "They are in two stories." in found.output
    assert "To make one of the two stories: stories.overrides: - {action: merge" in found.output


def test_a_and_b_are_as_they_were_given(ask: Ask) -> None:
    assert f"A: {AGAIN.title}" in ask("https://s.example/3", "https://n.example/1").output
    assert f"B: {AGAIN.title}" in ask("https://n.example/1", "https://s.example/3").output


def test_the_address_of_a_story_page_names_its_first_entry(ask: Ask) -> None:
    story = json.loads(ask("--json", "https://n.example/1").output)["one"]["placed"]["story_id"]
    assert f"A: {CLOSED.title}" in ask(f"http://127.0.0.1:8080/story/{story}/index.html").output


def test_one_entry_is_explained_by_the_nearest(ask: Ask) -> None:
    assert "Wirra bridge shut after cracks" in ask("https://s.example/3").output
    assert "it founded its story" in ask("https://s.example/4").output


def test_the_same_as_data(ask: Ask) -> None:
    found = json.loads(ask("--json", "https://n.example/1", "https://s.example/3").output)
    assert found["one"]["brief"]["title"] == CLOSED.title
    assert [rung["rung"] for rung in found["rungs"]] == ["url", "text", "event"]
    assert found["two"]["decision"]["because"]["rung"] == "event"
    assert found["remedies"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "no such thing", "no stored entry has the id, address or title 'no such thing'", id="unknown"
        ),
        pytest.param(CLOSED.title, "names several entries", id="two of one title"),
    ],
)
def test_what_names_no_single_entry_is_refused(ask: Ask, text: str, message: str) -> None:
    found = ask(text)
    assert found.exit_code == 2
    assert message in found.output


def test_in_two_languages_the_meaning_is_told(ask: Ask, origin: Origin, tmp_path: Path) -> None:
    pont = Post(
        title="Pont Wirra : fissures",
        text="Le pont Wirra est fermé.",
        guid="urn:5",
        link="https://f.example/5",
    )
    origin.say("/french", rss(pont).replace(b"<description>d", b"<language>fr</language><description>d"))
    config = tmp_path / "feeds.yaml"
    source = f"  - {{id: french, url: '{origin.url}/french', allow_private: true}}"
    config.write_text(f"{config.read_text()}{source}\nstories: {{model: '{MODEL}'}}\n")
    CliRunner().invoke(cli, ["run", "--once"], catch_exceptions=False)
    assert "same in two languages" in ask("https://f.example/5", "https://n.example/1").output
