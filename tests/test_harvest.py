"""A job becomes a harvest: errors become values, one bad document hurts no other, nothing is read twice."""

import asyncio
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aggregator.errors import Cause, FetchError, ParseError, SourceError, WorkerError
from aggregator.harvest import CUT, Reader, open_harvester, read, unchanged
from aggregator.model import Document, FeedInfo, Fetched, FetchJob, Harvest, Hints, Offer, Trouble, Validators
from tests.world import BRIDGE, CHESS, Origin, Post, a_fetch, a_job, article, rss, run_here

FEED = rss(Post(title="Bridge closed", text=BRIDGE, guid="1"), Post(title="Chess", text=CHESS, guid="2"))


def feed(body: bytes = FEED, **given: Any) -> Fetched:
    document = Document(address="https://north.example/feed", body=body)
    defaults: dict[str, Any] = {"documents": (document,), "status": 200}
    return Fetched(**defaults | given)


def files(**texts: str) -> Fetched:
    documents = (
        Document(address="", body=text.encode(), name=f"{name}.txt") for name, text in sorted(texts.items())
    )
    return Fetched(documents=tuple(documents), validators=Validators(etag="signature"))


JOB = a_job("https://north.example/feed")


def titles(harvest: Harvest) -> list[str]:
    return [entry.title for entry in harvest.entries]


# ---------------------------------------------------------------- reading


def test_a_feed_is_read_into_entries_of_its_source() -> None:
    found = read(JOB, feed())
    assert titles(found) == ["Bridge closed", "Chess"]
    assert {entry.source_id for entry in found.entries} == {"north"}
    assert found.version == "rss20"
    assert found.feed
    assert found.feed.title == "The North Gazette"
    assert found.size_bytes == len(FEED)
    assert not found.is_failed
    assert not found.is_unchanged


def test_what_came_with_the_answer_travels_home() -> None:
    came: dict[str, Any] = {
        "validators": Validators(etag='"1"', last_modified="then"),
        "moved": ("https://north.example/new",),
        "hints": Hints(cache_control="max-age=60"),
    }
    found = read(JOB, feed(**came))
    assert (found.status, found.validators, found.moved, found.hints) == (200, *came.values())


def test_the_same_body_again_is_unchanged_and_brings_its_new_validators() -> None:
    first = read(JOB, feed())
    job = a_job(JOB.address, body_digest=first.body_digest)
    again = read(job, feed(validators=Validators(etag='"2"')))
    assert again.is_unchanged
    assert again.entries == ()
    assert again.body_digest == first.body_digest
    assert again.validators == Validators(etag='"2"')


def test_the_same_body_at_another_address_is_read_again() -> None:
    job = a_job(JOB.address, body_digest=read(JOB, feed()).body_digest)
    moved = Fetched(documents=(Document(address="https://north.example/new", body=FEED),))
    assert not read(job, moved).is_unchanged


def test_only_entries_that_are_new_or_changed_come_home() -> None:
    first = read(JOB, feed())
    body = rss(
        Post(title="Bridge closed", text=BRIDGE, guid="1"),
        Post(title="Chess, corrected", text=CHESS, guid="2"),
        Post(title="Third", text="Something new.", guid="3"),
    )
    found = read(a_job(JOB.address, known=first.present), feed(body))
    assert titles(found) == ["Chess, corrected", "Third"]
    assert len(found.present) == 3


def test_a_feed_without_entries_is_no_failure() -> None:
    found = read(JOB, feed(rss()))
    assert not found.is_failed
    assert found.entries == ()
    assert found.present == {}


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        pytest.param(b"", Cause.EMPTY, id="empty"),
        pytest.param(b" \n\t ", Cause.EMPTY, id="white space"),
        pytest.param(b"<!doctype html><html><body>Hello</body></html>", Cause.NOT_A_FEED, id="a page"),
        pytest.param(b"<opml><body><outline/></body></opml>", Cause.A_LIST, id="a list of feeds"),
        pytest.param(b'{"hello": "world"}', Cause.NOT_A_FEED, id="some json"),
        pytest.param(b'{"items": [', Cause.MALFORMED, id="half a json"),
        pytest.param(b"hello world", Cause.MALFORMED, id="text"),
    ],
)
def test_a_document_that_is_no_feed_is_refused(body: bytes, cause: Cause) -> None:
    with pytest.raises(ParseError) as caught:
        read(JOB, feed(body))
    assert caught.value.cause is cause


