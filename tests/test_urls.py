"""Addresses: resolved as a browser would, compared without what says only where a reader came from."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from yarl import URL

from aggregator import urls
from aggregator.urls import (
    absolute,
    as_iri,
    canonical,
    host_of,
    is_elsewhere,
    is_fetchable,
    is_iri,
    is_same_origin,
    origin_of,
)

quick = settings(max_examples=40, deadline=None, derandomize=True)
BASE = "https://h.example/dir/page?q=1"

# ---------------------------------------------------------------- absolute


@pytest.mark.parametrize(
    ("reference", "address"),
    [
        pytest.param("https://x.example/a?b=c#d", "https://x.example/a?b=c#d", id="absolute already"),
        pytest.param("next", "https://h.example/dir/next", id="beside the page"),
        pytest.param("../up", "https://h.example/up", id="above it"),
        pytest.param("/root", "https://h.example/root", id="from the root"),
        pytest.param("?p=2", "https://h.example/dir/page?p=2", id="only a query"),
        pytest.param("#part", "https://h.example/dir/page?q=1#part", id="only a fragment"),
        pytest.param(" \n https://x.example/a \t", "https://x.example/a", id="white space around"),
        pytest.param("https://x.exa\nmple/a\tb", "https://x.example/ab", id="line breaks and tabs inside"),
        pytest.param("/a b", "https://h.example/a%20b", id="a space inside"),
        pytest.param("/a%2Fb%20c", "https://h.example/a%2Fb%20c", id="escapes stay as they are"),
        pytest.param("/ü?q=ß", "https://h.example/%C3%BC?q=%C3%9F", id="an IRI becomes a URI"),
        pytest.param("HTTPS://x.example/A", "https://x.example/A", id="a scheme in capitals"),
        pytest.param("mailto:ann@x.example", "mailto:ann@x.example", id="a mailbox"),
        pytest.param("https://[2001:db8::1]:8080/a", "https://[2001:db8::1]:8080/a", id="an IPv6 literal"),
    ],
)
def test_a_reference_becomes_an_absolute_address(reference: str, address: str) -> None:
    assert absolute(BASE, reference) == address


@pytest.mark.parametrize(
    ("reference", "address"),
    [
        pytest.param(
            "//cdn.example/i.png",
            "https://cdn.example/i.png",
            id="without a scheme",
        ),
        pytest.param(
            "/a  b",
            "https://h.example/a%20%20b",
            id="two spaces inside",
        ),
        pytest.param(
            "https://bücher.example/a",
            "https://xn--bcher-kva.example/a",
            id="a host in its own script",
        ),
    ],
)
def test_a_browser_would_follow_this_as_well(reference: str, address: str) -> None:
    assert absolute(BASE, reference) == address


@pytest.mark.parametrize(
    "reference",
    [
        "",
        " \n\t ",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " java\nscript:alert(1)",
        "java\x00script:alert(1)",
        "\x01javascript:alert(1)",
        "java\u200bscript:alert(1)",
        "vbscript:msgbox(1)",
        "data:text/html,<script>",
        "file:///etc/passwd",
        "ftp://x.example/a",
        "blob:https://x.example/1",
        "view-source:https://x.example/",
        "tel:+123",
        "urn:uuid:1",
        "feed:https://x.example/",
        "http://[::1",
        "http://x.example:99999/",
        "http://x.example:port/",
        pytest.param("https://x.example/" + "a" * 2048, id="longer than 2048 characters"),
    ],
)
def test_what_leads_nowhere_or_into_danger_is_empty(reference: str) -> None:
    assert absolute(BASE, reference) == ""


@pytest.mark.parametrize("base", ["", "not a base", "file:///etc/", "javascript:alert(1)", "http://[::1"])
def test_a_relative_reference_without_a_good_base_is_empty(base: str) -> None:
    assert absolute(base, "a/b") == ""


REFERENCES = st.one_of(
    st.text(max_size=30),
    st.lists(
        st.sampled_from(
            "http https : / // ? # . .. @ [ ] %20 %2F a ü x.example 80 & = \\ \t \n mailto: javascript".split(
                " "
            )
        ),
        max_size=8,
    ).map("".join),
)


@quick
@given(st.one_of(REFERENCES, st.just(BASE)), REFERENCES)
@example(BASE, "http:\\\\x.example")
@example("", "HTTP://x.example:/")
def test_the_answer_is_empty_or_of_a_safe_scheme_and_settles_at_once(base: str, reference: str) -> None:
    address = absolute(base, reference)
    assert address == "" or address.startswith(("http://", "https://", "mailto:", "MAILTO:"))
    assert not set(address) & set("\t\n\r \x00\x7f")
    assert absolute("", address) == absolute(base, address) == address


# ---------------------------------------------------------------- what may be asked


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        ("https://x.example/feed", True),
        ("http://x.example", True),
        ("HTTP://x.example/", True),
        ("http://127.0.0.1:8080/", True),
        ("ftp://x.example/", False),
        ("file:///etc/passwd", False),
        ("javascript:alert(1)", False),
        ("x.example/feed", False),
        ("//x.example/feed", False),
        ("http:///feed", False),
        ("http://[::1", False),
        ("http://ann:secret@x.example/", False),
        ("http://ann@x.example/", False),
        ("", False),
    ],
)
def test_only_a_web_address_without_a_login_may_be_asked(url: str, answer: bool) -> None:
    assert is_fetchable(url) is answer


@pytest.mark.parametrize(
    ("address", "iri"),
    [
        pytest.param("https://x.example/ü?q=a%20b#c", "https://x.example/ü?q=a%20b#c", id="an IRI"),
        pytest.param("https://x.example/a|b{c}", "https://x.example/a%7Cb%7Bc%7D", id="what none may hold"),
        pytest.param("https://x.example/100%", "https://x.example/100%25", id="half an escape"),
        pytest.param("https://x.example/?a[]=1", "https://x.example/?a%5B%5D=1", id="brackets in a query"),
        pytest.param("http://[2001:db8::1]:80/a", "http://[2001:db8::1]:80/a", id="brackets of IPv6"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_an_address_becomes_an_iri_by_escapes_alone(address: str, iri: str) -> None:
    assert as_iri(address) == as_iri(iri) == iri
    assert is_iri(address) is (address == iri and bool(iri))


def test_a_host_in_its_own_script_may_be_asked() -> None:
    assert is_fetchable("https://bücher.example/feed")


@pytest.mark.parametrize(
    ("url", "host", "origin"),
    [
        pytest.param("https://WWW.X.example/a", "x.example", "www.x.example:443", id="capitals and www"),
        pytest.param("http://x.example:8080/a", "x.example", "x.example:8080", id="a port"),
        pytest.param("http://[::1]/a", "::1", "::1:80", id="IPv6"),
        pytest.param("http://[::1", "", "", id="broken"),
        pytest.param("a/b", "", ":None", id="no host"),
    ],
)
def test_host_and_origin_of_an_address(url: str, host: str, origin: str) -> None:
    assert (host_of(url), origin_of(url)) == (host, origin)


# ---------------------------------------------------------------- canonical


@pytest.mark.parametrize(
    "url",
    [
        "http://x.example/a",
        "https://www.x.example/a",
        "https://m.x.example/a",
        "https://mobile.x.example/a",
        "https://amp.x.example/a",
        "https://X.Example/a",
        "https://x.example:443/a",
        "http://x.example:80/a",
        "https://x.example/a/",
        "https://x.example/a#comments",
        "https://x.example/a?",
        "https://x.example/a?utm_source=rss&utm_medium=feed",
        "https://x.example/a?fbclid=1&GCLID=2",
        "https://x.example/a/amp",
        "https://x.example/a/amp/",
        "https://x.example/a.amp",
        "https://x.example/a.amp.html",
        "https://x.example/amp/a",
        "  https://x.example/a  ",
    ],
)
def test_spellings_of_one_address_meet(url: str) -> None:
    assert canonical(url) == "x.example/a"


@pytest.mark.parametrize(
    "url",
    [
        "https://x.example/A",
        "https://x.example/b",
        "https://y.example/a",
        "https://blog.x.example/a",
        "https://x.example:8080/a",
        "https://x.example/a?id=1",
        "https://x.example/a#!/b",
        "https://x.example/a#/b",
        "https://x.example/amplifier/a",
        "https://x.example/a.html",
    ],
)
def test_another_page_keeps_a_key_of_its_own(url: str) -> None:
    assert canonical(url) not in ("", "x.example/a")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a/b",
        "ftp://x.example/a",
        "mailto:ann@x.example",
        "urn:uuid:1",
        "http://[::1",
        "http://x.example:99999/a",
        "https://x.example",
        "https://x.example/",
        "https://x.example/?utm_source=rss",
        "https://x.example/#top",
    ],
)
def test_what_names_no_page_has_no_key(url: str) -> None:
    assert canonical(url) == ""


def test_the_order_of_parameters_does_not_matter() -> None:
    assert (
        canonical("https://x.example/?b=2&a=1")
        == canonical("https://x.example/?a=1&b=2")
        == "x.example?a=1&b=2"
    )


def test_punycode_and_its_script_meet() -> None:
    assert canonical("https://xn--bcher-kva.example/a") == canonical("https://bücher.example/a")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("https://x.example/a%3Fb=1", "https://x.example/a?b=1", id="an escaped question mark"),
        pytest.param("https://x.example/?a=1%26b=2", "https://x.example/?a=1&b=2", id="an escaped ampersand"),
        pytest.param("https://x.example/a%2Fb", "https://x.example/a/b", id="an escaped slash"),
    ],
)
def test_an_escaped_mark_is_not_the_mark(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


NAMES = st.text(alphabet="abcxyz019", min_size=1, max_size=6)
PAGES = st.builds(
    "{}://{}{}.example{}/{}{}".format,
    st.sampled_from(["http", "https"]),
    st.sampled_from(["", "www.", "m.", "blog."]),
    NAMES,
    st.sampled_from(["", ":8080"]),
    st.lists(
        st.sampled_from(["a", "B", "amp", "c.html", "d.amp", "é", "c%20d", "-", "1"]), min_size=1, max_size=3
    ).map("/".join),
    st.sampled_from(["", "?a=1", "?b=2&a=x%20y", "?q", "?q=ü", "#!/r", "#part"]),
)
TRACKING = st.sampled_from(
    ["utm_source=x", "utm_campaign=a%20b", "fbclid=1", "gclid=", "mc_cid=2", "igshid", "AT_medium=3"]
)


@quick
@given(PAGES, st.lists(TRACKING, min_size=1, max_size=3))
def test_tracking_parameters_change_no_key(url: str, parameters: list[str]) -> None:
    address, mark, fragment = url.partition("#")
    address += ("&" if "?" in address else "?") + "&".join(parameters)
    assert canonical(address + mark + fragment) == canonical(url)


@quick
@given(PAGES.filter(lambda url: ".amp" not in url and "/amp" not in url))
def test_the_key_of_a_key_is_the_key(url: str) -> None:
    key = canonical(url)
    assert not key or canonical(f"http://{key}") == key


@pytest.mark.parametrize("url", ["https://www.m.x.example/a", "https://x.example/a.amp/amp"])
def test_the_key_of_a_key_is_the_key_of_any_page(url: str) -> None:
    assert canonical(f"http://{canonical(url)}") == canonical(url)


@quick
@given(REFERENCES)
@example("http://x.example/\ud800")
@example("http://\u2100.example/")
def test_any_text_at_all_has_an_answer(text: str) -> None:
    assert isinstance(canonical(text), str)
    assert isinstance(host_of(text) + origin_of(text), str)
    assert is_fetchable(text) in (True, False)


@pytest.mark.parametrize(
    ("url", "other", "is_same"),
    [
        ("https://a.example/x", "https://A.example:443/y", True),
        ("http://a.example/", "http://a.example:80/", True),
        ("https://a.example/", "http://a.example/", False),
        ("http://a.example:443/", "https://a.example/", False),
        ("https://a.example/", "https://b.example/", False),
        ("https://a.example/", "https://a.example:8443/", False),
        ("", "", False),
        ("https://[::1/", "https://[::1/", False),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, other: str, is_same: bool) -> None:
    assert is_same_origin(url, other) is is_same


@pytest.mark.parametrize(
    ("url", "site", "is_it"),
    [
        ("https://other.example/story", "https://links.example/", True),
        ("https://www.a.example/x", "https://a.example/", False),
        ("https://news.a.example/x", "https://a.example/", False),
        ("https://a.example/x", "https://www.blog.a.example/", False),
        ("https://ba.example/x", "https://a.example/", True),
        ("", "https://a.example/", False),
        ("https://a.example/", None, False),
    ],
)
def test_an_address_is_elsewhere_when_neither_host_is_under_the_other(
    url: str, site: str | None, is_it: bool
) -> None:
    assert is_elsewhere(url, site) is is_it


@given(st.from_regex(urls._WHOLE, fullmatch=True))
def test_an_address_that_is_whole_is_one_that_resolving_leaves_alone(address: str) -> None:
    assert urls.absolute("https://h.example/", address) == str(URL(address, encoded=True)) == address
