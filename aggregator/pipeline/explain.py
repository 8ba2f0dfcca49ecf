"""Say why two stored entries are together or apart: what was decided then, and how alike they are."""

import re

from aggregator.errors import AggregatorError
from aggregator.model import Explained, Explanation
from aggregator.pipeline.regroup import LEARNED, as_it_stands, background, space_for
from aggregator.settings import Settings
from aggregator.store import Store
from aggregator.stories import Learned, remedies
from aggregator.stories import explain as explain_pair

_STORY_PAGE = re.compile(r"https?://.*/story/([^/]+)/")


def explain(store: Store, settings: Settings, one: str, two: str = "") -> Explanation:
    """Explain two entries; or one, and the nearest when it came.

    Args:
        one, two: ids or how they begin, addresses, titles, or addresses of story pages.
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
    pair = ((late.brief, late.placed), (early.brief, early.placed))
    rungs = explain_pair(*pair, learned, stories, space=space_for(stories))
    one_story, other_story = first.placed.story_id, second.placed.story_id
    return Explanation(
        one=first,
        two=second,
        rungs=rungs,
        remedies=remedies(rungs, late.brief.entry_id, one_story, other_story),
        mergers=store.stories.mergers(one_story) if one_story == other_story else (),
        relations=store.stories.relations(one_story, other_story),
    )


def _entry(store: Store, text: str) -> Explained:
    page = _STORY_PAGE.match(text)  # the id of a story is that of its first entry
    ids = store.entries.find(page[1] if page else text)
    if not ids:
        raise AggregatorError(f"no stored entry has the id, address or title {text!r}")
    if len(ids) > 1:
        raise AggregatorError(f"{text!r} names several entries: {', '.join(ids)}; give one of these ids")
    found, decision = store.entries.brief(ids[0]), store.stories.decision(ids[0])
    if found is None or decision is None:
        raise AggregatorError(f"the entry {ids[0]} has not been placed yet; `aggregator run --once` does it")
    brief, placed = found
    return Explained(brief=brief, placed=placed, decision=decision)
