"""What the stream has taught the desk: words, furniture, series. It outlives the window, and restarts."""

import json
import zlib

from aggregator.stories.furniture import Furniture
from aggregator.stories.lexicon import Background, Lexicon, Vector
from aggregator.stories.live import Live
from aggregator.stories.titles import Series
from aggregator.stories.words import Reading

TITLE_WEIGHT, LINK_WEIGHT = (
    3,
    2,
)  # what a word of the title and of the address counts, against one of the text


class Learned:
    """The three memories, written down and read back as one."""

    def __init__(self, background: Background) -> None:
        self.lexicon, self.furniture, self.series = Lexicon(background), Furniture(), Series()

    def weigh(
        self, live: Live, reading: Reading, furniture: frozenset[int]
    ) -> tuple[Vector, dict[str, float]]:
        """Weigh the words of an entry; return how rare each is, and how often it counts."""
        counts: dict[str, float] = {}
        if not live.is_series:  # of the next issue of a series only the text tells anything
            for word in reading.title:
                counts[word] = counts.get(word, 0) + TITLE_WEIGHT
            for word in reading.link:
                counts[word] = counts.get(word, 0) + LINK_WEIGHT
        for position, word in enumerate(reading.text[: reading.shown], start=len(reading.title)):
            if position not in furniture:
                counts[word] = counts.get(word, 0) + 1
        vector, rarity = self.lexicon.weigh(counts, live.language)
        live.weigh(vector)
        return rarity, counts

    def dump(self) -> bytes:
        """Write everything down, a tenth of its size in memory."""
        text = json.dumps({"words": self.lexicon.dump(), "titles": self.series.dump()}, ensure_ascii=False)
        body = text.encode()
        return zlib.compress(len(body).to_bytes(8) + body + self.furniture.dump(), level=1)

    def load(self, data: bytes) -> None:
        """Take in what `dump` wrote."""
        plain = zlib.decompress(data)
        end = 8 + int.from_bytes(plain[:8])
        said = json.loads(plain[8:end])
        self.lexicon.load(said["words"])
        self.series.load(said["titles"])
        self.furniture.load(plain[end:])
