"""What goes to other machines shows nothing of itself, and is opened by the code that packed it only."""

import pickle

import pytest

from aggregator.engine.dask import travel
from aggregator.engine.dask.travel import Sealed, edition
from aggregator.errors import ClusterError
from tests.world import a_job

JOB = a_job("https://north.example/feed", authorization="Bearer correct-horse")


def test_what_is_sealed_comes_out_as_it_went_in() -> None:
    assert pickle.loads(pickle.dumps(Sealed.of(JOB))).open() == JOB


def test_what_is_sealed_cannot_be_read_by_the_way() -> None:
    assert repr(Sealed.of(JOB)) == f"{Sealed.of(JOB)}" == f"Sealed({len(Sealed.of(JOB).content)} bytes)"


def test_what_other_code_packed_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    packed, ours = Sealed.of(JOB), edition()
    monkeypatch.setattr(travel, "edition", lambda: "aggregator 99")
    with pytest.raises(ClusterError) as caught:
        packed.open()
    assert str(caught.value) == f"made by {ours}, here is aggregator 99"
