"""Texts as numbers: runs of words that are the same on every machine and can lie on disk.

Source: Broder 1997, "On the resemblance and containment of documents" (shingles, and the smallest of them as
a sketch).
"""

from array import array
from collections.abc import Collection, Sequence
from itertools import pairwise
from zlib import crc32

SHINGLE = 3  # words
SKETCH = 16  # numbers
_MASK = 0xFFFFFFFF


def hashes(words: Sequence[str]) -> list[int]:
    """Return a 32-bit number for each word."""
    return [crc32(word.encode()) for word in words]


def shingles(words: Sequence[int]) -> list[int]:
    """Return a 32-bit number for each run of three words; of a shorter text, one for all of it."""
    if len(words) < SHINGLE:
        words = [*words, *[0] * (SHINGLE - len(words))]
    return [
        ((one * 0x9E3779B1 ^ two * 0x85EBCA6B ^ three * 0xC2B2AE35) * 0x27D4EB2F >> 7) & _MASK
        for one, two, three in zip(words, words[1:], words[2:], strict=False)
    ]


def runs(threes: Sequence[int]) -> list[int]:
    """Return a 32-bit number for each run of four words, made from its two shingles."""
    return [(one * 31 + two) & _MASK for one, two in pairwise(threes)]


def sketch(threes: Collection[int], *, size: int = SKETCH) -> "array[int]":
    """Return the smallest of a text's shingles: texts that share words share some of them."""
    return array("I", sorted(set(threes))[:size])
