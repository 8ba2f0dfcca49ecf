"""What the store remembers of entries: every field, the keys they are known by, the id they go out under."""

from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from aggregator.model import (
    Attribution,
    Change,
    Claim,
    Enclosure,
    Entry,
    Evidence,
    Extra,
    FeedInfo,
    Link,
    Origin,
    Person,
    Placement,
    Stamp,
    Update,
)
from aggregator.store import Store
from aggregator.store.rows import MOST_ROWS
from tests.world import DAY, HOUR, NOW, a_name, a_state, an_arrival, an_entry, under

NONE = Evidence(rung="none", score=0.0, threshold=0.0)


@pytest.fixture
def store(store: Store) -> Store:
    with store.transaction():
        store.sources.configure(
            [a_state("north", name="The North Gazette", priority=3), a_state("south")], paused=frozenset()
        )
    return store


def add(store: Store, name: str = "bridge", *, date: datetime = NOW - HOUR, **given: Any) -> Entry:
    arrival = an_arrival(name, date=date, **given)
    with store.transaction():
        store.entries.add([under(arrival, f"tag:minted,{arrival.entry.id}")], first_seen=NOW)
    return arrival.entry


def change(store: Store, entry: Entry, *, updated: datetime | None = None) -> None:
    with store.transaction():
        store.entries.change(Change(entry=entry, updated=updated))


def place(store: Store, entry: Entry, *, in_story: str = "", copy_of: str = "") -> None:
    with store.transaction():
        story_id = in_story or entry.id
        store.stories.place(
            Placement(entry_id=entry.id, story_id=story_id, copy_of=copy_of, because=NONE), now=NOW
        )


def stored(store: Store, entry: Entry) -> Entry:
    found = store.entries.get(entry.id)
    assert found
    return found


FULL = an_entry(
    "full",
    guid="https://north.example/guid?a=1&b=2",
    title="Ünïcode & <b>brackets</b> \u4f60\u597d \U0001f600",
    html="<p>\u2028</p>",
    has_full_text=True,
    published=NOW - DAY,
    updated=NOW - HOUR + timedelta(microseconds=5),
    authors=(Person(name="Ada", email="ada@x.example"), Person(url="https://bo.example/")),
    categories=("one", "two"),
    enclosures=(
        Enclosure(url="https://x.example/a.mp3", media_type="audio/mpeg", size_bytes=5),
        Enclosure(url="https://x.example/b.mp3", title="b", language="de", duration_seconds=9),
    ),
    contributors=(Person(name="Bo"),),
    links=(
        Link(rel="via", url="https://x.example/", media_type="text/html", title="x", language="de"),
        Link(rel="license", url="https://cc.example/"),
    ),
    extras=(
        Extra(name="media:group", children=(Extra(name="media:title", text="t"),)),
        Extra(name="media:thumbnail", attributes=(("height", "9"), ("url", "https://x.example/a.png"))),
    ),
    comments="https://x.example/comments",
    language="pt-BR",
    rights="CC0",
    origin=Origin(
        title="Far",
        url="https://far.example/",
        feed_url="https://far.example/feed",
        id="urn:far",
        subtitle="Far off",
        rights="CC0",
        icon="https://far.example/i",
        authors=(Person(name="F"),),
        updated=NOW,
    ),
    attribution=Attribution(title="Its source", published=date(2025, 11, 29)),
    is_article=True,
)


@pytest.mark.parametrize("field", [field.name for field in fields(Entry) if field.name != "keys"])
def test_every_field_of_an_entry_comes_back_as_it_went_in(store: Store, field: str) -> None:
    with store.transaction():
        store.entries.add([under(replace(an_arrival(), entry=FULL), "urn:minted")], first_seen=NOW)
    assert getattr(stored(store, FULL), field) == getattr(FULL, field)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"published": None, "updated": None}, id="no dates"),
        pytest.param({"attribution": Attribution(title="No day")}, id="an attribution without a day"),
        pytest.param({"origin": Origin(title="Far")}, id="an origin of a title"),
        pytest.param({"origin": Origin()}, id="an empty origin"),
        pytest.param({"url": "", "html": "", "text": "", "summary": ""}, id="a title alone"),
    ],
)
def test_what_is_missing_stays_missing(store: Store, given: dict[str, Any]) -> None:
    entry = an_entry(**given)
    with store.transaction():
        store.entries.add([under(replace(an_arrival(), entry=entry), entry.id)], first_seen=NOW)
    assert stored(store, entry) == replace(entry, guid=entry.id, keys=())


def test_an_enclosure_of_no_bytes_is_not_one_of_unknown_size(store: Store) -> None:
    entry = add(store, enclosures=(Enclosure(url="https://x.example/a.mp3", size_bytes=0),))
    assert stored(store, entry).enclosures == entry.enclosures


