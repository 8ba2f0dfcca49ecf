"""Subscribers get the published files, typed, tagged, compressed, conditional, and nothing else."""

import asyncio
import gzip
import os
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from aggregator.errors import OutputError
from aggregator.output import write_files
from aggregator.serve import serve
from aggregator.settings import Server
from tests.world import PATIENCE

LONG = b"<feed>" + b"<entry/>" * 200 + b"</feed>"
CHANGED = 1_790_000_000  # seconds, when the files changed
FILES = {
    "atom.xml": LONG,
    "rss.xml": LONG,
    "feed.json": b"{}",
    "index.html": b"<!doctype html>" + b"<p>river</p>" * 100,
    "style.css": b"p{}",
    "sources.opml": b"<opml/>",
    "tag/music/index.html": b"<!doctype html><a href='atom.xml'>Atom</a>",
    "tag/music/atom.xml": b"<feed/>",
    "strange.bin": b"\x00",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int
    headers: HTTPMessage
    body: bytes

    def header(self, name: str) -> str:
        values = self.headers.get_all(name, [])
        assert len(values) <= 1, f"{name} came {len(values)} times"
        return values[0] if values else ""


@contextmanager
def serving(root: Path, host: str = "127.0.0.1") -> Iterator[str]:
    """Yield the address under which a folder is served by a thread."""
    loop, stop, ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
    addresses: list[str] = []

    async def main() -> None:
        async with serve(root, Server(host=host, port=0)) as address:
            addresses.append(address)
            ready.set()
            await stop.wait()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(main())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield addresses[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "public"
    write_files(folder, FILES)
    for name in FILES:
        os.utime(folder / name, (CHANGED, CHANGED))
    (folder.parent / "secret.txt").write_text("the secret")
    (folder / ".hidden.xml.part").write_text("half")
    (folder / "leak.xml").symlink_to(folder.parent / "secret.txt")
    (folder / "leaks").symlink_to(folder.parent)
    return folder


@pytest.fixture(scope="module")
def site(root: Path) -> Iterator[str]:
    with serving(root) as address:
        yield address


def ask(site: str, path: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> Reply:
    connection = HTTPConnection(urlsplit(site).netloc, timeout=PATIENCE)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        return Reply(status=response.status, headers=response.headers, body=response.read())
    finally:
        connection.close()


# ---------------------------------------------------------------- files


@pytest.mark.parametrize(
    ("path", "name", "media_type"),
    [
        pytest.param("/atom.xml", "atom.xml", "application/atom+xml; charset=utf-8", id="Atom"),
        pytest.param("/rss.xml", "rss.xml", "application/rss+xml; charset=utf-8", id="RSS"),
        pytest.param("/feed.json", "feed.json", "application/feed+json; charset=utf-8", id="JSON Feed"),
        pytest.param("/sources.opml", "sources.opml", "text/x-opml; charset=utf-8", id="OPML"),
        pytest.param("/index.html", "index.html", "text/html; charset=utf-8", id="a page"),
        pytest.param("/style.css", "style.css", "text/css; charset=utf-8", id="the style"),
        pytest.param("/strange.bin", "strange.bin", "application/octet-stream", id="anything else"),
        pytest.param("/", "index.html", "text/html; charset=utf-8", id="the root"),
        pytest.param("/tag/music/", "tag/music/index.html", "text/html; charset=utf-8", id="a folder"),
        pytest.param("/tag/music/atom.xml", "tag/music/atom.xml", "application/atom+xml; charset=utf-8",
                     id="a feed of a tag"),
        pytest.param("/atom.xml?x=1&y", "atom.xml", "application/atom+xml; charset=utf-8", id="with a query"),
        pytest.param("/at%6Fm.xml", "atom.xml", "application/atom+xml; charset=utf-8", id="escaped"),
    ],
)  # fmt: skip
def test_a_file_is_served_as_what_it_is(site: str, path: str, name: str, media_type: str) -> None:
    reply = ask(site, path)
    assert (reply.status, reply.body) == (200, FILES[name])
    assert reply.header("Content-Type") == media_type
    assert reply.header("Content-Length") == str(len(FILES[name]))


@pytest.mark.parametrize(
    "path",
    [
        "/missing.xml", "/missing/", "/tag/", "/tag", "/atom.xml/", "/atom.xml/x", "/index.html/",
        "/../secret.txt", "/../../etc/passwd", "/%2e%2e/secret.txt", "/..%2fsecret.txt",
        "/%2e%2e%2fsecret.txt",
        "/tag/../../secret.txt", "/tag/music/../../../secret.txt", "//etc/passwd", "/%2Fetc/passwd",
        "/..%5csecret.txt", "/%5c..%5csecret.txt", "/....//secret.txt", "/.%00./secret.txt",
        "/.hidden.xml.part", "/tag/.hidden", "/atom.xml%00.html", "/%00", "/%ff%fe",
        "/%C0%AE%C0%AE/secret.txt",
        "/leak.xml", "/leaks/secret.txt", "/leaks/", "/~root", "/CON", "/%E2%80%AE.xml",
    ],
)  # fmt: skip
def test_there_is_nothing_but_the_published_files(site: str, path: str) -> None:
    reply = ask(site, path)
    assert reply.status == 404
    assert b"secret" not in reply.body
    assert "etc" not in reply.body.decode()


def test_a_name_too_long_for_the_disk_is_not_there(site: str) -> None:
    assert ask(site, "/" + "x" * 300).status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"])
def test_other_methods_are_refused(site: str, method: str) -> None:
    reply = ask(site, "/atom.xml", method)
    assert reply.status == 405
    assert sorted(reply.header("Allow").replace(" ", "").split(",")) == ["GET", "HEAD"]


def test_links_of_a_page_lead_to_files_however_its_folder_was_spelt(site: str) -> None:
    place = "/tag/music"
    reply = ask(site, place)
    while reply.status in (301, 308):
        place = urljoin(place, reply.header("Location"))
        reply = ask(site, place)
    assert b"href='atom.xml'" in reply.body
    assert ask(site, urljoin(place, "atom.xml")).body == FILES["tag/music/atom.xml"]


@pytest.mark.parametrize("path", ["/atom.xml", "/index.html", "/missing.xml", "/feed.json"])
@pytest.mark.parametrize("coding", ["", "gzip"])
def test_head_says_what_get_says_without_the_body(site: str, path: str, coding: str) -> None:
    headers = {"Accept-Encoding": coding} if coding else {}
    got, head = ask(site, path, headers=headers), ask(site, path, "HEAD", headers)
    assert head.body == b""
    assert head.status == got.status
    assert [(k, v) for k, v in head.headers.items() if k != "Date"] == [
        (k, v) for k, v in got.headers.items() if k != "Date"
    ]


def test_a_range_is_not_served(site: str) -> None:
    reply = ask(site, "/atom.xml", headers={"Range": "bytes=0-9"})
    assert (reply.status, reply.body) == (200, LONG)
    assert reply.header("Accept-Ranges") == "none"


# ---------------------------------------------------------------- headers


@pytest.mark.parametrize("path", ["/atom.xml", "/index.html", "/missing.xml"])
def test_every_answer_is_cautious(site: str, path: str) -> None:
    reply = ask(site, path)
    assert reply.header("X-Content-Type-Options") == "nosniff"
    assert reply.header("Referrer-Policy") == "no-referrer"
    assert reply.header("Vary") == "Accept-Encoding"
    assert reply.header("Set-Cookie") == ""


def test_a_file_may_be_kept_for_a_while(site: str) -> None:
    assert ask(site, "/atom.xml").header("Cache-Control") == "public, max-age=300, stale-if-error=86400"


@pytest.mark.parametrize("path", ["/atom.xml", "/rss.xml", "/feed.json", "/sources.opml"])
def test_a_feed_runs_nothing_and_may_be_read_by_any_page(site: str, path: str) -> None:
    reply = ask(site, path)
    assert reply.header("Content-Security-Policy") == "default-src 'none'; sandbox"
    assert reply.header("Access-Control-Allow-Origin") == "*"


def test_a_page_runs_no_script_and_stands_in_no_frame(site: str) -> None:
    reply = ask(site, "/")
    policy = {
        part.split()[0]: part.split()[1:] for part in reply.header("Content-Security-Policy").split(";")
    }
    assert policy["default-src"] == ["'none'"]
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == ["'none'"]
    assert "script-src" not in policy
    assert reply.header("Access-Control-Allow-Origin") == ""


# ---------------------------------------------------------------- compression


@pytest.mark.parametrize(
    ("accepted", "is_zipped"),
    [
        ("gzip", True), ("gzip, deflate, br", True), ("br, GZIP;q=0.5", True), ("x-gzip", True), ("*", True),
        ("", False), ("identity", False), ("br", False), ("gzip;q=0", False), ("gzip; q=0.000, br", False),
        ("notgzip", False), ("*;q=0", False),
    ],
)  # fmt: skip
def test_a_file_is_compressed_for_those_who_take_it(site: str, accepted: str, is_zipped: bool) -> None:
    reply = ask(site, "/atom.xml", headers={"Accept-Encoding": accepted})
    assert reply.header("Content-Encoding") == ("gzip" if is_zipped else "")
    assert (gzip.decompress(reply.body) if is_zipped else reply.body) == LONG
    assert reply.header("Content-Length") == str(len(reply.body))


def test_a_small_file_is_not_compressed(site: str) -> None:
    assert ask(site, "/style.css", headers={"Accept-Encoding": "gzip"}).header("Content-Encoding") == ""


def test_the_compressed_form_has_a_tag_of_its_own(site: str) -> None:
    plain, zipped = ask(site, "/atom.xml"), ask(site, "/atom.xml", headers={"Accept-Encoding": "gzip"})
    assert plain.header("ETag") != zipped.header("ETag")
    assert ask(site, "/atom.xml", headers={"Accept-Encoding": "gzip"}).body == zipped.body


# ---------------------------------------------------------------- conditions


def tag_of(site: str) -> str:
    return ask(site, "/atom.xml").header("ETag")


def test_a_tag_is_strong_and_of_the_bytes(site: str) -> None:
    tag = tag_of(site)
    assert tag.startswith('"')
    assert tag.endswith('"')
    assert tag == ask(site, "/rss.xml").header("ETag")
    assert tag != ask(site, "/feed.json").header("ETag")


@pytest.mark.parametrize(
    ("given", "status"),
    [
        pytest.param("{tag}", 304, id="the tag"),
        pytest.param("W/{tag}", 304, id="weak"),
        pytest.param('"a", {tag}, "b"', 304, id="in a list"),
        pytest.param('"a",{tag}', 304, id="in a list without spaces"),
        pytest.param("*", 304, id="anything"),
        pytest.param('"other"', 200, id="another"),
        pytest.param("{bare}", 200, id="without quotes"),
        pytest.param("", 200, id="empty"),
    ],
)
def test_who_has_the_bytes_is_told_so(site: str, given: str, status: int) -> None:
    tag = tag_of(site)
    header = given.format(tag=tag, bare=tag.strip('"'))
    assert ask(site, "/atom.xml", headers={"If-None-Match": header}).status == status


def test_the_tag_of_the_compressed_form_is_not_that_of_the_plain_one(site: str) -> None:
    zipped = ask(site, "/atom.xml", headers={"Accept-Encoding": "gzip"}).header("ETag")
    assert ask(site, "/atom.xml", headers={"If-None-Match": zipped}).status == 200
    headers = {"If-None-Match": zipped, "Accept-Encoding": "gzip"}
    assert ask(site, "/atom.xml", headers=headers).status == 304


@pytest.mark.parametrize(
    ("since", "status"),
    [
        pytest.param(formatdate(CHANGED, usegmt=True), 304, id="the very moment"),
        pytest.param(formatdate(CHANGED + 9, usegmt=True), 304, id="later"),
        pytest.param(formatdate(CHANGED - 1, usegmt=True), 200, id="a second earlier"),
        pytest.param("yesterday", 200, id="no date"),
        pytest.param("", 200, id="empty"),
    ],
)
def test_who_was_here_since_the_last_change_is_told_so(site: str, since: str, status: int) -> None:
    assert ask(site, "/atom.xml", headers={"If-Modified-Since": since}).status == status


def test_a_tag_counts_more_than_a_date(site: str) -> None:
    date = formatdate(CHANGED + 9, usegmt=True)
    headers = {"If-None-Match": '"other"', "If-Modified-Since": date}
    assert ask(site, "/atom.xml", headers=headers).status == 200


def test_what_last_modified_says_is_taken_back(site: str) -> None:
    date = ask(site, "/atom.xml").header("Last-Modified")
    assert parsedate_to_datetime(date).timestamp() == CHANGED
    assert ask(site, "/atom.xml", headers={"If-Modified-Since": date}).status == 304


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_304_repeats_what_caches_need_and_has_no_body(site: str, method: str) -> None:
    got = ask(site, "/atom.xml")
    reply = ask(site, "/atom.xml", method, {"If-None-Match": got.header("ETag")})
    assert (reply.status, reply.body) == (304, b"")
    for name in ("ETag", "Last-Modified", "Cache-Control", "Vary"):
        assert reply.header(name) == got.header(name)
    assert reply.header("Date")
    assert reply.header("Content-Type") == ""


# ---------------------------------------------------------------- changes on disk


def test_a_changed_file_is_served_changed_at_once(tmp_path: Path) -> None:
    write_files(tmp_path, {"atom.xml": b"old!"})
    with serving(tmp_path) as site:
        old = ask(site, "/atom.xml")
        write_files(tmp_path, {"atom.xml": b"new!"})
        new = ask(site, "/atom.xml", headers={"If-None-Match": old.header("ETag")})
        assert (new.status, new.body) == (200, b"new!")
        (tmp_path / "atom.xml").unlink()
        assert ask(site, "/atom.xml").status == 404
        write_files(tmp_path, {"atom.xml": b"old!"})
        assert ask(site, "/atom.xml").header("ETag") == old.header("ETag")


def test_a_folder_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    with serving(tmp_path / "later") as site:
        assert ask(site, "/").status == 404
        write_files(tmp_path / "later", FILES)
        assert ask(site, "/").status == 200


# ---------------------------------------------------------------- listening


def test_a_port_that_is_taken_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    async def listen(port: int) -> None:
        async with serve(tmp_path, Server(port=port)):
            pytest.fail("it listens")

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OutputError, match=rf"127\.0\.0\.1:{port}.*server\.port"):
            asyncio.run(listen(port))


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_an_ipv6_host_is_spelt_so_that_it_can_be_asked(root: Path) -> None:
    with serving(root, "::1") as site:
        assert site.startswith("http://[::1]:")
