"""How often the coverage in an entry may change once it went out.

A feed reader may show every change of an entry, so later coverage goes out in at most three versions: the
first, one more as soon as there is more to tell, and the last six hours after that or later, none after three
days. The page of the story always shows all; a local article, made to gather coverage, has no budget. While a
version is younger than what caches keep, it is still being made.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.model import Coverage, Item, Shown

MOST_VERSIONS = 3
GAP = timedelta(hours=6)  # between the second and the third
SPAN = timedelta(hours=72)  # from the first to the last

Lines = tuple[Coverage, ...]


def budgeted(
    item: Item, shown: Shown | None, *, outlets: Mapping[str, str], at: datetime, settle: timedelta
) -> tuple[Item, Shown]:
    """Return an item with the coverage that its feeds may show, and what to remember of that.

    Args:
        item: with all coverage there is.
        shown: what was remembered the last time.
        outlets: entry id → outlet, of all that may be shown; other lines go at once.
        at: the moment of the newest that is known.
        settle: how long a version is still being made.
    """
    if shown is None:
        shown = Shown(first=at, since=at)
        return item, _showing(item, shown)
    kept = replace(
        item,
        more_recent=_kept(shown.more_recent, outlets),
        earlier=_kept(shown.earlier, outlets),
        also_in=_kept(shown.also_in, outlets),
    )
    if _told(kept) == _told(item):
        return item, shown
    if at - shown.since < settle:
        return item, _showing(item, shown)
    if item.entry.is_article or _may_change(shown, at):
        return item, _showing(item, replace(shown, versions=shown.versions + 1, since=at))
    return kept, _showing(kept, shown)  # what went is forgotten


def bumped(item: Item, shown: Shown) -> Item:
    """Date the change of an item by the coverage that joined it last."""
    return replace(item, updated=max(item.updated, shown.since)) if shown.versions > 1 else item


def _may_change(shown: Shown, at: datetime) -> bool:
    is_first_addition = shown.versions == 1
    return (
        shown.versions < MOST_VERSIONS
        and at - shown.first <= SPAN
        and (is_first_addition or at - shown.since >= GAP)
    )


def _showing(item: Item, shown: Shown) -> Shown:
    return replace(shown, more_recent=item.more_recent, earlier=item.earlier, also_in=item.also_in)


def _kept(lines: Lines, outlets: Mapping[str, str]) -> Lines:
    return tuple(replace(line, outlet=outlets[line.entry_id]) for line in lines if line.entry_id in outlets)


def _told(item: Item) -> tuple[Lines, Lines, Lines]:
    return item.more_recent, item.earlier, item.also_in
