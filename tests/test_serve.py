"""Subscribers get the published files, typed, tagged, compressed, conditional, and nothing else."""

import gzip
import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import formatdate, parsedate_to_datetime
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import brotli  # type: ignore[import-untyped]
import pytest

from aggregator.errors import OutputError, StoreError
from aggregator.listen import bound
from aggregator.output import pack, unpacked, write_files
from aggregator.serve import files, searches
from aggregator.settings import Publish
from aggregator.websub import Postbox
from tests.webservers import (
    BROTLI,
    CADDY,
    CADDYFILE,
    HUB,
    MISSING,
    NGINX,
    NO_CADDY,
    SNIPPET,
    caddy,
    expecting,
    nginx,
    searching,
    serving,
    windowed,
)
from tests.world import NOW, PATIENCE

Front = Callable[..., AbstractContextManager[str]]

LONG = b"<feed>" + b"<entry/>" * 15_000 + b"</feed>"
CHANGED = 1_700_000_000  # seconds, when the files changed
FILES = {
    "atom.xml": LONG,
    "status.atom": LONG,
    "rss.xml": LONG,
    "feed.json": b"{}",
    "index.html": b"<!doctype html>" + b"<p>river</p>" * 100,
    "style.css": b"p{}",
    "icon.svg": b"<svg/>",
    "sources.opml": b"<opml/>",
    "tag/music/index.html": b"<!doctype html><a href='atom.xml'>Atom</a>",
    "tag/music/atom.xml": b"<feed/>",
    "tag/music/rss.xml": b"<rss/>",
    "tag/music/feed.json": b"{}",
    "story/a/index.html": b"<!doctype html>",
    "story/a/atom.xml": b"<feed/>",
    "sources/index.html": b"<!doctype html>",
    "strange.bin": b"\x00",
}
TOLD = [f"{folder}{name}" for folder in ("", "tag/music/") for name in ("atom.xml", "rss.xml", "feed.json")]
LINKS = {name: f'<{HUB}>; rel="hub", <https://planet.example/{name}>; rel="self"' for name in TOLD}


def find(query: str, file: str) -> tuple[bytes, bool]:
    """Find what was asked for in everything, but nothing in "wrong", and too late what is "slow"."""
    if query == "slow":
        raise StoreError("interrupted")
    return f"{file}: {query} ".encode() * 99, query != "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int
    headers: HTTPMessage
    body: bytes

    def header(self, name: str) -> str:
        values = self.headers.get_all(name, [])
        assert len(values) <= 1, f"{name} came {len(values)} times"
        return values[0] if values else ""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "public"
    write_files(folder, FILES)
    for path in unpacked(folder, before=datetime.max.replace(tzinfo=UTC)):
        pack(path)
    for path in folder.rglob("*"):
        os.utime(path, (CHANGED, CHANGED))
    (folder.parent / "secret.txt").write_text("the secret")
    (folder / ".hidden.xml.part").write_text("half")
    (folder / "leak.xml").symlink_to(folder.parent / "secret.txt")
    (folder / "leaks").symlink_to(folder.parent)
    return folder


@pytest.fixture(scope="module")
def ours(root: Path) -> Iterator[str]:
    """The built-in server: for what nginx does otherwise, and just as well."""
    with serving(root, links=LINKS, behind=searching(find)) as address:
        yield address


