"""Identity: what is known again under another id, address or name over rounds of reading, and what is not."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model import (
    Arrival,
    Attribution,
    Change,
    Document,
    Entry,
    Harvest,
    Origin,
    Parsed,
    RawEntry,
    RawText,
    Stamp,
)
from aggregator.normalize import normalize
from aggregator.policy.identity import arrival, change, compare, kept_share, possible_ids
from tests.world import BRIDGE, BRIDGE_AGAIN, CHESS, DAY, HOUR, NOW, a_harvest, an_entry

quick = settings(max_examples=40, deadline=None, derandomize=True)
few = settings(quick, max_examples=25)


class Memory:
    """What the store keeps of one source's entries, in dictionaries; it carries out and decides nothing."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.owners: dict[str, str] = {}  # key → entry id

    def stamps(self, entries: Iterable[Entry]) -> tuple[Stamp, ...]:
        entries = tuple(entries)
        found = {self.owners[key]: None for entry in entries for key in entry.keys if key in self.owners}
        found |= {name: None for entry in entries for name in possible_ids(entry) if name in self.entries}
        return tuple(self._stamp(entry_id) for entry_id in found)

    def take_in(
        self, harvest: Harvest, *, now: datetime = NOW
    ) -> tuple[tuple[Arrival, ...], tuple[Change, ...]]:
        added, changed = compare(harvest, self.stamps(harvest.entries), now=now)
        for each in added:
            assert each.entry.id not in self.entries, "an id is given twice"
            self._keep(each.entry)
        for one in changed:
            assert one.entry.id in self.entries, "a change of what is not stored"
            self._keep(one.entry)
        return added, changed

    def _keep(self, entry: Entry) -> None:
        self.entries[entry.id] = entry
        self.owners |= dict.fromkeys(entry.keys, entry.id)

    def _stamp(self, entry_id: str) -> Stamp:
        entry = self.entries[entry_id]
        keys = tuple(key for key, owner in self.owners.items() if owner == entry_id)
        return Stamp(
            entry_id=entry_id,
            digest=entry.digest,
            keys=keys,
            title=entry.title,
            text=entry.text,
            updated=NOW - DAY,
            published=entry.published,
        )


def a_reading(*raws: RawEntry, version: str = "rss20") -> Harvest:
    """Read raw entries as one document, or articles as one file each, none of them known."""
    documents = [(raw,) for raw in raws] if version == "article" else [raws]
    entries, present = list[Entry](), dict[str, str]()
    for part in documents:
        document = Document(address="" if version == "article" else "https://north.example/feed", body=b"")
        normal = normalize(Parsed(version=version, entries=part), document, source_id="north", known={})
        entries += normal.entries
        present |= normal.present
    return a_harvest(*entries, present=present)


def a_post(
    id: str = "1",  # noqa: A002 -- as the field is called
    link: str = "/bridge",
    title: str = "Bridge shut",
    text: str = BRIDGE,
    published: datetime | None = NOW - HOUR,
) -> RawEntry:
    return RawEntry(
        id=id,
        link=link,
        title=RawText(value=title),
        content=RawText(value=text) if text else None,
        published=published,
    )


def an_article(
    name: str = "bridge.txt",
    title: str = "Bridge shut",
    text: str = BRIDGE,
    source: str = "Cracks in a bridge",
    id: str = "",  # noqa: A002
    published: datetime = NOW - DAY,
) -> RawEntry:
    return RawEntry(
        id=id,
        title=RawText(value=title),
        content=RawText(value=text),
        published=published,
        origin=Origin(title="The North"),
        attribution=Attribution(title=source, published=published.date()),
        name=name,
    )


def told_again(before: RawEntry, after: RawEntry, *, version: str = "rss20") -> tuple[int, int, bool]:
    """Read one after the other; return (entries now stored, changes, whether one would be noticed)."""
    memory = Memory()
    memory.take_in(a_reading(before, version=version))
    _, changed = memory.take_in(a_reading(after, version=version))
    return len(memory.entries), len(changed), any(one.updated for one in changed)


# ---------------------------------------------------------------- feeds


def test_what_was_never_seen_arrives_in_the_order_of_the_document() -> None:
    added, changed = Memory().take_in(a_reading(a_post("1", "/a", "A"), a_post("2", "/b", "B")))
    assert [each.entry.title for each in added] == ["A", "B"]
    assert changed == ()


