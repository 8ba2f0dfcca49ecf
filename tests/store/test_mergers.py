"""Stories that turn out to be one, or two: ids, leads and relations stay where readers know them."""

import json
from datetime import timedelta
from typing import Any

import pytest

from aggregator.model import Evidence, Merger, Placement, Relation, Split
from aggregator.store import Store
from tests.store.test_stories import a_story, add, clean_all, configure, place, publish, relate
from tests.world import DAY, HOUR, NOW, a_state

BECAUSE = Evidence(rung="merge", score=0.25, threshold=0.19)
LATER = NOW + timedelta(hours=5)


@pytest.fixture
def store(store: Store) -> Store:
    configure(store, a_state("north"), a_state("south"))
    return store


def merge(store: Store, old: str, gone: str, *, name: str = "merger") -> str:
    """Place an entry that shows two stories to be one; return its id."""
    entry = add(store, name)
    merger = Merger(story_id=old, gone_id=gone, because=BECAUSE)
    with store.transaction():
        placement = Placement(entry_id=entry.id, story_id=old, because=BECAUSE, mergers=(merger,))
        store.stories.place(placement, now=LATER)
    return entry.id


def split(store: Store, old: str, new: str, *leaving: str, own: bool = False, name: str = "splitter") -> str:
    """Place an entry at which a story turns out to be two; return its id."""
    entry = add(store, name)
    parting = Split(story_id=old, new_id=new, entry_ids=leaving)
    with store.transaction():
        place_id = new if own else old
        placement = Placement(entry_id=entry.id, story_id=place_id, because=BECAUSE, split=parting)
        store.stories.place(placement, now=LATER)
    return entry.id


def story_of(store: Store, *entry_ids: str) -> list[str]:
    found = {brief.entry_id: placed.story_id for brief, placed in store.entries.in_order()}
    return [found[entry_id] for entry_id in entry_ids]


def rows(store: Store, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in store._db.execute(sql).fetchall()]


def aliases(store: Store) -> dict[str, tuple[str, str]]:
    return {row[0]: row[1:] for row in rows(store, "SELECT old_id, story_id, guid FROM story_aliases")}


def stories(store: Store) -> dict[str, tuple[str, bool]]:
    found = rows(store, "SELECT id, lead_id, published FROM stories")
    return {row[0]: (row[1], bool(row[2])) for row in found}


def members(store: Store, name: str, count: int, *, in_story: str) -> list[str]:
    entries = [add(store, f"{name}{number}", date=NOW - 2 * HOUR) for number in range(count)]
    for entry in entries:
        place(store, entry, in_story=in_story)
    return [entry.id for entry in entries]


# ---------------------------------------------------------------- mergers


def test_the_older_story_lives_and_has_all_members(store: Store) -> None:
    old, young = a_story(store, "old"), a_story(store, "young", source_id="south")
    (member,) = members(store, "m", 1, in_story=young)
    new = merge(store, old, young)
    assert story_of(store, old, young, member, new) == [old] * 4
    assert stories(store).keys() == {old}
    assert {telling.entry_id for telling in store.shelf.record(old).members} == {old, young, member, new}


def test_copies_follow_into_the_older_story(store: Store) -> None:
    old, young = a_story(store, "old"), a_story(store, "young")
    copy = add(store, "copy", source_id="south")
    place(store, copy, in_story=young, copy_of=young)
    merge(store, old, young)
    assert story_of(store, copy.id) == [old]
    assert store.entries.brief(copy.id)[1].copy_of == young  # type: ignore[index]


@pytest.mark.parametrize(
    ("is_old_out", "is_young_out", "has_guid"),
    [
        pytest.param(False, False, False, id="none was published"),
        pytest.param(True, False, False, id="the older was"),
        pytest.param(False, True, False, id="the younger was: it lives on in the older"),
        pytest.param(True, True, True, id="both were: the younger is withdrawn"),
    ],
)
def test_an_id_that_was_published_and_goes_is_remembered(
    store: Store, is_old_out: bool, is_young_out: bool, has_guid: bool
) -> None:
    old, young = a_story(store, "old"), a_story(store, "young")
    for story_id, is_out in ((old, is_old_out), (young, is_young_out)):
        if is_out:
            publish(store, story_id)
    merge(store, old, young)
    assert aliases(store) == {young: (old, f"urn:{young}" if has_guid else "")}
    assert stories(store)[old] == (
        young if is_young_out and not is_old_out else old,
        is_old_out or is_young_out,
    )