@pytest.fixture(
    scope="module",
    params=[
        "built-in",
        "window",
        pytest.param("nginx", marks=pytest.mark.skipif(NGINX is None, reason=MISSING)),
        pytest.param("caddy", marks=pytest.mark.skipif(CADDY is None, reason=NO_CADDY)),
    ],
)
def site(
    request: pytest.FixtureRequest, root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Each of the ways to serve."""
    if request.param == "built-in":
        yield request.getfixturevalue("ours")
    elif request.param == "window":
        with windowed(root, links=LINKS, behind=searching(find)) as front:
            yield front.address
    else:
        open_server = nginx if request.param == "nginx" else caddy
        backend = urlsplit(request.getfixturevalue("ours")).netloc
        folder = tmp_path_factory.mktemp(request.param) / "here"
        with open_server(root, folder, backend=backend) as address:
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
        pytest.param("/status.atom", "status.atom", "application/atom+xml; charset=utf-8", id="health"),
        pytest.param("/rss.xml", "rss.xml", "application/rss+xml; charset=utf-8", id="RSS"),
        pytest.param("/feed.json", "feed.json", "application/feed+json; charset=utf-8", id="JSON Feed"),
        pytest.param("/sources.opml", "sources.opml", "text/x-opml; charset=utf-8", id="OPML"),
        pytest.param("/index.html", "index.html", "text/html; charset=utf-8", id="a page"),
        pytest.param("/style.css", "style.css", "text/css; charset=utf-8", id="the style"),
        pytest.param("/icon.svg", "icon.svg", "image/svg+xml", id="the icon"),
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
        "/missing.xml", "/missing/", "/tag/", "/atom.xml/", "/atom.xml/x", "/index.html/",
        "/../secret.txt", "/../../etc/passwd", "/%2e%2e/secret.txt", "/..%2fsecret.txt",
        "/%2e%2e%2fsecret.txt",
        "/tag/../../secret.txt", "/tag/music/../../../secret.txt", "//etc/passwd", "/%2Fetc/passwd",
        "/..%5csecret.txt", "/%5c..%5csecret.txt", "/....//secret.txt", "/.%00./secret.txt",
        "/.hidden.xml.part", "/tag/.hidden", "/atom.xml%00.html", "/%00", "/%ff%fe",
        "/%C0%AE%C0%AE/secret.txt",
        "/~root", "/CON", "/%E2%80%AE.xml",
    ],
)  # fmt: skip
def test_there_is_nothing_but_the_published_files(site: str, path: str) -> None:
    reply = ask(site, path)
    assert reply.status in (400, 404)  # nginx: it leads above the root
    assert b"secret" not in reply.body
    assert "passwd" not in reply.body.decode()


@pytest.mark.parametrize("path", ["/leak.xml", "/leaks/secret.txt", "/leaks/", "/tag"])
def test_ours_follows_no_link_out_of_the_folder_and_leads_to_no_folder_without_a_page(
    ours: str, path: str
) -> None:
    """nginx's own switch for links, `disable_symlinks`, turns its brotli off; we publish none."""
    assert ask(ours, path).status == 404


def test_a_name_too_long_for_the_disk_is_not_there(site: str) -> None:
    assert ask(site, "/" + "x" * 300).status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "PROPFIND"])
def test_other_methods_are_refused(site: str, method: str) -> None:
    reply = ask(site, "/atom.xml", method)
    assert reply.status == 405
    assert reply.header("Allow") == "GET, HEAD, OPTIONS"


def test_nobody_is_told_what_he_sent(site: str) -> None:
    assert ask(site, "/atom.xml", "TRACE").status == 405


def test_who_asks_what_may_be_asked_is_told(site: str) -> None:
    reply = ask(site, "/atom.xml", "OPTIONS")
    assert (reply.status, reply.body) == (204, b"")
    assert reply.header("Allow") == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("path", ["/atom.xml", "/tag/music", "/missing"])
