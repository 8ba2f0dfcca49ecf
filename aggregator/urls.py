"""Addresses: absolute, canonical, and whether one may be followed.

A canonical address is a key for comparing, never one to fetch: what is asked for is what was configured,
byte for byte. The list of tracking parameters holds names that only ever say where a reader came from.
"""

import re
from urllib.parse import quote

from yarl import URL

MOST_CHARACTERS = 2048

_TRACKING_PREFIXES = tuple("utm_ at_ pk_ mtm_ hsa_ oly_ vero_ _hs ns_ wt_ sc_ itm_".split())
_TRACKING = frozenset(
    "fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid ysclid twclid ttclid igshid igsh mc_cid mc_eid"
    " mkt_tok spm scm cmpid cmp ncid icid ocid oc campaign_id ref_src ref_url smid smtyp partner"
    " traffic_source"
    " ftag ftcamp feedtype feedname ito ref referrer share_id guccounter guce_referrer guce_referrer_sig"
    " s_cid s_kwcid trk trkcampaign sr_share xtor rss".split()
)
_SCHEME = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]*:")
_JUNK = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u2028\u2029\ufeff\ud800-\udfff]+")
# An address that is its own canonical spelling: lower-case names, no port, no dots that lead up, no escapes.
_PLAIN = re.compile(
    r"https?://(?!\S*xn--)([a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,})"
    r"((?:/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*+)*+/?)(?:\?([A-Za-z0-9=&_.~-]*))?"
)
# An address that resolving leaves as it is.
_WHOLE = re.compile(
    r"https?://([a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,})/(?![/.])[A-Za-z0-9_~%-]*(?:[/.][A-Za-z0-9_~%-]+)*/?"
    r"(?:\?[A-Za-z0-9=&_.~%+-]+)?(?:#[A-Za-z0-9_-]+)?"
)
_AMP = re.compile(r"(?:/amp/?$|\.amp(?:\.html)?$|^/amp/)")
# What no IRI may hold (RFC 3987, 2.2), brackets around an address of IPv6 aside, and half an escape.
_NO_IRI = re.compile(r"[\x00-\x20\x7f-\x9f<>\"{}|\\^`\[\]\ufdd0-\ufdef\ufff0-\uffff]|%(?![0-9A-Fa-f]{2})")
_IPV6_HOST = re.compile(r"[^:/?#]+://(?:[^/?#\[\]@]*@)?\[[0-9A-Fa-f:.]+\]")
_DUMB_HOST_PREFIXES = ("www.", "m.", "mobile.", "amp.")


def absolute(base: str, reference: str) -> str:
    """Resolve a reference as a browser would; empty unless the result is http, https or mailto.

    White space and controls inside are dropped, as the WHATWG URL parser does: they hide `java\\nscript:`.
    """
    reference = reference.strip()
    if not reference:
        return ""
    if _WHOLE.fullmatch(reference) and len(reference) <= MOST_CHARACTERS:
        return reference
    reference = _JUNK.sub("", reference).replace(" ", "%20")
    if not reference or len(reference) > MOST_CHARACTERS:
        return ""
    scheme = _SCHEME.match(reference)
    if scheme and scheme[0].lower() == "mailto:":
        return reference
    try:
        url = _url(reference)
        if not scheme:
            url = _url(base).join(url)
        elif not url.host:
            return ""
        if url.scheme.lower() not in ("http", "https") or not url.host:
            return ""
    except ValueError:
        return ""
    found = str(url)
    return found if len(found) <= MOST_CHARACTERS else ""


def as_iri(address: str) -> str:
    """Escape the characters of an address that no IRI may hold; an IRI stays as it is."""
    if not _NO_IRI.search(address):
        return address
    host = _IPV6_HOST.match(address)
    start = host.end() if host else 0
    return address[:start] + _NO_IRI.sub(lambda found: quote(found[0], safe=""), address[start:])


def is_iri(text: str) -> bool:
    """Say whether text is an IRI with a scheme."""
    return bool(_SCHEME.match(text)) and as_iri(text) == text


