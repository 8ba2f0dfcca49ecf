"""Pages: sound markup, nothing of a stranger runs, every link leads somewhere, and the days come in order."""

import posixpath
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import html5lib
import pytest

from aggregator.errors import Cause, OutputError
from aggregator.model import Attribution, Edition, FeedInfo, Item, Person, SourceState, Trouble
from aggregator.publish import render
from aggregator.publish.html import render_river, render_sources, render_story, render_style
from aggregator.settings import Site
from tests.world import A_SITE, DAY, HOUR, NOW, a_line, a_state, an_edition, an_item

HTML = "{http://www.w3.org/1999/xhtml}"
HOSTILE = '</title></p></a></script><script>alert(1)</script><img src=x onerror=alert(1)>"' + (
    '\' onclick="x" & &lt; {{ 7*7 }}'
)


def parse(page: bytes) -> Any:
    """Parse a page as a browser does; fail on anything a browser would have to mend."""
    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"))
    tree = parser.parse(page, transport_encoding="utf-8")
    assert [(code, page[:0]) for _, code, _ in parser.errors] == []
    return tree


def river(*items: Item, site: Site = A_SITE, **given: Any) -> Any:
    return parse(render_river(an_edition(*items, **given), site))


def story(item: Item, site: Site = A_SITE) -> Any:
    return parse(
        render_story(an_edition(item, folder=f"story/{item.story_id}/", title=item.entry.title), site)
    )


def sources(*states: SourceState, site: Site = A_SITE) -> Any:
    return parse(render_sources(states, an_edition(folder="sources/"), site))


def every(tree: Any, name: str, /, **attributes: str) -> list[Any]:
    return [
        element
        for element in tree.iter(f"{HTML}{name}")
        if all(element.get(key.rstrip("_")) == value for key, value in attributes.items())
    ]


