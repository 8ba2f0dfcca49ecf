"""Every step that cannot be left out, as cheaply as is known; a floor, no product. `DB URLS`.

curl fetches, a parser in Rust reads and makes safe, addresses are made one, texts digested, and rows written
many at a time, in one process. There are no copies, no stories, no search and no faults.
"""

import calendar
import io
import sqlite3
import sys
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import deflate
import feedparser_rs
import pycurl

from benchmarks.peers.counting import counting

CONNECTIONS, AT_ONCE = 10, 16  # feeds in one transaction
_NOISE = ("utm_", "fbclid", "gclid", "mc_", "ref")
_TABLES = """
PRAGMA page_size = 16384; PRAGMA journal_mode = wal; PRAGMA synchronous = normal;
CREATE TABLE IF NOT EXISTS feeds (url TEXT PRIMARY KEY, etag TEXT);
CREATE TABLE IF NOT EXISTS entries (seq INTEGER PRIMARY KEY, feed TEXT, id TEXT, link TEXT, canonical TEXT,
    title TEXT, author TEXT, published INTEGER, html TEXT, digest BLOB, UNIQUE (feed, id));
CREATE INDEX IF NOT EXISTS newest ON entries (published DESC, seq DESC);
CREATE INDEX IF NOT EXISTS canonical ON entries (canonical);
"""
_INSERT = "INSERT OR IGNORE INTO entries VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def _canonical(url: str) -> str:
    parts = urlsplit(url)
    query = [pair for pair in parse_qsl(parts.query) if not pair[0].startswith(_NOISE)]
    return urlunsplit(("https", parts.netloc.lower(), parts.path.rstrip("/"), urlencode(query), ""))


def _rows(url: str, body: bytes) -> Iterator[tuple[object, ...]]:
    for entry in feedparser_rs.parse(deflate.gzip_decompress(body)).entries:
        html = (entry.content[0].value if entry.content else entry.summary) or ""
        at, link = entry.published_parsed or entry.updated_parsed, entry.link or ""
        seconds = calendar.timegm(at) if at else 0
        digest = blake2b(html.encode(), digest_size=8).digest()
        yield (
            *(url, entry.id or link, link, _canonical(link), entry.title, entry.author),
            *(seconds, html, digest),
        )


class _Request:
    """One handle of curl, used again and again."""

    def __init__(self) -> None:
        self.curl, self.url = pycurl.Curl(), ""
        self.curl.setopt(pycurl.NOSIGNAL, 1)

    def ask(self, url: str, etag: str) -> None:
        self.url, self.body, self.etag = url, io.BytesIO(), ""
        condition = [f"If-None-Match: {etag}"] if etag else []
        self.curl.setopt(pycurl.URL, url)
        self.curl.setopt(pycurl.HTTPHEADER, ["Accept-Encoding: gzip", *condition])
        self.curl.setopt(pycurl.WRITEFUNCTION, self.body.write)
        self.curl.setopt(pycurl.HEADERFUNCTION, self._hear)

    def _hear(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if name.lower() == b"etag":
            self.etag = value.strip().decode("latin-1")


def _answers(urls: list[str], known: dict[str, str]) -> Iterator[_Request]:
    """Ask all, and yield each as it is answered."""
    multi, ahead, under_way = pycurl.CurlMulti(), iter(urls), dict[Any, _Request]()

    def ask(request: _Request) -> None:
        if url := next(ahead, ""):
            request.ask(url, known.get(url, ""))
            under_way[request.curl] = request
            multi.add_handle(request.curl)

    for _ in range(CONNECTIONS):
        ask(_Request())
    while under_way:
        multi.select(0.2)
        while multi.perform()[0] == pycurl.E_CALL_MULTI_PERFORM:
            pass
        _, good, bad = multi.info_read()
        for curl in good + [failed[0] for failed in bad]:
            request = under_way.pop(curl)
            multi.remove_handle(curl)
            if curl.getinfo(pycurl.RESPONSE_CODE) == 200:
                yield request
            ask(request)


def main(database: str, urls: str) -> None:
    db = sqlite3.connect(database)
    db.executescript(_TABLES)
    with counting() as more:
        known = dict(db.execute("SELECT url, etag FROM feeds").fetchall())
        for number, answer in enumerate(_answers(Path(urls).read_text().split(), known)):
            db.executemany(_INSERT, _rows(answer.url, answer.body.getvalue()))
            db.execute("INSERT OR REPLACE INTO feeds VALUES (?, ?)", (answer.url, answer.etag))
            if number % AT_ONCE == AT_ONCE - 1:
                db.commit()
        db.commit()
        more["entries"] = db.execute("SELECT count(*) FROM entries").fetchone()[0]


if __name__ == "__main__":
    main(*sys.argv[1:3])
