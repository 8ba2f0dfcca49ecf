"""Errors are data: they cross processes whole, and say what is wrong in words."""

import copy
import pickle

import pytest

from aggregator.errors import (
    AggregatorError,
    BusyError,
    Cause,
    ClusterError,
    ConfigError,
    CrashedError,
    DamagedError,
    EditError,
    ExtraError,
    Fault,
    FetchError,
    HeldError,
    ListError,
    ModelError,
    OutputError,
    ParseError,
    QueryError,
    SourceError,
    StoreError,
    UnknownError,
    WorkerError,
)

FAULTS = (Fault(0, "", "is not UTF-8 text"), Fault(7, "sources[2].every", "expected a time span"))

TABLE = [
    (AggregatorError("something"), "something"),
    (
        ConfigError("feeds.yaml", FAULTS),
        "feeds.yaml: is not UTF-8 text\nfeeds.yaml:7: sources[2].every: expected a time span",
    ),
    (ConfigError("feeds.yaml", ()), ""),
    (SourceError(Cause.DNS, "no such host"), "dns: no such host"),
    (FetchError(Cause.TLS, "expired"), "tls: expired"),
    (FetchError(Cause.STATUS, "503 Busy", 503, "120"), "http status: 503 Busy"),
    (HeldError(Cause.STATUS, "429 too many", 429, "9", "https://x.example/"), "http status: 429 too many"),
    (ParseError(Cause.NOT_A_FEED, "it is a web page"), "not a feed: it is a web page"),
    (WorkerError(Cause.CRASHED, "the worker died"), "crashed: the worker died"),
    (StoreError("the store is newer than this program"), "the store is newer than this program"),
    (ExtraError("fulltext"), "needs the extra `fulltext`: pip install 'aggregator[fulltext]'"),
    (ModelError("encoder", "expected tokenizer.json"), "encoder: expected tokenizer.json"),
    (
        DamagedError("a.db", "page 3"),
        "a.db is damaged: page 3. What is published stays as it is; `aggregator restore` puts the newest"
        " backup in its place and keeps the damaged one beside it",
    ),
    (CrashedError("five times in ten minutes"), "five times in ten minutes"),
    (
        BusyError("data", "71"),
        "another aggregator (process 71) works on data; stop it first",
    ),
    (ClusterError("no scheduler at tls://x:1"), "no scheduler at tls://x:1"),
    (EditError("please do it by hand"), "please do it by hand"),
    (ListError("it is no OPML"), "it is no OPML"),
    (OutputError("atom.xml: no space left"), "atom.xml: no space left"),
    (QueryError("There is no word in that."), "There is no word in that."),
    (UnknownError("no source is named nope"), "no source is named nope"),
]
each_error = pytest.mark.parametrize(
    "error",
    [pytest.param(error, id=f"{number} {type(error).__name__}") for number, (error, _) in enumerate(TABLE)],
)


def is_same(one: AggregatorError, other: AggregatorError) -> bool:
    return (type(one), one.args, vars(one), str(one)) == (type(other), other.args, vars(other), str(other))


def descendants(kind: type[AggregatorError]) -> set[type[AggregatorError]]:
    return {kind}.union(*(descendants(child) for child in kind.__subclasses__()))


@each_error
def test_an_error_is_the_same_after_crossing_processes(error: AggregatorError) -> None:
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert is_same(pickle.loads(pickle.dumps(error, protocol)), error)


@each_error
def test_a_copy_of_an_error_is_the_same(error: AggregatorError) -> None:
    assert is_same(copy.copy(error), error)
    assert is_same(copy.deepcopy(error), error)


@each_error
def test_an_error_can_be_built_again_from_its_arguments(error: AggregatorError) -> None:
    assert is_same(type(error)(*error.args), error)


@pytest.mark.parametrize(("error", "words"), TABLE)
def test_an_error_reads_as_a_sentence(error: AggregatorError, words: str) -> None:
    assert str(error) == words


def test_the_table_above_names_every_error_of_the_tree() -> None:
    assert {type(error) for error, _ in TABLE} == descendants(AggregatorError)


def test_a_fetch_error_keeps_status_and_retry_after_for_whoever_decides() -> None:
    error = FetchError(Cause.STATUS, "429", 429, "60")
    assert (error.cause, error.detail, error.status, error.retry_after) == (Cause.STATUS, "429", 429, "60")


def test_faults_sort_by_their_line() -> None:
    assert sorted([Fault(9, "a", "x"), Fault(2, "z", "x"), Fault(2, "b", "x")]) == [
        Fault(2, "b", "x"),
        Fault(2, "z", "x"),
        Fault(9, "a", "x"),
    ]


@pytest.mark.parametrize("kind", [FetchError, ParseError, WorkerError])
def test_what_befalls_one_source_is_a_source_error(kind: type[AggregatorError]) -> None:
    assert issubclass(kind, SourceError)
