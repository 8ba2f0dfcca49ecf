"""The window holds what is near the newest, and knows the copies of what it holds."""

from datetime import timedelta

from aggregator.stories.live import Live
from aggregator.stories.window import Window
from tests.stories.makers import a_live
from tests.world import NOW


def at(name: str, hours: float, *, order: int, lead: Live | None = None) -> Live:
    live = a_live(name, {}, date=NOW + timedelta(hours=hours), order=order)
    live.lead = lead
    return live


def test_entries_leave_in_the_order_of_their_dates() -> None:
    window = Window(3600)
    late, early, new = at("late", 0.5, order=1), at("early", 0, order=2), at("new", 1.2, order=3)
    for live in (late, early):
        assert list(window.advance(live.moment)) == []
        window.add(live)
    assert list(window.advance(new.moment)) == [early]
    assert late.entry_id in window
    assert early.entry_id not in window
    assert window.is_too_old(early)
    assert list(window.advance(at("newer", 9, order=4).moment)) == [late]
    assert list(window.advance(early.moment)) == []


def test_copies_go_with_what_they_copy_as_long_as_they_are_live() -> None:
    window = Window(3600)
    one = at("one", 0.5, order=1)
    old, other, copy = (
        at("old", 0, order=2, lead=one),
        at("other", 0.5, order=3),
        at("c", 1, order=4, lead=one),
    )
    for live in (one, old, other, copy):
        window.add(live)
    ids = [live.entry_id for live in (one, old, other, copy)]
    assert list(window.with_copies([other, one])) == ids
    assert list(window.advance(copy.moment + 1)) == [old]
    assert list(window.with_copies([one])) == [ids[0], ids[3]]
    list(window.advance(copy.moment + 7200))
    assert window.with_copies([]) == ()