def text(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


FULL = an_item(
    "bridge",
    title="Ferries & trains",
    summary="What is told.",
    html='<p>The <em>whole</em> text, <a href="https://x.example/" rel="nofollow">here</a>.</p>',
    is_full_text=True,
    language="de",
    authors=(Person(name="Ada"), Person(email="bo@x.example")),
    outlets=3,
    attribution=Attribution(title="Its source", published=date(2025, 11, 29)),
    attribution_url="https://source.example/",
    more_recent=(a_line("later", language="ar", date=NOW + DAY), a_line("soon")),
    earlier=(a_line("before"),),
    also_in=(a_line("copy", outlet="The West"), a_line("paper", outlet="On paper", url="")),
    tags=("news",),
)
BARE = an_item("bare", url="", html="", summary="")
ARTICLE = an_item("ours", url="", is_article=True, date=NOW - 300 * DAY)
EDITION = an_edition(FULL, BARE, ARTICLE, tags=("music", "news"))
STATES = (
    a_state(name="The North", tags=("news", "music"), feed=FeedInfo(url="https://north.example/")),
    a_state("south", troubles=(Trouble(cause=Cause.TIMEOUT, detail="too slow"),)),
    a_state("seeds", kind="path", address="seeds/*.txt"),
)


def a_site_of(edition: Edition) -> dict[str, bytes]:
    """Render all that belongs together: the river, a river a tag, a page a story, the sources, the style."""
    files = {"style.css": render_style(A_SITE), "sources.opml": b"", "status.atom": b""}
    files["sources/index.html"] = render_sources(STATES, an_edition(folder="sources/"), A_SITE)
    for folder in ("", *(f"tag/{tag}/" for tag in edition.tags)):
        items = edition.items if not folder else edition.items[:1]
        river = an_edition(*items, folder=folder, tags=edition.tags)
        files |= render(river, A_SITE, "atom", "rss", "json", "html")
    for item in edition.items:
        page = an_edition(item, folder=f"story/{item.story_id}/", title=item.entry.title)
        files |= render(page, A_SITE, "story", "atom")
    return files


PAGES = {name: content for name, content in a_site_of(EDITION).items() if name.endswith(".html")}
each_page = pytest.mark.parametrize("name", PAGES)


# ---------------------------------------------------------------- markup


@each_page
def test_a_browser_has_nothing_to_mend(name: str) -> None:
    tree = parse(PAGES[name])
    assert PAGES[name].startswith(b"<!doctype html>\n<html")
    assert len(every(tree, "title")) == len(every(tree, "main")) == len(every(tree, "h1")) == 1
    assert text(every(tree, "title")[0])


@each_page
def test_a_page_runs_nothing_and_carries_no_style_of_its_own(name: str) -> None:
    tree = parse(PAGES[name])
    assert not every(tree, "script")
    assert not every(tree, "style")
    attributes = {key for element in tree.iter() for key in element.attrib}
    assert not [key for key in attributes if str(key).startswith("on") or key == "style"]


@each_page
def test_a_page_forbids_what_it_does_not_need(name: str) -> None:
    tree = parse(PAGES[name])
    (policy,) = (m.get("content") for m in every(tree, "meta", **{"http-equiv": "Content-Security-Policy"}))
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert [m.get("content") for m in every(tree, "meta", name="referrer")] == ["no-referrer"]
    assert [m.get("content") for m in every(tree, "meta", name="robots")] == ["noindex"]


@each_page
def test_a_page_can_be_read_without_eyes(name: str) -> None:
    tree = parse(PAGES[name])
    assert every(tree, "html")[0].get("lang") == "en"
    (skip,) = every(tree, "a", class_="skip")
    assert every(tree, "main", id=skip.get("href").removeprefix("#"))
    for link in every(tree, "a"):
        assert text(link) or link.get("aria-label")


@each_page
def test_no_id_stands_twice_on_a_page(name: str) -> None:
    ids = [element.get("id") for element in parse(PAGES[name]).iter() if element.get("id")]
    assert len(ids) == len(set(ids))


# ---------------------------------------------------------------- links


def links_of(page: bytes) -> Iterator[str]:
    for element in parse(page).iter():
        for name in ("href", "src"):
            if element.get(name):
                yield element.get(name)


@each_page
def test_a_relative_link_leads_to_a_published_file(name: str) -> None:
    files = a_site_of(EDITION)
    found = 0
    for link in links_of(PAGES[name]):
        if urlsplit(link).scheme or link.startswith("#"):
            continue
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(link)))
        assert target in files, f"{name}: {link} leads to {target}"
        found += 1
    assert found >= 4


@each_page
def test_an_address_of_this_site_leads_to_a_published_file(name: str) -> None:
    files = a_site_of(EDITION)
    for link in links_of(PAGES[name]):
        if link.startswith(A_SITE.url):
            path = link.removeprefix(A_SITE.url)
            assert path in files or f"{path}index.html" in files, f"{name}: {link}"


@each_page
def test_no_link_leads_elsewhere_than_to_the_web(name: str) -> None:
    assert {urlsplit(link).scheme for link in links_of(PAGES[name])} <= {"", "https"}


@pytest.mark.parametrize("folder", ["", "tag/music/"])
def test_a_river_names_its_feeds(folder: str) -> None:
    found = [
        (link.get("type"), link.get("href"))
        for link in every(river(FULL, folder=folder), "link", rel="alternate")
    ]
    url = f"https://planet.example/{folder}"
    assert found == [
        ("application/atom+xml", f"{url}atom.xml"),
        ("application/rss+xml", f"{url}rss.xml"),
        ("application/feed+json", f"{url}feed.json"),
    ]


def test_a_story_names_its_feed_and_the_page_it_is_a_copy_of() -> None:
    tree = story(FULL)
    url = f"https://planet.example/story/{FULL.story_id}/atom.xml"
    assert [link.get("href") for link in every(tree, "link", rel="alternate")] == [url]
    assert [link.get("href") for link in every(tree, "link", rel="canonical")] == [FULL.entry.url]
    assert every(story(BARE), "link", rel="canonical") == []


# ---------------------------------------------------------------- strangers


