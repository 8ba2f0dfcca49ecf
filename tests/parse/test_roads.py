"""The strict road and feedparser's read the same in every well-formed document there is.

In `tests/data/feeds` always; with `pytest -m full` in all of the collection beside the project.
"""

import gzip
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.errors import ParseError
from aggregator.model import Document
from aggregator.parse import parse
from aggregator.parse.tree import MOST_TAGS
from tests.parse.feeds import feed
from tests.parse.roads import differences, read_both, tree_of
from tests.test_real_feeds import SHARED, SMALL

SEEDS = st.integers(0, 1 << 32)
ENDINGS = (".xml", ".rss", ".atom", ".rdf")
TYPES = ("", "text/xml", "text/html; charset=utf-8")


def bodies(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        name = path.name.removesuffix(".gz")
        if path.suffix == ".gz" and ".json" not in name:
            yield path.name, gzip.decompress(path.read_bytes())
        elif path.name.endswith(ENDINGS):
            yield path.name, path.read_bytes()


def compare(folder: Path) -> tuple[list[str], int, int]:
    """Return the differences, how many documents are well-formed feeds, and how many take the strict road."""
    found, well_formed, taken = list[str](), 0, 0
    for name, body in bodies(folder):
        for media_type in TYPES:
            document = Document(address="https://example.org/a/feed?x=1", body=body, media_type=media_type)
            try:
                roads = read_both(document)
            except ParseError:
                continue
            well_formed += roads.is_well_formed
            taken += roads.strict is not None and roads.is_well_formed
            if roads.strict:
                found += [f"{name}{told}" for told in differences(roads.lenient, roads.strict)]
    return found, well_formed, taken


def test_both_roads_read_the_same_in_real_documents() -> None:
    found, well_formed, taken = compare(SMALL)
    assert found == []
    assert taken >= 0.9 * well_formed > 40


@pytest.mark.full
@pytest.mark.parametrize(
    ("folder", "share"),
    [pytest.param("feeds/docs", 0.9, id="real ones"), pytest.param("conformance", 0.8, id="odd ones")],
)
def test_both_roads_read_the_same_in_every_document(folder: str, share: float) -> None:
    if not (SHARED / folder).exists():
        pytest.skip("the collection does not lie beside the project")
    with warnings.catch_warnings(action="ignore"):
        found, well_formed, taken = compare(SHARED / folder)
    assert found == []
    assert taken >= share * well_formed > 1000


@settings(max_examples=300)
@given(seed=SEEDS)
def test_both_roads_read_the_same_in_whatever_is_well_formed(seed: int) -> None:
    try:
        roads = read_both(Document(address="https://example.org/a/feed", body=feed(seed)))
    except ParseError:  # feedparser chokes on it
        return
    assert roads.is_well_formed
    assert roads.strict is None or list(differences(roads.lenient, roads.strict)) == []


@settings(max_examples=200)
@given(seed=SEEDS, where=st.floats(0, 1), length=st.integers(0, 20), junk=st.binary(max_size=8))
def test_damage_is_a_parse_error_at_worst(seed: int, where: float, length: int, junk: bytes) -> None:
    body = feed(seed)
    at = int(where * len(body))
    broken = body[:at] + junk + body[at + length :]
    with suppress(ParseError):
        parse(Document(address="https://example.org/a/feed", body=broken))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<rss><channel><title>a <b>c</b></title></channel></rss>", id="markup in a title"),
        pytest.param(b"<!DOCTYPE rss [<!ENTITY a 'b'>]><rss><channel/></rss>", id="entities"),
        pytest.param(b"<!DOCTYPE rss [<!ATTLIST a b CDATA 'c'>]><rss><channel/></rss>", id="defaults"),
        pytest.param(b" <?xml version='1.0'?><rss><channel/></rss>", id="a late declaration"),
        pytest.param(b"<rss version='2.0'><channel/>", id="half a document"),
        pytest.param(b"<channel href='https://e.example/'><item/></channel>", id="CDF"),
        pytest.param("<?xml version='1.0' encoding='utf-16'?><rss/>".encode("utf-16"), id="UTF-16"),
        pytest.param(b"<rss><channel>" + b"<a>" * 50 + b"</a>" * 50 + b"</channel></rss>", id="depth"),
        pytest.param(b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><content type='image/png'>AAAA"
                     b"</content></entry></feed>", id="base64"),
    ],
)  # fmt: skip
def test_what_is_out_of_the_ordinary_takes_the_other_road(body: bytes) -> None:
    assert read_both(Document(address="https://example.org/feed", body=body)).strict is None


def test_a_document_of_tags_alone_makes_no_tree_that_fills_the_memory() -> None:
    assert tree_of(b"<a>" + b"<b/>" * MOST_TAGS + b"</a>") is None


@pytest.mark.parametrize("end", ["", "&nobody;"], ids=["strict", "lenient"])
def test_a_line_break_in_xhtml_is_one(end: str) -> None:
    body = (
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>a</id><content type='xhtml'>"
        f"<div xmlns='http://www.w3.org/1999/xhtml'>One<br/>two</div></content></entry>{end}</feed>"
    )
    (entry,) = parse(Document(address="https://example.org/feed", body=body.encode())).entries
    assert entry.content is not None
    assert entry.content.value.count("br>") == 1


def test_an_element_of_the_namespace_that_is_never_declared_is_passed_by() -> None:
    body = b"<rss version='2.0'><channel><title>One</title><xml:x/></channel></rss>"
    roads = read_both(Document(address="https://example.org/feed", body=body))
    assert roads.strict == roads.lenient