def test_a_page_is_a_failure_that_names_the_feeds_it_offers() -> None:
    page = b'<!doctype html><link rel="alternate" type="application/atom+xml" href="/atom.xml">'
    by_header = (Offer(url="https://north.example/h", media_type="application/rss+xml"),)
    found = read(JOB, replace(feed(page), offers=by_header))
    assert (found.is_failed, found.troubles[0].cause) == (True, Cause.NOT_A_FEED)
    assert found.troubles[0].detail == "it is a web page, not a feed; it names https://north.example/h"
    assert [offer.url for offer in found.offers] == [
        "https://north.example/h",
        "https://north.example/atom.xml",
    ]


# ---------------------------------------------------------------- several documents


def test_of_a_document_that_ends_in_the_middle_the_rest_is_read_and_the_end_is_missed() -> None:
    found = read(JOB, feed(body=FEED[: FEED.index(b"Chess")]))
    assert titles(found) == ["Bridge closed"]
    assert [(trouble.cause, trouble.detail) for trouble in found.troubles] == [(Cause.MALFORMED, CUT)]
    assert not found.is_failed


def test_half_a_document_is_partial_and_so_its_end_is_asked_for_again() -> None:
    assert read(JOB, feed(body=FEED[: FEED.index(b"Chess")])).is_partial
    assert not read(JOB, feed()).is_partial


def test_one_bad_file_is_a_trouble_with_its_name_and_line_and_the_others_go_on() -> None:
    good, bad = article("A headline", BRIDGE), "Paper\n\nHeadline\n\nNo source line\n"
    found = read(JOB, files(a=good, b=bad, c=article("Another", CHESS)))
    assert titles(found) == ["A headline", "Another"]
    assert not found.is_failed
    (trouble,) = found.troubles
    assert (trouble.cause, trouble.where) == (Cause.MALFORMED, "b.txt")
    assert "line 5" in str(trouble)
    assert str(trouble).startswith("b.txt: ")


def test_only_bad_files_are_troubles_and_no_failure_of_the_place() -> None:
    found = read(JOB, files(a="x", b="y"))
    assert [trouble.where for trouble in found.troubles] == ["a.txt", "b.txt"]
    assert found.entries == ()


def test_troubles_of_fetching_come_first() -> None:
    came = files(b="nothing")
    early = Trouble(cause=Cause.TOO_LARGE, detail="too large", where="a.txt")
    found = read(JOB, Fetched(documents=came.documents, troubles=(early,)))
    assert [trouble.where for trouble in found.troubles] == ["a.txt", "b.txt"]


def test_local_articles_are_articles_and_speak_for_no_feed() -> None:
    found = read(JOB, files(a=article("A headline", BRIDGE)))
    assert [entry.is_article for entry in found.entries] == [True]
    assert found.feed == FeedInfo()


def test_a_saved_feed_among_articles_is_read_as_a_feed() -> None:
    saved = Document(address="", body=FEED, name="saved.xml")
    found = read(JOB, Fetched(documents=(saved, *files(z=article("A headline", BRIDGE)).documents)))
    assert titles(found) == ["Bridge closed", "Chess", "A headline"]
    assert [entry.is_article for entry in found.entries] == [False, False, True]


def test_a_renamed_file_changes_the_digest_of_its_place() -> None:
    text = article("A headline", BRIDGE)
    assert read(JOB, files(a=text)).body_digest != read(JOB, files(b=text)).body_digest


def test_text_does_not_flow_from_one_file_into_the_next_unnoticed() -> None:
    assert read(JOB, files(a="x", b="yz")).body_digest != read(JOB, files(a="xy", b="z")).body_digest


# ---------------------------------------------------------------- errors as values


@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [
        pytest.param(FetchError(Cause.STATUS, "HTTP 503", 503, "120"), 503, "120", id="a status"),
        pytest.param(FetchError(Cause.DNS, "no such name"), 0, "", id="no answer"),
        pytest.param(ParseError(Cause.NOT_A_FEED, "a page"), 0, "", id="no feed"),
        pytest.param(WorkerError(Cause.CRASHED, "killed"), 0, "", id="no worker"),
    ],
)
def test_an_error_travels_as_one_trouble(error: SourceError, status: int, retry_after: str) -> None:
    found = Harvest.failed(JOB, error)
    assert found.is_failed
    assert found.entries == ()
    assert found.troubles == (Trouble(cause=error.cause, detail=error.detail, status=status),)
    assert (found.status, found.hints.retry_after) == (status, retry_after)


