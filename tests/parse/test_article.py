"""Local articles: the plain form and front matter are read; what leaves its form is refused with the line."""

from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.errors import Cause, ParseError
from aggregator.model import Attribution, Document, FeedInfo, Origin, Parsed, Person, RawEntry, RawText
from aggregator.parse import parse
from tests import world

quick = settings(max_examples=40, deadline=None, derandomize=True)
SEED = Path(__file__).parents[2] / "seeds" / "000_67ef41215689bc50.txt"

GOOD = """\
The North

A bridge is shut

Source: Cracks in a bridge (2025-11-29)

First paragraph,
on two lines.

Second paragraph.

More recent coverage
"""


def read(text: str | bytes, name: str = "a.txt") -> Parsed:
    body = text if isinstance(text, bytes) else text.encode()
    return parse(Document(address="", body=body, name=name))


def only(text: str, name: str = "a.txt") -> RawEntry:
    (entry,) = read(text, name).entries
    return entry


def refusal(text: str | bytes, name: str = "a.txt") -> str:
    with pytest.raises(ParseError) as caught:
        read(text, name)
    assert caught.value.cause is Cause.MALFORMED
    return caught.value.detail


# ---------------------------------------------------------------- the seed


def test_the_seed_is_read_part_by_part() -> None:
    parsed = read(SEED.read_bytes(), SEED.name)
    (entry,) = parsed.entries
    assert parsed.version == "article"
    assert parsed.feed == FeedInfo(title="AIWorldNewz.com")
    assert entry.origin == Origin(title="AIWorldNewz.com")
    assert entry.title == RawText(value="AI Breaks New Ground: First AI-Generated Country Hit Tops Charts")
    assert entry.attribution == Attribution(
        title="AI can perform a song, but can it make art?", published=date(2025, 11, 29)
    )
    assert entry.published == datetime(2025, 11, 29, tzinfo=UTC)
    assert entry.name == SEED.name
    assert (entry.id, entry.link, entry.summary, entry.updated) == ("", "", None, None)


def test_the_body_of_the_seed_is_its_paragraph_alone() -> None:
    (entry,) = read(SEED.read_bytes(), SEED.name).entries
    (paragraph,) = [
        line for line in SEED.read_text("utf-8").splitlines() if line.startswith("In a groundbreaking")
    ]
    assert entry.content == RawText(value=f"<p>{paragraph}</p>", is_html=True)
    assert "More recent coverage" not in repr(entry)


# ---------------------------------------------------------------- the plain form


def test_a_plain_article_in_full() -> None:
    assert only(GOOD) == RawEntry(
        title=RawText(value="A bridge is shut"),
        content=RawText(value="<p>First paragraph, on two lines.</p><p>Second paragraph.</p>", is_html=True),
        published=datetime(2025, 11, 29, tzinfo=UTC),
        origin=Origin(title="The North"),
        attribution=Attribution(title="Cracks in a bridge", published=date(2025, 11, 29)),
        name="a.txt",
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(GOOD.replace("\n", "\r\n"), id="line ends of Windows"),
        pytest.param("\ufeff" + GOOD, id="a byte order mark"),
        pytest.param("\n \n" + GOOD + "\n\n \n", id="blank lines around"),
        pytest.param(GOOD.rstrip(), id="no line end at the end"),
        pytest.param(GOOD.replace("\n\n", "\n\n \t\n"), id="more blank lines between"),
        pytest.param(GOOD.replace("The North", "  The North\t"), id="white space around a line"),
    ],
)
def test_blank_space_makes_no_difference(text: str) -> None:
    assert only(text) == only(GOOD)


@pytest.mark.parametrize(
    "heading", ["More recent coverage", "Latest Coverage:", "Weitere Berichte", "Related"]
)
def test_the_last_heading_may_be_in_other_words(heading: str) -> None:
    assert only(GOOD.replace("More recent coverage", heading)) == only(GOOD)


def test_a_plain_article_holds_no_markup() -> None:
    content = only(GOOD.replace("Second paragraph.", "1 < 2 & <script>alert(1)</script>.")).content
    assert content
    assert "<p>1 &lt; 2 &amp; &lt;script&gt;alert(1)&lt;/script&gt;.</p>" in content.value


