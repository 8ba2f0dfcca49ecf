"""What the operator says has the last word, and is written down as the reason."""

from dataclasses import replace
from typing import Any

import pytest

from aggregator.model import Brief, Placement
from aggregator.pipeline import new_desk
from aggregator.settings import Override, Stories
from aggregator.stories import Desk
from aggregator.stories.overrides import Overrides, speaks_of, widened
from tests.stories.test_desk import TITLES, WINDOW, a_crowd, bridge_again, told
from tests.world import DAY, HOUR, NOW, a_brief, a_name

BRIEF = a_brief("bridge", source_id="north", title="Morning briefing: Tuesday")


@pytest.mark.parametrize(
    ("said", "is_about"),
    [
        pytest.param({"source": "north"}, True, id="its source"),
        pytest.param({"source": "south"}, False, id="another source"),
        pytest.param({"ids": (BRIEF.entry_id,)}, True, id="its id"),
        pytest.param({"ids": ("0" * 32,)}, False, id="another id"),
        pytest.param({"title": "morning BRIEFING*"}, True, id="a pattern, in any case"),
        pytest.param({"title": "Morning briefing"}, False, id="a pattern is of the whole title"),
        pytest.param({"title": "*[TW]*day"}, True, id="a pattern with a set"),
        pytest.param({"source": "north", "title": "Weather*"}, False, id="all that it names must fit"),
        pytest.param({"source": "north", "title": "Morning*"}, True, id="and does"),
    ],
)
def test_an_override_speaks_of_entries(said: dict[str, Any], is_about: bool) -> None:
    assert speaks_of(Override(action="never", **said), BRIEF) is is_about


def test_the_first_override_that_speaks_of_an_entry_counts() -> None:
    rules = [
        Override(action="pin", source="north"),
        Override(action="merge", source="south"),
        Override(action="never", source="north"),
        Override(action="split", source="north"),
    ]
    overrides = Overrides(rules)
    assert overrides.of(BRIEF) == (3, rules[2])
    assert overrides.is_pinned(BRIEF)
    assert Overrides(rules[1:2]).of(BRIEF) is None
    assert not Overrides(rules[1:]).is_pinned(BRIEF)


# ---------------------------------------------------------------- at the desk


def a_desk(*overrides: Override) -> Desk:
    desk = new_desk(Stories(window=WINDOW, overrides=overrides))
    for brief in a_crowd():
        desk.place(brief)
    return desk


def placed(*briefs: Brief, by: Override) -> list[Placement]:
    desk = a_desk(by)
    return [desk.place(brief) for brief in briefs]


@pytest.mark.parametrize("alone", [0, 1, 2])
def test_what_is_never_grouped_joins_no_story_and_none_joins_it(alone: int) -> None:
    briefs = [told("bridge", "a"), bridge_again("b"), told("bridge", "c")]
    found = placed(*briefs, by=Override(action="never", ids=(briefs[alone].entry_id,)))
    others = [found[n] for n in range(3) if n != alone]
    assert found[alone].story_id == briefs[alone].entry_id
    assert found[alone].copy_of == ""
    assert others[0].story_id == others[1].story_id == others[0].entry_id


def test_the_reason_names_the_override() -> None:
    (found,) = placed(told("bridge"), by=Override(action="never", title=TITLES["bridge"]))
    assert (found.because.rung, found.because.veto) == ("rule", "overrides[0]: never")


def test_what_is_split_is_a_story_of_its_own() -> None:
    briefs = [told("bridge", "a"), told("bridge", "b"), bridge_again("c"), bridge_again("d")]
    apart = (briefs[1].entry_id, briefs[3].entry_id)
    found = placed(*briefs, by=Override(action="split", ids=apart))
    assert found[0].story_id == found[2].story_id == briefs[0].entry_id
    assert found[1].story_id == found[3].story_id == briefs[1].entry_id
    assert [placement.near for placement in found[1::2]] == ["", briefs[1].entry_id]


def test_what_is_merged_is_one_story_however_unlike() -> None:
    briefs = [
        told("bridge", "a"),
        told("comet", "b"),
        told("chess", "c", date=NOW + DAY),
        told("strike", "d"),
    ]
    ids = tuple(brief.entry_id for brief in briefs[:3])
    found = placed(*briefs, by=Override(action="merge", ids=ids))
    assert [placement.story_id for placement in found[:3]] == [briefs[0].entry_id] * 3
    assert found[3].story_id == briefs[3].entry_id
    assert found[0].because.rung == "none"
    assert found[1].because.rung == found[2].because.rung == "rule"


def test_what_is_merged_goes_where_its_first_entry_is() -> None:
    own, first, other = told("bridge", "a"), bridge_again("b"), told("comet", "c")
    found = placed(own, first, other, by=Override(action="merge", ids=(first.entry_id, other.entry_id)))
    assert [placement.story_id for placement in found] == [own.entry_id] * 3


def test_what_is_like_a_merged_story_may_join_it() -> None:
    text = "Since cracks closed the Wirra bridge in Karlstad, ferries are full, says mayor Lindqvist."
    briefs = [told("comet", "a"), told("bridge", "b"), bridge_again("c"), told("bridge", "d", text=text)]
    ids = tuple(brief.entry_id for brief in briefs[:3])
    found = placed(*briefs, by=Override(action="merge", ids=ids))
    assert found[3].story_id == found[0].story_id
    assert found[3].because.rung == "event"


def test_copies_stay_copies_in_a_merged_story() -> None:
    original, other = told("bridge", "a"), told("comet", "b")
    copy = replace(original, entry_id=a_name("copy"), source_id="c", outlet="Ada", url="https://c.example/1")
    found = placed(
        original,
        other,
        copy,
        by=Override(action="merge", ids=(original.entry_id, other.entry_id, copy.entry_id)),
    )
    assert [placement.story_id for placement in found] == [original.entry_id] * 3
    assert [placement.copy_of for placement in found] == ["", "", original.entry_id]


def test_a_merge_that_names_a_story_speaks_of_all_its_entries() -> None:
    members = {"a": ("a", "b"), "c": ("c",)}
    found = widened(
        (Override(action="merge", ids=("a", "c", "x")), Override(action="split", ids=("a",))),
        lambda story: members.get(story, ()),
    )
    assert [override.ids for override in found] == [("a", "b", "c", "x"), ("a",)]


def test_a_pinned_story_gathers_coverage_however_old() -> None:
    pinned = told("bridge", "a", date=NOW)
    later = bridge_again("b", date=NOW + 40 * DAY)
    own, new = placed(pinned, later, by=Override(action="pin", ids=(pinned.entry_id,)))
    assert own.is_pinned
    assert own.features
    assert not new.is_pinned
    assert [(r.story_id, r.other_id, r.is_subject) for r in new.relations] == [
        (own.story_id, new.story_id, True)
    ]


def test_a_pin_does_not_say_where_an_entry_belongs() -> None:
    first, second = told("bridge", "a"), bridge_again("b", date=NOW + HOUR)
    found = placed(first, second, by=Override(action="pin", source="b"))
    assert found[1].story_id == found[0].story_id
    assert (found[1].because.rung, found[1].is_pinned) == ("event", True)