def test_nobody_is_found_under_an_unknown_id(store: Store) -> None:
    assert store.entries.get(a_name("nobody")) is None


def test_a_source_may_tell_more_at_once_than_one_statement_takes(store: Store) -> None:
    arrivals = [under(an_arrival(str(n)), f"tag:minted,{n}") for n in range(2 * MOST_ROWS + 1)]
    with store.transaction():
        store.entries.add(arrivals, first_seen=NOW)
    assert store.entries.count() == len(arrivals)
    keys = [key for arrival in arrivals for key in arrival.entry.keys]
    found = store.entries.stamps("north", keys)
    assert [(stamp.entry_id, stamp.keys) for stamp in found] == [
        (arrival.entry.id, arrival.entry.keys) for arrival in arrivals
    ]


def test_entries_are_counted(store: Store) -> None:
    add(store, "one")
    add(store, "two")
    assert store.entries.count() == 2


# ---------------------------------------------------------------- guids


def test_an_entry_goes_out_under_its_own_id(store: Store) -> None:
    assert stored(store, add(store, guid="urn:own")).guid == "urn:own"


def test_an_entry_without_an_id_of_its_own_goes_out_under_a_minted_one(store: Store) -> None:
    entry = add(store)
    assert stored(store, entry).guid == f"tag:minted,{entry.id}"


def test_it_is_known_whose_an_id_is(store: Store) -> None:
    entry = add(store, guid="urn:same")
    claim = Claim(entry_id=entry.id, source_id="north", is_settled=False)
    assert store.entries.holders(["urn:same", "urn:other"]) == {"urn:same": claim}


def test_a_change_keeps_id_guid_date_and_place(store: Store) -> None:
    entry = add(store, guid="urn:own", date=NOW - DAY)
    place(store, entry)
    changed = replace(entry, title="Another headline", guid="urn:other", published=NOW, digest="d2")
    change(store, changed, updated=NOW)
    assert stored(store, entry) == replace(changed, guid="urn:own", keys=())
    record = store.shelf.record(entry.id)
    assert (record.guid, record.date, record.updated) == ("urn:own", NOW - DAY, NOW)


def test_a_change_that_no_reader_notices_does_not_move_updated(store: Store) -> None:
    entry = add(store, date=NOW - DAY)
    place(store, entry)
    change(store, replace(entry, html="<p>corrected</p>"))
    assert store.shelf.record(entry.id).updated == NOW - DAY
    assert stored(store, entry).html == "<p>corrected</p>"


# ---------------------------------------------------------------- keys and stamps


def test_a_stamp_says_what_is_needed_for_comparing(store: Store) -> None:
    entry = add(store, keys=("id:1", "url:x", "title:t"))
    assert store.entries.stamps("north", ["url:x"]) == (
        Stamp(
            entry_id=entry.id,
            digest=entry.digest,
            keys=("id:1", "url:x", "title:t"),
            title=entry.title,
            text=entry.text,
            updated=NOW - HOUR,
            published=entry.published,
        ),
    )


def test_a_stamp_comes_once_however_many_keys_lead_to_it(store: Store) -> None:
    add(store, keys=("id:1", "url:x"))
    assert len(store.entries.stamps("north", ["id:1", "url:x", "id:1", "id:2"])) == 1


def test_stamps_come_in_the_order_in_which_entries_came(store: Store) -> None:
    entries = [add(store, name) for name in ("c", "a", "b")]
    found = store.entries.stamps("north", ["id:a", "id:b", "id:c"])
    assert [stamp.entry_id for stamp in found] == [entry.id for entry in entries]


def test_a_key_of_another_source_means_nothing(store: Store) -> None:
    add(store)
    assert store.entries.stamps("south", ["id:bridge"]) == ()
    assert store.entries.stamps("north", []) == ()


@pytest.mark.parametrize("key", ["id:it's", 'id:"', "id:%_", "id:\u4f60\U0001f600", "id:\\", "id:[1,2]"])
def test_a_key_may_be_any_text(store: Store, key: str) -> None:
    entry = add(store, keys=(key,))
    assert [stamp.entry_id for stamp in store.entries.stamps("north", [key])] == [entry.id]


def test_a_change_adds_the_keys_it_brings(store: Store) -> None:
    entry = add(store, keys=("id:1", "url:old"))
    change(store, replace(entry, keys=("id:1", "url:new")))
    (stamp,) = store.entries.stamps("north", ["url:old"])
    assert set(stamp.keys) == {"id:1", "url:old", "url:new"}
    assert stamp.keys[0] == "id:1"


