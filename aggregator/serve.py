"""Answer subscribers: the published files, what they search for, ETag, 304, HEAD, compression; and hubs.

A file is read once and kept with its compressed forms and the tag of each, until it changes on disk. Nothing
of a request but its method, its path, its conditions and the words of a search is looked at, least of all its
Host; nothing is ever written. `docs/nginx.conf` does the same with nginx; both pass tests/test_serve.py.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import formatdate
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from aiohttp import web
from multidict import CIMultiDict

from aggregator.errors import OutputError, StoreError
from aggregator.output import COMPRESSORS
from aggregator.settings import Server
from aggregator.websub import Postbox

MOST_KEPT_BYTES = 64_000_000  # of files in memory
MOST_BRINGING = 30.0  # seconds that a hub may take
MOST_SEARCHES = 20  # at once, all but one of them waiting
SEARCH_SECONDS = 60  # that caches may keep what was found

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
Clock = Callable[[], datetime]
Found = tuple[bytes, bool]  # a body, and whether it is what was asked for; else it says why not
Search = Callable[[str, str], Found | None]  # a query, and the name of a file

_FEEDS = {
    "atom.xml": "application/atom+xml",
    "rss.xml": "application/rss+xml",
    "feed.json": "application/feed+json",
}
_CODINGS = {"br": ".br", "gzip": ".gz"}  # the better first
_METHODS = "GET, HEAD, OPTIONS"
_READING = ("GET", "HEAD")
_SHORTLY = {"Cache-Control": f"public, max-age={SEARCH_SECONDS}"}
_ALWAYS = {
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
_FEED_POLICY = "default-src 'none'; sandbox"


@dataclass(frozen=True, slots=True)
class _Form:
    """The bytes of a file in one coding, and what names just these (RFC 9110, 8.8.3.3)."""

    body: bytes
    tag: str


@dataclass(frozen=True, slots=True)
class _File:
    mark: tuple[int, int, int]  # inode, size, time of change
    forms: Mapping[str, _Form]  # "" is the file itself
    modified: int  # seconds

    @property
    def size(self) -> int:
        return sum(len(form.body) for form in self.forms.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is said of the daemon itself."""

    status: int = 200
    media_type: str
    text: str


class Site:
    """The published folder, as a web application sees it."""

    def __init__(self, root: Path, *, max_age: timedelta, clock: Clock, links: Mapping[str, str]) -> None:
        self._clock, self._links = clock, links
        self._root = root.resolve()
        seconds = int(max_age.total_seconds())
        self._keep = {"Cache-Control": f"public, max-age={seconds}, stale-if-error=86400"}
        self._files: OrderedDict[Path, _File] = OrderedDict()
        self._size = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        if request.method not in _READING:
            return _not_reading(request)
        path = self._find(request.path)
        if path and (path / "index.html").is_file():
            # Relative links of its page start from the folder, so its address must end like one.
            return web.Response(status=301, headers={**_ALWAYS, **self._keep, "Location": f"{path.name}/"})
        file = self._load(path) if path else None
        if path is None or file is None:
            return _nothing()
        return self._told(request, path, file)

    def _told(self, request: web.Request, path: Path, file: _File) -> web.Response:
        coding = chosen_coding(request.headers.get("Accept-Encoding", ""), file.forms)
        changed = min(file.modified, int(self._clock().timestamp()))
        headers = {**self._keep, "Last-Modified": formatdate(changed, usegmt=True)}
        if link := self._links.get(path.relative_to(self._root).as_posix()):
            headers["Link"] = link
        elif path.suffix == ".html" and (feeds := _feeds_beside(path)):
            headers["Link"] = feeds
        return _answer(request, path.name, file.forms[coding], coding, headers, modified=file.modified)

    def _find(self, url_path: str) -> Path | None:
        parts = PurePosixPath(url_path.lstrip("/")).parts
        if any(part.startswith(".") or "\\" in part or "\0" in part for part in parts):
            return None
        path = self._root.joinpath(*parts)
        if url_path.endswith("/") or not parts:
            path /= "index.html"
        if path.suffix in _CODINGS.values():
            return None
        try:
            return path if path.resolve().is_relative_to(self._root) and path.exists() else None
        except (OSError, ValueError):  # a name no file can have
            return None

    def _load(self, path: Path) -> _File | None:
        kept = self._files.get(path)
        try:
            status = path.stat()
            mark = (status.st_ino, status.st_size, status.st_mtime_ns)
            if kept and kept.mark == mark:
                self._files.move_to_end(path)
                return kept
            file = _File(mark=mark, forms=_forms(path, status.st_mtime_ns), modified=int(status.st_mtime))
        except (OSError, ValueError):
            self._forget(path)
            return None
        self._forget(path)
        self._files[path] = file
        self._size += file.size
        while self._size > MOST_KEPT_BYTES:
            self._forget(next(iter(self._files)))
        return file

    def _forget(self, path: Path) -> None:
        if gone := self._files.pop(path, None):
            self._size -= gone.size


