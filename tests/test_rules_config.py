"""Rules as people write them, and what is said where they are wrong."""

from pathlib import Path

import pytest

from aggregator.config import parse_settings
from aggregator.errors import ConfigError
from aggregator.settings import Rule, Rules, Words

PATH = Path("/srv/planet/feeds.yaml")


def test_short_forms_and_lists_are_read_everywhere_and_for_a_source() -> None:
    found = parse_settings(
        "rules: {exclude: [sponsored, {title: [a b, /c/], language: en}]}\n"
        "sources: [{url: https://x.example/f, rules: {include: [{category: music}]}, at_most: 3}]",
        path=PATH,
    )
    listed = Rule(title=(Words("a b"), Words("/c/")), language=(Words("en"),))
    assert found.rules == Rules(exclude=(Rule(title=(Words("sponsored"),)), listed))
    assert found.sources[0].rules == Rules(include=(Rule(category=(Words("music"),)),))
    assert found.sources[0].at_most == 3


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("{titel: a}", "4: rules.exclude[0].titel: unknown key; did you mean `title`?"),
        ("{}", "4: rules.exclude[0]: expected one of title, content, anywhere, author"),
        ("2026", "4: rules.exclude[0]: expected keys and values, got 2026"),
        ("{title: 2026}", "4: rules.exclude[0].title[0]: expected text in quotes, got 2026"),
        ("'!'", "4: rules.exclude[0].title[0]: expected a word, or an expression such as"),
        ("{url: /a(?=b)/}", "4: rules.exclude[0].url[0]: no expression of RE2 (linear time, no look-around)"),
    ],
)
def test_a_wrong_rule_is_named_with_its_line(rule: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_settings(f"\nrules:\n  exclude:\n    - {rule}", path=PATH)
    assert f"{PATH}:{says}" in str(caught.value)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("title: '{title} – {sauce}'", "title: expected nothing in braces but {title}, {source}, {author}"),
        ("title: '{title!r}'", "title: expected nothing in braces but"),
        ("title: '{title.a}'", "title: expected nothing in braces but"),
        ("title: '{title'", "title: expected each brace closed, or doubled"),
        ("title: '{source}'", "title: expected {title} in it"),
        ("title_cut: [' ']", "title_cut[0]: expected text"),
        ("title_cut: ['/(/']", "title_cut[0]: no expression of RE2"),
    ],
)
def test_a_wrong_title_is_named_with_its_line(given: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_settings(f"sources:\n  - url: https://x.example/f\n    {given}", path=PATH)
    assert f"{PATH}:3: sources[0].{says}" in str(caught.value)
