"""Documents and origins that mean harm: small ones of our own, each with what it must come to.

The large set is made by `shared/tools/hostile/make.py` beside the project.
"""

import gzip
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import brotli  # type: ignore[import-untyped]

from aggregator.errors import Cause
from tests.world import NOW, Post, rss

WELL = "well"


@dataclass(frozen=True, slots=True, kw_only=True)
class Poison:
    """A document as an origin sends it."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    ends: frozenset[str]  # what it may come to: `WELL`, or causes


def poison(body: bytes, *ends: str, **headers: str) -> Poison:
    spelt = {name.replace("_", "-"): value for name, value in headers.items()}
    return Poison(body=body, headers=spelt, ends=frozenset(ends))


def item(text: bytes) -> bytes:
    return b'<rss version="2.0"><channel><title>T</title>' + text + b"</channel></rss>"


def packed(data: bytes) -> Mapping[str, bytes]:
    at_nine = brotli.compress(data, quality=9)  # at its best it takes forty times as long
    return {"gzip": gzip.compress(data), "deflate": zlib.compress(data), "br": at_nine}


FEED = rss(Post(title="Bridge closed", guid="1"))
DOCTYPE = b'<?xml version="1.0"?><!DOCTYPE rss [%s]>'
LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10 if n else b"ha") for n in range(10))
XXE = b'<!ENTITY x SYSTEM "%s">'
SMALL: dict[str, Poison] = {
    "cut": poison(gzip.compress(FEED)[:-9], Cause.PROTOCOL, Content_Encoding="gzip"),
    "laughs": poison(
        DOCTYPE % LAUGHS + item(b"<item><title>&l9;</title></item>"), WELL, Cause.MALFORMED, Cause.TIMEOUT
    ),
    "quadratic": poison(
        DOCTYPE % (b'<!ENTITY a "%s">' % (b"A" * 50_000)) + item(b"<item><title>" + b"&a;" * 50_000),
        WELL, Cause.MALFORMED, Cause.NOT_A_FEED, Cause.TIMEOUT,
    ),
    "entity-file": poison(
        DOCTYPE % (XXE % b"file:///etc/passwd") + item(b"<item><title>&x;</title></item>"), WELL,
        Cause.MALFORMED,
    ),
    "entity-web": poison(
        DOCTYPE % (XXE % b"http://127.0.0.1:9/x") + item(b"<item><title>&x;</title></item>"), WELL,
        Cause.MALFORMED,
    ),
    "deep-xml": poison(
        item(b"<item>" + b"<b>" * 50_000 + b"</b>" * 50_000 + b"</item>"), WELL, Cause.TIMEOUT
    ),
    "deep-html": poison(
        rss(Post(title="t", text="<div>" * 100_000 + "x", guid="1")), WELL, Cause.TIMEOUT
    ),
    "attributes": poison(
        item(b"<item " + b" ".join(b'a%d="%d"' % (n, n) for n in range(100_000)) + b"></item>"),
        Cause.TIMEOUT, Cause.CRASHED, Cause.MALFORMED, Cause.NOT_A_FEED, WELL,
    ),
    "surrogates": poison(item(b"<item><title>a&#xD800;&#0;&#x110000;b</title></item>"), WELL),
    "addresses": poison(
        item(b"<item><title>t</title><author>" + b"a@" * 60_000 + b"</author></item>"), WELL
    ),
    "headline": poison(rss(Post(title="x" * 1_000_000, guid="1")), WELL),
    "name": poison(rss(Post(title="t", guid="g" * 1_000_000)), WELL),
    "spaces": poison(item(b"<item><title>" + b" " * 500_000 + b"x</title></item>"), WELL),
    "crowd": poison(
        rss(*(Post(title=f"t{n}", guid=str(n), at=NOW) for n in range(2100))), WELL, Cause.TIMEOUT
    ),
    "noise": poison(bytes(range(256)) * 100, Cause.MALFORMED, Cause.NOT_A_FEED),
    "page": poison(b"<!doctype html><html><body>Hello</body></html>", Cause.NOT_A_FEED),
    "nothing": poison(b"", Cause.EMPTY),
    "json-deep": poison(b'{"version":' + b"[" * 100_000, Cause.MALFORMED),
    "json-large-number": poison(
        b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": ' + b"9" * 100_000 + b"}]}",
        WELL, Cause.MALFORMED,
    ),
}  # fmt: skip


@cache
def bombs() -> dict[str, Poison]:
    """Return what unfolds; made only where it is asked for."""
    bodies = packed(item(b"<item><title>t</title><description>" + b" " * 60_000_000))
    nested = poison(gzip.compress(bodies["gzip"]), Cause.PROTOCOL, Content_Encoding="gzip, gzip")
    return {"bomb-nested": nested} | {
        f"bomb-{coding}": poison(body, Cause.TOO_LARGE, Content_Encoding=coding)
        for coding, body in bodies.items()
    }


# What is said on the wire, word for word; the connection stays open.
ENDLESS: dict[str, tuple[bytes, str]] = {
    "silent": (b"", Cause.TIMEOUT),
    "header-without-end": (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000, Cause.PROTOCOL),
    "headers-without-end": (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 10_000, Cause.PROTOCOL),
    "body-without-end": (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 3_000_000, Cause.TOO_LARGE),
    "chunks-without-end": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"400\r\n" + b"x" * 1024 + b"\r\n",
        Cause.TIMEOUT,
    ),
    "broken-off": (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", Cause.TIMEOUT),
    "no-http": (b"220 mail.example ESMTP\r\n", Cause.PROTOCOL),
}

SHARED = Path(__file__).parent.parent.parent / "shared"
