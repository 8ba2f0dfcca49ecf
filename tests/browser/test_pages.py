"""The pages in a real browser: found by keyboard, read in any light and at any width, without a script.

Debian's Chromium, driven by Playwright, over a small site that the built-in server serves. One browser for
all; where there is none, the tests are skipped.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from aggregator import pipeline
from aggregator.settings import Settings, Site
from tests.checker import broken
from tests.test_pipeline import AGAIN, BRIDGE_POST, TITLE
from tests.webservers import searching, serving
from tests.world import (
    BRIDGE,
    BRIDGE_AGAIN,
    CHESS,
    DAY,
    HOUR,
    NOW,
    PATIENCE,
    Origin,
    Post,
    a_round,
    a_settings,
    a_source,
    article,
    files_below,
    rss,
)

playwright = pytest.importorskip(
    "playwright.sync_api", reason="Playwright is not installed; requirements/test.txt brings it"
)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
if CHROMIUM is None:
    pytest.skip("Chromium is not installed; `apt-get install chromium` brings it", allow_module_level=True)

PAGES = (
    "index.html", "STORY", "source/north/", "source/arabic/", "source/failing/", "sources/", "tag/news/",
    "search/", "search/?q=bridge", "search/?q=zebra",
)  # fmt: skip
WIDTHS = (390, 768, 1280)  # pixels: a phone, a tablet, a desk
LEAST_CONTRAST = 4.5  # WCAG 2.2, 1.4.3, level AA, for text of any size
MOST_TABS = 120
ARABIC = "AI: افتتاح جسر جديد فوق نهر النيل"
JAPANESE = "新しい橋が開通、四年間の工事を経て"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A published site, served."""

    url: str
    story: str  # path of the page of the one that many tell

    def at(self, path: str) -> str:
        return self.url + path.replace("STORY", self.story)


def in_language(feed: bytes, language: str) -> bytes:
    return feed.replace(b"<description>", f"<language>{language}</language><description>".encode(), 1)


def settings_of(folder: Path, origin: Origin) -> Settings:
    """Seven sources: a story of four tellings and two copies, two other scripts, an article, a failure."""
    (folder / "seeds").mkdir()
    (folder / "seeds" / "ours.txt").write_text(article("What we make of bridges", "A paragraph. " * 40))
    at = {"north": BRIDGE_POST}
    for number, name in enumerate(("south", "east", "west"), start=1):
        text = BRIDGE_AGAIN if name == "south" else BRIDGE
        link = f"https://{name}.example/{'averylongpath' * 9}"
        at[name] = Post(title=f"{AGAIN} {number}", text=text, link=link, at=NOW - HOUR + number * HOUR / 9)
    chess = Post(title="Okonkwo wins in Lagos", text=CHESS, guid="urn:chess", at=NOW - DAY)
    arabic = Post(title=ARABIC, text="قال الوزير إن الجسر الجديد سيخفف الازدحام.", guid="urn:ar")
    japanese = Post(title=JAPANESE, text="交通大臣は述べた。", guid="urn:ja")
    feeds = {
        "north": rss(BRIDGE_POST, chess),
        **{
            name: rss(post, title=f"The {name.title()} Herald")
            for name, post in at.items()
            if name != "north"
        },
        "arabic": in_language(rss(arabic, title="صحيفة الشمال"), "ar"),
        "japanese": in_language(rss(japanese, title="北の新聞"), "ja"),
    }
    sources = [
        a_source(
            origin.say(f"/{name}", feed), id=name, tags=("news", "city") if name == "north" else ("news",)
        )
        for name, feed in feeds.items()
    ]
    failing = a_source(origin.say("/failing", status=404), id="failing", tags=("news",))
    return a_settings(folder, *sources, failing, a_source(path="seeds/*.txt", id="ours", tags=("ours",)))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("site")
    origin = Origin()
    settings = settings_of(folder, origin)
    root = pipeline.public_folder(settings)

    def search(query: str, file: str) -> tuple[bytes, bool]:
        with pipeline.open_to_read(settings) as store:
            return pipeline.search(store, settings, query, file=file)

    with serving(root, behind=searching(search)) as url:
        settings = replace(settings, site=Site(title="Planet", subtitle="What is told.", url=url))
        a_round(settings)
        origin.close()
        files = files_below(root)
        assert [fault for name, body in files.items() for fault in broken(name, body)] == []
        (story,) = (
            name for name, body in files.items() if name.endswith(".html") and b"<circle class" in body
        )
        yield World(url=url, story=story)


