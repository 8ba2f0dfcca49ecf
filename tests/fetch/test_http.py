"""Feeds over HTTP against a real origin: what is asked, what is kept, and what each failure is called."""

import asyncio
import gzip
import shutil
import socket
import ssl
import subprocess
import threading
import zlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import brotli  # type: ignore[import-untyped]
import pytest
from aiohttp import web

from aggregator.errors import Cause, FetchError, HeldError
from aggregator.fetch import guard
from aggregator.fetch.http import MOST_HEADER_BYTES, MOST_HEADERS, MOST_REDIRECTS, HttpClient
from aggregator.model import Fetched, FetchJob, Hints, Validators
from tests.world import PATIENCE, Answer, Gate, Origin, a_fetch, a_job, speaking

FEED = b"<rss><channel><title>North</title></channel></rss>"


def fetch(*jobs: FetchJob, **knobs: Any) -> list[Fetched]:
    """Ask for several feeds, one after the other, with one client."""

    async def bring() -> list[Fetched]:
        async with HttpClient(a_fetch(**knobs), user_agent="Aggregator/0 (+https://x.example/)") as client:
            return [await client.fetch(job) for job in jobs]

    return asyncio.run(bring())


def refused(job: FetchJob, **knobs: Any) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetch(job, **knobs)
    return caught.value


# ---------------------------------------------------------------- what is asked


def test_an_answer_is_a_document(origin: Origin) -> None:
    url = origin.say("/feed", FEED, headers={"Content-Type": "text/xml; charset=x"})
    (found,) = fetch(a_job(url))
    (document,) = found.documents
    assert (document.address, document.body, document.media_type) == (url, FEED, "text/xml; charset=x")
    assert found.status == 200
    assert not found.is_unchanged
    assert found.moved == ()


@pytest.mark.parametrize(
    "target",
    [
        "/%7Eu/%41?y=%7e&z=a|w",
        "/a%2Fb;c=d/e,f",
        pytest.param(
            "/?", marks=pytest.mark.xfail(strict=True, reason="yarl drops the `?` of an empty query")
        ),
        "/a//b/../c/./d",
        "/feed?b=2&a=1&a=1",
        "/feed?q=%E4%BD%A0&r=%ff+%20",
        "/f%c3%a9ed?x=%",
        "/[feed]{a}",
        "/feed?url=https://other.example/?x=y",
    ],
)
def test_the_target_is_asked_for_byte_by_byte(origin: Origin, target: str) -> None:
    with pytest.raises(FetchError, match="404"):
        fetch(a_job(origin.url + target))
    assert [request.target for request in origin.requests] == [target]


def test_a_fragment_is_not_sent(origin: Origin) -> None:
    url = origin.say("/feed", FEED)
    fetch(a_job(f"{url}#latest"))
    assert [request.target for request in origin.requests] == ["/feed"]


def test_a_request_says_who_asks_and_what_it_can_read(origin: Origin) -> None:
    fetch(a_job(origin.say("/feed", FEED)))
    (request,) = origin.requests
    assert request.method == "GET"
    assert request.header("User-Agent") == b"Aggregator/0 (+https://x.example/)"
    assert request.header("Accept-Encoding") == b"gzip, deflate, br"
    assert b"application/atom+xml" in request.header("Accept")


@pytest.mark.parametrize(
    "name", ["Cookie", "Referer", "Authorization", "If-None-Match", "If-Modified-Since", "From", "Origin"]
)
def test_a_first_request_does_not_say(origin: Origin, name: str) -> None:
    fetch(a_job(origin.say("/feed", FEED)))
    assert origin.requests[0].all(name) == []


def test_cookies_are_not_given_back(origin: Origin) -> None:
    origin.redirect("/door", "/feed")
    url = origin.say("/feed", FEED, headers={"Set-Cookie": "id=1; Path=/"})
    fetch(a_job(url), a_job(url), a_job(f"{origin.url}/door"))
    assert [request.all("Cookie") for request in origin.requests] == [[]] * 4


