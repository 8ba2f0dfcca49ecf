"""Atom, RSS and JSON Feed: other parsers read back the same items, and equal input gives equal bytes."""

import json
import os
import pickle
import re
import subprocess
import sys
from calendar import timegm
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from aggregator.model import (
    Attribution,
    Coverage,
    Edition,
    Enclosure,
    Extra,
    Item,
    Link,
    Origin,
    Person,
    SourceCard,
)
from aggregator.publish import FORMATS, render
from aggregator.settings import Site
from tests.checker import broken
from tests.world import A_SITE, DAY, HOUR, NOW, a_line, an_edition, an_item

FEEDS = ("atom", "rss", "json")
each_feed = pytest.mark.parametrize("form", FEEDS)
each_xml = pytest.mark.parametrize("form", ["atom", "rss"])

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
DC = "{http://purl.org/dc/elements/1.1/}"


def published(edition: Edition, form: str, site: Site = A_SITE) -> bytes:
    ((name, content),) = render(edition, site, form).items()
    assert not broken(name, content)
    return content


def read(edition: Edition, form: str, site: Site = A_SITE) -> list[dict[str, Any]]:
    """Read an edition back as records that are the same for every format."""
    content = published(edition, form, site)
    if form == "json":
        return [
            {
                "id": item["id"],
                "title": item["title"],
                "link": item["url"],
                "date": datetime.fromisoformat(item["date_published"]),
                "content": item["content_html"],
                "people": [person["name"] for person in item.get("authors", [])],
                "categories": item.get("tags", []),
            }
            for item in json.loads(content)["items"]
        ]
    parsed = feedparser.parse(content, sanitize_html=False, resolve_relative_uris=False)
    assert not parsed.bozo, parsed.bozo_exception
    return [
        {
            "id": entry.id,
            "title": entry.title,
            "link": entry.link,
            "date": datetime.fromtimestamp(timegm(entry.published_parsed), tz=UTC),
            "content": entry.content[0].value,
            "people": [person.name for person in entry.get("authors", []) if person],
            "categories": [tag.term for tag in entry.get("tags", [])],
        }
        for entry in parsed.entries
    ]


def elements(edition: Edition, form: str, site: Site = A_SITE) -> Any:
    return etree.fromstring(published(edition, form, site))


