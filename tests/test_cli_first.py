"""The first minutes: from nothing, from a page, from another program's list, to what works."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from aggregator import pipeline
from aggregator.cli import COMMANDS, cli
from aggregator.config import load_settings
from aggregator.instance import only_one
from aggregator.pipeline.preview import COMMON_PATHS
from aggregator.settings import Settings
from aggregator.store import open_store
from tests.test_edit import NEW
from tests.world import BRIDGE, CHESS, HOUR, NOW, Answer, HereEngine, Origin, Post, Request, rss

HEAD = "fetch: {host_delay: 0s, workers: 1}\nsite: {url: https://planet.example/}\n"
COLLECTION = Path(__file__).resolve().parents[2] / "shared" / "data" / "opml"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of one's own, an engine that runs here, and always the same moment."""

    @contextmanager
    def open_here(settings: Settings) -> Iterator[HereEngine]:
        yield HereEngine(settings)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pipeline, "open_workers", open_here)
    for room in ("daemon.clocks", "cli.adding"):
        monkeypatch.setattr(f"aggregator.{room}.utc_now", lambda: NOW)
    for name in ("AGGREGATOR_CONFIG", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration without sources."""
    path = tmp_path / "feeds.yaml"
    path.write_text(f"{HEAD}sources: []\n")
    return path


def run(*arguments: str, said: str | None = None) -> Result:
    return CliRunner().invoke(cli, arguments, input=said, prog_name="aggregator", catch_exceptions=False)


def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aggregator.cli.adding._is_terminal", lambda: True)


def add(*arguments: str, said: str | None = None) -> Result:
    return run("add", "--allow-private", *arguments, said=said)


def feed(origin: Origin, path: str = "/feed.xml", title: str = "The North Gazette") -> str:
    post = Post(title="Bridge closed", text=BRIDGE, guid=f"urn:{path}", link=f"https://north.example{path}")
    return origin.say(path, rss(post, title=title), headers={"ETag": '"1"'})


def page(origin: Origin, path: str, *links: str) -> str:
    tags = "".join(f'<link rel="alternate" type="application/rss+xml" href="{link}">' for link in links)
    return origin.say(path, f"<!doctype html><html><head>{tags}</head></html>".encode())


def sources(path: Path) -> list[tuple[str, tuple[str, ...]]]:
    return [(source.url, source.tags) for source in load_settings(path).sources]


# ---------------------------------------------------------------- init


def test_init_writes_a_sound_configuration_and_says_what_is_next(tmp_path: Path) -> None:
    result = run("init")
    assert result.exit_code == 0
    assert load_settings(tmp_path / "feeds.yaml").sources == ()
    assert all(f"aggregator {verb}" in result.stdout for verb in ("add", "import", "run"))


def test_init_makes_a_folder_and_names_the_file_in_what_is_next(tmp_path: Path) -> None:
    result = run("init", "planet/one")
    assert (tmp_path / "planet" / "one" / "feeds.yaml").exists()
    assert "aggregator -c planet/one/feeds.yaml run" in result.stdout


def test_init_leaves_alone_what_is_there(config: Path) -> None:
    before = config.read_text()
    result = run("init")
    assert (result.exit_code, config.read_text()) == (2, before)
    assert "is there already" in result.stderr


def test_every_line_that_init_comments_out_is_true(tmp_path: Path) -> None:
    run("init")
    path = tmp_path / "feeds.yaml"
    lines = path.read_text().splitlines()
    told = [line[2:] for line in lines if line.startswith(("#   - ", "#     "))]
    examples = [line for line in told if "collapse" not in line]
    outputs = [line for line in told if "collapse" in line]
    text = "\n".join(["sources:", *examples, "outputs:", *outputs, *(
        line[2:] for line in lines if line.startswith(("# server:", "# publish:"))
    )])  # fmt: skip
    path.write_text(text)
    with pytest.raises(Exception, match="already on line") as caught:  # the two spellings of one example
        load_settings(path)
    assert len(str(caught.value).splitlines()) == 1


def test_without_a_configuration_it_is_said_what_makes_one() -> None:
    result = run("run")
    assert result.exit_code == 2
    assert result.stderr.startswith("feeds.yaml: there is no such file; `aggregator init` makes one")


# ---------------------------------------------------------------- add: finding


def test_a_feed_is_added_by_its_own_address(config: Path, origin: Origin) -> None:
    url = feed(origin)
    result = add(url, "--tag", "news", "--tag", "north", "--name", "North: news", "--every", "3h")
    assert result.exit_code == 0
    assert config.read_text() == (
        f'{HEAD}sources:\n  - url: {url}\n    name: "North: news"\n    tags: [news, north]\n'
        "    every: 3h\n    allow_private: true\n"
    )


def test_the_feed_of_a_page_is_found(config: Path, origin: Origin) -> None:
    url = feed(origin)
    assert add(page(origin, "/", "/feed.xml")).exit_code == 0
    assert sources(config) == [(url, ())]


def test_the_feed_in_a_link_header_is_found(config: Path, origin: Origin) -> None:
    url = feed(origin)
    link = {"Link": '</feed.xml>; rel="alternate"; type="application/rss+xml"'}
    assert add(origin.say("/", b"<!doctype html><p>Hello", headers=link)).exit_code == 0
    assert sources(config) == [(url, ())]


def test_where_a_page_names_none_a_few_common_places_are_tried_in_turn(config: Path, origin: Origin) -> None:
    url = feed(origin, COMMON_PATHS[2])
    assert add(page(origin, "/blog/")).exit_code == 0
    assert sources(config) == [(url, ())]
    assert [request.target for request in origin.requests] == ["/blog/", *COMMON_PATHS[:3]]
    assert origin.most_at_once == 1


def test_a_page_without_a_feed_says_where_was_looked(config: Path, origin: Origin) -> None:
    before = config.read_text()
    result = add(page(origin, "/"))
    assert (result.exit_code, config.read_text()) == (3, before)
    assert "not a feed; it names none, and there is none at /feed, /feed.xml" in result.stderr


def test_of_several_feeds_one_is_to_be_picked(config: Path, origin: Origin) -> None:
    one, two = feed(origin, "/one"), feed(origin, "/two")
    there = page(origin, "/", "/one", "/two")
    before = config.read_text()
    result = add(there)
    assert (result.exit_code, config.read_text()) == (2, before)
    assert [line for line in result.stdout.splitlines() if line.startswith("  ")] == [
        f"  1  {one}",
        f"  2  {two}",
    ]
    assert "--pick" in result.stderr
    assert add(there, "--pick", "2").exit_code == 0
    assert sources(config) == [(two, ())]
    assert add(there, "--pick", "3").exit_code == 2


def test_at_a_terminal_it_is_asked_which_and_whether(
    config: Path, origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_a_terminal(monkeypatch)
    feed(origin, "/one"), feed(origin, "/two")
    there = page(origin, "/", "/one", "/two")
    before = config.read_text()
    assert add(there, said="2\nn\n").exit_code == 0
    assert config.read_text() == before
    assert add(there, said="2\ny\n").exit_code == 0
    assert sources(config) == [(f"{origin.url}/two", ())]
    assert add(there, "--pick", "1", "--yes").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ftp://x.example/"], "it is no http or https address"),
        (["https://me:secret@x.example/"], "x.example/: name and password stand in the address"),
        (["feeds.yaml"], "is a file"),
        (["https://x.example/", "--every", "3"], "expected a time span"),
        (["https://x.example/", "https://y.example/", "--name", "X"], "go with one address"),
        ([], "Missing argument"),
    ],
)
def test_a_wrong_call_is_refused_before_anybody_is_asked(
    config: Path, arguments: list[str], message: str
) -> None:
    result = run("add", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_private_network_is_not_asked_unless_allowed(config: Path, origin: Origin) -> None:
    result = run("add", feed(origin))
    assert result.exit_code == 3
    assert "`--allow-private` allows it" in result.stderr
    assert origin.requests == []


# ---------------------------------------------------------------- add: once


@pytest.mark.parametrize("spelling", ["/feed.xml", "/feed.xml?utm_source=x", "/", "/old"])
def test_what_is_there_already_is_not_added_again(config: Path, origin: Origin, spelling: str) -> None:
    add(feed(origin))
    page(origin, "/", "/feed.xml")
    origin.redirect("/old", "/feed.xml", status=301)
    before = config.read_text()
    result = add(f"{origin.url}{spelling}")
    assert (result.exit_code, config.read_text()) == (0, before)
    assert "is there already, as 127-0-0-1-" in result.stdout
    assert len(origin.asked("/feed.xml")) == 1 + (spelling == "/old")  # where that leads nobody knows before


def test_a_feed_that_moved_is_added_where_it_is(config: Path, origin: Origin) -> None:
    url = feed(origin)
    assert add(origin.redirect("/old", "/feed.xml", status=301)).exit_code == 0
    assert sources(config) == [(url, ())]
    settings = load_settings(config)
    with open_store(pipeline.store_path(settings)) as store:
        assert store.sources.get(settings.sources[0].id).validators.etag == '"1"'
        assert all(brief.source_id == settings.sources[0].id for brief in store.entries.unplaced(limit=9))


def test_a_feed_has_one_unconditional_get_in_its_life_also_when_it_was_looked_at(
    config: Path, origin: Origin
) -> None:
    url, body = feed(origin), rss(Post(title="Bridge closed", text=BRIDGE, guid="1"))

    def answer(request: Request) -> Answer:
        is_known = request.header("if-none-match") == b'"1"'
        return Answer(status=304) if is_known else Answer(body=body, headers={"ETag": '"1"'})

    origin.think("/feed.xml", answer)
    assert add(url).exit_code == 0
    settings = load_settings(config)
    with open_store(pipeline.store_path(settings)) as store:
        for days in range(3):
            now = NOW + timedelta(days=days)
            pipeline.prepare(store, settings, now=now)
            reports = list(pipeline.refresh(store, settings, HereEngine(settings), clock=lambda at=now: at))  # type: ignore[misc]
            assert [report.outcome for report in reports] == (["unchanged"] if days else [])
        assert store.entries.count() == 1
    given = [request.header("if-none-match") for request in origin.asked("/feed.xml")]
    assert given == [b"", b'"1"', b'"1"']


def test_a_dry_run_shows_all_and_writes_nothing(config: Path, origin: Origin, tmp_path: Path) -> None:
    before = config.read_text()
    result = add(feed(origin), "--dry-run")
    assert (result.exit_code, config.read_text()) == (0, before)
    assert [path.name for path in tmp_path.iterdir()] == ["feeds.yaml"]
    assert result.stdout.splitlines()[:2] == ["The North Gazette", f"  {origin.url}/feed.xml"]


def test_a_list_of_feeds_is_told_from_a_feed(config: Path, origin: Origin) -> None:
    result = add(origin.say("/list.opml", OPML.encode()))
    assert result.exit_code == 3
    assert "it is OPML, not a feed; `aggregator import` copies it, `opml:` follows it" in result.stderr
    assert len(origin.requests) == 1


def test_one_of_several_addresses_that_fails_leaves_the_others(config: Path, origin: Origin) -> None:
    url = feed(origin)
    result = add(f"{origin.url}/nothing", url)
    assert result.exit_code == 3
    assert "HTTP 404" in result.stderr
    assert sources(config) == [(url, ())]


def test_a_running_aggregator_is_said_to_need_a_start(config: Path, origin: Origin, tmp_path: Path) -> None:
    with only_one(tmp_path / "data"):
        assert "when it is started again" in add(feed(origin)).stdout


def test_an_aggregator_at_work_goes_on_and_shows_the_new_source_once_it_is_started_again(
    config: Path, origin: Origin
) -> None:
    add(feed(origin, "/first"))
    before = load_settings(config)
    with open_store(pipeline.store_path(before)) as store:
        pipeline.prepare(store, before, now=NOW)
        desk = pipeline.open_desk(store, before)
        pipeline.regroup(store, desk, now=NOW)
        pipeline.publish(store, before)
        other = Post(title="Chess in Lagos", text=CHESS, guid="chess", link="https://south.example/chess")
        add(origin.say("/second", rss(other, title="The South Post")))
        assert pipeline.regroup(store, desk, now=NOW) == 1
        pipeline.publish(store, before)
        published = [path for path in (config.parent / "data/public").rglob("*.*ml") if path.is_file()]
        assert not [path for path in published if "Chess in Lagos" in path.read_text()]
        after = load_settings(config)
        pipeline.prepare(store, after, now=NOW)
        pipeline.publish(store, after)
        assert "Chess in Lagos" in (config.parent / "data/public/atom.xml").read_text()
        assert len(origin.asked("/second")) == 1


# ---------------------------------------------------------------- add: what is shown


def test_what_a_source_would_be_is_shown(config: Path, origin: Origin) -> None:
    rights = "<copyright>© North. All rights reserved.</copyright>"
    posts = [Post(title=f"News {n}", text=CHESS, guid=str(n), at=NOW - n * HOUR) for n in range(1, 9)]
    origin.say("/feed.xml", rss(*posts).replace(b"<description>d", f"{rights}<description>d".encode()))
    lines = add(f"{origin.url}/feed.xml").stdout.splitlines()
    assert lines[:5] == [
        "The North Gazette",
        f"  {origin.url}/feed.xml",
        "  8 entries, the newest:",
        "    2026-11-22 09:00  News 1",
        "    2026-11-22 08:00  News 2",
    ]
    assert "  Asked again in 1 d (it gives no validators)." in lines
    assert "  Rights: © North. All rights reserved." in lines
    assert any("reserves rights" in line for line in lines)


def test_it_is_shown_where_its_stories_would_land(config: Path, origin: Origin) -> None:
    add(feed(origin))
    told = add(feed(origin, "/copy", title="The Copyist"), "--dry-run").stdout
    assert "Its stories: 1 copy what is here, 0 join a story, 0 are new." in told
    assert "      copies: Bridge closed (The North Gazette)" in told
    settings = load_settings(config)
    with open_store(pipeline.store_path(settings)) as store:
        desk = pipeline.open_desk(store, settings)
        pipeline.regroup(store, desk, now=NOW)
    assert add(feed(origin, "/copy", title="The Copyist"), "--dry-run").stdout == told


# ---------------------------------------------------------------- remove


def test_a_source_is_removed_by_id_or_address_and_its_takedown_named(config: Path) -> None:
    config.write_text(f"{HEAD}sources:\n- {{id: a, url: https://a.example/f}}\n# b\n- https://b.example/f\n")
    result = run("remove", "a", "http://www.b.example/f/")
    assert result.exit_code == 0
    assert config.read_text() == f"{HEAD}sources: []\n"
    assert "aggregator takedown a\n" in result.stdout


@pytest.mark.parametrize(("place", "code"), [("a", 0), ("c", 2)])
def test_removing_can_be_tried(config: Path, place: str, code: int) -> None:
    config.write_text(f"{HEAD}sources:\n- {{id: a, url: https://a.example/f}}\n")
    before = config.read_text()
    result = run("remove", "--dry-run", place)
    assert (result.exit_code, config.read_text()) == (code, before)


def test_removed_and_added_again_nothing_is_new(config: Path, origin: Origin) -> None:
    url = feed(origin)
    before = config.read_text()
    add(url)
    assert run("remove", url).exit_code == 0
    assert config.read_text() == before
    add(url)
    settings = load_settings(config)
    with open_store(pipeline.store_path(settings)) as store:
        assert store.entries.count() == 1


# ---------------------------------------------------------------- import and export

OPML = """<opml version="2.0"><body><outline text="News">
<outline type="rss" text="A" xmlUrl="https://a.example/f"/>
<outline type="rss" text="B" xmlUrl="https://b.example/f"/>
<outline type="rss" text="Bad" xmlUrl="ftp://c.example/f"/>
<outline type="rss" text="Login" xmlUrl="https://me:secret@d.example/f"/>
</outline></body></opml>"""


def test_a_list_is_imported_once_each_of_it_named(config: Path, tmp_path: Path) -> None:
    config.write_text(f"{HEAD}sources:\n- https://b.example/f  # mine\n")
    (tmp_path / "list.opml").write_text(OPML)
    result = run("import", "list.opml", "--tag", "imported")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[:5] == [
        "added    https://a.example/f  A  [News]",
        f"skipped  https://b.example/f  it is there already, as {load_settings(config).sources[0].id}",
        "invalid  ftp://c.example/f  it is no http or https address",
        "invalid  https://…@d.example/f  name and password stand in the address; use `login_file:`",
        "1 added, 1 skipped, 2 invalid.",
    ]
    assert sources(config)[1] == ("https://a.example/f", ("News", "imported"))
    before = config.read_text()
    again = run("import", "list.opml")
    assert "0 added, 2 skipped, 2 invalid." in again.stdout
    assert config.read_text() == before


def test_an_import_can_be_tried_and_read_by_machines(config: Path, tmp_path: Path) -> None:
    before = config.read_text()
    (tmp_path / "list.opml").write_text(OPML)
    told = json.loads(run("import", "list.opml", "--dry-run", "--json").stdout)
    assert {kind: len(found) for kind, found in told.items()} == {"added": 2, "skipped": 0, "invalid": 2}
    assert "secret" not in json.dumps(told)
    assert config.read_text() == before


def test_a_list_on_the_web_is_imported(config: Path, origin: Origin) -> None:
    assert run("import", origin.say("/list.opml", OPML.encode())).exit_code == 0
    assert len(sources(config)) == 2


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("nowhere.opml", "nowhere.opml: it cannot be read: No such file"),
        ("feed.xml", "feed.xml: it is a feed itself; `aggregator add`"),
        ("{origin}/nothing", "HTTP 404"),
    ],
)
def test_a_list_that_cannot_be_read_adds_nothing(
    config: Path, origin: Origin, tmp_path: Path, place: str, message: str
) -> None:
    (tmp_path / "feed.xml").write_bytes(rss())
    (tmp_path / "list.opml").write_text(OPML)
    before = config.read_text()
    result = run("import", "list.opml", place.format(origin=origin.url))
    assert (result.exit_code, config.read_text()) == (2, before)
    assert message in result.stderr


def test_three_hundred_feeds_in_folders_are_imported_and_stay_three_hundred(config: Path) -> None:
    if not COLLECTION.exists():
        pytest.skip("the collection is not beside the project")
    assert run("import", str(COLLECTION / "nested-300.opml")).exit_code == 0
    count = len(sources(config))
    assert count > 290
    assert "0 added" in run("import", str(COLLECTION / "nested-300.opml")).stdout
    assert run("check").stdout == f"feeds.yaml: all right; {count} feeds, 0 sets of local files\n"


@pytest.mark.parametrize("form", ["--opml", "--json"])
def test_what_is_exported_can_be_imported(config: Path, tmp_path: Path, form: str) -> None:
    config.write_text(
        f"{HEAD}sources:\n- https://a.example/f?x=1&y=2\n- {{url: {NEW['url']}, name: B, tags: [x, y z]}}\n"
    )
    before = sources(config)
    (tmp_path / "list").write_text(run("export", form).stdout)
    config.write_text(f"{HEAD}sources: []\n")
    assert run("import", "list").exit_code == 0
    assert sorted(sources(config)) == sorted(before)
    assert sorted(source.name for source in load_settings(config).sources) == ["", "B"]


def test_local_files_are_exported_as_json_alone_and_logins_never(config: Path, tmp_path: Path) -> None:
    (tmp_path / "login").write_text("me:secret")
    (tmp_path / "login").chmod(0o600)
    config.write_text(
        f"{HEAD}sources:\n- {{url: https://a.example/f, login_file: login}}\n- {{path: 'seeds/*.txt'}}\n"
    )
    told: dict[str, Any] = json.loads(run("export", "--json").stdout)
    assert [source.get("path") for source in told["sources"]] == [None, "seeds/*.txt"]
    opml = run("export").stdout
    assert "seeds" not in opml
    assert "secret" not in opml + json.dumps(told)


# ---------------------------------------------------------------- help


@pytest.mark.parametrize("name", COMMANDS)
def test_help_fits_and_says_first_what_the_list_of_commands_says(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    command = cli.get_command(click.Context(cli), name)
    assert command
    assert command.help
    assert " ".join(command.help.split("\n\n")[0].split()) == COMMANDS[name][2]
    assert max(map(len, run(name, "--help").stdout.splitlines())) <= 100


def test_help_waits_for_no_library_but_click() -> None:
    calls = [["--help"], *([name, "--help"] for name in COMMANDS)]
    heavy = (
        "pydantic",
        "aggregator.model",
        "rich",
        "yaml",
        "aiohttp",
        "sqlite_utils",
        "feedparser",
        "jinja2",
        "nh3",
        "yarl",
    )
    code = (
        "import sys\nfrom aggregator.cli import cli\n"
        f"for call in {calls}: cli(call, prog_name='aggregator', standalone_mode=False)\n"
        f"print(sorted(set({heavy}) & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"
