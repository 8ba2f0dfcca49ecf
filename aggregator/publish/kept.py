"""What was rendered of an item is kept while the item lives: most are the same ones at the next publish.

An item is known by itself, not by what it says: to compare all that it says costs as much as to render it.
Whoever arranges items hands in the same ones again where nothing changed, and lets go of the others.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from weakref import ref

from aggregator.model import Item

MOST_KEPT = 5000  # items, of each kind of rendering

P = ParamSpec("P")
T = TypeVar("T")


def kept(make: Callable[Concatenate[Item, P], T]) -> Callable[Concatenate[Item, P], T]:
    """Let a pure function of an item and other frozen things, given in their order, answer from memory."""
    # Each with what else it was made of, so that this lives, and no other comes to have its number.
    memory: dict[int, tuple[ref[Item], dict[tuple[Any, ...], tuple[T, Any]]]] = {}

    @wraps(make)
    def answer(item: Item, /, *args: P.args, **kwargs: P.kwargs) -> T:
        number = id(item)
        key = tuple(thing if isinstance(thing, str) else id(thing) for thing in args)
        if number not in memory and len(memory) < MOST_KEPT:
            memory[number] = ref(item, lambda _: memory.pop(number)), {}
        _, made = memory.get(number, (None, {}))
        if key not in made:
            made[key] = make(item, *args, **kwargs), args
        return made[key][0]

    return answer