HOSTILE_ITEM = an_item(
    "hostile",
    title=HOSTILE,
    summary=HOSTILE,
    outlet=HOSTILE,
    url="https://north.example/?a=\"><script>alert(1)</script>&b='",
    authors=(Person(name=HOSTILE),),
    attribution=Attribution(title=HOSTILE),
    attribution_url='https://x.example/"><script>',
    more_recent=(a_line(title=HOSTILE, outlet=HOSTILE, url='https://x.example/"onclick="'),),
    earlier=(a_line(title=HOSTILE, outlet=HOSTILE),),
    also_in=(a_line(title=HOSTILE, outlet=HOSTILE), a_line(outlet=HOSTILE, url="")),
)
HOSTILE_SITE = Site(title=HOSTILE, subtitle=HOSTILE, url="https://planet.example/", language="en")
HOSTILE_STATE = a_state(
    name=HOSTILE,
    tags=("music",),
    address='https://x.example/"><script>',
    feed=FeedInfo(url='https://x.example/"><script>'),
)


@pytest.mark.parametrize(
    "tree",
    [
        pytest.param(river(HOSTILE_ITEM, site=HOSTILE_SITE, heading=HOSTILE, title=HOSTILE, subtitle=HOSTILE,
                           tags=(HOSTILE,)), id="river"),
        pytest.param(story(HOSTILE_ITEM, site=HOSTILE_SITE), id="story"),
        pytest.param(sources(HOSTILE_STATE, site=HOSTILE_SITE), id="sources"),
    ],
)  # fmt: skip
def test_nothing_of_a_stranger_becomes_markup(tree: Any) -> None:
    assert not every(tree, "script")
    assert not every(tree, "img")
    assert not [key for element in tree.iter() for key in element.attrib if str(key).startswith("on")]
    assert "49" not in text(tree)


def test_what_a_stranger_wrote_is_shown_as_written() -> None:
    tree, shown = river(HOSTILE_ITEM), " ".join(HOSTILE.split())
    assert text(every(tree, "h3")[0]) == shown
    assert text(every(tree, "p", class_="excerpt")[0]) == shown
    assert text(every(tree, "span", class_="outlet")[0]) == shown
    assert [text(link) for link in every(tree, "a", dir="auto")] == [shown, shown]
    assert every(tree, "h3")[0].find(f"{HTML}a").get("href") == HOSTILE_ITEM.entry.url


def test_a_language_is_an_attribute_and_no_more() -> None:
    tree = river(an_item(language='de" onclick="x'))
    assert every(tree, "article")[0].get("lang") == 'de" onclick="x'


# ---------------------------------------------------------------- a river


def test_a_card_says_who_tells_what_and_when() -> None:
    (card,) = every(river(FULL), "article")
    assert text(every(card, "h3")[0]) == "Ferries & trains"
    assert every(card, "h3")[0].find(f"{HTML}a").get("href") == "https://north.example/bridge"
    assert text(every(card, "p", class_="meta")[0]).startswith("The North Gazette 09:00 Ada, bo@x.example")
    assert every(card, "time")[0].get("datetime") == "2026-11-22T09:00:00Z"
    assert text(every(card, "p", class_="excerpt")[0]) == "What is told."
    assert text(every(card, "div", class_="attribution")[0]) == "Source: Its source (29 November 2025)"
    assert text(every(card, "p", class_="also")[0]) == "Also in The West, On paper"


def test_a_card_can_be_read_without_its_style() -> None:
    (card,) = every(river(FULL), "article")
    assert text(every(card, "p", class_="meta")[0]) == "The North Gazette 09:00 Ada, bo@x.example 3 outlets"


def test_a_card_lists_later_and_earlier_coverage() -> None:
    (card,) = every(river(FULL), "article")
    lists = {text(s.find(f"{HTML}h4")): s for s in every(card, "section", class_="coverage")}
    assert list(lists) == ["More recent coverage", "Earlier coverage"]
    lines = [
        (every(line, "a")[0].get("href"), text(line)) for line in every(lists["More recent coverage"], "li")
    ]
    assert lines == [
        ("https://south.example/later", "The headline of later The South Gazette, 23 November 2026"),
        ("https://south.example/soon", "The headline of soon The South Gazette, 22 November 2026"),
    ]


