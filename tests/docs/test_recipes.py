"""The quick start and the recipes do what they say, on feeds of our own."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from aggregator import pipeline
from aggregator.cli import cli
from aggregator.config import parse_settings
from aggregator.settings import Settings
from tests.docs import pages
from tests.test_pipeline import AGAIN, TITLE
from tests.world import (
    BRIDGE,
    BRIDGE_AGAIN,
    CHESS,
    HOUR,
    NOW,
    Origin,
    Post,
    a_fetch,
    a_round,
    files_below,
    rss,
)

RECIPES = {block.about: block for block in pages.blocks("yaml", page="recipes.md")}
AUDIO = "https://cdn.example/tides-1.mp3"
POSTS = (
    Post(title=TITLE, text=BRIDGE, guid="urn:1"),
    Post(title=AGAIN, text=BRIDGE_AGAIN, guid="urn:2"),
    Post(title="Okonkwo wins in Lagos", text=CHESS, guid="urn:3", at=NOW - 2 * HOUR),
)


def test_there_are_six() -> None:
    assert list(RECIPES) == ["planet", "newsroom", "podcasts", "private", "static", "nginx"]


@pytest.fixture
def cook(tmp_path: Path, origin: Origin) -> Callable[[str], dict[str, bytes]]:
    """Run a recipe once, its sources told by an origin on loopback; return what it published."""

    def run(name: str) -> dict[str, bytes]:
        (tmp_path / "album.login").write_text("us:word")
        (tmp_path / "album.login").chmod(0o600)
        (tmp_path / "announcements").mkdir()
        (tmp_path / "announcements" / "meeting.md").write_text("---\ntitle: We meet\n---\nOn the bridge.\n")
        settings = parse_settings(RECIPES[name].text, path=tmp_path / "feeds.yaml")
        a_round(told_here(settings, origin))
        return files_below(pipeline.public_folder(settings))

    return run


def told_here(settings: Settings, origin: Origin) -> Settings:
    """Put an origin of ours in the place of each source: one post each, and each another."""
    sources: list[Any] = []
    posts: Iterator[Post] = iter(POSTS)
    for source in settings.sources:
        if source.url:
            feed = rss(next(posts)).replace(
                b"</item>", f'<enclosure url="{AUDIO}" type="audio/mpeg"/></item>'.encode()
            )
            address = origin.say(f"/{source.id}", feed)
            source = replace(source, url=address, allow_private=True, obey_robots=False)
        sources.append(source)
    return replace(settings, sources=tuple(sources), fetch=a_fetch())


def test_the_planet_has_every_post_whole_and_what_several_members_write_of(
    cook: Callable[[str], dict[str, bytes]],
) -> None:
    files = cook("planet")
    for post in (*POSTS, Post(title="We meet")):
        assert f"<title>{post.title}</title>".encode() in files["atom.xml"]
    assert BRIDGE.split(".")[-2].strip().encode() in files["atom.xml"]
    assert files["discussed/atom.xml"].count(b"<entry>") == 1
    assert {"tag/builders/atom.xml", "tag/announcements/index.html", "sources.opml"} <= files.keys()


def test_podcasts_come_with_their_audio_in_one_feed(cook: Callable[[str], dict[str, bytes]]) -> None:
    files = cook("podcasts")
    assert files["rss.xml"].count(f'<enclosure url="{AUDIO}"'.encode()) == 2
    assert "atom.xml" not in files


def test_the_private_feed_lies_where_only_its_token_leads(cook: Callable[[str], dict[str, bytes]]) -> None:
    files = cook("private")
    (token,) = re.findall(r"token: ([\w-]+)", RECIPES["private"].text)
    assert files.pop(f"family-{token}/atom.xml").count(b"<entry>") == 2  # stories
    assert files.pop(f"family-{token}/rss.xml")
    assert not [name for name, body in files.items() if token.encode() in name.encode() + body]


def test_the_newsroom_has_what_is_hot_and_its_firehose(cook: Callable[[str], dict[str, bytes]]) -> None:
    files = cook("newsroom")
    assert "hot/atom.xml" in files
    assert list(files).count("firehose-9f0c2a71d5b8/feed.json") == 1


def test_the_quick_start_works_as_it_is_written(
    tmp_path: Path, origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = '<link rel="alternate" type="application/rss+xml" href="/feed">'
    page = f"<!DOCTYPE html><html><head><title>Bridges</title>{link}</head><body></body></html>".encode()
    home = origin.say("/", page, headers={"Content-Type": "text/html"})
    origin.say("/feed", rss(*POSTS))
    monkeypatch.chdir(tmp_path)
    for block in pages.blocks("console", page="start.md"):
        text = block.text.replace("https://bridges.example/", home).replace(
            "add --yes", "add --allow-private --yes"
        )
        for command, told in said(text):
            if command[0] == "cd":
                monkeypatch.chdir(command[1])
                continue
            result = CliRunner().invoke(cli, command[1:])
            assert result.exit_code == 0, result.output
            assert re.fullmatch(told, result.stdout, re.DOTALL), f"{command}:\n{result.stdout}"


def said(console: str) -> Iterator[tuple[list[str], str]]:
    """Yield the commands of a console, each with a pattern of what is shown; `…` stands for anything."""
    for part in console.split("$ ")[1:]:
        command, _, told = part.partition("\n")
        yield command.split(), re.escape(told).replace("…", ".*")
