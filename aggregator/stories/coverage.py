"""Arrange a story for its readers: who leads it, what came later, what came before, who copies it.

Copies of one text count once in a list. A list has one line per outlet first, further ones only where there
is room, and is ordered newest first.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from aggregator.model import Coverage, Item, StoryRecord, Telling
from aggregator.urls import canonical


def choose_lead(members: Iterable[Telling]) -> str:
    """Return the id of the entry to lead a story.

    A local article leads; then the source with the highest priority; then an outlet's own telling before one
    that is passed on; then whole text before an excerpt; then who told it first.
    """
    ranked = sorted(
        members,
        key=lambda t: (not t.is_article, -t.priority, t.is_relayed, not t.has_full_text, t.date, t.entry_id),
    )
    return ranked[0].entry_id


def arrange(record: StoryRecord, *, limit: int, is_whole: bool = False) -> Item:
    """Make the published form of a story, with at most `limit` later and half as many earlier tellings.

    Args:
        is_whole: as its own page tells it: every telling of the event, and who copies each.
    """
    lead = next((t for t in record.members if t.entry_id == record.lead.id), None)
    own = _group(lead) if lead else record.lead.id
    copies = [t for t in record.members if _group(t) == own and t.entry_id != record.lead.id]
    if not is_whole:
        copies.sort(key=_newest_first, reverse=True)
        copies = list(_elsewhere(copies, {canonical(record.lead.url)}))
    later, before = _sides(record, is_whole=is_whole)
    item = Item(
        guid=record.guid,
        story_id=record.id,
        entry=record.lead,
        source=record.source,
        outlet=lead.outlet if lead else record.source.title,
        date=record.date,
        updated=record.updated,
        attribution_url=record.attribution_url,
        also_in=tuple(line_of(t, "copy") for t in sorted(copies, key=_newest_first)),
        more_recent=_pick(later, limit, is_whole=is_whole),
        earlier=_pick(before, limit // 2, is_whole=is_whole),
        outlets=len({t.outlet for t in record.members}) or 1,
        tags=record.tags,
        is_full_text=record.is_full_text,
        has_page=record.has_page,
    )
    return _with_copies(item, record.members) if is_whole else item


def _sides(
    record: StoryRecord, *, is_whole: bool
) -> tuple[list[tuple[Telling, str]], list[tuple[Telling, str]]]:
    """Return what was told later and before, each with its relation, without the text of the lead itself."""
    events = event_tellings(record, is_whole=is_whole)
    seen = {_group(t) for t in record.members}
    subjects = _once(t for t in record.related if _group(t) not in seen)
    if not is_whole:  # one page may be told of by several entries
        pages = {canonical(record.lead.url)}
        events, subjects = list(_elsewhere(events, pages)), list(_elsewhere(subjects, pages))
    tellings = [(t, "event") for t in events] + [(t, "subject") for t in subjects]
    later = [(t, relation) for t, relation in tellings if t.date > record.date]
    return later, [(t, relation) for t, relation in tellings if t.date <= record.date]


def _elsewhere(tellings: Iterable[Telling], pages: set[str]) -> Iterator[Telling]:
    """Leave out what is at a page that was seen, and remember the pages of the others."""
    for telling in tellings:
        page = canonical(telling.url)
        if not page or page not in pages:
            pages.add(page)
            yield telling


def event_tellings(record: StoryRecord, *, is_whole: bool = False) -> list[Telling]:
    """Return what others tell of the event in their own words, each text once: the oldest first.

    Args:
        is_whole: what cannot be followed as well.
    """
    lead = next((t for t in record.members if t.entry_id == record.lead.id), None)
    own = _group(lead) if lead else record.lead.id
    return _once((t for t in record.members if _group(t) != own), is_whole=is_whole)


def _group(telling: Telling) -> str:
    return telling.copy_of or telling.entry_id


def _once(tellings: Iterable[Telling], *, is_whole: bool = False) -> list[Telling]:
    """Keep one telling of each text, its leader before others, and only what can be followed, or all."""
    kept: dict[str, Telling] = {}
    for telling in sorted(tellings, key=lambda t: (bool(t.copy_of), t.date, t.entry_id)):
        if telling.url or is_whole:
            kept.setdefault(_group(telling), telling)
    return list(kept.values())


def _pick(tellings: list[tuple[Telling, str]], limit: int, *, is_whole: bool = False) -> tuple[Coverage, ...]:
    """Choose the nearest, same event before same subject, one of each outlet first; then newest first."""
    if is_whole:
        limit += sum(relation == "event" for _, relation in tellings)
    ranked = sorted(tellings, key=lambda pair: (pair[1] != "event", -pair[0].score, _newest_first(pair[0])))
    outlets: set[str] = set()
    first: list[tuple[Telling, str]] = []
    rest: list[tuple[Telling, str]] = []
    for telling, relation in ranked:
        (rest if telling.outlet in outlets else first).append((telling, relation))
        outlets.add(telling.outlet)
    chosen = (first + rest)[:limit]
    return tuple(
        line_of(t, relation) for t, relation in sorted(chosen, key=lambda pair: _newest_first(pair[0]))
    )


def _with_copies(item: Item, members: Iterable[Telling]) -> Item:
    """Say of each line who else carries its text."""
    groups: dict[str, list[Telling]] = {}
    for telling in sorted(members, key=_newest_first):
        groups.setdefault(_group(telling), []).append(telling)
    others = {
        telling.entry_id: tuple(line_of(t, "copy") for t in group if t is not telling)
        for group in groups.values()
        for telling in group
    }

    def told(lines: tuple[Coverage, ...]) -> tuple[Coverage, ...]:
        return tuple(replace(line, also_in=others.get(line.entry_id, ())) for line in lines)

    return replace(item, more_recent=told(item.more_recent), earlier=told(item.earlier))


def _newest_first(telling: Telling) -> tuple[float, str]:
    return -telling.date.timestamp(), telling.entry_id


def line_of(telling: Telling, relation: str) -> Coverage:
    """Make a line of a coverage list."""
    return Coverage(
        title=telling.title,
        url=telling.url,
        outlet=telling.outlet,
        date=telling.date,
        relation=relation,
        language=telling.language,
        entry_id=telling.entry_id,
    )