class Searches:
    """What is looked for, one after the other in a thread of its own: ingest goes on."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="search")
        self._under_way = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one request for what a query finds."""
        if request.method not in _READING:
            return _not_reading(request)
        file = request.match_info.get("file")
        if file is None:
            query = request.rel_url.raw_query_string
            location = f"search/{f'?{query}' if query else ''}"
            return web.Response(status=301, headers={**_ALWAYS, **_SHORTLY, "Location": location})
        name = file or "index.html"
        if name != "index.html" and name not in _FEEDS:
            return _nothing()
        if self._under_way >= MOST_SEARCHES:
            return _later("Many are searching just now; try again in a moment.\n")
        coding = chosen_coding(request.headers.get("Accept-Encoding", ""), _CODINGS)
        return await self._found(request, name, coding)

    async def _found(self, request: web.Request, name: str, coding: str) -> web.Response:
        query = request.query.get("q", "")
        self._under_way += 1
        try:
            loop = asyncio.get_running_loop()
            found = await loop.run_in_executor(self._thread, self._search, query, name)
        except StoreError:
            return _later("The search took too long, or is not ready yet; try again, with rarer words.\n")
        finally:
            self._under_way -= 1
        if found is None:
            return _nothing()
        body, is_good = found
        if not is_good:
            return web.Response(status=400, text=body.decode(), headers=_ALWAYS)
        packed = COMPRESSORS[_CODINGS[coding]](body) if coding else body
        return _answer(request, name, _Form(body=packed, tag=_tag(packed)), coding, _SHORTLY)

    def join(self, app: web.Application) -> None:
        """Become part of an application, and end with it."""
        app.router.add_route("*", "/search", self.answer)
        app.router.add_route("*", "/search/{file:.*}", self.answer)
        app.on_cleanup.append(self._close)

    async def _close(self, _: web.Application) -> None:
        self._thread.shutdown(cancel_futures=True)


def _not_reading(request: web.Request) -> web.Response:
    status = 204 if request.method == "OPTIONS" else 405
    return web.Response(status=status, headers={**_ALWAYS, "Allow": _METHODS})


def _nothing() -> web.Response:
    return web.Response(status=404, text="There is nothing here.\n", headers=_ALWAYS)


def _later(text: str) -> web.Response:
    return web.Response(status=503, text=text, headers={**_ALWAYS, "Retry-After": "5"})


def _answer(
    request: web.Request, name: str, form: _Form, coding: str, more: Mapping[str, str], *, modified: int = -1
) -> web.Response:
    """Give out the bytes of a file in one coding, or say that the subscriber has them.

    Args:
        modified: when they changed, in seconds; -1: nobody knows.
    """
    is_page = name.endswith(".html")
    headers = CIMultiDict({**_ALWAYS, **more, "ETag": form.tag})
    headers["Content-Security-Policy"] = _PAGE_POLICY if is_page else _FEED_POLICY
    if not is_page:
        headers["Access-Control-Allow-Origin"] = "*"
    if _is_known(request, form.tag, modified):
        return web.Response(status=304, headers=headers)
    headers["Content-Type"] = _media_type(name)
    if coding:
        headers["Content-Encoding"] = coding
    return web.Response(body=form.body, headers=headers)


def _tag(body: bytes) -> str:
    return f'"{blake2b(body, digest_size=12).hexdigest()}"'


def _forms(path: Path, written: int) -> dict[str, _Form]:
    """Read a file and its compressed forms; those of another writing do not count."""
    bodies = {"": path.read_bytes()}
    for coding, ending in _CODINGS.items():
        beside = path.with_name(path.name + ending)
        if beside.is_file() and beside.stat().st_mtime_ns == written:
            bodies[coding] = beside.read_bytes()
    return {coding: _Form(body=body, tag=_tag(body)) for coding, body in bodies.items()}


def _feeds_beside(page: Path) -> str:
    """Say which feeds tell what a page shows, for those who read no HTML (RFC 8288)."""
    there = (name for name in _FEEDS if page.with_name(name).is_file())
    return ", ".join(f'<{name}>; rel="alternate"; type="{_FEEDS[name]}"' for name in there)


def _media_type(name: str) -> str:
    return MEDIA_TYPES.get(name) or MEDIA_TYPES.get(PurePosixPath(name).suffix, "application/octet-stream")


def chosen_coding(header: str, offered: Mapping[str, object]) -> str:
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
    liked = [(weights.get(coding, weights.get("*", 0.0)), coding) for coding in _CODINGS if coding in offered]
    best = max((weight for weight, _ in liked), default=0.0)
    return next((coding for weight, coding in liked if weight == best and best > 0), "")


