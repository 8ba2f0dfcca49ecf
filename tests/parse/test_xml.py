"""XML feeds: every family and dialect, odd encodings, broken ones; and what is no feed is refused."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator import model
from aggregator.errors import Cause, ParseError
from aggregator.model import Document, Enclosure, FeedInfo, Parsed, Person, RawEntry, RawText
from aggregator.parse import parse, sniff
from aggregator.parse.xml import parse_xml
from tests.world import Origin

HERE = "https://h.example/dir/feed.xml"
NAMESPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:atom="http://www.w3.org/2005/Atom" xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'
)


def read(
    text: str | bytes, *, address: str = HERE, media_type: str = "application/xml", name: str = ""
) -> Parsed:
    body = text if isinstance(text, bytes) else text.encode()
    return parse(Document(address=address, body=body, media_type=media_type, name=name))


def rss(
    items: str, channel: str = "<title>T</title><link>https://h.example/</link>", version: str = "2.0"
) -> str:
    return f'<rss version="{version}" {NAMESPACES}><channel>{channel}{items}</channel></rss>'


def rdf(items: str, namespace: str = "http://purl.org/rss/1.0/") -> str:
    return (
        f'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="{namespace}">'
        f"<channel><title>T</title><link>https://h.example/</link></channel>{items}</rdf:RDF>"
    )


def atom(entries: str, feed: str = "<title>T</title><id>urn:feed</id>", attributes: str = "") -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}>{feed}{entries}</feed>'


def only(parsed: Parsed) -> RawEntry:
    (entry,) = parsed.entries
    return entry


def item(inside: str) -> RawEntry:
    return only(read(rss(f"<item>{inside}</item>")))


def entry(inside: str, attributes: str = "") -> RawEntry:
    return only(read(atom(f"<entry>{inside}</entry>", attributes=attributes)))


def value(text: RawText | None) -> str:
    return text.value if text else ""


# ---------------------------------------------------------------- families


ONE = "<item><title>One</title><link>https://h.example/1</link><description>d</description></item>"


@pytest.mark.parametrize(
    ("text", "version"),
    [
        pytest.param(rdf(ONE, "http://my.netscape.com/rdf/simple/0.9/"), "rss090", id="RSS 0.90"),
        pytest.param(rss(ONE, version="0.91"), "rss091u", id="RSS 0.91"),
        pytest.param(rss(ONE, version="0.92"), "rss092", id="RSS 0.92"),
        pytest.param(rdf(ONE), "rss10", id="RSS 1.0"),
        pytest.param(rdf(ONE, "http://example.org/made-up/"), "unknown", id="RDF of a namespace of its own"),
        pytest.param(rss(ONE), "rss20", id="RSS 2.0"),
        pytest.param(rss(ONE, version=""), "rss", id="RSS of no version"),
        pytest.param(
            '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>T</title><link href="https://h.example/"/>'
            '<entry><title>One</title><link href="/1"/><summary>d</summary></entry></feed>',
            "atom03",
            id="Atom 0.3",
        ),
        pytest.param(
            atom(
                '<entry><title>One</title><link href="/1"/><summary>d</summary></entry>',
                '<title>T</title><link href="https://h.example/"/>',
            ),
            "atom10",
            id="Atom 1.0",
        ),
    ],
)
def test_every_family_is_read_alike(text: str, version: str) -> None:
    parsed = read(text)
    found = only(parsed)
    assert (parsed.version, parsed.feed.title, parsed.feed.url) == (version, "T", "https://h.example/")
    assert (value(found.title), found.link, value(found.summary)) == ("One", "https://h.example/1", "d")
    assert found.content is None


def test_an_rss_channel_in_full() -> None:
    channel = """
