"""Elements of other namespaces: what passes is read whole and in order; what does not leaves no trace."""

import pytest

from aggregator.model import Document, Extra
from aggregator.namespaces import PREFIXES, SHAPES, URIS
from aggregator.normalize import normalize
from aggregator.normalize.extras import MOST_EXTRAS, extras, steady
from aggregator.parse import parse
from aggregator.parse.extras import read_extras
from tests.parse.roads import tree_of

NAMESPACES = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in URIS.items())


def feed(*items: str, head: str = "") -> bytes:
    inner = "".join(f"<item><title>One</title>{item}</item>" for item in items)
    return f'{head}<rss version="2.0" {NAMESPACES}><channel><title>t</title>{inner}</channel></rss>'.encode()


def extra(name: str, text: str = "", *children: Extra, **attributes: str) -> Extra:
    return Extra(name=name, text=text, attributes=tuple(sorted(attributes.items())), children=children)


def read(item: str) -> tuple[Extra, ...]:
    (found,) = read_all(feed(item))
    return found


def read_all(body: bytes) -> list[tuple[Extra, ...]]:
    tree = tree_of(body)
    return read_extras(tree) if tree else []


@pytest.mark.parametrize(
    ("item", "found"),
    [
        pytest.param("<itunes:duration> 1:02 </itunes:duration>", (extra("itunes:duration", "1:02"),),
                     id="text"),
        pytest.param('<media:thumbnail url="a.png" width="8" onload="x"/>',
                     (extra("media:thumbnail", url="a.png", width="8"),), id="known attributes only"),
        pytest.param('<media:group><media:content url="a"/><media:content url="b"/></media:group>',
                     (extra("media:group", "", extra("media:content", url="a"),
                            extra("media:content", url="b")),), id="elements within"),
        pytest.param("<media:embed>x<media:title>inside</media:title></media:embed><media:title>out"
                     "</media:title>", (extra("media:title", "out"),), id="nothing of what does not pass"),
        pytest.param('<itunes:title>a<b>c</b>d</itunes:title>', (extra("itunes:title", "ad"),),
                     id="markup of strangers"),
        pytest.param("<itunes:summary>all of it</itunes:summary><x/>", (), id="nothing that passes"),
        pytest.param('<a xmlns:m="http://search.yahoo.com/mrss"/><m:title xmlns:m="http://search.yahoo.com/'
                     'mrss">t</m:title>', (extra("media:title", "t"),), id="an old name and another prefix"),
    ],
)  # fmt: skip
def test_what_passes_is_read(item: str, found: tuple[Extra, ...]) -> None:
    assert read(item) == found


def test_each_item_has_its_own() -> None:
    found = read_all(feed("<itunes:season>1</itunes:season>", "", "<itunes:season>3</itunes:season>"))
    assert [[e.text for e in item] for item in found] == [["1"], [], ["3"]]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(feed("<itunes:season>1</itunes:season>")[:-9], id="cut off"),
        pytest.param(feed("<itunes:season>1</itunes:season>", head='<!DOCTYPE rss [<!ENTITY a "aaaa">]>'),
                     id="entities of its own"),
        pytest.param(feed("<itunes:season>&nbsp;</itunes:season>"), id="entities of nobody"),
        pytest.param(feed().replace(NAMESPACES.encode(), b""), id="no namespace of these"),
        pytest.param(b"", id="nothing"),
    ],
)  # fmt: skip
def test_a_document_that_is_not_sound_gives_none(body: bytes) -> None:
    assert read_all(body) == []


def test_extras_belong_to_the_entry_they_stand_in() -> None:
    body = feed("<itunes:season>1</itunes:season><guid>a</guid>", "<guid>b</guid>")
    first, second = parse(Document(address="https://h.example/", body=body)).entries
    assert (first.extras, second.extras) == ((extra("itunes:season", "1"),), ())


def test_a_title_of_media_is_not_the_title_of_the_item() -> None:
    item = '<media:content url="https://x.example/a.png"><media:title>a picture</media:title></media:content>'
    for body in (feed(item), feed(item).replace(b"<title>One</title><media", b"<media").replace(
        b"</item>", b"<title>One</title></item>")):  # fmt: skip
        (entry,) = parse(Document(address="https://h.example/", body=body)).entries
        assert entry.title
        assert entry.title.value == "One"


# ---------------------------------------------------------------- vouched for

BASE = "https://h.example/feed"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        pytest.param(extra("media:thumbnail", url="/a b|.png"),
                     extra("media:thumbnail", url="https://h.example/a%20b%7C.png"), id="an address"),
        pytest.param(extra("media:thumbnail", url="javascript:alert(1)"), None, id="no address"),
        pytest.param(extra("media:content", url="a.mp3", fileSize="9 MB", type="Audio/MPEG"),
                     extra("media:content", url="https://h.example/a.mp3", type="audio/mpeg"), id="a size"),
        pytest.param(extra("itunes:title", "<b>One</b> &amp; two"), extra("itunes:title", "One & two"),
                     id="markup"),
        pytest.param(extra("itunes:duration", "an hour"), None, id="no time"),
        pytest.param(extra("thr:in-reply-to", ref="tag:x.example,2026:1", href="/1"),
                     extra("thr:in-reply-to", href="https://h.example/1", ref="tag:x.example,2026:1"),
                     id="a reply"),
        pytest.param(extra("thr:in-reply-to", href="/1"), None, id="a reply to nothing"),
        pytest.param(extra("georss:point", "45.2 -71.9"), extra("georss:point", "45.2 -71.9"), id="a place"),
        pytest.param(extra("media:group"), None, id="an empty group"),
        pytest.param(extra("x:y", "z"), None, id="a stranger"),
    ],
)  # fmt: skip
def test_an_element_is_kept_in_form_or_not_at_all(given: Extra, kept: Extra | None) -> None:
    (found,) = extras([given], BASE) or (None,)
    assert found == kept
    if kept:
        assert extras([kept], BASE) == (kept,)


def test_a_long_description_is_cut_to_an_excerpt() -> None:
    (found,) = extras([extra("media:description", "word " * 500)], BASE)
    assert len(found.text.split()) <= 60


def test_there_are_limits_and_nothing_comes_twice() -> None:
    many = [extra("itunes:season", str(number)) for number in range(500)]
    assert len(extras(many + many, BASE)) == MOST_EXTRAS
    assert len(extras(many[:3] * 2, BASE)) == 3


def test_a_counter_that_went_on_is_no_change() -> None:
    def digest(count: int) -> str:
        body = feed(f"<guid>a</guid><slash:comments>{count}</slash:comments><itunes:season>1</itunes:season>")
        document = Document(address=BASE, body=body)
        (entry,) = normalize(parse(document), document, source_id="x", known={}).entries
        assert steady(entry.extras) == (extra("itunes:season", "1"),)
        return entry.digest

    assert digest(1) == digest(2)


def test_every_shape_is_of_a_namespace_that_is_declared() -> None:
    assert {name.partition(":")[0] for name in SHAPES} == set(URIS) == set(PREFIXES.values())


def test_white_space_before_the_declaration_loses_nothing() -> None:
    head = '\n<?xml version="1.0" encoding="UTF-8"?>'
    (found,) = read_all(feed("<media:title>One</media:title>", head=head))
    assert found == (extra("media:title", "One"),)


def test_of_an_element_without_what_it_needs_what_stands_in_it_stays() -> None:
    picture = extra("media:thumbnail", url="https://a.example/1.png")
    assert extras([extra("media:content", "", picture, duration="9")], "https://a.example/") == (picture,)
