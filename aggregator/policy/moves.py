"""Where a source is: a permanent redirect is believed once it has proved itself, a temporary one never.

A hotel's portal and a mistaken server redirect permanently too, and a browser that believes them never comes
back (RFC 9110, 15.4.2). What the operator wrote stays the source's address; the new place is asked instead,
and given up when it fails again and again.
"""

from datetime import datetime, timedelta

from aggregator.model import Harvest, Move, SourceState

TIMES = 3
SPAN = timedelta(days=7)
MOST_FAILURES = 3  # of the new place in a row; then the old one is asked again


def follow(harvest: Harvest, state: SourceState, *, now: datetime) -> tuple[str, Move | None]:
    """Return where to ask from now on (empty: at its own address), and the move under way."""
    if harvest.is_failed:
        has_failed = state.moved_to and state.failures + 1 >= MOST_FAILURES
        return ("" if has_failed else state.moved_to), state.habits.move
    if not harvest.moved or not _is_believable(harvest, state):
        return state.moved_to, None
    move = state.habits.move
    if move is None or move.chain != harvest.moved:
        return state.moved_to, Move(chain=harvest.moved, since=now)
    move = Move(chain=move.chain, since=move.since, times=move.times + 1)
    if move.times >= TIMES and now - move.since >= SPAN:
        return move.chain[-1], None
    return state.moved_to, move


def _is_believable(harvest: Harvest, state: SourceState) -> bool:
    """Say whether a chain ends at the same feed, and never leaves https behind."""
    places = (state.place, *harvest.moved)
    for place, following in zip(places, harvest.moved, strict=False):
        if place.lower().startswith("https:") and not following.lower().startswith("https:"):
            return False
    return harvest.is_unchanged or _is_same_feed(harvest, state)


def _is_same_feed(harvest: Harvest, state: SourceState) -> bool:
    """Say whether the document is the one known: by its id, by an entry, or nothing is known yet."""
    if harvest.feed and harvest.feed.id and harvest.feed.id == state.feed.id:
        return True
    return not state.known or not state.known.keys().isdisjoint(harvest.present)
