"""A desk made anew from the store: what is no longer live, or never was, must not lead it astray."""

from datetime import datetime

import pytest

from aggregator import pipeline
from aggregator.model import Brief
from aggregator.settings import Override, Settings, Stories
from aggregator.store import Store
from tests.stories.labelled import introduce, take_in
from tests.stories.test_desk import TITLES, WINDOW, a_crowd, told
from tests.world import CHESS, DAY, NOW

SETTINGS = Settings(stories=Stories(window=WINDOW))


def regroup(store: Store, *portions: list[Brief], settings: Settings = SETTINGS, is_reopened: bool) -> None:
    """Take portions in, with one desk or with a new one for each."""
    introduce(store, [brief for portion in portions for brief in portion])
    desk = pipeline.open_desk(store, settings)
    for portion in portions:
        take_in(store, portion)
        pipeline.regroup(store, desk, now=NOW)
        pipeline.save_desk(store, desk)
        if is_reopened:
            desk = pipeline.open_desk(store, settings)


def orders(store: Store) -> list[int]:
    return [placed.order for _, placed in store.entries.in_order()]


def late(date: datetime) -> list[Brief]:
    return [told("chess", "late", date=date)]


def test_decisions_are_counted_on_after_one_about_an_entry_that_was_never_live(store: Store) -> None:
    """A source of old entries alone was added, then we stopped: the number of its decision is taken."""
    portions = ([told("bridge")], late(NOW - 2 * WINDOW), [told("comet")])
    regroup(store, *portions, is_reopened=True)
    assert orders(store) == [1, 2, 3]


@pytest.mark.parametrize("is_reopened", [False, True])
def test_copies_name_their_lead_when_it_is_long_gone(store: Store, is_reopened: bool) -> None:
    first, *others = [told("bridge", f"s{days}", date=NOW + days * DAY) for days in (0, 3, 6, 9, 12)]
    crowd = [told("chess", "c", date=NOW + 11 * DAY)]
    regroup(store, [*a_crowd(), first], others[:-1], crowd, others[-1:], is_reopened=is_reopened)
    found = {brief.entry_id: placed.copy_of for brief, placed in store.entries.in_order()}
    assert [found[other.entry_id] for other in others] == [first.entry_id] * 4


@pytest.mark.parametrize("is_reopened", [False, True])
def test_a_rule_holds_when_the_first_entry_that_it_found_is_long_gone(
    store: Store, is_reopened: bool
) -> None:
    merge = Override(action="merge", title=TITLES["bridge"])
    settings = Settings(stories=Stories(window=WINDOW, overrides=(merge,)))
    first = told("bridge", "a", date=NOW)
    last = told("bridge", "b", date=NOW + 2 * WINDOW, text=CHESS)
    portions = ([first], [told("comet", date=NOW + WINDOW + DAY)], [last])
    regroup(store, *portions, settings=settings, is_reopened=is_reopened)
    stories = {brief.entry_id: placed.story_id for brief, placed in store.entries.in_order()}
    assert stories[last.entry_id] == stories[first.entry_id]
