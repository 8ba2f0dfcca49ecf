"""Pages: sound markup, nothing of a stranger runs, every link leads somewhere, and the days come in order."""

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import html5lib
import pytest

from aggregator.errors import Cause, OutputError
from aggregator.model import (
    Attribution,
    Edition,
    FeedInfo,
    Habits,
    Item,
    Person,
    SourceEvent,
    SourcePage,
    SourceState,
    Trouble,
)
from aggregator.publish import render
from aggregator.publish.html import (
    MOST_LISTED,
    looks_of,
    render_icon,
    render_river,
    render_search,
    render_source,
    render_sources,
    render_story,
    render_style,
)
from aggregator.publish.standing import note_of
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


def listing(states: Iterable[SourceState]) -> Edition:
    return an_edition(folder="sources/", sources=tuple(map(note_of, states)))


def sources(*states: SourceState, site: Site = A_SITE) -> Any:
    return parse(render_sources(listing(states), site))


def source(state: SourceState, *items: Item, site: Site = A_SITE, **given: Any) -> Any:
    edition = an_edition(*items, folder=f"source/{state.id}/", title=state.title, formats=("atom", "html"))
    return parse(render_source(edition, site, page=SourcePage(state=state, **given)))


def search(query: str, *items: Item, site: Site = A_SITE, advice: str = "") -> Any:
    edition = an_edition(*items, folder="search/", query=f"?q={quote(query)}" if query else "")
    return parse(render_search(edition, site, query=query, advice=advice))


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
    a_state(
        name="The North",
        tags=("news", "music"),
        feed=FeedInfo(url="https://north.example/"),
        habits=Habits(moments=(NOW,)),
        last_tried=NOW,
    ),
    a_state(
        "south",
        troubles=(Trouble(cause=Cause.TIMEOUT, detail="too slow"),),
        failures=3,
        habits=Habits(failing_since=NOW - 2 * DAY),
        last_tried=NOW,
    ),
    a_state("seeds", kind="path", address="seeds/*.txt"),
)


def a_site_of(edition: Edition) -> dict[str, bytes]:
    """Render all that belongs together: rivers, a page a story, the sources and a page each, the style."""
    files = {"style.css": render_style(A_SITE), "icon.svg": render_icon(A_SITE)}
    files |= {"sources.opml": b"", "status.atom": b""}
    files["sources/index.html"] = render_sources(listing(STATES), A_SITE)
    for folder in ("", *(f"tag/{tag}/" for tag in edition.tags)):
        items = edition.items if not folder else edition.items[:1]
        river = an_edition(*items, folder=folder, tags=edition.tags)
        files |= render(river, A_SITE, "atom", "rss", "json", "html")
    for item in edition.items:
        page = an_edition(item, folder=f"story/{item.story_id}/", title=item.entry.title)
        files |= render(page, A_SITE, "story", "atom")
    for state in STATES:
        page = an_edition(*edition.items[:1], folder=f"source/{state.id}/", formats=("atom", "html"))
        files |= render(page, A_SITE, "atom")
        files[f"{page.folder}index.html"] = render_source(page, A_SITE, page=SourcePage(state=state))
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


@each_page
def test_headings_go_down_one_step_at_a_time(name: str) -> None:
    levels = [int(e.tag[-1]) for e in parse(PAGES[name]).iter() if re.fullmatch(r".*}h[1-6]", str(e.tag))]
    assert levels[0] == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))


@each_page
def test_every_field_has_a_label(name: str) -> None:
    tree = parse(PAGES[name])
    for field in every(tree, "input"):
        assert text(every(tree, "label", for_=field.get("id"))[0])


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
        pytest.param(source(HOSTILE_STATE, HOSTILE_ITEM, site=HOSTILE_SITE), id="source"),
        pytest.param(search(HOSTILE, HOSTILE_ITEM, site=HOSTILE_SITE, advice=HOSTILE), id="search"),
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
    assert every(tree, "h3")[0].get("lang") == 'de" onclick="x'


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
    (excerpt,) = every(card, "p", class_="excerpt")
    for element in (every(card, "h3")[0], excerpt):
        assert (element.get("lang"), element.get("dir")) == ("de", "auto")
    links = [every(line, "a")[0] for line in every(card, "li")]
    assert [(link.get("lang"), link.get("dir")) for link in links] == [
        ("ar", "rtl"),
        (None, "auto"),
        (None, "auto"),
    ]
    assert every(river(BARE), "h3")[0].get("lang") is None


