"""Documents that something happened to on the way: each is read or refused, and none is a fault of ours.

`python -m pytest -m full -s tests/test_mutations.py` does it for some minutes; always the same documents.
"""

import gzip
import random
from pathlib import Path

import pytest

from aggregator.errors import SourceError
from aggregator.harvest import read
from aggregator.model import Document, Fetched
from tests.world import a_job

FEEDS = sorted((Path(__file__).parent / "data" / "feeds").glob("*.gz"))
MOST_BYTES = 20_000
TOKENS = [
    b"<", b">", b"&", b"&#xD800;", b"&#0;", b"]]>", b"<![CDATA[", b"\x00", b"\xff\xfe", b"</item>", b"<item>",
    b"<image>", b"<source>", b"<textInput>", b'"', b"'", b"<!DOCTYPE x [", b'<!ENTITY a "b">', b"{",
    b"}", b"[",
    b'encoding="utf-16"', b'encoding="idna"', b'xml:base="http://[::1"', b'type="xhtml"', b'mode="base64"',
    b"9" * 400, b":null", b"\xed\xa0\x80",
]  # fmt: skip
TYPES = ["", "text/xml", "application/rss+xml; charset=idna", "text/html; charset=base64", "x; charset=\x00"]


def mutated(document: bytes, dice: random.Random) -> bytes:
    """Let a few things happen to a document: insertions, losses, repetitions, flipped bytes, noise."""
    body = bytearray(document[:MOST_BYTES])
    for _ in range(dice.choice([1, 2, 5, 20])):
        place, other = dice.randrange(len(body) + 1), dice.randrange(len(body) + 1)
        deed = dice.randrange(5)
        if deed == 0:
            body[place:place] = dice.choice(TOKENS)
        elif deed == 1:
            del body[place : place + dice.choice([1, 30, 300])]
        elif deed == 2:
            body[place:place] = body[other : other + dice.choice([5, 50, 500])]
        elif deed == 3:
            body[place : place + 1] = dice.randbytes(1)
        else:
            body[place:place] = dice.randbytes(dice.choice([1, 4, 16]))
    return bytes(body)


@pytest.mark.parametrize(
    "count", [60, pytest.param(5000, marks=[pytest.mark.full, pytest.mark.timeout(3000)])]
)
def test_whatever_happened_to_a_document_is_its_own_failure(count: int) -> None:
    dice, refused = random.Random(5), 0
    originals = [gzip.decompress(path.read_bytes()) for path in FEEDS]
    for _ in range(count):
        document = Document(
            address=dice.choice(["https://h.example/feed", "http://[bad/", ""]),
            body=mutated(dice.choice(originals), dice),
            media_type=dice.choice(TYPES),
        )
        try:
            read(a_job(document.address), Fetched(documents=(document,)))
        except SourceError:
            refused += 1
    print(f"{count} mutated documents, {refused} refused, the others read")  # noqa: T201 -- the figures
    assert refused < count / 2