def test_a_story_told_by_one_outlet_lists_nothing() -> None:
    (card,) = every(river(an_item()), "article")
    assert not every(card, "section")
    assert "outlets" not in text(card)
    assert "Also in" not in text(card)


def test_a_headline_without_an_address_leads_to_the_page_of_its_story() -> None:
    for folder, root in (("", ""), ("tag/music/", "../../")):
        (heading,) = every(river(BARE, folder=folder), "h3")
        assert heading.find(f"{HTML}a").get("href") == f"{root}story/{BARE.story_id}/index.html"


def test_languages_and_directions_are_told() -> None:
    (card,) = every(river(FULL), "article")
    assert card.get("lang") == "de"
    assert every(card, "h3")[0].get("dir") == "auto"
    first, *others = [link for item in every(card, "li") for link in every(item, "a")]
    assert first.get("lang") == "ar"
    assert {link.get("dir") for link in (first, *others)} == {"auto"}
    assert [link.get("lang") for link in others] == [None, None]
    assert every(river(BARE), "article")[0].get("lang") is None
    assert (
        every(river(site=Site(language="pt-BR", url="https://x.example/")), "html")[0].get("lang") == "pt-BR"
    )


def at(day: int, hour: int, minute: int = 0) -> Item:
    moment = datetime(2026, 11, day, hour, minute, tzinfo=UTC)
    return an_item(f"{day} {hour}:{minute}", date=moment)


def test_a_river_is_grouped_by_days_of_utc() -> None:
    tree = river(at(22, 23, 59), at(22, 0), at(21, 23, 59), at(19, 12))
    days = every(tree, "section", class_="day")
    headings = [text(day.find(f"{HTML}h2")) for day in days]
    assert headings == [
        "Sunday, 22 November 2026",
        "Saturday, 21 November 2026",
        "Thursday, 19 November 2026",
    ]
    assert [day.find(f"{HTML}h2/{HTML}time").get("datetime") for day in days] == [
        "2026-11-22",
        "2026-11-21",
        "2026-11-19",
    ]
    assert [[text(heading)[16:] for heading in every(day, "h3")] for day in days] == [
        ["22 23:59", "22 0:0"],
        ["21 23:59"],
        ["19 12:0"],
    ]


def test_our_own_articles_come_first_with_their_date() -> None:
    tree = river(at(22, 9), ARTICLE)
    first, second = every(tree, "article")
    assert text(first.find(f"{HTML}h3")) == "The headline of ours"
    assert "26 January 2026" in text(every(first, "p", class_="meta")[0])
    assert text(second.find(f"{HTML}h3")) == "The headline of 22 9:0"
    assert [text(h) for h in every(tree, "h2")] == ["Articles of this site", "Sunday, 22 November 2026"]


def test_an_empty_river_says_so() -> None:
    assert "Nothing has come in yet" in text(river())
    assert "Nothing has come in yet" not in text(river(ARTICLE))


def test_tags_lead_to_their_rivers_and_the_present_one_is_marked() -> None:
    def tags(folder: str) -> list[tuple[str, str, str | None]]:
        (nav,) = every(river(FULL, folder=folder, tags=("Jazz & Blues", "news")), "nav")
        return [(text(a), a.get("href"), a.get("aria-current")) for a in every(nav, "a")]

    assert tags("") == [
        ("Everything", "index.html", "page"),
        ("Jazz & Blues", "tag/jazz-blues-4a8c/index.html", None),
        ("news", "tag/news/index.html", None),
    ]
    assert [current for _, _, current in tags("tag/news/")] == [None, None, "page"]
    assert [href for _, href, _ in tags("tag/news/")][1] == "../../tag/jazz-blues-4a8c/index.html"
    assert not every(river(FULL), "nav")


def test_the_title_of_a_river_is_that_of_its_edition() -> None:
    tree = river(FULL, title="Planet: music", heading="music", subtitle="Loud & clear")
    assert text(every(tree, "title")[0]) == "Planet: music"
    assert text(every(tree, "h1")[0]) == "music"
    assert [m.get("content") for m in every(tree, "meta", name="description")] == ["Loud & clear"]


