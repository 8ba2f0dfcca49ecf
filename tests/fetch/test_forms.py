"""What hubs are told goes the way of every request: vetted, in turn; a redirect may keep the form."""

import asyncio
from typing import Any

import pytest

from aggregator.errors import Cause, FetchError
from aggregator.fetch import open_fetcher
from aggregator.model import Fetched
from tests.world import Answer, Origin, a_fetch, a_job

FORM = (("hub.mode", "publish"), ("hub.url", "https://planet.example/ä?a=1&b"))
ENCODED = b"hub.mode=publish&hub.url=https%3A%2F%2Fplanet.example%2F%C3%A4%3Fa%3D1%26b"


def tell(address: str, **given: Any) -> Fetched:
    async def post() -> Fetched:
        job = a_job(address, kind="ping", form=FORM, **given)
        async with open_fetcher(a_fetch(), user_agent="Tester/1") as fetch, fetch(job) as fetched:
            return fetched

    return asyncio.run(post())


def refused(address: str, **given: Any) -> FetchError:
    with pytest.raises(FetchError) as caught:
        tell(address, **given)
    return caught.value


@pytest.mark.parametrize("status", [200, 202, 204])
def test_a_form_is_sent_and_any_success_will_do(origin: Origin, status: int) -> None:
    found = tell(origin.say("/hub", b"thank you" if status != 204 else b"", status=status))
    (request,) = origin.requests
    assert (request.method, request.body) == ("POST", ENCODED)
    assert request.header("Content-Type") == b"application/x-www-form-urlencoded"
    assert (found.is_unchanged, found.status, found.documents) == (True, status, ())


@pytest.mark.parametrize("status", [301, 302, 303, 304, 400, 404, 500])
def test_anything_else_is_a_failure(origin: Origin, status: int) -> None:
    headers = {"Location": "/other", "Retry-After": "60"}
    error = refused(origin.say("/hub", status=status, headers=headers))
    assert (error.cause, error.status, error.retry_after) == (Cause.STATUS, status, "60")
    assert len(origin.requests) == 1


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_that_keeps_the_method_is_followed_with_the_form(origin: Origin, status: int) -> None:
    origin.say("/new", status=202)
    tell(origin.redirect("/hub", "/new", status))
    assert [(request.method, request.body) for request in origin.requests] == [("POST", ENCODED)] * 2


def test_a_redirect_takes_no_permission_along(origin: Origin) -> None:
    there = Origin()
    try:
        assert refused(origin.redirect("/hub", there.say("/", status=202), 307)).cause is Cause.FORBIDDEN
        assert there.connections == 0
    finally:
        there.close()


def test_a_hub_in_a_private_network_is_out_of_reach(origin: Origin) -> None:
    assert refused(origin.say("/hub", status=202), allow_private=False).cause is Cause.FORBIDDEN
    assert origin.connections == 0


def test_a_hub_that_has_had_enough_is_heard(origin: Origin) -> None:
    origin.say_in_turn("/hub", Answer(status=429, headers={"Retry-After": "60"}))
    assert refused(f"{origin.url}/hub").retry_after == "60"