def test_a_key_leads_to_the_entry_that_had_it_last(store: Store) -> None:
    first = add(store, "one", keys=("id:1", "url:today"))
    second = add(store, "two", keys=("id:2", "url:today"))
    (stamp,) = store.entries.stamps("north", ["url:today"])
    assert stamp.entry_id == second.id
    (stamp,) = store.entries.stamps("north", ["id:1"])
    assert (stamp.entry_id, stamp.keys) == (first.id, ("id:1",))


# ---------------------------------------------------------------- briefs


def test_what_was_not_placed_comes_oldest_first_articles_last(store: Store) -> None:
    names = ["a", "b", "c", "d"]
    entries = [
        add(store, name, is_article=name in "ac", date=NOW - number * DAY)
        for number, name in enumerate(names)
    ]
    ordered = [entries[3], entries[1], entries[2], entries[0]]
    assert [brief.entry_id for brief in store.entries.unplaced(limit=9)] == [entry.id for entry in ordered]
    assert len(store.entries.unplaced(limit=2)) == 2
    place(store, entries[1])
    assert entries[1].id not in [brief.entry_id for brief in store.entries.unplaced(limit=9)]


def test_a_brief_says_what_deciding_needs(store: Store) -> None:
    entry = add(store, date=NOW - DAY, has_full_text=True)
    (brief,) = store.entries.unplaced(limit=1)
    assert (brief.entry_id, brief.source_id, brief.url) == (entry.id, "north", entry.url)
    assert (brief.title, brief.text, brief.date) == (entry.title, entry.text, NOW - DAY)
    assert (brief.priority, brief.is_article, brief.has_full_text) == (3, False, True)


@pytest.mark.parametrize(
    ("source_id", "origin", "feed_title", "outlet"),
    [
        pytest.param("north", Origin(title="Far"), "Feed", "Far", id="the feed it first appeared in"),
        pytest.param("north", Origin(url="https://far.example/"), "Feed", "The North Gazette", id="the name"),
        pytest.param("south", None, "Feed", "Feed", id="the feed's own title"),
        pytest.param("south", None, "", "south", id="the id"),
    ],
)
def test_readers_name_an_outlet_by(
    store: Store, source_id: str, origin: Origin | None, feed_title: str, outlet: str
) -> None:
    with store.transaction():
        store.sources.apply(
            Update(source_id=source_id, tried=NOW, next_due=NOW, feed=FeedInfo(title=feed_title))
        )
    entry = add(store, source_id=source_id, origin=origin)
    assert store.entries.unplaced(limit=1)[0].outlet == outlet
    place(store, entry)
    assert store.shelf.record(entry.id).members[0].outlet == outlet


def test_live_entries_come_with_their_place_and_articles_however_old(store: Store) -> None:
    lead, copy = add(store, "lead"), add(store, "copy", source_id="south")
    old, article = (
        add(store, "old", date=NOW - 30 * DAY),
        add(store, "article", date=NOW - 300 * DAY, is_article=True),
    )
    add(store, "not placed")
    for entry in (lead, old, article):
        place(store, entry)
    place(store, copy, in_story=lead.id, copy_of=lead.id)
    found = [
        (brief.entry_id, placed.story_id, placed.copy_of)
        for brief, placed in store.entries.placed(window=10 * DAY)
    ]
    assert found == [
        (lead.id, lead.id, ""),
        (article.id, article.id, ""),
        (copy.id, lead.id, lead.id),
    ]


def test_what_is_known_of_a_few_is_found_without_a_look_at_all_the_source_told(store: Store) -> None:
    with store.transaction():
        for n in range(200):
            add(store, f"old {n}")
    with store.bounded(1000):
        assert len(store.entries.stamps("north", ["id:old 7"])) == 1


def test_what_is_live_is_found_without_a_look_at_all_that_is_not(store: Store) -> None:
    with store.transaction():
        for n in range(200):
            place(store, add(store, f"old {n}", date=NOW - 30 * DAY))
        place(store, add(store))
    with store.bounded(1000):
        assert len(list(store.entries.placed(window=10 * DAY))) == 1


def test_an_article_is_held_against_all_that_is_placed_and_no_copy(store: Store) -> None:
    lead, copy, old = (
        add(store, "lead"),
        add(store, "copy", source_id="south"),
        add(store, "old", date=NOW - 300 * DAY),
    )
    add(store, "not placed")
    place(store, lead)
    place(store, old)
    place(store, copy, in_story=lead.id, copy_of=lead.id)
    assert [(brief.entry_id, story_id) for brief, story_id in store.entries.all_placed()] == [
        (lead.id, lead.id),
        (old.id, old.id),
    ]
