"""What the store remembers of stories: members, relations, leads that stay, and which pages are behind."""

import json
from datetime import date, datetime
from typing import Any

import pytest

from aggregator.model import (
    Attribution,
    Change,
    Entry,
    Evidence,
    FeedInfo,
    Person,
    Placement,
    Relation,
    SourceCard,
    SourceState,
    Update,
)
from aggregator.settings import Output
from aggregator.store import Store
from tests.world import DAY, HOUR, NOW, a_state, an_arrival, under

NORTH = a_state("north", name="North", tags=("news", "music"))
SOUTH = a_state("south", tags=("music",))
NONE = Evidence(rung="none", score=0.0, threshold=0.0)


def configure(store: Store, *states: SourceState) -> None:
    with store.transaction():
        store.sources.configure(states, paused=frozenset())


@pytest.fixture
def store(store: Store) -> Store:
    configure(store, NORTH, SOUTH)
    return store


def add(store: Store, name: str, *, date: datetime = NOW - HOUR, **given: Any) -> Entry:
    arrival = an_arrival(name, date=date, **given)
    with store.transaction():
        store.entries.add([under(arrival, f"urn:{arrival.entry.id}")], first_seen=NOW)
    return arrival.entry


def place(store: Store, entry: Entry, *, in_story: str = "", **given: Any) -> None:
    with store.transaction():
        defaults: dict[str, Any] = {"entry_id": entry.id, "story_id": in_story or entry.id, "because": NONE}
        store.stories.place(Placement(**defaults | given), now=NOW)


def a_story(store: Store, name: str, **given: Any) -> str:
    entry = add(store, name, **given)
    place(store, entry)
    return entry.id


def publish(store: Store, story_id: str, lead_id: str = "") -> None:
    with store.transaction():
        store.shelf.publish(story_id, lead_id=lead_id or story_id)


def relate(store: Store, story_id: str, other_id: str, score: float, entry_id: str = "") -> None:
    relation = Relation(story_id=story_id, other_id=other_id, entry_id=entry_id or other_id, score=score)
    with store.transaction():
        store.stories.relate([relation])


def clean_all(store: Store) -> None:
    with store.transaction():
        store.shelf.clean()


# ---------------------------------------------------------------- placing


def test_an_entry_that_founds_a_story_leads_it(store: Store) -> None:
    story_id = a_story(store, "bridge", date=NOW - DAY)
    record = store.shelf.record(story_id)
    assert (record.id, record.lead.id, record.date) == (story_id, story_id, NOW - DAY)
    assert [telling.entry_id for telling in record.members] == [story_id]


def test_members_come_newest_first_and_copies_say_whom_they_copy(store: Store) -> None:
    story_id = a_story(store, "bridge", date=NOW - DAY)
    later, copy = add(store, "later"), add(store, "copy", source_id="south", date=NOW - 2 * HOUR)
    place(store, later, in_story=story_id)
    place(store, copy, in_story=story_id, copy_of=story_id)
    members = store.shelf.record(story_id).members
    assert [(telling.entry_id, telling.copy_of) for telling in members] == [
        (later.id, ""),
        (copy.id, story_id),
        (story_id, ""),
    ]


def test_why_an_entry_was_placed_is_written_down(store: Store) -> None:
    first, second = a_story(store, "bridge"), add(store, "again")
    because = Evidence(
        rung="event", score=0.5, threshold=0.26, shared=(("girders", 0.3),), veto="numbers differ"
    )
    place(store, second, in_story=first, because=because, near=first)
    row = next(store._db.query("SELECT * FROM decisions WHERE entry_id = ?", [second.id]))
    assert (row["rung"], row["score"], row["threshold"], row["near"]) == ("event", 0.5, 0.26, first)
    assert (json.loads(row["shared"]), row["veto"]) == ([["girders", 0.3]], "numbers differ")


def test_stories_about_one_subject_are_found_from_the_story_they_belong_to(store: Store) -> None:
    article, later = a_story(store, "article", is_article=True), a_story(store, "later")
    relate(store, article, later, 0.4)
    (telling,) = store.shelf.record(article).related
    assert (telling.entry_id, telling.story_id, telling.score) == (later, later, 0.4)
    assert store.shelf.record(later).related == ()


