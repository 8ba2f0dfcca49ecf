"""Answer subscribers: the published files, ETag, 304, HEAD, compression, and nothing else.

A file is read once and kept with its tag and its compressed form until it changes on disk. Nothing of a
request but its path and its conditions is looked at; nothing is ever written.
"""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.utils import formatdate
from hashlib import blake2b
from pathlib import Path, PurePosixPath

from aiohttp import web
from multidict import CIMultiDict

from aggregator.errors import OutputError
from aggregator.settings import Server

MAX_AGE = 300  # seconds a subscriber's cache may keep a file
SMALLEST_COMPRESSED = 500  # bytes

MEDIA_TYPES = {
    "atom.xml": "application/atom+xml; charset=utf-8",
    "rss.xml": "application/rss+xml; charset=utf-8",
    ".json": "application/feed+json; charset=utf-8",
    ".opml": "text/x-opml; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
}
_HEADERS = {
    "Cache-Control": f"public, max-age={MAX_AGE}, stale-if-error=86400",
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Accept-Ranges": "none",
    "Server": "aggregator",
}
_PAGE_POLICY = (
    "default-src 'none'; img-src https: http:; style-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)
_FEED_POLICY = "default-src 'none'; sandbox"


@dataclass(frozen=True, slots=True)
class _File:
    mark: tuple[int, int, int]  # inode, size, time of change
    body: bytes
    zipped: bytes  # empty where it does not pay
    tag: str
    modified: int  # seconds


class Site:
    """The published folder, as a web application sees it."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._files: dict[Path, _File] = {}

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        if request.method not in ("GET", "HEAD"):
            raise web.HTTPMethodNotAllowed(request.method, ["GET", "HEAD"])
        path = self._find(request.path)
        if path and (path / "index.html").is_file():
            # Relative links of its page start from the folder, so its address must end like one.
            return web.Response(status=301, headers={**_HEADERS, "Location": f"{path.name}/"})
        file = self._load(path) if path else None
        if path is None or file is None:
            return web.Response(status=404, text="There is nothing here.\n", headers=_HEADERS)
        is_zipped = bool(file.zipped) and _accepts_gzip(request.headers.get("Accept-Encoding", ""))
        tag = f'"{file.tag}{"-gzip" if is_zipped else ""}"'
        headers = CIMultiDict(_HEADERS)
        headers["Content-Type"] = _media_type(path.name)
        headers["ETag"] = tag
        headers["Last-Modified"] = formatdate(file.modified, usegmt=True)
        headers["Content-Security-Policy"] = _PAGE_POLICY if path.suffix == ".html" else _FEED_POLICY
        if path.suffix != ".html":
            headers["Access-Control-Allow-Origin"] = "*"
        if _is_known(request, tag, file.modified):
            del headers["Content-Type"]
            return web.Response(status=304, headers=headers)
        if is_zipped:
            headers["Content-Encoding"] = "gzip"
        return web.Response(body=file.zipped if is_zipped else file.body, headers=headers)

    def _find(self, url_path: str) -> Path | None:
        parts = PurePosixPath(url_path.lstrip("/")).parts
        if any(part.startswith(".") or "\\" in part or "\0" in part for part in parts):
            return None
        path = self._root.joinpath(*parts)
        if url_path.endswith("/") or not parts:
            path /= "index.html"
        try:
            return path if path.resolve().is_relative_to(self._root) and path.exists() else None
        except (OSError, ValueError):  # a name no file can have
            return None

    def _load(self, path: Path) -> _File | None:
        try:
            status = path.stat()
            mark = (status.st_ino, status.st_size, status.st_mtime_ns)
            kept = self._files.get(path)
            if kept and kept.mark == mark:
                return kept
            body = path.read_bytes()
        except (OSError, ValueError):
            self._files.pop(path, None)
            return None
        zipped = gzip.compress(body, 6, mtime=0) if len(body) >= SMALLEST_COMPRESSED else b""
        file = _File(
            mark=mark,
            body=body,
            zipped=zipped if len(zipped) < len(body) else b"",
            tag=blake2b(body, digest_size=12).hexdigest(),
            modified=int(status.st_mtime),
        )
        self._files[path] = file
        return file


def _media_type(name: str) -> str:
    return MEDIA_TYPES.get(name) or MEDIA_TYPES.get(PurePosixPath(name).suffix, "application/octet-stream")


def _accepts_gzip(header: str) -> bool:
    for part in header.lower().split(","):
        coding, _, parameters = part.partition(";")
        if coding.strip() in ("gzip", "x-gzip", "*"):
            return parameters.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _is_known(request: web.Request, tag: str, modified: int) -> bool:
    """Say whether the subscriber has these bytes (RFC 9110, 13.1.2 and 13.1.3)."""
    if "If-None-Match" in request.headers:
        given = [part.strip().removeprefix("W/") for part in request.headers["If-None-Match"].split(",")]
        return "*" in given or tag in given
    since = request.if_modified_since
    return since is not None and modified <= since.timestamp()


@asynccontextmanager
async def serve(root: Path, settings: Server) -> AsyncIterator[str]:
    """Serve a folder while the context lasts; yield the address that is listened on.

    Raises: OutputError when the port cannot be had.
    """
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", Site(root).answer)
    runner = web.AppRunner(app, access_log=None, keepalive_timeout=30, shutdown_timeout=3)
    await runner.setup()
    try:
        listener = web.TCPSite(runner, settings.host, settings.port)
        try:
            await listener.start()
        except OSError as error:
            reason = f"{settings.host}:{settings.port} cannot be listened on: {error.strerror}"
            raise OutputError(f"{reason}; name another `server.port`") from error
        port = runner.addresses[0][1]
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        yield f"http://{host}:{port}/"
    finally:
        await runner.cleanup()
        await asyncio.sleep(0)