<title>The &amp; T</title><link>/site</link><description>&lt;b&gt;sub&lt;/b&gt;title</description>
<atom:link rel="self" href="/feed.xml"/><atom:link rel="hub" href="https://hub.example/"/>
<language>en-us</language><copyright>(c) T</copyright>
<managingEditor>ann@h.org (Ann)</managingEditor>
<pubDate>Sat, 29 Nov 2025 10:00:00 GMT</pubDate><ttl>60</ttl><image><url>/i.png</url></image>"""
    assert read(rss("", channel)).feed == FeedInfo(
        title="The & T",
        subtitle="subtitle",
        url="https://h.example/site",
        feed_url="https://h.example/feed.xml",
        language="en-us",
        rights="(c) T",
        icon="https://h.example/i.png",
        authors=(Person(name="Ann", email="ann@h.org"),),
        updated=datetime(2025, 11, 29, 10, tzinfo=UTC),
        hubs=("https://hub.example/",),
        ttl_minutes=60,
    )


def test_an_rss_item_in_full() -> None:
    found = item("""
<title>One</title><link>https://h.example/1</link><guid isPermaLink="false"> g1 </guid>
<description>&lt;p&gt;short&lt;/p&gt;</description>
<content:encoded><![CDATA[<p>the <b>whole</b></p>]]></content:encoded>
<pubDate>Sat, 29 Nov 2025 05:00:00 EST</pubDate><dc:creator>Ann</dc:creator>
<category>a</category><category>b</category>
<enclosure url="https://h.example/a.mp3" type="audio/mpeg" length="12"/><comments>https://h.example/1#c</comments>
<source url="https://o.example/feed">Origin</source>
<feedburner:origLink>https://h.example/one</feedburner:origLink>""")
    assert found == RawEntry(
        id="g1",
        link="https://h.example/1",
        permalink="https://h.example/one",
        title=RawText(value="One", base=HERE),
        summary=RawText(value="<p>short</p>", is_html=True, base=HERE),
        content=RawText(value="<p>the <b>whole</b></p>", is_html=True, base=HERE),
        published=datetime(2025, 11, 29, 10, tzinfo=UTC),
        authors=(Person(name="Ann"),),
        categories=("a", "b"),
        enclosures=(Enclosure(url="https://h.example/a.mp3", media_type="audio/mpeg", size_bytes=12),),
        comments="https://h.example/1#c",
        origin=model.Origin(title="Origin", feed_url="https://o.example/feed"),
    )


def test_an_atom_feed_in_full() -> None:
    feed = """
<title type="html">A &amp;lt;b&amp;gt;</title><subtitle>s</subtitle><id>urn:feed</id><link href="."/>
<link rel="self" href="/feed"/><link rel="hub" href="https://hub.example/"/><updated>2025-11-29T10:00:00Z</updated>
<author><name>Ann</name><email>ann@b.example</email><uri>/ann</uri></author><logo>l.png</logo><rights>(c)</rights>"""
    assert read(atom("", feed, 'xml:base="https://b.example/blog/" xml:lang="de"')).feed == FeedInfo(
        title="A <b>",
        subtitle="s",
        url="https://b.example/blog/",
        feed_url="https://b.example/feed",
        id="urn:feed",
        language="de",
        rights="(c)",
        icon="https://b.example/blog/l.png",
        authors=(Person(name="Ann", email="ann@b.example", url="https://b.example/ann"),),
        updated=datetime(2025, 11, 29, 10, tzinfo=UTC),
        hubs=("https://hub.example/",),
    )


def test_an_atom_entry_in_full() -> None:
    base = "https://b.example/blog/"
    found = entry(
        """
<title>One</title><id>urn:1</id><link href="1"/>
<link rel="enclosure" href="a.mp3" type="audio/mpeg" length="5"/>
<published>2025-11-28T10:00:00+02:00</published><updated>2025-11-29T09:00:00Z</updated><summary>short</summary>
<content type="html">&lt;p&gt;whole&lt;/p&gt;</content><category term="c" label="C"/><rights>(c)</rights>
<author><name>Ann</name></author><source><title>S</title><id>urn:s</id><link rel="self" href="https://s.example/f"/>
<link href="https://s.example/"/></source>""",
        f'xml:base="{base}" xml:lang="de"',
    )
    assert found == RawEntry(
        id="urn:1",
        link="https://b.example/blog/1",
        title=RawText(value="One", base=base),
        summary=RawText(value="short", base=base),
        content=RawText(value="<p>whole</p>", is_html=True, base=base),
        published=datetime(2025, 11, 28, 8, tzinfo=UTC),
        updated=datetime(2025, 11, 29, 9, tzinfo=UTC),
        authors=(Person(name="Ann"),),
        categories=("c",),
        enclosures=(Enclosure(url="https://b.example/blog/a.mp3", media_type="audio/mpeg", size_bytes=5),),
        language="de",
        rights="(c)",
        origin=model.Origin(title="S", url="https://s.example/", feed_url="https://s.example/f", id="urn:s"),
    )


