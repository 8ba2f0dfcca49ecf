"""JSON Feed: read generously, and what is of another shape is as if it were not there."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.errors import Cause, ParseError
from aggregator.model import Document, Enclosure, Extra, FeedInfo, Link, Parsed, Person, RawEntry, RawText
from aggregator.parse import parse
from aggregator.parse.jsonfeed import parse_jsonfeed

quick = settings(max_examples=40, deadline=None, derandomize=True)
HERE = "https://h.example/dir/feed.json"
VERSION = "https://jsonfeed.org/version/1.1"


def read(feed: object, *, encoding: str = "utf-8") -> Parsed:
    return parse(Document(address=HERE, body=json.dumps(feed, ensure_ascii=False).encode(encoding)))


def item(**given: object) -> RawEntry:
    (entry,) = read({"version": VERSION, "items": [given]}).entries
    return entry


def text(value: str, *, is_html: bool = False) -> RawText:
    return RawText(value=value, is_html=is_html, base=HERE)


def test_a_feed_in_full() -> None:
    parsed = read(
        {
            "version": VERSION,
            "title": " The\nT ",
            "description": "d",
            "home_page_url": "/",
            "feed_url": "feed.json",
            "language": "de",
            "icon": "i.png",
            "favicon": "f.png",
            "authors": [{"name": "Ann", "url": "/ann", "avatar": "a.png"}, {"name": "Bob"}, {}],
            "hubs": [{"type": "WebSub", "url": "https://hub.example/"}, {"type": "x"}],
            "items": [],
        }
    )
    assert parsed == Parsed(
        version="json11",
        encoding="utf-8",
        feed=FeedInfo(
            title="The T",
            subtitle="d",
            url="https://h.example/",
            feed_url="https://h.example/dir/feed.json",
            language="de",
            icon="https://h.example/dir/i.png",
            authors=(Person(name="Ann", url="https://h.example/ann"), Person(name="Bob")),
            hubs=("https://hub.example/",),
        ),
    )


def test_an_item_in_full() -> None:
    found = item(
        id="1",
        url="https://h.example/1",
        external_url="https://x.example/",
        title="One <b>",
        content_html="<p>a</p>",
        content_text="a",
        summary="s",
        date_published="2025-11-29T12:00:00+02:00",
        date_modified="2025-11-29T11:00:00Z",
        authors=[{"name": "Ann"}],
        tags=["a", "b"],
        language="de",
        attachments=[
            {
                "url": "a.mp3",
                "mime_type": "audio/mpeg",
                "size_in_bytes": 12,
                "title": "x",
                "duration_in_seconds": 61,
            }
        ],
        image="i.png",
    )
    assert found == RawEntry(
        id="1",
        link="https://h.example/1",
        title=text("One <b>"),
        summary=text("s"),
        content=text("<p>a</p>", is_html=True),
        published=datetime(2025, 11, 29, 10, tzinfo=UTC),
        updated=datetime(2025, 11, 29, 11, tzinfo=UTC),
        authors=(Person(name="Ann"),),
        categories=("a", "b"),
        enclosures=(
            Enclosure(url="a.mp3", media_type="audio/mpeg", size_bytes=12, title="x", duration_seconds=61),
        ),
        links=(Link(rel="related", url="https://x.example/"),),
        extras=(Extra(name="media:thumbnail", attributes=(("url", "i.png"),)),),
        language="de",
    )


def test_an_empty_item_is_an_empty_entry() -> None:
    assert item() == RawEntry()


@pytest.mark.parametrize(
    ("given_item", "entry"),
    [
        pytest.param({"id": 7}, RawEntry(id="7"), id="a number as id"),
        pytest.param({"id": 1.5}, RawEntry(id="1.5"), id="a fraction as id"),
        pytest.param({"id": " 7 "}, RawEntry(id="7"), id="white space around an id"),
        pytest.param({"id": True}, RawEntry(), id="a truth as id"),
        pytest.param({"id": None}, RawEntry(), id="null as id"),
        pytest.param({"id": {"x": 1}}, RawEntry(), id="an object as id"),
        pytest.param(
            {"external_url": "https://x.example/"}, RawEntry(link="https://x.example/"), id="only elsewhere"
        ),
        pytest.param({"title": 2025}, RawEntry(title=text("2025")), id="a number as title"),
        pytest.param({"title": ["a"]}, RawEntry(), id="a list as title"),
        pytest.param({"content_text": "1 < 2"}, RawEntry(content=text("1 < 2")), id="plain text"),
        pytest.param(
            {"content_html": " ", "content_text": "a"}, RawEntry(content=text("a")), id="empty html"
        ),
        pytest.param({"date_published": "soon", "date_modified": 5}, RawEntry(), id="no dates"),
        pytest.param(
            {"author": {"name": "Ann"}}, RawEntry(authors=(Person(name="Ann"),)), id="the author of 1.0"
        ),
        pytest.param({"author": "Ann", "authors": "Bob"}, RawEntry(), id="authors as text"),
        pytest.param(
            {"authors": [{"name": "A"}, {"name": "A"}]}, RawEntry(authors=(Person(name="A"),)), id="twice"
        ),
        pytest.param({"authors": [None, 5, {"name": None}]}, RawEntry(), id="authors of other shapes"),
        pytest.param({"tags": None}, RawEntry(), id="no tags"),
        pytest.param({"tags": ["a", 5, None, ["b"]]}, RawEntry(categories=("a",)), id="tags of other shapes"),
        pytest.param({"attachments": {"url": "a"}}, RawEntry(), id="attachments as an object"),
        pytest.param(
            {"attachments": [{"mime_type": "x"}, "a"]}, RawEntry(), id="attachments without address"
        ),
    ],
)
def test_what_is_of_another_shape_is_as_if_it_were_not_there(
    given_item: dict[str, Any], entry: RawEntry
) -> None:
    assert item(**given_item) == entry


@pytest.mark.parametrize("tags", [5, 1.5, True, "news", {"a": 1}])
def test_tags_of_another_shape_are_as_if_they_were_not_there(tags: object) -> None:
    assert item(tags=tags) == RawEntry()


@pytest.mark.parametrize(
    ("size", "bytes_"),
    [(0, 0), (12, 12), (12.0, 12), (-1, None), ("12", None), (None, None), (2**60, None), (1e300, None)],
)
def test_the_size_of_an_attachment_is_a_number_or_unknown(size: object, bytes_: int | None) -> None:
    (enclosure,) = item(attachments=[{"url": "a", "size_in_bytes": size}]).enclosures
    assert enclosure.size_bytes == bytes_


@pytest.mark.parametrize("size", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_size_that_is_no_number_is_unknown(size: str) -> None:
    body = f'{{"items": [{{"attachments": [{{"url": "a", "size_in_bytes": {size}}}]}}]}}'
    (entry,) = parse_jsonfeed(Document(address=HERE, body=body.encode())).entries
    assert entry.enclosures == (Enclosure(url="a"),)


@pytest.mark.parametrize(
    ("version", "name", "is_flawed"),
    [
        ("https://jsonfeed.org/version/1.1", "json11", False),
        ("https://jsonfeed.org/version/1.1/", "json11", False),
        ("https://jsonfeed.org/version/1", "json10", False),
        ("http://jsonfeed.org/version/2", "json10", False),
        (1.1, "json11", True),
        (None, "json10", True),
    ],
)
def test_the_version_is_read_and_a_foreign_one_told(version: object, name: str, is_flawed: bool) -> None:
    parsed = read({"version": version, "items": []})
    assert (parsed.version, bool(parsed.flaw)) == (name, is_flawed)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_letters_survive(encoding: str) -> None:
    assert read({"title": "Käse 東京 😀", "items": []}, encoding=encoding).feed.title == "Käse 東京 😀"


def test_bytes_that_are_no_letters_do_not_spoil_the_rest() -> None:
    parsed = parse(Document(address=HERE, body=b'{"title": "a\xffb", "items": [{"id": "1"}]}'))
    assert (parsed.feed.title, parsed.entries[0].id) == ("a\ufffdb", "1")


@pytest.mark.parametrize(
    "body",
    [
        b'{"items": [',
        b"{items: []}",
        b'{"items": []} x',
        pytest.param(b'{"items": ' + b"[" * 100_000, id="a tower of brackets"),
        pytest.param(b'{"items": [{"id": ' + b"9" * 5000 + b"}]}", id="a number without end"),
    ],
)
def test_what_is_not_json_is_refused_as_malformed(body: bytes) -> None:
    with pytest.raises(ParseError, match="it is not JSON") as caught:
        parse(Document(address=HERE, body=body))
    assert caught.value.cause is Cause.MALFORMED


@pytest.mark.parametrize(
    "feed", [{}, [], [{"id": "1"}], {"items": None}, {"items": {}}, {"version": VERSION}]
)
def test_json_that_is_no_feed_is_refused_as_such(feed: object) -> None:
    with pytest.raises(ParseError, match="`items` is missing") as caught:
        read(feed)
    assert caught.value.cause is Cause.NOT_A_FEED


def test_items_of_another_shape_are_left_out() -> None:
    assert [entry.id for entry in read({"items": [5, None, {"id": "1"}, [], "x", {"id": "2"}]}).entries] == [
        "1",
        "2",
    ]


SHAPES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["url", "name", "size_in_bytes", "mime_type"]), inner, max_size=3),
    ),
    max_leaves=5,
)
ITEM_KEYS = (
    "id url external_url title content_html content_text summary date_published date_modified authors author"
    " language attachments"
)
FEED_KEYS = "version title description home_page_url feed_url language icon favicon authors author hubs"


@quick
@given(
    st.dictionaries(st.sampled_from(FEED_KEYS.split()), SHAPES),
    st.lists(st.dictionaries(st.sampled_from(ITEM_KEYS.split()), SHAPES), max_size=3),
)
def test_a_feed_of_any_shapes_is_read(feed: dict[str, Any], items: list[dict[str, Any]]) -> None:
    body = json.dumps({**feed, "items": items}).encode()
    assert len(parse_jsonfeed(Document(address=HERE, body=body)).entries) == len(items)
