"""Decide what is news about a source: that it fails, moved, fell silent, or is well again.

Debounced: one failure is none, and a source in trouble is told of once, until it is well.
"""

from datetime import datetime, timedelta

from aggregator.model import SourceEvent, SourceState

FAILURES = 3  # in a row, before anyone is told
SILENCE = timedelta(days=30)  # without a new entry
FEWEST_ENTRIES = 3  # of a source that can be missed


def news_of(
    state: SourceState, before: SourceEvent | None, *, latest: datetime | None, at: datetime
) -> SourceEvent | None:
    """Return what is to be told of a source, if anything.

    Args:
        before: what was told last.
        latest: when its newest entry came in.
    """
    kind, detail = _condition(state, latest, at)
    told = before.kind if before else "well"
    if kind == "moved":
        is_news = (told, before.detail if before else "") != (kind, detail)
    elif kind == "well":
        is_news = told in ("fails", "silent")
    else:
        is_news = told != kind
    return SourceEvent(source_id=state.id, kind=kind, detail=detail, at=at) if is_news else None


def _condition(state: SourceState, latest: datetime | None, at: datetime) -> tuple[str, str]:
    if state.failures >= FAILURES and state.troubles:
        return "fails", str(state.troubles[0].cause)
    if state.moved_to:
        return "moved", state.moved_to
    if latest and state.entries >= FEWEST_ENTRIES and at - latest >= SILENCE and state.kind == "http":
        return "silent", latest.date().isoformat()
    return "well", ""