# ---------------------------------------------------------------- encodings

WORDS = "Käse “Привет” 東京"
WESTERN = "Käse “q” – €"


@pytest.mark.parametrize(
    ("declared", "written", "media_type"),
    [
        pytest.param('<?xml version="1.0" encoding="utf-8"?>', "utf-8", "application/xml", id="utf-8"),
        pytest.param('<?xml version="1.0"?>', "utf-8", "application/rss+xml", id="not declared"),
        pytest.param("", "utf-8", "application/rss+xml", id="no declaration"),
        pytest.param("", "utf-8-sig", "application/xml", id="a byte order mark"),
        pytest.param("", "utf-8", "text/xml", id="text/xml means us-ascii to no one"),
        pytest.param("", "utf-8", "text/html", id="called a web page"),
        pytest.param("", "utf-8", "application/octet-stream", id="called nothing"),
        pytest.param("", "utf-8", "application/xml; charset=nonsense", id="a charset of nonsense"),
        pytest.param("", "utf-8", "", id="no media type"),
        pytest.param('<?xml version="1.0" encoding="utf-16"?>', "utf-16", "application/xml", id="utf-16"),
        pytest.param("", "utf-16", "application/xml", id="utf-16 by its mark alone"),
        pytest.param(
            '<?xml version="1.0" encoding="utf-8"?>', "utf-16", "application/xml", id="utf-16, called utf-8"
        ),
        pytest.param('<?xml version="1.0" encoding="utf-16"?>', "utf-16", "", id="utf-16, no media type"),
        pytest.param(
            "",
            "utf-16",
            "",
            id="utf-16 by its mark alone, no media type",
        ),
    ],
)
def test_letters_survive_unicode(declared: str, written: str, media_type: str) -> None:
    body = (declared + rss(f"<item><title>{WORDS}</title></item>")).encode(written)
    assert value(only(read(body, media_type=media_type)).title) == WORDS


@pytest.mark.parametrize(
    ("declared", "media_type"),
    [
        pytest.param('<?xml version="1.0" encoding="windows-1252"?>', "application/xml", id="declared"),
        pytest.param('<?xml version="1.0" encoding="iso-8859-1"?>', "application/xml", id="called Latin-1"),
        pytest.param("", "application/xml; charset=windows-1252", id="by the server"),
        pytest.param('<?xml version="1.0" encoding="utf-8"?>', "application/xml", id="called utf-8"),
        pytest.param("", "", id="not declared at all"),
    ],
)
def test_letters_survive_windows(declared: str, media_type: str) -> None:
    body = (declared + rss(f"<item><title>{WESTERN}</title></item>")).encode("windows-1252")
    assert value(only(read(body, media_type=media_type)).title) == WESTERN


def test_a_local_file_needs_no_media_type() -> None:
    body = rss(f"<item><title>{WORDS}</title></item>").encode()
    assert value(only(read(body, address="", media_type="", name="saved.xml")).title) == WORDS


def test_the_encoding_is_told() -> None:
    assert read(rss(ONE)).encoding == "utf-8"


