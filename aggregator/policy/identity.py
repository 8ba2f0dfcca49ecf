"""Know an entry again in its source: what arrived, what changed, and what is the same under another name.

Keys are tried strongest first. An id, or the text of a local article, is proof. An address, a headline with
its moment, or a file name is evidence: it counts only where the stored entry is not in the document under its
own id as well (then there are two), and where headline, moment or text went on (`/today` is not one entry
for ever). Two entries never become one stored entry in one reading, and none is lost.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b

from aggregator.model import Arrival, Change, Entry, Harvest, Stamp
from aggregator.text import fold, words

MOST_KEPT = 0.8  # of an entry's words: more of them kept is a correction, no news
FEWEST_KEPT = 0.3  # fewer kept under another id and headline, and it is another entry

_PROOF = ("id:", "text:", "all:")


def compare(
    harvest: Harvest, stamps: Collection[Stamp], *, now: datetime
) -> tuple[tuple[Arrival, ...], tuple[Change, ...]]:
    """Tell the arrivals among a harvest's entries from the changes, in the order of the documents.

    Args:
        stamps: of all stored entries of the source that have a key or a possible id of one of them.
    """
    by_key = {key: stamp for stamp in stamps for key in stamp.keys}
    ids = {stamp.entry_id for stamp in stamps}
    taken: set[str] = set()  # ids of stored entries that were found again
    arrivals: dict[str, Arrival] = {}
    changes = []
    for entry in harvest.entries:
        stamp = _find(entry, by_key, taken, harvest.present)
        if stamp:
            taken.add(stamp.entry_id)
            if entry.digest != stamp.digest or any(key not in by_key for key in entry.keys):
                changes.append(change(entry, stamp, now=now))
        elif not _is_repeated(entry, by_key, taken):
            first, second = possible_ids(entry)
            if second not in ids:  # else it is here again, word for word
                own = entry if first not in ids else replace(entry, id=second)
                arrivals.setdefault(own.id, arrival(own, now=now))
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
        is_elsewhere = any(proof in present for proof in stamp.keys if proof.startswith(_PROOF))
        if not is_elsewhere and _goes_on(entry, stamp):
            return stamp
    return None


def _goes_on(entry: Entry, stamp: Stamp) -> bool:
    if fold(entry.title) == fold(stamp.title):
        return True
    # A local article has no moment but the day of what it builds on.
    is_same_moment = entry.published is not None and entry.published == stamp.published
    if is_same_moment and not entry.is_article:
        return True
    return kept_share(f"{stamp.title} {stamp.text}", f"{entry.title} {entry.text}") >= FEWEST_KEPT


def _is_repeated(entry: Entry, by_key: Mapping[str, Stamp], taken: set[str]) -> bool:
    """Say whether it is a second file with the text of one found already."""
    key = entry.keys[0]
    return key.startswith("text:") and key in by_key and by_key[key].entry_id in taken


def possible_ids(entry: Entry) -> tuple[str, str]:
    """Return the id of an entry if it is new, and the one instead if another had its strongest key before."""
    return entry.id, blake2b(f"{entry.id}\0{entry.digest}".encode(), digest_size=16).hexdigest()


def arrival(entry: Entry, *, now: datetime) -> Arrival:
    """Date an entry: as its source says, unless that is in the future or nothing; then by its first sight."""
    date = next((moment for moment in (entry.published, entry.updated) if moment and moment <= now), now)
    updated = entry.updated if entry.updated and date <= entry.updated <= now else date
    return Arrival(entry=entry, date=date, updated=updated)


def change(entry: Entry, stamp: Stamp, *, now: datetime) -> Change:
    """Say whether a reader would notice a change, and if so since when: never before the last one."""
    is_noticeable = fold(entry.title) != fold(stamp.title) or kept_share(stamp.text, entry.text) <= MOST_KEPT
    claimed = entry.updated if entry.updated and stamp.updated < entry.updated <= now else now
    return Change(entry=replace(entry, id=stamp.entry_id), updated=claimed if is_noticeable else None)


def kept_share(old: str, new: str) -> float:
    """Return the share of words, counted with repetition, that two texts have in common: 0 to 1."""
    a, b = Counter(words(old)), Counter(words(new))
    longer = max(a.total(), b.total())
    return (a & b).total() / longer if longer else 1.0
