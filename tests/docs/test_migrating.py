"""What other programs keep comes in as the page on migrating shows it."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from aggregator.cli import cli
from aggregator.config import load_settings
from aggregator.lists import READERS
from tests.docs import pages
from tests.docs.test_recipes import said

NEXT = "The next `aggregator run` publishes what changed.\n"
SAMPLES = [block for block in pages.blocks("ini", "xml", "yaml", "text", page="migrating.md") if block.about]
CONSOLES = pages.blocks("console", page="migrating.md")


@pytest.mark.parametrize(
    ("sample", "console"),
    [pytest.param(s, c, id=s.about) for s, c in zip(SAMPLES, CONSOLES, strict=True)],
)
def test_an_import_says_what_the_page_says(
    sample: pages.Block, console: pages.Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(sample.about).write_text(sample.text, encoding="utf-8")
    CliRunner().invoke(cli, ["init"])
    ((command, _),) = said(console.text)
    result = CliRunner().invoke(cli, command[1:])
    assert (result.exit_code, result.stdout.removesuffix(NEXT)) == (0, console.text.partition("\n")[2])
    assert load_settings(Path("feeds.yaml")).sources


def kind_of(text: str) -> str:
    return next(kind for kind, (looks_like, _) in READERS.items() if looks_like(text.encode()))


def test_every_kind_of_list_but_json_has_a_sample() -> None:
    lacking = READERS.keys() - {kind_of(sample.text) for sample in SAMPLES}
    assert lacking == {"JSON of Miniflux, FreshRSS and others"}
