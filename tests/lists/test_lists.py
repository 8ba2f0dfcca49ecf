"""Other programs' lists of feeds: each as its program writes it, and none that can do harm."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.errors import ListError
from aggregator.lists import MOST_BYTES, MOST_NAME, MOST_OUTLINES, MOST_TAGS, key_of, read_list, sift
from aggregator.lists.opml import MOST_DEPTH
from aggregator.model import Outline

quick = settings(max_examples=150, deadline=None, derandomize=True)
COLLECTION = Path(__file__).resolve().parents[3] / "shared" / "data" / "opml"

NESTED = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0"><head><title>Mine</title></head><body>
  <outline text="News">
    <outline text="World" title="The world">
      <outline type="rss" text="A &amp; B" xmlUrl="https://a.example/f" htmlUrl="https://a.example/"/>
    </outline>
    <outline type="rss" text="Bee" title="B" xmlUrl="https://b.example/f" category="/Boston/Weather,rain"/>
  </outline>
  <outline TEXT="c.example" XMLURL="https://c.example/f"/>
  <outline text="Nothing in here"/>
</body></opml>"""

FRESHRSS = """<?xml version="1.0" encoding="UTF-8"?>
<opml xmlns:frss="https://freshrss.org/opml" version="2.0"><head><title>FreshRSS</title></head><body>
  <outline text="Blogs">
    <outline text="A" type="rss" xmlUrl="https://a.example/f" frss:priority="main" frss:cssFullContent="p"/>
    <outline text="X" type="HTML+XPath" xmlUrl="https://x.example/" frss:xPathItem="//article"/>
  </outline>
  <outline text="Others'" frss:opmlUrl="https://o.example/list.opml"/>
</body></opml>"""

VENUS = """[Planet]
name = Planet Example
link = http://planet.example/
feed_timeout = 20
output_theme = common

[DEFAULT]
facewidth = 64

# people
[http://a.example/f?x=100%]
name = Ann O’Nym
face = ann.png

[https://b.example/atom]
name: B

[http://o.example/list.opml]
content_type = opml

[index.html.tmpl]
days_per_page = 1
"""

PLUTO = """title = Planet Ruby

[a]
  title = Ann
  feed  = https://a.example/f
  link  = https://a.example/
"""

RAWDOG = """# rawdog
maxarticles 200
feeddefaults
\tkeepmin 5
feed 3h https://a.example/f define_name="A b"
feed 30 https://b.example/f
\tdefine_name Bee
\tallowduplicates true
feed 0m http://c.example/f keepmin=5
"""

OSMOSFEED = """cacheUrl: https://me.github.io/f/cache.json
sources:
  - href: https://a.example/f
  - href: https://b.example/f
siteTitle: "osmos::feed"
"""

NEWSBOAT = """# mine
https://a.example/f "two words" news "~Title"
https://b.example/f !
"query:unread:unread = \\"yes\\""
exec:/usr/bin/x
"""

MINIFLUX = json.dumps(
    [{"id": 1, "feed_url": "https://a.example/f", "site_url": "https://a.example", "title": "A",
      "category": {"id": 2, "title": "Blogs"}}]
)  # fmt: skip
READER = json.dumps(
    {"subscriptions": [{"id": "feed/1", "title": "A", "url": "https://a.example/f",
                        "categories": [{"id": "user/-/label/Blogs", "label": "Blogs"}]}]}
)  # fmt: skip


