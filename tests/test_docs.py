"""The README is true: every knob, command and published file stands in it as it is in the code."""

import dataclasses
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator import settings as knobs
from aggregator.cli import COMMANDS
from aggregator.publish import FORMATS

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
PARTS = {
    "site": knobs.Site,
    "sources[]": knobs.Source,
    "stories.overrides[]": knobs.Override,
    "defaults": knobs.Defaults,
    "fetch": knobs.Fetch,
    "stories": knobs.Stories,
    "publish": knobs.Publish,
    "outputs[]": knobs.Output,
    "server": knobs.Server,
    "storage": knobs.Storage,
    "logging": knobs.Logging,
}


def spelt(default: Any) -> str:
    if isinstance(default, timedelta):
        seconds = int(default.total_seconds())
        units = (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))
        unit, length = next(u for u in units if seconds >= u[1] and seconds % u[1] == 0)
        return f"`{seconds // length}{unit}`"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return "" if default in (None, "", ()) else f"`{default}`"


def rows() -> list[str]:
    found = [
        f"| `{part}.{knob.name}` | {spelt(knob.default)} | {knob.metadata['help']} |"
        for part, kind in PARTS.items()
        for knob in dataclasses.fields(kind)
        if f"{part}.{knob.name}[]" not in PARTS and not knob.metadata.get("is_derived")
    ]
    return found + [
        f"| `{knob.name}` | {spelt(knob.default)} | {knob.metadata['help']} |"
        for knob in dataclasses.fields(knobs.Settings)
        if knob.name not in PARTS
        and knob.name not in ("sources", "outputs")
        and not knob.metadata.get("is_derived")
    ]


@pytest.mark.parametrize("row", rows())
def test_every_knob_is_documented_as_it_is(row: str) -> None:
    assert row in README


def test_no_knob_is_documented_that_does_not_exist() -> None:
    documented = re.findall(r"^\| `[a-z_\[\].]+` \| .* \| .* \|$", README, re.MULTILINE)

    assert sorted(documented) == sorted(rows())


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_documented(name: str) -> None:
    assert f"`aggregator {name}" in README


@pytest.mark.parametrize(
    "file", sorted({format_.file for format_ in FORMATS.values()} | {"sources.opml", "status.atom"})
)
def test_every_published_file_is_documented(file: str) -> None:
    assert f"`{file}`" in README or f"/{file}`" in README
