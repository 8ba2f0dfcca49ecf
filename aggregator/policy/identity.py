"""Know an entry again in its source: what arrived, what changed, and what is the same under another name.

Keys are tried strongest first. An id, or the text of a local article, is proof. An address, a headline with
its moment, or a file name is evidence: it counts only where the stored entry is not in the document under its
own id as well (then there are two), and where headline, moment or text went on (`/today` is not one entry
for ever).
Two entries never become one stored entry in one reading.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from aggregator.model import Arrival, Change, Entry, Harvest, Stamp
from aggregator.text import fold, words

SHARE_THAT_MATTERS = 0.2  # of an entry's words: fewer changed are a correction, no news
SHARE_THAT_GOES_ON = 0.3  # of its words: fewer kept under another id and headline, and it is another entry

_PROOF = ("id:", "text:", "all:")


def compare(
    harvest: Harvest, stamps: Iterable[Stamp], *, now: datetime
) -> tuple[tuple[Arrival, ...], tuple[Change, ...]]:
    """Tell the arrivals among a harvest's entries from the changes, in the order of the documents."""
    by_key = {key: stamp for stamp in stamps for key in stamp.keys}
    taken: set[str] = set()  # ids of stored entries that were found again
    arrivals: dict[str, Arrival] = {}
    changes = []
    for entry in harvest.entries:
        stamp = _find(entry, by_key, taken, harvest.present)
        if stamp:
            taken.add(stamp.entry_id)
            if entry.digest != stamp.digest or not set(entry.keys) <= set(stamp.keys):
                changes.append(change(entry, stamp, now=now))
        elif entry.keys[0] not in by_key:  # else: a second file with the text of one found already
            arrivals.setdefault(entry.id, arrival(entry, now=now))
    return tuple(arrivals.values()), tuple(changes)


def _find(
    entry: Entry, by_key: Mapping[str, Stamp], taken: set[str], present: Mapping[str, str]
) -> Stamp | None:
    for key in entry.keys:
        stamp = by_key.get(key)
        if stamp is None or stamp.entry_id in taken:
            continue
        if key.startswith(_PROOF):
            return stamp
        proofs = [proof for proof in stamp.keys if proof.startswith(_PROOF)]
        if any(proof in present for proof in proofs):
            continue
        if not proofs or _goes_on(entry, stamp):
            return stamp
    return None


def _goes_on(entry: Entry, stamp: Stamp) -> bool:
    if fold(entry.title) == fold(stamp.title):
        return True
    is_same_moment = entry.published is not None and entry.published == stamp.published
    return is_same_moment or kept_share(stamp.text, entry.text) >= SHARE_THAT_GOES_ON


def arrival(entry: Entry, *, now: datetime) -> Arrival:
    """Date an entry: as its source says, unless that is in the future or nothing; then by its first sight."""
    date = next((moment for moment in (entry.published, entry.updated) if moment and moment <= now), now)
    updated = entry.updated if entry.updated and date <= entry.updated <= now else date
    return Arrival(entry=entry, date=date, updated=updated)


def change(entry: Entry, stamp: Stamp, *, now: datetime) -> Change:
    """Say whether a reader would notice a change, and if so since when."""
    is_noticeable = (
        fold(entry.title) != fold(stamp.title) or 1 - kept_share(stamp.text, entry.text) >= SHARE_THAT_MATTERS
    )
    claimed = entry.updated if entry.updated and entry.updated <= now else now
    return Change(entry=replace(entry, id=stamp.entry_id), updated=claimed if is_noticeable else None)


def kept_share(old: str, new: str) -> float:
    """Return the share of words, counted with repetition, that two texts have in common: 0 to 1."""
    a, b = Counter(words(old)), Counter(words(new))
    longer = max(a.total(), b.total())
    return (a & b).total() / longer if longer else 1.0
