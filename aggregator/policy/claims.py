"""Whose an id is that entries of two sources claim (RFC 4287, 8.4: feeds can pretend to be others).

It is whose it was published as; before that, the source's whose host its authority names, where it names that
of one of the two; else the first one's.
"""

import re

from aggregator.model import Claim
from aggregator.urls import host_of

_TAG = re.compile(r"tag:(?:[^,@]*@)?([^,@]+),", re.IGNORECASE)  # RFC 4151, 2.1


def is_ceded(guid: str, claim: Claim, *, holder: str, claimant: str) -> bool:
    """Say whether the entry that has an id must leave it to another that claims it.

    Args:
        holder, claimant: where their sources are asked for.
    """
    return not claim.is_settled and _is_named(guid, claimant) and not _is_named(guid, holder)


def _is_named(guid: str, place: str) -> bool:
    """Say whether an id is under the host of a place, or under a domain that this host is part of."""
    tag = _TAG.match(guid)
    name = tag[1].lower().removeprefix("www.") if tag else host_of(guid)
    return "." in name and f".{host_of(place)}".endswith(f".{name}")
