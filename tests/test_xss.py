"""Payloads of strangers, in every field of every format, leave nothing active: so say html5lib and a browser.

Our own payloads go through the sanitizer's tests. The large sets lie beside the project, and
`python -m pytest -m full -s tests/test_xss.py` reads them whole, and prints.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import html5lib
import pytest

from aggregator.harvest import read
from aggregator.model import Document, Entry, Fetched, FetchJob, Item
from aggregator.publish import FORMATS
from aggregator.urls import absolute
from tests.hostile import SHARED
from tests.test_sanitize import HARMLESS, PAYLOADS, dangers
from tests.world import A_SITE, Post, an_edition, an_item, rss

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
WATCH = "<script>window.alert = window.confirm = window.prompt = () => { document.title = 'ALIVE' }</script>"


def entries_of(body: bytes, name: str = "feed") -> tuple[Entry, ...]:
    job = FetchJob(source_id="north", kind="http", address=f"https://north.example/{name}")
    return read(job, Fetched(documents=(Document(address=job.address, body=body),))).entries


def flaws(entry: Entry) -> Iterator[str]:
    """Yield what in an entry may act when it is shown."""
    yield from dangers(entry.html)
    people = (person.url for person in entry.authors)
    for address in (entry.url, entry.comments, *people, *(e.url for e in entry.enclosures)):
        if address and absolute("", address) != address:
            yield f"an address {address!r}"


def collection(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every document of the large sets with a payload in it."""
    for path in sorted((SHARED / "data" / "hostile_xss").glob("*.json")):
        yield path.name, path.read_bytes()
    make = SHARED / "tools" / "hostile" / "make.py"
    if make.exists():
        subprocess.run([sys.executable, str(make), str(folder)], check=True, capture_output=True)
    for path in sorted((folder / "xss").glob("*")) + sorted((folder / "links").glob("*")):
        yield path.name, path.read_bytes()


def is_alive(folder: Path, fragments: list[str]) -> bool:
    """Say whether a browser runs anything in a page of these fragments, each in a corner of its own."""
    assert BROWSER
    page = folder / "page.html"
    body = "".join(f"<div>{fragment}</div>\n" for fragment in fragments)
    text = f"<!doctype html><meta charset=utf-8><title>QUIET</title>{WATCH}<body>{body}</body>"
    page.write_text(text, encoding="utf-8", errors="replace")
    done = subprocess.run(
        [
            BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=4000", "--dump-dom",
            f"--user-data-dir={folder / 'profile'}", page.as_uri(),
        ],
        capture_output=True, check=True, text=True, timeout=100,
    )  # fmt: skip
    assert "</html>" in done.stdout
    return "<title>QUIET</title>" not in done.stdout


# ---------------------------------------------------------------- our own set


def hostile_feed(payload: str) -> bytes:
    """Put a payload into every field of a feed and of an entry that holds text."""
    text = payload.encode("utf-8", "replace").decode()
    body = rss(Post(title=text, text=text, link="https://north.example/1", guid="1"), title=text)
    fields = "".join(f"<{name}>{escape(text)}</{name}>" for name in ("author", "category", "copyright"))
    return body.replace(b"</item>", f"{fields}<comments>javascript:alert(1)</comments></item>".encode())


def page_of(item: Item) -> Any:
    page = FORMATS["html"].render(an_edition(item), A_SITE).decode()
    return html5lib.parse(page, namespaceHTMLElements=False)


def tags_of(tree: Any) -> set[str]:
    return {element.tag for element in tree.iter() if isinstance(element.tag, str)}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_in_every_field_leaves_no_page_with_anything_active(payload: str) -> None:
    (entry,) = entries_of(hostile_feed(payload))
    assert list(flaws(entry)) == []
    tree = page_of(an_item(entry=entry))
    assert tags_of(tree) <= tags_of(page_of(an_item())) | set(HARMLESS)
    handlers = [name for element in tree.iter() for name in element.attrib if name.startswith("on")]
    assert handlers == []
    addresses = [e.attrib[name] for e in tree.iter() for name in ("href", "src") if name in e.attrib]
    assert [address for address in addresses if "script:" in address.lower()] == []


# ---------------------------------------------------------------- the large sets


@pytest.mark.full
@pytest.mark.timeout(3000)
def test_no_payload_of_the_large_sets_survives(tmp_path: Path) -> None:
    documents = list(collection(tmp_path))
    if not documents:
        pytest.skip("the collection does not lie beside the project")
    found = [(name, entry) for name, body in documents for entry in entries_of(body, name)]
    wrong = [f"{name}: {flaw}" for name, entry in found for flaw in flaws(entry)]
    alive = is_alive(tmp_path, [entry.html for _, entry in found]) if BROWSER else None
    print(  # noqa: T201 -- the figures are what it is run for
        f"{len(documents)} documents with payloads, {len(found)} entries: {len(wrong)} flaws;"
        f" a browser finds them {'not tried' if alive is None else 'alive' if alive else 'dead'}"
    )
    assert wrong == []
    assert not alive
    assert len(documents) >= 500


@pytest.mark.full
@pytest.mark.timeout(3000)
@pytest.mark.skipif(not BROWSER, reason="no browser on this machine")
def test_the_browser_can_bark(tmp_path: Path) -> None:
    assert is_alive(tmp_path, ["<p>well</p>", "<img src=x onerror=alert(1)>"])
    assert not is_alive(tmp_path, ["<p>well</p>"])
    clean = [entry.html for payload in PAYLOADS for entry in entries_of(hostile_feed(payload))]
    assert not is_alive(tmp_path, clean)