# ---------------------------------------------------------------- text


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        pytest.param("<title>A &amp; B</title>", RawText(value="A & B", base=HERE), id="escaped once"),
        pytest.param(
            "<title>A &amp;amp; B</title>", RawText(value="A &amp; B", is_html=True, base=HERE), id="twice"
        ),
        pytest.param("<title><![CDATA[A & B]]></title>", RawText(value="A & B", base=HERE), id="CDATA"),
        pytest.param(
            "<title><![CDATA[<i>A</i>]]></title>",
            RawText(value="<i>A</i>", is_html=True, base=HERE),
            id="tags in CDATA",
        ),
        pytest.param(
            "<title>caf&#233; &#x2014; x</title>", RawText(value="café — x", base=HERE), id="numbers"
        ),
        pytest.param(
            "<title>caf&eacute;&nbsp;x</title>", RawText(value="café\xa0x", base=HERE), id="names of HTML"
        ),
        pytest.param("<title> \n A\n </title>", RawText(value="A", base=HERE), id="white space around"),
        pytest.param("<title>1 &lt; 2</title>", RawText(value="1 < 2", base=HERE), id="a comparison"),
        pytest.param("<title/>", None, id="empty"),
        pytest.param("<link>/x</link>", None, id="missing"),
        pytest.param("<dc:title>A</dc:title>", RawText(value="A", base=HERE), id="Dublin Core"),
    ],
)
def test_the_title_of_an_item(inside: str, text: RawText | None) -> None:
    assert item(inside).title == text


@pytest.mark.parametrize(
    ("inside", "content", "is_html"),
    [
        pytest.param(
            '<content type="text">a &lt;b&gt; c</content>', "a <b> c", False, id="text is text, tags or not"
        ),
        pytest.param("<content>a &lt;b&gt; c</content>", "a <b> c", False, id="no type is text"),
        pytest.param('<content type="html">&lt;p&gt;a&lt;/p&gt;</content>', "<p>a</p>", True, id="html"),
        pytest.param(
            '<content type="html"><![CDATA[<p>a</p>]]></content>', "<p>a</p>", True, id="html in CDATA"
        ),
        pytest.param(
            '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>a &amp; b</p></div>'
            "</content>",
            "<p>a &amp; b</p>",
            True,
            id="xhtml",
        ),
        pytest.param(
            '<content type="text/html">&lt;p&gt;a&lt;/p&gt;</content>', "<p>a</p>", True, id="a media type"
        ),
        pytest.param(
            '<content type="x">&lt;p&gt;a&lt;/p&gt;</content>', "<p>a</p>", True, id="an invented type"
        ),
    ],
)
def test_the_content_of_an_atom_entry(inside: str, content: str, is_html: bool) -> None:
    text = entry(inside).content
    assert text
    assert (text.value, text.is_html) == (content, is_html)


@pytest.mark.parametrize(
    "inside",
    [
        pytest.param('<content src="https://x.example/a.png" type="image/png"/>', id="elsewhere"),
        pytest.param('<content type="image/png">iVBORw0KGgo=</content>', id="a picture"),
        pytest.param("<content/>", id="empty"),
    ],
)
def test_content_that_is_no_text_is_none(inside: str) -> None:
    assert entry(inside).content is None


def test_of_several_contents_the_html_counts() -> None:
    text = entry(
        '<content type="text">a</content><content type="html">&lt;p&gt;b&lt;/p&gt;</content>'
    ).content
    assert value(text) == "<p>b</p>"


def test_script_goes_through_here_untouched_because_sanitize_comes_last() -> None:
    html = "<p onclick=x>a<script>b</script><a href='c'>d</a></p>"
    assert value(item(f"<description><![CDATA[{html}]]></description>").summary) == html


