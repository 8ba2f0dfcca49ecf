"""Why entries are together or apart, and why one is published where it is, in words."""

from aggregator.model import Decision, Evidence, Explained, Explanation, Presence, Relation, Whereabouts

RUNGS = {
    "rule": "your override",
    "url": "same address",
    "text": "same text",
    "title": "same title, short text",
    "event": "same event",
    "meaning": "same in two languages",
    "merge": "two stories that were one",
    "none": "nothing near enough",
}


def verdict_lines(found: Explanation) -> list[str]:
    """Say why two entries are together or apart."""
    lines = _about("A", found.one)
    if found.two is None:
        was_near = found.one.decision.near
        alone = "Nothing else was near it when it came: it founded its story."
        return [*lines, "", "What it was compared with is gone." if was_near else alone]
    lines += _about("B", found.two)
    lines += ["", _verdict(found.one, found.two), *map(_relation, found.relations)]
    lines += ["", "Each rung, the two by themselves:"]
    lines += [f"  {_rung(rung)}" for rung in found.rungs]
    event = next(rung for rung in found.rungs if rung.rung == "event")
    if event.shared:
        lines += ["", f"Words they share, with what each adds: {_words(event)}"]
    lines += [
        f"Merged with it since: {merger.gone_id} ({merger.because.score:.3f})" for merger in found.mergers
    ]
    return [*lines, "", *(f"{remedy[0].upper()}{remedy[1:]}" for remedy in found.remedies)]


def _about(name: str, entry: Explained) -> list[str]:
    brief, placed = entry.brief, entry.placed
    return [
        f"{name}: {brief.title}",
        f"   {brief.outlet}, {brief.date:%d %b %Y %H:%M}, id {brief.entry_id}, story {placed.story_id}",
        f"   placed: {_decided(entry.decision)}",
    ]


def _decided(decision: Decision) -> str:
    because = decision.because
    if because.rung == "none" and not decision.near:
        return "founded a story; nothing was like it"
    near = f", nearest {decision.near}" if decision.near else ""
    parts = " ".join(f"{name} {value:+.3f}" for name, value in because.parts)
    made_of = f" = {parts}" if parts else ""
    sign = "of" if because.score >= because.threshold else "under"
    veto = f"; {because.veto}" if because.veto else ""
    verb = "founded a story; " if because.rung == "none" else ""
    score = f"{because.score:.3f}{made_of} {sign} {because.threshold:.3f}"
    return f"{verb}{RUNGS[because.rung]}, {score}{near}{veto}"


def _verdict(one: Explained, two: Explained) -> str:
    groups = {entry.placed.copy_of or entry.brief.entry_id for entry in (one, two)}
    if len(groups) == 1:
        return "They are copies of one text."
    if one.placed.story_id == two.placed.story_id:
        return "They are in one story, and no copies."
    return "They are in two stories."


def _relation(relation: Relation) -> str:
    kind = "of the subject of" if relation.is_subject else "a neighbor of"
    return (
        f"Story {relation.other_id} is {kind} {relation.story_id} ({relation.score:.3f}),"
        " and may stand under its coverage."
    )


def _rung(rung: Evidence) -> str:
    is_met = rung.score >= rung.threshold
    verdict = rung.veto or ("yes" if is_met else "no")
    more = ", ".join(f"{name} {value:.1f}" for name, value in rung.parts)
    score = f"{rung.score:.3f} of {rung.threshold:.3f}"
    return f"{RUNGS[rung.rung]:24}{score}  {verdict}{f' ({more})' if more else ''}"


def _words(event: Evidence) -> str:
    return ", ".join(f"{word} {weight:.3f}" for word, weight in event.shared)


def whereabouts_lines(found: Whereabouts) -> list[str]:
    """Say where an entry is published, and where not."""
    lines = ["", f"Where {found.title or found.entry_id} is published:", *map(_presence, found.presences)]
    if found.page:
        lines.append(f"  the page of its story: {found.page}")
    if found.is_shed:
        lines.append("Its text was let go when it was old (`storage.keep`); what is published stays.")
    return lines


def _presence(presence: Presence) -> str:
    where = f" {presence.archive}" if presence.archive else ""
    return f"  {presence.output}: {'yes' if presence.is_in else 'no'}, {presence.words}{where}"
