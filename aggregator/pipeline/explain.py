"""Say why two stored entries are together or apart: what was decided then, and how alike they are."""

from aggregator.errors import AggregatorError
from aggregator.model import Explained, Explanation
from aggregator.pipeline.regroup import LEARNED, as_it_stands, background
from aggregator.settings import Settings
from aggregator.store import Store
from aggregator.stories import Learned, remedies
from aggregator.stories import explain as explain_pair


def explain(store: Store, settings: Settings, one: str, two: str = "") -> Explanation:
    """Explain two entries, given by id, the beginning of one, address or title; or one and its nearest.

    Raises: AggregatorError when a text names no entry, or several.
    """
    first = _entry(store, one)
    near = (
        first.decision.near if store.entries.brief(first.decision.near) else ""
    )  # it may have been taken down
    second = _entry(store, two or near) if two or near else None
    if second is None:
        return Explanation(one=first)
    early, late = sorted((first, second), key=lambda entry: entry.placed.order)
    learned = Learned(background())
    _, data = store.stories.memory(LEARNED) or (0, b"")
    if data:
        learned.load(data)
    stories = as_it_stands(store, settings.stories)
    rungs = explain_pair((late.brief, late.placed), (early.brief, early.placed), learned, stories)
    is_one = early.placed.story_id == late.placed.story_id
    return Explanation(
        one=early,
        two=late,
        rungs=rungs,
        remedies=remedies(rungs, early.brief, late.brief, is_one=is_one),
        mergers=store.stories.mergers(late.placed.story_id) if is_one else (),
    )


def _entry(store: Store, text: str) -> Explained:
    ids = store.entries.find(text)
    if not ids:
        raise AggregatorError(f"no stored entry has the id, address or title {text!r}")
    if len(ids) > 1:
        raise AggregatorError(f"{text!r} names several entries: {', '.join(ids)}; give one of these ids")
    found, decision = store.entries.brief(ids[0]), store.stories.decision(ids[0])
    if found is None or decision is None:
        raise AggregatorError(f"the entry {ids[0]} has not been placed yet; `aggregator run --once` does it")
    brief, placed = found
    return Explained(brief=brief, placed=placed, decision=decision)
