"""The elements of other namespaces that pass through from a source to what is published, in what shape.

What is not listed here is dropped. Left out on purpose: whole texts (`itunes:summary`, `media:text`), since
excerpts are what may go out; HTML (`media:embed`); tallies of views (`media:community`).
"""

MEDIA = "http://search.yahoo.com/mrss/"

URIS = {
    "geo": "http://www.w3.org/2003/01/geo/wgs84_pos#",
    "georss": "http://www.georss.org/georss",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": MEDIA,
    "podcast": "https://podcastindex.org/namespace/1.0",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "thr": "http://purl.org/syndication/thread/1.0",
}
PREFIXES = {uri: prefix for prefix, uri in URIS.items()} | {
    "http://search.yahoo.com/mrss": "media",
    "https://search.yahoo.com/mrss/": "media",
    "https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/1.0.md": "podcast",
}

# Name of an element: what its text is (`-`: it has none), then its attributes and what each is.
_SHAPES = """
geo:lat                     decimal
geo:long                    decimal
georss:point                decimals
georss:line                 decimals
georss:polygon              decimals
georss:box                  decimals
georss:featurename          text
itunes:author               text
itunes:block                word
itunes:duration             duration
itunes:episode              count
itunes:episodeType          word
itunes:explicit             word
itunes:image                -         href=url
itunes:keywords             text
itunes:season               count
itunes:subtitle             excerpt
itunes:title                text
media:adult                 word
media:category              text      scheme=iri label=text
media:content               -         url=url type=media fileSize=count medium=word isDefault=word \
expression=word bitrate=decimal framerate=decimal samplingrate=decimal channels=count duration=decimal \
height=count width=count lang=language
media:copyright             text      url=url
media:credit                text      role=text scheme=iri
media:description           excerpt
media:group                 -
media:hash                  word      algo=word
media:keywords              text
media:license               text      type=media href=url
media:player                -         url=url height=count width=count
media:rating                text      scheme=iri
media:restriction           text      relationship=word type=word
media:thumbnail             -         url=url height=count width=count time=duration
media:title                 text
podcast:alternateEnclosure  -         type=media length=count bitrate=decimal height=count \
lang=language title=text rel=text codecs=text default=word
podcast:chapters            -         url=url type=media
podcast:contentLink         text      href=url
podcast:episode             decimal   display=text
podcast:integrity           -         type=word value=text
podcast:license             text      url=url
podcast:location            text      geo=text osm=word
podcast:person              text      role=text group=text img=url href=url
podcast:season              count     name=text
podcast:socialInteract      -         uri=iri protocol=word accountId=text accountUrl=url priority=count
podcast:soundbite           text      startTime=decimal duration=decimal
podcast:source              -         uri=iri contentType=media
podcast:transcript          -         url=url type=media language=language rel=word
podcast:txt                 text      purpose=word
podcast:value               -         type=word method=word suggested=decimal
podcast:valueRecipient      -         name=text type=word address=text split=count fee=word customKey=text \
customValue=text
slash:comments              count
thr:in-reply-to             -         ref=iri href=url type=media source=url
thr:total                   count
"""

# What an element must have to mean anything.
_NEEDED = {
    "itunes:image": "href", "media:content": "url", "media:thumbnail": "url", "media:player": "url",
    "podcast:chapters": "url", "podcast:transcript": "url", "podcast:source": "uri", "thr:in-reply-to": "ref",
}  # fmt: skip

# These change while the entry does not: they are told as they were when it last did (RFC 4685, 4).
COUNTERS = frozenset({"slash:comments", "thr:total"})


class Shape:
    """What an element may hold."""

    __slots__ = ("attributes", "needed", "text")

    def __init__(self, text: str, attributes: dict[str, str], needed: str) -> None:
        self.text, self.attributes, self.needed = text, attributes, needed


def _read(line: str) -> tuple[str, Shape]:
    name, text, *attributes = line.split()
    pairs = dict(part.split("=") for part in attributes)
    return name, Shape("" if text == "-" else text, pairs, _NEEDED.get(name, ""))


SHAPES = dict(_read(line) for line in _SHAPES.strip().splitlines())