@pytest.fixture(scope="module")
def browser(world: World) -> Iterator[Any]:
    """Chromium; made after the world, whose making needs an event loop of its own."""
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def complaints() -> list[str]:
    return []


def failure(request: Any) -> list[str]:
    """Tell of a request that failed; what a navigation left behind under way did not."""
    return [] if request.failure == "net::ERR_ABORTED" else [f"failed: {request.url}: {request.failure}"]


@pytest.fixture(scope="module")
def window(browser: Any, complaints: list[str]) -> Any:
    """One for all tests: to open another costs more than what most of them look at."""
    opened = browser.new_page()
    opened.set_default_timeout(PATIENCE * 1000)
    opened.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("requestfailed", lambda request: complaints.extend(failure(request)))
    return opened


@pytest.fixture
def page(window: Any, complaints: list[str]) -> Iterator[Any]:
    """The window as it was when it was opened; its page complains about nothing."""
    window.goto("about:blank")
    window.set_viewport_size({"width": WIDTHS[-1], "height": 720})
    window.emulate_media(media="null", color_scheme="null")
    complaints.clear()
    yield window
    assert complaints == []


# ---------------------------------------------------------------- by keyboard

FOCUS = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect(), style = getComputedStyle(at);
  return {
    text: at.innerText || at.name || at.tagName,
    isOutlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    isInView: box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth,
  }
}"""


def tab_to(page: Any, selector: str) -> None:
    """Press Tab until an element that matches has the focus; whatever has it on the way shows it."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        assert focus["isOutlined"], focus
        assert focus["isInView"], focus
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"nothing that matches {selector} can be reached")


def follow(page: Any, selector: str, address: str) -> None:
    tab_to(page, selector)
    page.keyboard.press("Enter")
    page.wait_for_url(address)


def test_every_page_leads_to_the_next_by_keyboard(page: Any, world: World) -> None:
    page.goto(world.url)
    follow(page, "a.whole", "**/story/*/index.html")
    follow(page, ".meta .outlet a", "**/source/*/index.html")
    follow(page, "nav .tags a", "**/tag/*/index.html")
    follow(page, ".site .name a", f"{world.url}index.html")
    follow(page, ".in-short p a", "**/sources/index.html")


def test_the_first_key_skips_to_what_one_came_for(page: Any, world: World) -> None:
    page.goto(world.url)
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUS)["text"] == "Skip to the stories"
    assert page.evaluate(FOCUS)["isInView"]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_a_search_is_typed_and_sent(page: Any, world: World) -> None:
    page.goto(world.url)
    tab_to(page, "input[name=q]")
    page.keyboard.type("grandmaster")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=grandmaster")
    assert page.locator("h3").all_inner_texts() == ["Okonkwo wins in Lagos"]
    assert page.locator("input[name=q]").input_value() == "grandmaster"


@pytest.mark.parametrize("name", ["Atom", "RSS", "JSON Feed"])
def test_what_is_found_is_a_feed_as_well(page: Any, world: World, name: str) -> None:
    page.goto(f"{world.url}search/?q=grandmaster")
    line = page.locator("aside .subscribe li", has=page.get_by_role("link", name=name, exact=True))
    shown = line.locator("code").inner_text()
    answer = page.request.get(line.locator("a").evaluate("link => link.href"))
    assert answer.ok
    assert shown == answer.url
    assert "Okonkwo wins in Lagos" in answer.text()


# ---------------------------------------------------------------- what is shown


