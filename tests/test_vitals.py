"""The daemon says whether it is well and why not, and its figures are ones that Prometheus reads."""

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.vitals import Vitals, ailments, health, metrics
from tests.world import HOUR, NOW

WELL = Vitals(
    started=NOW - HOUR, walked=NOW, published=NOW, sources=3, entries=9, asked={"fresh": 2, "failed": 1}
)
LONG_AGO = NOW - timedelta(minutes=6)


def test_a_daemon_that_gets_on_is_well() -> None:
    assert ailments(WELL, now=NOW) == ()
    assert health(WELL, now=NOW)["status"] == "well"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"walked": LONG_AGO}, "nothing has been done for 6 min"),
        ({"walked": None}, "nothing has been done for 60 min"),
        ({"overdue_since": LONG_AGO}, "sources have waited to be asked for 6 min"),
        ({"behind_since": NOW - 3 * HOUR}, "what came in has waited to be published for 3 h"),
        ({"trouble": "full: no room"}, "full: no room"),
        ({"paused": "9 bytes are free"}, "9 bytes are free"),
        ({"engine": "no scheduler at tls://x:1"}, "no scheduler at tls://x:1"),
    ],
)
def test_what_is_wrong_is_said(change: dict[str, object], words: str) -> None:
    told = health(replace(WELL, **change), now=NOW)  # type: ignore[arg-type]
    assert (told["status"], told["wrong"]) == ("failing", [words])


def test_what_is_a_little_late_is_well() -> None:
    assert not ailments(replace(WELL, overdue_since=NOW - timedelta(minutes=4)), now=NOW)


def test_a_wrong_configuration_is_told_and_no_illness() -> None:
    told = health(replace(WELL, config_fault="feeds.yaml:3: …"), now=NOW)
    assert (told["status"], told["config_fault"]) == ("well", "feeds.yaml:3: …")


def test_health_is_json() -> None:
    assert json.loads(json.dumps(health(WELL, now=NOW)))["published"] == "2026-11-22T10:00:00+00:00"


def test_metrics_are_of_the_text_format_with_units_and_totals() -> None:
    lines = metrics(replace(WELL, overdue_since=LONG_AGO), now=NOW, version="0.1.0").split("\n")
    assert lines.pop() == ""
    kinds: dict[str, str] = {}
    for line in lines:
        if match := re.fullmatch(r"# (HELP|TYPE) (aggregator_[a-z_]+) (.+)", line):
            kinds |= {match[2]: match[3]} if match[1] == "TYPE" else {}
            continue
        match = re.fullmatch(r'(aggregator_[a-z_]+)(\{[a-z]+="[^"\\]*"\})? (-?\d+(?:\.\d+)?)', line)
        assert match, line
        assert kinds[match[1]] in ("gauge", "counter")
        assert (kinds[match[1]] == "counter") == match[1].endswith("_total")
    assert 'aggregator_fetches_total{outcome="fresh"} 2' in lines
    assert "aggregator_scheduler_lag_seconds 360.0" in lines
    assert "aggregator_healthy 0" in lines
    assert f"aggregator_last_publish_timestamp_seconds {NOW.timestamp()}" in lines