def _is_known(request: web.Request, tag: str, modified: int) -> bool:
    """Say whether the subscriber has these bytes (RFC 9110, 13.1.2 and 13.1.3)."""
    if "If-None-Match" in request.headers:
        given = [part.strip().removeprefix("W/") for part in request.headers["If-None-Match"].split(",")]
        return "*" in given or tag in given
    since = request.if_modified_since
    return since is not None and 0 <= modified <= since.timestamp()


class Door:
    """Where hubs knock (WebSub, 5 and 7). Who knocks elsewhere learns nothing, and is not listened to."""

    def __init__(self, postbox: Postbox, *, most_bytes: int) -> None:
        self._postbox, self._most = postbox, most_bytes

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one visit."""
        if not self._postbox.is_open:
            return web.Response(status=503, headers={**_ALWAYS, "Retry-After": "60"})
        token = request.match_info["token"]
        if request.method == "POST":
            return web.Response(status=await self._taken(request, token), headers=_ALWAYS)
        challenge = self._postbox.confirm(token, request.query) if request.method == "GET" else None
        if challenge is None:
            return web.Response(status=404, text="There is nothing here.\n", headers=_ALWAYS)
        return web.Response(text=challenge, headers={**_ALWAYS, "Content-Security-Policy": _FEED_POLICY})

    async def _taken(self, request: web.Request, token: str) -> int:
        """Take what a hub brings, and return a status; 410 lets it forget us (WebSub, 7)."""
        if not self._postbox.is_expected(token):
            return 410
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            return 415
        body = bytearray()
        try:
            async with asyncio.timeout(MOST_BRINGING):
                async for chunk in request.content.iter_any():
                    body += chunk
                    if len(body) > self._most:
                        return 413
        except TimeoutError:
            return 408
        headers = request.headers
        has_room = self._postbox.deliver(
            token,
            bytes(body),
            media_type=headers.get("Content-Type", ""),
            signature=headers.get("X-Hub-Signature", ""),
        )
        return 202 if has_room else 503


@asynccontextmanager
async def serve(
    root: Path,
    settings: Server,
    *,
    max_age: timedelta,
    clock: Clock,
    links: Mapping[str, str] = MappingProxyType({}),
    postbox: Postbox | None = None,
    most_bytes: int = 0,
    search: Search | None = None,
) -> AsyncIterator[str]:
    """Serve a folder while the context lasts; yield the address that is listened on.

    Args:
        search: answers what stands below `search/`, in another thread; may raise StoreError.
        max_age: for how long caches may keep what they are told.
        clock: no file may seem to be of a later moment.
        links: the Link header of files, by their names.
        postbox: takes what hubs say; without one they are not heard.
        most_bytes: of what a hub brings.
    Raises: OutputError when the port cannot be had.
    """
    app = web.Application()
    if postbox:
        app.router.add_route("*", "/websub/{token}", Door(postbox, most_bytes=most_bytes).answer)
    if search:
        Searches(search).join(app)
    app.router.add_route("*", "/{path:.*}", Site(root, max_age=max_age, clock=clock, links=links).answer)
    async with _listening(app, settings.host, settings.port, knob="server.port") as port:
        yield replace(settings, port=port).url


@asynccontextmanager
async def serve_status(port: int, answers: Mapping[str, Callable[[], Told]]) -> AsyncIterator[int]:
    """Answer questions about the daemon itself, on 127.0.0.1 alone; yield the port that is listened on.

    A listener of its own, because whoever comes through a proxy on this machine comes from here as well.

    Args:
        answers: by path.
    """

    async def answer(request: web.Request) -> web.Response:
        if request.path not in answers:
            return web.Response(status=404, text="There is nothing here.\n", headers=_ALWAYS)
        told = answers[request.path]()
        headers = {**_ALWAYS, "Cache-Control": "no-store", "Content-Type": told.media_type}
        return web.Response(status=told.status, body=told.text.encode(), headers=headers)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    async with _listening(app, "127.0.0.1", port, knob="server.status_port") as found:
        yield found


@asynccontextmanager
async def _listening(app: web.Application, host: str, port: int, *, knob: str) -> AsyncIterator[int]:
    runner = web.AppRunner(app, access_log=None, keepalive_timeout=30, shutdown_timeout=3)
    await runner.setup()
    try:
        listener = web.TCPSite(runner, host, port)
        try:
            await listener.start()
        except OSError as error:
            reason = f"{host}:{port} cannot be listened on: {error.strerror}"
            raise OutputError(f"{reason}; name another `{knob}`") from error
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()
        await asyncio.sleep(0)
