"""Well-formed feeds of all shapes: any elements in any order, with anything in them, by seed."""

from random import Random
from xml.sax.saxutils import escape, quoteattr

SPACES = (
    "xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:dcterms='http://purl.org/dc/terms/'"
    " xmlns:content='http://purl.org/rss/1.0/modules/content/' xmlns:media='http://search.yahoo.com/mrss/'"
    " xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd' xmlns:cc='http://web.resource.org/cc/'"
    " xmlns:sy='http://purl.org/rss/1.0/modules/syndication/' xmlns:x='https://x.example/'"
    " xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'"
    " xmlns:wfw='http://wellformedweb.org/commentAPI/'"
)
ATOM = "xmlns:atom='http://www.w3.org/2005/Atom'"
FORMS = (
    f"<rss version='2.0' {SPACES} {ATOM}><channel>%s</channel></rss>",
    f"<feed xmlns='http://www.w3.org/2005/Atom' {SPACES} {ATOM}>%s</feed>",
    f"<feed version='0.3' xml:lang='en' xmlns='http://purl.org/atom/ns#' {SPACES} xmlns:atom='a:b'>%s</feed>",
    f"<rdf:RDF xmlns='http://purl.org/rss/1.0/' {SPACES} {ATOM}><channel/>%s</rdf:RDF>",
)
STARTS = ("", "<?xml version='1.0' encoding='utf-8'?>\n", "\ufeff", "<!-- a -->")
TEXTS = (
    "",
    *"""One|a & b|a &amp; b|it&#8217;s|<b>bold</b> text|<p>a</p><br/>|Ünï|caf\u00c3\u00a9|a\x85b|http:///three|x
    |https://e.example/a?b=c&amp;d;e|/relative|a/../b|urn:x:1|?q|#f|Sun, 22 Nov 2026 10:00:00 GMT|\u2019\u00a0
    |2026-11-22T10:00:00Z|31 нояб 2026|a@b.example (Ann)|a@b.org (Ann)|Ann <a@b.org>|a@b.org|@ann|Bob|Eve
    |Ann (a@b.org)|true|yes|one, two,,three|60|1:02| """.split("|"),
)
NAMES = """
    title link description summary content author managingEditor category guid id pubDate published updated
    modified issued created lastBuildDate enclosure source comments rights copyright language generator image
    icon logo ttl webMaster subtitle tagline contributor name email uri url keywords docs cloud textInput foo
    dc:title dc:creator dc:date dc:description dc:subject dc:rights dc:language dc:contributor dc:publisher
    content:encoded media:title media:description media:category media:keywords media:group media:content
    media:thumbnail media:credit itunes:author itunes:summary itunes:subtitle itunes:owner itunes:name
    itunes:email itunes:image itunes:category itunes:keywords itunes:explicit dcterms:issued dcterms:modified
    sy:updatePeriod sy:updateFrequency atom:link atom:author atom:id atom:updated atom:summary x:foo x:title
    wfw:commentRss cc:license
""".split()
USUAL = (
    "title link description content author id guid updated pubDate category source content:encoded".split()
)
WITHIN = {
    "author": "name email uri x:foo", "contributor": "name email url",
    "itunes:owner": "itunes:name itunes:email",
    "image": "url title link", "source": "title link id updated author icon rights subtitle category",
    "media:group": "media:title media:description media:content", "itunes:category": "itunes:category",
}  # fmt: skip
ATTRIBUTES = """
    rel href url type isPermaLink domain scheme term text label length title hreflang xml:base xml:lang lang
    mode src rdf:about rdf:resource x:y x:href width
""".split()
VALUES = "self alternate enclosure html text xhtml text/html true false en de_AT escaped via".split()


def feed(seed: int) -> bytes:
    """Make a feed."""
    chance = Random(seed)
    form = chance.choice(FORMS)
    item = "entry" if "<feed" in form else "item"
    parts = [_element(chance, depth=1) for _ in range(chance.randrange(1 if "rdf:RDF>" in form else 6))]
    parts += [_item(chance, item) for _ in range(chance.randrange(4))]
    chance.shuffle(parts)
    return (chance.choice(STARTS) + form % "".join(parts)).encode()


def _item(chance: Random, name: str) -> str:
    parts = [_element(chance, depth=1) for _ in range(chance.randrange(12))]
    about = " rdf:about='https://e.example/1'" if chance.random() < 0.1 else ""
    return f"<{name}{about}>{''.join(parts)}</{name}>"


def _element(chance: Random, *, depth: int, names: tuple[str, ...] = ()) -> str:
    name = chance.choice(names or (NAMES if chance.random() < 0.5 else USUAL))
    kept = chance.sample(ATTRIBUTES, chance.randint(1, 2)) if chance.random() < 0.3 else ()
    attributes = "".join(f" {key}={quoteattr(chance.choice((*VALUES, *TEXTS)))}" for key in kept)
    inner = _text(chance)
    if name in WITHIN and depth and chance.random() < 0.7:
        within = tuple(WITHIN[name].split())
        inner = "\n".join(_element(chance, depth=depth - 1, names=within) for _ in range(chance.randrange(4)))
    elif depth and chance.random() < 0.05:
        inner = "\n".join(_element(chance, depth=depth - 1) for _ in range(chance.randrange(4)))
    return f"<{name}{attributes}>{inner}</{name}>"


def _text(chance: Random) -> str:
    text = chance.choice(TEXTS)
    return chance.choice((escape(text), f"<![CDATA[{text}]]>", f"{escape(text)}<!-- - -->\n"))