def test_our_own_words_are_in_the_language_of_the_site() -> None:
    """What is said around an entry is not in the entry's language."""
    (card,) = every(river(an_item(language="ar", outlets=3, more_recent=(a_line(),))), "article")
    assert card.get("lang") is None
    assert [heading.get("lang") for heading in every(card, "h4")] == [None]
    for language, direction in (("pt-BR", None), ("ar", "rtl"), ("az-Latn", None)):
        (page,) = every(river(site=Site(language=language, url="https://x.example/")), "html")
        assert (page.get("lang"), page.get("dir")) == (language, direction)


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
    headings = [text(heading) for heading in every(tree, "h2")]
    assert headings == ["Articles of this site", "Sunday, 22 November 2026", "Subscribe"]


def test_an_empty_river_says_so() -> None:
    assert "Nothing has come in yet" in text(river())
    assert "Nothing has come in yet" not in text(river(ARTICLE))


def test_tags_lead_to_their_rivers_and_the_present_one_is_marked() -> None:
    def tags(folder: str) -> list[tuple[str, str, str | None]]:
        nav, _ = every(river(FULL, folder=folder, tags=("Jazz & Blues", "news")), "nav")
        return [(text(a), a.get("href"), a.get("aria-current")) for a in every(nav, "a")]

    assert tags("") == [
        ("Everything", "index.html", "page"),
        ("Jazz & Blues", "tag/jazz-blues-4a8c/index.html", None),
        ("news", "tag/news/index.html", None),
    ]
    assert [current for _, _, current in tags("tag/news/")] == [None, None, "page"]
    assert [href for _, href, _ in tags("tag/news/")][1] == "../../tag/jazz-blues-4a8c/index.html"
    assert len(every(river(FULL), "nav")) == 1


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
    (article,) = every(tree, "article")
    assert [text(h) for h in every(article, "h2")] == ["More recent coverage", "Earlier coverage"]
    (follow,) = every(tree, "section", class_="subscribe")
    assert f"https://planet.example/story/{FULL.story_id}/atom.xml" in text(follow)


def test_a_story_page_shows_an_excerpt_where_no_more_may_be_shown() -> None:
    item = an_item(html="<p>The whole text.</p>", summary="An excerpt & more.")
    assert text(every(story(item), "div", class_="body")[0]) == "An excerpt & more."


def test_a_story_without_other_coverage_says_how_to_hear_of_it() -> None:
    assert "No other coverage so far" in text(story(an_item()))
    assert "No other coverage so far" not in text(story(FULL))


# ---------------------------------------------------------------- the sources


def test_the_sources_are_listed_those_in_trouble_first() -> None:
    tree = sources(*STATES)
    assert [text(h) for h in every(tree, "h2")] == ["In trouble 1", "Well 2"]
    south, north, seeds = (line for part in every(tree, "ul", class_="sources") for line in every(part, "li"))
    assert text(north) == "The North newest 22 November 2026 · feed · news · music"
    assert [a.get("href") for a in every(north, "a")] == [
        "../source/north/index.html",
        "https://north.example/feed",
        "../tag/news/index.html",
        "../tag/music/index.html",
    ]
    assert text(south) == "south its server does not answer in time feed"
    assert text(seeds) == "seeds/*.txt not asked yet local files"


def test_a_river_shows_how_the_sources_are() -> None:
    (listed,) = every(river(sources=tuple(map(note_of, STATES))), "section", class_="in-short")
    assert text(every(listed, "p")[0]) == "3 sources, 1 in trouble"
    assert [text(line) for line in every(listed, "li")] == [
        "south its server does not answer in time",
        "The North well",
        "seeds/*.txt not asked yet",
    ]
    assert every(listed, "a")[1].get("href") == "source/north/index.html"
    assert not every(river(FULL), "section", class_="in-short")


def test_of_many_sources_a_river_shows_those_in_trouble() -> None:
    many = tuple(map(note_of, (STATES[1], *(a_state(f"s{number}") for number in range(MOST_LISTED)))))
    (listed,) = every(river(sources=many), "section", class_="in-short")
    assert [text(line) for line in every(listed, "li")] == ["south its server does not answer in time"]


