"""A story arranged for its readers: who leads, what came later, what came before, who copies."""

from datetime import datetime

import pytest

from aggregator.model import Coverage, Telling
from aggregator.stories.coverage import arrange, choose_lead
from tests.world import DAY, HOUR, NOW, a_name, a_record, a_telling

LEAD = a_telling("lead")


def titles(lines: tuple[Coverage, ...]) -> list[str]:
    return [line.title.removeprefix("The headline of ") for line in lines]


def related(name: str, score: float = 0.5, **given: object) -> Telling:
    return a_telling(name, story_id=a_name(f"story of {name}"), score=score, **given)


# ---------------------------------------------------------------- who leads


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(
            {"is_article": True, "date": NOW}, {"priority": 9, "has_full_text": True}, id="our own article"
        ),
        pytest.param({"priority": 2, "date": NOW}, {"priority": 1, "has_full_text": True}, id="priority"),
        pytest.param({"priority": 0}, {"priority": -1}, id="a priority below none"),
        pytest.param(
            {"date": NOW},
            {"is_relayed": True, "has_full_text": True, "date": NOW - DAY},
            id="its own telling",
        ),
        pytest.param({"has_full_text": True, "date": NOW}, {"date": NOW - DAY}, id="the whole text"),
        pytest.param({"date": NOW - DAY}, {"date": NOW}, id="who told it first"),
    ],
)
def test_a_story_is_led_by(first: dict[str, object], second: dict[str, object]) -> None:
    one, two = a_telling("one", **first), a_telling("two", **second)
    assert choose_lead([one, two]) == choose_lead([two, one]) == one.entry_id


def test_of_equals_always_the_same_leads() -> None:
    tellings = [a_telling(str(number)) for number in range(9)]
    assert choose_lead(tellings) == choose_lead(reversed(tellings))


# ---------------------------------------------------------------- later and earlier


def test_a_story_told_by_one_has_no_coverage() -> None:
    item = arrange(a_record(LEAD), limit=8)
    assert (item.more_recent, item.earlier, item.also_in) == ((), (), ())
    assert item.outlets == 1
    assert item.outlet == "North"


@pytest.mark.parametrize(
    ("date", "later"),
    [
        pytest.param(LEAD.date + HOUR, True, id="after"),
        pytest.param(LEAD.date, False, id="at the same moment"),
        pytest.param(LEAD.date - HOUR, False, id="before"),
    ],
)
@pytest.mark.parametrize("relation", ["event", "subject"])
def test_what_others_told_is_later_or_earlier_than_the_lead(
    date: datetime, later: bool, relation: str
) -> None:
    if relation == "event":
        record = a_record(LEAD, a_telling("other", outlet="South", date=date))
    else:
        record = a_record(LEAD, related=[related("other", outlet="South", date=date)])
    item = arrange(record, limit=8)
    (line,) = item.more_recent if later else item.earlier
    assert not (item.earlier if later else item.more_recent)
    assert (line.title, line.outlet, line.date) == ("The headline of other", "South", date)
    assert (line.url, line.relation) == ("https://south.example/other", relation)


def test_lists_come_newest_first() -> None:
    others = [
        a_telling(name, outlet=name, date=NOW + hours * HOUR)
        for name, hours in (("c", 3), ("a", 1), ("d", 4), ("b", 2))
    ]
    earlier = [
        a_telling(f"-{name}", outlet=f"-{name}", date=NOW - hours * HOUR)
        for name, hours in (("c", 3), ("b", 2), ("d", 4))
    ]
    item = arrange(a_record(LEAD, *others, *earlier), limit=8)
    assert titles(item.more_recent) == ["d", "c", "b", "a"]
    assert titles(item.earlier) == ["-b", "-c", "-d"]


