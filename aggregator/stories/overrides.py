"""What the operator says about stories, against or beyond what the desk would decide.

    never   an entry stands alone: it joins no story and none joins it
    split   entries are a story of their own, whatever else they are like
    merge   entries are one story
    pin     a story stays published and gathers coverage, however old

An override speaks of entries: by id (a story's id is that of its first entry), by source, by title.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from aggregator.model import Brief
from aggregator.settings import Override


class Overrides:
    """The overrides of a configuration, in their order: the first that speaks of an entry counts."""

    def __init__(self, overrides: Sequence[Override] = ()) -> None:
        self._overrides = tuple(overrides)

    def of(self, brief: Brief) -> tuple[int, Override] | None:
        """Return the first override about an entry that is no pin, with its number from 1."""
        for number, override in enumerate(self._overrides, start=1):
            if override.action != "pin" and speaks_of(override, brief):
                return number, override
        return None

    @property
    def uniting(self) -> frozenset[int]:
        """The numbers of the overrides that put entries together."""
        rules = enumerate(self._overrides, start=1)
        return frozenset(number for number, rule in rules if rule.action in ("merge", "split"))

    def is_pinned(self, brief: Brief) -> bool:
        return any(o.action == "pin" and speaks_of(o, brief) for o in self._overrides)


def widened(overrides: Iterable[Override], members: Callable[[str], Sequence[str]]) -> tuple[Override, ...]:
    """Have each `merge` that names stories speak of all their entries.

    Args:
        members: the entries of a story as it stands; none where an id is not that of a story.
    """
    return tuple(
        replace(o, ids=tuple(dict.fromkeys(entry for given in o.ids for entry in (given, *members(given)))))
        if o.action == "merge"
        else o
        for o in overrides
    )


def speaks_of(override: Override, brief: Brief) -> bool:
    """Say whether an override is about an entry: all that it names must fit."""
    if override.ids and brief.entry_id not in override.ids:
        return False
    if override.source and brief.source_id != override.source:
        return False
    return not override.title or fnmatchcase(brief.title.casefold(), override.title.casefold())
