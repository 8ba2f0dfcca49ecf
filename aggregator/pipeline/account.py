"""Tell all that can be said of one story: its entries, how each joined, what is near it, where it stands."""

from collections.abc import Iterator

from aggregator.errors import UnknownError
from aggregator.model import Account, Member, Ruling, Telling
from aggregator.pipeline.editions import ON_A_STORY_PAGE
from aggregator.pipeline.naming import story_named
from aggregator.publish.outputs import story_address
from aggregator.settings import Settings
from aggregator.store import Store
from aggregator.stories.coverage import arrange
from aggregator.stories.overrides import speaks_of, widened


def account_of(store: Store, settings: Settings, text: str) -> Account:
    """Give an account of a story.

    Args:
        text: an id or how it begins, the address of its page, or of an entry of it by id, address or title.
    Raises: UnknownError when nothing is named so, or several stories are.
    """
    story_id = story_named(store, text)
    if not store.stories.members(story_id):
        raise UnknownError(f"all of the story {story_id} was taken down")
    record = store.shelf.record(story_id)
    members = sorted(record.members, key=lambda telling: (telling.date, telling.entry_id))
    address = story_address(settings.site, story_id) if record.has_page else ""
    return Account(
        item=arrange(record, limit=ON_A_STORY_PAGE, is_whole=True),
        members=tuple(Member(telling=t, decision=store.stories.decision(t.entry_id)) for t in members),
        related=record.related,
        mergers=store.stories.mergers(story_id),
        rulings=tuple(_rulings(store, settings, members)),
        page=address,
        feed=f"{address}atom.xml" if address else "",
    )


def _rulings(store: Store, settings: Settings, members: list[Telling]) -> Iterator[Ruling]:
    """Yield the overrides that speak of entries of a story."""
    briefs = [found[0] for telling in members if (found := store.entries.brief(telling.entry_id))]
    overrides = widened(settings.stories.overrides, store.stories.members)
    for number, override in enumerate(overrides):
        if spoken_of := tuple(brief.entry_id for brief in briefs if speaks_of(override, brief)):
            yield Ruling(key=f"stories.overrides[{number}]", action=override.action, entry_ids=spoken_of)
