"""The compressed forms of a file, the same bytes for the same content: gzip at once, brotli with patience.

A long feed changes a little at a time: an entry more on top, one less at the end. So it is cut behind lines
that their own words mark, each piece is deflated by itself, and a piece that was there before is not again.
"""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256

import brotli  # type: ignore[import-untyped]

LEVEL = 4  # of deflate; 6: twice the time for 4 %
QUALITY = 5  # of brotli: a fifth less than gzip; 9: three times the time for 3 %
SHORTEST = 64 * 1024  # bytes of a piece but the last: by itself it is 3 % larger than within the whole
APART = 64 * 1024  # bytes from one marked line to the next, on average
MOST_KEPT = 500  # pieces, each some 40 KB

_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # of gzip (RFC 1952, 2.3): no name, no time
_END = b"\x03\x00"  # an empty last block (RFC 1951, 3.2.3)
_KEPT: dict[bytes, bytes] = {}  # by digest of what it was, that which was used last at the end


@dataclass(frozen=True, slots=True)
class Packing:
    """One way to compress a file."""

    pack: Callable[[bytes], bytes]
    smallest: int  # bytes that are worth it


def gzipped(content: bytes) -> bytes:
    """Compress by gzip: one member, whose pieces know nothing of one another."""
    pieces = list(_pieces(content))
    deflated = map(_deflated if len(pieces) > 1 else _deflate, pieces)
    check = zlib.crc32(content).to_bytes(4, "little") + (len(content) % 2**32).to_bytes(4, "little")
    return b"".join((_HEAD, *deflated, _END, check))


def _brotli(content: bytes) -> bytes:
    return bytes(brotli.compress(content, quality=QUALITY))


# By the ending of the file. A long feed that changes each minute is out by then, and packed in vain.
PACKINGS = {".gz": Packing(gzipped, 500)}
PATIENT = {".br": Packing(_brotli, 100_000)}
ENDINGS = (*PACKINGS, *PATIENT)


def _pieces(content: bytes) -> Iterator[bytes]:
    start = 0
    while end := _marked(content, start + SHORTEST):
        yield content[start:end]
        start = end
    yield content[start:]


def _marked(content: bytes, at: int) -> int:
    """Return where the first marked line after a place ends; 0 when there is none.

    Whether one is, its own bytes alone decide, so that cuts are where they were behind what is new. The
    longer the likelier: pieces are as long in a format of long lines as in one of short ones.
    """
    begin = content.find(b"\n", at) + 1
    while begin and (end := content.find(b"\n", begin) + 1):
        if zlib.crc32(content[begin:end]) < (end - begin) * (2**32 // APART):
            return end
        begin = end
    return 0


def _deflated(piece: bytes) -> bytes:
    """Deflate a piece, or take it from memory."""
    name = sha256(piece).digest()
    _KEPT[name] = found = _KEPT.pop(name, b"") or _deflate(piece)
    while len(_KEPT) > MOST_KEPT:
        _KEPT.pop(next(iter(_KEPT)), None)
    return found


def _deflate(piece: bytes) -> bytes:
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(piece) + packer.flush(zlib.Z_SYNC_FLUSH)  # up to a whole byte, and not the last
