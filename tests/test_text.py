"""Text: nothing comes out that XML or a line cannot carry, and words are words in any script."""

import re
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregator import text
from aggregator.text import (
    ELLIPSIS,
    excerpt,
    fold,
    has_markup,
    is_right_to_left,
    one_line,
    plain_text,
    slug,
    without_controls,
    words,
)

quick = settings(max_examples=40, deadline=None, derandomize=True)
SOME_HTML = st.lists(
    st.one_of(
        st.sampled_from(
            "<p>|</p>|<br/>|<b>|</b>|<script>|</script>|<style>|</style>|<svg>|</svg>|<!--|-->|<!doctype|<?|?>"
            "|<a href='x'>|&amp;|&lt;|&#0;|&#1;|&#x1f;|&#xd800;|&#xffff;|&nbsp;|&bogus;|&|<|>"
            "| |\n|\x00|\x1b|\ud800".split("|")
        ),
        st.text(max_size=8),
    ),
    max_size=12,
).map("".join)


def is_xml_text(text: str) -> bool:
    """XML 1.0, production 2 (Char), written a second time."""
    return all(
        c in "\t\n\r" or 0x20 <= ord(c) <= 0xD7FF or 0xE000 <= ord(c) <= 0xFFFD or ord(c) >= 0x10000
        for c in text
    )


# ---------------------------------------------------------------- characters


@quick
@given(st.text())
@example("\x00a\x0b\x1f\ufffe\uffff\ud800")
def test_without_controls_leaves_only_what_xml_carries(text: str) -> None:
    assert is_xml_text(without_controls(text))


@quick
@given(st.text())
def test_without_controls_keeps_what_xml_carries_but_commands_to_terminals(text: str) -> None:
    commands = {chr(code) for code in range(0x7F, 0xA0)} - {"\x85"}
    assert without_controls(text) == "".join(c for c in text if is_xml_text(c) and c not in commands)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param(" a \r\n\tb ", "a b", id="white space"),
        pytest.param("a\u2028b\u2029c\x85d", "a b c d", id="line separators"),
        pytest.param("a\x00\x1bb\ufffe", "ab", id="controls"),
        pytest.param("\u202eevil\u202c \u2066x\u2069", "evil x", id="bidi overrides and isolates"),
        pytest.param("ab\u200ec \u05d0", "ab\u200ec \u05d0", id="marks of right-to-left text stay"),
        pytest.param(" \n ", "", id="nothing"),
    ],
)
def test_one_line_is_one_line(text: str, line: str) -> None:
    assert one_line(text) == line


@quick
@given(st.text())
def test_one_line_holds_one_line_of_xml_and_settles_at_once(text: str) -> None:
    line = one_line(text)
    assert is_xml_text(line)
    assert line.splitlines() in ([], [line])
    assert one_line(line) == line == line.strip()


@pytest.mark.parametrize("control", ["\x7f", "\x80", "\x9b"])
def test_one_line_holds_no_control_character(control: str) -> None:
    assert one_line(f"a{control}b") == "ab"