# ---------------------------------------------------------------- one source


def test_a_source_page_says_what_it_is_and_what_it_told() -> None:
    tree = source(STATES[0], FULL, BARE, days=((NOW.date(), 2),))
    assert text(every(tree, "title")[0]) == "The North – Planet"
    assert text(every(tree, "h1")[0]) == "The North"
    assert len(every(tree, "article")) == 2
    assert "2 entries in the four weeks to 22 November 2026" in text(every(tree, "figure")[0])
    addresses = {a.get("href") for a in every(tree, "a")}
    assert {"https://north.example/", "https://north.example/feed", "../../tag/news/index.html"} <= addresses
    (feed,) = every(tree, "link", rel="alternate")
    assert feed.get("href") == "https://planet.example/source/north/atom.xml"


def test_a_source_page_says_what_is_wrong_since_when_and_what_became_of_it() -> None:
    events = (SourceEvent(source_id="south", kind="fails", detail="timeout", at=NOW),)
    facts = text(every(source(STATES[1], events=events), "aside")[0])
    assert "Its server does not answer in time." in facts
    assert "Since 20 November 2026, 10:00" in facts
    assert "22 November 2026, 10:00 It fails: its server does not answer in time." in facts


def test_a_source_that_told_nothing_has_a_page() -> None:
    tree = source(a_state())
    assert "Nothing has come in yet" in text(tree)
    assert not every(tree, "figure")


def test_a_story_without_a_page_is_not_linked() -> None:
    tree = source(STATES[0], an_item(has_page=False), an_item("bare", url="", has_page=False))
    assert not [a for a in every(tree, "a") if "story/" in a.get("href")]
    assert text(every(tree, "h3")[1]) == "The headline of bare"
    assert every(tree, "h3")[1].find(f"{HTML}a") is None


def test_an_outlet_leads_to_the_page_of_its_source_where_there_is_one() -> None:
    def outlet(item: Item) -> Any:
        return every(river(item), "span", class_="outlet")[0].find(f"{HTML}a")

    assert outlet(FULL).get("href") == "source/north/index.html"
    assert outlet(replace(FULL, source=replace(FULL.source, has_page=False))) is None


# ---------------------------------------------------------------- a search


def test_every_page_but_the_search_itself_offers_to_search() -> None:
    (form,) = every(story(FULL), "form")
    assert (form.get("action"), form.get("method")) == ("../../search/", "get")
    (field,) = every(form, "input")
    assert (field.get("name"), field.get("type")) == ("q", "search")
    assert text(every(form, "label", for_="q")[0]) == "Search"
    assert len(every(search(""), "form")) == 1


def test_a_site_without_a_search_offers_none() -> None:
    site = Site(title="Planet", url="https://planet.example/", search=False)
    tree = river(FULL, site=site)
    assert not every(tree, "form")
    (policy,) = (m.get("content") for m in every(tree, "meta", **{"http-equiv": "Content-Security-Policy"}))
    assert "form-action 'none'" in policy


def test_what_was_searched_is_shown_with_its_feeds() -> None:
    tree = search('new "bridge"', FULL, BARE)
    assert every(tree, "input")[0].get("value") == 'new "bridge"'
    assert text(every(tree, "title")[0]) == 'Search: new "bridge" – Planet'
    assert text(every(tree, "h2")[0]) == "2 stories, newest first"
    (first, *_) = every(every(tree, "aside")[0], "a")
    assert first.get("href") == "atom.xml?q=new%20%22bridge%22"
    assert f"{A_SITE.url}search/{first.get('href')}" in [
        link.get("href") for link in every(tree, "link", rel="alternate")
    ]


def test_a_search_without_results_gives_advice_and_no_feeds() -> None:
    tree = search("zebra", advice="Try another word.")
    assert "Try another word." in text(tree)
    assert not every(tree, "aside")
    assert not every(tree, "link", rel="alternate")


# ---------------------------------------------------------------- the style


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


def test_pages_of_another_look_are_known_as_such() -> None:
    assert looks_of(A_SITE) == looks_of(replace(A_SITE, title="Other"))
    assert looks_of(A_SITE) != looks_of(replace(A_SITE, templates=THEME))


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
