"""The judge can tell: what is right passes, and each rule that is broken is named."""

import json
import re
from collections.abc import Callable

import pytest

from aggregator.model import Enclosure, Person
from aggregator.publish import render
from aggregator.publish.opml import render_opml
from tests.checker import broken, broken_site, check, check_site
from tests.world import A_SITE, a_line, a_state, an_edition, an_item

EDITION = an_edition(
    an_item(
        "bridge",
        authors=(Person(name="Ada", email="ada@north.example", url="https://ada.example/"),),
        categories=("one",),
        enclosures=(Enclosure(url="https://x.example/a.mp3", media_type="audio/mpeg", size_bytes=9),),
        more_recent=(a_line(language="fr"),),
    ),
    an_item("chess"),
)
FILES = render(EDITION, A_SITE, "atom", "rss", "json") | {"sources.opml": render_opml([a_state()], A_SITE)}
TEXTS = {name: content.decode() for name, content in FILES.items()}


Becomes = str | Callable[[re.Match[str]], str]


def faults_after(name: str, pattern: str, becomes: Becomes) -> list[str]:
    """Break a file once, where a pattern stands, and judge it."""
    found, times = re.subn(pattern, becomes, TEXTS[name], count=1, flags=re.DOTALL)
    assert times == 1, f"{pattern} does not stand in {name}"
    return broken(name, found.encode())


def test_what_is_right_passes() -> None:
    check(FILES)
    check_site(FILES)


@pytest.mark.parametrize(
    ("pattern", "becomes", "fault"),
    [
        pytest.param("<id>tag:[^<]*</id>", "", "4.1.1: feed has no id", id="no id"),
        pytest.param("<title>", "<title>x</title><title>", "4.1.1: feed has 2 title", id="two titles"),
        pytest.param("</title>", '</title><link href="https://x.example/"/>'
                     '<link href="https://y.example/"/>', "2 alternate links", id="two alternates"),
        pytest.param("<updated>[^<]*</updated>", "<updated>22 Nov 2026</updated>", "3.3", id="no date"),
        pytest.param("<updated>([^<]*)Z</updated>", r"<updated>\1z</updated>", "3.3", id="a small z"),
        pytest.param("<published>....-..", "<published>2026-13", "3.3", id="a thirteenth month"),
        pytest.param('rel="self"', 'rel="related"', "PB-01", id="no self"),
        pytest.param("<entry.*?<id>[^<]*", lambda m: re.sub("<id>.*", "<id>not an id", m[0]), "4.2.6",
                     id="an id that is no IRI"),
        pytest.param('href="https://north.example/bridge"', 'href="/bridge"', "4.2.7.1", id="a relative one"),
        pytest.param('href="https://north.example/bridge"', 'href="https://x.example/a b"', "4.2.7.1",
                     id="a space in an address"),
        pytest.param('hreflang="fr"', 'hreflang="français"', "4.2.7.4", id="no language"),
        pytest.param('type="audio/mpeg"', 'type="audio"', "4.2.7.3", id="no media type"),
        pytest.param('length="9"', 'length="9 bytes"', "4.2.7.6", id="no length"),
        pytest.param('term="one"', "", "4.2.2.1", id="a category without a term"),
        pytest.param("<name>Ada</name>", "", "a person has no name", id="nobody"),
        pytest.param("ada@north.example", "ada", "3.2.3", id="no mailbox"),
        pytest.param("<source>.*?</source>", "<source/>", "PB-07", id="a bare source"),
        pytest.param("<content type=\"html\">", '<content type="multipart/x">', "4.1.3.1", id="multipart"),
        pytest.param("<content type=\"html\">", '<content type="html"><b/>', "4.1.3.3", id="markup as is"),
        pytest.param("&lt;p&gt;", '&lt;a href="/x"&gt;&lt;p&gt;', "PB-12", id="a relative link in HTML"),
        pytest.param("&lt;p&gt;", "&lt;script&gt;&lt;p&gt;", "PB-12", id="a script"),
        pytest.param("<entry", "<headline/><entry", "6.4", id="an element of nobody's"),
        pytest.param("<entry", "<pubDate xmlns=''/><entry", "6.4", id="an element of RSS"),
        pytest.param("<feed", '<!DOCTYPE feed><feed', "DOCTYPE", id="a DOCTYPE"),
        pytest.param("</feed>", "", "XML 1.0", id="no end"),
        pytest.param("encoding='UTF-8'|encoding=\"UTF-8\"", 'encoding="ISO-8859-1"', "4.3.3", id="latin"),
        pytest.param("<entry", '<h:archive xmlns:h="http://purl.org/syndication/history/1.0"/><entry',
                     "5005 4", id="an archive of nothing"),
        pytest.param("<entry", '<h:complete xmlns:h="http://purl.org/syndication/history/1.0"/>'
                     '<link rel="prev-archive" href="https://x.example/"/><entry', "5005 2",
                     id="complete and more"),
        pytest.param("<entry", '<t:deleted-entry xmlns:t="http://purl.org/atompub/tombstones/1.0"'
                     ' ref="urn:x" when="yesterday"/><entry', "6721 3", id="deleted on no day"),
        pytest.param("<entry", '<t:deleted-entry xmlns:t="http://purl.org/atompub/tombstones/1.0"'
                     ' ref="https://north.example/id/bridge" when="2031-01-01T00:00:00Z"/><entry',
                     "lives, though deleted later", id="deleted and alive"),
    ],
)  # fmt: skip
def test_a_broken_rule_of_atom_is_named(pattern: str, becomes: Becomes, fault: str) -> None:
    assert fault in "\n".join(faults_after("atom.xml", pattern, becomes))


