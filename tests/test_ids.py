"""Public ids: valid URIs, one per thing, under a name that the publisher holds or under none."""

import re
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.ids import authority, mint

quick = settings(max_examples=40, deadline=None, derandomize=True)
DAY = date(2026, 11, 22)
TAG = "tag:planet.example,2026-11-22:"
NONE = "urn:uuid:"
KINDS = st.sampled_from(["entry", "story", "feed", "source"])
NAMES = st.one_of(
    st.from_regex(r"[0-9a-f]{32}", fullmatch=True), st.from_regex(r"(tag/)?[a-z0-9-]{1,64}", fullmatch=True)
)


@pytest.mark.parametrize(
    "url",
    [
        "https://planet.example/",
        "https://planet.example",
        "http://planet.example:8080/a/b?c",
        "https://PLANET.example/",
    ],
)
def test_a_public_name_and_the_day_of_its_start_are_an_authority(url: str) -> None:
    assert authority(url, since=DAY) == TAG


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8080/",
        "http://192.0.2.1/",
        "http://[::1]:8080/",
        "http://[2001:db8::1]/",
        "http://localhost/",
        "http://planet/",
        "http://planet.localhost/",
        "http://raspberrypi.local/",
        "http://nas.lan/",
        "http://planet.internal/",
        "http://planet.invalid/",
        "",
        "planet",
    ],
)
def test_who_has_no_public_name_claims_none(url: str) -> None:
    assert authority(url, since=DAY) == NONE


@pytest.mark.parametrize(
    ("url", "start"),
    [
        pytest.param("https://bücher.example/", "tag:xn--bcher-kva.example,2026-11-22:", id="another script"),
        pytest.param("https://planet.example./", TAG, id="a final dot"),
        pytest.param("http://planet.home.arpa/", NONE, id="a name for homes (RFC 8375)"),
    ],
)
def test_an_authority_is_a_public_dns_name(url: str, start: str) -> None:
    assert authority(url, since=DAY) == start


def test_a_minted_tag_says_what_it_names() -> None:
    assert mint(TAG, "entry", "0a1b") == "tag:planet.example,2026-11-22:entry/0a1b"


def test_a_minted_uuid_never_changes() -> None:
    assert mint(NONE, "entry", "0a1b") == "urn:uuid:42b8da15-87c8-8eaf-8d99-01edd7cc8c7b"


@quick
@given(KINDS, NAMES)
def test_a_minted_uuid_is_of_version_8(kind: str, name: str) -> None:
    minted = UUID(mint(NONE, kind, name).removeprefix(NONE))
    assert (minted.version, minted.variant) == (8, "specified in RFC 4122")


@quick
@given(st.sampled_from([TAG, NONE]), KINDS, NAMES)
def test_a_minted_id_is_a_uri(under: str, kind: str, name: str) -> None:
    assert re.fullmatch(r"(?:tag|urn):[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+", mint(under, kind, name))


@quick
@given(st.sampled_from([TAG, NONE]), KINDS, NAMES, KINDS, NAMES)
def test_different_things_have_different_ids(
    under: str, kind: str, name: str, other_kind: str, other_name: str
) -> None:
    is_same = mint(under, kind, name) == mint(under, other_kind, other_name)
    assert is_same == ((kind, name) == (other_kind, other_name))