# ---------------------------------------------------------------- markup


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        pytest.param("<p>", True, id="a tag"),
        pytest.param("</b", False, id="a cut tag"),
        pytest.param("a </b>", True, id="an end tag"),
        pytest.param("<!-- x -->", True, id="a comment"),
        pytest.param("&amp;", True, id="a named reference"),
        pytest.param("&#38;", True, id="a decimal reference"),
        pytest.param("&#X26;", True, id="a hexadecimal reference"),
        pytest.param("a < b > c", False, id="comparisons"),
        pytest.param("AT&T; R & D", False, id="a lone letter is no reference"),
        pytest.param("1 <3 you", False, id="a heart"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_markup_is_told_from_text(text: str, answer: bool) -> None:
    assert has_markup(text) is answer


@pytest.mark.parametrize(
    ("html", "text"),
    [
        pytest.param("plain  text\n", "plain text", id="no markup at all"),
        pytest.param("<b>a</b>b <i>c</i><img/>d", "ab cd", id="inline tags part no words"),
        pytest.param("<p>one</p><p>two</p>", "one\ntwo", id="blocks end lines"),
        pytest.param("a<br>b<br/>c<hr/>d", "a\nb\nc\nd", id="void blocks end lines"),
        pytest.param("<ul><li>x<li>y</ul>", "x\ny", id="unclosed blocks end lines"),
        pytest.param("a &lt;b&gt; &amp; &eacute; &#233; &#xe9;", "a <b> & é é é", id="references are read"),
        pytest.param("a<script>var x='<p>';</script>b", "ab", id="scripts are silent"),
        pytest.param(
            "a<style>p{}</style>b<svg><text>c</text></svg>d", "abd", id="styles and drawings are silent"
        ),
        pytest.param("</svg>a<noscript>b</noscript>c", "ac", id="a stray end tag silences nothing"),
        pytest.param("a<!-- b --><!DOCTYPE c><?d?>e", "ae", id="comments and declarations are silent"),
        pytest.param("a&#0;b&#1;c", "a\ufffdbc", id="references to controls leave none"),
        pytest.param("1 < 2 & 3", "1 < 2 & 3", id="text that only looks like markup"),
        pytest.param("a <b", "a <b", id="a cut tag stays text"),
        pytest.param("<p> \n </p>", "", id="nothing but blocks"),
    ],
)
def test_plain_text_is_what_a_reader_would_see(html: str, text: str) -> None:
    assert plain_text(html) == text


@quick
@given(SOME_HTML)
def test_plain_text_holds_only_what_xml_carries_in_tidy_lines(html: str) -> None:
    text = plain_text(html)
    assert is_xml_text(text)
    assert all(
        line and line == line.strip() and not re.search(r"\s\s", line) for line in text.split("\n") if text
    )


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("The Bridge, is—OPEN!", ["the", "bridge", "is", "open"], id="case and marks"),
        pytest.param("Python 3.11, 1,5 %", ["python", "3.11", "1,5"], id="numbers keep their points"),
        pytest.param("don't l’été", ["don't", "l’été"], id="apostrophes stay inside"),
        pytest.param("'quoted' end.", ["quoted", "end"], id="apostrophes at the rim go"),
        pytest.param("snake_case", ["snake", "case"], id="an underscore parts words"),
        pytest.param("STRASSE Straße", ["strasse", "strasse"], id="full case folding"),
        pytest.param("ﬁne ① Ｆｕｌｌ", ["fine", "1", "full"], id="compatibility forms"),
        pytest.param("東京都知事", ["東京", "京都", "都知", "知事"], id="Han in pairs"),
        pytest.param("猫", ["猫"], id="a lone character stays"),
        pytest.param("ราคา", ["รา", "าค", "คา"], id="Thai in pairs"),
        pytest.param("GPU向けAI", ["gpu", "向け", "ai"], id="scripts side by side"),
        pytest.param("한국 뉴스", ["한국", "뉴스"], id="Hangul has spaces"),
        pytest.param("— … !", [], id="nothing but marks"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_words_are_folded_in_reading_order(text: str, found: list[str]) -> None:
    assert words(text) == found


@pytest.mark.parametrize("word", ["हिन्दी", "தமிழ்", "বাংলা", "مُحَمَّد"])
def test_a_word_with_combining_marks_is_one_word(word: str) -> None:
    assert words(word) == [unicodedata.normalize("NFKC", word).casefold()]


@quick
@given(st.text())
def test_texts_equal_under_nfkc_have_equal_words(text: str) -> None:
    assert (
        words(text)
        == words(unicodedata.normalize("NFKC", text))
        == words(unicodedata.normalize("NFKD", text))
    )


@quick
@given(st.text(alphabet=st.characters(max_codepoint=0x24F)))
def test_letter_case_makes_no_difference_to_words(text: str) -> None:
    assert words(text) == words(text.casefold())


def test_fold_ignores_case_marks_and_spacing_of_a_headline() -> None:
    assert fold("  The bridge — IS open! ") == fold("The Bridge is Open") == "the bridge is open"


# ---------------------------------------------------------------- excerpts


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        pytest.param("one two three", "one two three", id="short enough"),
        pytest.param(" one \n two ", "one two", id="white space is folded"),
        pytest.param("one two three. Four five", "one two three.", id="at a sentence end"),
        pytest.param("no. Two three four five six", "no. Two three four…", id="not at one too early"),
        pytest.param("one two three, four five", "one two three, four…", id="else at a word end"),
        pytest.param("one two three four, five", "one two three four…", id="no comma before the ellipsis"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_an_excerpt_of_four_words_ends_well(text: str, cut: str) -> None:
    assert excerpt(text, most_words=4) == cut


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        pytest.param("abcd efgh ijkl", "abcd efgh…", id="between words"),
        pytest.param("abcd efghijklm", "abcd…", id="not inside a word"),
        pytest.param("abcdefghijklmno", "abcdefghij…", id="inside a word longer than all"),
        pytest.param("一二三四五。六七八九十一", "一二三四五。", id="at a sentence end of Chinese"),
    ],
)
def test_an_excerpt_of_ten_characters_ends_well(text: str, cut: str) -> None:
    assert excerpt(text, most_characters=10) == cut


def test_an_excerpt_that_ends_with_a_sentence_needs_no_ellipsis() -> None:
    assert excerpt("One two three. Four five.", most_words=3) == "One two three."


@quick
@given(st.text(alphabet="ab .,!?。 \n", max_size=80), st.integers(1, 12), st.integers(1, 40))
def test_an_excerpt_is_a_beginning_within_its_limits(
    text: str, most_words: int, most_characters: int
) -> None:
    cut = excerpt(text, most_words=most_words, most_characters=most_characters)
    kept = cut.removesuffix(ELLIPSIS)
    assert " ".join(text.split()).startswith(kept)
    assert len(kept) <= most_characters
    assert len(kept.split()) <= most_words


# ---------------------------------------------------------------- slugs


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param("Hip-Hop", "hip-hop", id="letters and hyphens"),
        pytest.param("new  music_NOW ", "new-music-now", id="spaces and underscores"),
        pytest.param("Ünïcödé", "unicode-0bef", id="accents off"),
        pytest.param("../../etc/passwd", "etc-passwd-8c9f", id="a path"),
        pytest.param("東京", "8de8", id="no letter survives"),
    ],
)
def test_a_slug_is_a_file_name_and_tells_what_it_left_out_by_a_digest(text: str, name: str) -> None:
    assert slug(text) == name


