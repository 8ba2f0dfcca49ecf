"""What the page on several machines has people type works, and names what Dask has."""

import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from tests.docs import pages
from tests.docs.pages import DOCS

UNITS = sorted(DOCS.glob("dask-*.service"))


def test_the_certificates_are_made_as_it_is_written(tmp_path: Path) -> None:
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    block = next(block for block in pages.blocks("sh", page="scale.md") if "openssl" in block.text)
    lines, _, _ = block.text.partition("install ")
    done = subprocess.run(
        ["bash", "-euc", lines], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines() == [f"{name}.pem: OK" for name in ("home", "scheduler", "one", "two")]
    assert {file.stat().st_mode & 0o077 for file in tmp_path.glob("*.key")} == {0}


def calls() -> list[tuple[str, str, list[str]]]:
    """Return where Dask is called, by what name, and with which options."""
    places = [(unit.name, unit.read_text()) for unit in UNITS]
    places += [(block.place, block.text) for block in pages.blocks("sh", page="scale.md")]
    return [
        (place, found[1], re.findall(r"(?<=\s)--[a-z-]+", found[2]))
        for place, text in places
        for found in re.finditer(r"\b(scheduler|worker) ((?:tls:|--protocol tls)(?:.*\\\n)*.*)", text)
    ]


@pytest.mark.parametrize(("name", "options"), [pytest.param(n, o, id=f"{p} {n}") for p, n, o in calls()])
def test_dask_has_every_option_that_it_is_given(name: str, options: list[str]) -> None:
    module = pytest.importorskip(f"distributed.cli.dask_{name}")
    command: click.Command = module.main
    known = {option for param in command.params for option in (*param.opts, *param.secondary_opts)}
    assert len(options) > 4
    assert set(options) <= known


def test_units_and_containers_start_the_same() -> None:
    found = [name for _, name, _ in calls()]
    assert sorted(found) == ["scheduler", "scheduler", "worker", "worker"]
