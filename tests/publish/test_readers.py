"""What readers' sanitizers leave of the coverage in an entry: all of it.

The rules are those of Miniflux (internal/reader/sanitizer/sanitizer.go: elements and attributes that stay)
and of FreshRSS (lib/lib_rss.php, with SimplePie's own: what goes), read in November 2026.
"""

from html.parser import HTMLParser

import pytest

from aggregator.model import Attribution
from aggregator.publish.content import content_html
from tests.world import A_SITE, a_line, an_item

MINIFLUX_KEEPS = {
    "a": {"href", "title", "id"}, "b": set(), "blockquote": set(), "cite": set(), "em": set(), "h3": {"id"},
    "h4": {"id"}, "li": {"id"}, "ol": {"id"}, "p": set(), "strong": set(), "time": {"datetime"}, "ul": {"id"},
}  # fmt: skip
FRESHRSS_DROPS = set(
    "base blink body doctype embed font form frame frameset html link input marquee meta noscript object"
    " param plaintext script style svg".split()
)
FRESHRSS_STRIPS = set("bgsound expr id class style onclick onerror onload sizes srcset autoplay".split())


class Reader(HTMLParser):
    """Collects elements with the names of their attributes, and addresses."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, set[str]]] = []
        self.addresses: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name for name, _ in attrs}))
        self.addresses += [value or "" for name, value in attrs if name == "href"]


@pytest.fixture
def reader() -> Reader:
    """An entry with all that we add to what its source told."""
    item = an_item(
        attribution=Attribution(title="What it builds on"),
        attribution_url="https://west.example/first",
        more_recent=(a_line("a"), a_line("b", title="Less < more & 'so on'")),
        earlier=(a_line("c"),),
        also_in=(a_line("d", relation="copy"),),
    )
    return Reader(content_html(item, A_SITE))


def test_miniflux_keeps_every_element_and_attribute_of_it(reader: Reader) -> None:
    assert len(reader.addresses) == 6
    assert [tag for tag, names in reader.found if not names <= MINIFLUX_KEEPS.get(tag, {tag})] == []
    assert {tag for tag, _ in reader.found} <= MINIFLUX_KEEPS.keys()


def test_freshrss_drops_nothing_of_it(reader: Reader) -> None:
    assert not {tag for tag, _ in reader.found} & FRESHRSS_DROPS
    assert not {name for _, names in reader.found for name in names} & FRESHRSS_STRIPS


def test_every_address_in_it_is_whole(reader: Reader) -> None:
    assert all(address.startswith("https://") for address in reader.addresses)