# ---------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    ("text", "link"),
    [
        pytest.param(rss("<item><link>/a</link></item>"), "https://h.example/a", id="the document's address"),
        pytest.param(
            rss('<item xml:base="https://b.example/x/"><link>a</link></item>'),
            "https://b.example/x/a",
            id="xml:base",
        ),
        pytest.param(
            atom(
                '<entry xml:base="sub/"><link href="a"/></entry>',
                attributes='xml:base="https://b.example/x/"',
            ),
            "https://b.example/x/sub/a",
            id="xml:base in xml:base",
        ),
        pytest.param(
            rss("<item><guid>https://h.example/p</guid></item>"), "https://h.example/p", id="a permalink"
        ),
        pytest.param(
            rss('<item><guid isPermaLink="false">https://h.example/p</guid></item>'), "", id="a mere id"
        ),
        pytest.param(
            rss("<item><link> https://h.example/a\n</link></item>"), "https://h.example/a", id="white space"
        ),
        pytest.param(
            atom('<entry><link rel="self" href="/s"/><link rel="alternate" href="/a"/></entry>'),
            "https://h.example/a",
            id="alternate before self",
        ),
        pytest.param(rss("<item><title>x</title></item>"), "", id="none"),
    ],
)
def test_the_link_of_an_entry(text: str, link: str) -> None:
    assert only(read(text)).link == link


def test_text_remembers_the_address_that_its_links_start_from() -> None:
    text = entry('<content type="html" xml:base="c/">x</content>', 'xml:base="https://b.example/"').content
    assert text
    assert text.base == "https://b.example/c/"


@pytest.mark.parametrize(
    ("length", "size"),
    [("12", 12), (" 12 ", 12), ("0", 0)]
    + [(length, None) for length in ("", "-1", "1.5", "many", "²", "9" * 16)],
)
def test_the_size_of_an_enclosure_is_a_number_or_unknown(length: str, size: int | None) -> None:
    assert item(f'<enclosure url="a.mp3" length="{length}"/>').enclosures == (
        Enclosure(url="a.mp3", size_bytes=size),
    )


def test_an_enclosure_given_twice_is_one_and_one_without_address_none() -> None:
    twice = '<enclosure url="a.mp3"/>' * 2
    assert item(f'{twice}<enclosure length="1"/>').enclosures == (Enclosure(url="a.mp3"),)


# ---------------------------------------------------------------- people and dates


@pytest.mark.parametrize(
    ("inside", "people"),
    [
        pytest.param("<author>ann@h.org (Ann)</author>", (Person(name="Ann", email="ann@h.org"),), id="RSS"),
        pytest.param(
            "<author>ann@h.online (Ann)</author>",
            (Person(name="Ann", email="ann@h.online"),),
            id="RSS, at a long domain",
        ),
        pytest.param("<dc:creator>Ann</dc:creator>", (Person(name="Ann"),), id="Dublin Core"),
        pytest.param("<author> </author>", (), id="nobody"),
        pytest.param("", (), id="none"),
    ],
)
def test_who_wrote_an_item(inside: str, people: tuple[Person, ...]) -> None:
    assert item(f"<title>x</title>{inside}").authors == people


def test_several_authors_stay_in_order_and_each_once() -> None:
    people = "".join(f"<author><name>{name}</name></author>" for name in ("Ann", "Bob", "Ann"))
    assert entry(people).authors == (Person(name="Ann"), Person(name="Bob"))


NOON, ONE_PM = datetime(2025, 11, 29, 12, tzinfo=UTC), datetime(2025, 11, 29, 13, tzinfo=UTC)
PUBLISHED, DC = "<pubDate>Sat, 29 Nov 2025 12:00:00 GMT</pubDate>", "<dc:date>2025-11-29T13:00:00Z</dc:date>"


