"""How sources and the daemon are: what is worth a remark, and what machines are told."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from aggregator import pipeline
from aggregator.instance import holder_of
from aggregator.model import PageTally, SourceState
from aggregator.policy.rights import rights_of
from aggregator.settings import Settings
from aggregator.vitals import VITALS

MOST_REASONS = 3  # why pages were refused

_LONG = ("known", "body_digest")


def remarks(
    states: Iterable[SourceState], silent: Mapping[str, str], outgrown: Mapping[str, int]
) -> Iterator[str]:
    """Yield what is no trouble and worth a look."""
    if silent:
        told = ", ".join(f"{name} (since {since})" for name, since in silent.items())
        yield f"Silent: {told}."
    if reserving := [state.id for state in states if rights_of(state.feed, ()).is_reserved]:
        yield f"Rights reserved, by the word of the feed: {', '.join(reserving)}."
    for name, size in outgrown.items():
        yield f"{name} has {size:,} bytes, a burden to readers; a smaller `limit` makes it lighter."


def plain_state(state: SourceState) -> dict[str, Any]:
    """Return what machines are told of a source."""
    return {part.name: getattr(state, part.name) for part in fields(state) if part.name not in _LONG}


def daemon_of(settings: Settings) -> dict[str, Any]:
    """Return who is at work, and how it was within the last minute, by its own account."""
    said = ""
    if pipeline.has_store(settings):
        with pipeline.open_to_read(settings) as store:
            said = store.recall(VITALS)
    return {"process": int(holder_of(Path(settings.data)) or 0) or None} | (json.loads(said) if said else {})


def outgrown_of(settings: Settings) -> dict[str, int]:
    """Return the feeds that are larger than is good for those who read them, with their bytes."""
    if not pipeline.has_store(settings):
        return {}
    with pipeline.open_to_read(settings) as store:
        return pipeline.outgrown(store)


def pages_of(settings: Settings) -> tuple[PageTally, ...]:
    """Return what became of the pages of each source that wants them."""
    wanting = {source.id for source in settings.sources if source.fetch_pages}
    if not wanting or not pipeline.has_store(settings):
        return ()
    with pipeline.open_to_read(settings) as store:
        return tuple(tally for tally in store.texts.tally() if tally.source_id in wanting)


def told_of_pages(tally: PageTally) -> str:
    """Say what became of the pages of a source."""
    refused = sum(number for _, number in tally.refused)
    why = "; ".join(f"{number} {trouble}" for trouble, number in tally.refused[:MOST_REASONS])
    told = f"Pages of {tally.source_id}: {tally.brought} brought, {tally.waiting} waiting, {refused} refused"
    return f"{told} ({why})." if refused else f"{told}."


def silent_of(settings: Settings) -> dict[str, str]:
    """Return the sources of which it was told last that they fell silent, with the day since when."""
    if not pipeline.has_store(settings):
        return {}
    with pipeline.open_to_read(settings) as store:
        events = store.health.last()
    names = (source.id for source in settings.sources)
    return {name: events[name].detail for name in names if name in events and events[name].kind == "silent"}
