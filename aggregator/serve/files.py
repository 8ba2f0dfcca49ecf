"""The published files. One is read once and kept with its compressed forms, until it changes on disk."""

import os
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import formatdate
from functools import lru_cache
from pathlib import Path, PurePosixPath

from aiohttp import web

from aggregator.serve.answers import (
    ALWAYS,
    CODINGS,
    FEEDS,
    READING,
    Form,
    answer,
    chosen_coding,
    not_reading,
    nothing,
    tag_of,
)

MOST_KEPT_BYTES = 64_000_000  # of files in memory

Clock = Callable[[], datetime]
Mark = tuple[int, int, int, int]  # inode, size, time of its bytes, and of anything about it

_http_date = lru_cache(1000)(formatdate)


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    mark: Mark
    forms: Mapping[str, Form]  # "" is the file itself
    modified: int  # seconds

    @property
    def size(self) -> int:
        return sum(len(form.body) for form in self.forms.values())


class Site:
    """The published folder, as a web application sees it."""

    def __init__(self, root: Path, *, max_age: timedelta, clock: Clock, links: Mapping[str, str]) -> None:
        self._clock, self._links = clock, links
        self._root = root.resolve()
        seconds = int(max_age.total_seconds())
        self._keep = {"Cache-Control": f"public, max-age={seconds}, stale-if-error=86400"}
        self._files: OrderedDict[str, _File] = OrderedDict()  # by their names below the root
        self._size = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        if request.method not in READING:
            return not_reading(request)
        name = request.path[1:] + ("index.html" if request.path.endswith("/") else "")
        if file := self._kept(name):
            return self._told(request, name, file)
        path = self._find(request.path)
        if path and (path / "index.html").is_file():
            # Relative links of its page start from the folder, so its address must end like one.
            return web.Response(status=301, headers={**ALWAYS, **self._keep, "Location": f"{path.name}/"})
        if path is None:
            return nothing()
        name = path.relative_to(self._root).as_posix()
        file = self._kept(name) or self._load(name, path)
        return self._told(request, name, file) if file else nothing()

    def _told(self, request: web.Request, name: str, file: _File) -> web.Response:
        coding = chosen_coding(request.headers.get("Accept-Encoding", ""), tuple(file.forms))
        changed = min(file.modified, int(self._clock().timestamp()))
        headers = {**self._keep, "Last-Modified": _http_date(changed, usegmt=True)}
        if link := self._links.get(name):
            headers["Link"] = link
        elif name.endswith(".html") and (feeds := _feeds_beside(file.path)):
            headers["Link"] = feeds
        return answer(request, file.path.name, file.forms[coding], coding, headers, modified=file.modified)

    def _find(self, url_path: str) -> Path | None:
        parts = PurePosixPath(url_path.lstrip("/")).parts
        if any(part.startswith(".") or "\\" in part or "\0" in part for part in parts):
            return None
        path = self._root.joinpath(*parts)
        if url_path.endswith("/") or not parts:
            path /= "index.html"
        if path.suffix in CODINGS.values():
            return None
        try:
            return path if path.resolve().is_relative_to(self._root) and path.exists() else None
        except (OSError, ValueError):  # a name no file can have
            return None

    def _kept(self, name: str) -> _File | None:
        """Return a file that was found before and is the same; whether it may be given out was seen then."""
        file = self._files.get(name)
        try:
            if file and _mark(file.path.stat()) == file.mark:
                self._files.move_to_end(name)
                return file
        except OSError:
            self._forget(name)
        return None

    def _load(self, name: str, path: Path) -> _File | None:
        self._forget(name)
        try:
            status = path.stat()
            forms = _forms(path, status.st_mtime_ns)
        except (OSError, ValueError):
            return None
        file = _File(path=path, mark=_mark(status), forms=forms, modified=int(status.st_mtime))
        self._files[name] = file
        self._size += file.size
        while self._size > MOST_KEPT_BYTES:
            self._forget(next(iter(self._files)))
        return file

    def _forget(self, name: str) -> None:
        if gone := self._files.pop(name, None):
            self._size -= gone.size


def _mark(status: os.stat_result) -> Mark:
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _forms(path: Path, written: int) -> dict[str, Form]:
    """Read a file and its compressed forms; those of another writing do not count."""
    bodies = {"": path.read_bytes()}
    for coding, ending in CODINGS.items():
        beside = path.with_name(path.name + ending)
        if beside.is_file() and beside.stat().st_mtime_ns == written:
            bodies[coding] = beside.read_bytes()
    return {coding: Form(body=body, tag=tag_of(body)) for coding, body in bodies.items()}


def _feeds_beside(page: Path) -> str:
    """Say which feeds tell what a page shows, for those who read no HTML (RFC 8288)."""
    there = (name for name in FEEDS if page.with_name(name).is_file())
    return ", ".join(f'<{name}>; rel="alternate"; type="{FEEDS[name]}"' for name in there)
