"""The least that a program with our HTTP client can do; nothing is made safe. `DB URLS`.

aiohttp, lxml and SQLite; with uvloop where there is one.
"""

import asyncio
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp
from lxml import etree

from benchmarks.peers.counting import counting

CONNECTIONS = 10
_ATOM, _DC = "{http://www.w3.org/2005/Atom}", "{http://purl.org/dc/elements/1.1/}"
Row = tuple[str | None, ...]


def _entries(body: bytes) -> Iterator[Row]:
    root = etree.fromstring(body, etree.XMLParser(recover=True, resolve_entities=False, no_network=True))
    for item in root.iterfind("channel/item"):
        names = ("guid", "link", "title", f"{_DC}creator", "pubDate", "description")
        yield tuple(item.findtext(name) for name in names)
    for entry in root.iterfind(f"{_ATOM}entry"):
        link, author = entry.find(f"{_ATOM}link"), f"{_ATOM}author/{_ATOM}name"
        name = entry.findtext(f"{_ATOM}id")
        others = map(entry.findtext, (f"{_ATOM}title", author, f"{_ATOM}updated", f"{_ATOM}content"))
        yield (name, None if link is None else link.get("href"), *others)


async def _refresh(db: sqlite3.Connection, urls: list[str]) -> None:
    known = dict(db.execute("SELECT url, etag FROM feeds").fetchall())
    ahead = iter(urls)
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)

    async def work(session: aiohttp.ClientSession) -> None:
        for url in ahead:
            headers = {"If-None-Match": known[url]} if url in known else {}
            async with session.get(url, headers=headers) as answer:
                if answer.status == 200:
                    store(url, answer.headers.get("ETag"), await answer.read())

    def store(url: str, etag: str | None, body: bytes) -> None:
        with db:
            rows = [(url, *entry) for entry in _entries(body)]
            db.executemany("INSERT OR IGNORE INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            db.execute("INSERT OR REPLACE INTO feeds VALUES (?, ?)", (url, etag))

    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        await asyncio.gather(*(work(session) for _ in range(CONNECTIONS)))


def main(database: str, urls: str) -> None:
    db = sqlite3.connect(database)
    db.executescript(
        "PRAGMA journal_mode = wal; PRAGMA synchronous = normal;"
        "CREATE TABLE IF NOT EXISTS feeds (url TEXT PRIMARY KEY, etag TEXT);"
        "CREATE TABLE IF NOT EXISTS entries"
        " (feed TEXT, id TEXT, link TEXT, title TEXT, author TEXT, date TEXT, html TEXT, UNIQUE (feed, id))"
    )
    try:
        from uvloop import run
    except ImportError:
        from asyncio import run
    with counting() as more:
        run(_refresh(db, Path(urls).read_text().split()))
        more["entries"] = db.execute("SELECT count(*) FROM entries").fetchone()[0]


if __name__ == "__main__":
    main(*sys.argv[1:3])
