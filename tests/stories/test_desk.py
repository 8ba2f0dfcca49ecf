"""The desk, whatever algorithm sits at it: copies are found, one event is one story, and the past decides."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from aggregator.model import Brief, Placed, Placement
from aggregator.pipeline import new_desk
from aggregator.settings import Stories
from aggregator.stories import Desk
from tests.world import BRIDGE, BRIDGE_AGAIN, CHESS, DAY, HOUR, NOW, a_brief

WINDOW = timedelta(days=10)

STRIKE = (
    "Dock workers in the port of Valparaiso walked out on Monday over unpaid overtime; forty container ships"
    " wait at anchor, and the harbour authority called the union to talks."
)
COMET = (
    "Astronomers at the Paranal observatory photographed comet Ibarra as its tail broke apart near the sun,"
    " leaving three glowing fragments."
)
HARVEST = (
    "Olive growers in Andalusia expect half of last year's oil after a dry spring; prices at the mills of"
    " Jaen have already doubled."
)
UNRELATED = {"strike": STRIKE, "comet": COMET, "harvest": HARVEST, "chess": CHESS, "bridge": BRIDGE}
TITLES = {
    "strike": "Valparaiso dockers strike over overtime",
    "comet": "Comet Ibarra breaks apart",
    "harvest": "Half an olive harvest in Andalusia",
    "chess": "Okonkwo wins the candidates tournament",
    "bridge": "Cracks close the Wirra bridge in Karlstad",
}


# What else is going on: so that no rarity of words rests on two entries alone.
CROWD = """
The council of Tromso voted to plant two thousand birches along the ring road before the end of May.
A museum in Oaxaca returned a jade mask to the village from which it was taken in the last century.
Rail operators in Bengal will run night trains with sleeping cars again after an interval of nine years.
Researchers in Utrecht taught honeybees to tell paintings by Mondrian from those of other artists.
The price of cocoa fell for the third week as rain returned to the plantations of Ghana and Ivory Coast.
A volcano on the island of Luzon threw ash over four towns, and the airport was shut for the afternoon.
The national orchestra of Peru cancelled its tour because of a quarrel about the instruments insurance.
Swimmers from Tonga set a record in the relay over the strait between the two largest islands.
A bakery in Marseille was given a prize for bread made with flour from acorns and chestnuts.
Electricity in the capital of Malawi failed on Sunday when a barge tore the cable in the lake.
The library of Brno opened a reading room in a tram that runs through the suburbs every evening.
Farmers in Saskatchewan found the tusk of a mammoth while they were digging a well for their cattle.
A court in Nairobi ruled that motorcycle taxis may use the bus lanes of the city at all hours.
The parliament of Iceland debated whether the clocks should be moved by one hour to follow the sun.
An opera about the inventor of the zip fastener had its first night in Malmo to long applause.
Shipbuilders in Busan launched a ferry that is driven by hydrogen and carries four hundred passengers.
Doctors at a clinic in Quito treated snake bites with a serum that needs no refrigerator.
A storm took the roof off the stadium in Wellington on the day before the final of the rugby season.
The mint of Canada will stop making the five cent coin, which costs more than it is worth.
Students in Bologna built a bicycle of bamboo and rode it to the coast without a single puncture.
""".strip().split("\n")


def a_crowd() -> list[Brief]:
    return [
        a_brief(f"crowd{number}", title=" ".join(text.split()[:6]), text=text, source_id=f"crowd{number}")
        for number, text in enumerate(CROWD)
    ]


def told(name: str, source_id: str = "north", **given: object) -> Brief:
    """Make a telling of one of the events above."""
    defaults = {"title": TITLES[name], "text": UNRELATED[name], "source_id": source_id}
    return a_brief(name, **defaults | given)


def a_desk() -> Desk:
    """Return a desk that has seen something of the world."""
    desk = new_desk(Stories(window=WINDOW))
    for brief in a_crowd():
        desk.place(brief)
    return desk


def placed(*briefs: Brief, desk: Desk | None = None) -> list[Placement]:
    """Place briefs one after the other."""
    desk = desk or a_desk()
    return [desk.place(brief) for brief in briefs]


def is_copy(first: Brief, second: Brief) -> bool:
    one, two = placed(first, second)
    assert one.copy_of == ""
    assert (two.copy_of == first.entry_id) is bool(two.copy_of)
    assert not two.copy_of or two.story_id == one.story_id
    return bool(two.copy_of)


def share_story(first: Brief, second: Brief) -> bool:
    one, two = placed(first, second)
    return one.story_id == two.story_id


# ---------------------------------------------------------------- founding


def test_the_first_entry_founds_its_story() -> None:
    brief = told("bridge")
    (placement,) = placed(brief)
    assert (placement.entry_id, placement.story_id) == (brief.entry_id, brief.entry_id)
    assert (placement.copy_of, placement.relations) == ("", ())


def test_the_first_entry_of_all_founds_its_story() -> None:
    brief = told("bridge")
    assert placed(brief, desk=new_desk(Stories(window=WINDOW)))[0].story_id == brief.entry_id


def test_unrelated_entries_share_nothing() -> None:
    briefs = [*(told(name, source) for name, source in zip(UNRELATED, "abcde", strict=True)), *a_crowd()]
    placements = placed(*briefs, desk=new_desk(Stories(window=WINDOW)))
    assert [placement.story_id for placement in placements] == [brief.entry_id for brief in briefs]
    assert {placement.copy_of for placement in placements} == {""}


@pytest.mark.parametrize("text", [pytest.param("", id="no text"), pytest.param("Short.", id="a short text")])
def test_entries_with_next_to_no_words_share_nothing(text: str) -> None:
    assert not share_story(
        a_brief("one", title="Untitled 1", text=text),
        a_brief("two", source_id="south", title="Song", text=text),
    )


# ---------------------------------------------------------------- copies


SAME = "https://north.example/2026/bridge"


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(SAME, id="equal"),
        pytest.param(f"{SAME}?utm_source=rss&utm_medium=feed", id="tracked by utm"),
        pytest.param(f"{SAME}?fbclid=IwAR0abc", id="tracked by fbclid"),
        pytest.param(f"{SAME}/", id="a slash at the end"),
        pytest.param(f"{SAME}#comments", id="a fragment"),
        pytest.param("http://north.example/2026/bridge", id="another scheme"),
        pytest.param("https://www.north.example/2026/bridge", id="www"),
        pytest.param("https://NORTH.example:443/2026/bridge", id="case and port"),
    ],
)
def test_one_address_and_title_in_two_sources_is_a_copy(url: str) -> None:
    first = told("bridge", url=SAME)
    second = told("chess", "south", url=url, title=TITLES["bridge"])
    assert is_copy(first, second)


def test_another_text_at_one_address_is_of_its_story_and_no_copy() -> None:
    first = told("bridge", url=SAME)
    comment = told("chess", "south", url=SAME, title="Another headline")
    assert share_story(first, comment)
    assert not is_copy(first, comment)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        pytest.param(f"{SAME}?id=1", f"{SAME}?id=2", id="a parameter that matters"),
        pytest.param("https://north.example/a", "https://north.example/b", id="a path"),
        pytest.param("https://north.example/a", "https://south.example/a", id="a host"),
        pytest.param("https://north.example/", "https://north.example/", id="a home page"),
        pytest.param("", "", id="no address"),
    ],
)
def test_two_addresses_are_no_evidence_of_a_copy(one: str, two: str) -> None:
    assert not is_copy(told("bridge", url=one), told("chess", "south", url=two))


def test_a_source_that_gives_every_entry_one_link_is_no_evidence() -> None:
    page = "https://north.example/news"
    own = [told(name, url=page) for name in ("bridge", "chess", "comet")]
    assert [placement.copy_of for placement in placed(*own)] == ["", "", ""]


def test_an_address_that_its_own_source_gives_to_many_makes_no_copy_of_anothers() -> None:
    page = "https://north.example/news"
    own = [told(name, url=page) for name in ("bridge", "chess", "comet")]
    assert placed(*own, told("strike", "south", url=page))[-1].copy_of == ""


def test_identical_text_is_a_copy() -> None:
    assert is_copy(told("bridge"), told("bridge", "south"))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(BRIDGE.upper(), id="in capitals"),
        pytest.param(BRIDGE.replace(". ", " – "), id="other punctuation"),
        pytest.param(BRIDGE + " Reporting by our correspondent.", id="with a line added"),
    ],
)
def test_text_that_differs_in_its_dress_only_is_a_copy(text: str) -> None:
    assert is_copy(told("bridge"), told("bridge", "south", text=text))


def test_a_copy_of_a_copy_is_a_copy_of_the_original() -> None:
    briefs = [told("bridge", source) for source in "abcd"]
    placements = placed(*briefs)
    assert [placement.copy_of for placement in placements] == ["", *[briefs[0].entry_id] * 3]
    assert {placement.story_id for placement in placements} == {briefs[0].entry_id}


def test_a_daily_table_with_other_numbers_is_no_copy() -> None:
    table = "Water levels of the river Wirra today: Karlstad {} cm, Molkom {} cm, Forshaga {} cm, all rising."
    first = a_brief("one", title="Levels", text=table.format(412, 377, 298))
    second = a_brief("two", source_id="south", title="Levels", text=table.format(431, 385, 305), date=NOW)
    assert not is_copy(first, second)


# ---------------------------------------------------------------- events


def bridge_again(source_id: str = "south", **given: object) -> Brief:
    defaults = {
        "title": "Wirra bridge in Karlstad: weeks of ferries", "text": BRIDGE_AGAIN, "source_id": source_id
    }  # fmt: skip
    return a_brief("again", **defaults | given)


def test_two_tellings_of_one_event_share_a_story_and_are_no_copies() -> None:
    first, second = placed(told("bridge"), bridge_again())
    assert second.story_id == first.story_id
    assert second.copy_of == ""


def test_the_order_of_two_tellings_does_not_matter() -> None:
    assert share_story(told("bridge"), bridge_again())
    assert share_story(bridge_again(), told("bridge"))


def test_a_telling_beyond_the_window_is_another_story() -> None:
    assert not share_story(told("bridge"), bridge_again(date=NOW + WINDOW + 2 * DAY))


def test_a_telling_of_long_ago_that_comes_late_does_not_join() -> None:
    assert not share_story(told("bridge"), bridge_again(date=NOW - WINDOW - 2 * DAY))


@pytest.mark.parametrize("kind", ["copy", "event"])
def test_a_decision_says_why(kind: str) -> None:
    second = told("bridge", "south") if kind == "copy" else bridge_again()
    because = placed(told("bridge"), second)[1].because
    assert because.rung in ({"url", "text"} if kind == "copy" else {"event"})
    assert 0 < because.threshold <= because.score <= 1
    assert kind == "copy" or {"bridge", "karlstad"} <= {word for word, _ in because.shared}


# ---------------------------------------------------------------- articles


def an_article(**given: object) -> Brief:
    return told("bridge", "seeds", **{"is_article": True, "url": "", "date": NOW - 300 * DAY} | given)


def test_an_article_however_old_gathers_later_entries_on_its_subject() -> None:
    article, other, later = placed(an_article(), told("chess"), bridge_again())
    assert later.story_id != article.story_id
    assert [(r.story_id, r.other_id, r.entry_id) for r in later.relations] == [
        (article.story_id, later.story_id, later.entry_id)
    ]
    assert other.relations == ()


def test_a_new_article_gathers_what_was_placed_before() -> None:
    article, crowd = an_article(), [told("chess"), told("comet"), bridge_again()]
    desk = a_desk()
    before = placed(*crowd, desk=desk)
    own = desk.place(article)
    found = list(
        desk.gather([article], zip(crowd, [placement.story_id for placement in before], strict=True))
    )
    assert [(r.story_id, r.other_id, r.entry_id) for r in found] == [
        (own.story_id, before[2].story_id, crowd[2].entry_id)
    ]


def test_a_new_article_gathers_what_is_far_older_than_the_window() -> None:
    desk = a_desk()
    own = desk.place(an_article(date=NOW))
    old, other = bridge_again(date=NOW - 90 * DAY), told("comet", date=NOW - 90 * DAY)
    found = list(desk.gather([an_article(date=NOW)], [(other, "one story"), (old, "another story")]))
    assert [(r.story_id, r.other_id, r.entry_id) for r in found] == [
        (own.story_id, "another story", old.entry_id)
    ]


def test_an_article_is_not_related_to_its_own_story() -> None:
    desk = a_desk()
    article, telling = an_article(date=NOW), bridge_again()
    (first, second) = placed(telling, article, desk=desk)
    assert second.story_id == first.story_id
    assert list(desk.gather([article], [(telling, first.story_id)])) == []


def test_an_article_that_is_a_copy_gathers_nothing_of_its_own() -> None:
    desk = a_desk()
    original, article = told("bridge", date=NOW), an_article(date=NOW)
    _, second = placed(original, article, desk=desk)
    assert second.copy_of == original.entry_id
    assert list(desk.gather([article], [(told("chess"), "another story")])) == []


# ---------------------------------------------------------------- the past


STREAM: Sequence[Brief] = [
    told("strike", "a"), told("bridge", "b"), an_article(), told("comet", "c"),
    told("bridge", "d", date=NOW), bridge_again("e", date=NOW + HOUR), told("chess", "f"),
    bridge_again("g", date=NOW + 2 * HOUR, text=f"{CHESS} {BRIDGE_AGAIN}"),
    told("harvest", "h", date=NOW + DAY),
    told("chess", "i", date=NOW + DAY), told("strike", "j", date=NOW + 8 * DAY, text=f"{STRIKE} Again."),
]  # fmt: skip


@pytest.mark.parametrize("cut", range(len(STREAM)))
@pytest.mark.parametrize("is_saved", [True, False])
def test_a_desk_that_was_away_decides_as_one_that_was_not(cut: int, is_saved: bool) -> None:
    briefs = [*a_crowd(), *STREAM]
    cut += len(CROWD)
    desk = new_desk(Stories(window=WINDOW))
    before = placed(*briefs[:cut], desk=desk)
    memory = desk.dump()
    after = placed(*briefs[cut:], desk=desk)

    anew = new_desk(Stories(window=WINDOW))
    if is_saved:
        anew.load(memory)
    orders = {placement.entry_id: placement.order for placement in before}
    for brief, placement in zip(briefs[:cut], before, strict=True):
        where = Placed(
            order=placement.order,
            story_id=placement.story_id,
            story_order=orders[placement.story_id],
            copy_of=placement.copy_of,
            features=placement.features,
        )
        anew.restore(brief, where, is_learned=is_saved)

    assert placed(*briefs[cut:], desk=anew) == after


def test_the_same_stream_is_placed_the_same_again() -> None:
    assert placed(*STREAM) == placed(*STREAM)


def test_a_story_keeps_its_id_when_its_first_entries_are_long_forgotten() -> None:
    days = [
        bridge_again(f"s{day}", date=NOW + day * 3 * DAY, text=f"{BRIDGE_AGAIN} Day {day}.")
        for day in range(8)
    ]
    placements = placed(*days)
    assert {placement.story_id for placement in placements} == {days[0].entry_id}


def test_every_entry_of_a_stream_is_placed_into_a_story_that_was_founded() -> None:
    placements = placed(*STREAM)
    founded: set[str] = set()
    for placement in placements:
        if placement.story_id == placement.entry_id:
            founded.add(placement.story_id)
        assert placement.story_id in founded
