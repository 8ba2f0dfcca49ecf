"""Copies share a text or an address; what a site prints under everything does not count."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from aggregator.model import Evidence
from aggregator.stories.copies import (
    FARTHEST,
    SHARED,
    SHORT_FARTHEST,
    WITHIN,
    Copies,
    Surroundings,
    compare,
    is_met,
    titles_alike,
)
from aggregator.stories.live import Live
from aggregator.stories.words import read
from tests.stories.makers import a_live
from tests.world import BRIDGE, CHESS, HOUR, NOW, a_brief

TITLE = "Cracks close the Wirra bridge"
TABLE = (
    "Water levels of the river Wirra today: Karlstad {} cm, Molkom {} cm, Forshaga {} cm, all still rising."
)
CROWD = [
    a_live(f"crowd {n}", {}, text=f"{CHESS} number {n}", source_id=f"c{n}", order=n) for n in range(10, 30)
]


def compared(one: dict[str, Any], two: dict[str, Any]) -> Evidence | None:
    """Compare the second of two entries with the first, among some others."""
    given: dict[str, Any] = {"title": TITLE, "text": BRIDGE, "date": NOW}
    first = a_live("one", {}, order=1, **given | {"source_id": "north"} | one)
    second = a_live("two", {}, order=2, **given | {"source_id": "south"} | two)
    brief = a_brief(
        "two", **{k: v for k, v in (given | {"source_id": "south"} | two).items() if k != "issues"}
    )
    return compare(second, first, read(brief), Surroundings([first, *CROWD], 1000, SHARED))


@pytest.mark.parametrize(
    ("one", "two", "rung"),
    [
        pytest.param({}, {}, "text", id="the same text"),
        pytest.param({"text": f"{BRIDGE} {CHESS}"}, {}, "text", id="an excerpt"),
        pytest.param({}, {"title": "Weeks of ferries in Karlstad"}, "text", id="another title"),
        pytest.param({"text": ""}, {"text": ""}, "title", id="one title, no text"),
    ],
)
def test_a_copy_is_found(one: dict[str, Any], two: dict[str, Any], rung: str) -> None:
    evidence = compared(one, two)
    assert evidence is not None
    assert (evidence.rung, evidence.veto, is_met(evidence)) == (rung, "", True)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        pytest.param({}, {"text": CHESS}, id="another text"),
        pytest.param({}, {"date": NOW + timedelta(seconds=FARTHEST + 1)}, id="days later"),
        pytest.param(
            {"text": ""}, {"text": "", "title": "Cracks shut the bridge"}, id="no text, another title"
        ),
        pytest.param(
            {"text": "", "title": "Links of today"},
            {"text": "", "title": "Links of today"},
            id="a short title",
        ),
    ],
)
def test_what_is_not_even_alike_is_no_evidence(one: dict[str, Any], two: dict[str, Any]) -> None:
    assert compared(one, two) is None


@pytest.mark.parametrize(
    ("one", "two", "veto"),
    [
        pytest.param(
            {"text": TABLE.format(412, 377, 298)},
            {"text": TABLE.format(431, 385, 305)},
            "the numbers in them differ",
            id="the next day's table",
        ),
        pytest.param(
            {"title": "Wirra report v3"},
            {"title": "Wirra report v4"},
            "their titles count differently",
            id="ordinals",
        ),
        pytest.param(
            {"text": ""},
            {"text": "", "date": NOW + timedelta(seconds=SHORT_FARTHEST + 1)},
            "so short a text, more than 20 hours apart, is another one",
            id="no text and a day between",
        ),
        pytest.param(
            {"title": "Goat boards a tram in Prague"},
            {"title": "Planning board rejects supermarket"},
            "what they share is not what their titles say",
            id="what they share is furniture",
        ),
        pytest.param(
            {
                "source_id": "south",
                "text": f"{BRIDGE} Ferry times of today: at eight, nine, ten, eleven and noon.",
            },
            {
                "issues": 2,
                "date": NOW + timedelta(days=1),
                "text": f"{BRIDGE} Nothing else is known so far, but we shall tell you.",
            },
            "it is the next of a series",
            id="the next of a series",
        ),
    ],
)
def test_a_copy_is_forbidden(one: dict[str, Any], two: dict[str, Any], veto: str) -> None:
    evidence = compared(one, two)
    assert evidence is not None
    assert evidence.score >= evidence.threshold
    assert (evidence.veto, is_met(evidence)) == (veto, False)


def test_more_is_asked_within_one_source() -> None:
    one, two = compared({}, {}), compared({}, {"source_id": "north"})
    assert one is not None
    assert two is not None
    assert (one.threshold, two.threshold) == (SHARED, SHARED + WITHIN)


@pytest.mark.parametrize(
    ("one", "two", "share"),
    [
        pytest.param("cracks close the bridge", "cracks close the bridge", 1.0, id="the same"),
        pytest.param("cracks close bridge", "cracks in the bridge", 2 / 3, id="of the shorter"),
        pytest.param("cracks", "comet", 0.0, id="nothing"),
        pytest.param("!", "!", 0.0, id="no words"),
    ],
)
def test_titles_are_alike_by_the_words_of_the_shorter(one: str, two: str, share: float) -> None:
    first, second = a_live("one", {}, title=one), a_live("two", {}, title=two)
    assert titles_alike(first, second) == titles_alike(second, first) == share


def test_rare_shingles_weigh_more_than_common_ones() -> None:
    furniture = "Sign up for our newsletter and read the best of the valley every morning."
    one = a_live("one", {}, order=1, text=f"{furniture} {BRIDGE}", title=TITLE)
    two = a_live("two", {}, order=2, text=f"{furniture} {CHESS}", title="Okonkwo wins")
    crowd = [a_live(f"c{n}", {}, order=n, text=f"{furniture} {n}") for n in range(10, 30)]
    alone, among = Surroundings([one, two], 100, SHARED), Surroundings([one, two, *crowd], 100, SHARED)
    assert 0 < among.share(one, two) < alone.share(one, two) < SHARED


# ---------------------------------------------------------------- among many


def kept(*entries: Live) -> Copies:
    copies = Copies()
    for live in entries:
        copies.add(live)
    return copies


def found(copies: Copies, live: Live) -> Live | None:
    match = copies.find(live, read(a_brief(title=TITLE, text=BRIDGE)))
    return match[0] if match else None


def test_the_likest_is_found_and_of_the_likest_the_first() -> None:
    first = a_live("one", {}, title=TITLE, text=BRIDGE, source_id="a", order=1)
    second = a_live("two", {}, title=TITLE, text=BRIDGE, source_id="b", order=2)
    part = a_live("part", {}, title=TITLE, text=BRIDGE[: len(BRIDGE) // 2], source_id="c", order=3)
    new = a_live("new", {}, title=TITLE, text=BRIDGE, source_id="d", order=4)
    assert found(kept(part, second, first, *CROWD), new) is first
    assert found(kept(part, *CROWD), new) is part
    assert found(kept(*CROWD), new) is None


def test_what_was_taken_out_is_not_found() -> None:
    first = a_live("one", {}, title=TITLE, text=BRIDGE, source_id="a", url="https://a.example/x")
    new = a_live("new", {}, title=TITLE, text=BRIDGE, source_id="b", url="https://a.example/x?utm_source=b")
    copies = kept(first)
    assert (found(copies, new), copies.same_address(new)) == (first, first)
    copies.remove(first)
    copies.remove(first)
    assert (found(copies, new), copies.same_address(new)) == (None, None)


PAGE = "https://a.example/page"


@pytest.mark.parametrize(
    ("entries", "is_evidence"),
    [
        pytest.param([("a", "One")], True, id="another source at one address"),
        pytest.param([("b", "One")], False, id="its own source"),
        pytest.param([("a", "One"), ("a", "Two")], False, id="a source that gives it to several"),
        pytest.param([("a", "One"), ("a", "One")], True, id="a source that gives it to one twice"),
        pytest.param([("a", "One"), ("a", "Two"), ("c", "One")], True, id="a third source that does not"),
        pytest.param([("a", "One"), ("b", "Two")], False, id="it gives it to several itself"),
        pytest.param([], False, id="nobody else"),
    ],
)
def test_one_address_in_two_sources_is_evidence(
    entries: Sequence[tuple[str, str]], is_evidence: bool
) -> None:
    others = [
        a_live(f"e{number}", {}, source_id=source_id, title=title, url=PAGE)
        for number, (source_id, title) in enumerate(entries)
    ]
    new = a_live("new", {}, source_id="b", title="One", url=PAGE, date=NOW + HOUR)
    assert (kept(*others).same_address(new) is not None) is is_evidence