EDITION = an_edition(
    an_item("bridge", authors=(Person(name="Ada"), Person(name="Bo")), categories=("one", "two & three")),
    an_item("chess", title="Ünïcode \u4f60\u597d \U0001f600 & Co.", date=NOW - DAY, updated=NOW),
    an_item("comet", url="", date=datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    an_item("strike", url="https://north.example/?a=1&b=%20\u00fc#x"),
    subtitle="All & sundry",
)


# ---------------------------------------------------------------- the same items everywhere


@each_feed
def test_every_format_carries_the_items_in_their_order(form: str) -> None:
    records = read(EDITION, form)
    assert [record["id"] for record in records] == [item.guid for item in EDITION.items]
    assert [record["title"] for record in records] == [item.entry.title for item in EDITION.items]
    assert [record["date"] for record in records] == [item.date for item in EDITION.items]


def test_all_formats_agree() -> None:
    atom, rss, jsonfeed = (read(EDITION, form) for form in FEEDS)
    assert atom == rss == jsonfeed


@each_feed
def test_a_headline_leads_to_the_outlet_or_to_the_page_of_its_story(form: str) -> None:
    links = [record["link"] for record in read(EDITION, form)]
    comet = EDITION.items[2]
    assert links[0] == "https://north.example/bridge"
    assert links[2] == f"https://planet.example/story/{comet.story_id}/"


@each_feed
def test_people_and_categories_are_named(form: str) -> None:
    record = read(EDITION, form)[0]
    assert record["people"] == ["Ada", "Bo"]
    assert record["categories"] == ["one", "two & three"]


def test_a_feed_says_when_the_latest_change_was() -> None:
    for form in ("atom", "rss"):
        assert feedparser.parse(published(EDITION, form)).feed.updated_parsed[:6] == (2026, 11, 22, 10, 0, 0)


@pytest.mark.parametrize(
    ("folder", "page"), [("", "https://planet.example/"), ("tag/music/", "https://planet.example/tag/music/")]
)
@each_feed
def test_a_feed_says_what_and_where_it_is(form: str, folder: str, page: str) -> None:
    edition = an_edition(folder=folder, title="Planet & Co.", subtitle="All & sundry")
    content, file = published(edition, form), FORMATS[form].file
    if form == "json":
        feed = json.loads(content)
        found = (feed["title"], feed["description"], feed["home_page_url"], feed["feed_url"])
    else:
        parsed = feedparser.parse(content).feed
        own = [link.href for link in parsed.links if link.rel == "self"]
        found = (parsed.title, parsed.subtitle, parsed.link, *own)
    assert found == ("Planet & Co.", "All & sundry", page, f"{page}{file}")


@pytest.mark.parametrize("form", ["atom", "rss", pytest.param("json")])
def test_an_edition_without_items_is_a_feed_without_items(form: str) -> None:
    edition = an_edition(updated=NOW)
    assert read(edition, form) == []


def test_files_lie_in_the_folder_of_their_edition() -> None:
    files = render(an_edition(folder="tag/music/"), A_SITE, *FEEDS, "html")
    assert list(files) == [f"tag/music/{name}" for name in ("atom.xml", "rss.xml", "feed.json", "index.html")]


# ---------------------------------------------------------------- content


TOLD = an_item(
    "bridge",
    summary="What is told & more.",
    html="<p>The <em>whole</em> text.</p>",
    more_recent=(
        a_line("later", title="Ferries & <more>", outlet="South & Sons", date=NOW + DAY, language="fr"),
        a_line("soon"),
    ),
    earlier=(a_line("before", date=NOW - DAY),),
    also_in=(a_line("copy", outlet="The West", relation="copy"),
             a_line("paper", outlet="On paper", url="", relation="copy")),
)  # fmt: skip


@each_feed
def test_the_content_holds_the_coverage_where_every_reader_shows_it(form: str) -> None:
    (record,) = read(an_edition(TOLD), form)
    content = record["content"]
    page = etree.fromstring(content, etree.HTMLParser(encoding="utf-8"))
    headings = [heading.text for heading in page.iter("h3")]
    assert headings == ["More recent coverage", "Earlier coverage"]
    lines = [("".join(line.itertext()), line.find("a").get("href")) for line in page.iter("li")]
    assert lines == [
        ("Ferries & <more> – South & Sons, 23 November 2026", "https://south.example/later"),
        ("The headline of soon – The South Gazette, 22 November 2026", "https://south.example/soon"),
        ("The headline of before – The South Gazette, 21 November 2026", "https://south.example/before"),
    ]
    assert '<p>Also in: <a href="https://south.example/copy">The West</a>, On paper</p>' in content


@each_feed
def test_the_first_version_already_leads_to_the_page_of_its_story(form: str) -> None:
    item = an_item()
    (record,) = read(an_edition(item), form)
    assert f'<a href="https://planet.example/story/{item.story_id}/">' in record["content"]
    assert "coverage" not in record["content"]


@pytest.mark.parametrize(
    ("given", "begins"),
    [
        pytest.param({}, "<p>What is told &amp; more.</p>", id="an excerpt"),
        pytest.param({"is_full_text": True}, "<p>The <em>whole</em> text.</p>", id="the whole text"),
        pytest.param(
            {"is_full_text": True, "html": ""}, "<p>What is told &amp; more.</p>", id="no text to have"
        ),
    ],
)
@each_feed
def test_as_much_of_the_text_goes_out_as_may(form: str, given: dict[str, Any], begins: str) -> None:
    defaults = {"summary": "What is told & more.", "html": "<p>The <em>whole</em> text.</p>"}
    (record,) = read(an_edition(an_item(**defaults | given)), form)
    assert record["content"].startswith(begins)


@pytest.mark.parametrize(
    ("url", "day", "line"),
    [
        pytest.param(
            "", True, "<p>Source: <cite>Art &amp; song</cite> (29 November 2025)</p>", id="not known"
        ),
        pytest.param(
            "https://x.example/?a&b",
            True,
            '<p>Source: <a href="https://x.example/?a&amp;b">Art &amp; song</a> (29 November 2025)</p>',
            id="known",
        ),
        pytest.param("", False, "<p>Source: <cite>Art &amp; song</cite></p>", id="without a day"),
    ],
)
@each_feed
def test_an_article_names_what_it_builds_on(form: str, url: str, day: bool, line: str) -> None:
    attribution = Attribution(
        title="Art & song", published=datetime(2025, 11, 29, tzinfo=UTC).date() if day else None
    )
    (record,) = read(an_edition(an_item(attribution=attribution, attribution_url=url)), form)
    assert line in record["content"]


# ---------------------------------------------------------------- related links


def related(edition: Edition, form: str) -> list[tuple[str, str]]:
    if form == "json":
        (item,) = json.loads(published(edition, form))["items"]
        coverage = item["_coverage"]
        return [(line["url"], line["title"]) for line in coverage["more_recent"] + coverage["earlier"]]
    links = elements(edition, form).iter(f"{ATOM}link")
    return [(link.get("href"), link.get("title")) for link in links if link.get("rel") == "related"]


@each_feed
def test_related_links_stand_in_the_markup_of_the_format(form: str) -> None:
    assert related(an_edition(TOLD), form) == [
        ("https://south.example/later", "Ferries & <more>"),
        ("https://south.example/soon", "The headline of soon"),
        ("https://south.example/before", "The headline of before"),
    ]


def test_a_related_link_in_atom_says_its_language_and_stands_behind_the_alternate() -> None:
    links = [
        dict(link.attrib)
        for link in elements(an_edition(TOLD), "atom").find(f"{ATOM}entry").iter(f"{ATOM}link")
    ]
    assert links[0] == {"href": "https://north.example/bridge"}
    assert links[1] == {
        "rel": "related",
        "href": "https://south.example/later",
        "type": "text/html",
        "title": "Ferries & <more>",
        "hreflang": "fr",
    }
    assert "hreflang" not in links[2]


@each_xml
def test_no_more_than_ten_related_links_stand_in_the_markup(form: str) -> None:
    item = an_item(more_recent=tuple(a_line(f"l{number}") for number in range(15)))
    assert len(related(an_edition(item), form)) == 10


def test_json_says_what_each_line_of_coverage_is() -> None:
    (item,) = json.loads(published(an_edition(TOLD), "json"))["items"]
    coverage = item["_coverage"]
    assert coverage["outlet"] == "The North Gazette"
    assert coverage["story_url"].startswith("https://planet.example/story/")
    assert coverage["more_recent"][0] == {
        "title": "Ferries & <more>",
        "url": "https://south.example/later",
        "outlet": "South & Sons",
        "date": "2026-11-23T10:00:00Z",
        "relation": "event",
    }
    assert [line["outlet"] for line in coverage["also_in"]] == ["The West", "On paper"]


@each_feed
def test_coverage_that_comes_later_moves_neither_id_nor_dates(form: str) -> None:
    (before,) = read(an_edition(an_item("bridge")), form)
    (after,) = read(an_edition(TOLD), form)
    assert [before[name] for name in ("id", "title", "link", "date")] == [
        after[name] for name in ("id", "title", "link", "date")
    ]


# ---------------------------------------------------------------- enclosures

EPISODE = an_item(
    "episode",
    enclosures=(
        Enclosure(url="https://x.example/a.mp3?x=1&y", media_type="audio/mpeg", size_bytes=12345),
        Enclosure(url="https://x.example/b.bin"),
    ),
)


def test_atom_and_json_carry_every_enclosure_and_rss_the_first() -> None:
    edition, first, second = an_edition(EPISODE), "https://x.example/a.mp3?x=1&y", "https://x.example/b.bin"
    links = [dict(link.attrib) for link in elements(edition, "atom").iter(f"{ATOM}link")]
    assert [link for link in links if link.pop("rel", "") == "enclosure"] == [
        {"href": first, "type": "audio/mpeg", "length": "12345"},
        {"href": second},
    ]
    (item,) = json.loads(published(edition, "json"))["items"]
    assert item["attachments"] == [
        {"url": first, "mime_type": "audio/mpeg", "size_in_bytes": 12345},
        {"url": second, "mime_type": "application/octet-stream"},
    ]
    (entry,) = feedparser.parse(published(edition, "rss")).entries
    assert [(file.href, file.type, file.length) for file in entry.enclosures] == [
        (first, "audio/mpeg", "12345")
    ]


def test_an_rss_enclosure_has_all_three_attributes() -> None:
    item = an_item(enclosures=(Enclosure(url="https://x.example/b.bin"),))
    assert dict(elements(an_edition(item), "rss").find(".//enclosure").attrib) == {
        "url": "https://x.example/b.bin",
        "length": "0",
        "type": "application/octet-stream",
    }


# ---------------------------------------------------------------- what else a source gave

GIVEN = an_item(
    "given",
    links=(
        Link(rel="license", url="https://cc.example/by"),
        Link(
            rel="replies", url="https://x.example/c", media_type="text/html", title="Replies", language="de"
        ),
    ),
    contributors=(Person(name="Eve"),),
    rights="CC BY",
    extras=(
        Extra(name="media:thumbnail", attributes=(("url", "https://x.example/t.png"),)),
        Extra(name="media:group", children=(Extra(name="media:title", text="In a group"),)),
        Extra(name="itunes:duration", text="1:02"),
    ),
)
MEDIA = "{http://search.yahoo.com/mrss/}"
ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"


@each_xml
def test_links_of_a_source_pass_through_with_all_they_say(form: str) -> None:
    links = [dict(link.attrib) for link in elements(an_edition(GIVEN), form).iter(f"{ATOM}link")]
    assert {"rel": "license", "href": "https://cc.example/by"} in links
    assert {
        "rel": "replies",
        "href": "https://x.example/c",
        "type": "text/html",
        "title": "Replies",
        "hreflang": "de",
    } in links


@each_xml
def test_elements_of_other_namespaces_pass_through_under_their_usual_prefixes(form: str) -> None:
    tree, content = elements(an_edition(GIVEN), form), published(an_edition(GIVEN), form)
    assert tree.find(f".//{MEDIA}thumbnail").get("url") == "https://x.example/t.png"
    assert tree.findtext(f".//{MEDIA}group/{MEDIA}title") == "In a group"
    assert tree.findtext(f".//{ITUNES}duration") == "1:02"
    assert content.count(b'xmlns:media="') == content.count(b'xmlns:itunes="') == 1
    assert b"xmlns:media" not in published(EDITION, form)


def test_json_says_under_one_name_what_it_has_no_field_for() -> None:
    (item,) = json.loads(published(an_edition(GIVEN), "json"))["items"]
    assert item["image"] == "https://x.example/t.png"
    assert item["_entry"]["rights"] == "CC BY"
    assert item["_entry"]["contributors"] == [{"name": "Eve"}]
    assert item["_entry"]["source"]["title"] == "The North Gazette"
    assert [link["rel"] for link in item["_entry"]["links"]] == ["license", "replies"]
    assert item["_entry"]["extras"][2] == {"name": "itunes:duration", "text": "1:02"}


def test_rss_says_as_media_what_an_enclosure_cannot() -> None:
    (first, second) = elements(
        an_edition(
            an_item(
                enclosures=(
                    Enclosure(url="https://x.example/a.mp3", title="A", duration_seconds=9),
                    Enclosure(url="https://x.example/b.mp3", media_type="audio/mpeg", size_bytes=5),
                )
            )
        ),
        "rss",
    ).findall(f".//{MEDIA}content")
    assert (first.get("duration"), first.findtext(f"{MEDIA}title")) == ("9", "A")
    assert dict(second.attrib) == {
        "url": "https://x.example/b.mp3",
        "type": "audio/mpeg",
        "fileSize": "5",
    }


def test_what_an_article_builds_on_is_a_link_via() -> None:
    item = an_item(attribution=Attribution(title="Art & song"), attribution_url="https://x.example/art")
    for form in ("atom", "rss"):
        (via,) = [link for link in elements(an_edition(item), form).iter(f"{ATOM}link")
                  if link.get("rel") == "via"]  # fmt: skip
        assert (via.get("href"), via.get("title")) == ("https://x.example/art", "Art & song")


# ---------------------------------------------------------------- whose it is


def test_what_a_planet_says_of_the_feed_it_took_an_entry_from_is_passed_on() -> None:
    origin = Origin(
        title="Far Off",
        url="https://far.example/",
        feed_url="https://far.example/feed",
        id="urn:far",
        subtitle="All of it",
        rights="CC0",
        icon="https://far.example/i.png",
        authors=(Person(name="Fay"),),
        updated=NOW - 9 * DAY,
    )
    item = an_item(origin=origin)
    entry = elements(an_edition(item), "atom").find(f"{ATOM}entry")
    (source,) = entry.findall(f"{ATOM}source")
    names = ("id", "title", "subtitle", "updated", "rights", "icon")
    assert [source.findtext(f"{ATOM}{name}") for name in names] == [
        "urn:far", "Far Off", "All of it", "2026-11-13T10:00:00Z", "CC0", "https://far.example/i.png",
    ]  # fmt: skip
    assert source.findtext(f"{ATOM}author/{ATOM}name") == "Fay"
    (via,) = [link for link in entry.findall(f"{ATOM}link") if link.get("rel") == "via"]
    assert (via.get("href"), via.get("title")) == ("https://north.example/", "The North Gazette")
    found = elements(an_edition(item), "rss").find(".//source")
    assert (found.get("url"), found.text) == ("https://far.example/feed", "Far Off")


def test_a_source_lends_its_categories_to_entries_that_have_none() -> None:
    card = SourceCard(id="north", title="North", categories=("news",), license="https://cc.example/")
    for own, lent in (((), ["news"]), (("one",), [])):
        tree = elements(an_edition(an_item(source=card, categories=own)), "atom")
        assert [tag.get("term") for tag in tree.findall(f".//{ATOM}source/{ATOM}category")] == lent
        assert tree.find(f".//{ATOM}source/{ATOM}link").get("rel") == "license"


def test_atom_names_the_feed_that_an_entry_comes_from() -> None:
    card = SourceCard(
        id="north",
        title="North & Co.",
        url="https://north.example/",
        feed_url="https://north.example/feed",
        feed_id="urn:north",
        rights="CC0",
        authors=(Person(name="Ada", email="ada@north.example", url="https://ada.example/"),),
    )
    item = an_item(source=card, rights="All mine", updated=NOW - DAY)
    source = elements(an_edition(item), "atom").find(f".//{ATOM}source")
    assert source.findtext(f"{ATOM}id") == "urn:north"
    assert source.findtext(f"{ATOM}title") == "North & Co."
    assert source.findtext(f"{ATOM}updated") == "2026-11-21T10:00:00Z"
    assert source.findtext(f"{ATOM}rights") == "CC0"
    assert {link.get("rel"): link.get("href") for link in source.iter(f"{ATOM}link")} == {
        "alternate": "https://north.example/",
        "self": "https://north.example/feed",
    }
    assert [part.text for part in source.find(f"{ATOM}author")] == [
        "Ada",
        "https://ada.example/",
        "ada@north.example",
    ]


def test_a_source_without_an_id_or_an_address_gets_an_iri_that_stays() -> None:
    def id_of(name: str) -> str:
        item = an_item(source=SourceCard(id=name, title="Seeds"))
        return str(elements(an_edition(item), "atom").findtext(f".//{ATOM}source/{ATOM}id"))

    assert id_of("seeds") == id_of("seeds") != id_of("other")
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", id_of("seeds"))


def test_rss_names_the_feed_that_an_item_comes_from() -> None:
    source = elements(an_edition(an_item()), "rss").find(".//source")
    assert (source.get("url"), source.text) == ("https://north.example/feed", "The North Gazette")
    local = an_item(source=SourceCard(id="seeds", title="Seeds"))
    assert elements(an_edition(local), "rss").find(".//source") is None


def test_a_text_without_a_named_author_is_not_said_to_be_ours() -> None:
    entry = elements(an_edition(an_item(authors=())), "atom").find(f"{ATOM}entry")
    assert entry.find(f"{ATOM}author") is not None or entry.find(f"{ATOM}source/{ATOM}author") is not None


@pytest.mark.parametrize(
    ("guid", "is_permalink"),
    [
        pytest.param("https://north.example/bridge", "true", id="the address itself"),
        pytest.param("https://north.example/?p=1", "false", id="another address"),
        pytest.param("urn:x", "false", id="a name"),
    ],
)
def test_an_rss_guid_is_a_permalink_only_where_it_is_the_link(guid: str, is_permalink: str) -> None:
    found = elements(an_edition(an_item(guid=guid)), "rss").find(".//guid")
    assert (found.text, found.get("isPermaLink")) == (guid, is_permalink)


def test_languages_rights_and_comments_are_passed_on() -> None:
    item = an_item(language="pt-BR", rights="CC0", comments="https://north.example/c")
    entry = elements(an_edition(item), "atom").find(f"{ATOM}entry")
    assert entry.get("{http://www.w3.org/XML/1998/namespace}lang") == "pt-BR"
    assert entry.findtext(f"{ATOM}rights") == "CC0"
    assert elements(an_edition(item), "rss").findtext(".//comments") == "https://north.example/c"
    assert json.loads(published(an_edition(item), "json"))["items"][0]["language"] == "pt-BR"


# ---------------------------------------------------------------- rules of the formats


def test_atom_holds_to_rfc_4287() -> None:
    feed = elements(an_edition(TOLD, *EDITION.items[1:]), "atom")
    for holder in (feed, *feed.iter(f"{ATOM}entry"), *feed.iter(f"{ATOM}source")):
        for name in ("id", "title", "updated"):
            assert len(holder.findall(f"{ATOM}{name}")) == 1
    for date in feed.iter(f"{ATOM}updated", f"{ATOM}published"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", date.text)
    assert [link.get("rel") for link in feed.findall(f"{ATOM}link")].count("self") == 1
    for entry in feed.iter(f"{ATOM}entry"):
        alternates = [
            link for link in entry.findall(f"{ATOM}link") if link.get("rel", "alternate") == "alternate"
        ]
        assert len(alternates) == 1
        assert entry.find(f"{ATOM}content").get("type") == "html"


def test_rss_holds_to_its_specification() -> None:
    channel = elements(an_edition(TOLD, *EDITION.items[1:]), "rss").find("channel")
    for name in ("title", "link", "description"):
        assert len(channel.findall(name)) == 1
    for item in channel.iter("item"):
        for name in ("title", "link", "description", "guid", "pubDate", f"{CONTENT}encoded"):
            assert len(item.findall(name)) == 1
        tags = [child.tag for child in item]
        assert tags.index("description") < tags.index(f"{CONTENT}encoded")
        assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d (GMT|\+0000)", item.findtext("pubDate"))


RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
KNOWN = {
    "feed": {"version", "title", "home_page_url", "feed_url", "description", "user_comment", "next_url",
             "icon",
             "favicon", "authors", "author", "language", "expired", "hubs", "items"},
    "item": {"id", "url", "external_url", "title", "content_html", "content_text", "summary", "image",
             "banner_image", "date_published", "date_modified", "authors", "author", "tags", "language",
             "attachments"},
    "person": {"name", "url", "avatar"},
    "attachment": {"url", "mime_type", "title", "size_in_bytes", "duration_in_seconds"},
}  # fmt: skip


def faults(feed: dict[str, Any]) -> list[str]:
    """Hold a JSON Feed against jsonfeed.org/version/1.1."""
    found = [f"feed: {key}" for key in feed if key not in KNOWN["feed"] and not key.startswith("_")]
    if feed.get("version") != "https://jsonfeed.org/version/1.1" or next(iter(feed)) != "version":
        found.append("version")
    found += [name for name in ("title",) if not isinstance(feed.get(name), str)]
    found += ["hub"] * ("external_url" in str(feed))
    ids = [item.get("id") for item in feed["items"]]
    found += ["ids"] * (len(set(ids)) != len(ids))
    for item in feed["items"]:
        found += [
            f"item: {key}" for key in item if key not in KNOWN["item"] and not re.fullmatch(r"_[^.]+", key)
        ]
        found += ["id"] * (not isinstance(item["id"], str) or not item["id"])
        found += ["content"] * (not (item.get("content_html") or item.get("content_text")))
        for name in ("date_published", "date_modified"):
            found += [name] * (not RFC3339.fullmatch(item.get(name, "")))
        for person in [*item.get("authors", []), *filter(None, [item.get("author")])]:
            found += ["person"] * (not person or not set(person) <= KNOWN["person"])
        for file in item.get("attachments", []):
            found += ["attachment"] * (not {"url", "mime_type"} <= set(file) <= KNOWN["attachment"])
        found += ["tags"] * (not all(isinstance(tag, str) for tag in item.get("tags", [])))
        found += ["extension"] * (not isinstance(item["_coverage"], dict) or "about" not in item["_coverage"])
        found += ["null"] * (None in item.values())
    return found


@pytest.mark.parametrize(
    "edition",
    [
        pytest.param(an_edition(), id="empty"),
        pytest.param(EDITION, id="several"),
        pytest.param(an_edition(TOLD, EPISODE), id="with everything"),
        pytest.param(an_edition(an_item(authors=(Person(email="a@x.example"), Person(url="https://x.example/")))),
                     id="people without names"),
    ],
)  # fmt: skip
def test_json_feed_holds_to_its_specification(edition: Edition) -> None:
    assert faults(json.loads(published(edition, "json"))) == []


# ---------------------------------------------------------------- characters

HOSTILE = "]]> <![CDATA[ & &amp; &#0; < > \" ' <!-- --> <?xml?> </title> " + (
    "\u2028\u0085\u00a0\ufffd\U0010fffd \U0001f469\u200d\U0001f680 \u00ac {{ x }} %s"
)


def titles(form: str, edition: Edition) -> list[str]:
    if form == "json":
        return [item["title"] for item in json.loads(published(edition, form))["items"]]
    return [
        title.text
        for title in elements(edition, form).iterfind(
            f".//{ATOM}entry/{ATOM}title" if form == "atom" else ".//item/title"
        )
    ]


@each_feed
def test_any_character_comes_back_as_it_went_in(form: str) -> None:
    person, line = Person(name=HOSTILE), a_line(title=HOSTILE, outlet=HOSTILE)
    item = an_item(
        title=HOSTILE,
        summary=HOSTILE,
        authors=(person,),
        categories=(HOSTILE,),
        rights=HOSTILE,
        source=SourceCard(
            id="x", title=HOSTILE, rights=HOSTILE, authors=(person,), feed_url="https://x.example/"
        ),
        outlet=HOSTILE,
        more_recent=(line,),
        also_in=(line,),
        attribution=Attribution(title=HOSTILE),
    )
    site = Site(title=HOSTILE, subtitle=HOSTILE, author=HOSTILE, url="https://planet.example/")
    edition = an_edition(item, title=HOSTILE, subtitle=HOSTILE)
    assert titles(form, edition) == [HOSTILE]
    content = published(edition, form, site)
    assert json.loads(content) if form == "json" else etree.fromstring(content) is not None


XML_TEXT = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"), min_size=1, max_size=40
).filter(str.strip)


@settings(deadline=None, max_examples=50)
@given(XML_TEXT)
def test_every_format_gives_back_every_title(title: str) -> None:
    edition = an_edition(an_item(title=title))
    assert [titles(form, edition) for form in FEEDS] == [[title]] * 3


@each_feed
def test_an_address_is_respelt_only_where_no_iri_can_hold_it(form: str) -> None:
    url = "https://north.example/%7Ea/?q=a|b&c='\"[]%20100%#\u00fc"
    link = "https://north.example/%7Ea/?q=a%7Cb&c='%22%5B%5D%20100%25#\u00fc"
    assert read(an_edition(an_item(url=url)), form)[0]["link"] == link


# ---------------------------------------------------------------- the same bytes


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_edition_gives_the_same_bytes(form: str) -> None:
    edition = an_edition(TOLD, EPISODE, *EDITION.items[1:])
    assert published(edition, form) == published(edition, form)


PROGRAM = """
import pickle, sys
from aggregator.publish import render
edition, site, forms = pickle.load(sys.stdin.buffer)
sys.stdout.buffer.write(b"".join(b"".join(render(edition, site, form).values()) for form in forms))
"""


def test_another_process_in_another_place_gives_the_same_bytes() -> None:
    elsewhere = {
        "PYTHONHASHSEED": "7",
        "TZ": "Pacific/Kiritimati",
        "LC_ALL": "C.UTF-8",
        "LANG": "de_DE.UTF-8",
    }
    edition = an_edition(TOLD, EPISODE, *EDITION.items[1:])
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=pickle.dumps((edition, A_SITE, tuple(FORMATS))),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **elsewhere},
        capture_output=True,
        check=True,
    ).stdout
    assert found == b"".join(published(edition, form) for form in FORMATS)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda item: an_item("bridge", title="Another"), id="a title"),
        pytest.param(lambda item: an_item("bridge", more_recent=(a_line(),)), id="a line of coverage"),
        pytest.param(lambda item: an_item("bridge", updated=NOW + HOUR), id="an update"),
    ],
)
@pytest.mark.parametrize("form", ["atom", "json"])
def test_a_change_shows(form: str, change: Callable[[Item], Item]) -> None:
    assert published(an_edition(an_item("bridge")), form) != published(
        an_edition(change(an_item("bridge"))), form
    )


@each_feed
def test_what_an_item_says_does_not_depend_on_its_neighbours(form: str) -> None:
    alone, among = read(an_edition(TOLD), form), read(an_edition(EPISODE, TOLD, *EDITION.items[1:]), form)
    assert alone[0] == among[1]


def test_the_order_of_coverage_is_that_of_the_item() -> None:
    lines: tuple[Coverage, ...] = tuple(a_line(str(n), date=NOW - timedelta(hours=n)) for n in range(5))
    edition = an_edition(an_item(more_recent=lines))
    for form in FEEDS:
        assert [url for url, _ in related(edition, form)] == [line.url for line in lines]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_each_item_of_a_json_feed_is_a_line(count: int) -> None:
    edition = an_edition(*(an_item(f"n{n}", title="One \x85 two \u2028 three") for n in range(count)))
    (written,) = render(edition, A_SITE, "json").values()
    lines = [line.removesuffix(",") for line in written.decode().split("\n") if line.startswith('{"')]
    assert list(map(json.loads, lines)) == json.loads(written)["items"]
    assert len(lines) == count
