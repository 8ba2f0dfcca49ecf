"""Bodies are unpacked whole or not at all, in whatever pieces they come, and never beyond the limits."""

import gzip
import resource
import zlib

import brotli  # type: ignore[import-untyped]
import pytest

from aggregator.errors import Cause, FetchError
from aggregator.fetch.unpack import FREE_BYTES, MOST_MEMBERS, MOST_RATIO, Unpacker

TEXT = b"<rss>" + bytes(range(256)) * 40 + b"</rss>"
MOST = 10_000_000
QUALITY = 9  # of brotli, which takes forty times as long to pack a bomb at its best


def raw(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


PACKED = {
    "identity": TEXT,
    "": TEXT,
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT),
    "GZip": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
    "br": brotli.compress(TEXT),
}


def unpacked(coding: str, body: bytes, *, piece: int = 65_536, most: int = MOST) -> bytes:
    unpacker = Unpacker(coding, most_bytes=most)
    for start in range(0, len(body), piece):
        unpacker.feed(body[start : start + piece])
    return unpacker.whole()


def refused(coding: str, body: bytes, *, most: int = MOST) -> FetchError:
    with pytest.raises(FetchError) as caught:
        unpacked(coding, body, most=most)
    return caught.value


@pytest.mark.parametrize("piece", [1, 2, 7, 1000, 65_536])
@pytest.mark.parametrize("coding", PACKED)
def test_a_body_is_whole_in_whatever_pieces_it_comes(coding: str, piece: int) -> None:
    assert unpacked(coding, PACKED[coding], piece=piece) == TEXT


@pytest.mark.parametrize("piece", [1, 1000])
def test_deflate_without_its_frame_is_read_as_well(piece: int) -> None:
    assert unpacked("deflate", raw(TEXT), piece=piece) == TEXT


@pytest.mark.parametrize("piece", [1, 1000])
def test_several_members_are_one_body_and_what_follows_is_ignored(piece: int) -> None:
    members = gzip.compress(b"a" * 5000) + gzip.compress(b"b" * 5000)
    assert unpacked("gzip", members, piece=piece) == b"a" * 5000 + b"b" * 5000
    assert unpacked("gzip", members + b"junk", piece=1000) == b"a" * 5000 + b"b" * 5000


def test_members_without_end_are_no_body() -> None:
    assert unpacked("gzip", gzip.compress(b"x") * MOST_MEMBERS) == b"x" * MOST_MEMBERS
    assert refused("gzip", gzip.compress(b"x") * (MOST_MEMBERS + 1)).cause is Cause.TOO_LARGE


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_a_body_that_ends_too_early_is_no_body(coding: str) -> None:
    error = refused(coding, PACKED[coding][:-9])
    assert error.cause is Cause.PROTOCOL


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_no_body_needs_no_packing(coding: str) -> None:
    assert unpacked(coding, b"") == b""


@pytest.mark.parametrize(
    "coding", ["zstd", "compress", "gzip, gzip", "br,gzip", "gzip, identity, br", "x" * 999]
)
def test_a_coding_that_was_not_offered_is_refused(coding: str) -> None:
    assert refused(coding, b"").cause is Cause.PROTOCOL


def packed_with(coding: str, data: bytes) -> bytes:
    if coding == "br":
        return bytes(brotli.compress(data, quality=QUALITY))
    return gzip.compress(data) if coding == "gzip" else zlib.compress(data)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_what_unpacks_a_hundredfold_is_a_bomb_beyond_a_megabyte(coding: str) -> None:
    small = packed_with(coding, b" " * FREE_BYTES)
    assert len(small) * MOST_RATIO < FREE_BYTES
    assert len(unpacked(coding, small)) == FREE_BYTES
    error = refused(coding, packed_with(coding, b" " * (FREE_BYTES + 100_000)))
    assert error.cause is Cause.TOO_LARGE


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_a_bomb_never_unfolds(coding: str) -> None:
    bomb = packed_with(coding, bytes(100_000_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert refused(coding, bomb).cause is Cause.TOO_LARGE
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # KiB


def test_the_wire_has_a_limit_too() -> None:
    assert unpacked("", b"x" * 1000, most=1000) == b"x" * 1000
    assert refused("", b"x" * 1001, most=1000).cause is Cause.TOO_LARGE
