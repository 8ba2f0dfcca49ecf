"""The JSON Schema that editors are given: sound, and never stricter than what reads the file."""

import dataclasses
import json
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import yamls
from aggregator.cli import cli
from aggregator.cli.init import SCHEMA, TEMPLATE
from aggregator.config import parse_settings, schema, shape
from aggregator.config.schema import schema_text
from aggregator.errors import ConfigError
from aggregator.settings import Piece, Rule, Settings, Words
from tests import test_config

jsonschema = pytest.importorskip(
    "jsonschema", reason="jsonschema is not installed; requirements/test.txt brings it"
)
TOP = Path(__file__).parent.parent
JUDGE = jsonschema.Draft202012Validator(json.loads(schema_text()))

# Faults of the file as text, of files that it names, and of things that are fine one by one.
BEYOND = {"a doubled key", "a key that is no word", "no YAML", "octal"}


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(schema_text()))


def test_the_command_prints_it() -> None:
    assert CliRunner().invoke(cli, ["schema"]).output == schema_text()


def test_what_the_loader_checks_is_said_to_editors_too() -> None:
    checked = {(kind.__name__, key) for kind, key in shape._CHECKS}
    assert set(schema._OF_KEYS) == checked, "`_OF_KEYS` in config/schema.py says what `_CHECKS` look for"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        pytest.param(
            (TOP / "feeds.yaml").read_text(encoding="utf-8"), "docs/feeds.schema.json", id="shipped"
        ),
        pytest.param(TEMPLATE, SCHEMA, id="init"),
    ],
)
def test_the_first_line_of_a_configuration_of_ours_names_it(text: str, named: str) -> None:
    assert text.splitlines()[0] == f"# yaml-language-server: $schema={named}"


def test_init_writes_it_beside_the_configuration(tmp_path: Path) -> None:
    CliRunner().invoke(cli, ["init", str(tmp_path)])
    assert (tmp_path / SCHEMA).read_text(encoding="utf-8") == schema_text()


def test_init_leaves_a_file_of_its_name_alone(tmp_path: Path) -> None:
    (tmp_path / SCHEMA).write_text("mine")
    result = CliRunner().invoke(cli, ["init", str(tmp_path)])
    assert (result.exit_code, (tmp_path / SCHEMA).read_text()) == (0, "mine")


(FAULTS,) = vars(test_config.test_a_fault_names_its_line_its_key_and_what_was_expected)["pytestmark"]


@pytest.mark.parametrize(
    "text", [pytest.param(case.values[0], id=case.id) for case in FAULTS.args[1] if case.id not in BEYOND]
)
def test_what_the_loader_calls_wrong_editors_do_too(text: str) -> None:
    assert not JUDGE.is_valid(yamls.load(text).value)


# ---------------------------------------------------------------- never stricter

FILES = ("login_file", "theme", "model", "ca", "certificate", "key")  # which would have to be there
WORDS = (
    "", "x", "en", "pt-BR", "tag", "all", "a-b", "A b", "a" * 70, "s3cret-s3cret", "30m", "7", "no", " ",
    "https://a.example/f?x=1#y", "HTTP://A.example", "http://a.example:8080/", "https://me:word@a.example/",
    "http://[::1]/", "https://bücher.example/", "ftp://a.example/", "https://", "http://a.example/@me",
    "/a+|b/", "/(/", "!", "{title}", "{source}: {title}", "{tit}",
)  # fmt: skip


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Draw values of a knob: mostly such as it takes."""
    if dataclasses.is_dataclass(hint):
        hints = get_type_hints(hint)
        knobs = [knob.name for knob in dataclasses.fields(hint) if not knob.metadata.get("is_derived")]
        drawn = {name: values(hints[name]) for name in knobs if name not in FILES}
        return st.fixed_dictionaries({}, optional=drawn)
    if get_origin(hint) is tuple:
        one = values(get_args(hint)[0])
        short = one if get_args(hint)[0] in (Words, Piece) else st.nothing()
        return (
            st.lists(one if get_args(hint)[0] is not Rule else one | st.sampled_from(WORDS), max_size=2)
            | short
        )
    if get_origin(hint) is Literal:
        return st.sampled_from(get_args(hint))
    if get_args(hint):
        return st.none() | values(get_args(hint)[0])
    kinds: dict[Any, st.SearchStrategy[Any]] = {
        **dict.fromkeys((str, Words, Piece), st.sampled_from(WORDS)),
        int: st.integers(-1, 20_000) | st.just(1.0),
        float: st.floats(0, 1) | st.integers(0, 2),
        bool: st.booleans(),
        timedelta: st.sampled_from(("0s", "5m", "1h30m", "7d", "2w", "1d 2h", "90")),
    }
    return kinds[hint]


PARTS = {name: values(hint) for name, hint in get_type_hints(Settings).items() if name != "folder"}


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.sampled_from(sorted(PARTS)).flatmap(lambda name: st.fixed_dictionaries({name: PARTS[name]})))
def test_what_the_loader_takes_no_editor_calls_wrong(value: dict[str, Any]) -> None:
    try:
        parse_settings(json.dumps(value), path=Path("/srv/planet/feeds.yaml"))
    except ConfigError:
        return
    assert [fault.message for fault in JUDGE.iter_errors(value)] == []
