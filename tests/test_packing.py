"""Compressed forms unpack to what was packed, and a change of a long file costs what changed."""

import gzip
import random
import zlib
from collections.abc import Callable

import brotli  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import packing
from aggregator.packing import ENDINGS, PACKINGS, PATIENT, gzipped

UNPACK: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.decompress, ".br": brotli.decompress}


def entries(numbers: range, *, lines: int = 1) -> bytes:
    """Write a feed of entries, of some 3 KB each, on one line or many."""
    return b"".join(
        b"%s\n" % random.Random(f"{number} {line}").randbytes(1500 // lines).hex().encode()
        for number in numbers
        for line in range(lines)
    )


@pytest.fixture
def deflated(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How long the pieces were that were deflated, with a memory of this test's own."""
    monkeypatch.setattr(packing, "_KEPT", {})
    found: list[int] = []
    deflate = packing._deflate

    def noting(piece: bytes) -> bytes:
        found.append(len(piece))
        return deflate(piece)

    monkeypatch.setattr(packing, "_deflate", noting)
    return found


@pytest.mark.parametrize("ending", ENDINGS)
@settings(max_examples=50)
@given(content=st.binary() | st.builds(bytes.__mul__, st.binary(max_size=2000), st.integers(0, 300)))
def test_what_is_packed_unpacks_to_the_same(ending: str, content: bytes) -> None:
    assert UNPACK[ending]((PACKINGS | PATIENT)[ending].pack(content)) == content


@pytest.mark.parametrize("lines", [1, 30])
def test_a_long_file_is_one_member_of_gzip_in_pieces(deflated: list[int], lines: int) -> None:
    content = entries(range(300), lines=lines)
    reader = zlib.decompressobj(zlib.MAX_WBITS | 16)
    assert reader.decompress(gzipped(content)) == content
    assert (reader.eof, reader.unused_data) == (True, b"")
    assert sum(deflated) == len(content)
    assert len(deflated) > 3
    assert min(deflated[:-1]) >= packing.SHORTEST


@pytest.mark.parametrize("lines", [1, 30])
def test_one_entry_more_on_top_and_one_less_at_the_end_cost_a_few_pieces(
    deflated: list[int], lines: int
) -> None:
    gzipped(entries(range(600), lines=lines))
    whole = sum(deflated)
    deflated.clear()
    changed = entries(range(1000, 1001), lines=lines) + entries(range(599), lines=lines)
    assert gzip.decompress(gzipped(changed)) == changed
    assert sum(deflated) < whole / 2


def test_the_same_bytes_come_out_whatever_is_remembered(deflated: list[int]) -> None:
    content = entries(range(100))
    first = gzipped(content)
    assert deflated
    deflated.clear()
    assert gzipped(content) == first
    assert not deflated


def test_a_file_without_lines_is_packed_whole(deflated: list[int]) -> None:
    content = b"x" * (3 * packing.SHORTEST)
    assert gzip.decompress(gzipped(content)) == content
    assert deflated == [len(content)]


def test_no_more_pieces_than_so_many_are_remembered(
    deflated: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "MOST_KEPT", 2)
    gzipped(entries(range(300)))
    assert len(packing._KEPT) == 2
    assert deflated
