"""Whose an id is that entries of two sources claim."""

import pytest

from aggregator.model import Claim
from aggregator.policy.claims import is_ceded

NORTH, SOUTH = "https://blog.north.example/feed", "https://south.example/feed"


def ceded(guid: str, *, holder: str = SOUTH, claimant: str = NORTH, is_settled: bool = False) -> bool:
    claim = Claim(entry_id="e", source_id="holder", is_settled=is_settled)
    return is_ceded(guid, claim, holder=holder, claimant=claimant)


@pytest.mark.parametrize(
    "guid",
    [
        pytest.param("https://blog.north.example/?p=7", id="its address"),
        pytest.param("http://www.north.example/7", id="an address of the domain above"),
        pytest.param("tag:blog.north.example,2026:7", id="its tag"),
        pytest.param("tag:NORTH.example,2026-11-01:7", id="a tag of the domain above"),
        pytest.param("tag:editor@north.example,2026:7", id="a tag of a mailbox there"),
    ],
)
def test_an_id_goes_to_the_source_it_names(guid: str) -> None:
    assert ceded(guid)


@pytest.mark.parametrize(
    "guid",
    [
        pytest.param("https://other.north.example/7", id="a host beside it"),
        pytest.param("https://orth.example/7", id="a name that only ends like it"),
        pytest.param("tag:example,2026:7", id="a whole top-level domain"),
        pytest.param("urn:uuid:0c7f0a3e-6ec3-4f0c-9d5c-2a1f8a4b6b11", id="nobody's"),
        pytest.param("https://[broken/7", id="no address"),
    ],
)
def test_an_id_that_does_not_name_the_source_stays_with_the_first(guid: str) -> None:
    assert not ceded(guid)


def test_an_id_that_names_both_stays_with_the_first() -> None:
    assert not ceded("https://north.example/7", holder="https://news.north.example/feed")


def test_an_id_that_was_published_stays_where_it_is() -> None:
    assert not ceded("https://blog.north.example/7", is_settled=True)


def test_local_files_own_no_id() -> None:
    assert not ceded("https://north.example/7", claimant="seeds/north.example/*.txt")
