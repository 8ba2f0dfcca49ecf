"""The one place where HTML from a stranger becomes HTML that may stand in a feed or a page.

Runs last in `normalize`, for every format and field, with the entry's own base address. Only what is
listed survives: an element not in `_TAGS` gives up its tags and keeps its text, one in `_SWALLOWED` goes
with everything in it. The rules and their reasons: OWASP's, and the mutation attacks that need raw-text
elements (ammonia, RUSTSEC-2021-0074) or foreign content.
"""

import re
from html import escape

import nh3

from aggregator.text import plain_text, without_controls
from aggregator.urls import absolute

MOST_BYTES = 256 * 1024
MOST_DEPTH = 256  # nh3 is quadratic in depth: 100,000 nested divs take 38 s (html5ever #788)

_TAGS = frozenset(
    "p br hr h2 h3 h4 h5 h6 ul ol li dl dt dd blockquote pre code em strong b i u s sub sup small mark"
    " abbr cite q del ins a img figure figcaption table thead tbody tfoot tr th td caption picture"
    " source".split()
)
_SWALLOWED = frozenset(
    "script style svg math template noscript iframe object embed applet form input button select textarea"
    " title head noembed noframes xmp plaintext dialog audio video canvas".split()
)
_ATTRIBUTES = {
    "*": {"lang", "dir", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "source": {"srcset", "media", "type"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "blockquote": {"cite"},
    "q": {"cite"},
    "del": {"cite", "datetime"},
    "ins": {"cite", "datetime"},
}
_ADDED = {"img": {"loading": "lazy", "referrerpolicy": "no-referrer"}}
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)[^>]*?(/?)>")
_SIZE = re.compile(r"(?:\d+(?:\.\d+)?[wx])?")
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())


def sanitize_html(html: str, *, base: str = "") -> str:
    """Make an HTML fragment safe to publish, its addresses absolute.

    Args:
        html: what a source sent; anything at all.
        base: the address that relative ones start from; without it they are dropped.
    Returns: a fragment of well-formed HTML; the same again when sanitized again. Empty where nothing is left.
    Cost: linear; fragments over 256 KiB or nested deeper than 256 are reduced to their text.
    """
    html = without_controls(html)
    if not html.strip():
        return ""
    if len(html.encode()) > MOST_BYTES or _depth(html) > MOST_DEPTH:
        return _as_paragraphs(plain_text(html)[:MOST_BYTES])

    def vet(_tag: str, attribute: str, value: str) -> str | None:
        if attribute in ("href", "cite"):
            return absolute(base, value) or None
        if attribute == "src":
            address = absolute(base, value)
            return address if address.startswith(("http://", "https://")) else None
        if attribute == "srcset":
            return _vet_srcset(base, value)
        return value

    return nh3.clean(
        html,
        tags=set(_TAGS),
        clean_content_tags=set(_SWALLOWED),
        attributes=_ATTRIBUTES,
        attribute_filter=vet,
        set_tag_attribute_values=_ADDED,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow ugc",
        strip_comments=True,
        url_relative="pass_through",  # resolved or dropped by `vet` above
    ).strip()


def _vet_srcset(base: str, value: str) -> str | None:
    kept = []
    for candidate in re.split(r",\s+", value.strip()):
        address, _, size = candidate.strip().partition(" ")
        url, size = absolute(base, address), size.strip()
        if url.startswith(("http://", "https://")) and _SIZE.fullmatch(size):
            kept.append(f"{url} {size}".strip())
    return ", ".join(kept) or None


def _depth(html: str) -> int:
    """Count how deep elements nest at most, taking every unclosed one as open: never too low."""
    deepest = depth = 0
    for closing, name, selfclosing in _TAG.findall(html):
        if closing:
            depth = max(0, depth - 1)
        elif not selfclosing and name.lower() not in _VOID:
            depth += 1
            deepest = max(deepest, depth)
    return deepest


def _as_paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(line, quote=False)}</p>" for line in text.split("\n") if line)
