"""Arrange a story for its readers: who leads it, what came later, what came before, who copies it.

Copies of one text count once in a list. A list has one line per outlet first, further ones only where there
is room, and is ordered newest first.
"""

from collections.abc import Iterable

from aggregator.model import Coverage, Item, StoryRecord, Telling


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


def arrange(record: StoryRecord, *, limit: int) -> Item:
    """Make the published form of a story, with at most `limit` later and half as many earlier tellings."""
    lead = next((t for t in record.members if t.entry_id == record.lead.id), None)
    own = _group(lead) if lead else record.lead.id
    copies = [t for t in record.members if _group(t) == own and t.entry_id != record.lead.id]
    events = event_tellings(record)
    seen = {_group(t) for t in record.members}
    subjects = _once(t for t in record.related if _group(t) not in seen)
    tellings = [(t, "event") for t in events] + [(t, "subject") for t in subjects]
    later = [(t, relation) for t, relation in tellings if t.date > record.date]
    before = [(t, relation) for t, relation in tellings if t.date <= record.date]
    return Item(
        guid=record.guid,
        story_id=record.id,
        entry=record.lead,
        source=record.source,
        outlet=lead.outlet if lead else record.source.title,
        date=record.date,
        updated=record.updated,
        attribution_url=record.attribution_url,
        also_in=tuple(line_of(t, "copy") for t in sorted(copies, key=_newest_first)),
        more_recent=_pick(later, limit),
        earlier=_pick(before, limit // 2),
        outlets=len({t.outlet for t in record.members}) or 1,
        tags=record.tags,
        is_full_text=record.is_full_text,
    )


def event_tellings(record: StoryRecord) -> list[Telling]:
    """Return what others tell of the event in their own words, each text once: the oldest first."""
    lead = next((t for t in record.members if t.entry_id == record.lead.id), None)
    own = _group(lead) if lead else record.lead.id
    return _once(t for t in record.members if _group(t) != own)


def _group(telling: Telling) -> str:
    return telling.copy_of or telling.entry_id


def _once(tellings: Iterable[Telling]) -> list[Telling]:
    """Keep one telling of each text, its leader before others, and only what can be followed."""
    kept: dict[str, Telling] = {}
    for telling in sorted(tellings, key=lambda t: (bool(t.copy_of), t.date, t.entry_id)):
        if telling.url:
            kept.setdefault(_group(telling), telling)
    return list(kept.values())


def _pick(tellings: list[tuple[Telling, str]], limit: int) -> tuple[Coverage, ...]:
    """Choose the nearest, same event before same subject, one of each outlet first; then newest first."""
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
