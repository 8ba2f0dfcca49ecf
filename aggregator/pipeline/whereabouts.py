"""Say where an entry is published and where not, output by output: facts are gathered here, policy judges."""

from collections.abc import Iterator
from dataclasses import replace

from aggregator.model import Facts, Presence, Shown, Whereabouts
from aggregator.pipeline.archive import FILE, FOLDER
from aggregator.pipeline.naming import entry_named
from aggregator.pipeline.publish import choose
from aggregator.policy.presence import presence
from aggregator.publish.outputs import all_outputs, folder_of, is_combined, is_of_tag, story_address
from aggregator.settings import Output, Settings
from aggregator.store import Store

_CRITERIA = ("story", "tags", "sources", "search")


def whereabouts(store: Store, settings: Settings, text: str) -> Whereabouts:
    """Say where an entry is published and where not.

    The outputs are the combined one, the configured ones, and those of the tags that its story has.

    Raises: UnknownError when no entry is named so, or several are.
    """
    entry_id = entry_named(store, text)
    entry, story_id = store.entries.get(entry_id), store.entries.story_of(entry_id)
    has_page = bool(story_id) and not store.shelf.unpublished([story_id])
    return Whereabouts(
        entry_id=entry_id,
        title=entry.title if entry else "",
        url=entry.url if entry else "",
        story_id=story_id,
        page=story_address(settings.site, story_id) if has_page else "",
        is_there=bool(story_id) and _may_show(store.entries.facts(entry_id)),
        is_shed=store.entries.is_shed(entry_id),
        presences=tuple(_presences(store, settings, entry_id, story_id)),
    )


def outputs_of(settings: Settings) -> tuple[Output, ...]:
    """Return every output there is."""
    tags = sorted({tag for source in settings.sources for tag in source.tags})
    return all_outputs(settings.outputs, tags)


def _presences(store: Store, settings: Settings, entry_id: str, story_id: str) -> Iterator[Presence]:
    known = store.entries.facts(entry_id)
    known = replace(known, is_leaving=store.takedowns.is_leaving(entry_id))
    is_there = known.is_placed and known.is_configured and _may_show(known)
    for output in outputs_of(settings):
        if is_of_tag(output) and not (is_there and store.shelf.is_carried(story_id, output)):
            continue
        facts = _facts(store, settings, output, known, entry_id, story_id) if is_there else known
        address = settings.site.url + folder_of(output)
        archive = f"{settings.site.url}{FOLDER}{facts.page}/{FILE}"
        yield presence(facts, output=output.name, address=address, archive=archive)


def _may_show(known: Facts) -> bool:
    return not (known.is_withdrawn or known.held_by)


def _facts(
    store: Store, settings: Settings, output: Output, known: Facts, entry_id: str, story_id: str
) -> Facts:
    """Gather what decides whether an output carries an entry that may be shown."""
    by_entry = output.collapse == "entries"
    keys = choose(store, settings, output)
    if by_entry:
        items = [lead for _, lead in keys]
        mine = entry_id
    else:
        items, mine = list(store.shelf.in_order([story for story, _ in keys])), story_id
    lead_id = entry_id if by_entry else store.shelf.record(story_id).lead.id
    shown = store.shown.of([lead_id]).get(lead_id)
    return replace(
        known,
        misses=_misses(store, output, mine, by_entry=by_entry),
        outlets=store.shelf.outlets(story_id),
        least=output.outlets if output.collapse == "hot" else 1,
        original=_original(store, entry_id) if by_entry and mine not in items else "",
        position=items.index(mine) + 1 if mine in items else 0,
        total=len(items),
        page=store.archive.holding(lead_id) if is_combined(output) else 0,
        since=shown.first if shown else None,
        role=_role(shown, entry_id, lead_id),
    )


def _original(store: Store, entry_id: str) -> str:
    """Return the entry that stands for a copy among entries; empty where none does."""
    placed = store.entries.brief(entry_id)
    original = placed[1].copy_of if placed else ""
    return original if original and store.shelf.is_told(original, Output()) else ""


def _misses(store: Store, output: Output, name: str, *, by_entry: bool) -> tuple[str, ...]:
    """Return what an output selects by and an entry, or every entry of a story, does not meet."""
    asked = {part: getattr(output, part) for part in _CRITERIA if getattr(output, part)}

    def meets(**parts: object) -> bool:
        wanted = replace(Output(), **parts)  # type: ignore[arg-type]
        return store.shelf.is_told(name, wanted) if by_entry else store.shelf.is_carried(name, wanted)

    missed = tuple(part for part, value in asked.items() if not meets(**{part: value}))
    return missed or (() if meets(**asked) else ("together",))


def _role(shown: Shown | None, entry_id: str, lead_id: str) -> str:
    """Return what an entry is in an item, as its feeds show it."""
    if entry_id == lead_id:
        return "lead"
    lists = (
        {"more recent": shown.more_recent, "earlier": shown.earlier, "copy": shown.also_in} if shown else {}
    )
    return next((role for role, lines in lists.items() if entry_id in {line.entry_id for line in lines}), "")
