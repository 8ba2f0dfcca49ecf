"""What was rendered of an item is rendered again only when the item is another."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from aggregator.model import Item
from aggregator.publish import kept as memories
from aggregator.publish.kept import kept, sparing, turn_over
from tests.world import an_item


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What `rendered` was called for, with memories of this test's own."""
    monkeypatch.setattr(memories, "_MEMORIES", [])
    return []


def rendered(calls: list[str]) -> Callable[[Item, str], str]:
    @kept
    def render(item: Item, root: str) -> str:
        calls.append(item.entry.title)
        return f"{root}{item.entry.title}"

    return render


def test_the_same_item_is_rendered_once_and_another_that_says_the_same_again(calls: list[str]) -> None:
    render, item = rendered(calls), an_item()
    assert render(item, "../") == render(item, "".join(["..", "/"]))
    assert len(calls) == 1
    render(replace(item), "../")
    assert len(calls) == 2


def test_what_two_publishes_did_not_use_is_let_go(calls: list[str]) -> None:
    render, item = rendered(calls), an_item()
    for _ in range(3):
        render(item, "")
        turn_over()
    assert len(calls) == 1
    turn_over()
    render(item, "")
    assert len(calls) == 2


def test_no_more_than_so_many_are_kept(calls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memories, "MOST_KEPT", 1)
    render, first, second = rendered(calls), an_item("first"), an_item("second")
    for item in (first, second, first, second):
        render(item, "")
    assert len(calls) == 3


def test_what_is_rendered_once_is_not_kept(calls: list[str]) -> None:
    render, item = rendered(calls), an_item()
    with sparing():
        render(item, "")
    render(item, "")
    render(item, "")
    assert len(calls) == 2
