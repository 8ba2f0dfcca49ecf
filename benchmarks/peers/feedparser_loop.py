"""What most scripts do: a loop of `feedparser.parse(url)`, and SQLite. `DB URLS`."""

import sqlite3
import sys
from pathlib import Path

import feedparser

from benchmarks.peers.counting import counting


def main(database: str, urls: str) -> None:
    db = sqlite3.connect(database)
    db.execute("CREATE TABLE IF NOT EXISTS feeds (url PRIMARY KEY, etag, modified)")
    db.execute("CREATE TABLE IF NOT EXISTS entries (feed, id, link, title, html, PRIMARY KEY (feed, id))")
    with counting() as more:
        known = {row[0]: row[1:] for row in db.execute("SELECT * FROM feeds")}
        for url in Path(urls).read_text().split():
            etag, modified = known.get(url, (None, None))
            found = feedparser.parse(url, etag=etag, modified=modified)
            rows = [
                (url, e.get("id"), e.get("link"), e.get("title"), (e.get("content") or [e])[0].get("value"))
                for e in found.entries
            ]
            with db:
                db.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?)", rows)
                if found.get("status") == 200:
                    seen = (url, found.get("etag"), found.get("modified"))
                    db.execute("INSERT OR REPLACE INTO feeds VALUES (?, ?, ?)", seen)
        more["entries"] = db.execute("SELECT count(*) FROM entries").fetchone()[0]


if __name__ == "__main__":
    main(*sys.argv[1:3])