def test_a_redirect_tells_no_referrer(origin: Origin) -> None:
    origin.say("/feed", FEED)
    fetch(a_job(origin.redirect("/secret?token=1", "/feed")))
    assert [request.all("Referer") for request in origin.requests] == [[], []]


def test_proxies_of_the_environment_are_not_used(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    (found,) = fetch(a_job(origin.say("/feed", FEED)))
    assert found.documents[0].body == FEED


# ---------------------------------------------------------------- logins

LOGIN = "Basic dXNlcjp3b3Jk"


def test_a_login_is_told_to_its_own_origin(origin: Origin) -> None:
    origin.say("/end", FEED)
    fetch(a_job(origin.redirect("/feed", "/end"), authorization=LOGIN))
    assert [request.header("Authorization") for request in origin.requests] == [LOGIN.encode()] * 2


def test_a_login_does_not_leave_its_origin(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not for another port, and not on the way back: requests CVE-2018-18074, CVE-2023-32681."""
    monkeypatch.setattr(guard, "is_public", lambda _: True)
    monkeypatch.setattr(guard, "is_ours", lambda _: False)
    other = Origin()
    other.redirect("/feed", f"{origin.url}/end")
    origin.say("/end", FEED)
    try:
        fetch(a_job(origin.redirect("/feed", f"{other.url}/feed"), authorization=LOGIN))
        assert [request.all("Authorization") for request in other.requests] == [[]]
    finally:
        other.close()
    assert len(origin.requests) == 2


def test_a_login_is_not_told_to_a_neighbor(origin: Origin) -> None:
    url = origin.say("/feed", FEED)
    fetch(a_job(url, authorization=LOGIN), a_job(url, source_id="south"))
    assert [bool(request.all("Authorization")) for request in origin.requests] == [True, False]


def test_a_login_shows_nowhere(origin: Origin) -> None:
    job = a_job(origin.say("/feed", status=401), authorization=LOGIN)
    assert LOGIN not in repr(job)
    assert LOGIN not in repr(refused(job))


# ---------------------------------------------------------------- validators

ETAGS = [
    '"abc"', 'W/"abc"', 'w/"abc"', "unquoted", '""', 'W/""', '"a b"', '"a,b"', "'single'", '"a\\"b"',
    '"abc-gzip"', '"abc;br"', "*", "0", '"' + "x" * 1000 + '"', '"<&>%00"', 'W/"1a2b-5f6:dtagent10"',
]  # fmt: skip
DATES = [
    "Sun, 22 Nov 2026 10:00:00 GMT", "Sunday, 22-Nov-26 10:00:00 GMT", "Sun Nov 22 10:00:00 2026",
    "sun, 22 nov 2026 10:00:00 gmt", "Sun, 22 Nov 2026 10:00:00 +0000", "2026-11-22T10:00:00Z", "yesterday",
    "Thu, 01 Jan 1970 00:00:00 GMT", "0",
]  # fmt: skip


@pytest.mark.parametrize("etag", ETAGS)
def test_an_etag_goes_back_byte_for_byte(origin: Origin, etag: str) -> None:
    url = origin.say("/feed", FEED, headers={"ETag": etag})
    (first,) = fetch(a_job(url))
    fetch(a_job(url, validators=first.validators))
    assert origin.requests[1].header("If-None-Match") == etag.encode()
    assert origin.requests[1].all("If-Modified-Since") == []


@pytest.mark.parametrize("date", DATES)
def test_a_last_modified_goes_back_byte_for_byte(origin: Origin, date: str) -> None:
    url = origin.say("/feed", FEED, headers={"Last-Modified": date})
    (first,) = fetch(a_job(url))
    fetch(a_job(url, validators=first.validators))
    assert origin.requests[1].header("If-Modified-Since") == date.encode()
    assert origin.requests[1].all("If-None-Match") == []


def test_both_validators_are_sent_where_both_are_known(origin: Origin) -> None:
    fetch(a_job(origin.say("/feed", FEED), validators=Validators(etag='"1"', last_modified="then")))
    (request,) = origin.requests
    assert (request.header("If-None-Match"), request.header("If-Modified-Since")) == (b'"1"', b"then")


@pytest.mark.parametrize(
    "value",
    [
        pytest.param('"caf\u00e9"', id="not ascii"),
        pytest.param('"' + "x" * 5000 + '"', id="too long"),
    ],
)
def test_a_validator_that_cannot_go_back_whole_is_not_kept(origin: Origin, value: str) -> None:
    (found,) = fetch(a_job(origin.say("/feed", FEED, headers={"ETag": value, "Last-Modified": "then"})))
    assert found.validators == Validators(last_modified="then")


def test_a_new_answer_replaces_both_validators(origin: Origin) -> None:
    url = origin.say("/feed", FEED, headers={"ETag": '"2"'})
    (found,) = fetch(a_job(url, validators=Validators(etag='"1"', last_modified="then")))
    assert found.validators == Validators(etag='"2"')


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        pytest.param({}, Validators(etag='"1"', last_modified="then"), id="neither: both stay"),
        pytest.param({"ETag": '"2"'}, Validators(etag='"2"', last_modified="then"), id="a new etag"),
        pytest.param({"Last-Modified": "now"}, Validators(etag='"1"', last_modified="now"), id="a new date"),
        pytest.param(
            {"ETag": '"2"', "Last-Modified": "now"}, Validators(etag='"2"', last_modified="now"), id="both"
        ),
    ],
)
def test_a_304_keeps_and_refreshes_validators(
    origin: Origin, given: dict[str, str], kept: Validators
) -> None:
    url = origin.say("/feed", status=304, headers=given)
    (found,) = fetch(a_job(url, validators=Validators(etag='"1"', last_modified="then")))
    assert found.is_unchanged
    assert found.documents == ()
    assert found.status == 304
    assert found.validators == kept


@pytest.mark.parametrize("status", [200, 304])
def test_what_an_answer_says_about_time_is_passed_on(origin: Origin, status: int) -> None:
    hints = {"Cache-Control": "max-age=60", "Expires": "0", "Age": "5", "Retry-After": "9", "Date": "today"}
    (found,) = fetch(a_job(origin.say("/feed", FEED if status == 200 else b"", status=status, headers=hints)))
    assert found.hints == Hints(
        cache_control="max-age=60", expires="0", age="5", retry_after="9", date="today"
    )


# ---------------------------------------------------------------- what is new alone (RFC 3229)

KNOWN = Validators(etag='"1"')


def test_who_has_a_version_may_be_sent_what_is_new(origin: Origin) -> None:
    url = origin.say("/feed", FEED, status=226, headers={"IM": "feed", "ETag": '"2"'})
    (found,) = fetch(a_job(url, validators=KNOWN))
    assert origin.requests[0].header("A-IM") == b"feed"
    assert (found.status, found.documents[0].body) == (226, FEED)
    assert found.validators == Validators(etag='"2"')


def test_who_has_no_version_asks_for_the_whole(origin: Origin) -> None:
    fetch(
        a_job(origin.say("/feed", FEED)),
        a_job(origin.url + "/feed", validators=Validators(last_modified="x")),
    )
    assert [request.all("A-IM") for request in origin.requests] == [[], []]


@pytest.mark.parametrize(
    ("validators", "manipulation"),
    [
        pytest.param(Validators(), "feed", id="to a question without a version"),
        pytest.param(Validators(last_modified="then"), "feed", id="to a question without A-IM"),
        pytest.param(KNOWN, "vcdiff", id="of another kind"),
        pytest.param(KNOWN, "feed, gzip", id="of several kinds"),
        pytest.param(KNOWN, "", id="of no kind"),
    ],
)
def test_a_part_that_nobody_asked_for_is_protocol(
    origin: Origin, validators: Validators, manipulation: str
) -> None:
    url = origin.say("/feed", FEED, status=226, headers={"IM": manipulation} if manipulation else {})
    error = refused(a_job(url, validators=validators))
    assert (error.cause, error.status) == (Cause.PROTOCOL, 226)


# ---------------------------------------------------------------- redirects


@pytest.mark.parametrize("wait", ["120", "Sun, 22 Nov 2026 12:00:00 GMT", "9" * 5000])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_that_asks_to_wait_is_not_followed_before(origin: Origin, status: int, wait: str) -> None:
    origin.say("/end", FEED)
    url = origin.say("/feed", status=status, headers={"Location": "/end", "Retry-After": wait})
    error = refused(a_job(url))
    assert (error.cause, error.status, error.retry_after) == (Cause.REDIRECT, status, wait)
    assert origin.asked("/end") == []
    (found,) = fetch(a_job(url, has_waited=True))
    assert found.documents[0].body == FEED


@pytest.mark.parametrize("wait", ["0", "00", "-5", "soon", ""])
def test_a_redirect_that_asks_for_no_wait_is_followed(origin: Origin, wait: str) -> None:
    origin.say("/end", FEED)
    url = origin.say("/feed", status=302, headers={"Location": "/end", "Retry-After": wait})
    assert fetch(a_job(url))[0].documents[0].body == FEED


@pytest.mark.parametrize("port", [1, 22, 25, 110, 1023, 3306, 5432, 6379, 11211, 27017])
def test_a_redirect_to_a_port_of_another_service_is_not_followed(origin: Origin, port: int) -> None:
    error = refused(a_job(origin.redirect("/feed", f"http://127.0.0.1:{port}/feed")))
    assert error.cause is Cause.FORBIDDEN
    assert "port" in str(error)


def test_a_failure_says_who_answered(origin: Origin) -> None:
    origin.say("/end", status=429)
    error = refused(a_job(origin.redirect("/feed", "/end")))
    assert error.answered == f"{origin.url}/end"


@pytest.mark.parametrize(
    ("statuses", "is_moved"),
    [
        pytest.param([301], True, id="301"),
        pytest.param([308], True, id="308"),
        pytest.param([301, 308, 301], True, id="a permanent chain"),
        pytest.param([302], False, id="302"),
        pytest.param([303], False, id="303"),
        pytest.param([307], False, id="307"),
        pytest.param([301, 302], False, id="permanent, then temporary"),
        pytest.param([307, 308], False, id="temporary, then permanent"),
    ],
)
def test_only_a_chain_that_is_permanent_all_along_moves_a_source(
    origin: Origin, statuses: list[int], is_moved: bool
) -> None:
    end = origin.say("/end", FEED)
    for number, status in enumerate(statuses):
        last = number == len(statuses) - 1
        origin.redirect(f"/{number}", "/end" if last else f"/{number + 1}", status)
    (found,) = fetch(a_job(f"{origin.url}/0"))
    assert found.documents[0].body == FEED
    assert found.documents[0].address == end
    chain = [*(f"{origin.url}/{number}" for number in range(1, len(statuses))), end]
    assert found.moved == (tuple(chain) if is_moved else ())


def test_a_304_behind_a_redirect_is_unchanged_too(origin: Origin) -> None:
    end = origin.say("/end", status=304)
    (found,) = fetch(a_job(origin.redirect("/feed", "/end", 301), validators=Validators(etag='"1"')))
    assert found.is_unchanged
    assert found.moved == (end,)
    assert origin.asked("/end")[0].header("If-None-Match") == b'"1"'


@pytest.mark.parametrize(
    ("location", "target"),
    [
        pytest.param("next", "/a/next", id="relative"),
        pytest.param("../next?x=%7e", "/next?x=%7e", id="upwards, as spelt"),
        pytest.param("?page=2", "/a/feed?page=2", id="a query"),
        pytest.param("  /next ", "/next", id="white space around"),
        pytest.param(
            "//HOST/next",
            "/next",
            id="without a scheme",
        ),
        pytest.param("http://HOST/next#part", "/next", id="absolute, with a fragment"),
    ],
)
def test_a_redirect_is_resolved_against_where_it_stood(origin: Origin, location: str, target: str) -> None:
    origin.say(target, FEED)
    place = location.replace("HOST", f"127.0.0.1:{origin.port}")
    fetch(a_job(origin.redirect("/a/feed", place)))
    assert [request.target for request in origin.requests] == ["/a/feed", target]


def test_as_many_redirects_as_allowed_are_followed(origin: Origin) -> None:
    for number in range(MOST_REDIRECTS):
        origin.redirect(f"/{number}", f"/{number + 1}")
    origin.say(f"/{MOST_REDIRECTS}", FEED)
    (found,) = fetch(a_job(f"{origin.url}/0"))
    assert found.documents[0].body == FEED


@pytest.mark.parametrize("length", [1, 2, MOST_REDIRECTS])
def test_a_loop_of_redirects_is_walked_once(origin: Origin, length: int) -> None:
    for number in range(length):
        origin.redirect(f"/{number}", f"/{(number + 1) % length}", 301)
    error = refused(a_job(f"{origin.url}/0"))
    assert error.cause is Cause.REDIRECT
    assert "loop" in str(error)
    assert len(origin.requests) == length


def test_a_long_chain_of_redirects_ends(origin: Origin) -> None:
    for number in range(MOST_REDIRECTS + 2):
        origin.redirect(f"/{number}", f"/{number + 1}", 301)
    error = refused(a_job(f"{origin.url}/0"))
    assert error.cause is Cause.REDIRECT
    assert len(origin.requests) == MOST_REDIRECTS + 1


@pytest.mark.parametrize(
    "location",
    [
        pytest.param("", id="no location"),
        pytest.param("file:///etc/passwd", id="file"),
        pytest.param("ftp://other.example/feed", id="ftp"),
        pytest.param("gopher://127.0.0.1:6379/_x", id="gopher"),
        pytest.param("javascript:alert(1)", id="script"),
        pytest.param("data:text/xml,<rss/>", id="data"),
        pytest.param("mailto:someone@north.example", id="mail"),
        pytest.param(
            "http://",
            id="no host",
        ),
        pytest.param("http://user:password@127.0.0.1/feed", id="user and password"),
        pytest.param("http://127.0.0.1:99999/feed", id="no port"),
        pytest.param("http://[::1/feed", id="no address"),
    ],
)
def test_a_redirect_to_nowhere_is_an_error(origin: Origin, location: str) -> None:
    error = refused(a_job(origin.redirect("/feed", location, 301)))
    assert error.cause is Cause.REDIRECT
    assert error.status == 301
    assert len(origin.requests) == 1


@pytest.mark.parametrize("status", [300, 305, 306, 399])
def test_an_answer_of_the_three_hundreds_that_is_no_redirect_is_a_status(origin: Origin, status: int) -> None:
    error = refused(a_job(origin.redirect("/feed", "/end", status)))
    assert (error.cause, error.status) == (Cause.STATUS, status)


# ---------------------------------------------------------------- bodies


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        pytest.param("gzip", gzip.compress(FEED), id="gzip"),
        pytest.param("deflate", zlib.compress(FEED), id="deflate"),
        pytest.param("br", brotli.compress(FEED), id="br"),
    ],
)
def test_a_compressed_body_is_unpacked(origin: Origin, coding: str, packed: bytes) -> None:
    (found,) = fetch(a_job(origin.say("/feed", packed, headers={"Content-Encoding": coding})))
    assert found.documents[0].body == FEED


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        pytest.param("gzip, gzip", gzip.compress(gzip.compress(FEED)), id="gzip in gzip"),
        pytest.param("br, gzip", gzip.compress(brotli.compress(FEED)), id="br in gzip"),
        pytest.param("compress", FEED, id="compress"),
    ],
)
def test_a_body_packed_as_nobody_offered_is_protocol(origin: Origin, coding: str, packed: bytes) -> None:
    error = refused(a_job(origin.say("/feed", packed, headers={"Content-Encoding": coding})))
    assert error.cause is Cause.PROTOCOL
    assert "nobody offered" in str(error)


def test_a_header_of_too_many_fields_is_refused(origin: Origin) -> None:
    many = b"".join(b"X-%d: x\r\n" % number for number in range(MOST_HEADERS + 50))
    with speaking(b"HTTP/1.1 200 OK\r\n" + many + b"\r\n") as address:
        assert refused(a_job(f"{address}/feed")).cause is Cause.PROTOCOL


def test_a_header_too_large_in_all_is_refused(origin: Origin) -> None:
    large = {f"X-{number}": "x" * 20_000 for number in range(4)}
    assert refused(a_job(origin.say("/feed", FEED, headers=large))).cause is Cause.TOO_LARGE


MOST = 100_000


@pytest.mark.parametrize("size", [0, 1, MOST])
def test_a_body_within_the_limit_is_whole(origin: Origin, size: int) -> None:
    (found,) = fetch(a_job(origin.say("/feed", b"x" * size)), most_bytes=MOST)
    assert found.documents[0].body == b"x" * size


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(b"x" * (MOST + 1), {}, id="one byte more"),
        pytest.param(gzip.compress(b"x" * (2 * MOST + 1)), {"Content-Encoding": "gzip"}, id="gzip bomb"),
        pytest.param(brotli.compress(b"x" * (2 * MOST + 1)), {"Content-Encoding": "br"}, id="br bomb"),
        pytest.param(zlib.compress(b"x" * (2 * MOST + 1)), {"Content-Encoding": "deflate"}, id="zlib bomb"),
    ],
)
def test_a_body_beyond_the_limit_is_too_large(origin: Origin, body: bytes, headers: dict[str, str]) -> None:
    error = refused(a_job(origin.say("/feed", body, headers=headers)), most_bytes=MOST)
    assert error.cause is Cause.TOO_LARGE


def test_a_body_of_unsaid_length_is_held_to_the_limit_as_well(origin: Origin) -> None:
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
    with speaking(head + b"x" * (MOST * 2 + 1)) as address:
        error = refused(a_job(f"{address}/feed"), most_bytes=MOST)
    assert error.cause is Cause.TOO_LARGE


def test_a_body_that_ends_with_the_connection_is_whole() -> None:
    with speaking(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + FEED) as address:
        (found,) = fetch(a_job(f"{address}/feed"))
    assert found.documents[0].body == FEED


# ---------------------------------------------------------------- failures


@pytest.mark.parametrize("status", [204, 206, 400, 401, 403, 404, 406, 410, 418, 429, 451, 500, 503, 504])
def test_a_status_that_brings_no_feed_is_an_error(origin: Origin, status: int) -> None:
    error = refused(a_job(origin.say("/feed", FEED if status >= 400 else b"", status=status)))
    assert (error.cause, error.status) == (Cause.STATUS, status)
    assert str(status) in str(error)


@pytest.mark.parametrize("value", ["120", "Sun, 22 Nov 2026 12:00:00 GMT", "soon"])
def test_retry_after_is_passed_on_as_received(origin: Origin, value: str) -> None:
    error = refused(a_job(origin.say("/feed", status=429, headers={"Retry-After": value})))
    assert error.retry_after == value


def test_what_a_failing_origin_says_in_its_body_is_told_to_nobody(origin: Origin) -> None:
    error = refused(a_job(origin.say("/feed", b"the secret of the cellar", status=500)))
    assert "secret" not in repr(error)


def test_a_name_that_does_not_resolve_is_dns() -> None:
    error = refused(a_job("http://nowhere.example/feed"))
    assert error.cause is Cause.DNS


def test_a_port_where_nobody_listens_is_connect() -> None:
    gone = Origin()
    gone.close()
    error = refused(a_job(f"{gone.url}/feed"))
    assert error.cause is Cause.CONNECT


def test_plain_http_behind_https_is_tls(origin: Origin) -> None:
    error = refused(a_job(f"https://127.0.0.1:{origin.port}/feed"))
    assert error.cause is Cause.TLS


def test_a_certificate_that_nobody_vouches_for_is_tls(sealed: str) -> None:
    error = refused(a_job(f"{sealed}/feed"))
    assert error.cause is Cause.TLS


def test_an_answer_that_never_comes_is_a_timeout(origin: Origin) -> None:
    error = refused(a_job(origin.say("/feed", FEED, gate=Gate())), timeout=timedelta(milliseconds=200))
    assert error.cause is Cause.TIMEOUT
    assert "0.2 s" in str(error)


def test_a_body_that_never_ends_is_a_timeout() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
    with speaking(head, hang=True) as address:
        error = refused(a_job(f"{address}/feed"), timeout=timedelta(milliseconds=200))
    assert error.cause is Cause.TIMEOUT


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"SSH-2.0-OpenSSH_9.9\r\n", id="ssh"),
        pytest.param(b"220 mail.example ESMTP\r\n", id="smtp"),
        pytest.param(b"\x00\xff\x00\xff" * 50, id="noise"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Le", id="half a header"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", id="no length"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", id="no chunk"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", id="two lengths"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nX: " + b"x" * (MOST_HEADER_BYTES + 1) + b"\r\n\r\n",
            id="a header without end",
        ),
    ],
)
def test_what_is_not_http_is_protocol(answer: bytes) -> None:
    with speaking(answer) as address:
        error = refused(a_job(f"{address}/feed"))
    assert error.cause is Cause.PROTOCOL


def test_a_body_cut_short_is_protocol_and_not_a_document(origin: Origin) -> None:
    error = refused(a_job(origin.say("/feed", FEED, cut_after=20)))
    assert error.cause is Cause.PROTOCOL


@pytest.mark.parametrize(
    "coding",
    [pytest.param("gzip", id="gzip"), pytest.param("br", id="br"), pytest.param("deflate", id="zlib")],
)
def test_a_body_that_does_not_unpack_is_protocol(origin: Origin, coding: str) -> None:
    body = b"this is not compressed at all"
    error = refused(a_job(origin.say("/feed", body, headers={"Content-Encoding": coding})))
    assert error.cause is Cause.PROTOCOL


def test_a_coding_that_was_not_offered_is_protocol(origin: Origin) -> None:
    error = refused(a_job(origin.say("/feed", FEED, headers={"Content-Encoding": "zstd"})))
    assert error.cause is Cause.PROTOCOL


def test_an_error_message_is_one_line(origin: Origin) -> None:
    with speaking(b"HTTP/1.1 200 OK\r\nA\x01B: \r\n\r\n") as address:
        error = refused(a_job(f"{address}/feed"))
    assert "\n" not in str(error)


# ---------------------------------------------------------------- taking turns


def test_a_host_answers_one_request_at_a_time(origin: Origin) -> None:
    gate = Gate()
    first = origin.say("/0", FEED, gate=gate)
    jobs = [a_job(first), *(a_job(origin.say(f"/{number}", FEED)) for number in range(1, 6))]

    async def bring() -> None:
        async with HttpClient(a_fetch(), user_agent="Tester/1") as client, asyncio.TaskGroup() as group:
            for job in jobs:
                group.create_task(client.fetch(job))
            await asyncio.to_thread(gate.wait_until_reached)
            for _ in range(50):
                await asyncio.sleep(0)
            assert len(origin.requests) == 1
            gate.open()

    asyncio.run(bring())
    assert len(origin.requests) == len(jobs)
    assert origin.most_at_once == 1


def test_a_slow_host_holds_up_no_other(origin: Origin) -> None:
    gate = Gate()
    slow = a_job(origin.say("/slow", FEED, gate=gate))
    other = Origin()

    async def bring() -> None:
        async with HttpClient(a_fetch(), user_agent="Tester/1") as client, asyncio.TaskGroup() as group:
            group.create_task(client.fetch(slow))
            await asyncio.to_thread(gate.wait_until_reached)
            async with asyncio.timeout(PATIENCE):
                await client.fetch(a_job(other.say("/quick", FEED)))
            gate.open()

    try:
        asyncio.run(bring())
    finally:
        other.close()


def test_who_waits_at_a_host_that_has_had_enough_does_not_ask(origin: Origin) -> None:
    gate = Gate()
    first = origin.say("/0", status=429, headers={"Retry-After": "600"}, gate=gate)
    jobs = [a_job(first), *(a_job(origin.say(f"/{number}", FEED)) for number in range(1, 4))]

    async def bring() -> list[Fetched | BaseException]:
        async with HttpClient(a_fetch(), user_agent="Tester/1") as client:
            asking = [asyncio.create_task(client.fetch(job)) for job in jobs]
            await asyncio.to_thread(gate.wait_until_reached)
            for _ in range(50):
                await asyncio.sleep(0)
            gate.open()
            found = await asyncio.gather(*asking, return_exceptions=True)
            assert len(origin.requests) == 1
            return [*found, await client.fetch(jobs[1])]

    *refusals, later = asyncio.run(bring())
    assert [getattr(found, "status", 0) for found in refusals] == [429] * 4
    assert {getattr(found, "retry_after", "") for found in refusals} == {"600"}
    assert isinstance(later, Fetched)
    assert [isinstance(found, HeldError) for found in refusals] == [False, True, True, True]


def test_who_was_redirected_to_a_host_that_has_had_enough_has_asked(origin: Origin) -> None:
    gate, door = Gate(), Gate()
    busy = a_job(origin.say("/busy", status=429, headers={"Retry-After": "600"}, gate=gate))
    moved = a_job(origin.say("/moved", status=302, headers={"Location": "/end"}, gate=door))

    async def bring() -> BaseException | Fetched:
        async with HttpClient(a_fetch(), user_agent="Tester/1") as client:
            first = asyncio.create_task(client.fetch(moved))
            await asyncio.to_thread(door.wait_until_reached)
            second = asyncio.create_task(client.fetch(busy))
            for _ in range(50):
                await asyncio.sleep(0)
            door.open()
            gate.open()
            return (await asyncio.gather(first, second, return_exceptions=True))[0]

    found = asyncio.run(bring())
    assert isinstance(found, FetchError)
    assert not isinstance(found, HeldError)
    assert (found.status, found.retry_after) == (429, "600")
    assert origin.asked("/end") == []


def test_a_name_server_that_is_silent_is_dns(
    origin: Origin, names: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answer = socket.getaddrinfo, threading.Event()

    def silent(host: Any, *arguments: Any, **options: Any) -> Any:
        if host == "slow.example":
            assert answer.wait(PATIENCE)
        return asked(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    monkeypatch.setattr("aggregator.fetch.names.SECONDS", 0.05)
    try:
        error = refused(a_job("http://slow.example/feed"))
    finally:
        answer.set()
    assert error.cause is Cause.DNS
    assert "no name server answered" in str(error)


def test_a_connection_is_used_again(origin: Origin) -> None:
    url = origin.say("/feed", FEED)
    fetch(a_job(url), a_job(url), a_job(url))
    assert len(origin.requests) == 3
    assert origin.connections == 1


def test_a_failure_is_not_tried_again_at_once(origin: Origin) -> None:
    url = origin.say_in_turn("/feed", Answer(status=503), Answer(body=FEED))
    assert refused(a_job(url)).status == 503
    assert len(origin.requests) == 1


# ---------------------------------------------------------------- a sealed origin


@pytest.fixture
def sealed(tmp_path: Path) -> Iterator[str]:
    """An HTTPS origin with a certificate of its own making."""
    if not shutil.which("openssl"):
        pytest.skip("no openssl to make a certificate with")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj"
        f" /CN=localhost -addext subjectAltName=IP:127.0.0.1 -keyout {key} -out {certificate}".split(),
        check=True,
        capture_output=True,
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    loop, stop, ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
    ports: list[int] = []

    async def answer(_: web.BaseRequest) -> web.Response:
        return web.Response(body=FEED)

    async def serve() -> None:
        runner = web.ServerRunner(web.Server(answer))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        ports.append(runner.addresses[0][1])
        ready.set()
        await stop.wait()
        await runner.cleanup()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(serve())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(PATIENCE)
    yield f"https://127.0.0.1:{ports[0]}"
    loop.call_soon_threadsafe(stop.set)
    thread.join()