def test_a_story_shows_its_chart_its_tellings_and_its_copies(page: Any, world: World) -> None:
    page.goto(world.at("STORY"))
    told = page.locator("main").inner_text()
    for outlet in ("The North Gazette", "The South Herald", "The East Herald", "The West Herald"):
        assert outlet in told
    assert page.locator("figure.timeline circle").count() == 4
    box = page.locator("figure.timeline svg").bounding_box()
    assert box["width"] > 300
    assert page.request.get(page.locator("aside .subscribe a").evaluate("link => link.href")).ok


def test_a_source_that_fails_says_what_is_wrong(page: Any, world: World) -> None:
    page.goto(f"{world.url}sources/")
    page.get_by_role("link", name="failing", exact=True).click()
    assert "There is nothing at its address (404)." in page.locator("aside").inner_text()


@pytest.mark.parametrize(
    ("title", "language", "direction"), [(ARABIC, "ar", "rtl"), (JAPANESE, "ja", "ltr"), (TITLE, None, "ltr")]
)
def test_an_entry_reads_in_its_own_direction(
    page: Any, world: World, title: str, language: str | None, direction: str
) -> None:
    page.goto(world.url)
    card = page.locator("article", has=page.get_by_role("heading", name=title.split(":")[0])).first
    for part in ("h3", ".excerpt"):
        element = card.locator(part)
        assert element.get_attribute("lang") == language
        assert element.evaluate("e => getComputedStyle(e).direction") == direction
    assert card.locator(".meta").evaluate("e => getComputedStyle(e).direction") == "ltr"


# ---------------------------------------------------------------- in any light, at any width

CONTRASTS = """() => {
  const parse = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = element => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; node = walker.nextNode();) {
    const element = node.parentElement, style = getComputedStyle(element);
    if (!node.data.trim() || element.closest('title, .unseen') || !element.getClientRects().length) continue;
    const ink = parse(element instanceof SVGElement ? style.fill : style.color);
    const [a, b] = [light(ink), light(ground(element))].sort((x, y) => y - x);
    found.push([(a + 0.05) / (b + 0.05), node.data.trim().slice(0, 40), element.tagName]);
  }
  return found;
}"""


@pytest.mark.parametrize("path", PAGES)
def test_every_word_stands_out_from_its_ground(page: Any, world: World, path: str) -> None:
    page.goto(world.at(path))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (int(ground.split("(")[1].split(",")[0]) > 128) == (scheme == "light")
        found = page.evaluate(CONTRASTS)
        assert len(found) > 5
        assert [line for line in found if line[0] < LEAST_CONTRAST] == []


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_wider_than_the_window(page: Any, world: World, path: str) -> None:
    page.goto(world.at(path))
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_what_is_touched_is_large_enough(page: Any, world: World) -> None:
    """Targets are 24 pixels high or stand in a line of text (WCAG 2.2, 2.5.8)."""
    page.set_viewport_size({"width": WIDTHS[0], "height": 800})
    page.goto(world.url)
    heights = page.evaluate(
        "[...document.querySelectorAll('button, input, .tags a')].map(e => e.getBoundingClientRect().height)"
    )
    assert min(heights) >= 24


def test_a_page_reads_the_same_without_scripts(browser: Any, world: World) -> None:
    texts = []
    for is_on in (True, False):
        with browser.new_context(java_script_enabled=is_on) as context:
            opened = context.new_page()
            opened.goto(world.url)
            texts.append(opened.locator("body").inner_text())
    assert texts[0] == texts[1]


def test_a_print_has_the_words_and_not_the_controls(page: Any, world: World) -> None:
    page.goto(world.at("STORY"))
    page.emulate_media(media="print")
    for part in (".find", ".subscribe", "footer nav", ".skip"):
        assert not page.locator(part).first.is_visible(), part
    for part in ("h1", ".coverage", "figure.timeline"):
        assert page.locator(part).first.is_visible(), part
    assert page.pdf()[:5] == b"%PDF-"
