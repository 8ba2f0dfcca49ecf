"""What the operator looks for in text: words as people write them, or `/expressions/` that take linear time.

Words are whole, side by side, in every script, and alike in any case; a star at the end leaves it open. RE2
reads the expressions, in any case as well: no text can make one slow, so there is no look-around and there
are no back-references.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

from aggregator.text import casefolded, fold, is_unspaced

MOST_MEMORY = 1 << 20  # bytes for one expression; where they do not do, it is slower, and as right

_OPTIONS = re2.Options()
_OPTIONS.case_sensitive = False
_OPTIONS.log_errors = False  # they go to stderr
_OPTIONS.max_mem = MOST_MEMORY


@dataclass(frozen=True, slots=True)
class Pattern:
    """Words, folded, with the spaces between which they stand; or an expression."""

    needle: str
    words: tuple[str, ...] = ()
    expression: Any = None


class Reading:
    """Texts in which patterns are looked up; they are cut into words only where those of a pattern stand."""

    __slots__ = ("_bytes", "_flat", "_folded", "_texts", "_values")

    def __init__(self, values: Iterable[str], *, spelt: Iterable[str] | None = None) -> None:
        """Take texts as they are, for expressions, and as they are spelt for words, if otherwise."""
        self._values = tuple(values)
        self._texts = self._values if spelt is None else tuple(spelt)
        self._flat = " | ".join(map(casefolded, self._texts))
        self._folded, self._bytes = "", tuple[bytes, ...]()

    def has(self, pattern: Pattern, *, is_first: bool = False) -> bool:
        """Say whether a pattern fits one of the texts.

        Args:
            is_first: words must be the first ones.
        """
        if pattern.expression is not None:
            self._bytes = self._bytes or tuple(value.encode() for value in self._values)  # once, for all
            return any(map(pattern.expression.search, self._bytes))
        for word in pattern.words:
            if word not in self._flat:
                return False
        if not self._folded:
            self._folded = f" {' | '.join(map(fold, self._texts))} "  # none runs on into the next
        return self._folded.startswith(pattern.needle) if is_first else pattern.needle in self._folded


@lru_cache(maxsize=4096)
def pattern_of(text: str) -> Pattern:
    """Read a pattern.

    Raises: ValueError when it holds no word, or is no expression that RE2 reads.
    """
    if is_expression(text):
        return Pattern("", expression=expression_of(text))
    found = fold(text)
    if not found:
        raise ValueError("expected a word, or an expression such as /adverti[sz]e/")
    if len(found) == 1 and is_unspaced(found):  # it stands in a pair, at either end
        needle = found
    else:
        needle = f" {found}" if text.rstrip().endswith("*") else f" {found} "
    return Pattern(needle, words=tuple(found.split()))


def is_expression(text: str) -> bool:
    return len(text) > 2 and text.startswith("/") and text.endswith("/")


@lru_cache(maxsize=4096)
def expression_of(text: str) -> Any:
    """Read an expression between two slashes.

    Raises: ValueError when RE2 does not read it.
    """
    try:
        return re2.compile(text[1:-1], _OPTIONS)
    except re2.error as error:
        why = error.args[0].decode("utf-8", "replace") if error.args else "it cannot be read"
        raise ValueError(f"no expression of RE2 (linear time, no look-around): {why}") from error


def without(text: str, piece: str) -> str:
    """Take a piece off a text wherever it stands: as it is written, or what an expression finds."""
    if is_expression(piece):
        return str(expression_of(piece).sub("", text))
    return text.replace(piece, "")
