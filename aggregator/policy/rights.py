"""What a feed says about publishing it again: to be read by people, who decide."""

import re
from collections.abc import Iterable

from aggregator.model import Entry, FeedInfo, Rights

MOST_STATEMENTS = 3

# In feeds such words stand where somebody means them.
_RESERVED = re.compile(
    r"all rights reserved|alle rechte vorbehalten|tous droits réservés|todos los derechos reservados"
    r"|(?:not|never) .{0,40}\b(?:re-?publish|reproduc|redistribut|copied)"
    r"|without .{0,40}\b(?:permission|consent)"
    r"|(?:re-?publi|reproduc|redistribut)\w*.{0,40} (?:prohibited|forbidden|not permitted|not allowed)"
    r"|personal,? (?:and )?non-?commercial|for personal use|non-?commercial use only",
    re.IGNORECASE,
)
_RESERVING_LICENSE = re.compile(r"/licenses/by-(?:nc|nd)\b", re.IGNORECASE)


def rights_of(feed: FeedInfo, entries: Iterable[Entry]) -> Rights:
    """Gather what a feed and its entries say of rights and licenses, each once."""
    said = [feed.rights, *(entry.rights for entry in entries)]
    links = [feed.license, *(link.url for entry in entries for link in entry.links if link.rel == "license")]
    statements = tuple(dict.fromkeys(filter(None, said)))
    licenses = tuple(dict.fromkeys(filter(None, links)))
    is_reserved = any(map(_RESERVED.search, (*statements, feed.subtitle))) or any(
        map(_RESERVING_LICENSE.search, licenses)
    )
    return Rights(
        statements=statements[:MOST_STATEMENTS],
        licenses=licenses[:MOST_STATEMENTS],
        is_reserved=is_reserved,
    )