def test_the_guid_that_is_withdrawn_is_that_of_the_lead(store: Store) -> None:
    old, young = a_story(store, "old"), a_story(store, "young")
    (lead,) = members(store, "m", 1, in_story=young)
    publish(store, old)
    publish(store, young, lead)
    merge(store, old, young)
    assert aliases(store) == {young: (old, f"urn:{lead}")}


def test_a_lead_that_was_published_is_kept_with_its_date(store: Store) -> None:
    old = a_story(store, "old", date=NOW - 3 * DAY)
    young = a_story(store, "young", date=NOW - 2 * DAY)
    publish(store, young)
    merge(store, old, young)
    record = store.shelf.record(old)
    assert (record.id, record.lead.id, record.guid, record.date) == (
        old,
        young,
        f"urn:{young}",
        NOW - 2 * DAY,
    )
    assert store.shelf.unpublished([old]) == ()


def test_why_and_when_a_story_was_merged_is_written_down(store: Store) -> None:
    old, young = a_story(store, "old"), a_story(store, "young")
    merge(store, old, young)
    ((since, because),) = rows(store, "SELECT since, because FROM story_aliases")
    assert since == LATER.timestamp()
    assert (json.loads(because)["rung"], json.loads(because)["score"]) == ("merge", 0.25)


def test_an_alias_of_a_story_that_is_merged_leads_to_where_it_went(store: Store) -> None:
    first, second, third = (a_story(store, name) for name in ("first", "second", "third"))
    merge(store, second, third, name="one")
    merge(store, first, second, name="two")
    assert aliases(store) == {third: (first, ""), second: (first, "")}


def test_relations_move_along_and_none_is_of_a_story_with_itself(store: Store) -> None:
    old, young, other, article = (a_story(store, name) for name in ("old", "young", "other", "article"))
    relate(store, young, other, 0.5)
    relate(store, article, young, 0.4)
    relate(store, old, young, 0.3)
    relate(store, young, old, 0.3)
    merge(store, old, young)
    found = rows(store, "SELECT story_id, other_id, entry_id, score FROM relations ORDER BY score DESC")
    assert found == [(old, other, other, 0.5), (article, old, young, 0.4)]


def test_a_relation_that_both_had_is_had_once(store: Store) -> None:
    old, young, other = (a_story(store, name) for name in ("old", "young", "other"))
    relate(store, old, other, 0.3)
    relate(store, young, other, 0.5)
    merge(store, old, young)
    assert rows(store, "SELECT story_id, other_id FROM relations") == [(old, other)]


def test_the_page_of_a_story_that_grew_is_behind(store: Store) -> None:
    old, young, other = (a_story(store, name) for name in ("old", "young", "other"))
    for story_id in (old, young, other):
        publish(store, story_id)
    clean_all(store)
    merge(store, old, young)
    assert store.shelf.dirty() == (old,)


def test_a_story_that_takes_a_pinned_one_in_is_pinned(store: Store) -> None:
    old, pinned = a_story(store, "old"), add(store, "pinned")
    place(store, pinned, is_pinned=True)
    merge(store, old, pinned.id)
    assert rows(store, "SELECT id FROM stories WHERE is_pinned") == [(old,)]


@pytest.mark.parametrize("is_published", [True, False])
def test_only_a_story_that_had_a_page_keeps_one_under_its_old_name(
    store: Store, *, is_published: bool
) -> None:
    old, young = a_story(store, "old"), a_story(store, "young")
    publish(store, old)
    if is_published:
        publish(store, young)
    merge(store, old, young)
    assert store.shelf.aliases([old]) == ({old: (young,)} if is_published else {})
    assert store.shelf.named() == ({old, young} if is_published else {old})


# ---------------------------------------------------------------- splits


