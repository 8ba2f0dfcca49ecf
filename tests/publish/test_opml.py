"""OPML of the sources: what other readers need to subscribe, grouped by tag, and nothing of our own files."""

from datetime import datetime
from typing import Any

from lxml import etree

from aggregator.model import FeedInfo, SourceState
from aggregator.publish.opml import FILE, render_opml
from aggregator.settings import Site
from tests.checker import broken
from tests.world import A_SITE, NOW, a_state

HOSTILE = "]]> & < > \" ' <!-- \u2028 \U0001f600"


def read(*sources: SourceState, site: Site = A_SITE, modified: datetime | None = None) -> Any:
    content = render_opml(sources, site, modified=modified)
    assert not broken(FILE, content)
    return etree.fromstring(content)


def outlines(tree: Any) -> list[dict[str, str]]:
    return [dict(outline.attrib) for outline in tree.iter("outline") if outline.get("xmlUrl")]


FULL = a_state(
    name="The North",
    tags=("news", "music"),
    feed=FeedInfo(title="Own title", url="https://north.example/", subtitle="All the news", language="de"),
)


def test_the_document_is_opml_2() -> None:
    tree = read(FULL, site=Site(title="Planet", author="Ada", url="https://planet.example/"))
    assert (tree.tag, tree.get("version")) == ("opml", "2.0")
    assert tree.findtext("head/title") == "Planet"
    assert tree.findtext("head/ownerName") == "Ada"
    assert FILE == "sources.opml"


def test_a_feed_says_all_that_a_reader_needs() -> None:
    assert outlines(read(FULL)) == [
        {
            "text": "The North",
            "title": "The North",
            "type": "rss",
            "xmlUrl": "https://north.example/feed",
            "htmlUrl": "https://north.example/",
            "description": "All the news",
            "language": "de",
            "category": "news,music",
        }
    ]


def test_what_is_not_known_is_left_out() -> None:
    assert outlines(read(a_state())) == [
        {"text": "north", "title": "north", "type": "rss", "xmlUrl": "https://north.example/feed"}
    ]


def test_local_files_are_not_listed() -> None:
    seeds = a_state("seeds", kind="path", address="seeds/*.txt", tags=("ours",))
    tree = read(seeds, a_state())
    assert [outline["text"] for outline in outlines(tree)] == ["north"]
    assert "seeds" not in etree.tostring(tree, encoding="unicode")
    assert "ours" not in etree.tostring(tree, encoding="unicode")


def test_feeds_stand_under_their_first_tag_and_once_only() -> None:
    tree = read(
        a_state("c", tags=("news", "music")),
        a_state("b"),
        a_state("a", tags=("news",)),
        a_state("d", tags=("art",)),
    )
    groups = {
        outline.get("text"): [feed.get("text") for feed in outline]
        for outline in tree.find("body")
        if not outline.get("xmlUrl")
    }
    assert groups == {"art": ["d"], "news": ["c", "a"]}
    assert [outline.get("text") for outline in tree.find("body") if outline.get("xmlUrl")] == ["b"]
    assert sorted(outline["text"] for outline in outlines(tree)) == ["a", "b", "c", "d"]


def test_no_sources_are_said_to_be_none() -> None:
    assert [dict(outline.attrib) for outline in read().find("body")] == [{"text": "No feeds"}]


def test_an_address_stands_as_configured_where_an_iri_can_hold_it() -> None:
    url = "https://north.example/%7Efeed?a=1&b='%20\"<>"
    iri = url.replace('"', "%22").replace("<", "%3C").replace(">", "%3E")
    assert outlines(read(a_state(address=url)))[0]["xmlUrl"] == iri


def test_any_character_comes_back_as_it_went_in() -> None:
    state = a_state(name=HOSTILE, tags=(HOSTILE,), feed=FeedInfo(subtitle=HOSTILE))
    tree = read(state, site=Site(title=HOSTILE, author=HOSTILE, url="https://planet.example/"))
    (outline,) = outlines(tree)
    assert (outline["text"], outline["description"]) == (HOSTILE, HOSTILE)
    assert tree.findtext("head/title") == tree.findtext("head/ownerName") == HOSTILE


def test_the_same_sources_give_the_same_bytes() -> None:
    assert render_opml([FULL, a_state("south")], A_SITE) == render_opml([FULL, a_state("south")], A_SITE)
    assert b"dateModified" not in render_opml([FULL], A_SITE)


def test_a_date_of_change_is_spelt_as_mail_does() -> None:
    assert read(FULL, modified=NOW).findtext("head/dateModified") == "Sun, 22 Nov 2026 10:00:00 GMT"
