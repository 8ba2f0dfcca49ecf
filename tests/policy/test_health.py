"""What is told of a source: only what lasts, and each thing once."""

from datetime import datetime
from typing import Any

import pytest

from aggregator.errors import Cause
from aggregator.model import SourceEvent, SourceState, Trouble
from aggregator.policy.health import FAILURES, SILENCE, news_of
from tests.world import DAY, NOW, a_state

TROUBLE = (Trouble(cause=Cause.TIMEOUT, detail="too slow"),)
FAILING = a_state(failures=FAILURES, troubles=TROUBLE)


def told(kind: str, detail: str = "") -> SourceEvent:
    return SourceEvent(source_id="north", kind=kind, detail=detail, at=NOW - DAY)


def news(state: SourceState, before: SourceEvent | None = None, latest: datetime | None = None) -> str:
    event = news_of(state, before, latest=latest, at=NOW)
    return event.kind if event else ""


@pytest.mark.parametrize(
    ("state", "before", "kind"),
    [
        pytest.param(a_state(), None, "", id="well from the start"),
        pytest.param(a_state(failures=FAILURES - 1, troubles=TROUBLE), None, "", id="a hiccup"),
        pytest.param(FAILING, None, "fails", id="it fails"),
        pytest.param(FAILING, told("fails"), "", id="it still fails"),
        pytest.param(a_state(failures=1, troubles=TROUBLE), told("fails"), "well", id="it answered between"),
        pytest.param(a_state(), told("fails"), "well", id="it is well again"),
        pytest.param(a_state(), told("well"), "", id="it is still well"),
        pytest.param(FAILING, told("well"), "fails", id="it fails again"),
        pytest.param(a_state(moved_to="https://x.example/"), None, "moved", id="it moved"),
        pytest.param(a_state(moved_to="https://x.example/"), told("moved", "https://x.example/"), "",
                     id="it is still there"),
        pytest.param(a_state(moved_to="https://y.example/"), told("moved", "https://x.example/"), "moved",
                     id="it moved on"),
        pytest.param(a_state(), told("moved", "https://x.example/"), "", id="its address was changed"),
    ],
)  # fmt: skip
def test_what_becomes_of_a_source_is_told_once(
    state: SourceState, before: SourceEvent | None, kind: str
) -> None:
    assert news(state, before) == kind


@pytest.mark.parametrize(
    ("given", "latest", "kind"),
    [
        pytest.param({"entries": 9}, NOW - SILENCE, "silent", id="silent"),
        pytest.param({"entries": 9}, NOW - SILENCE + DAY, "", id="not for long"),
        pytest.param({"entries": 1}, NOW - SILENCE, "", id="it never said much"),
        pytest.param({"entries": 9, "kind": "path"}, NOW - SILENCE, "", id="our own files"),
        pytest.param({"entries": 0}, None, "", id="it never said anything"),
    ],
)
def test_a_source_that_tells_nothing_for_long_is_silent(
    given: dict[str, Any], latest: datetime | None, kind: str
) -> None:
    assert news(a_state(**given), latest=latest) == kind
    if kind:
        assert news(a_state(**given), told(kind), latest) == ""
        assert news(a_state(**given), told(kind), NOW) == "well"
