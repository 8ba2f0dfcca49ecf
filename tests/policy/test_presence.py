"""Why an output carries an entry or does not: the first reason that holds, in a word and in words."""

from dataclasses import replace

import pytest

from aggregator.model import Facts
from aggregator.policy.presence import presence
from tests.world import NOW

IN = Facts(position=3, total=40, since=NOW, role="lead")


@pytest.mark.parametrize(
    ("facts", "reason", "words"),
    [
        pytest.param(
            {"is_deleted": True, "is_withdrawn": True}, "deleted", "its source deleted it", id="deleted"
        ),
        pytest.param({"is_withdrawn": True}, "taken down", "taken down", id="taken down"),
        pytest.param({"is_leaving": True}, "leaving", "the next publish", id="a takedown to come"),
        pytest.param({"is_configured": False}, "source removed", "aggregator add", id="no source"),
        pytest.param({"is_placed": False}, "not placed", "run --once", id="no story yet"),
        pytest.param({"misses": ("tags", "search")}, "not selected", "tags; the words", id="selection"),
        pytest.param({"misses": ("together",)}, "not selected", "no single entry", id="not together"),
        pytest.param({"outlets": 2, "least": 3}, "not hot", "2 of 3 outlets", id="not hot"),
        pytest.param({"original": "f00"}, "copied", "f00 stands for it", id="a copy"),
        pytest.param({"position": 0, "page": 7}, "archived", "page 7 of the archive", id="archived"),
        pytest.param({"position": 0}, "beyond limit", "older than the newest 40", id="beyond the limit"),
        pytest.param({"since": None}, "not published yet", "next publish", id="not out yet"),
    ],
)
def test_the_reason_why_it_is_not_there(facts: dict[str, object], reason: str, words: str) -> None:
    found = presence(replace(IN, **facts), output="all", address="https://p.example/")  # type: ignore[arg-type]
    assert (found.is_in, found.reason, found.position) == (False, reason, 0)
    assert words in found.words


@pytest.mark.parametrize(
    ("role", "words"),
    [
        pytest.param("lead", "it leads its item", id="lead"),
        pytest.param("more recent", "More recent coverage", id="later"),
        pytest.param("earlier", "Earlier coverage", id="earlier"),
        pytest.param("copy", "Also in", id="a copy"),
        pytest.param("", "on whose page it stands", id="beyond the list"),
    ],
)
def test_what_it_is_there(role: str, words: str) -> None:
    found = presence(replace(IN, role=role), output="all", address="https://p.example/")
    assert (found.is_in, found.reason) == (True, role or "story")
    assert found.words.startswith("item 3 of 40, out since 22 Nov 2026 10:00 UTC: ")
    assert words in found.words


def test_only_what_is_archived_names_the_page_that_holds_it() -> None:
    def page(facts: Facts) -> str:
        return presence(facts, output="all", address="https://p.example/", archive="a/7").archive

    assert page(replace(IN, position=0, page=7)) == "a/7"
    assert page(replace(IN, page=7)) == ""