@quick
@given(st.text(), st.integers(1, 20))
def test_a_slug_is_always_safe_and_short(text: str, most: int) -> None:
    assert re.fullmatch(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", slug(text, most=most))
    assert len(slug(text, most=most)) <= most + len("-0bef")


@pytest.mark.parametrize(
    ("language", "is_rtl"),
    [
        ("ar", True),
        ("he-IL", True),
        ("FA", True),
        ("uz-Arab", True),
        ("ar-Latn", False),
        ("en", False),
        ("", False),
    ],
)
def test_a_language_is_written_from_right_to_left_or_not(language: str, is_rtl: bool) -> None:
    assert is_right_to_left(language) == is_rtl


MARKUP = st.lists(
    st.one_of(
        st.sampled_from(
            """<p>|</p>|<br/>|<br />|<a href="x">|</a >|<p/ x>|<b title='a"b'>|<a b="c>d">|<a "b>|<p:x>
            |<!-- a -->|<script>|</script>|<title>|&amp;|&am|p;|&lt;|&#8217;|&nbsp|<|>|"|'|a < b|<1>|<?x?>|</>
            |<P CLASS=x>|\n|  |\u00a0|</p|<li\fa>|\u2028|\x00|\u202e|<![CDATA[x]]>|</ p>|<a/b/>|<!x>""".split(
                "|"
            )
        ),
        st.text(max_size=5),
    ),
    max_size=12,
).map("".join)


@given(MARKUP)
def test_plain_tags_are_taken_off_as_any_are(html: str) -> None:
    assert text._of_plain_tags(html) in ("", text._of_any_tags(html))


@given(st.one_of(st.text(), MARKUP))
def test_short_ways_lead_to_the_same_text(given: str) -> None:
    assert text.without_controls(given) == text._NOT_XML.sub("", given)
    assert text.one_line(given) == " ".join(text._BIDI.sub("", text._NOT_XML.sub("", given)).split())