def test_the_same_reading_again_changes_nothing() -> None:
    memory, reading = Memory(), a_reading(a_post("1", "/a", "A"), a_post("2", "/b", "B"))
    memory.take_in(reading)
    assert memory.take_in(reading) == ((), ())


@pytest.mark.parametrize(
    ("after", "is_noticed"),
    [
        pytest.param(a_post(title="Bridge open"), True, id="another headline"),
        pytest.param(a_post(title="bridge — SHUT!"), False, id="the headline in other letters"),
        pytest.param(a_post(text=CHESS), True, id="another text"),
        pytest.param(a_post(text=BRIDGE.replace("Tuesday", "Monday")), False, id="a word corrected"),
        pytest.param(a_post(link="/elsewhere"), False, id="another address"),
        pytest.param(a_post(title="Chess", text=CHESS, link="/chess"), True, id="all but its id"),
        pytest.param(a_post(id="2"), False, id="another id: address and headline are evidence"),
        pytest.param(a_post(id="2", text=CHESS), True, id="another id and text: the headline goes on"),
        pytest.param(
            a_post(id="2", title="Bridge open"), True, id="another id and headline: the text goes on"
        ),
        pytest.param(a_post(id="2", link="/b"), False, id="another id and address: headline and moment"),
        pytest.param(
            a_post(id="2", title="Chess", text=CHESS),
            True,
            id="another id, headline and text: the moment goes on",
        ),
        pytest.param(a_post(id="", link="/bridge?utm_source=x"), False, id="an id no more"),
    ],
)
def test_an_entry_that_changed_is_the_same_entry(after: RawEntry, is_noticed: bool) -> None:
    assert told_again(a_post(), after) == (1, 1, is_noticed)


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(
            a_post(id="2", title="Chess", text=CHESS, published=NOW),
            id="the address is used again, as of /today",
        ),
        pytest.param(
            a_post(id="2", title="Chess", text=CHESS, published=None),
            id="the address is used again, at no time",
        ),
        pytest.param(
            a_post(id="2", link="/b", published=NOW - DAY), id="the headline is used again, at another time"
        ),
        pytest.param(a_post(id="2", link="/b", published=None), id="the headline is used again, at no time"),
    ],
)
def test_another_entry_is_another_entry(after: RawEntry) -> None:
    assert told_again(a_post(), after) == (2, 0, False)


def test_ids_that_change_wholesale_lose_nothing_and_double_nothing() -> None:
    posts = [a_post(str(n), f"/{n}", f"Headline {n}") for n in range(30)]
    memory = Memory()
    memory.take_in(a_reading(*posts))
    before = set(memory.entries)
    added, changed = memory.take_in(
        a_reading(*(a_post(f"new-{n}", f"/{n}", f"Headline {n}") for n in range(30)))
    )
    assert (added, set(memory.entries)) == ((), before)
    assert not any(one.updated for one in changed)


def test_ids_that_change_wholesale_and_back_lose_nothing() -> None:
    memory = Memory()
    for prefix in ("a", "b", "a", "b"):
        memory.take_in(a_reading(*(a_post(f"{prefix}{n}", f"/{n}", f"Headline {n}") for n in range(5))))
    assert len(memory.entries) == 5


@pytest.mark.parametrize("is_known_first", [True, False])
def test_a_new_entry_with_the_address_of_one_still_there_is_another(is_known_first: bool) -> None:
    old, new = a_post("1"), a_post("2", title="Bridge shut again", published=NOW)
    memory = Memory()
    memory.take_in(a_reading(old))
    added, _ = memory.take_in(a_reading(*((old, new) if is_known_first else (new, old))))
    assert [each.entry.keys[0] for each in added] == ["id:2"]


def test_two_entries_never_become_one_stored_entry() -> None:
    memory = Memory()
    memory.take_in(a_harvest(an_entry("old", keys=("url:a", "url:b"))))
    reading = a_harvest(an_entry("x", keys=("url:a",)), an_entry("y", keys=("id:y", "url:b")))
    added, changed = memory.take_in(reading)
    assert (len(added), len(changed)) == (1, 1)