def test_of_two_relations_of_a_pair_the_nearer_stays(store: Store) -> None:
    article, story, other = a_story(store, "article"), a_story(store, "story"), add(store, "other")
    place(store, other, in_story=story)
    for score, entry_id in ((0.4, story), (0.6, other.id), (0.5, story)):
        relate(store, article, story, score, entry_id)
    (telling,) = store.shelf.record(article).related
    assert (telling.entry_id, telling.score) == (other.id, 0.6)


# ---------------------------------------------------------------- leads


def test_a_lead_is_fixed_once_it_is_published(store: Store) -> None:
    story_id = a_story(store, "bridge", date=NOW - DAY)
    second = add(store, "second")
    place(store, second, in_story=story_id)
    assert store.shelf.unpublished([story_id, "nobody"]) == (story_id,)
    publish(store, story_id, second.id)
    assert store.shelf.unpublished([story_id]) == ()
    publish(store, story_id, story_id)
    record = store.shelf.record(story_id)
    assert (record.lead.id, record.guid, record.date) == (second.id, f"urn:{second.id}", NOW - HOUR)


def test_another_member_may_stand_in_as_the_lead(store: Store) -> None:
    story_id = a_story(store, "bridge", date=NOW - DAY)
    second = add(store, "second", source_id="south")
    place(store, second, in_story=story_id)
    record = store.shelf.record(story_id, lead_id=second.id)
    assert (record.lead.id, record.source.id, record.date) == (second.id, "south", NOW - HOUR)
    assert record.id == story_id


# ---------------------------------------------------------------- choosing


def test_the_newest_stories_come_first_and_the_limit_holds(store: Store) -> None:
    ids = [a_story(store, f"s{number}", date=NOW - number * HOUR) for number in (3, 1, 2)]
    assert store.shelf.newest(Output(), limit=9) == (ids[1], ids[2], ids[0])
    assert store.shelf.newest(Output(), limit=2) == (ids[1], ids[2])


def test_stories_of_one_moment_keep_an_order(store: Store) -> None:
    ids = [a_story(store, f"s{number}") for number in range(5)]
    assert store.shelf.newest(Output(), limit=9) == tuple(sorted(ids, reverse=True))


def test_a_tag_chooses_stories_that_any_source_with_it_told_of(store: Store) -> None:
    north, south = a_story(store, "north"), a_story(store, "south", source_id="south")
    joined = a_story(store, "joined", source_id="south", date=NOW - DAY)
    place(store, add(store, "joins"), in_story=joined)
    assert set(store.shelf.newest(Output(tags=("music",)), limit=9)) == {north, south, joined}
    assert set(store.shelf.newest(Output(tags=("news",)), limit=9)) == {north, joined}
    assert store.shelf.newest(Output(tags=("sport",)), limit=9) == ()
    assert store.shelf.newest(Output(tags=("mus",)), limit=9) == ()


def test_a_story_led_by_a_removed_source_is_not_chosen(store: Store) -> None:
    north, south = a_story(store, "north"), a_story(store, "south", source_id="south")
    configure(store, SOUTH)
    assert store.shelf.newest(Output(), limit=9) == (south,)
    configure(store, NORTH, SOUTH)
    assert set(store.shelf.newest(Output(), limit=9)) == {north, south}


def test_articles_are_chosen_however_old(store: Store) -> None:
    old = a_story(store, "old", is_article=True, date=NOW - 900 * DAY)
    new = a_story(store, "new", is_article=True)
    a_story(store, "no article")
    assert store.shelf.of_articles(Output(), limit=9) == (new, old)
    assert store.shelf.of_articles(Output(), limit=1) == (new,)
    assert store.shelf.of_articles(Output(tags=("news",)), limit=9) == (new, old)
    assert store.shelf.of_articles(Output(tags=("sport",)), limit=9) == ()


# ---------------------------------------------------------------- which pages are behind


def test_pages_may_be_left_over_until_it_is_said_that_all_are_out(store: Store) -> None:
    story_id = a_story(store, "bridge")
    publish(store, story_id)
    assert not store.shelf.has_leftovers()
    with store.transaction():
        store.takedowns.ask("entry", story_id)
        store.takedowns.carry_out(at=NOW)
    assert store.shelf.has_leftovers()
    clean_all(store)
    assert not store.shelf.has_leftovers()