def test_one_id_twice_is_named_in_every_format() -> None:
    twice = render(an_edition(an_item("bridge"), an_item("bridge")), A_SITE, "atom", "rss", "json")
    for name, content in twice.items():
        assert "stands twice" in "\n".join(broken(name, content))


@pytest.mark.parametrize(
    ("pattern", "becomes", "fault"),
    [
        pytest.param('version="2.0"', 'version="0.91"', "of version 0.91", id="another version"),
        pytest.param("<description>[^<]*</description>", "", "channel has no description", id="no text"),
        pytest.param("<link>", "<link>/x", "the channel's link", id="a relative one"),
        pytest.param("<lastBuildDate>[^<]*", "<lastBuildDate>2026-11-22", "lastBuildDate", id="an ISO date"),
        pytest.param("<pubDate>Sun, ", "<pubDate>Mon, ", "pubDate", id="the wrong weekday"),
        pytest.param("<pubDate>(.*?)2026", r"<pubDate>\g<1>26", "pubDate", id="a year of two digits"),
        pytest.param("<guid.*?</guid>", "", "PB-20: an item has no guid", id="no guid"),
        pytest.param('isPermaLink="false"', 'isPermaLink="true"', "permalink", id="no permalink"),
        pytest.param('length="9"', "", "the length None", id="an enclosure without length"),
        pytest.param('type="audio/mpeg"', "", "the type None", id="an enclosure without type"),
        pytest.param('<source url="[^"]*"', "<source", "a source is at None", id="a source nowhere"),
        pytest.param("<item>", "<item><author>Ada</author>", "no mailbox", id="an author without mailbox"),
        pytest.param("<item>", "<item><summary>x</summary>", "no namespace", id="an element of Atom"),
        pytest.param("<item>(.*?)(<description>.*?</description>)(.*?)</item>", r"<item>\1\3\2</item>",
                     "before the description", id="content first"),
        pytest.param('rel="self"', 'rel="via"', "links to itself", id="no self"),
        pytest.param("<dc:creator>.*?</dc:creator>", "", "PB-61", id="nobody's"),
        pytest.param("<item", '<h:complete xmlns:h="http://purl.org/syndication/history/1.0"/>'
                     '<h:archive xmlns:h="http://purl.org/syndication/history/1.0"/><item', "5005 2",
                     id="complete and an archive"),
    ],
)  # fmt: skip
def test_a_broken_rule_of_rss_is_named(pattern: str, becomes: str, fault: str) -> None:
    assert fault in "\n".join(faults_after("rss.xml", pattern, becomes))


@pytest.mark.parametrize(
    ("pattern", "becomes", "fault"),
    [
        pytest.param("version/1.1", "version/1", "version is", id="another version"),
        pytest.param('"title": "Planet",', "", "feed has no title", id="no title"),
        pytest.param('"id": "[^"]*",', "", "item has no id", id="no id"),
        pytest.param('"id": "[^"]*",', '"id": 7,', "id of item is 7", id="a number for an id"),
        pytest.param('"content_html"', '"summary"', "no content", id="no content"),
        pytest.param('"date_published": "', '"date_published": "x', "date_published", id="no date"),
        pytest.param('"mime_type": "audio/mpeg",', "", "attachment has no mime_type", id="no media type"),
        pytest.param('"url": "https://x.example/a.mp3",', "", "attachment has no url", id="no address"),
        pytest.param('"_coverage"', '"_cover.age"', "extension", id="a point in a name"),
        pytest.param('"about"', '"for"', "extension", id="an extension without about"),
        pytest.param('"title"', '"Titel"', "feed has Titel", id="a name of nobody's"),
        pytest.param('"url": "https://north', '"external_url": "https://x.example/", "url": "https://north',
                     "PB-24", id="an outside link"),
        pytest.param('"tags": \\[', '"tags": [7, ', "a tag is no text", id="a number for a tag"),
        pytest.param("}\n$", "", "8259", id="no end"),
    ],
)  # fmt: skip
def test_a_broken_rule_of_json_feed_is_named(pattern: str, becomes: str, fault: str) -> None:
    assert fault in "\n".join(faults_after("feed.json", pattern, becomes))


@pytest.mark.parametrize(
    ("pattern", "becomes", "fault"),
    [
        pytest.param('version="2.0"', "", "of version None", id="no version"),
        pytest.param("<head>.*</head>", "", "not one head and one body", id="no head"),
        pytest.param("<outline.*/>", "", "body has no outline", id="nothing"),
        pytest.param('text="[^"]*"', "", "an outline has no text", id="no text"),
        pytest.param('xmlUrl="[^"]*"', "", "a subscription is at None", id="no address"),
        pytest.param(' type="rss"', "", "a feed is no subscription", id="no type"),
        pytest.param("<docs>", "<dateCreated>today</dateCreated><docs>", "dateCreated", id="no date"),
    ],
)
def test_a_broken_rule_of_opml_is_named(pattern: str, becomes: str, fault: str) -> None:
    assert fault in "\n".join(faults_after("sources.opml", pattern, becomes))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        pytest.param("rss.xml", ("<dc:creator>Ada", "<dc:creator>Bo"), id="another author"),
        pytest.param(
            "rss.xml", ("https://south.example/later", "https://south.example/x"), id="another link"
        ),
        pytest.param("feed.json", ("T09:00:00Z", "T08:00:00Z"), id="another date"),
    ],
)
def test_formats_that_disagree_are_named(name: str, change: tuple[str, str]) -> None:
    files = FILES | {name: TEXTS[name].replace(*change).encode()}
    assert any("PB-26" in fault for fault in broken_site(files))


def test_formats_in_another_order_are_named() -> None:
    feed = json.loads(FILES["feed.json"])
    feed["items"].reverse()
    assert "another order" in "\n".join(broken_site(FILES | {"feed.json": json.dumps(feed).encode()}))
