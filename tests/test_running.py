"""The ways to run it that are delivered hold what they say."""

import re
import shutil
import subprocess
from configparser import RawConfigParser
from pathlib import Path

import pytest

from aggregator.vitals import Vitals, metrics
from tests.world import NOW

TOP = Path(__file__).parent.parent
DOCS = TOP / "docs"
RUNNING = (DOCS / "running.md").read_text(encoding="utf-8")
UNIT = DOCS / "aggregator.service"
CONTAINER = (DOCS / "Containerfile").read_text(encoding="utf-8")


def test_figures_in_alerts_are_ones_that_there_are() -> None:
    told = metrics(Vitals(started=NOW, backed_up=NOW), now=NOW, version="1")
    for name in re.findall(r"aggregator_[a-z_]+", RUNNING):
        assert f"# TYPE {name} " in told


def test_the_unit_is_hardened() -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not here")
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(UNIT)],
        capture_output=True,
        text=True,
    )
    match = re.search(r"exposure level for aggregator\.service: (\d+\.\d)", done.stdout)
    if not match:
        pytest.skip(f"systemd is too old or cannot tell: {done.stderr.strip()[:80]}")
    assert float(match[1]) <= 2.0


def test_the_unit_names_a_command_and_does_not_insist_on_what_is_wrong() -> None:
    unit = RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(UNIT.read_text(encoding="utf-8"))
    service = unit["Service"]
    assert service["ExecStart"].endswith("aggregator -c /etc/aggregator/feeds.yaml run")
    assert service["Type"] == "notify"
    assert service["RestartPreventExitStatus"] == "2 75"


def test_the_container_has_what_it_copies_and_is_not_root() -> None:
    copied = re.findall(r"^COPY (?!--)(.+)$", CONTAINER, re.MULTILINE)
    for line in copied:
        for name in line.split()[:-1]:
            assert (TOP / name).exists(), name
    last = CONTAINER.rpartition("FROM ")[2]
    assert re.search(r"^USER aggregator$", last, re.MULTILINE)
