"""lemon24/reader: fetch and store. `DB add|update URLS`."""

import logging
import sys
from pathlib import Path

from reader import make_reader

from benchmarks.peers.counting import counting

WORKERS = 10


def main(database: str, order: str, urls: str) -> None:
    logging.getLogger("reader").setLevel(logging.CRITICAL)
    reader = make_reader(database)
    with counting() as more:
        if order == "add":
            for url in Path(urls).read_text().split():
                reader.add_feed(url, exist_ok=True)
        else:
            reader.update_feeds(workers=WORKERS, scheduled=False)  # else none is due yet
        more["entries"] = reader.get_entry_counts().total or 0


if __name__ == "__main__":
    main(*sys.argv[1:4])