@pytest.mark.parametrize(
    ("limit", "later", "earlier"), [(0, 0, 0), (1, 1, 0), (2, 2, 1), (5, 5, 2), (99, 9, 9)]
)
def test_a_list_is_no_longer_than_the_limit_and_the_earlier_one_half_as_long(
    limit: int, later: int, earlier: int
) -> None:
    others = [
        a_telling(f"{number}", outlet=f"o{number}", date=NOW + number * HOUR)
        for number in range(-10, 10)
        if number not in (0, -1, -10)
    ]
    others = [*others, a_telling("-10", outlet="o-10", date=NOW - 10 * HOUR)]
    item = arrange(a_record(LEAD, *others), limit=limit)
    assert (len(item.more_recent), len(item.earlier)) == (later, earlier)


def test_one_line_an_outlet_comes_before_second_ones() -> None:
    loud = [a_telling(f"loud{number}", outlet="Loud", date=NOW + number * HOUR) for number in range(1, 6)]
    quiet = [a_telling(f"quiet{number}", outlet=f"Q{number}", date=NOW) for number in range(2)]
    item = arrange(a_record(LEAD, *loud, *quiet), limit=4)
    assert titles(item.more_recent) == ["loud5", "loud4", *titles(item.more_recent)[2:]]
    assert sorted(titles(item.more_recent)[2:]) == ["quiet0", "quiet1"]


def test_the_same_event_comes_before_the_same_subject() -> None:
    event = a_telling("event", outlet="Event", date=NOW)
    subjects = [related(f"s{number}", outlet=f"S{number}", score=0.9, date=NOW + DAY) for number in range(9)]
    assert titles(arrange(a_record(LEAD, event, related=subjects), limit=1).more_recent) == ["event"]


def test_the_nearest_of_a_subject_are_chosen() -> None:
    subjects = [
        related(f"s{number}", outlet=f"S{number}", score=number / 10, date=NOW + (9 - number) * HOUR)
        for number in range(9)
    ]
    assert titles(arrange(a_record(LEAD, related=subjects), limit=3).more_recent) == ["s6", "s7", "s8"]


def test_what_cannot_be_followed_is_not_listed() -> None:
    nowhere = a_telling("nowhere", outlet="South", url="", date=NOW)
    item = arrange(a_record(LEAD, nowhere, related=[related("also", url="", date=NOW)]), limit=8)
    assert (item.more_recent, item.earlier) == ((), ())
    assert item.outlets == 2


# ---------------------------------------------------------------- copies


def test_a_page_is_named_once_however_many_entries_tell_of_it() -> None:
    page = "https://south.example/live?utm_source=feed"
    first = a_telling("first", outlet="South", url=page, date=NOW + HOUR)
    again = a_telling("again", outlet="South", url="https://south.example/live", date=NOW + 2 * HOUR)
    near = related("near", url=page, date=NOW + 3 * HOUR)
    item = arrange(a_record(a_telling(), first, again, related=[near]), limit=6)
    assert [line.entry_id for line in item.more_recent] == [first.entry_id]


def test_the_page_of_the_headline_is_not_named_again() -> None:
    lead = a_telling()
    again = a_telling("again", url=lead.url, date=NOW + HOUR)
    copy = a_telling("copy", url=lead.url, copy_of=lead.entry_id, outlet="A planet")
    item = arrange(a_record(lead, again, copy), limit=6)
    assert (item.more_recent, item.also_in, item.outlets) == ((), (), 2)


def test_copies_of_the_lead_are_named_as_carriers() -> None:
    copies = [
        a_telling(name, outlet=name, copy_of=LEAD.entry_id, date=NOW + number * HOUR)
        for number, name in enumerate(("South", "West"))
    ]
    item = arrange(a_record(LEAD, *copies), limit=8)
    assert [line.outlet for line in item.also_in] == ["West", "South"]
    assert [line.relation for line in item.also_in] == ["copy", "copy"]
    assert (item.more_recent, item.earlier) == ((), ())
    assert item.outlets == 3


def test_the_text_that_a_leading_copy_copies_is_a_carrier() -> None:
    original = a_telling("original", outlet="South")
    lead = a_telling("lead", copy_of=original.entry_id)
    sibling = a_telling("sibling", outlet="West", copy_of=original.entry_id)
    item = arrange(a_record(lead, original, sibling), limit=8)
    assert sorted(line.outlet for line in item.also_in) == ["South", "West"]
    assert item.more_recent == ()


