"""The one place where HTML from a stranger becomes HTML that may stand in a feed or a page.

Runs last in `normalize`, for every format and field, with the entry's own base address. Only what is
listed survives: an element not in `_TAGS` gives up its tags and keeps its text, one in `_SWALLOWED` goes
with everything in it. The rules and their reasons: OWASP's, and the mutation attacks that need raw-text
elements (ammonia, RUSTSEC-2021-0074) or foreign content.
"""

import re
from collections import Counter
from functools import lru_cache
from html import escape

import nh3

from aggregator.addresses import is_near
from aggregator.text import plain_text, without_controls
from aggregator.urls import absolute, host_of

MOST_BYTES = 256 * 1024
MOST_READINGS = 4  # until it reads the same twice
MOST_DEPTH = 256  # nh3 is quadratic in depth: 100,000 nested divs take 38 s (html5ever #788)

_TAGS = frozenset(
    "p br hr h2 h3 h4 h5 h6 ul ol li dl dt dd blockquote pre code em strong b i u s sub sup small"
    " mark abbr cite q del ins a img figure figcaption table thead tbody tfoot tr th td caption"
    " picture source".split()
)
_SWALLOWED = frozenset(
    "script style svg math template noscript iframe object embed applet form input button select"
    " textarea title head noembed noframes xmp plaintext dialog audio video canvas".split()
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
# nh3 adds them in the order of a hash map, another in each process, and others may stand between. A quote
# mark inside a value is always a reference, and so is "<" in a text.
_OTHERS = r"""(?: [^\s"=>]+="[^"]*")*"""
_DISORDER = re.compile(rf'(<img{_OTHERS}?) referrerpolicy="no-referrer"({_OTHERS}?) loading="lazy"')
_ORDER = r'\1 loading="lazy"\2 referrerpolicy="no-referrer"'

_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
_CANDIDATE = re.compile(r"\s*(\S*[^\s,])(?:\s+([^,]*?))?\s*(?:,|$)")
_SIZE = re.compile(r"(?:\d+(?:\.\d+)?[wx])?")
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
# What may read otherwise when it is read again: items and headings that only a block now gone held apart, and
# a line break that <pre> swallows.
_BARRIER = re.compile(
    r"(?i)<(?=[acdfhlmns]|pre)"  # alone, the rest would be tried name by name at every <p>
    r"(?:address|article|aside|center|details|dir|div|fieldset|footer|header|hgroup|main|menu|nav|search"
    r"|section|summary|listing|marquee|applet|pre)\b"
)
_HELD_APART = re.compile(r"<(?:li|dd|dt|h[2-6]|a|p|pre|tr|td|th)\b")


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
    if is_too_much(html):
        return _as_paragraphs(html)
    clean = _clean(html, base)
    if _BARRIER.search(html) and _HELD_APART.search(clean):
        clean = _settled(clean, base)
    return clean if len(clean.encode()) <= MOST_BYTES else _as_paragraphs(clean)


def is_too_much(html: str) -> bool:
    """Say whether a fragment is so large or so deep that only its text is kept."""
    if len(html) > MOST_BYTES or (not html.isascii() and len(html.encode("utf-8", "replace")) > MOST_BYTES):
        return True
    return html.count("<") > MOST_DEPTH and _depth(html) > MOST_DEPTH


def _settled(clean: str, base: str) -> str:
    for _ in range(MOST_READINGS):
        again = _clean(clean, base)
        if again == clean:
            return clean
        clean = again
    return _as_paragraphs(clean)


def _clean(html: str, base: str) -> str:
    return _DISORDER.sub(_ORDER, _cleaner(base).clean(html)).strip()


@lru_cache(maxsize=16)  # made once a document: it costs as much as to use it
def _cleaner(base: str) -> nh3.Cleaner:
    def vet(_tag: str, attribute: str, value: str) -> str | None:
        if attribute in ("href", "cite"):
            return absolute(base, value) or None
        if attribute == "src":
            return _vet_source(base, value) or None
        if attribute == "srcset":
            return _vet_srcset(base, value)
        return value

    return nh3.Cleaner(
        tags=set(_TAGS),
        clean_content_tags=set(_SWALLOWED),
        attributes=_ATTRIBUTES,
        attribute_filter=vet,
        set_tag_attribute_values=_ADDED,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow ugc",
        strip_comments=True,
        url_relative="pass_through",  # resolved or dropped by `vet` above
    )


def _vet_source(base: str, value: str) -> str:
    """Return the address of an image; empty where a browser would look for it in its reader's own network."""
    address = absolute(base, value)
    return address if address.startswith(("http://", "https://")) and not is_near(host_of(address)) else ""


def _vet_srcset(base: str, value: str) -> str | None:
    kept = []
    for address, size in _CANDIDATE.findall(value):
        url = _vet_source(base, address)
        if url and _SIZE.fullmatch(size):
            kept.append(f"{url} {size}".strip())
    return ", ".join(kept) or None


def _depth(html: str) -> int:
    """Count how deep elements nest at most, taking every unclosed one as open: never too low."""
    opened: Counter[str] = Counter()
    deepest = depth = 0
    for closing, name in _TAG.findall(html):
        name = name.lower()
        if closing:
            if opened[name]:
                opened[name] -= 1
                depth -= 1
        elif name not in _VOID:
            opened[name] += 1
            depth += 1
            deepest = max(deepest, depth)
    return deepest


def _as_paragraphs(html: str) -> str:
    """Reduce a fragment to its text, as much of it as may stand there."""
    paragraphs, room = [], MOST_BYTES
    for line in filter(None, plain_text(html).split("\n")):
        room -= len("<p></p>")
        text = escape(line, quote=False).encode()[: max(0, room)]
        if not text:
            break
        room -= len(text)
        whole = text.decode("utf-8", "ignore")
        paragraphs.append(f"<p>{_HALF_A_REFERENCE.sub('', whole)}</p>")
    return "".join(paragraphs)


_HALF_A_REFERENCE = re.compile(r"&[a-z]{0,4}$")