def test_the_name_it_is_asked_under_shows_nowhere(site: str, path: str) -> None:
    reply = ask(site, path, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    assert b"evil" not in reply.body
    assert "evil" not in str(reply.headers)


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
def test_head_says_what_get_says_without_the_body(
    site: str, path: str, coding: str, request: pytest.FixtureRequest
) -> None:
    """Caddy tells no length of what is compressed when it is asked for the head alone."""
    untold = {"Date"} | ({"Content-Length"} if request.node.callspec.params["site"] == "caddy" else set())
    headers = {"Accept-Encoding": coding} if coding else {}
    got, head = ask(site, path, headers=headers), ask(site, path, "HEAD", headers)
    assert head.body == b""
    assert head.status == got.status
    assert [(k, v) for k, v in head.headers.items() if k not in untold] == [
        (k, v) for k, v in got.headers.items() if k not in untold
    ]


def test_a_range_is_not_served(site: str) -> None:
    reply = ask(site, "/atom.xml", headers={"Range": "bytes=0-9"})
    assert (reply.status, reply.body) == (200, LONG)
    assert reply.header("Accept-Ranges") == "none"


@pytest.mark.parametrize("path", ["/atom.xml.gz", "/atom.xml.br", "/index.html.gz"])
def test_compressed_forms_are_no_files_of_their_own(site: str, path: str) -> None:
    assert ask(site, path).status == 404


# ---------------------------------------------------------------- headers


@pytest.mark.parametrize("path", ["/atom.xml", "/index.html", "/missing.xml"])
def test_every_answer_is_cautious(site: str, path: str) -> None:
    reply = ask(site, path)
    assert reply.header("X-Content-Type-Options") == "nosniff"
    assert reply.header("Referrer-Policy") == "no-referrer"
    assert reply.header("Vary") == "Accept-Encoding"
    assert reply.header("Set-Cookie") == ""


@pytest.mark.parametrize("path", ["/atom.xml", "/", "/tag/music"])
def test_a_file_may_be_kept_for_a_while(site: str, path: str) -> None:
    assert ask(site, path).header("Cache-Control") == "public, max-age=900, stale-if-error=86400"


def test_what_is_missing_may_come_at_any_moment(site: str) -> None:
    assert ask(site, "/missing.xml").header("Cache-Control") == ""


def test_how_long_a_file_may_be_kept_is_configured(root: Path) -> None:
    with serving(root, max_age=timedelta(hours=1)) as ours:
        assert "max-age=3600," in ask(ours, "/atom.xml").header("Cache-Control")


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
    assert policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    assert policy["form-action"] == ["'self'"]
    assert "script-src" not in policy
    assert reply.header("Access-Control-Allow-Origin") == ""


@pytest.mark.parametrize("name", ["atom.xml", "tag/music/feed.json"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_feed_names_its_hubs_and_itself_before_it_is_read(site: str, name: str, method: str) -> None:
    reply = ask(site, f"/{name}", method)
    assert reply.header("Link") == LINKS[name]
    again = ask(site, f"/{name}", headers={"If-None-Match": reply.header("ETag")})
    assert (again.status, again.header("Link")) == (304, LINKS[name])


@pytest.mark.parametrize("path", ["/story/a/atom.xml", "/status.atom", "/style.css", "/missing/atom.xmlx"])
def test_what_hubs_are_not_told_of_names_none(site: str, path: str) -> None:
    assert ask(site, path).header("Link") == ""


@pytest.mark.parametrize(
    "front",
    [
        pytest.param(nginx, marks=pytest.mark.skipif(NGINX is None, reason=MISSING), id="nginx"),
        pytest.param(caddy, marks=pytest.mark.skipif(CADDY is None, reason=NO_CADDY), id="caddy"),
    ],
)
def test_hubs_get_through(front: Front, root: Path, tmp_path: Path) -> None:
    postbox = Postbox(clock=lambda: NOW)
    postbox.expect(())
    with (
        serving(root, behind=expecting(postbox), most_bytes=1000) as ours,
        front(root, tmp_path / "here", backend=urlsplit(ours).netloc) as site,
    ):
        assert ask(site, "/websub/none", "POST").status == 410
        assert ask(site, "/websub/none?hub.mode=subscribe").status == 404
        assert ask(site, "/atom.xml", "POST").status == 405


@pytest.mark.parametrize(
    ("path", "feeds"),
    [
        ("/", ["atom.xml", "rss.xml", "feed.json"]),
        ("/tag/music/", ["atom.xml", "rss.xml", "feed.json"]),
        ("/tag/music/index.html", ["atom.xml", "rss.xml", "feed.json"]),
        ("/story/a/", ["atom.xml"]),
        ("/sources/", []),
        ("/status.atom", []),
        ("/missing.html", []),
    ],
)
def test_a_page_names_its_feeds_before_it_is_read(site: str, path: str, feeds: list[str]) -> None:
    found = [part.split(";") for part in ask(site, path).header("Link").split(",") if part]
    assert [name.strip().strip("<>") for name, *_ in found] == feeds
    for name, rel, kind in found:
        address = urljoin(path, name.strip().strip("<>"))
        assert rel.strip() == 'rel="alternate"'
        assert kind.strip() == f'type="{ask(site, address).header("Content-Type").partition(";")[0]}"'


# ---------------------------------------------------------------- compression


DECODERS = {"": bytes, "gzip": gzip.decompress, "br": brotli.decompress}
has_brotli = pytest.mark.skipif(not BROTLI.exists(), reason="nginx has no module for brotli here")


def get_compressed(site: str, accepted: str) -> str:
    """Return the coding of an answer, all of which is checked."""
    reply = ask(site, "/atom.xml", headers={"Accept-Encoding": accepted})
    coding = reply.header("Content-Encoding")
    assert DECODERS[coding](reply.body) == LONG
    assert reply.header("Content-Length") == str(len(reply.body))
    return coding


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip", "gzip"), ("gzip, deflate", "gzip"), ("deflate, GZIP;q=0.5", "gzip"),
        ("", ""), ("identity", ""), ("gzip;q=0", ""), ("gzip; q=0.000", ""), ("notgzip", ""), ("*;q=0", ""),
        pytest.param("br", "br", marks=has_brotli), pytest.param("gzip, deflate, br", "br", marks=has_brotli),
        pytest.param("br;q=0, gzip", "gzip", marks=has_brotli),
    ],
)  # fmt: skip
def test_a_file_is_compressed_for_those_who_take_it(site: str, accepted: str, coding: str) -> None:
    assert get_compressed(site, accepted) == coding


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("x-gzip", "gzip"), ("*", "br"), ("br;q=0.2, gzip;q=0.8", "gzip"), ("br;q=0, *", "gzip"),
     ("gzip;q=much", "")],
)  # fmt: skip
def test_what_a_subscriber_likes_best_counts(ours: str, accepted: str, coding: str) -> None:
    """nginx takes the better coding however it is weighed, and reads neither `*` nor `x-gzip`."""
    assert get_compressed(ours, accepted) == coding


