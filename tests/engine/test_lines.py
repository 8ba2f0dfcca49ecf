"""What goes out together: each job once, a host in one batch at a time, batches neither small nor large."""

from collections import Counter
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.engine.dask.lines import LEAST, MOST, Batch, Lines, hosts_of
from aggregator.model import FetchJob
from aggregator.urls import origin_of
from tests.world import a_job


def jobs_at(host: str, count: int, *, start: int = 0) -> list[FetchJob]:
    return [
        a_job(f"https://{host}.example/{number}", source_id=f"{host}-{number}")
        for number in range(start, start + count)
    ]


def ids(batch: Batch) -> list[str]:
    return [job.source_id for job in batch]


def all_batches(lines: Lines, *, slots: int = 1) -> list[Batch]:
    """Take batch after batch, each released before the next is taken."""
    found = []
    while batch := lines.take(slots=slots):
        found.append(batch)
        lines.release(hosts_of(batch))
    return found


# ---------------------------------------------------------------- whatever comes


@dataclass(slots=True)
class Ledger:
    """Lines, and what is known to be in them."""

    lines: Lines = field(default_factory=Lines)
    added: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    out: list[Batch] = field(default_factory=list)

    def add(self, hosts: list[str]) -> None:
        jobs = [
            a_job(f"https://{host}.example/feed", source_id=f"{host}-{len(self.added) + place}")
            for place, host in enumerate(hosts)
        ]
        self.added += [job.source_id for job in jobs]
        self.lines.add(jobs)

    def take(self, slots: int) -> None:
        held = {host for batch in self.out for host in hosts_of(batch)}
        batch = self.lines.take(slots=slots)
        assert not hosts_of(batch) & held
        assert len(batch) <= MOST
        if batch:
            self.out.append(batch)
            self.taken += ids(batch)

    def come_back(self) -> None:
        if self.out:
            self.lines.release(hosts_of(self.out.pop(0)))


HOSTS = st.lists(st.sampled_from("abcdefgh"), max_size=60)
DEEDS = st.one_of(
    st.tuples(st.just("add"), HOSTS),
    st.tuples(st.just("take"), st.integers(0, 8)),
    st.tuples(st.just("come back"), st.none()),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(DEEDS, max_size=40))
def test_every_job_is_taken_once_and_no_host_is_out_twice(deeds: list[tuple[str, object]]) -> None:
    ledger = Ledger()
    for deed, what in deeds:
        match deed, what:
            case "add", list(hosts):
                ledger.add(hosts)
            case "take", int(slots):
                ledger.take(slots)
            case _:
                ledger.come_back()
        assert ledger.lines.waiting == len(ledger.added) - len(ledger.taken)
    while ledger.out or ledger.lines.waiting:
        ledger.come_back()
        ledger.take(1)
    assert Counter(ledger.taken) == Counter(ledger.added)


@given(HOSTS)
def test_a_host_is_asked_in_the_order_in_which_its_jobs_came(hosts: list[str]) -> None:
    ledger = Ledger()
    ledger.add(hosts)
    taken = [job for batch in all_batches(ledger.lines) for job in batch]
    for host in set(hosts):
        of_it = [job.source_id for job in taken if origin_of(job.address) == f"{host}.example:443"]
        assert of_it == [name for name in ledger.added if name.startswith(host)]


@given(st.integers(0, 400), st.integers(1, 50))
def test_a_batch_is_small_only_where_nothing_else_waits(count: int, slots: int) -> None:
    lines = Lines()
    lines.add(job for number in range(count) for job in jobs_at(f"h{number}", 1))
    *full, last = all_batches(lines, slots=slots) or [()]
    assert all(LEAST <= len(batch) <= MOST for batch in full)
    assert len(last) <= MOST


# ---------------------------------------------------------------- case by case


def test_few_jobs_are_spread_over_the_slots() -> None:
    lines = Lines()
    lines.add(job for number in range(60) for job in jobs_at(f"h{number}", 1))
    assert [len(lines.take(slots=slots)) for slots in (4, 3, 2, 1)] == [15, 15, 15, 15]


def test_a_host_with_many_jobs_goes_alone() -> None:
    lines = Lines()
    lines.add([*jobs_at("small", 1), *jobs_at("large", 40), *jobs_at("other", 1)])
    assert ids(lines.take(slots=1)) == ["small-0", "other-0"]
    assert ids(lines.take(slots=1)) == [f"large-{number}" for number in range(MOST)]


def test_the_rest_of_a_host_waits_until_its_batch_is_back() -> None:
    lines = Lines()
    lines.add(jobs_at("large", 40))
    batch = lines.take(slots=4)
    assert lines.take(slots=4) == ()
    lines.release(hosts_of(batch))
    assert ids(lines.take(slots=4)) == [f"large-{number}" for number in range(MOST, 40)]


def test_what_waits_for_a_host_can_be_taken_out() -> None:
    lines = Lines()
    lines.add([*jobs_at("tired", 30), *jobs_at("north", 1)])
    batch = lines.take(slots=1)
    assert len(lines.drop("tired.example:443")) == 30 - len(batch)
    assert ids(lines.take(slots=1)) == ["north-0"]
    assert lines.waiting == 0


def test_suspects_go_one_by_one_and_keep_to_their_hosts() -> None:
    lines = Lines()
    lines.suspect([*jobs_at("north", 2), *jobs_at("south", 1)])
    assert [ids(lines.take_suspect()) for _ in range(3)] == [["north-0"], ["south-0"], []]
    lines.release(["north.example:443"])
    assert ids(lines.take_suspect()) == ["north-1"]


def test_a_suspect_keeps_others_of_its_host_back() -> None:
    lines = Lines()
    lines.suspect(jobs_at("north", 1))
    lines.add(jobs_at("north", 1, start=1))
    assert ids(lines.take_suspect()) == ["north-0"]
    assert lines.take(slots=1) == ()
    lines.release(["north.example:443"])
    assert ids(lines.take(slots=1)) == ["north-1"]
