"""What an Atom feed says it deleted."""

import pytest

from aggregator.model import Deletion
from aggregator.parse.tombstones import read_deletions
from tests.parse.roads import tree_of
from tests.world import NOW

SPACES = "xmlns='http://www.w3.org/2005/Atom' xmlns:at='http://purl.org/atompub/tombstones/1.0'"
STONE = "<at:deleted-entry ref=' urn:a ' when='2026-11-22T11:00:00+01:00'><at:by/></at:deleted-entry>"


def deletions(feed: str) -> tuple[Deletion, ...]:
    tree = tree_of(feed.encode())
    return read_deletions(tree) if tree else ()


def test_each_is_an_id_and_a_moment() -> None:
    feed = f"\n<?xml version='1.0'?><feed {SPACES}><entry/>{STONE}{STONE.replace('urn:a', 'urn:b')}</feed>"
    assert deletions(feed) == (Deletion(ref="urn:a", when=NOW), Deletion(ref="urn:b", when=NOW))


@pytest.mark.parametrize(
    "feed",
    [
        pytest.param(f"<feed {SPACES}><entry>{STONE}</entry></feed>", id="in an entry"),
        pytest.param(f"<feed {SPACES}>{STONE}", id="in half a feed"),
        pytest.param(f"<rss {SPACES}>{STONE}</rss>", id="in RSS"),
        pytest.param(
            f"<!DOCTYPE feed [<!ENTITY a 'b'>]><feed {SPACES}>{STONE}</feed>", id="beside an entity"
        ),
        pytest.param(f"<feed {SPACES}>{STONE.replace('ref', 'href')}</feed>", id="of nothing"),
        pytest.param(f"<feed {SPACES}>{STONE.replace('2026', 'MMXXVI')}</feed>", id="at no time"),
        pytest.param("<feed xmlns='http://www.w3.org/2005/Atom'/>", id="nothing"),
    ],
)
def test_what_says_less_says_nothing(feed: str) -> None:
    assert deletions(feed) == ()
