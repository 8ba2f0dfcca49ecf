"""Normalize: whatever a parser read, an entry leaves here with keys, addressed, dated and safe to show."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import normalize as room
from aggregator.model import (
    Attribution,
    Document,
    Enclosure,
    Entry,
    FeedInfo,
    Origin,
    Parsed,
    Person,
    RawEntry,
    RawText,
)
from aggregator.normalize import Normalized, digest_of, normalize, vouch_for
from aggregator.normalize import fields as limits
from aggregator.normalize.extras import MOST_SUMMARY_WORDS
from tests.test_sanitize import dangers
from tests.test_text import is_xml_text

quick = settings(max_examples=25, deadline=None, derandomize=True)
HERE = "https://h.example/feed"
NOON = datetime(2025, 11, 29, 12, tzinfo=UTC)


def text(value: str) -> RawText:
    return RawText(value=value)


def html(value: str, base: str = "") -> RawText:
    return RawText(value=value, is_html=True, base=base)


def normal(*raws: RawEntry, address: str = HERE, version: str = "rss20", **given: Any) -> Normalized:
    known = given.pop("known", {})
    parsed = Parsed(version=version, entries=raws, feed=FeedInfo(**given))
    return normalize(parsed, Document(address=address, body=b""), source_id="north", known=known)


def entry(raw: RawEntry | None = None, **given: Any) -> Entry:
    (found,) = normal(raw or RawEntry(**given)).entries
    return found


# ---------------------------------------------------------------- keys


@pytest.mark.parametrize(
    ("raw", "keys"),
    [
        pytest.param(
            RawEntry(id="1", link="/a", title=text("A: b!"), published=NOON),
            ("id:1", "url:h.example/a", "title:a b|2025-11-29T12:00:00"),
            id="all three, strongest first",
        ),
        pytest.param(RawEntry(id="1"), ("id:1",), id="only an id"),
        pytest.param(
            RawEntry(link="https://www.h.example/a/?utm_source=x"), ("url:h.example/a",), id="only a link"
        ),
        pytest.param(
            RawEntry(title=text("A"), updated=NOON),
            ("title:a|2025-11-29T12:00:00",),
            id="only a headline and a moment",
        ),
        pytest.param(
            RawEntry(link="https://c.example/1", permalink="/a"),
            ("url:h.example/a",),
            id="the permalink behind a counter",
        ),
        pytest.param(
            RawEntry(id="1", link="https://h.example/"), ("id:1",), id="a home page is no article's address"
        ),
        pytest.param(RawEntry(id="1", link="javascript:x"), ("id:1",), id="an address that leads nowhere"),
        pytest.param(
            RawEntry(id="1", title=text("!"), published=NOON), ("id:1",), id="a headline without words"
        ),
    ],
)
def test_an_entry_is_known_by_id_address_and_headline_with_moment(
    raw: RawEntry, keys: tuple[str, ...]
) -> None:
    assert entry(raw).keys == keys


@pytest.mark.parametrize(
    "raw", [RawEntry(title=text("A")), RawEntry(content=text("A")), RawEntry(summary=text("A")), RawEntry()]
)
def test_an_entry_with_none_of_them_is_known_by_its_text(raw: RawEntry) -> None:
    (key,) = entry(raw).keys
    assert key.startswith("text:")


def test_an_article_is_known_by_its_text_its_headline_and_its_file() -> None:
    raw = RawEntry(
        title=text("Bridge shut!"),
        content=html("<p>a</p>"),
        origin=Origin(title="North"),
        attribution=Attribution(title="Cracks", published=NOON.date()),
        name="a.txt",
    )
    (found,) = normal(raw, address="", version="article").entries
    assert found.is_article
    assert found.keys[0].startswith("text:")
    assert found.keys[1:] == ("title:bridge shut|cracks|2025-11-29", "file:a.txt")


def test_the_id_of_an_article_comes_first() -> None:
    (found,) = normal(
        RawEntry(id="urn:x:1", title=text("A"), name="a.md"), address="", version="article"
    ).entries
    assert found.keys[0] == "id:urn:x:1"


def test_the_entry_of_a_feed_is_no_article() -> None:
    assert not entry(id="1").is_article


def test_a_link_that_all_items_share_tells_nothing() -> None:
    raws = [RawEntry(id=str(number), link="/all", title=text(f"T{number}")) for number in range(3)]
    assert [found.keys for found in normal(*raws).entries] == [("id:0",), ("id:1",), ("id:2",)]


def test_an_id_that_all_items_share_tells_nothing() -> None:
    raws = [RawEntry(id="same", link=f"/{number}", title=text(f"T{number}")) for number in range(3)]
    assert [found.keys for found in normal(*raws).entries] == [
        (f"url:h.example/{number}",) for number in range(3)
    ]


def test_items_that_share_all_are_told_apart_by_their_text() -> None:
    raws = [RawEntry(id="same", title=text(f"T{letter}"), content=text(letter)) for letter in "abc"]
    keys = [found.keys[0] for found in normal(*raws).entries]
    assert len(set(keys)) == 3
    assert [found.keys[0] for found in normal(*reversed(raws)).entries] == keys[::-1]


def test_items_that_share_even_their_text_are_told_apart_by_their_place_from_the_end() -> None:
    raws = [RawEntry(title=text("A")) for _ in range(3)]
    keys = [found.keys[0] for found in normal(*raws).entries]
    assert len(set(keys)) == 3
    assert [found.keys[0] for found in normal(RawEntry(title=text("A")), *raws).entries][1:] == keys


def test_of_versions_of_one_entry_the_newest_counts() -> None:
    old, new = (
        RawEntry(id="1", link="/a", title=text("A"), content=text(word), updated=moment)
        for word, moment in (("old", NOON), ("new", NOON + timedelta(hours=1)))
    )
    for raws in ((old, new), (new, old), (old, new, old)):
        assert [found.text for found in normal(*raws).entries] == ["new"]


def test_an_entry_given_twice_is_one() -> None:
    raw = RawEntry(id="1", link="/a", title=text("A"))
    assert len(normal(raw, raw).entries) == 1


def test_the_id_of_an_entry_depends_on_its_source_and_its_first_key_alone() -> None:
    assert (
        entry(id="1", title=text("A")).id == entry(id="1", title=text("B"), link="/b").id != entry(id="2").id
    )


# ---------------------------------------------------------------- what is known


def test_an_entry_with_a_known_digest_is_left_out_and_still_present() -> None:
    raws = [RawEntry(id="1", title=text("A")), RawEntry(id="2", title=text("B"))]
    first = normal(*raws)
    again = normal(*raws, known={"id:1": first.present["id:1"]})
    assert [found.keys[0] for found in again.entries] == ["id:2"]
    assert again.present == first.present


def test_a_reading_that_is_known_whole_has_no_entries() -> None:
    raws = [RawEntry(id="1"), RawEntry(link="/a"), RawEntry(title=text("A"))]
    assert normal(*raws, known=normal(*raws).present).entries == ()


def test_a_known_entry_that_changed_is_there_again() -> None:
    known = normal(RawEntry(id="1", title=text("A"))).present
    assert [found.title for found in normal(RawEntry(id="1", title=text("B")), known=known).entries] == ["B"]


@pytest.mark.parametrize(
    "change",
    [
        {"id": "2"},
        {"title": text("B")},
        {"title": html("A")},
        {"content": text("b")},
        {"published": NOON},
        {"enclosures": (Enclosure(url="a"),)},
        {"name": "b.txt"},
    ],
    ids=str,
)
def test_any_change_of_a_raw_entry_changes_its_digest(change: dict[str, Any]) -> None:
    raw = RawEntry(id="1", title=text("A"))
    assert digest_of(raw, HERE) != digest_of(replace(raw, **change), HERE)


def test_a_digest_depends_on_the_base_and_is_32_hex_digits() -> None:
    raw = RawEntry(id="\ud800")
    assert digest_of(raw, HERE) != digest_of(raw, "")
    assert len(digest_of(raw, HERE)) == 32
    assert int(digest_of(raw, HERE), 16)


# ---------------------------------------------------------------- limits


def test_of_too_many_entries_the_newest_stay_in_the_order_of_the_document() -> None:
    most = room.MOST_ENTRIES
    raws = [
        RawEntry(id=str(number), published=NOON + timedelta(seconds=number)) for number in range(most + 5)
    ]
    found = normal(*raws)
    assert found.dropped == 5
    assert list(found.present) == [f"id:{number}" for number in range(5, most + 5)]


def test_entries_without_a_date_are_the_first_to_go() -> None:
    dated = [RawEntry(id=f"d{number}", published=NOON) for number in range(room.MOST_ENTRIES)]
    assert "id:undated" not in normal(RawEntry(id="undated"), *dated).present


def test_as_many_entries_as_allowed_all_stay() -> None:
    assert normal(*(RawEntry(id=str(number)) for number in range(room.MOST_ENTRIES))).dropped == 0


@pytest.mark.parametrize(
    ("given", "what"),
    [
        pytest.param({"content": html("<b>" * 300 + "x")}, "texts", id="too deep"),
        pytest.param({"summary": html("<p>" + "x" * 300_000)}, "texts", id="too large"),
        pytest.param({"content": html("<p>" + "\u00e4" * 140_000)}, "texts", id="too large in bytes"),
        pytest.param({"title": text("x" * 1001)}, "titles", id="a title"),
        pytest.param({"link": "/" + "x" * 2048}, "addresses", id="an address"),
        pytest.param({"enclosures": (Enclosure(url="/a"),) * 21}, "lists of enclosures", id="enclosures"),
        pytest.param({"categories": ("a",) * 51}, "lists of categories", id="categories"),
        pytest.param({"authors": (Person(name="A"),) * 21}, "lists of authors", id="authors"),
    ],
)
def test_what_is_cut_off_is_counted(given: dict[str, Any], what: str) -> None:
    assert normal(RawEntry(id="1", **given), RawEntry(id="2")).cuts == {what: 1}


def test_nothing_is_cut_off_an_entry_within_the_limits() -> None:
    whole = RawEntry(
        id="1", link="/a", title=text("x" * 1000), content=html("<p>" * 200 + "x" * 200_000),
        categories=("a",) * 50,
    )  # fmt: skip
    assert normal(whole).cuts == {}


def test_an_id_too_long_to_keep_is_known_by_its_hash() -> None:
    long, longer = entry(id="x" * 3000), entry(id="x" * 3001)
    assert max(map(len, long.keys)) < 100
    assert long.keys != longer.keys
    assert entry(id="x" * 3000).keys == long.keys
    assert long.guid == ""


def test_what_a_feed_says_of_itself_is_bounded() -> None:
    feed = vouch_for(
        FeedInfo(
            title="x" * 5000, subtitle="x" * 5000, rights="x" * 5000, url="mailto:a@h.example",
            feed_url="https://h.example/feed", icon="javascript:alert(1)", id="x" * 5000, language="!!",
            authors=(Person(name="x" * 5000, email="x" * 5000),) * 50,
            hubs=tuple(f"https://hub.example/{number}" for number in range(50)), ttl_minutes=60,
        )
    )  # fmt: skip
    assert {len(feed.title), len(feed.subtitle), len(feed.rights)} == {1000}
    assert (feed.url, feed.feed_url, feed.icon, feed.id) == ("", "https://h.example/feed", "", "")
    assert (feed.language, len(feed.authors), len(feed.hubs), feed.ttl_minutes) == ("", 1, 5, 60)
    assert len(feed.authors[0].email) == 320


def test_everything_that_can_be_long_is_cut() -> None:
    found = entry(
        title=text("x" * 5000),
        content=text("word " * 5000),
        authors=tuple(Person(name=str(number)) for number in range(100)),
        categories=tuple(str(number) for number in range(100)),
        enclosures=tuple(Enclosure(url=f"/{number}") for number in range(100)),
        rights="x" * 5000,
    )
    assert (len(found.title), len(found.text), len(found.rights)) == (
        limits.MOST_TITLE,
        room.MOST_TEXT,
        limits.MOST_TITLE,
    )
    assert (len(found.authors), len(found.categories), len(found.enclosures)) == (
        limits.MOST_PEOPLE,
        limits.MOST_CATEGORIES,
        limits.MOST_ENCLOSURES,
    )
    assert len(found.summary.split()) <= MOST_SUMMARY_WORDS


# ---------------------------------------------------------------- titles


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        pytest.param(RawEntry(title=text(" A \n b ")), "A b", id="one line"),
        pytest.param(RawEntry(title=text("1 < 2 & <b>")), "1 < 2 & <b>", id="plain text stays as it is"),
        pytest.param(RawEntry(title=html("<i>A</i> &amp; b")), "A & b", id="HTML becomes text"),
        pytest.param(RawEntry(title=html("1 < 2")), "1 < 2", id="HTML without markup"),
        pytest.param(RawEntry(title=text("\u202eA\x00")), "A", id="no controls"),
        pytest.param(
            RawEntry(title=text(" "), content=html("<p>First words.</p>")), "First words.", id="from the text"
        ),
        pytest.param(
            RawEntry(content=text("one two three four five six seven eight nine ten eleven twelve thirteen")),
            "one two three four five six seven eight nine ten eleven twelve…",
            id="twelve words of it",
        ),
        pytest.param(
            RawEntry(title=html("<img src=x>"), summary=text("S")), "S", id="a headline of no words"
        ),
        pytest.param(RawEntry(link="/2025/a-story/"), "a-story", id="the address"),
        pytest.param(
            RawEntry(enclosures=(Enclosure(url="https://x.example/talk.mp3"),)),
            "talk.mp3",
            id="the enclosure",
        ),
        pytest.param(RawEntry(id="urn:x:1"), "urn:x:1", id="the id"),
        pytest.param(RawEntry(), "Untitled", id="nothing at all"),
    ],
)
def test_every_entry_has_a_title(raw: RawEntry, title: str) -> None:
    assert entry(raw).title == title


# ---------------------------------------------------------------- text


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        pytest.param(
            RawEntry(content=html("<p>a<script>b</script></p>")), "<p>a</p>", id="HTML is made safe"
        ),
        pytest.param(
            RawEntry(content=text("a <b>\n\nc & d")), "<p>a &lt;b&gt;</p><p>c &amp; d</p>", id="text"
        ),
        pytest.param(RawEntry(content=html("a\nb")), "<p>a</p><p>b</p>", id="HTML without markup is text"),
        pytest.param(RawEntry(content=html("a<br>b")), "a<br>b", id="HTML with markup is not"),
        pytest.param(RawEntry(content=text("c"), summary=text("s")), "<p>c</p>", id="content before summary"),
        pytest.param(RawEntry(summary=text("s")), "<p>s</p>", id="else the summary"),
        pytest.param(RawEntry(content=text("\x00\u202e \n ")), "", id="nothing but controls"),
        pytest.param(RawEntry(), "", id="nothing"),
    ],
)
def test_the_text_of_an_entry_is_safe_html(raw: RawEntry, shown: str) -> None:
    assert entry(raw).html == shown


@pytest.mark.parametrize(
    ("base", "address"),
    [
        pytest.param("", "https://h.example/i", id="the document's"),
        pytest.param("https://b.example/x/", "https://b.example/x/i", id="its own"),
        pytest.param("/x/", "https://h.example/x/i", id="its own, relative"),
        pytest.param("javascript:x", "https://h.example/i", id="one that is none"),
    ],
)
def test_addresses_in_the_text_start_from_its_base(base: str, address: str) -> None:
    assert f'href="{address}"' in entry(content=html("<a href=i>x</a>", base)).html


@pytest.mark.parametrize(
    ("feed", "base"),
    [
        ({"feed_url": "https://f.example/x/feed"}, "https://f.example/x/a"),
        ({"url": "https://s.example/"}, "https://s.example/a"),
        ({"feed_url": "https://f.example/feed", "url": "https://s.example/"}, "https://f.example/a"),
        ({}, ""),
    ],
)
def test_a_file_starts_from_where_its_feed_says_it_is(feed: dict[str, str], base: str) -> None:
    (found,) = normal(RawEntry(link="a"), address="", **feed).entries
    assert found.url == base


@pytest.mark.parametrize(
    ("raw", "summary", "has_full_text"),
    [
        pytest.param(RawEntry(content=html("<p>c</p>"), summary=html("<p>s</p>")), "s", True, id="its own"),
        pytest.param(RawEntry(content=text("c"), summary=text("<s>")), "<s>", True, id="its own, plain"),
        pytest.param(RawEntry(content=html("<p>a</p><p>b</p>")), "a b", True, id="an excerpt of the content"),
        pytest.param(RawEntry(summary=html("<p>s</p>")), "s", False, id="a summary alone is no full text"),
        pytest.param(RawEntry(), "", False, id="nothing"),
    ],
)
def test_the_summary_is_plain_text(raw: RawEntry, summary: str, has_full_text: bool) -> None:
    found = entry(raw)
    assert (found.summary, found.has_full_text) == (summary, has_full_text)


# ---------------------------------------------------------------- ids and addresses


@pytest.mark.parametrize(
    ("raw_id", "guid"),
    [
        ("urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8", "urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
        ("tag:x.example,2025:a/1", "tag:x.example,2025:a/1"),
        ("https://x.example/?p=1", "https://x.example/?p=1"),
        ("https://x.example/ü", "https://x.example/ü"),
        ("12345", ""),
        ("/relative", ""),
        ("urn:x y", ""),
        ("urn:x\n", ""),
        ("urn:<x>", ""),
        ("", ""),
        pytest.param("urn:" + "x" * 2048, "", id="one without end"),
    ],
)
def test_an_id_is_published_where_it_is_an_absolute_iri(raw_id: str, guid: str) -> None:
    assert entry(id=raw_id).guid == guid


@pytest.mark.parametrize(
    "bad",
    [
        "javascript:alert(1)",
        " java\nscript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://x.example/",
    ],
)
def test_a_dangerous_address_goes_from_every_field(bad: str) -> None:
    found = entry(
        link=bad,
        comments=bad,
        enclosures=(Enclosure(url=bad),),
        authors=(Person(name="Ann", url=bad),),
        origin=Origin(title="O", url=bad, feed_url=bad),
        content=html(f'<a href="{bad}">x</a><img src="{bad}">'),
    )
    assert (found.url, found.comments, found.enclosures) == ("", "", ())
    assert found.authors == (Person(name="Ann"),)
    assert found.origin == Origin(title="O")
    assert not list(dangers(found.html))


def test_relative_addresses_become_absolute() -> None:
    found = entry(
        link="a", comments="c", enclosures=(Enclosure(url="e", media_type="audio/mpeg", size_bytes=1),)
    )
    assert (found.url, found.comments) == ("https://h.example/a", "https://h.example/c")
    assert found.enclosures == (Enclosure(url="https://h.example/e", media_type="audio/mpeg", size_bytes=1),)


def test_an_enclosure_given_twice_is_one() -> None:
    assert len(entry(enclosures=(Enclosure(url="a"), Enclosure(url="/a", size_bytes=1))).enclosures) == 1


def test_the_permalink_is_shown_instead_of_the_counter() -> None:
    assert entry(link="https://counter.example/1", permalink="/a").url == "https://h.example/a"


def test_a_mailbox_is_no_enclosure_and_no_page_of_comments() -> None:
    found = entry(comments="mailto:a@x.example", enclosures=(Enclosure(url="mailto:a@x.example"),))
    assert (found.comments, found.enclosures) == ("", ())


# ---------------------------------------------------------------- the small fields


@pytest.mark.parametrize(
    ("own", "feed", "language"),
    [
        ("de", "en", "de"),
        ("", "en-us", "en-us"),
        ("pt_BR", "", "pt-BR"),
        (" fr ", "", "fr"),
        ("English", "de", "English"),
        ("not a tag", "de", "de"),
        ('x" onload="y', "", ""),
        ("e", "", ""),
        ("en-" + "a" * 40, "", ""),
    ],
)
def test_a_language_is_a_tag_or_nothing(own: str, feed: str, language: str) -> None:
    (found,) = normal(RawEntry(language=own), language=feed).entries
    assert found.language == language


def test_names_are_plain_lines_and_each_stands_once() -> None:
    found = entry(
        authors=(
            Person(name="<b>Ann</b>\n"),
            Person(name="Ann"),
            Person(email=" a@x.example "),
            Person(),
            Person(name=" "),
        ),
        categories=("<i>a</i> &amp; b", " a  & b ", "", "\x00", "c"),
        rights="&copy; <b>North</b>",
    )
    assert found.authors == (Person(name="Ann"), Person(email="a@x.example"))
    assert (found.categories, found.rights) == (("a & b", "c"), "© North")


def test_dates_stay_as_they_are_read() -> None:
    found = entry(published=NOON, updated=NOON + timedelta(days=99999))
    assert (found.published, found.updated) == (NOON, NOON + timedelta(days=99999))


def test_an_origin_and_an_attribution_are_vouched_for() -> None:
    found = entry(
        origin=Origin(title="<b>O</b>", url="https://o.example/", feed_url="https://o.example/f", id="urn:o"),
        attribution=Attribution(title="A\n &amp; b", published=NOON.date()),
    )
    assert found.origin == Origin(
        title="O", url="https://o.example/", feed_url="https://o.example/f", id="urn:o"
    )
    assert found.attribution == Attribution(title="A & b", published=NOON.date())


def test_the_id_of_an_origin_is_an_iri_or_nothing() -> None:
    assert entry(origin=Origin(title="O", id="not one")).origin == Origin(title="O")


# ---------------------------------------------------------------- anything at all


def strings(noun: Any) -> Iterator[str]:
    """Yield every string in a noun, however deep."""
    if isinstance(noun, str):
        yield noun
    elif isinstance(noun, tuple):
        for part in noun:
            yield from strings(part)
    elif is_dataclass(noun):
        for field in fields(noun):
            yield from strings(getattr(noun, field.name))


XML_TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Cn"]), max_size=12)


def raw_entries(words: st.SearchStrategy[str]) -> st.SearchStrategy[RawEntry]:
    addresses = st.one_of(
        words, words.map("https://x.example/{}".format), st.sampled_from(["", "/a", "javascript:x"])
    )
    texts = st.one_of(st.none(), st.builds(RawText, value=words, is_html=st.booleans(), base=addresses))
    moments = st.one_of(st.none(), st.integers(0, 10**6).map(lambda hours: NOON + timedelta(hours=hours)))
    people = st.builds(Person, name=words, email=words, url=addresses)
    return st.builds(
        RawEntry,
        id=st.one_of(words, st.sampled_from(["", "1", "urn:x:1"])),
        link=addresses,
        permalink=addresses,
        title=texts,
        summary=texts,
        content=texts,
        published=moments,
        updated=moments,
        authors=st.lists(people, max_size=2).map(tuple),
        categories=st.lists(words, max_size=2).map(tuple),
        enclosures=st.lists(st.builds(Enclosure, url=addresses, media_type=words), max_size=2).map(tuple),
        comments=addresses,
        language=words,
        rights=words,
        origin=st.one_of(
            st.none(), st.builds(Origin, title=words, url=addresses, feed_url=addresses, id=words)
        ),
        attribution=st.one_of(st.none(), st.builds(Attribution, title=words)),
        name=words,
    )


@quick
@given(st.lists(raw_entries(st.text(max_size=12)), max_size=4), st.sampled_from(["rss20", "article"]))
def test_every_entry_is_present_under_a_key_of_its_own(raws: list[RawEntry], version: str) -> None:
    found = normal(*raws, version=version)
    keys = [key for each in found.entries for key in each.keys]
    assert len(keys) == len(set(keys))
    assert list(found.present.items()) == [(each.keys[0], each.digest) for each in found.entries]


@quick
@given(st.lists(raw_entries(st.text(max_size=12)), max_size=4))
def test_what_was_read_once_is_left_out_the_next_time(raws: list[RawEntry]) -> None:
    assert normal(*raws, known=normal(*raws).present).entries == ()


@quick
@given(raw_entries(st.text(max_size=12)))
def test_any_entry_has_a_title_of_one_line_safe_text_and_web_addresses(raw: RawEntry) -> None:
    found = entry(raw)
    assert found.title
    assert found.title.splitlines() == [found.title]
    assert not list(dangers(found.html))
    addresses = [found.url, found.comments]
    addresses += [each.url for each in found.enclosures] + [each.url for each in found.authors]
    assert all(
        address == "" or address.startswith(("http://", "https://", "mailto:")) for address in addresses
    )


@quick
@given(raw_entries(XML_TEXT))
def test_any_entry_of_good_characters_holds_what_xml_carries(raw: RawEntry) -> None:
    assert all(map(is_xml_text, strings(entry(raw))))


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(RawEntry(id="\ud800"), id="in an id"),
        pytest.param(RawEntry(id="urn:x:\uffff"), id="in an id that is an IRI"),
        pytest.param(RawEntry(link="https://x.example/\ud800"), id="in a link"),
        pytest.param(RawEntry(comments="https://x.example/\udfff"), id="in the address of comments"),
        pytest.param(RawEntry(enclosures=(Enclosure(url="https://x.example/\ud800"),)), id="in an enclosure"),
        pytest.param(
            RawEntry(authors=(Person(name="A", url="https://x.example/\ud800"),)), id="in an author's page"
        ),
        pytest.param(RawEntry(origin=Origin(url="https://x.example/\ud800")), id="in an origin"),
    ],
)
def test_no_field_holds_what_neither_xml_nor_utf_8_can_carry(raw: RawEntry) -> None:
    assert all(map(is_xml_text, strings(entry(raw))))


def test_the_name_of_a_file_need_not_be_utf_8() -> None:
    (found,) = normal(RawEntry(title=text("A"), name="caf\udce9.txt"), address="", version="article").entries
    assert all(map(is_xml_text, strings(found)))
