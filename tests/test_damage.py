"""Whatever happens to the bytes of a store: it is found, or nothing that is published is lost by it.

`python -m pytest -m full -s tests/test_damage.py` does it to a thousand copies, and prints the figures.
"""

import random
import shutil
from dataclasses import replace
from pathlib import Path

import feedparser
import pytest

from aggregator import pipeline
from aggregator.daemon.corridor import Corridor
from aggregator.settings import Settings
from tests.world import NOW, Origin, Post, a_name, a_round, a_settings, a_source, rss

ENTRIES = 60


def harm(path: Path, dice: random.Random) -> str:
    """Do something to a store, and return what."""
    content = bytearray(path.read_bytes())
    deed = dice.choice(["flip", "flip", "flip", "noise", "cut", "header", "empty", "hole"])
    if deed == "flip":
        for _ in range(dice.choice([1, 10, 100, 1000])):
            content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    elif deed == "noise":
        at, length = dice.randrange(len(content)), dice.choice([16, 512, 4096, 40_000])
        content[at : at + length] = dice.randbytes(len(content[at : at + length]))
    elif deed == "cut":
        del content[dice.randrange(1, len(content)) :]
    elif deed == "header":
        content[:100] = bytes(100)
    elif deed == "empty":
        content.clear()
    else:
        page = dice.randrange(len(content) // 8192) * 8192
        content[page : page + 8192] = bytes(8192)
    path.write_bytes(content)
    return deed


def started(settings: Settings) -> str:
    """Let the daemon start, and publish; return "damaged" when it let go of the store, "" when it goes on."""
    corridor = Corridor(settings, lambda: NOW, NOW.timestamp)
    try:
        for _ in range(2):  # a fault is tried again at once
            corridor.beat()
        return corridor.vitals.trouble.partition(":")[0]
    finally:
        corridor.close()


def _words(n: int) -> str:
    return " ".join(a_name(f"{n} {word}")[:8] for word in range(100))


@pytest.mark.parametrize(
    "count", [12, pytest.param(1000, marks=[pytest.mark.full, pytest.mark.timeout(3000)])]
)
def test_damage_is_found_or_harms_nothing_that_is_published(
    tmp_path: Path, origin: Origin, count: int
) -> None:
    posts = [Post(title=a_name(f"{n}"), text=_words(n), guid=f"urn:{n}") for n in range(ENTRIES)]
    whole = a_settings(tmp_path / "whole", a_source(origin.say("/north", rss(*posts))))
    (tmp_path / "whole").mkdir()
    a_round(whole)
    feed = pipeline.public_folder(whole) / "atom.xml"
    expected = len(feedparser.parse(feed.read_bytes()).entries)
    assert expected > ENTRIES / 2
    dice, found = random.Random(5), 0
    for turn in range(count):
        folder = tmp_path / f"turn{turn}"
        shutil.copytree(tmp_path / "whole", folder)
        settings = a_settings(folder, *whole.sources)
        harm(pipeline.store_path(settings), dice)
        end = started(settings)
        assert end in ("", "damaged")
        found += end == "damaged"
        there = feedparser.parse((pipeline.public_folder(settings) / "atom.xml").read_bytes())
        assert len(there.entries) == expected
        shutil.rmtree(folder)
    print(f"{found} of {count} damages found at once, 0 feeds emptied")  # noqa: T201 -- the figures


def test_what_was_configured_while_a_store_was_damaged_holds_for_the_one_after_it(
    tmp_path: Path, origin: Origin
) -> None:
    source = a_source(origin.say("/north", rss(Post(title="Bridge closed", guid="1"))))
    settings = a_settings(tmp_path, source)
    a_round(settings)
    path = pipeline.store_path(settings)
    shutil.copy(path, tmp_path / "copy.db")
    path.write_bytes(b"")
    corridor = Corridor(settings, lambda: NOW, NOW.timestamp)
    assert corridor.vitals.trouble.startswith("damaged")
    other = replace(settings, site=replace(settings.site, title="Another name"))
    corridor.reload(other)
    (tmp_path / "copy.db").replace(path)
    corridor.beat()
    corridor.close()
    assert (corridor.vitals.trouble, corridor.settings.site.title) == ("", "Another name")
    assert b"Another name" in (pipeline.public_folder(settings) / "atom.xml").read_bytes()
