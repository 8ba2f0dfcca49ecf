"""What was rendered of an item is rendered again only when the item is another."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from aggregator.model import Item
from aggregator.publish import kept as memories
from aggregator.publish.kept import kept
from tests.world import an_item


def rendered(calls: list[str]) -> Callable[[Item, str], str]:
    @kept
    def render(item: Item, root: str) -> str:
        calls.append(item.entry.id)
        return f"{root}{item.entry.id}"

    return render


def test_the_same_item_is_rendered_once_and_another_that_says_the_same_again() -> None:
    calls: list[str] = []
    render, item = rendered(calls), an_item()
    assert render(item, "../") == render(item, "".join(["..", "/"]))
    assert len(calls) == 1
    other = replace(item)
    assert render(other, "../") == render(item, "../")
    assert len(calls) == 2


def test_an_item_is_rendered_for_each_thing_it_is_rendered_with() -> None:
    calls: list[str] = []
    render, item = rendered(calls), an_item()
    assert [render(item, root) for root in ("", "../", "")] == [
        f"{root}{item.entry.id}" for root in ("", "../", "")
    ]
    assert len(calls) == 2


def test_what_was_rendered_goes_with_its_item(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memories, "MOST_KEPT", 1)
    calls: list[str] = []
    render = rendered(calls)
    for name in ("first", "second"):  # there is room for one at a time
        item = an_item(name)
        assert render(item, "") == render(item, "")
    assert len(calls) == 2


def test_no_more_than_so_many_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memories, "MOST_KEPT", 1)
    calls: list[str] = []
    render, first, second = rendered(calls), an_item("first"), an_item("second")
    for item in (first, second, first, second):
        render(item, "")
    assert len(calls) == 3