def test_a_change_keeps_the_id_of_the_stored_entry() -> None:
    memory = Memory()
    (first,), _ = memory.take_in(a_reading(a_post("1")))
    _, (one,) = memory.take_in(a_reading(a_post("2")))
    assert (one.entry.id, one.entry.keys[0]) == (first.entry.id, "id:2")


def test_after_a_change_it_is_known_by_old_and_new_keys() -> None:
    memory = Memory()
    memory.take_in(a_reading(a_post("1", "/a")))
    memory.take_in(a_reading(a_post("1", "/b")))
    assert told_by(memory, a_post("1", "/c")) == told_by(memory, a_post("2", "/b")) == 1


def told_by(memory: Memory, post: RawEntry) -> int:
    """Read one post; return how many entries are stored then."""
    memory.take_in(a_reading(post))
    return len(memory.entries)


def test_an_address_used_again_for_headlines_without_text_is_another_entry() -> None:
    before = a_post("1", "/today", "Bridge shut", "", NOW - DAY)
    after = a_post("2", "/today", "Grandmaster wins", "", NOW - HOUR)
    assert told_again(before, after) == (2, 0, False)


@pytest.mark.parametrize(
    "readings",
    [
        pytest.param(
            [[a_post("1", "/today")], [a_post("", "/today", "Chess", CHESS, NOW)]],
            id="its address was an entry's that had an id",
        ),
        pytest.param(
            [[a_post("", "/a", "A")], [a_post("", "/b", "A"), a_post("", "/a", "B")]],
            id="its address was an entry's that another was taken for",
        ),
        pytest.param(
            [
                [a_post("1", "/a", "A")],
                [a_post("2", "/a", "A")],
                [a_post("1", "/1", "A"), a_post("2", "/2", "B")],
            ],
            id="its id was given to another that was taken for it, and both are there again",
        ),
    ],
)
def test_no_entry_of_a_reading_is_lost(readings: list[list[RawEntry]]) -> None:
    memory = Memory()
    for raws in readings:
        memory.take_in(a_reading(*raws))
    stored = {entry.title for entry in memory.entries.values()}
    assert stored >= {raw.title.value for raw in readings[-1] if raw.title}


# ---------------------------------------------------------------- local articles


@pytest.mark.parametrize(
    ("after", "is_noticed"),
    [
        pytest.param(an_article(name="renamed.txt"), False, id="renamed"),
        pytest.param(an_article(text=BRIDGE + " Trains run as ever."), False, id="edited a little"),
        pytest.param(an_article(text=f"{BRIDGE} {BRIDGE_AGAIN}"), True, id="edited a lot"),
        pytest.param(an_article(title="The bridge is shut for weeks"), True, id="another headline"),
        pytest.param(an_article(source="Ferries for a bridge"), False, id="another attribution"),
        pytest.param(
            an_article(name="renamed.txt", text=BRIDGE + " So it is."), False, id="renamed and edited"
        ),
        pytest.param(
            an_article(name="renamed.txt", title="Shut for weeks"), True, id="renamed, another headline"
        ),
        pytest.param(
            an_article(title="Shut for weeks", text=BRIDGE + " So it is."),
            True,
            id="headline and text edited",
        ),
        pytest.param(an_article(id="urn:x:1"), False, id="given an id"),
    ],
)
def test_a_local_article_that_was_worked_on_keeps_its_id(after: RawEntry, is_noticed: bool) -> None:
    assert told_again(an_article(), after, version="article") == (1, 1, is_noticed)


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(
            an_article(title="Chess", text=CHESS, source="A queen", published=NOW),
            id="another article in the same file",
        ),
        pytest.param(
            an_article(title="Chess", text=CHESS, source="A queen"),
            id="another article in the same file, about the same day",
        ),
        pytest.param(
            an_article("b.txt", "Shut for weeks", BRIDGE_AGAIN), id="another file, headline and text"
        ),
    ],
)
def test_another_local_article_is_another_entry(after: RawEntry) -> None:
    assert told_again(an_article(), after, version="article") == (2, 0, False)


def test_files_that_trade_their_names_keep_their_ids() -> None:
    bridge, chess = an_article("a.txt"), an_article("b.txt", "Chess", CHESS, "A queen")
    memory = Memory()
    memory.take_in(a_reading(bridge, chess, version="article"))
    before = {entry.id: entry.title for entry in memory.entries.values()}
    traded = (an_article("b.txt"), an_article("a.txt", "Chess", CHESS, "A queen"))
    memory.take_in(a_reading(*traded, version="article"))
    assert {entry.id: entry.title for entry in memory.entries.values()} == before