@pytest.mark.parametrize(
    ("inside", "dates"),
    [
        pytest.param(PUBLISHED, (NOON, None), id="pubDate alone: nothing is made up for updated"),
        pytest.param(DC, (ONE_PM, None), id="dc:date alone is when it was published"),
        pytest.param(PUBLISHED + DC, (NOON, ONE_PM), id="both"),
        pytest.param(
            "<pubDate>29. November 2025 12:00</pubDate>", (NOON, None), id="what feedparser cannot read"
        ),
        pytest.param("<pubDate>0000-00-00T00:00:00Z</pubDate>", (None, None), id="a year before time"),
        pytest.param("<pubDate>soon</pubDate>", (None, None), id="what nobody can read"),
        pytest.param(
            "<pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate>", (None, None), id="a counter never set"
        ),
        pytest.param("", (None, None), id="none"),
    ],
)
def test_the_dates_of_an_rss_item(inside: str, dates: tuple[datetime | None, datetime | None]) -> None:
    found = item(f"<title>x</title>{inside}")
    assert (found.published, found.updated) == dates


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        pytest.param("2025/11/29 12:00", NOON, id="slashes"),
        pytest.param("2025-11-31", None, id="no such day"),
        pytest.param("99999-01-01", None, id="no such year"),
        pytest.param("Sat, 29 Nov 2025 12:00:00 +9900", None, id="no such zone"),
    ],
)
def test_a_date_is_never_a_guess(written: str, moment: datetime | None) -> None:
    assert item(f"<title>x</title><pubDate>{written}</pubDate>").published == moment


@pytest.mark.parametrize(
    ("inside", "dates"),
    [
        pytest.param("<updated>2025-11-29T13:00:00Z</updated>", (None, ONE_PM), id="updated alone"),
        pytest.param("<published>2025-11-29T13:00:00+01:00</published>", (NOON, None), id="published alone"),
        pytest.param("<issued>2025-11-29T12:00:00Z</issued>", (NOON, None), id="issued"),
        pytest.param("<modified>2025-11-29T13:00:00Z</modified>", (None, ONE_PM), id="modified"),
        pytest.param("<created>2025-11-29T12:00:00Z</created>", (NOON, None), id="created"),
    ],
)
def test_the_dates_of_an_atom_entry(inside: str, dates: tuple[datetime | None, datetime | None]) -> None:
    found = entry(inside)
    assert (found.published, found.updated) == dates


# ---------------------------------------------------------------- broken ones


def test_a_good_document_has_no_flaw() -> None:
    assert read(rss(ONE)).flaw == ""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            rss("<item><title>a</title></item><item><title>b")[: -len("</channel></rss>")], id="cut short"
        ),
        pytest.param(rss("<item><title>a</title></item><item><b>c</item>"), id="a tag left open"),
        pytest.param(rss("<item><title>a</title></item> & "), id="a loose ampersand"),
        pytest.param(
            "\n\n " + '<?xml version="1.0"?>' + rss("<item><title>a</title></item>"), id="blank lines first"
        ),
        pytest.param(rss("<item><title>a</title></item>") + "<!-- x", id="junk behind"),
        pytest.param(rss("<item><title>a</title></item>\x00\x08"), id="control characters"),
        pytest.param(rss("<item><title>a</title></item><x:y/>"), id="an unbound prefix"),
    ],
)
def test_a_broken_document_tells_its_flaw_and_gives_what_it_has(text: str) -> None:
    parsed = read(text)
    assert value(parsed.entries[0].title) == "a"
    assert parsed.flaw
    assert parsed.flaw.splitlines() == [parsed.flaw]


@pytest.mark.parametrize(
    ("text", "is_cut"),
    [
        pytest.param(rss("<item><title>a</title></item><item><title>b")[:-16], True, id="in the middle"),
        pytest.param(rss("<item><title>a</title></item>").removesuffix("</rss>"), True, id="before its end"),
        pytest.param(rss("<item><title>a</title></item> & "), False, id="broken, and whole"),
        pytest.param(rss("<item><title>a</title></item>") + "<script>x</script>", False, id="junk behind"),
        pytest.param(rss("<item><title>a</title></item>"), False, id="a good one"),
    ],
)
def test_a_document_that_ends_in_the_middle_says_so(text: str, is_cut: bool) -> None:
    assert read(text).is_cut is is_cut


def test_a_feed_without_entries_is_a_feed() -> None:
    parsed = read(rss(""))
    assert (parsed.version, parsed.entries) == ("rss20", ())


def test_entries_keep_the_order_of_the_document() -> None:
    titles = [str(number) for number in range(20)]
    parsed = read(rss("".join(f"<item><title>{title}</title></item>" for title in titles)))
    assert [value(found.title) for found in parsed.entries] == titles