def test_only_published_stories_have_pages(store: Store) -> None:
    story_id = a_story(store, "bridge")
    assert store.shelf.dirty() == ()
    publish(store, story_id)
    assert store.shelf.dirty() == (story_id,)
    clean_all(store)
    assert store.shelf.dirty() == ()


@pytest.mark.parametrize("event", ["a member", "a relation", "a change", "everything", "named"])
def test_a_page_is_behind_after(store: Store, event: str) -> None:
    story_id, other = a_story(store, "bridge"), a_story(store, "other")
    publish(store, story_id)
    publish(store, other)
    clean_all(store)
    if event == "a member":
        place(store, add(store, "later"), in_story=story_id)
    elif event == "a relation":
        relate(store, story_id, other, 0.5)
    elif event == "a change":
        with store.transaction():
            store.entries.change(Change(entry=store.shelf.record(story_id).lead))
    elif event == "everything":
        with store.transaction():
            store.stories.soil_all()
    else:
        with store.transaction():
            store.stories.soil([story_id])
    expected = {story_id, other} if event == "everything" else {story_id}
    assert set(store.shelf.dirty()) == expected


# ---------------------------------------------------------------- records


def test_a_record_introduces_the_source_of_its_lead(store: Store) -> None:
    feed = FeedInfo(
        title="Own title",
        url="https://north.example/",
        feed_url="https://north.example/self",
        id="urn:feed",
        rights="CC0",
        authors=(Person(name="Ada"),),
        updated=NOW,
    )
    with store.transaction():
        store.sources.apply(Update(source_id="north", tried=NOW, next_due=NOW, feed=feed))
    assert store.shelf.record(a_story(store, "bridge")).source == SourceCard(
        id="north",
        title="North",
        url="https://north.example/",
        feed_url="https://north.example/self",
        feed_id="urn:feed",
        rights="CC0",
        authors=(Person(name="Ada"),),
    )


@pytest.mark.parametrize(
    ("kind", "feed_url"),
    [
        pytest.param("http", "https://south.example/feed", id="a feed: where it is asked for"),
        pytest.param("path", "", id="files: nowhere"),
    ],
)
def test_a_source_that_does_not_say_where_it_is_is_at(store: Store, kind: str, feed_url: str) -> None:
    configure(store, a_state("south", kind=kind))
    assert store.shelf.record(a_story(store, "x", source_id="south")).source.feed_url == feed_url


def test_a_story_has_the_tags_of_all_its_sources(store: Store) -> None:
    story_id = a_story(store, "bridge", source_id="south")
    assert store.shelf.record(story_id).tags == ("music",)
    place(store, add(store, "again"), in_story=story_id)
    assert store.shelf.record(story_id).tags == ("music", "news")


@pytest.mark.parametrize(
    ("full_text", "is_article", "is_whole"),
    [
        pytest.param(False, False, False, id="an excerpt of strangers"),
        pytest.param(True, False, True, id="the whole where it is allowed"),
        pytest.param(False, True, True, id="our own articles whole"),
    ],
)
def test_how_much_may_be_published(store: Store, full_text: bool, is_article: bool, is_whole: bool) -> None:
    configure(store, a_state("north", is_full_text=full_text))
    assert store.shelf.record(a_story(store, "x", is_article=is_article)).is_full_text is is_whole


def test_an_attribution_leads_to_the_oldest_entry_of_that_title(store: Store) -> None:
    attribution = Attribution(
        title="AI can perform a song, but can it make art?", published=date(2025, 11, 29)
    )
    story_id = a_story(store, "article", is_article=True, attribution=attribution)
    assert store.shelf.record(story_id).attribution_url == ""
    add(store, "nowhere", title=attribution.title, url="", date=NOW - 3 * DAY)
    add(store, "later", title=attribution.title)
    add(store, "oldest", title="  ai can perform a song \u2013 but CAN it make art ", date=NOW - 2 * DAY)
    assert store.shelf.record(story_id).attribution_url == "https://north.example/oldest"


def test_an_article_is_not_its_own_source(store: Store) -> None:
    attribution = Attribution(title="The same title")
    story_id = a_story(
        store, "article", title="The same title", attribution=attribution, url="https://own.example/"
    )
    assert store.shelf.record(story_id).attribution_url == ""
