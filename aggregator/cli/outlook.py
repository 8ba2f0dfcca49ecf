"""What a feed would be as a source, in words."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from aggregator.cli.tables import span as spell
from aggregator.model import Landing, Outlook, Rights

MOST_SHOWN = 5  # entries, and stories


def outlook_lines(outlook: Outlook, url: str, *, now: datetime) -> list[str]:
    """Say what a source would be."""
    shown = outlook.arrivals[:MOST_SHOWN]
    count = len(outlook.arrivals)
    lines = [outlook.title, f"  {url}", f"  {count} entries{', the newest:' if count else ', so far'}"]
    lines += [f"    {arrival.date:%Y-%m-%d %H:%M}  {arrival.entry.title}" for arrival in shown]
    lines.append(f"  Asked again in {_spell(outlook.next_due - now)} ({outlook.because}).")
    return [*lines, *_rights(outlook.rights), *_landings(outlook.landings)]


def plain_outlook(outlook: Outlook) -> dict[str, Any]:
    """Return the same for machines: every entry, and where the story of each would land."""
    landings = {landing.arrival.entry.id: landing for landing in outlook.landings}

    def landing_of(entry_id: str) -> dict[str, Any]:
        landing = landings.get(entry_id)
        near = landing.near if landing else None
        return {"landing": landing.kind if landing else "", "near": near.entry_id if near else ""}

    return {
        "title": outlook.title,
        "next_due": outlook.next_due,
        "because": outlook.because,
        "rights": outlook.rights,
        "entries": [
            {"title": arrival.entry.title, "url": arrival.entry.url, "date": arrival.date}
            | landing_of(arrival.entry.id)
            for arrival in outlook.arrivals
        ],
    }


def _spell(span: timedelta) -> str:
    return spell(span.total_seconds() + 1)  # to the nearest, of what a moment was taken off


def _rights(rights: Rights) -> list[str]:
    said = [*rights.statements, *rights.licenses]
    if not said and not rights.is_reserved:
        return ["  It says nothing about publishing it again."]
    lines = [f"  Rights: {statement}" for statement in said]
    if rights.is_reserved:
        lines.append("  It reserves rights: excerpts and links are published, unless `full_text: true`.")
    return lines


def _landings(landings: Sequence[Landing]) -> list[str]:
    if not landings:
        return []
    counts = {
        kind: sum(landing.kind == kind for landing in landings) for kind in ("copies", "joins", "alone")
    }
    lines = [
        f"  Its stories: {counts['copies']} copy what is here, {counts['joins']} join a story,"
        f" {counts['alone']} are new."
    ]
    told = [landing for landing in landings if landing.near][:MOST_SHOWN]
    for landing in told:
        assert landing.near  # noqa: S101 -- chosen by it
        lines.append(f"    {landing.arrival.entry.title}")
        lines.append(f"      {landing.kind}: {landing.near.title} ({landing.near.outlet})")
    return lines