# ---------------------------------------------------------------- a story


def test_a_story_page_tells_all_there_is() -> None:
    tree = story(FULL)
    assert text(every(tree, "title")[0]) == "Ferries & trains – Planet"
    assert text(every(tree, "h1")[0]) == "Ferries & trains"
    (body,) = every(tree, "div", class_="body")
    assert text(body) == "The whole text, here."
    assert len(every(body, "em")) == 1
    assert "22 November 2026" in text(every(tree, "p", class_="meta")[0])
    assert text(every(tree, "p", class_="read")[0]) == "Read it at The North Gazette"
    assert [text(h) for h in every(tree, "h4")] == ["More recent coverage", "Earlier coverage"]


def test_a_story_page_shows_an_excerpt_where_no_more_may_be_shown() -> None:
    item = an_item(html="<p>The whole text.</p>", summary="An excerpt & more.")
    assert text(every(story(item), "div", class_="body")[0]) == "An excerpt & more."


def test_a_story_without_other_coverage_says_how_to_hear_of_it() -> None:
    assert "No other coverage so far" in text(story(an_item()))
    assert "No other coverage so far" not in text(story(FULL))


# ---------------------------------------------------------------- the sources


def test_the_sources_are_listed_with_what_is_wrong() -> None:
    north, south, seeds = every(every(sources(*STATES), "ul", class_="sources")[0], "li")
    assert text(north) == "The North feed · news · music"
    assert [a.get("href") for a in every(north, "a")] == [
        "https://north.example/",
        "https://north.example/feed",
        "../tag/news/index.html",
        "../tag/music/index.html",
    ]
    assert text(south) == "south feed timeout"
    assert text(seeds) == "seeds/*.txt local files"


def test_the_style_sheet_needs_nothing_from_elsewhere() -> None:
    assert not re.search(rb"url\(|@import|expression|javascript", render_style(A_SITE))


def test_times_are_of_the_item_and_not_of_now() -> None:
    early, late = an_item(date=NOW - HOUR), an_item(date=NOW - 2 * HOUR)
    assert [every(river(i), "time")[1].get("datetime") for i in (early, late)] == [
        "2026-11-22T09:00:00Z",
        "2026-11-22T08:00:00Z",
    ]


# ---------------------------------------------------------------- themes

THEME = (
    ("base.html", '{% extends "default/base.html" %}{% block title %}Mine{% endblock %}'),
    ("style.css", "p { color: red }"),
)


def test_a_theme_takes_the_place_of_templates_by_name() -> None:
    site = Site(title="Planet", url="https://planet.example/", templates=THEME)
    assert render_style(site) == b"p { color: red }"
    themed, ours = river(FULL, site=site), river(FULL)
    assert text(every(themed, "title")[0]) == "Mine"
    assert text(every(ours, "title")[0]) == "Planet"
    assert text(every(themed, "main")[0]) == text(every(ours, "main")[0])


@pytest.mark.parametrize(
    ("template", "message"),
    [
        pytest.param("a\n{% if %}", "template river.html, line 2: ", id="not well-formed"),
        pytest.param("{{ nothing }}", "template river.html: 'nothing' is undefined", id="a name of nobody"),
        pytest.param('{% include "x.html" %}', "template river.html: x.html", id="a template of nobody"),
        pytest.param("{{ ''.__class__.__mro__ }}", "template river.html: .*unsafe", id="out of the sandbox"),
    ],
)
def test_what_is_wrong_with_a_theme_is_said(template: str, message: str) -> None:
    site = Site(url="https://planet.example/", templates=(("river.html", template),))
    with pytest.raises(OutputError, match=message):
        render_river(an_edition(FULL), site)


def test_a_theme_is_escaped_like_ours() -> None:
    item = an_item(title="<script>alert(1)</script>")
    site = Site(
        url="https://planet.example/", templates=(("river.html", "{{ edition.items[0].entry.title }}"),)
    )
    assert render_river(an_edition(item), site) == b"&lt;script&gt;alert(1)&lt;/script&gt;"
