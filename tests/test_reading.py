"""The text of a page is found among all that stands around it, and is safe to publish."""

from typing import Any

import pytest

from aggregator.engine import open_engine
from aggregator.errors import Cause, ParseError
from aggregator.harvest import open_harvester
from aggregator.model import Document, Harvest
from aggregator.reading import read_page
from aggregator.sanitize import sanitize_html
from tests.pages import COOKIES, HTML, MENU, STORY, a_page
from tests.world import PATIENCE, Origin, a_fetch, a_job

pytest.importorskip("readability", reason="the extra `fulltext` is not installed")


def a_document(body: bytes, media_type: str = "text/html", **given: Any) -> Document:
    return Document(address="https://north.example/news/bridge", body=body, media_type=media_type, **given)


def test_the_article_is_found_and_nothing_around_it() -> None:
    page = read_page(a_document(a_page()))
    assert [line for line in page.text.split("\n") if len(line) > 40] == list(STORY)
    assert COOKIES not in page.text
    assert "most read today" not in page.text
    assert MENU[-1] not in page.text


def test_the_headline_is_left_out_and_headings_of_the_text_stay() -> None:
    assert "Bridge closed" not in read_page(a_document(a_page())).text
    html = read_page(a_document(a_page(extra=f"<h1>What now?</h1><p>{STORY[0]}</p>"))).html
    assert "<h2>What now?</h2>" in html


def test_what_is_found_is_safe_and_leads_where_it_led() -> None:
    extra = (
        '<p onclick="x()">See <a href="../map" ping="/spy">the map of the river</a> and of its bridges, all'
        ' of them.<script>alert(1)</script><img src="/b.jpg" onerror="alert(1)"></p>'
        '<p><a href="javascript:alert(1)">Not this one</a>, though it is in a paragraph of some length.</p>'
    )
    html = read_page(a_document(a_page(extra=extra))).html
    assert 'href="https://north.example/map"' in html
    assert 'src="https://north.example/b.jpg"' in html
    assert not any(word in html for word in ("alert", "onclick", "onerror", "javascript", "ping"))
    assert sanitize_html(html) == html


def test_relative_addresses_start_where_the_page_says() -> None:
    extra = '<p>See <a href="map">the map of the river</a>, of which there is only this one, since 1911.</p>'
    body = a_page(extra=extra).replace(b"<head>", b'<head><base href="https://cdn.example/a/">')
    assert 'href="https://cdn.example/a/map"' in read_page(a_document(body)).html


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        pytest.param(a_page("Brücke über die Wümme, „alt“." * 9, charset="utf-8"), "text/html", id="itself"),
        pytest.param(
            a_page("Brücke über die Wümme, alt." * 9, charset="iso-8859-1").replace(b"iso-8859-1", b"utf-8"),
            "text/html; charset=iso-8859-1",
            id="its header first",
        ),
        pytest.param(a_page("Brücke über die Wümme." * 9, charset="windows-1252"), "text/html", id="legacy"),
        pytest.param(
            a_page("Brücke über die Wümme." * 9).replace(b'"utf-8"', b'"gb2312"'), "text/html", id="wrongly"
        ),
        pytest.param(
            a_page("Brücke über die Wümme." * 9).replace(b'"utf-8"', b'"klingon"'), "text/html", id="unknown"
        ),
        pytest.param(
            a_page("Brücke über die Wümme." * 9) + b"\xff", "text/html; charset=undefined", id="no encoding"
        ),
        pytest.param(
            b"\xff\xfe" + a_page("Brücke über die Wümme." * 9).decode().encode("utf-16-le"),
            "text/html",
            id="a mark",
        ),
    ],
)
def test_a_page_is_decoded_as_it_says(body: bytes, media_type: str) -> None:
    assert "Brücke über die Wümme" in read_page(a_document(body, media_type)).text


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b" " * 100_000, id="spaces"),
        pytest.param(b"<html><body></body></html>", id="an empty page"),
        pytest.param(b"<html><body><script>location = '/app'</script><div id=app></div>", id="a program"),
        pytest.param(b"<div>" * 50_000, id="a deep page"),
    ],
)
def test_a_page_without_a_text_is_a_failure(body: bytes) -> None:
    with pytest.raises(ParseError) as caught:
        read_page(a_document(body))
    assert caught.value.cause is Cause.NOT_A_PAGE


def test_a_page_is_read_in_a_worker_which_a_hostile_one_only_kills(origin: Origin) -> None:
    attributes = b" ".join(b'a%d="x"' % number for number in range(100_000))
    urls = [
        origin.say("/good", a_page(), headers=HTML),
        origin.say("/bad", b"<div " + attributes + b"><p>x</p>", headers=HTML),
    ]
    fetch = a_fetch(workers=2, read_timeout=a_fetch().read_timeout / 5)

    def harvester(**given: Any) -> Any:
        return open_harvester(fetch, user_agent="Tester/1", **given)

    found: dict[str, Harvest] = {}
    with open_engine("local", fetch, harvester) as engine:
        engine.submit([a_job(url, source_id=url, kind="page") for url in urls])
        for _ in range(int(PATIENCE)):
            found |= {harvest.source_id: harvest for harvest in engine.finished(wait=1.0)}
            if len(found) == len(urls):
                break
    good, bad = (found[url] for url in urls)
    assert good.page
    assert STORY[0] in good.page.text
    assert bad.is_failed
    assert bad.troubles[0].cause in (Cause.TIMEOUT, Cause.CRASHED)
