"""Which vectors point the same way: compared with every one that is there, a matrix for each language.

50,000 vectors of 384 components take 77 MB, and 18 ms to compare with one.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

MOST_FOUND = 8


@dataclass(slots=True)
class _Rows:
    """The vectors of one language; a row that is free is zero, and like nothing."""

    matrix: npt.NDArray[np.float32]
    keys: list[int] = field(default_factory=list)
    row_of: dict[int, int] = field(default_factory=dict)
    free: list[int] = field(default_factory=list)

    def add(self, key: int, vector: npt.NDArray[np.float32]) -> None:
        if self.free:
            row = self.free.pop()
            self.keys[row] = key
        else:
            row = len(self.keys)
            self.keys.append(key)
        if row == len(self.matrix):
            self.matrix = np.concatenate([self.matrix, np.zeros_like(self.matrix)])
        self.matrix[row] = vector
        self.row_of[key] = row

    def remove(self, key: int) -> None:
        row = self.row_of.pop(key)
        self.matrix[row] = 0
        self.free.append(row)

    def near(self, vector: npt.NDArray[np.float32]) -> list[tuple[float, int]]:
        alike = self.matrix[: len(self.keys)] @ vector
        best = np.argsort(-alike, kind="stable")[:MOST_FOUND]
        return [(round(float(alike[row]), 6), self.keys[row]) for row in best if alike[row] > 0]


class Nearest:
    """Vectors by number, each of a language."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, int], _Rows] = {}

    def add(self, key: int, vector: bytes, language: str) -> None:
        """Have a vector found from now on."""
        place = (language, len(vector))
        if place not in self._rows:
            self._rows[place] = _Rows(np.zeros((256, len(vector)), dtype=np.float32))
        self._rows[place].add(key, _unpacked(vector))

    def remove(self, key: int, vector: bytes, language: str) -> None:
        self._rows[language, len(vector)].remove(key)

    def near(self, vector: bytes, *, language: str) -> list[tuple[float, int]]:
        """Return the nearest in other languages, the likest first: cosine, number.

        Vectors of another width are of another model, and are not compared.
        """
        found = [
            pair
            for (other, width), rows in self._rows.items()
            if other != language and width == len(vector)
            for pair in rows.near(_unpacked(vector))
        ]
        return sorted(found, key=lambda pair: (-pair[0], pair[1]))[:MOST_FOUND]


def _unpacked(vector: bytes) -> npt.NDArray[np.float32]:
    found = np.frombuffer(vector, dtype=np.int8).astype(np.float32)
    length: npt.NDArray[np.float32] = found / np.float32(np.linalg.norm(found))
    return length