def read(text: str | bytes) -> list[tuple[str, str, tuple[str, ...]]]:
    outlines = read_list(text if isinstance(text, bytes) else text.encode())
    return [(outline.url, outline.name, outline.tags) for outline in outlines]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(
            NESTED,
            [
                ("https://a.example/f", "A & B", ("News", "The world")),
                ("https://b.example/f", "B", ("News", "Boston", "Weather", "rain")),
                ("https://c.example/f", "", ()),
            ],
            id="nested OPML",
        ),
        pytest.param(
            FRESHRSS,
            [
                ("https://a.example/f", "A", ("Blogs",)),
                ("https://x.example/", "X", ("Blogs",)),
                ("https://o.example/list.opml", "Others'", ()),
            ],
            id="FreshRSS",
        ),
        pytest.param(
            VENUS,
            [
                ("http://a.example/f?x=100%", "Ann O’Nym", ()),
                ("https://b.example/atom", "B", ()),
                ("http://o.example/list.opml", "", ()),
            ],
            id="Planet Venus",
        ),
        pytest.param(PLUTO, [("https://a.example/f", "Ann", ())], id="Pluto"),
        pytest.param(
            RAWDOG,
            [
                ("https://a.example/f", "A b", ()),
                ("https://b.example/f", "Bee", ()),
                ("http://c.example/f", "", ()),
            ],
            id="rawdog",
        ),
        pytest.param(
            OSMOSFEED, [("https://a.example/f", "", ()), ("https://b.example/f", "", ())], id="osmosfeed"
        ),
        pytest.param(MINIFLUX, [("https://a.example/f", "A", ("Blogs",))], id="Miniflux' API"),
        pytest.param(READER, [("https://a.example/f", "A", ("Blogs",))], id="Google Reader's API"),
        pytest.param("feed://a.example/f\nfeed:https://b.example/f\n",
                     [("http://a.example/f", "", ()), ("https://b.example/f", "", ())], id="addresses"),
        pytest.param(
            "sources:\n- https://a.example/f\n- {url: https://b.example/f, name: B, tags: [x]}\n",
            [("https://a.example/f", "", ()), ("https://b.example/f", "B", ("x",))],
            id="another one's feeds.yaml",
        ),
    ],
)  # fmt: skip
def test_a_list_is_read_as_its_program_means_it(
    text: str, found: list[tuple[str, str, tuple[str, ...]]]
) -> None:
    assert read(text) == found


def test_what_is_no_line_of_a_planet_is_named() -> None:
    with pytest.raises(ListError, match="line 2: it is neither a section nor a key"):
        read("[http://a.example/]\n = x\n")


def test_newsboat_s_titles_tags_and_made_feeds_are_told_apart() -> None:
    first, second, *made = read_list(NEWSBOAT.encode())
    assert (first.name, first.tags) == ("Title", ("two words", "news"))
    assert (second.url, second.tags, second.trouble) == ("https://b.example/f", (), "")
    assert [outline.trouble for outline in made] == ["newsboat makes this feed itself"] * 2


def test_rawdog_s_intervals_come_along() -> None:
    assert [outline.every for outline in read_list(RAWDOG.encode())] == ["3h", "30m", ""]


def test_what_cannot_be_followed_says_why() -> None:
    troubles = [outline.trouble for outline in read_list(FRESHRSS.encode())]
    assert troubles == [
        "",
        "FreshRSS makes this feed itself, out of what is no feed",
        "it is a list in the list; `aggregator import` reads it",
    ]


# ---------------------------------------------------------------- what is broken or means harm


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "no list of feeds that is known here: OPML", id="nothing"),
        pytest.param("PK\x03\x04", "a ZIP archive; unpack it", id="an archive"),
        pytest.param("hello", "no list of feeds that is known here", id="words"),
        pytest.param("<opml><body><outline></body></opml>", "line 1: it is not well-formed", id="broken"),
        pytest.param("<rss version='2.0'/>", "it is a feed itself; `aggregator add`", id="a feed"),
        pytest.param("<html/>", "it is a web page; `aggregator add`", id="a page"),
        pytest.param("<urlset/>", "it is XML, but no OPML: <urlset>", id="a sitemap"),
        pytest.param('<!DOCTYPE opml [<!ENTITY a "b">]><opml/>', "it declares entities", id="entities"),
        pytest.param(
            '<!DOCTYPE opml [<!ENTITY a SYSTEM "file:///etc/passwd">]><opml/>', "declares", id="files"
        ),
        pytest.param(
            "<opml>" + "<outline>" * (MOST_DEPTH + 1), f"deeper than {MOST_DEPTH} levels", id="a tower"
        ),
        pytest.param(
            "<opml>" + "<outline xmlUrl='https://a.example/'/>" * (MOST_OUTLINES + 1) + "</opml>",
            f"more than {MOST_OUTLINES:,} feeds",
            id="too many",
        ),
        pytest.param(" " * (MOST_BYTES + 1), f"larger than {MOST_BYTES:,} bytes", id="too large"),
        pytest.param('{"a": 1}', "no list under sources, feeds", id="other JSON"),
        pytest.param('{"sources": [', "line 1: it is not JSON", id="half a JSON"),
        pytest.param("[[" * 100_000, "it cannot be read|it is not JSON", id="brackets"),
        pytest.param("sources: {a: b", "line 1: .*not YAML|not YAML", id="half a YAML"),
        pytest.param("sources: 3", "no list under sources", id="other YAML"),
    ],
)
def test_a_list_that_cannot_be_read_says_why(text: str, message: str) -> None:
    with pytest.raises(ListError, match=message):
        read(text)


