"""A story in words: its lead, its entries and how each joined, what is near it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from aggregator.cli.verdict import RUNGS
from aggregator.model import Account, Member, Telling

MOST_RELATED = 10


def account_lines(account: Account) -> Iterator[str]:
    """Say what is known of a story."""
    item = account.item
    yield item.entry.title
    if item.entry.summary:
        yield f"  {item.entry.summary}"
    yield f"  story {item.story_id}, told by {item.outlets} outlet{'s' if item.outlets > 1 else ''}"
    yield from (f"  {name} {address}" for name, address in _addresses(account))
    yield ""
    yield f"Entries, the oldest first ({len(account.members)}):"
    outlets = {member.telling.entry_id: member.telling.outlet for member in account.members}
    for member in account.members:
        yield from _member(member, outlets, is_lead=member.telling.entry_id == item.entry.id)
    yield from _related(account.related)
    for merger in account.mergers:
        yield f"Merged with it since: {merger.gone_id} ({_because(merger.because.rung)})"
    for ruling in account.rulings:
        yield f"By your {ruling.key}: {ruling.action} {', '.join(ruling.entry_ids)}"


def _addresses(account: Account) -> tuple[tuple[str, str], ...]:
    if not account.page:
        return (("no output has carried it yet:", "it has no page"),)
    return ("page", account.page), ("feed", account.feed)


def _member(member: Member, outlets: Mapping[str, str], *, is_lead: bool) -> Iterator[str]:
    telling = member.telling
    yield f"  {spelt(telling.date)}  {telling.outlet}: {telling.title}{'  (leads)' if is_lead else ''}"
    yield f"    {_joined(member, outlets)}"
    yield f"    {telling.url or 'without an address'}  id {telling.entry_id}"


def _joined(member: Member, outlets: Mapping[str, str]) -> str:
    """Say how an entry came to be in its story."""
    decision, telling = member.decision, member.telling
    if decision is None:
        return "how it came here was not written down"
    because = decision.because
    if because.rung == "none":
        return "founded a story: nothing was near enough"
    whom = outlets.get(telling.copy_of or decision.near, "")
    verb = "copy of" if telling.copy_of else "grouped with"
    score = f"{because.score:.3f} of {because.threshold:.3f}"
    return f"{verb} {whom or decision.near or 'it'}: {_because(because.rung)}, {score}"


def _because(rung: str) -> str:
    return RUNGS.get(rung, rung)


def _related(related: Sequence[Telling]) -> Iterator[str]:
    if related:
        yield f"Related, the newest first ({len(related)}):"
    for telling in related[:MOST_RELATED]:
        yield f"  {spelt(telling.date)}  {telling.outlet}: {telling.title}  (story {telling.story_id})"
    if len(related) > MOST_RELATED:
        yield f"  and {len(related) - MOST_RELATED} more"


def spelt(moment: datetime) -> str:
    """Spell a moment for a list."""
    return f"{moment:%Y-%m-%d %H:%M}"