@pytest.mark.parametrize(
    ("line", "attribution"),
    [
        pytest.param(
            "Source: A (b) c? (2025-11-29)",
            Attribution(title="A (b) c?", published=date(2025, 11, 29)),
            id="brackets",
        ),
        pytest.param(
            "Source: A (29 November 2025)",
            Attribution(title="A", published=date(2025, 11, 29)),
            id="in words",
        ),
        pytest.param(
            "Source:  A  (2025-11-29)", Attribution(title="A", published=date(2025, 11, 29)), id="wide"
        ),
        pytest.param(
            "Source: Source: A (2025-11-29)",
            Attribution(title="Source: A", published=date(2025, 11, 29)),
            id="twice",
        ),
    ],
)
def test_the_source_line_names_title_and_day(line: str, attribution: Attribution) -> None:
    assert only(GOOD.replace("Source: Cracks in a bridge (2025-11-29)", line)).attribution == attribution


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        pytest.param("\x0b\n", 1, "expected the publication", id="nothing but odd blanks"),
        pytest.param("The North\n", 1, "expected the headline", id="only a publication"),
        pytest.param("The North\n\nA bridge\n", 3, "expected `Source: TITLE (DATE)`", id="only a headline"),
        pytest.param(GOOD.replace("A bridge is shut\n\n", ""), 3, "expected the headline", id="no headline"),
        pytest.param(
            GOOD.replace("Source: Cracks in a bridge (2025-11-29)\n\n", ""),
            5,
            "expected `Source: TITLE (DATE)`",
            id="no source",
        ),
        pytest.param(
            GOOD.replace("A bridge is shut", "A bridge\nis shut"),
            4,
            "expected `Source: TITLE (DATE)`",
            id="a headline in two lines",
        ),
        pytest.param(
            GOOD.replace("Source:", "source:"), 5, "expected `Source: TITLE (DATE)`", id="a small letter"
        ),
        pytest.param(
            GOOD.replace("Source: ", "Source:"), 5, "expected `Source: TITLE (DATE)`", id="no space"
        ),
        pytest.param(GOOD.replace(" (2025-11-29)", ""), 5, "expected `Source: TITLE (DATE)`", id="no date"),
        pytest.param(
            GOOD.replace(" (2025-11-29)", " (2025-11-29), p. 3"), 5, "expected `Source:", id="more behind"
        ),
        pytest.param(
            GOOD.replace("Cracks in a bridge ", ""), 5, "expected `Source: TITLE (DATE)`", id="no title"
        ),
        pytest.param(
            GOOD.replace("2025-11-29", "2025-02-30"),
            5,
            "expected a date such as 2025-11-29 in brackets, got '2025-02-30'",
            id="no such day",
        ),
        pytest.param(
            GOOD.replace("2025-11-29", "soon"), 5, "expected a date such as 2025-11-29", id="no day at all"
        ),
        pytest.param(
            "The North\n\nA bridge\n\nSource: A (2025-11-29)\n",
            5,
            "expected paragraphs, then a heading for later coverage",
            id="no body",
        ),
        pytest.param(
            "The North\n\nA bridge\n\nSource: A (2025-11-29)\n\nOne paragraph.\n",
            7,
            "expected paragraphs, then a heading for later coverage",
            id="no heading after one paragraph",
        ),
        pytest.param(
            "The North\n\nA bridge\n\nSource: A (2025-11-29)\n\nMore recent coverage\n",
            7,
            "expected paragraphs, then a heading for later coverage",
            id="a heading and no paragraph",
        ),
        pytest.param(
            GOOD.replace("More recent coverage\n", ""),
            10,
            "expected a last line such as `More recent coverage`, with nothing under it",
            id="no heading",
        ),
        pytest.param(
            GOOD + "\nThe ferry sails again, and this line is longer than a heading\n",
            12,
            "expected nothing under the heading 'More recent coverage': the publisher fills it",
            id="text under the heading",
        ),
        pytest.param(
            GOOD + "\nFerry sails\n",
            12,
            "expected nothing under the heading 'More recent coverage': the publisher fills it",
            id="a headline under the heading",
        ),
        pytest.param(
            GOOD.replace("on two lines.", "on two lines, M\xfcnchen.").encode("windows-1252"),
            8,
            "expected UTF-8 text",
            id="not UTF-8",
        ),
    ],
)
def test_a_malformed_article_is_refused_at_the_line_where_it_leaves_its_form(
    text: str | bytes, line: int, expected: str
) -> None:
    assert refusal(text).startswith(f"line {line}: {expected}")


def test_the_line_is_right_after_a_byte_order_mark() -> None:
    assert refusal(b"\xef\xbb\xbfA\n\xff").startswith("line 2: ")


@pytest.mark.parametrize(
    "last", ["Photo: Ann Lee / The North", "Ann Lee in Karlstad", "https://north.example/bridge"]
)
def test_a_last_line_that_announces_nothing_is_not_lost_in_silence(last: str) -> None:
    text = GOOD.replace("More recent coverage", last)
    try:
        entry = only(text)
    except ParseError:
        return
    assert last in repr(entry)


@quick
@given(st.text(), st.sampled_from(["a.txt", "a.md", "a.html"]))
def test_any_text_is_read_or_refused(text: str, name: str) -> None:
    with suppress(ParseError):
        assert len(parse(Document(address="", body=text.encode("utf-8", "replace"), name=name)).entries) == 1


