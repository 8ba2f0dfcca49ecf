"""Say why an output carries an entry, or does not: the first reason of a table that holds.

A further reason is a row here, and a fact in `Facts`.
"""

from collections.abc import Callable, Sequence

from aggregator.model import Facts, Presence

_Words = Callable[[Facts], str]
_Test = Callable[[Facts], bool]

_MISSED = {
    "story": "it is of another story",
    "tags": "none of its sources has one of these tags",
    "sources": "none of these sources tells of it",
    "search": "the words do not stand in a title or summary of it",
    "together": "no single entry of it meets all that is asked",
}
_ROLES = {
    "lead": "it leads its item",
    "more recent": "under More recent coverage",
    "earlier": "under Earlier coverage",
    "copy": "as a copy of the lead, under Also in",
    "": "with its story, on whose page it stands",
}

# Why it is not there, the first that holds: a word for programs, when, and what people are told.
_ABSENT: Sequence[tuple[str, _Test, _Words]] = (
    ("deleted", lambda f: f.is_deleted, lambda _: "its source deleted it"),
    ("taken down", lambda f: f.is_withdrawn, lambda _: "it was taken down"),
    ("leaving", lambda f: f.is_leaving, lambda _: "a takedown names it; it goes with the next publish"),
    ("held back", lambda f: bool(f.held_by), lambda f: f"a rule holds it back: {f.held_by}"),
    (
        "source removed",
        lambda f: not f.is_configured,
        lambda _: "its source is in the configuration no more; `aggregator add` brings it back",
    ),
    (
        "not placed",
        lambda f: not f.is_placed,
        lambda _: "it is in no story yet; the daemon places it in a moment, or `aggregator run --once`",
    ),
    ("not selected", lambda f: bool(f.misses), lambda f: "; ".join(_MISSED[miss] for miss in f.misses)),
    ("not hot", lambda f: f.outlets < f.least, lambda f: f"{f.outlets} of {f.least} outlets tell of it"),
    ("copied", lambda f: bool(f.original), lambda f: f"it is a copy; {f.original} stands for it"),
    (
        "archived",
        lambda f: not f.position and f.page > 0,
        lambda f: f"too old: on page {f.page} of the archive",
    ),
    (
        "beyond limit",
        lambda f: not f.position,
        lambda f: f"older than the newest {f.total}, and that is `limit`",
    ),
    ("not published yet", lambda f: f.since is None, lambda _: "it goes out with the next publish"),
)


def presence(facts: Facts, *, output: str, address: str, archive: str = "") -> Presence:
    """Judge one output.

    Args:
        archive: the address of the page of the archive that holds the item.
    """
    found = next(((reason, words(facts)) for reason, holds, words in _ABSENT if holds(facts)), None)
    is_in = found is None
    reason, words = found or (facts.role or "story", _carried(facts))
    return Presence(
        output=output,
        address=address,
        is_in=is_in,
        reason=reason,
        words=words,
        position=facts.position if is_in else 0,
        total=facts.total,
        since=facts.since,
        archive=archive if reason == "archived" else "",
    )


def _carried(facts: Facts) -> str:
    since = f", out since {facts.since:%d %b %Y %H:%M} UTC" if facts.since else ""
    return f"item {facts.position} of {facts.total}{since}: {_ROLES[facts.role]}"