def test_compressed_forms_of_another_writing_are_not_served(tmp_path: Path) -> None:
    write_files(tmp_path, {"atom.xml": LONG})
    os.utime(tmp_path / "atom.xml", (CHANGED, CHANGED))
    with serving(tmp_path) as ours:
        assert get_compressed(ours, "gzip, br") == ""


def test_memory_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_KEPT_BYTES", 2 * len(LONG))
    names = [f"tag/{number}/atom.xml" for number in range(5)]
    write_files(tmp_path, dict.fromkeys(names, LONG))
    with serving(tmp_path) as ours:
        for name in names * 2:
            assert ask(ours, f"/{name}").body == LONG


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
    assert tag != ask(site, "/feed.json").header("ETag")


def test_a_tag_of_ours_is_of_the_bytes_alone(ours: str) -> None:
    assert tag_of(ours) == ask(ours, "/rss.xml").header("ETag")


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


def test_a_tag_that_is_known_counts_more_than_a_date(ours: str) -> None:
    """nginx answers 200 where either condition says so: more than is asked for, and never less."""
    headers = {"If-None-Match": tag_of(ours), "If-Modified-Since": formatdate(CHANGED - 9, usegmt=True)}
    assert ask(ours, "/atom.xml", headers=headers).status == 304


def test_no_file_is_of_the_future(root: Path) -> None:
    before = datetime.fromtimestamp(CHANGED - 5, tz=UTC)
    with serving(root, now=before) as ours:
        date = ask(ours, "/atom.xml").header("Last-Modified")
    assert parsedate_to_datetime(date) == before


