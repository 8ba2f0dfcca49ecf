"""What an entry says, folded for comparing: titles without outlets, addresses, names, languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.stories.words import (
    LONGEST_SUMMARY,
    LONGEST_TEXT,
    cut_outlet,
    language_of,
    names_in,
    read,
    slug_of,
    terms,
)
from tests.world import a_brief


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("The bridge IS open", "the bridge is open", id="folded"),
        pytest.param("U.S. and U.K. talk", "us and uk talk", id="initialisms are joined"),
        pytest.param("Karlstad's bridge, Ada’s plan", "karlstad bridge ada plan", id="possessive endings go"),
        pytest.param("l'école d'été", "école été", id="what is left of an elision goes"),
        pytest.param("version 3.11, 1,000 people", "version 3.11 1,000 people", id="numbers keep points"),
        pytest.param("example.com is down", "example com is down", id="points part words"),
        pytest.param("临川大桥", "临川 川大 大桥", id="pairs of a script without spaces"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_text_is_folded_into_terms(text: str, found: str) -> None:
    assert terms(text) == found.split()


@given(st.text())
def test_terms_are_never_empty_and_hold_no_white_space(text: str) -> None:
    assert all(term and not any(letter.isspace() for letter in term) for term in terms(text))


@pytest.mark.parametrize(
    ("title", "outlet", "left"),
    [
        pytest.param("Bridge closed in Karlstad - North Gazette", "north.example", True, id="by its host"),
        pytest.param("Bridge closed in Karlstad | The North", "x.example North", True, id="by its name"),
        pytest.param("Bridge closed in Karlstad - mayor resigns", "north.example", False, id="a clause"),
        pytest.param("Bridge closed in Karlstad - North", "south.example", False, id="another's name"),
        pytest.param("Bridge-closed in-Karlstad-North", "north.example", False, id="hyphens inside words"),
        pytest.param("Bridge closed in Karlstad - The News", "thenews.example", False, id="dumb words alone"),
        pytest.param(
            "Bridge closed in Karlstad - North, News, Sport and Weather | Local and more",
            "north.example",
            True,
            id="a long tail",
        ),
    ],
)
def test_the_name_of_an_outlet_is_cut_off_a_title(title: str, outlet: str, left: bool) -> None:
    assert cut_outlet(title, outlet) == ("Bridge closed in Karlstad" if left else title)


def test_a_short_title_is_left_whole() -> None:
    assert cut_outlet("Links - North", "north.example") == "Links - North"


@given(st.text(), st.text())
def test_what_is_left_of_a_title_is_its_beginning(title: str, outlet: str) -> None:
    assert title.startswith(cut_outlet(title, outlet))
    assert cut_outlet(title, "") == title


@pytest.mark.parametrize(
    ("url", "slug"),
    [
        pytest.param(
            "https://n.example/2031/bridge-closed-in-karlstad", "bridge closed in karlstad", id="plain"
        ),
        pytest.param(
            "https://n.example/a_b/bridge_closed_early.html?x=1", "bridge closed early", id="an ending"
        ),
        pytest.param(
            "https://n.example/bridge-is-shut/12345-bridge-shut-again-now",
            "bridge shut again now",
            id="the longest",
        ),
        pytest.param("https://n.example/mayor%20opens%20caf%C3%A9s", "mayor opens cafés", id="escapes"),
        pytest.param("https://n.example/world-news/4711", "", id="a section"),
        pytest.param("https://n.example/", "", id="a home page"),
        pytest.param("", "", id="no address"),
    ],
)
def test_an_address_may_say_what_it_is_about(url: str, slug: str) -> None:
    assert slug_of(url) == slug


@pytest.mark.parametrize(
    ("title", "text", "names"),
    [
        pytest.param("Cracks close the Wirra bridge in Karlstad", "", {"wirra", "karlstad"}, id="of a title"),
        pytest.param(
            "Cracks Close The Wirra Bridge",
            "It is shut, says Ada.",
            {"ada"},
            id="headline case shows nothing",
        ),
        pytest.param("a bridge is shut", "Ferries sail. Commuters wait.", set(), id="sentences begin so"),
        pytest.param("a bridge is shut", "It shuts on Tuesday in May.", set(), id="days and months are none"),
        pytest.param("a man from Stratford-upon-Avon", "", {"stratford", "avon"}, id="joined by hyphens"),
    ],
)
def test_names_are_written_with_a_capital_inside_a_sentence(title: str, text: str, names: set[str]) -> None:
    assert names <= names_in(title, text)
    assert names or not names_in(title, text)


@pytest.mark.parametrize(
    ("title", "declared", "language"),
    [
        pytest.param("The bridge", "en-GB", "en", id="as declared"),
        pytest.param("Мост закрыт", "en", "ru", id="letters say more"),
        pytest.param("Міст закрито", "uk", "uk", id="another language of these letters"),
        pytest.param("临川大桥通车", "", "zh", id="Chinese"),
        pytest.param("クジラが見つかる", "", "ja", id="Japanese"),
        pytest.param("전통시장 화재", "", "ko", id="Korean"),
        pytest.param("متحف السفن", "", "ar", id="Arabic"),
        pytest.param("Brücke gesperrt", "de_AT", "de", id="a few letters say nothing"),
        pytest.param("Brücke gesperrt", "", "", id="nobody knows"),
    ],
)
def test_the_language_of_a_title(title: str, declared: str, language: str) -> None:
    assert language_of(title, declared) == language


def test_a_text_that_repeats_its_title_says_it_once() -> None:
    title = "Cracks close the bridge"
    reading = read(a_brief(title=title, text=f"{title}. {title} – Ferries sail instead."))
    assert (reading.title, reading.text) == (
        ("cracks", "close", "the", "bridge"),
        ("ferries", "sail", "instead"),
    )


def test_of_a_long_text_the_beginning_says_what_it_is_about() -> None:
    text = "word " * 1000
    reading = read(a_brief(text=text))
    assert len(reading.text) == LONGEST_TEXT
    assert reading.shown == LONGEST_SUMMARY // len("word ")
    assert read(a_brief(text=text, is_article=True)).shown == LONGEST_TEXT


def test_an_entry_may_say_nothing_at_all() -> None:
    reading = read(a_brief(title="!", url="", text=""))
    assert (reading.title, reading.text, reading.link, reading.shown) == ((), (), (), 0)