def _url(text: str) -> URL:
    """Take an address as it is spelt, unless it needs spelling: only ASCII goes over the wire."""
    return URL(text, encoded=text.isascii())


def is_fetchable(url: str) -> bool:
    """Say whether an address is one we may ask: http or https, a host, no user name or password inside."""
    try:
        parsed = _url(url)
        return parsed.scheme.lower() in ("http", "https") and bool(parsed.host) and not parsed.user
    except ValueError:
        return False


def host_of(url: str) -> str:
    """Return the host in lower case without a leading `www.`, or an empty string."""
    if whole := _WHOLE.fullmatch(url):
        return whole[1].removeprefix("www.")
    try:
        return (_url(url).host or "").lower().removeprefix("www.")
    except ValueError:
        return ""


def is_elsewhere(url: str, site: str | None) -> bool:
    """Say whether an address is at another site than one that is known: neither host is under the other."""
    host, home = host_of(url), host_of(site or "")
    if not host or not home:
        return False
    return not (f".{host}".endswith(f".{home}") or f".{home}".endswith(f".{host}"))


def origin_of(url: str) -> str:
    """Return `host:port`, the unit of politeness, or an empty string."""
    try:
        parsed = _url(url)
        return f"{(parsed.host or '').lower()}:{parsed.port}"
    except ValueError:
        return ""


def is_same_origin(url: str, other: str) -> bool:
    """Say whether two addresses share scheme, host and port (RFC 6454, 4)."""
    return scheme_of(url) == scheme_of(other) and origin_of(url) == origin_of(other) and port_of(url) > 0


def scheme_of(url: str) -> str:
    """Return the scheme of an address in lower case."""
    return url.partition(":")[0].lower()


def port_of(url: str) -> int:
    """Return the port that an address names or its scheme implies, 0 where there is none."""
    try:
        return _url(url).port or 0
    except ValueError:
        return 0


def canonical(url: str) -> str:
    """Make the key under which two addresses of one page meet; empty for what names no page.

    Off go: the scheme, `www.` and the like, default ports, fragments (except `#!` and `#/` routes), tracking
    parameters, AMP marks, a trailing slash; parameters are sorted. An address without path and query is a
    home page and names no article.
    """
    parts = _parts(url.strip())
    if parts is None:
        return ""
    host, port, path, query, route = parts
    while host.startswith(_DUMB_HOST_PREFIXES) and "." in (short := host.partition(".")[2]):
        host = short
    path = path.rstrip("/")
    while "amp" in path and (shorter := _without_amp(path)) != path:
        path = shorter
    pairs = sorted(filter(None, query.split("&")))
    query = "&".join([pair for pair in pairs if not _is_tracking(pair.partition("=")[0])])
    if not (path or query or route):
        return ""
    return f"{host}{port}{path}{'?' + query if query else ''}{route}"


def _parts(url: str) -> tuple[str, str, str, str, str] | None:
    """Return host, port, path, query and route of an address, quoted alike; None if it is not of the web.

    What needs no quoting is not parsed: most addresses, in a third of the time.
    """
    if plain := _PLAIN.fullmatch(url):
        return plain[1], "", plain[2], plain[3] or "", ""
    try:
        parsed = URL(url)
        host = (parsed.host or "").lower()
        port = "" if parsed.is_default_port() or parsed.port is None else f":{parsed.port}"
    except ValueError:
        return None
    if parsed.scheme not in ("http", "https") or not host:
        return None
    route = f"#{parsed.fragment}" if parsed.fragment.startswith(("!", "/")) else ""
    return host, port, parsed.raw_path, parsed.raw_query_string, route


def _without_amp(path: str) -> str:
    return _AMP.sub(lambda m: "/" if m.start() == 0 else "", path).rstrip("/")


def _is_tracking(name: str) -> bool:
    name = name.lower()
    return name in _TRACKING or name.startswith(_TRACKING_PREFIXES)
