"""What was rendered of an item is kept for the next publish: most items are as they were.

An item is known by itself, not by what it says: to compare all that it says costs as much as to render it.
Whoever arranges items hands in the same ones again where nothing changed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

MOST_KEPT = 5000  # things, of each kind

P = ParamSpec("P")
T = TypeVar("T")

_MEMORIES: list["_Memory"] = []
_SPARING: list[None] = []  # while it holds anything, nothing new is kept


class _Memory:
    """What was made in this publish, and in the one before; with it what it was made of, so that it lives."""

    def __init__(self) -> None:
        self.now: dict[Any, tuple[Any, Any]] = {}
        self.before: dict[Any, tuple[Any, Any]] = {}


def kept(make: Callable[P, T]) -> Callable[P, T]:
    """Let a pure function of frozen things, given in their order, answer the same ones from memory."""
    memory = _Memory()
    _MEMORIES.append(memory)

    @wraps(make)
    def answer(*args: P.args, **kwargs: P.kwargs) -> T:
        key = tuple(thing if isinstance(thing, str) else id(thing) for thing in args)
        found = memory.now.get(key) or memory.before.get(key)
        if found is None:
            found = make(*args, **kwargs), args
        if len(memory.now) < MOST_KEPT and not _SPARING:
            memory.now[key] = found
        result: T = found[0]
        return result

    return answer


@contextmanager
def sparing() -> Iterator[None]:
    """Keep nothing of what is rendered meanwhile: it is not asked for again at the next publish."""
    _SPARING.append(None)
    try:
        yield
    finally:
        _SPARING.pop()


def turn_over() -> None:
    """Let go of what neither this publish nor the one before has used; the next publish begins."""
    for memory in _MEMORIES:
        memory.now, memory.before = {}, memory.now