def test_what_leaves_is_a_story_of_its_own_with_its_copies(store: Store) -> None:
    old = a_story(store, "old")
    one, two, stays = members(store, "m", 3, in_story=old)
    copy = add(store, "copy", source_id="south")
    place(store, copy, in_story=old, copy_of=two)
    new = split(store, old, one, one, two)
    assert story_of(store, old, stays, new) == [old] * 3
    assert story_of(store, one, two, copy.id) == [one] * 3
    assert stories(store) == {old: (old, False), one: (one, False)}


def test_the_entry_at_which_a_story_is_split_may_leave_with_it(store: Store) -> None:
    old = a_story(store, "old")
    (one,) = members(store, "m", 1, in_story=old)
    new = split(store, old, one, one, own=True)
    assert story_of(store, old, one, new) == [old, one, one]


def test_a_story_that_was_merged_away_is_itself_again(store: Store) -> None:
    old, young = a_story(store, "old"), a_story(store, "young")
    publish(store, old)
    publish(store, young)
    merge(store, old, young)
    split(store, old, young, young)
    assert aliases(store) == {}
    assert story_of(store, old, young) == [old, young]
    assert stories(store)[old] == (old, True)
    assert stories(store)[young] == (young, False)


def test_a_published_lead_that_stays_keeps_its_place(store: Store) -> None:
    old = a_story(store, "old")
    (one,) = members(store, "m", 1, in_story=old)
    publish(store, old)
    split(store, old, one, one)
    assert stories(store) == {old: (old, True), one: (one, False)}


def test_a_published_lead_that_leaves_takes_its_place_along(store: Store) -> None:
    """Readers know that item by its guid: it stays, as the lead of the story that it founds."""
    old = a_story(store, "old", date=NOW - 3 * DAY)
    one, two = members(store, "m", 2, in_story=old)
    publish(store, old, two)
    split(store, old, one, one, two)
    assert stories(store) == {old: (old, False), one: (two, True)}
    assert store.shelf.record(one).guid == f"urn:{two}"
    assert store.shelf.unpublished([old, one]) == (old,)
    assert dict(rows(store, "SELECT id, date FROM stories")) == {
        old: (NOW - 3 * DAY).timestamp(),
        one: (NOW - 2 * HOUR).timestamp(),
    }


def test_the_pages_of_both_parts_are_behind(store: Store) -> None:
    old, other = a_story(store, "old"), a_story(store, "other")
    (one,) = members(store, "m", 1, in_story=old)
    publish(store, old)
    publish(store, other)
    clean_all(store)
    split(store, old, one, one)
    publish(store, one)
    assert set(store.shelf.dirty()) == {old, one}


# ---------------------------------------------------------------- the desk's memory


def test_what_live_entries_are_remembered_by_is_kept_until_it_is_forgotten(store: Store) -> None:
    one, two = add(store, "one"), add(store, "two")
    place(store, one, features=b"1")
    place(store, two, features=b"2")
    assert [placed.features for _, placed in store.entries.in_order()] == [b"1", b"2"]
    with store.transaction():
        store.stories.forget([one.id, "nobody"])
    assert [placed.features for _, placed in store.entries.in_order()] == [b"", b"2"]


def test_a_memory_knows_the_last_decision_that_it_holds(store: Store) -> None:
    assert store.stories.memory("learned") is None
    assert store.stories.last_decision() == 0
    for number in range(3):
        with store.transaction():
            store.stories.remember("learned", bytes([number]))
        assert store.stories.memory("learned") == (number, bytes([number]))
        a_story(store, f"s{number}")
    assert store.stories.last_decision() == 3


def test_relations_of_one_pair_may_be_of_subject_and_of_saga(store: Store) -> None:
    article, story = a_story(store, "article"), a_story(store, "story")
    for is_subject, score in ((True, 0.3), (False, 0.4), (False, 0.2)):
        relation = Relation(
            story_id=article, other_id=story, entry_id=story, score=score, is_subject=is_subject
        )
        with store.transaction():
            store.stories.relate([relation])
    assert rows(store, "SELECT score, is_subject FROM relations") == [(0.4, 1)]
    both = Relation(story_id=article, other_id=story, entry_id=story, score=0.4, is_subject=True)
    assert store.stories.relations(story, article) == store.stories.relations(article, story) == (both,)
