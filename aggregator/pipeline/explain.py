"""Say why two stored entries are together or apart: what was decided then, and how alike they are."""

from aggregator.errors import UnknownError
from aggregator.model import Explained, Explanation
from aggregator.pipeline.naming import entry_named
from aggregator.pipeline.regroup import LEARNED, as_it_stands, background, space_for
from aggregator.settings import Settings
from aggregator.store import Store
from aggregator.stories import Learned, remedies
from aggregator.stories import explain as explain_pair


def explain(store: Store, settings: Settings, one: str, two: str = "") -> Explanation:
    """Explain two entries; or one, and the nearest when it came.

    Args:
        one, two: ids or how they begin, addresses, titles, or addresses of story pages.
    Raises: UnknownError when a text names no entry, or several.
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
    entry_id = entry_named(store, text)
    found, decision = store.entries.brief(entry_id), store.stories.decision(entry_id)
    if rule := store.held.of(entry_id):
        raise UnknownError(f"the entry {entry_id} is held back by {rule}")
    if found is None or decision is None:
        raise UnknownError(f"the entry {entry_id} is in no story: it came just now, or was taken down")
    brief, placed = found
    return Explained(brief=brief, placed=placed, decision=decision)
