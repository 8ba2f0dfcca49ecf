"""Take the picture of the page that the README shows: `python -m tests.docs.picture`.

The news on it is the invented stream of `tests/data/stories`, told by an origin on loopback.
"""

import base64
import json
import shutil
import tempfile
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import sync_playwright

from aggregator import pipeline
from aggregator.settings import Output, Settings, Site
from aggregator.text import slug
from tests.docs.pages import DOCS
from tests.stories.labelled import FOLDER
from tests.webservers import serving
from tests.world import NOW, Origin, Post, a_round, a_settings, a_source, rss

FILE = DOCS / "page.webp"
WIDTH, HEIGHT = 1200, 900
UNTIL = datetime(2031, 1, 6, 10, 0, tzinfo=UTC)  # in the stream, which is told as if that were now
TAGS = {
    "world": ("Wire", "News", "Ledger", "Post"),
    "city": ("Line", "Hour", "Herald", "Gazette", "Standard"),
}


def settings_of(folder: Path, origin: Origin) -> Settings:
    """Return a configuration of what the stream's English outlets told until then."""
    told: defaultdict[str, list[Post]] = defaultdict(list)
    for line in (FOLDER / "stream.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        at = datetime.fromtimestamp(row["ts"], UTC) - UNTIL + NOW
        if row["lang"] == "en" and NOW - timedelta(days=4) < at < NOW:
            post = Post(title=row["title"], text=row["summary"], link=row["url"], guid=row["id"], at=at)
            told[row["publisher"]].append(post)
    sources = [
        a_source(origin.say(f"/{slug(name)}", rss(*posts, title=name)), id=slug(name), tags=tags_of(name))
        for name, posts in told.items()
    ]
    site = Site(
        title="The long table",
        subtitle="What the world tells, each thing once.",
        url="https://desk.example/",
    )
    hot = Output(name="hot", title="Told by many", collapse="hot")
    return a_settings(folder, *sources, site=site, outputs=(hot,))


def tags_of(name: str) -> tuple[str, ...]:
    return tuple(tag for tag, ends in TAGS.items() if name.split()[-1] in ends)


def take(url: str) -> bytes:
    """Return the top of a page as WebP, by light."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.goto(url)
        shot = page.context.new_cdp_session(page).send(
            "Page.captureScreenshot", {"format": "webp", "quality": 80}
        )
        browser.close()
    return base64.b64decode(shot["data"])


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, origin = Path(name), Origin()
        settings = settings_of(folder, origin)
        with serving(pipeline.public_folder(settings)) as url:
            a_round(settings)
            origin.close()
            FILE.write_bytes(take(f"{url}hot/"))
    print(f"{FILE}: {FILE.stat().st_size:,} bytes")  # noqa: T201


if __name__ == "__main__":
    main()