def test_what_last_modified_says_is_taken_back(site: str) -> None:
    date = ask(site, "/atom.xml").header("Last-Modified")
    assert parsedate_to_datetime(date).timestamp() == CHANGED
    assert ask(site, "/atom.xml", headers={"If-Modified-Since": date}).status == 304


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_304_repeats_what_caches_need_and_has_no_body(
    site: str, method: str, request: pytest.FixtureRequest
) -> None:
    """Caddy leaves out Last-Modified beside an ETag, as it may (RFC 9110, 15.4.5)."""
    got = ask(site, "/atom.xml")
    reply = ask(site, "/atom.xml", method, {"If-None-Match": got.header("ETag")})
    assert (reply.status, reply.body) == (304, b"")
    is_caddy = request.node.callspec.params["site"] == "caddy"
    for name in ("ETag", "Cache-Control", "Vary", *(() if is_caddy else ("Last-Modified",))):
        assert reply.header(name) == got.header(name)
    assert reply.header("Date")
    assert reply.header("Content-Type") == ""


# ---------------------------------------------------------------- a search


@pytest.mark.parametrize(
    ("path", "found", "media_type"),
    [
        pytest.param("/search/?q=a%20b", "index.html: a b ", "text/html; charset=utf-8", id="a page"),
        pytest.param("/search/?q=%E6%A9%8B+b&x", "index.html: 橋 b ", "text/html; charset=utf-8", id="form"),
        pytest.param("/search/", "index.html:  ", "text/html; charset=utf-8", id="nothing asked"),
        pytest.param("/search/index.html?q=a", "index.html: a ", "text/html; charset=utf-8", id="by name"),
        pytest.param("/search/atom.xml?q=a", "atom.xml: a ", "application/atom+xml; charset=utf-8",
                     id="Atom"),
        pytest.param("/search/rss.xml?q=a", "rss.xml: a ", "application/rss+xml; charset=utf-8", id="RSS"),
        pytest.param("/search/feed.json?q=a", "feed.json: a ", "application/feed+json; charset=utf-8",
                     id="JSON Feed"),
    ],
)  # fmt: skip
def test_what_is_found_is_served_as_what_it_is(site: str, path: str, found: str, media_type: str) -> None:
    reply = ask(site, path)
    assert (reply.status, reply.body) == (200, found.encode() * 99)
    assert reply.header("Content-Type") == media_type
    assert reply.header("Cache-Control") == "public, max-age=60"
    assert reply.header("X-Content-Type-Options") == "nosniff"
    is_page = media_type.startswith("text/html")
    assert reply.header("Access-Control-Allow-Origin") == ("" if is_page else "*")
    assert ("form-action 'self'" in reply.header("Content-Security-Policy")) == is_page


def test_a_search_is_a_folder(site: str) -> None:
    reply = ask(site, "/search?q=a%20b%0d%0aX:1")
    assert (reply.status, reply.header("Location")) == (
        301,
        "search/?q=a%20b%0d%0aX:1",
    )


