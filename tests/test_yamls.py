"""Strict YAML: plain data as it is written, the line of everything, and all faults at once."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import yamls
from aggregator.errors import Fault
from aggregator.yamls import load, spell

quick = settings(max_examples=40, deadline=None, derandomize=True)
# What json.dumps escapes or YAML takes as it is; not what both call text and write differently.
TEXTS = st.text(
    alphabet=st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"], exclude_characters="\x7f"),
    max_size=20,
)
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63), TEXTS)


def trees(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4)
    )


@quick
@given(trees(LEAVES))
def test_json_is_yaml(data: Any) -> None:
    loaded = load(json.dumps(data))
    assert (loaded.value, loaded.faults) == (data, [])


@quick
@given(trees(LEAVES), st.integers(1, 4))
def test_json_over_several_lines_is_yaml(data: Any, indent: int) -> None:
    assert load(json.dumps(data, indent=indent)).value == data


@quick
@given(st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: "." in repr(number)))
def test_a_number_with_a_point_and_a_signed_exponent_reads_back(number: float) -> None:
    assert load(json.dumps(number)).value == number


@pytest.mark.parametrize("text", ["1e+16", "1e3", "1.5e3", "-1E-7"])
def test_every_number_of_json_is_a_number(text: str) -> None:
    assert load(text).value == json.loads(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("off", "off"),
        ("y", "y"),
        ("1:30", "1:30"),
        ("190:20:30", "190:20:30"),
        ("010", "010"),
        ("0x1F", "0x1F"),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("2025-11-29", "2025-11-29"),
        ("2025-11-29T10:00:00Z", "2025-11-29T10:00:00Z"),
        ("=", "="),
        ("1.2.3", "1.2.3"),
        ("3.11", 3.11),
        (".5", 0.5),
        ("1.", 1.0),
        ("-1.5e+3", -1500.0),
        ("0", 0),
        ("-7", -7),
        ("+7", 7),
        ("true", True),
        ("True", True),
        ("FALSE", False),
        ("tRUE", "tRUE"),
        ("null", None),
        ("~", None),
        ("", None),
        ("nil", "nil"),
        ("'true'", "true"),
        ('"7"', "7"),
        ("!!str 7", "7"),
        ("|\n  7\n", "7\n"),
    ],
)
def test_a_scalar_is_what_it_looks_like(text: str, value: object) -> None:
    found = load(f"key: {text}").value["key"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n"])
def test_an_empty_document_is_nothing(text: str) -> None:
    loaded = load(text)
    assert (loaded.value, loaded.faults) == (None, [])


def test_aliases_are_expanded_and_a_merge_is_a_key_like_any_other() -> None:
    assert load("a: &x [1]\nb: *x\nc: {<<: *x}").value == {"a": [1], "b": [1], "c": {"<<": [1]}}


# ---------------------------------------------------------------- lines

TEXT = """\
# a comment

site:
  title: X
sources:
  - https://x.example/
  -
    url: y
    tags: [a,
           b]
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 3),
        (("site",), 3),
        (("site", "title"), 4),
        (("sources",), 5),
        (("sources", 0), 6),
        (("sources", 1), 8),
        (("sources", 1, "url"), 8),
        (("sources", 1, "tags", 1), 10),
        (("sources", 1, "every"), 8),
        (("sources", 0, "url"), 6),
        (("sources", 9, "url"), 5),
        (("nothing",), 3),
    ],
)
def test_everything_has_a_line_or_that_of_what_holds_it(path: tuple[str | int, ...], line: int) -> None:
    assert load(TEXT).line(path) == line


def test_nothing_is_on_the_first_line() -> None:
    assert load("").line(("a", "b")) == 1


@pytest.mark.parametrize(
    ("path", "words"),
    [((), ""), (("site",), "site"), (("sources", 2, "every"), "sources[2].every"), ((0, "a", 1), "[0].a[1]")],
)
def test_a_path_is_spelt_as_people_do(path: tuple[str | int, ...], words: str) -> None:
    assert spell(path) == words


# ---------------------------------------------------------------- faults


