"""Autodiscovery: which feeds a page, or its header, says it has."""

import pytest

from aggregator.model import Document, Offer
from aggregator.parse.page import MOST_OFFERS, offered_by

PAGE = "https://site.example/news/"


def page(head: str, *, media_type: str = "text/html", encoding: str = "utf-8") -> Document:
    body = f"<!doctype html><html><head>{head}</head><body></body></html>".encode(encoding)
    return Document(address=PAGE, body=body, media_type=media_type)


def link(href: str, kind: str = "application/rss+xml", more: str = "") -> str:
    return f'<link rel="alternate" type="{kind}" href="{href}" {more}>'


def urls(*offers: Offer) -> list[str]:
    return [offer.url for offer in offers]


def test_feeds_are_named_in_their_order_with_their_titles() -> None:
    head = link("/atom", "application/atom+xml", 'title="All &amp; more"') + link("rss.xml")
    assert offered_by(page(head)) == (
        Offer(url="https://site.example/atom", title="All & more", media_type="application/atom+xml"),
        Offer(url=f"{PAGE}rss.xml", title="", media_type="application/rss+xml"),
    )


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(link("/f"), id="as most write it"),
        pytest.param(
            '<LINK HREF=/f TYPE="Application/RSS+XML; charset=utf-8" REL=ALTERNATE>', id="in capitals"
        ),
        pytest.param('<link href="/f" rel="home alternate" type="application/rss+xml"/>', id="among others"),
        pytest.param('<link rel=feed href="/f">', id="as a feed without a type"),
        pytest.param(link("https://site.example/f", "application/feed+json"), id="JSON Feed"),
        pytest.param(f'<base href="https://site.example/"><base href="/b/">{link("f")}', id="from its base"),
        pytest.param(link("/f") + link("/f#top") + link("/f/?utm_source=x"), id="once"),
        pytest.param("<title>Half a page</title>" + link("/f") + "<body><p", id="broken off"),
    ],
)
def test_a_feed_is_found_however_it_is_written(head: str) -> None:
    assert urls(*offered_by(page(head))) == ["https://site.example/f"]


@pytest.mark.parametrize(
    "head",
    [
        '<link rel="stylesheet" type="text/css" href="/f">',
        link("/oembed?url=x", "application/json+oembed"),
        link("/wp-json/wp/v2/pages/1", "application/json"),
        link("/de/", "text/html", 'hreflang="de"'),
        link("javascript:alert(1)"),
        link("file:///etc/passwd"),
        link("http://user:word@site.example/f"),
        f"<!-- {link('/f')} -->",
        "<script>var x = '" + link("/f") + "'</script>",
    ],
)
def test_what_is_no_feed_to_follow_is_not_offered(head: str) -> None:
    assert offered_by(page(head)) == ()


def test_feeds_of_comments_come_last() -> None:
    head = link("/comments/feed", more='title="Site Comments Feed"') + link("/feed", more='title="Site"')
    assert urls(*offered_by(page(head))) == [
        "https://site.example/feed",
        "https://site.example/comments/feed",
    ]


def test_what_the_header_says_comes_first() -> None:
    by_header = [
        Offer(url="https://site.example/h", media_type="application/atom+xml"),
        Offer(url="https://site.example/de", media_type="text/html"),
    ]
    assert urls(*offered_by(page(link("/f")), by_header)) == [
        "https://site.example/h",
        "https://site.example/f",
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "utf-16"])
def test_titles_are_read_in_the_encoding_of_the_page(encoding: str) -> None:
    found = offered_by(
        page(link("/f", more="title='Müll'"), media_type=f"text/html; charset={encoding}", encoding=encoding)
    )
    assert found[0].title == "Müll"


def test_an_encoding_that_nobody_knows_does_no_harm() -> None:
    assert urls(*offered_by(page(link("/f"), media_type="text/html; charset=klingon"))) == [
        "https://site.example/f"
    ]


def test_so_many_are_offered_and_no_more() -> None:
    assert len(offered_by(page("".join(link(f"/{n}") for n in range(100))))) == MOST_OFFERS
