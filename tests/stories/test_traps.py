"""Entries that are easily taken for one story, or for several: what belongs together does, and nothing else.

Every trap is sprung on a desk that has seen nothing yet, as in the first hour of an installation.
"""

import pytest

from aggregator.pipeline import new_desk
from aggregator.settings import Stories
from tests.stories.labelled import Ledger, Trap, ledger_of, traps

# What words alone cannot decide, or not yet: why each of these goes wrong. A trap that is mended fails here.
KNOWN_LIMITS = {
    "verdict postponed": "three days later it scores 0.275 where an empty desk asks for 0.297",
    "death toll rises after two days": "two days later it scores less than an empty desk asks for",
    "two springfields": "one name for two towns: which state is meant is one word, and weighs like any other",
    "press release portal twice": "company, portal and form are one; what was completed is a few words",
}


def sprung(trap: Trap) -> Ledger:
    desk = new_desk(Stories())
    return ledger_of([desk.place(labelled.brief) for labelled in trap.entries])


def as_told(trap: Trap) -> list[pytest.MarkDecorator]:
    reason = KNOWN_LIMITS.get(trap.name)
    return [pytest.mark.xfail(strict=True, reason=reason)] if reason else []


@pytest.mark.parametrize("trap", [pytest.param(t, id=t.name, marks=as_told(t)) for t in traps()])
def test_a_trap_catches_nothing(trap: Trap) -> None:
    ledger = sprung(trap)
    ids = [labelled.brief.entry_id for labelled in trap.entries]
    letters = [labelled.story for labelled in trap.entries]
    firsts = {ledger.story_of[ids[i]]: letters[i] for i in reversed(range(len(ids)))}
    assert [firsts[ledger.story_of[entry_id]] for entry_id in ids] == letters, "apart"
    assert len(firsts) == len(set(letters)), "together"
    assert [ledger.copy_of[entry_id] for entry_id in ids] == [labelled.copy_of for labelled in trap.entries]


def test_there_are_traps_enough_of_every_kind() -> None:
    assert len(traps()) == len({trap.name for trap in traps()}) >= 130
    well = {trap.kind for trap in traps() if trap.name not in KNOWN_LIMITS}
    assert well == {trap.kind for trap in traps()}


def test_what_is_said_to_be_a_limit_is_a_trap() -> None:
    assert KNOWN_LIMITS.keys() <= {trap.name for trap in traps()}