@pytest.mark.parametrize("is_known", [True, False])
def test_a_second_file_with_the_same_text_is_no_second_entry(is_known: bool) -> None:
    memory = Memory()
    if is_known:
        memory.take_in(a_reading(an_article("a.txt"), version="article"))
    twice = a_reading(an_article("a.txt"), an_article("b.txt"), version="article")
    memory.take_in(twice)
    assert len(memory.entries) == 1
    assert memory.take_in(twice)[0] == ()


def test_two_articles_of_one_headline_leave_one_another_alone() -> None:
    twins = a_reading(an_article("a.txt"), an_article("b.txt", text=CHESS), version="article")
    memory = Memory()
    memory.take_in(twins)
    assert memory.take_in(twins) == ((), ())


# ---------------------------------------------------------------- any history at all


def an_id(raw: RawEntry) -> str:
    return raw.id


def a_link(raw: RawEntry) -> str:
    return raw.link


def a_file(raw: RawEntry) -> str:
    return raw.name


def a_headline(raw: RawEntry) -> str:
    return raw.title.value if raw.title else ""


def a_text(raw: RawEntry) -> str:
    return raw.content.value if raw.content else ""


def posts(ids: list[str]) -> st.SearchStrategy[RawEntry]:
    return st.builds(
        a_post,
        id=st.sampled_from(ids),
        link=st.sampled_from(["", "/a", "/b", "/c"]),
        title=st.sampled_from(["Bridge shut", "Bridge open", "Chess"]),
        text=st.sampled_from(["", BRIDGE, BRIDGE_AGAIN, CHESS]),
        published=st.sampled_from([None, NOW - HOUR, NOW - DAY]),
    )


ARTICLES = st.builds(
    an_article,
    name=st.sampled_from(["a.txt", "b.txt", "c.txt"]),
    title=st.sampled_from(["Bridge shut", "Chess"]),
    text=st.sampled_from([BRIDGE, BRIDGE + " So it is.", CHESS]),
    source=st.sampled_from(["Cracks", "A queen"]),
)
WITH_IDS = st.lists(posts(["1", "2", "3", "4"]), max_size=4, unique_by=an_id)
WITHOUT_IDS = st.lists(posts([""]), max_size=4, unique_by=a_link)
FEEDS = st.one_of(WITH_IDS, WITHOUT_IDS).flatmap(
    lambda first: st.lists(WITH_IDS if first and first[0].id else WITHOUT_IDS, max_size=4).map(
        lambda others: [a_reading(*raws) for raws in (first, *others)]
    )
)
FOLDERS = st.lists(
    st.lists(ARTICLES, max_size=3, unique_by=(a_file, a_headline, a_text)).map(
        lambda raws: a_reading(*raws, version="article")
    ),
    max_size=5,
)


@few
@given(st.one_of(FEEDS, FOLDERS))
def test_no_stored_entry_is_found_twice_in_one_reading(history: list[Harvest]) -> None:
    memory = Memory()
    for reading in history:
        added, changed = memory.take_in(reading)
        ids = [each.entry.id for each in added] + [one.entry.id for one in changed]
        assert len(ids) == len(set(ids))


@few
@given(st.one_of(FEEDS, FOLDERS))
def test_any_reading_again_changes_nothing(history: list[Harvest]) -> None:
    memory = Memory()
    for reading in history:
        memory.take_in(reading)
        assert memory.take_in(reading) == ((), ())


@few
@given(FEEDS)
def test_a_first_reading_takes_in_everything(history: list[Harvest]) -> None:
    for reading in history:
        added, changed = compare(reading, (), now=NOW)
        assert (len(added), changed) == (len(reading.entries), ())


# ---------------------------------------------------------------- dates


PAST, RECENT, FUTURE = NOW - DAY, NOW - HOUR, NOW + HOUR