LINES = st.text(alphabet="abc défg東,", min_size=1, max_size=30).filter(lambda line: bool(line.strip()))


@quick
@given(
    LINES,
    LINES,
    LINES,
    st.lists(LINES.map(lambda line: f"{line}."), min_size=1, max_size=4),
    st.dates(date(1971, 1, 1)),
)
def test_what_is_written_in_the_plain_form_reads_back(
    outlet: str, headline: str, source: str, paragraphs: list[str], day: date
) -> None:
    entry = only(world.article(headline, *paragraphs, outlet=outlet, source=source, day=day.isoformat()))
    assert entry.origin == Origin(title=outlet.strip())
    assert entry.title == RawText(value=headline.strip())
    assert entry.attribution == Attribution(title=source.strip(), published=day)
    assert entry.content
    assert entry.content.value == "".join(f"<p>{paragraph.strip()}</p>" for paragraph in paragraphs)


# ---------------------------------------------------------------- front matter


FULL = """\
---
id: urn:x:1
title: "A bridge: shut"
url: https://north.example/bridge
publication: The North
date: 2025-11-29T10:00:00+02:00
updated: 30 November 2025
author: Ann
tags: [news, 2025]
summary: It has cracks.
lang: de
layout: post
draft: false
---

First *paragraph*,
on two lines.

<p onclick=x>HTML</p>
"""


def test_front_matter_in_full() -> None:
    assert only(FULL, "posts/a.md") == RawEntry(
        id="urn:x:1",
        link="https://north.example/bridge",
        title=RawText(value="A bridge: shut"),
        summary=RawText(value="It has cracks."),
        content=RawText(
            value="<p>First <em>paragraph</em>,\non two lines.</p>\n<p onclick=x>HTML</p>",
            is_html=True,
            base="https://north.example/bridge",
        ),
        published=datetime(2025, 11, 29, 8, tzinfo=UTC),
        updated=datetime(2025, 11, 30, tzinfo=UTC),
        authors=(Person(name="Ann"),),
        categories=("news", "2025"),
        language="de",
        origin=Origin(title="The North"),
        name="posts/a.md",
    )


def test_the_publication_names_the_outlet() -> None:
    assert read(FULL, "a.md").feed.title == "The North"


def test_title_and_text_are_enough() -> None:
    assert only("---\ntitle: A\n---\nb", "a.md") == RawEntry(
        title=RawText(value="A"), content=RawText(value="<p>b</p>\n", is_html=True), name="a.md"
    )


@pytest.mark.parametrize("name", ["a.html", "a.HTM"])
def test_html_below_front_matter_stays_as_it_is(name: str) -> None:
    assert only("---\ntitle: A\n---\n<p>b *c*</p>\n", name).content == RawText(
        value="<p>b *c*</p>", is_html=True
    )


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        pytest.param("a\n\nb", "<p>a</p>\n<p>b</p>\n", id="paragraphs"),
        pytest.param("## a", "<h2>a</h2>\n", id="a heading"),
        pytest.param("[a](b)", '<p><a href="b">a</a></p>\n', id="a link"),
        pytest.param("~~a~~", "<p><s>a</s></p>\n", id="struck out"),
        pytest.param("1 < 2 & 3", "<p>1 &lt; 2 &amp; 3</p>\n", id="marks"),
        pytest.param("---", "<hr />\n", id="a rule"),
    ],
)
def test_markdown_becomes_html(markdown: str, html: str) -> None:
    content = only(f"---\ntitle: A\n---\n\n{markdown}\n", "a.md").content
    assert content
    assert content.value == html


def test_markdown_tables_become_tables() -> None:
    content = only("---\ntitle: A\n---\n|a|\n|-|\n|b|\n", "a.md").content
    assert content
    assert "<table>" in content.value


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.markdown", "a.html", "nothing"])
def test_front_matter_counts_whatever_the_file_is_called(name: str) -> None:
    assert only("---\ntitle: A\n---\nb", name).title == RawText(value="A")


def test_front_matter_may_have_line_ends_of_windows_and_blanks_after_the_fence() -> None:
    assert only("\ufeff--- \r\ntitle: A\r\n---\t\r\nb\r\n", "a.md") == only("---\ntitle: A\n---\nb\n", "a.md")


@pytest.mark.parametrize(
    ("matter", "people"),
    [
        pytest.param("author: Ann", ("Ann",), id="one"),
        pytest.param("authors: [Ann, Bob]", ("Ann", "Bob"), id="a list"),
        pytest.param("author: Ann\nauthors: [Bob]", ("Ann",), id="the first key counts"),
        pytest.param("author:\nauthors: Bob", ("Bob",), id="an empty key does not"),
        pytest.param("authors: [Ann, null, ' Bob ']", ("Ann", "Bob"), id="nothing in a list"),
        pytest.param("authors: []", (), id="an empty list"),
        pytest.param("", (), id="none"),
    ],
)
def test_one_or_several_are_written_alike(matter: str, people: tuple[str, ...]) -> None:
    entry = only(f"---\ntitle: A\n{matter}\n---\nb", "a.md")
    assert entry.authors == tuple(Person(name=name) for name in people)


