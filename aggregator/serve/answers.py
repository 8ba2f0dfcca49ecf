"""How every answer is made: headers, its tag, the coding that a subscriber likes, what it has already."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import PurePosixPath

from aiohttp import web
from multidict import CIMultiDict

MEDIA_TYPES = {
    "atom.xml": "application/atom+xml; charset=utf-8",
    "rss.xml": "application/rss+xml; charset=utf-8",
    ".atom": "application/atom+xml; charset=utf-8",
    ".json": "application/feed+json; charset=utf-8",
    ".opml": "text/x-opml; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}

FEEDS = {
    "atom.xml": "application/atom+xml",
    "rss.xml": "application/rss+xml",
    "feed.json": "application/feed+json",
}
CODINGS = {"br": ".br", "gzip": ".gz"}  # the better first
_METHODS = "GET, HEAD, OPTIONS"
READING = ("GET", "HEAD")
ALWAYS = {
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Accept-Ranges": "none",
    "Server": "aggregator",
}
_PAGE_POLICY = (
    "default-src 'none'; img-src https: http:; style-src 'self'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'"
)
FEED_POLICY = "default-src 'none'; sandbox"


@dataclass(frozen=True, slots=True)
class Form:
    """The bytes of a file in one coding, and what names just these (RFC 9110, 8.8.3.3)."""

    body: bytes
    tag: str


def not_reading(request: web.Request) -> web.Response:
    status = 204 if request.method == "OPTIONS" else 405
    return web.Response(status=status, headers={**ALWAYS, "Allow": _METHODS})


def nothing() -> web.Response:
    return web.Response(status=404, text="There is nothing here.\n", headers=ALWAYS)


def later(text: str) -> web.Response:
    return web.Response(status=503, text=text, headers={**ALWAYS, "Retry-After": "5"})


def answer(
    request: web.Request, name: str, form: Form, coding: str, more: Mapping[str, str], *, modified: int = -1
) -> web.Response:
    """Give out the bytes of a file in one coding, or say that the subscriber has them.

    Args:
        modified: when they changed, in seconds; -1: nobody knows.
    """
    is_page = name.endswith(".html")
    headers = CIMultiDict({**ALWAYS, **more, "ETag": form.tag})
    headers["Content-Security-Policy"] = _PAGE_POLICY if is_page else FEED_POLICY
    if not is_page:
        headers["Access-Control-Allow-Origin"] = "*"
    if _is_known(request, form.tag, modified):
        return web.Response(status=304, headers=headers)
    headers["Content-Type"] = _media_type(name)
    if coding:
        headers["Content-Encoding"] = coding
    return web.Response(body=form.body, headers=headers)


def tag_of(body: bytes) -> str:
    return f'"{blake2b(body, digest_size=12).hexdigest()}"'


def _media_type(name: str) -> str:
    return MEDIA_TYPES.get(name) or MEDIA_TYPES.get(PurePosixPath(name).suffix, "application/octet-stream")


@lru_cache(1000)  # few kinds of subscribers ask in few ways
def chosen_coding(header: str, offered: tuple[str, ...]) -> str:
    """Choose the coding that a subscriber likes best of those offered; the file itself where it likes none.

    Source: RFC 9110, 12.5.3.
    """
    weights: dict[str, float] = {}
    for part in header.lower().split(","):
        coding, _, parameters = part.partition(";")
        name, _, value = parameters.partition("=")
        try:
            weight = float(value) if name.strip() == "q" else 1.0
        except ValueError:
            weight = 0.0
        weights[coding.strip().removeprefix("x-")] = weight
    liked = [(weights.get(coding, weights.get("*", 0.0)), coding) for coding in CODINGS if coding in offered]
    best = max((weight for weight, _ in liked), default=0.0)
    return next((coding for weight, coding in liked if weight == best and best > 0), "")


def _is_known(request: web.Request, tag: str, modified: int) -> bool:
    """Say whether the subscriber has these bytes (RFC 9110, 13.1.2 and 13.1.3)."""
    if "If-None-Match" in request.headers:
        given = [part.strip().removeprefix("W/") for part in request.headers["If-None-Match"].split(",")]
        return "*" in given or tag in given
    since = request.if_modified_since
    return since is not None and 0 <= modified <= since.timestamp()
