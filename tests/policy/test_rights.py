"""What a feed says about publishing it again."""

import pytest

from aggregator.model import FeedInfo, Link
from aggregator.policy.rights import rights_of
from tests.world import an_entry


def test_most_feeds_say_nothing() -> None:
    rights = rights_of(FeedInfo(subtitle="News of the town"), [an_entry()])
    assert (rights.statements, rights.licenses, rights.is_reserved) == ((), (), False)


@pytest.mark.parametrize(
    ("statement", "is_reserved"),
    [
        ("© 2026 The North Gazette. All Rights Reserved.", True),
        ("This feed may not be republished.", True),
        ("Reproduction without written permission is prohibited", True),
        ("For personal, non-commercial use", True),
        ("Alle Rechte vorbehalten", True),
        ("© 2026 The North Gazette", False),
        ("Free to share", False),
    ],
)
def test_a_statement_that_forbids_is_recognized(statement: str, is_reserved: bool) -> None:
    assert rights_of(FeedInfo(rights=statement), []).is_reserved is is_reserved
    assert rights_of(FeedInfo(), [an_entry(rights=statement)]).statements == (statement,)


@pytest.mark.parametrize(
    ("license_", "is_reserved"),
    [
        ("https://creativecommons.org/licenses/by/4.0/", False),
        ("https://creativecommons.org/licenses/by-sa/4.0/", False),
        ("https://creativecommons.org/licenses/by-nc-sa/4.0/", True),
        ("https://creativecommons.org/licenses/by-nd/4.0/", True),
    ],
)
def test_a_license_that_reserves_is_recognized(license_: str, is_reserved: bool) -> None:
    rights = rights_of(FeedInfo(), [an_entry(links=(Link(rel="license", url=license_),))] * 2)
    assert (rights.licenses, rights.is_reserved) == ((license_,), is_reserved)