@pytest.mark.parametrize(
    "error",
    [
        FetchError(Cause.STATUS, "HTTP 503", 503, "120"),
        ParseError(Cause.NOT_A_FEED, "a page"),
        WorkerError(Cause.TIMEOUT, "too long"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_survives_the_way_between_processes(error: SourceError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.args, vars(again)) == (type(error), error.args, vars(error))
    assert str(again) == str(error)


@pytest.mark.parametrize(
    "thing",
    [
        pytest.param(read(JOB, feed()), id="harvest of a feed"),
        pytest.param(read(JOB, files(a=article("A headline", BRIDGE), b="bad")), id="harvest of files"),
        pytest.param(a_job("https://x.example/", known={"id:1": "d"}), id="job"),
        pytest.param(feed(), id="fetched"),
        pytest.param(read, id="the reading itself"),
    ],
)
def test_what_travels_survives_the_way_between_processes(thing: object) -> None:
    assert pickle.loads(pickle.dumps(thing)) == thing


def test_unchanged_keeps_what_was_known() -> None:
    job = a_job(JOB.address, body_digest="digest")
    found = unchanged(job, Fetched(is_unchanged=True, validators=Validators(etag='"1"'), status=304))
    assert (found.is_unchanged, found.body_digest, found.status) == (True, "digest", 304)
    assert found.validators == Validators(etag='"1"')


# ---------------------------------------------------------------- the whole way


def harvested(job: FetchJob, run: object = run_here) -> Harvest:
    async def main() -> Harvest:
        async with open_harvester(a_fetch(), user_agent="Tester/1", run=run) as harvest:  # type: ignore[arg-type]
            return await harvest(job)

    return asyncio.run(main())


def test_a_feed_is_harvested_over_http(origin: Origin) -> None:
    url = origin.say("/feed", FEED, headers={"ETag": '"1"'})
    found = harvested(a_job(url))
    assert titles(found) == ["Bridge closed", "Chess"]
    assert found.validators == Validators(etag='"1"')


def test_files_are_harvested_from_disk(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(article("A headline", BRIDGE))
    found = harvested(FetchJob(source_id="seeds", kind="path", address="*.txt", root=str(tmp_path)))
    assert titles(found) == ["A headline"]


def test_a_304_is_not_read(origin: Origin) -> None:
    async def nobody(function: Reader, job: FetchJob, fetched: Fetched) -> Harvest:
        pytest.fail("it was read")

    found = harvested(a_job(origin.say("/feed", status=304), validators=Validators(etag='"1"')), nobody)
    assert found.is_unchanged


@pytest.mark.parametrize(
    ("status", "body", "cause"),
    [
        pytest.param(500, b"", Cause.STATUS, id="fetching fails"),
        pytest.param(200, b"", Cause.EMPTY, id="parsing fails"),
    ],
)
def test_a_failure_on_the_way_is_a_value(origin: Origin, status: int, body: bytes, cause: Cause) -> None:
    found = harvested(a_job(origin.say("/feed", body, status=status)))
    assert found.is_failed
    assert found.troubles[0].cause is cause


def test_a_worker_that_dies_is_a_value(origin: Origin) -> None:
    async def die(function: Reader, job: FetchJob, fetched: Fetched) -> Harvest:
        raise WorkerError(Cause.CRASHED, "killed")

    found = harvested(a_job(origin.say("/feed", FEED)), die)
    assert found.troubles[0].cause is Cause.CRASHED


def test_a_fault_of_ours_is_caught_by_nobody(origin: Origin) -> None:
    async def slip(function: Reader, job: FetchJob, fetched: Fetched) -> Harvest:
        raise KeyError("ours")

    with pytest.raises(KeyError, match="ours"):
        harvested(a_job(origin.say("/feed", FEED)), slip)


# ---------------------------------------------------------------- not too much at once


def test_documents_that_nobody_has_read_do_not_pile_up() -> None:
    """Two may be under way, unread ones included, however many hosts would answer at once."""
    origins = [Origin() for _ in range(6)]
    jobs = [a_job(o.say("/feed", FEED), source_id=f"s{n}") for n, o in enumerate(origins)]

    async def main() -> tuple[int, list[Harvest]]:
        unread, reading = asyncio.Event(), asyncio.Semaphore(0)

        async def read_later(function: Reader, job: FetchJob, fetched: Fetched) -> Harvest:
            reading.release()
            await unread.wait()
            return function(job, fetched)

        settings = a_fetch(concurrency=2)
        async with open_harvester(settings, user_agent="Tester/1", run=read_later) as harvest:
            tasks = [asyncio.ensure_future(harvest(job)) for job in jobs]
            await reading.acquire()
            await reading.acquire()
            for _ in range(200):
                await asyncio.sleep(0)
            asked = sum(len(origin.requests) for origin in origins)
            unread.set()
            return asked, list(await asyncio.gather(*tasks))

    try:
        asked, found = asyncio.run(main())
    finally:
        for origin in origins:
            origin.close()
    assert asked == 2
    assert [harvest.is_failed for harvest in found] == [False] * 6