def test_what_was_found_is_conditional_and_compressed(site: str) -> None:
    plain = ask(site, "/search/atom.xml?q=a")
    zipped = ask(site, "/search/atom.xml?q=a", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(zipped.body) == plain.body
    assert zipped.header("Vary") == "Accept-Encoding"
    assert plain.header("ETag") != zipped.header("ETag")
    known = {"If-None-Match": plain.header("ETag")}
    assert ask(site, "/search/atom.xml?q=a", headers=known).status == 304
    assert ask(site, "/search/atom.xml?q=b", headers=known).status == 200
    headers = {"If-Modified-Since": formatdate(CHANGED + 9, usegmt=True)}
    assert ask(site, "/search/atom.xml?q=a", headers=headers).status == 200


def test_a_wrong_query_is_told_why(site: str) -> None:
    reply = ask(site, "/search/atom.xml?q=wrong")
    assert (reply.status, reply.body[:15]) == (400, b"atom.xml: wrong")
    assert reply.header("Content-Type") == "text/plain; charset=utf-8"


def test_a_search_that_takes_too_long_may_be_tried_again(site: str) -> None:
    reply = ask(site, "/search/?q=slow")
    assert (reply.status, reply.header("Retry-After")) == (503, "5")


@pytest.mark.parametrize("path", ["/search/x.html", "/search/atom.xml/", "/search/style.css"])
def test_below_a_search_is_nothing_else(site: str, path: str) -> None:
    assert ask(site, path).status == 404


@pytest.mark.parametrize("path", ["/search/", "/search/atom.xml?q=a"])
def test_a_search_only_reads(site: str, path: str) -> None:
    assert ask(site, path, "POST").status == 405
    assert ask(site, path, "OPTIONS").status == 204
    assert ask(site, path, "HEAD").body == b""


def test_where_nothing_searches_there_is_nothing(root: Path) -> None:
    with serving(root) as ours:
        assert ask(ours, "/search/?q=a").status == 404


def test_searches_do_not_queue_for_ever(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searches, "MOST_SEARCHES", 1)
    reached, go_on = threading.Event(), threading.Event()

    def find_late(query: str, file: str) -> tuple[bytes, bool]:
        reached.set()
        assert go_on.wait(PATIENCE)
        return b"late", True

    with serving(root, behind=searching(find_late)) as ours, ThreadPoolExecutor(1) as other:
        first = other.submit(ask, ours, "/search/?q=a")
        assert reached.wait(PATIENCE)
        assert ask(ours, "/search/?q=b").status == 503
        assert ask(ours, "/atom.xml").status == 200
        go_on.set()
        assert first.result().body == b"late"


@pytest.mark.skipif(NGINX is None, reason=MISSING)
def test_nginx_says_so_where_nobody_answers_a_search(root: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"127.0.0.1:{taken.getsockname()[1]}"
    with nginx(root, tmp_path / "nginx", backend=nobody) as site:
        reply = ask(site, "/search/?q=a")
        assert (reply.status, reply.body[:10]) == (503, b"The search")
        assert ask(site, "/atom.xml").status == 200


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


def test_a_file_that_was_packed_with_patience_is_given_out_so(tmp_path: Path) -> None:
    write_files(tmp_path, {"atom.xml": LONG})
    with serving(tmp_path) as site:
        assert get_compressed(site, "gzip, br") == "gzip"
        old = ask(site, "/atom.xml")
        pack(tmp_path / "atom.xml")
        assert get_compressed(site, "gzip, br") == "br"
        assert ask(site, "/atom.xml", headers={"If-None-Match": old.header("ETag")}).status == 304


def test_a_file_that_became_a_link_out_of_the_folder_is_not_served_again(tmp_path: Path) -> None:
    root, secret = tmp_path / "public", tmp_path / "secret"
    write_files(root, {"atom.xml": b"feed"})
    secret.write_bytes(b"mine")
    with serving(root) as site:
        assert ask(site, "/atom.xml").body == b"feed"
        (root / "atom.xml").unlink()
        (root / "atom.xml").symlink_to(secret)
        assert ask(site, "/atom.xml").status == 404


def test_a_folder_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    with serving(tmp_path / "later") as site:
        assert ask(site, "/").status == 404
        write_files(tmp_path / "later", FILES)
        assert ask(site, "/").status == 200


def test_the_snippet_for_caddy_says_what_the_settings_say() -> None:
    seconds = int(Publish().max_age.total_seconds())
    assert f"max-age={seconds}, stale-if-error" in CADDYFILE.read_text()


def test_the_snippet_for_nginx_says_what_the_settings_say() -> None:
    assert f"max-age={Publish().max_age.seconds}," in SNIPPET.read_text()


# ---------------------------------------------------------------- listening


def test_a_port_that_is_taken_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(OutputError, match=rf"127\.0\.0\.1:{port}.*server\.port"),
            bound("127.0.0.1", port, knob="server.port"),
        ):
            pytest.fail("it listens")


def test_no_host_is_every_address_of_the_machine() -> None:
    with bound("", 0, knob="server.port") as sockets:
        port = sockets[0].getsockname()[1]
        socket.create_connection(("127.0.0.1", port), PATIENCE).close()


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_an_ipv6_host_is_spelt_so_that_it_can_be_asked(root: Path) -> None:
    with serving(root, "::1") as site:
        assert site.startswith("http://[::1]:")
