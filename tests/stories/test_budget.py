"""Later coverage goes out in few versions, seldom, and not for ever; what may not be shown goes at once."""

from datetime import timedelta
from typing import Any

import pytest

from aggregator.model import Coverage, Item, Shown
from aggregator.stories.budget import GAP, MOST_VERSIONS, SPAN, budgeted, bumped
from tests.world import DAY, HOUR, NOW, a_line, an_item

SETTLE = timedelta(minutes=15)


def line(name: str, **given: Any) -> Coverage:
    return a_line(name, entry_id=name, **given)


def item(*names: str, **given: Any) -> Item:
    return an_item("lead", more_recent=tuple(line(name) for name in names), **given)


def walk(*steps: tuple[timedelta, Item]) -> list[tuple[list[str], int]]:
    """Publish an item as it is at some moments; return what its feeds show, and the number of versions."""
    shown: Shown | None = None
    found = []
    for after, whole in steps:
        outlets = {line.entry_id: line.outlet for line in whole.more_recent}
        fed, shown = budgeted(whole, shown, outlets=outlets, at=NOW + after, settle=SETTLE)
        found.append(([line.entry_id for line in fed.more_recent], shown.versions))
    return found


def test_what_is_there_at_first_goes_out_at_first() -> None:
    assert walk((0 * HOUR, item("a", "b"))) == [(["a", "b"], 1)]


def test_nothing_new_is_no_version() -> None:
    assert walk(*((n * DAY, item("a")) for n in range(9))) == [(["a"], 1)] * 9


def test_the_first_addition_goes_out_at_once_and_the_next_after_a_pause() -> None:
    assert walk(
        (0 * HOUR, item()),
        (1 * HOUR, item("a")),
        (2 * HOUR, item("a", "b")),
        (1 * HOUR + GAP, item("a", "b", "c")),
        (2 * DAY, item("a", "b", "c", "d")),
    ) == [([], 1), (["a"], 2), (["a"], 2), (["a", "b", "c"], 3), (["a", "b", "c"], 3)]


def test_there_are_never_more_versions_than_allowed() -> None:
    steps = [(n * HOUR, item(*map(str, range(n)))) for n in range(24 * 30)]
    found = walk(*steps)
    assert found[-1][1] == MOST_VERSIONS
    assert len({tuple(ids) for ids, _ in found}) == MOST_VERSIONS


def test_after_three_days_nothing_is_added() -> None:
    assert walk((0 * HOUR, item()), (SPAN + HOUR, item("a"))) == [([], 1), ([], 1)]


def test_a_version_is_still_being_made_while_caches_keep_the_one_before() -> None:
    minute = timedelta(minutes=1)
    assert walk(
        (0 * minute, item()), (5 * minute, item("a")), (10 * minute, item("a", "b")), (20 * minute, item("c"))
    ) == [([], 1), (["a"], 1), (["a", "b"], 1), (["c"], 2)]


def test_an_article_of_ours_gathers_for_ever() -> None:
    steps = [(n * DAY, item(*map(str, range(n)), is_article=True)) for n in range(9)]
    assert [ids for ids, _ in walk(*steps)] == [list(map(str, range(n))) for n in range(9)]


def test_what_may_no_longer_be_shown_goes_at_once_and_outlets_go_by_their_name_of_today() -> None:
    shown = Shown(versions=3, first=NOW, since=NOW, more_recent=(line("a"), line("b")), also_in=(line("c"),))
    fed, now = budgeted(item("d"), shown, outlets={"b": "New Name"}, at=NOW + DAY, settle=SETTLE)
    assert [(line.entry_id, line.outlet) for line in fed.more_recent] == [("b", "New Name")]
    assert fed.also_in == now.also_in == ()
    assert now.more_recent == fed.more_recent
    assert (now.versions, now.since) == (3, NOW)


def test_a_headline_of_others_that_was_edited_waits_like_anything_new() -> None:
    shown = Shown(versions=3, first=NOW, since=NOW, more_recent=(line("a", title="Old"),))
    whole = an_item("lead", more_recent=(line("a", title="New"),))
    fed, _ = budgeted(whole, shown, outlets={"a": "The South Gazette"}, at=NOW + DAY, settle=SETTLE)
    assert [line.title for line in fed.more_recent] == ["Old"]


@pytest.mark.parametrize(("versions", "moves"), [(1, False), (2, True)])
def test_a_bump_dates_an_item_by_its_last_addition(versions: int, moves: bool) -> None:
    shown = Shown(versions=versions, first=NOW, since=NOW + DAY)
    assert (bumped(item(), shown).updated == NOW + DAY) is moves
    assert bumped(item(), shown).date == item().date
    assert bumped(item(updated=NOW + 9 * DAY), shown).updated == NOW + 9 * DAY
