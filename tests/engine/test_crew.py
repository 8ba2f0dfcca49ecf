"""Who may be given work: workers that run the code that runs here, and nobody whom nobody has looked at."""

import asyncio
from typing import Any

import pytest
from distributed import Client

from aggregator.engine.dask.crew import Crew, muster
from aggregator.engine.dask.travel import edition


class FakeClient:
    """Knows workers of two threads each, and what each tells when it is asked for its edition."""

    def __init__(self, **told: object) -> None:
        self.told = told
        self.asked: list[str] = []

    async def nthreads(self) -> dict[str, int]:
        return dict.fromkeys(self.told, 2)

    async def run(self, function: Any, *, workers: list[str], on_error: str) -> dict[str, object]:
        self.asked += sorted(workers)
        return {worker: self.told[worker] for worker in workers}


def look(client: Any, before: Crew = Crew()) -> Crew:  # noqa: B008 -- frozen
    there: Client = client
    return asyncio.run(muster(there, before))


def test_workers_that_run_our_code_do_what_they_have_threads_for() -> None:
    crew = look(FakeClient(north=edition(), south=edition()))
    assert (crew.slots, crew.chosen, crew.trouble) == (4, None, "")


@pytest.mark.parametrize(
    ("told", "words"),
    [
        pytest.param("aggregator 99", "worker south runs aggregator 99; here is", id="another version"),
        pytest.param(
            ModuleNotFoundError("aggregator"), "worker south cannot work (ModuleNotFound", id="none"
        ),
    ],
)
def test_a_worker_that_runs_other_code_is_named_and_left_out(told: object, words: str) -> None:
    crew = look(FakeClient(north=edition(), south=told))
    assert (crew.slots, crew.chosen) == (2, ["north"])
    assert words in crew.trouble


def test_a_worker_is_looked_at_once() -> None:
    client = FakeClient(north=edition())
    look(client, look(client))
    assert client.asked == ["north"]


def test_a_worker_that_does_not_answer_is_looked_at_again() -> None:
    client = FakeClient(north=OSError("gone"))
    crew = look(client)
    assert (crew.slots, crew.trouble) == (0, "")
    client.told["north"] = edition()
    assert look(client, crew).slots == 2


def test_a_worker_that_went_is_forgotten() -> None:
    crew = look(FakeClient(), look(FakeClient(north=edition())))
    assert (crew.slots, crew.trouble) == (0, "the cluster has no workers")
