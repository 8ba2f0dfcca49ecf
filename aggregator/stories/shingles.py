"""Texts as numbers: runs of words that are the same on every machine and can lie on disk.

Source: Broder 1997, "On the resemblance and containment of documents" (shingles, and the smallest of them as
a sketch).
"""

from array import array
from collections.abc import Collection, Sequence
from functools import lru_cache
from struct import Struct
from zlib import crc32

SHINGLE = 3  # words
SKETCH = 16  # numbers
_LANE = 128  # bits: room for a 32-bit number and for what it is multiplied with


def hashes(words: Sequence[str]) -> list[int]:
    """Return a 32-bit number for each word."""
    return [crc32(word.encode()) for word in words]


def shingles(words: Sequence[int]) -> list[int]:
    """Return a 32-bit number for each run of three words; of a shorter text, one for all of it."""
    if len(words) < SHINGLE:
        words = [*words, *[0] * (SHINGLE - len(words))]
    one = _side_by_side(words)
    two, three = one >> _LANE, one >> 2 * _LANE
    mixed = (one * 0x9E3779B1 ^ two * 0x85EBCA6B ^ three * 0xC2B2AE35) * 0x27D4EB2F >> 7
    return _one_by_one(mixed, len(words) - SHINGLE + 1)


def runs(threes: Sequence[int]) -> list[int]:
    """Return a 32-bit number for each run of four words, made from its two shingles."""
    one = _side_by_side(threes)
    return _one_by_one(one * 31 + (one >> _LANE), max(0, len(threes) - 1))


def sketch(threes: Collection[int], *, size: int = SKETCH) -> "array[int]":
    """Return the smallest of a text's shingles: texts that share words share some of them."""
    return array("I", sorted(set(threes))[:size])


def _side_by_side(numbers: Sequence[int]) -> int:
    """Put 32-bit numbers into one integer, the first lowest: what is done to it is done to all of them.

    Of sixty words the shingles are made in 8 µs so, and in 22 one by one.
    """
    return int.from_bytes(_lanes(len(numbers)).pack(*numbers), "little")


def _one_by_one(numbers: int, count: int) -> list[int]:
    """Return the low 32 bits of the first lanes; those above are what lay beside the last number."""
    return list(_lanes(count).unpack_from(numbers.to_bytes((count + SHINGLE) * _LANE // 8, "little")))


@lru_cache(maxsize=1024)
def _lanes(count: int) -> Struct:
    return Struct(f"<{'I12x' * count}")