@pytest.mark.parametrize(
    ("text", "line", "key", "words"),
    [
        pytest.param("a: 1\nb: 2\na: 3", 3, "a", "given twice; the first is on line 1", id="a doubled key"),
        pytest.param(
            "x:\n  - a: 1\n    a: 2", 3, "x[0].a", "given twice; the first is on line 2", id="deeper"
        ),
        pytest.param("a: 1\n'a': 2", 2, "a", "given twice", id="a doubled key in quotes"),
        pytest.param("? [a]\n: 1", 1, "", "a key must be a word", id="a list as a key"),
        pytest.param("b:\n  ? {a: 1}\n  : 1", 2, "b", "a key must be a word", id="a mapping as a key"),
        pytest.param("a: !!python/object:os.system x", 1, "a", "is not plain data", id="an object"),
        pytest.param("a:\n- !!python/name:os.system", 2, "a[0]", "is not plain data", id="a name"),
        pytest.param("a: !!binary aGk=", 1, "a", "is not plain data", id="bytes"),
        pytest.param("a: !!set {x}", 1, "a", "is not plain data", id="a set"),
        pytest.param("a: !mine x", 1, "a", "is not plain data", id="a tag of one's own"),
        pytest.param("a: &x [*x]", 1, "a[0]", "aliases expand without end", id="an alias inside itself"),
        pytest.param(
            "a: &x {b: {c: *x}}", 1, "a.b.c", "aliases expand without end", id="deeper inside itself"
        ),
    ],
)
def test_a_fault_names_line_and_key(text: str, line: int, key: str, words: str) -> None:
    (fault,) = load(text).faults
    assert (fault.line, fault.key) == (line, key)
    assert words in fault.message


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        pytest.param("a: 1\nb: [1, 2", 3, "flow sequence", id="an open bracket, missed at the end"),
        pytest.param("a:\n\t- b", 2, "cannot start any token", id="a tab"),
        pytest.param("a: 1\n b: 2", 2, "mapping values are not allowed", id="a wrong indent"),
        pytest.param("a: 'x", 1, "quoted scalar", id="an open quote"),
        pytest.param("a: *nope", 1, "undefined alias", id="an unknown alias"),
        pytest.param("a: 1\n---\nb: 2", 2, "single document", id="two documents"),
        pytest.param("a: %x", 1, "cannot start any token", id="a reserved mark"),
        pytest.param("a: b: c", 1, "mapping values are not allowed", id="two colons"),
        pytest.param("a: \x00", 1, "control characters", id="a control character"),
    ],
)
def test_a_syntax_fault_ends_the_reading_and_names_its_line(text: str, line: int, words: str) -> None:
    loaded = load(text)
    assert loaded.value is None
    (fault,) = loaded.faults
    assert (fault.line, fault.key) == (line, "")
    assert fault.message.startswith("not YAML: ")
    assert words in fault.message


def test_all_other_faults_are_told_at_once_and_the_rest_is_read() -> None:
    loaded = load("a: 1\na: 2\nb: !!binary x\n? [c]\n: 3\nd: 4")
    assert [(fault.line, fault.key) for fault in loaded.faults] == [(2, "a"), (3, "b"), (4, "")]
    assert loaded.value == {"a": 1, "b": None, "d": 4}


def test_a_bomb_of_aliases_ends_as_one_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yamls, "MOST_NODES", 10_000)  # in time: half a million take a second
    levels = 9
    bomb = "a0: &a0 x\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, levels)
    )
    assert [fault.message for fault in load(bomb).faults] == ["aliases expand without end"]


def test_a_fault_is_data() -> None:
    assert load("a: 1\na: 2").faults == [Fault(2, "a", "given twice; the first is on line 1")]


@pytest.mark.parametrize("text", ["[" * 3000 + "]" * 3000, "{a: " * 3000 + "}" * 3000])
def test_a_tower_of_brackets_is_a_fault(text: str) -> None:
    assert load(text).faults


def test_a_number_without_end_is_a_fault_or_text() -> None:
    loaded = load("a: " + "9" * 5000)
    assert loaded.faults or loaded.value == {"a": "9" * 5000}
