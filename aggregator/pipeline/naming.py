"""What people mean: an entry or a story by an id, how one begins, an address, a title or a page of ours."""

import re
from collections.abc import Iterable

from aggregator.errors import UnknownError
from aggregator.store import Store
from aggregator.urls import canonical

_STORY_PAGE = re.compile(r"https?://.*/story/([^/]+)/")


def entry_named(store: Store, text: str) -> str:
    """Return the id of the one entry that is meant.

    Raises: UnknownError when none is, or several are.
    """
    ids = _named(store, text)
    if len(ids) > 1:
        raise UnknownError(f"{text!r} names several entries:\n{_listed(store, ids)}\nGive one of these ids")
    return ids[0]


def story_named(store: Store, text: str) -> str:
    """Return the id of the one story that is meant, by itself or by any entry of it.

    Raises: UnknownError when none is, or several are.
    """
    ids = _named(store, text)
    stories = {story: entry for entry in ids if (story := store.entries.story_of(entry))}
    if not stories:
        raise UnknownError(
            f"{ids[0]} is in no story yet; the daemon places it in a moment, or `aggregator run --once`"
        )
    if len(stories) > 1:
        raise UnknownError(
            f"{text!r} names several stories:\n{_listed(store, stories)}\nGive one of these ids"
        )
    return next(iter(stories))


def _named(store: Store, text: str) -> tuple[str, ...]:
    page = _STORY_PAGE.match(text)  # the id of a story is that of its first entry
    ids = store.entries.find(text) or (store.entries.find(page[1]) if page else ())
    ids = ids or store.entries.at(canonical(text))
    if ids:
        return ids
    if "://" in text and store.takedowns.keeps_out(canonical(text)):
        raise UnknownError(f"{text} was taken down, and is not taken in again (`aggregator takedown`)")
    raise UnknownError(
        f"no stored entry has the id, address or title {text!r}; `aggregator search WORDS` finds by words,"
        " `aggregator status` says whether its source was read"
    )


def _listed(store: Store, ids: Iterable[str]) -> str:
    briefs = ((name, store.entries.brief(name)) for name in ids)
    return "\n".join(f"  {name}  {found[0].title if found else ''}".rstrip() for name, found in briefs)