@pytest.mark.parametrize(
    ("published", "updated", "date", "changed"),
    [
        pytest.param(PAST, None, PAST, PAST, id="published"),
        pytest.param(PAST, RECENT, PAST, RECENT, id="published and updated"),
        pytest.param(None, PAST, PAST, PAST, id="only updated"),
        pytest.param(None, None, NOW, NOW, id="neither: when it was first seen"),
        pytest.param(FUTURE, None, NOW, NOW, id="published in the future"),
        pytest.param(FUTURE, PAST, PAST, PAST, id="published in the future, updated in the past"),
        pytest.param(PAST, FUTURE, PAST, PAST, id="updated in the future"),
        pytest.param(FUTURE, FUTURE, NOW, NOW, id="both in the future"),
        pytest.param(RECENT, PAST, RECENT, RECENT, id="updated before it was published"),
        pytest.param(NOW, NOW, NOW, NOW, id="this very moment"),
    ],
)
def test_an_arrival_is_dated_by_its_source_but_never_in_the_future(
    published: datetime | None, updated: datetime | None, date: datetime, changed: datetime
) -> None:
    found = arrival(an_entry(published=published, updated=updated), now=NOW)
    assert (found.date, found.updated) == (date, changed)


MOMENTS = st.one_of(
    st.none(), st.integers(-(10**7), 10**7).map(lambda seconds: NOW + timedelta(seconds=seconds))
)


@quick
@given(MOMENTS, MOMENTS)
def test_no_arrival_is_of_the_future_or_updated_before_its_date(
    published: datetime | None, updated: datetime | None
) -> None:
    found = arrival(an_entry(published=published, updated=updated), now=NOW)
    assert found.date <= found.updated <= NOW


# ---------------------------------------------------------------- what a reader would notice

WORDS = [f"word{number}" for number in range(100)]


def updated_by(
    before: str, after: str, *, title: str = "A", updated: datetime | None = None
) -> datetime | None:
    stamp = Stamp(entry_id="x", digest="", keys=("id:1",), title="A", text=before, updated=NOW - DAY)
    return change(an_entry(title=title, text=after, updated=updated), stamp, now=NOW).updated


def with_changed(number: int) -> str:
    return " ".join(["changed"] * number + WORDS[number:])


@pytest.mark.parametrize(
    ("changed", "is_noticed"),
    [
        (0, False),
        (19, False),
        pytest.param(
            20,
            True,
        ),
        (21, True),
        (100, True),
    ],
)
def test_a_fifth_of_the_words_is_noticed_and_less_is_a_correction(changed: int, is_noticed: bool) -> None:
    assert (updated_by(" ".join(WORDS), with_changed(changed)) is not None) is is_noticed


@pytest.mark.parametrize(
    ("before", "after", "is_noticed"),
    [
        pytest.param("a b c d", "d c b a", False, id="another order"),
        pytest.param("a b c d", "A, b — c. D!", False, id="other letters and marks"),
        pytest.param("", "", False, id="no text, then as now"),
        pytest.param("", "a", True, id="a text where there was none"),
        pytest.param("a", "", True, id="no text any more"),
        pytest.param("a a a a", "a", True, id="repetition counts"),
    ],
)
def test_texts_are_compared_word_by_word(before: str, after: str, is_noticed: bool) -> None:
    assert (updated_by(before, after) is not None) is is_noticed


@pytest.mark.parametrize(("title", "is_noticed"), [("A", False), ("a!", False), ("B", True), ("A b", True)])
def test_another_headline_is_noticed_and_other_letters_are_not(title: str, is_noticed: bool) -> None:
    assert (updated_by("x", "x", title=title) is not None) is is_noticed


@pytest.mark.parametrize(
    ("claimed", "updated"),
    [
        pytest.param(RECENT, RECENT, id="as the source says"),
        pytest.param(None, NOW, id="now, where it does not say"),
        pytest.param(FUTURE, NOW, id="now, where it says the future"),
    ],
)
def test_a_noticeable_change_is_dated(claimed: datetime | None, updated: datetime) -> None:
    assert updated_by("x", "y", updated=claimed) == updated


TEXTS = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=12).map(" ".join)


@quick
@given(TEXTS, TEXTS)
def test_the_share_kept_is_symmetric_and_between_none_and_all(one: str, other: str) -> None:
    assert kept_share(one, other) == kept_share(other, one)
    assert 0.0 <= kept_share(one, other) <= 1.0
    assert kept_share(one, one) == 1.0
