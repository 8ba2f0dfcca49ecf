"""What `stories` asks for: texts turned into vectors, and vectors found again."""

from functools import cache
from pathlib import Path

from aggregator.embed.encoder import Encoder
from aggregator.embed.nearest import Nearest


class Vectors(Nearest):
    """An encoder, loaded once, and the vectors of one desk."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self._encoder = _encoder(folder)

    def embed(self, text: str) -> bytes:
        return self._encoder.embed(text)


@cache
def _encoder(folder: str) -> Encoder:
    return Encoder(Path(folder))
