"""A judge of what is published: every MUST of the formats that applies to us, and what readers need besides.

It shares no code with the publisher. `broken` holds one file against its format, `broken_site` the
files of a site against each other; both return a line for every rule that is broken, its source first. Every
publish of every test is checked (`conftest.every_publish_is_checked`).
"""

from collections.abc import Callable, Iterator, Mapping

from tests.checker.atom import broken_atom
from tests.checker.jsonfeed import broken_jsonfeed
from tests.checker.opml import broken_opml
from tests.checker.rss import broken_rss
from tests.checker.site import broken_site

__all__ = ["broken", "broken_site", "check", "check_site"]

CHECKS: dict[str, Callable[[bytes], Iterator[str]]] = {
    "atom.xml": broken_atom,
    "status.atom": broken_atom,
    "rss.xml": broken_rss,
    "feed.json": broken_jsonfeed,
    ".opml": broken_opml,
}


def broken(name: str, content: bytes) -> list[str]:
    """Return the rules that a published file breaks; of files without a format of ours none."""
    check = next((check for ending, check in CHECKS.items() if name.endswith(ending)), None)
    return [f"{name}: {fault}" for fault in check(content)] if check else []


def check(files: Mapping[str, bytes]) -> None:
    """Fail, naming every rule that one of some files breaks."""
    faults = [fault for name, content in files.items() for fault in broken(name, content)]
    assert not faults, "\n".join(faults)


def check_site(files: Mapping[str, bytes]) -> None:
    """Fail, naming every rule that the files of a whole site break together."""
    faults = list(broken_site(files))
    assert not faults, "\n".join(faults)