# ---------------------------------------------------------------- what is no feed


def refusal(text: str | bytes, media_type: str = "application/xml") -> ParseError:
    with pytest.raises(ParseError) as caught:
        read(text, media_type=media_type)
    return caught.value


@pytest.mark.parametrize("body", [b"", b" \n\t", b"\xef\xbb\xbf", b"\xff\xfe \x00\n\x00", b"\x00\x00"])
def test_nothing_is_refused_as_empty(body: bytes) -> None:
    assert refusal(body).cause is Cause.EMPTY


def test_a_feed_behind_many_blank_lines_is_not_empty() -> None:
    assert read(b"\n" * 600 + rss(ONE).encode()).version == "rss20"


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE html><html><head><title>x</title></head><body>y</body></html>",
        "<!doctype HTML public '-//W3C//DTD HTML 4.01//EN'><p>x",
        "<html><body><h1>404</h1></body></html>",
        "<HEAD><TITLE>x</TITLE></HEAD>",
        '<?xml version="1.0"?><!-- x --><html xmlns="http://www.w3.org/1999/xhtml"><body/></html>',
    ],
)
@pytest.mark.parametrize("media_type", ["text/html", "application/rss+xml", ""])
def test_a_web_page_is_refused_as_one(text: str, media_type: str) -> None:
    error = refusal(text, media_type)
    assert (error.cause, error.detail) == (Cause.NOT_A_FEED, "it is a web page, not a feed")


@pytest.mark.parametrize(
    "media_type",
    [
        "application/xml",
        pytest.param(
            "",
        ),
    ],
)
def test_xml_that_is_no_feed_is_refused_as_such(media_type: str) -> None:
    error = refusal('<?xml version="1.0"?><configuration><a/></configuration>', media_type)
    assert (error.cause, error.detail) == (Cause.NOT_A_FEED, "it is XML, but no feed")


@pytest.mark.parametrize(
    "body", [b"hello world", b"<rss", b"<<<>>>", b"\x89PNG\r\n\x1a\n\x00\x01", b"%PDF-1.7", b"\x1f\x8b\x08x"]
)
def test_what_cannot_be_read_is_refused_with_the_reason(body: bytes) -> None:
    error = refusal(body)
    assert error.cause is Cause.MALFORMED
    assert error.detail.startswith("it cannot be read: ")


def test_bytes_that_look_like_a_path_are_not_opened(tmp_path: Path) -> None:
    file = tmp_path / "feed.xml"
    file.write_text(rss(ONE))
    for address in (str(file), file.as_uri()):
        with pytest.raises(ParseError):
            parse_xml(Document(address="", body=address.encode()))


def test_bytes_that_look_like_an_address_are_not_fetched(origin: Origin) -> None:
    url = origin.say("/feed.xml", rss(ONE).encode())
    with pytest.raises(ParseError):
        parse_xml(Document(address=url, body=url.encode()))
    assert origin.connections == 0


@pytest.mark.parametrize(
    "declaration",
    [
        pytest.param('<!ENTITY x SYSTEM "{uri}">', id="a file"),
        pytest.param('<!ENTITY % p SYSTEM "{uri}"> %p; <!ENTITY x "">', id="a parameter"),
        pytest.param('<!ENTITY x PUBLIC "-//X" "{uri}">', id="public"),
    ],
)
def test_an_outer_entity_is_not_read(declaration: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    doctype = f"<!DOCTYPE rss [{declaration.format(uri=secret.as_uri())}]>"
    parsed = read(f'<?xml version="1.0"?>{doctype}{rss("<item><title>a&x;b</title></item>")}')
    assert "secret" not in repr(parsed)


def test_entities_inside_entities_do_not_grow() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    feed = rss("<item><title>&l9;</title></item>")
    text = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY l0 "{"ha" * 1000}">{laughs}]>{feed}'
    assert len(repr(read(text))) < 100_000


# ---------------------------------------------------------------- who reads what


