"""feedparser as it comes: it makes safe and resolves addresses. `FOLDER` of feeds."""

import io
import sys
from pathlib import Path

import feedparser

from benchmarks.peers.counting import counting


def main(folder: str) -> None:
    bodies = [path.read_bytes() for path in sorted(Path(folder).iterdir())]
    with counting() as more:
        more["entries"] = sum(len(feedparser.parse(io.BytesIO(body)).entries) for body in bodies)


if __name__ == "__main__":
    main(sys.argv[1])