def test_a_bare_ampersand_is_taken_for_what_it_is() -> None:
    text = '<opml><outline text="Q&A &eacute; &lt;" xmlUrl="https://a.example/?a=1&b=2"/></opml>'
    assert read(text) == [("https://a.example/?a=1&b=2", "Q&A &eacute; <", ())]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1"])
def test_opml_is_read_in_its_own_encoding(encoding: str) -> None:
    head = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>'
    text = f'{head}<opml><outline text="Grüße" xmlUrl="https://a.example/"/></opml>'
    assert read(text.encode(encoding)) == [("https://a.example/", "Grüße", ())]


SAMPLES = [NESTED, FRESHRSS, VENUS, RAWDOG, OSMOSFEED, NEWSBOAT, MINIFLUX, READER]


@quick
@given(st.sampled_from(SAMPLES), st.data())
def test_whatever_happened_to_a_list_it_is_read_or_refused(sample: str, data: st.DataObject) -> None:
    body = sample.encode()
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, len(body)))
    body = body[:start] + data.draw(st.binary(max_size=20)) + body[end:]
    with suppress(ListError):
        found = sift(read_list(body), {})
        assert all(f"{outline.url}{outline.name}".isprintable() for outline in found.added)


# ---------------------------------------------------------------- sifting


def test_what_is_there_in_another_spelling_is_skipped() -> None:
    found = sift(
        [Outline(url="http://www.a.example/f/?utm_source=x")], {key_of("https://a.example/f"): "a-1"}
    )
    assert [(outline.url, why) for outline, why in found.skipped] == [
        ("http://www.a.example/f/?utm_source=x", "it is there already, as a-1")
    ]
    assert found.added == ()


def test_a_feed_in_two_folders_is_added_once_with_both_tags() -> None:
    one, two = (Outline(url="https://a.example/f", tags=(tag,)) for tag in ("x", "y"))
    found = sift([one, two], {})
    assert [(outline.url, outline.tags) for outline in found.added] == [("https://a.example/f", ("x", "y"))]
    assert [why for _, why in found.skipped] == ["it is named before"]


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "it has no address"),
        ("file:///etc/passwd", "it is no http or https address"),
        ("javascript:alert(1)", "it is no http or https address"),
        ("https://me:secret@a.example/f", "`login_file:`"),
    ],
)
def test_what_may_not_be_asked_is_invalid(url: str, why: str) -> None:
    ((_, told),) = sift([Outline(url=url)], {}).invalid
    assert why in told


def test_names_and_tags_are_bounded() -> None:
    tags = ",".join(f"{n}{'x' * 300}" for n in range(100))
    (found,) = read_list(
        f'<opml><outline text="{"n" * 999}" category="{tags}" xmlUrl="https://a.example/f"/></opml>'.encode()
    )
    assert (len(found.name), len(found.tags), max(map(len, found.tags))) == (MOST_NAME, MOST_TAGS, MOST_NAME)


def test_home_pages_are_told_apart() -> None:
    assert key_of("https://a.example/") == key_of("http://a.example") != key_of("https://b.example/")


def test_three_hundred_feeds_in_folders_are_all_read() -> None:
    path = COLLECTION / "nested-300.opml"
    if not path.exists():
        pytest.skip("the collection is not beside the project")
    found = sift(read_list(path.read_bytes()), {})
    assert (len(found.added) + len(found.skipped), found.invalid) == (300, ())
    again = sift(read_list(path.read_bytes()), {key_of(o.url): o.url for o in found.added})
    assert again.added == ()
