"""Bodies off the wire: unpacked as they come, counted packed and unpacked, and never cut.

A kilobyte can hold a gigabyte, so nothing is unpacked beyond the limit, not even for a moment. What was
packed twice, or in a way we did not offer, or ends too early, is an error: a document is whole or none.
"""

import zlib
from collections.abc import Iterator
from typing import Any

import brotli  # type: ignore[import-untyped]

from aggregator.errors import Cause, FetchError

OFFERED = "gzip, deflate, br"

MOST_RATIO = 100  # unpacked to packed, beyond the first million bytes
FREE_BYTES = 1_000_000
MOST_MEMBERS = 1000  # of one gzip stream
PIECE = 65_536

_GZIP, _RAW = 16 + zlib.MAX_WBITS, -zlib.MAX_WBITS
_GZIP_MAGIC = b"\x1f\x8b"


class Unpacker:
    """Takes one body in, chunk by chunk."""

    def __init__(self, codings: str, *, most_bytes: int) -> None:
        """Prepare for a body.

        Args:
            codings: the Content-Encoding header.
            most_bytes: on the wire; unpacked, twice that.
        Raises: FetchError for a coding that was not offered, or several.
        """
        names = [name for name in codings.lower().replace(" ", "").split(",") if name not in ("", "identity")]
        if len(names) > 1 or (names and names[0] not in _DECODERS):
            raise FetchError(
                Cause.PROTOCOL, f"it is packed as {', '.join(names)[:80]!r}, which nobody offered"
            )
        self._decoder = _DECODERS[names[0]]() if names else _Plain()
        self._most = most_bytes
        self._wire = 0
        self._body = bytearray()

    def feed(self, chunk: bytes) -> None:
        """Take what came in.

        Raises: FetchError as soon as the body is too large, or cannot be unpacked.
        """
        self._wire += len(chunk)
        if self._wire > self._most:
            raise FetchError(Cause.TOO_LARGE, f"it is more than {self._most:,} bytes")
        try:
            for piece in self._decoder.pieces(chunk):
                self._body += piece
                self._check()
        except (zlib.error, brotli.error) as error:
            raise FetchError(Cause.PROTOCOL, f"it cannot be unpacked: {error}") from error

    def whole(self) -> bytes:
        """Return the body.

        Raises: FetchError when it ended too early.
        """
        if self._wire and not self._decoder.is_done:
            raise FetchError(Cause.PROTOCOL, "it ends in the middle of what is packed")
        return bytes(self._body)

    def _check(self) -> None:
        size = len(self._body)
        if size > 2 * self._most:
            raise FetchError(Cause.TOO_LARGE, f"it is more than {2 * self._most:,} bytes unpacked")
        if size > FREE_BYTES and size > MOST_RATIO * self._wire:
            raise FetchError(Cause.TOO_LARGE, f"it unpacks to more than {MOST_RATIO} times its size")


class _Plain:
    is_done = True

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        yield chunk


class _Gzip:
    """One member or several; what follows the last one is ignored, as everybody does."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(_GZIP)
        self._members = 1
        self._held = b""  # half the mark of a next member
        self._is_over = False

    @property
    def is_done(self) -> bool:
        return self._is_over or self._inner.eof

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        chunk, self._held = self._held + chunk, b""
        while chunk and not self._is_over:
            if not self._inner.eof:
                yield self._inner.decompress(chunk, PIECE)
                chunk = self._inner.unused_data if self._inner.eof else self._inner.unconsumed_tail
            elif len(chunk) < len(_GZIP_MAGIC):
                self._held, chunk = chunk, b""
            else:
                self._begin_member(chunk)

    def _begin_member(self, chunk: bytes) -> None:
        self._is_over = not chunk.startswith(_GZIP_MAGIC)
        self._members += 1
        if self._members > MOST_MEMBERS:
            raise FetchError(Cause.TOO_LARGE, f"it is packed in more than {MOST_MEMBERS:,} parts")
        self._inner = self._inner if self._is_over else zlib.decompressobj(_GZIP)


class _Deflate:
    """With zlib's frame, as the standard says, or without, as some servers do."""

    def __init__(self) -> None:
        self._inner: Any = None
        self._start = b""

    @property
    def is_done(self) -> bool:
        return self._inner is not None and bool(self._inner.eof)

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        if self._inner is None:
            chunk = self._start = self._start + chunk
            if len(chunk) < 2:
                return
            is_framed = chunk[0] & 0x0F == 8 and (chunk[0] << 8 | chunk[1]) % 31 == 0
            self._inner = zlib.decompressobj(zlib.MAX_WBITS if is_framed else _RAW)
        while chunk and not self._inner.eof:
            yield self._inner.decompress(chunk, PIECE)
            chunk = self._inner.unconsumed_tail


class _Brotli:
    def __init__(self) -> None:
        self._inner = brotli.Decompressor()

    @property
    def is_done(self) -> bool:
        return bool(self._inner.is_finished())

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        while not self.is_done:
            piece = self._inner.process(chunk, output_buffer_limit=PIECE)
            yield piece
            if not piece and self._inner.can_accept_more_data():
                break
            chunk = b""  # it may still hold more than it gave


_DECODERS: dict[str, Any] = {"gzip": _Gzip, "x-gzip": _Gzip, "deflate": _Deflate, "br": _Brotli}
