"""Stories across languages, with an encoder that knows some words and their translations."""

from pathlib import Path
from typing import Any

import pytest

from aggregator.model import Brief, Placement
from aggregator.pipeline import new_desk
from aggregator.settings import Settings, Stories
from aggregator.store import Store
from aggregator.stories import Desk
from tests.stories.test_desk import a_crowd
from tests.stories.test_reopened import regroup
from tests.world import DAY, HOUR, NOW, a_brief

MODEL = str(Path(__file__).parent.parent / "data" / "meaning")
SETTINGS = Settings(stories=Stories(model=MODEL))

ENGLISH = "Engineers found cracks in the Wirra bridge. Traffic and trucks: ferries over the river."
AGAIN = "Wirra bridge: repairs will take months, says mayor Lindqvist; engineers found more cracks."
FRENCH = "Des ingénieurs trouvent fissures : pont Wirra. Circulation, camions : bacs sur le fleuve."
FRENCH_AGAIN = "Pont Wirra : travaux, des mois, dit maire Lindqvist ; ingénieurs trouvent fissures."
COMET = "Comète brillante : les astronomes, le télescope, queue, ciel."


def told(name: str, text: str, language: str, *, title: str = "", **given: Any) -> Brief:
    return a_brief(
        name, title=title or text.split(".")[0], text=text, language=language, source_id=name, **given
    )


def bridge(name: str = "en", **given: Any) -> Brief:
    return told(name, ENGLISH, "en", **given)


def pont(name: str = "fr", **given: Any) -> Brief:
    return told(name, FRENCH, "fr", **given)


def a_desk(**given: Any) -> Desk:
    desk = new_desk(Stories(**{"model": MODEL} | given))
    for brief in a_crowd():
        desk.place(brief)
    return desk


def placed(*briefs: Brief, **given: Any) -> list[Placement]:
    desk = a_desk(**given)
    return [desk.place(brief) for brief in briefs]


def test_what_is_told_in_two_languages_is_one_story() -> None:
    first, second = placed(bridge(), pont())
    assert second.story_id == first.story_id
    assert (second.because.rung, second.near) == ("meaning", first.entry_id)
    assert second.because.score >= second.because.threshold == 0.8


def test_without_a_model_it_is_two() -> None:
    first, second = placed(bridge(), pont(), model="")
    assert second.story_id != first.story_id


def test_another_event_stays_apart() -> None:
    first, second = placed(bridge(), told("fr", COMET, "fr"))
    assert second.story_id != first.story_id
    assert second.because.rung == "none"


def test_what_follows_in_either_language_joins() -> None:
    more = [told("en2", AGAIN, "en"), told("fr2", FRENCH_AGAIN, "fr")]
    found = placed(bridge(), pont(), *more, told("fr3", FRENCH_AGAIN.replace("plus", ""), "fr"))
    assert {placement.story_id for placement in found} == {found[0].story_id}


def test_a_story_in_two_languages_is_not_split_for_want_of_common_words() -> None:
    tellings = [bridge(f"en{n}", date=NOW + n * HOUR) for n in range(6)]
    tellings += [pont(f"fr{n}", date=NOW + n * HOUR) for n in range(6)]
    assert not any(placement.split for placement in placed(*tellings))


@pytest.mark.parametrize(
    ("english", "french"),
    [
        pytest.param("12 cracks in the bridge", "7 fissures : le pont", id="other numbers"),
        pytest.param("Bridge v3.1 closed", "Pont v3.2 fermé", id="another version"),
    ],
)
def test_what_is_numbered_differently_stays_apart(english: str, french: str) -> None:
    first, second = placed(bridge(title=english), pont(title=french))
    assert second.story_id != first.story_id


def test_the_same_days_later_is_asked_for_more() -> None:
    first, second = placed(bridge(), pont(date=NOW + 9 * DAY), alike=0.95)
    assert second.story_id != first.story_id
    first, second = placed(bridge(), pont(), alike=0.95)
    assert second.story_id == first.story_id


def test_what_left_the_window_is_not_found() -> None:
    first, _, third = placed(bridge(), bridge("late", date=NOW + 20 * DAY), pont(date=NOW + 20 * DAY))
    assert third.story_id != first.story_id


@pytest.mark.parametrize("is_reopened", [False, True])
def test_a_desk_made_anew_knows_what_was_meant(store: Store, is_reopened: bool) -> None:
    regroup(store, [*a_crowd(), bridge()], [pont()], settings=SETTINGS, is_reopened=is_reopened)
    found = {brief.source_id: placed.story_id for brief, placed in store.entries.in_order()}
    assert found["en"] == found["fr"]