@pytest.mark.parametrize(
    ("body", "name", "parser"),
    [
        pytest.param(b"<rss/>", "", "xml", id="a bracket"),
        pytest.param(b"\xef\xbb\xbf <rss/>", "", "xml", id="a mark and a blank"),
        pytest.param("<rss/>".encode("utf-16"), "", "xml", id="UTF-16"),
        pytest.param(b"anything", "", "xml", id="anything"),
        pytest.param(b'{"version": "x"}', "", "jsonfeed", id="a brace"),
        pytest.param(b"\xef\xbb\xbf\n[]", "", "jsonfeed", id="a square bracket"),
        pytest.param('{"a": 1}'.encode("utf-16"), "", "jsonfeed", id="JSON in UTF-16"),
        pytest.param(b"{}", "feed.json", "jsonfeed", id="a saved feed"),
        pytest.param(b"<rss/>", "feed.xml", "xml", id="another saved feed"),
        pytest.param(b"anything", "a.txt", "article", id="a text file"),
        pytest.param(b"{}", "A.TXT", "article", id="a text file, whatever is in it"),
        pytest.param(b"<p>", "a.html", "article", id="an HTML file"),
        pytest.param(b"# x", "a.md", "article", id="a Markdown file"),
        pytest.param(b"---\ntitle: x", "noending", "article", id="front matter"),
        pytest.param(b"---\ntitle: x", "", "xml", id="front matter from the web is none"),
    ],
)
def test_a_document_is_known_by_what_it_starts_with(body: bytes, name: str, parser: str) -> None:
    assert sniff(Document(address="", body=body, name=name)) == parser


# ---------------------------------------------------------------- what makes feedparser choke


@pytest.mark.parametrize("reference", ["&#xD800;", "&#xdfff;", "&#55296;", "&#x110000;", "&#99999999999;"])
def test_a_character_that_no_text_can_hold_costs_only_itself(reference: str) -> None:
    found = read(rss(f"<item><title>a{reference}b &#233;&#x1F600;</title><guid>1</guid></item>"))
    title = found.entries[0].title
    assert title
    assert title.value.startswith("a")
    assert title.value.endswith("b é😀")


@pytest.mark.parametrize("name", ["pubDate", "dc:date", "updated", "modified", "created"])
def test_a_date_that_ran_into_another_element_is_none(name: str) -> None:
    found = read(rss(f"<item><title>t</title><{name}>2025-01-01<image></{name}></image></item>"))
    assert [(entry.published, entry.updated) for entry in found.entries] == [(None, None)]


def test_what_feedparser_cannot_place_is_refused_and_no_fault_of_ours() -> None:
    with pytest.raises(ParseError) as caught:
        read(rss("<item><title>t</title><textInput><dc:date>2025-01-01</dc:date></textInput></item>"))
    assert caught.value.cause is Cause.MALFORMED


def test_an_author_of_many_addresses_is_read_in_a_moment() -> None:
    found = read(rss(f"<item><title>t</title><author>{'a@' * 60_000}</author></item>"))
    assert len(found.entries) == 1


def test_whatever_feedparser_raises_is_about_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    def choke(*_: object, **__: object) -> None:
        raise AssertionError("expected name token")

    monkeypatch.setattr("feedparser.parse", choke)
    with pytest.raises(ParseError, match="expected name token") as caught:
        read(rss("&broken"))
    assert caught.value.cause is Cause.MALFORMED


@pytest.mark.parametrize("place", ["file:///etc/passwd", "/etc/passwd", "http://HOST/x"])
def test_no_entity_and_no_document_type_opens_anything(place: str, origin: Origin) -> None:
    place = place.replace("HOST", f"127.0.0.1:{origin.port}")
    types = (
        f'<!DOCTYPE rss SYSTEM "{place}">',
        f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{place}">]>',
        f'<!DOCTYPE rss [<!ENTITY % p SYSTEM "{place}"> %p;]>',
    )
    for kind in types:
        found = read(f'<?xml version="1.0"?>{kind}' + rss("<item><title>a&x;b</title></item>"))
        assert "root:" not in repr(found)
    assert origin.connections == 0
