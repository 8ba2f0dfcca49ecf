"""feedparser_rs, with its sanitizer. `FOLDER` of feeds."""

import sys
from pathlib import Path

import feedparser_rs

from benchmarks.peers.counting import counting


def main(folder: str) -> None:
    bodies = [path.read_bytes() for path in sorted(Path(folder).iterdir())]
    with counting() as more:
        more["entries"] = sum(
            len([(entry.id, entry.title, entry.summary, entry.content) for entry in found.entries])
            for found in map(feedparser_rs.parse, bodies)
        )


if __name__ == "__main__":
    main(sys.argv[1])
