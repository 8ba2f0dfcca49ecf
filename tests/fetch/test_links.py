"""Link headers: what an answer points to beside its body."""

import pytest

from aggregator.fetch.links import offered
from aggregator.model import Offer

BASE = "https://site.example/news"


@pytest.mark.parametrize(
    ("headers", "urls"),
    [
        pytest.param(['</f>; rel="alternate"; type="a/b"'], ["https://site.example/f"], id="quoted"),
        pytest.param(["</f>;rel=alternate;type=a/b"], ["https://site.example/f"], id="bare"),
        pytest.param(["</f>; rel='alternate'"], [], id="in quotes that are none"),
        pytest.param(
            ['<a,b>; rel="up", <f>; rel="home ALTERNATE"'], ["https://site.example/f"], id="among others"
        ),
        pytest.param(
            ["<f>; rel=alternate", "<g>; rel=alternate"],
            ["https://site.example/f", "https://site.example/g"],
            id="in two headers",
        ),
        pytest.param(['<f>; title="<x>; rel=alternate"; rel=up'], [], id="inside a title"),
        pytest.param(["<file:///f>; rel=alternate", "<", "", "<f", ";;rel=alternate"], [], id="nothing"),
    ],
)
def test_alternates_are_found(headers: list[str], urls: list[str]) -> None:
    assert [offer.url for offer in offered(headers, base=BASE)] == urls


def test_what_is_said_of_one_comes_along() -> None:
    header = r'<f>; rel=alternate; type="application/atom+xml"; title="A \"b\""; title="no"'
    assert offered([header], base=BASE) == (
        Offer(url="https://site.example/f", title='A "b"', media_type="application/atom+xml"),
    )