def test_copies_of_one_text_count_once_in_a_list_and_the_first_of_them_stands() -> None:
    original = a_telling("original", outlet="South", date=NOW)
    copies = [
        a_telling(f"copy{number}", outlet=f"C{number}", copy_of=original.entry_id, date=NOW + number * HOUR)
        for number in range(3)
    ]
    item = arrange(a_record(LEAD, *copies, original), limit=8)
    assert titles(item.more_recent) == ["original"]
    assert item.also_in == ()


def test_a_copy_stands_where_its_original_cannot_be_followed() -> None:
    original = a_telling("original", outlet="South", url="", date=NOW)
    copy = a_telling("copy", outlet="West", copy_of=original.entry_id, date=NOW + HOUR)
    assert titles(arrange(a_record(LEAD, original, copy), limit=8).more_recent) == ["copy"]


def test_an_entry_of_the_story_is_not_listed_as_its_subject_again() -> None:
    member = a_telling("member", outlet="South", date=NOW)
    copy = a_telling("copy", outlet="West", copy_of=member.entry_id, date=NOW)
    item = arrange(a_record(LEAD, member, related=[member, copy]), limit=8)
    assert [(line.title, line.relation) for line in item.more_recent] == [(member.title, "event")]


# ---------------------------------------------------------------- the rest


def test_adding_coverage_moves_neither_date_nor_update() -> None:
    alone = arrange(a_record(LEAD), limit=8)
    told = arrange(a_record(LEAD, a_telling("later", outlet="South", date=NOW + DAY)), limit=8)
    assert (told.guid, told.date, told.updated) == (alone.guid, alone.date, alone.updated)


def test_the_same_record_gives_the_same_item_whatever_the_order_of_its_members() -> None:
    others = [a_telling(f"{number}", outlet=f"o{number % 3}", date=NOW) for number in range(9)]
    subjects = [related(f"s{number}", outlet=f"o{number % 3}", date=NOW) for number in range(9)]
    there = arrange(a_record(LEAD, *others, related=subjects), limit=4)
    back = arrange(a_record(LEAD, *reversed(others), related=subjects[::-1]), limit=4)
    assert there == back


def test_a_story_whose_lead_is_not_among_its_members_is_told_by_its_source() -> None:
    others = (a_telling("other", outlet="South", date=NOW),)
    item = arrange(a_record(LEAD, members=others), limit=8)
    assert item.outlet == "The North Gazette"
    assert titles(item.more_recent) == ["other"]


# ---------------------------------------------------------------- the whole story


def test_the_whole_story_names_every_copy_of_every_telling() -> None:
    later = a_telling("later", outlet="South", date=NOW)
    copies = [
        a_telling(f"copy {outlet}", outlet=outlet, date=NOW + HOUR, copy_of=later.entry_id)
        for outlet in ("East", "West")
    ]
    record = a_record(LEAD, later, *copies)
    (line,) = arrange(record, limit=0, is_whole=True).more_recent
    assert line.outlet == "South"
    assert sorted(copy.outlet for copy in line.also_in) == ["East", "West"]
    (short,) = arrange(record, limit=8).more_recent
    assert short.also_in == ()


def test_the_whole_story_leaves_no_telling_out() -> None:
    told = [a_telling(f"{n}", outlet=f"Outlet {n}", date=NOW + n * HOUR, url="") for n in range(30)]
    before = [a_telling(f"-{n}", outlet=f"Outlet {n}", date=NOW - n * DAY) for n in range(1, 30)]
    item = arrange(a_record(LEAD, *told, *before), limit=2, is_whole=True)
    assert len(item.more_recent + item.earlier) == 59


def test_about_its_subject_the_whole_story_tells_what_is_near() -> None:
    others = [related(f"{n}", date=NOW + n * HOUR) for n in range(9)]
    item = arrange(a_record(LEAD, a_telling("later", date=NOW), related=others), limit=4, is_whole=True)
    assert len(item.more_recent) == 5