@pytest.mark.parametrize(
    ("key", "field"),
    [("link", "link"), ("permalink", "link"), ("language", "language")],
)
def test_some_keys_have_other_names(key: str, field: str) -> None:
    assert getattr(only(f"---\ntitle: A\n{key}: x\n---\nb", "a.md"), field) == "x"


@pytest.mark.parametrize("key", ["date", "published"])
@pytest.mark.parametrize(
    "written", ["2025-11-29", "20251129", "'2025-11-29'", "29 Nov 2025", "2025-11-29 00:00:00"]
)
def test_a_date_may_be_written_in_many_ways(key: str, written: str) -> None:
    entry = only(f"---\ntitle: A\n{key}: {written}\n---\nb", "a.md")
    assert entry.published == datetime(2025, 11, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    ("title", "text"), [("2025", "2025"), ("no", "no"), ("010", "010"), ("1:30", "1:30"), ("'null'", "null")]
)
def test_a_title_stays_as_it_is_written(title: str, text: str) -> None:
    assert only(f"---\ntitle: {title}\n---\nb", "a.md").title == RawText(value=text)


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        pytest.param("# A\n\nb", 1, "expected front matter: a line `---`", id="none at all"),
        pytest.param("\n---\ntitle: A\n---\nb", 1, "expected front matter", id="not on the first line"),
        pytest.param(
            "---\ntitle: A\nb\n", 3, "expected a line `---` that ends the front matter", id="no end"
        ),
        pytest.param(
            "---\ntitle: A\n", 2, "expected a line `---` that ends the front matter", id="nothing else"
        ),
        pytest.param("---\n---\nb", 2, "expected keys in the front matter, such as `title:`", id="empty"),
        pytest.param(
            "---\n- a\n---\nb", 2, "expected keys in the front matter, such as `title:`", id="a list"
        ),
        pytest.param("---\nurl: x\n---\nb", 2, "expected `title:` in the front matter", id="no title"),
        pytest.param("---\ntitle:\n---\nb", 2, "expected `title:` in the front matter", id="an empty title"),
        pytest.param(
            "---\ntitle: ' '\n---\nb", 2, "expected `title:` in the front matter", id="a blank title"
        ),
        pytest.param("---\nurl: x\ntitle: [a]\n---\nb", 3, "title: expected text", id="a list as title"),
        pytest.param(
            "---\ntitle: A\nurl: {a: b}\n---\nb", 3, "url: expected text", id="a mapping as address"
        ),
        pytest.param(
            "---\ntitle: A\ntags: {a: b}\n---\nb",
            3,
            "tags: expected text or a list of texts",
            id="keys as tags",
        ),
        pytest.param(
            "---\ntitle: A\ntags: [[a]]\n---\nb",
            3,
            "tags: expected text or a list of texts",
            id="nested tags",
        ),
        pytest.param(
            "---\ntitle: A\ndate: soon\n---\nb", 3, "date: expected a date such as 2025-11-29", id="no date"
        ),
        pytest.param(
            "---\ntitle: A\nlastmod: [1]\n---\nb", 3, "lastmod: expected a date such as", id="a list as date"
        ),
        pytest.param(
            "---\ntitle: A\nx: 1\ntitle: B\n---\nb", 4, "front matter: title given twice", id="a doubled key"
        ),
        pytest.param("---\ntitle: A\nx: b: c\n---\nb", 3, "front matter: not YAML", id="no YAML"),
        pytest.param("---\ntitle: A\nx: !!binary y\n---\nb", 3, "front matter: x the tag", id="an object"),
        pytest.param("---\ntitle: A\n---\n\n \n", 5, "expected text below the front matter", id="no text"),
        pytest.param(b"---\ntitle: A\xff\n---\nb", 2, "expected UTF-8 text", id="not UTF-8"),
    ],
)
def test_malformed_front_matter_is_refused_at_its_line(text: str | bytes, line: int, expected: str) -> None:
    assert refusal(text, "a.md").startswith(f"line {line}: {expected}")


@pytest.mark.parametrize(
    "poison", ["[" * 2000 + "]" * 2000, "[" * 200_000], ids=["a tower of brackets", "a higher one"]
)
def test_poisonous_front_matter_is_refused(poison: str) -> None:
    assert refusal(f"---\ntitle: A\nx: {poison}\n---\nb", "a.md")
