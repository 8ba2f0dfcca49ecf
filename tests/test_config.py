"""feeds.yaml: a good file becomes settings, a bad one a list of its faults: line, key, what was expected."""

import re
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.config import MOST_BYTES, doubts_about, load_settings, parse_settings, parse_span, source_id
from aggregator.errors import ConfigError, Fault
from aggregator.settings import Settings, Source

quick = settings(max_examples=40, deadline=None, derandomize=True)
PATH = Path("/srv/planet/feeds.yaml")
MODEL = Path(__file__).parent / "data" / "meaning"
ONE = "sources: [{url: 'https://x.example/feed', %s}]"


def faults_of(text: str) -> tuple[Fault, ...]:
    with pytest.raises(ConfigError) as caught:
        parse_settings(text, path=PATH)
    assert caught.value.path == str(PATH)
    return caught.value.faults


def only_source(text: str) -> Source:
    (source,) = parse_settings(text, path=PATH).sources
    return source


# ---------------------------------------------------------------- what is right


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "{}", "sources: []"])
def test_an_empty_file_means_the_defaults(text: str) -> None:
    found = parse_settings(text, path=PATH)
    default = Settings()
    assert (found.defaults, found.fetch, found.publish) == (default.defaults, default.fetch, default.publish)
    assert found.sources == ()


def test_every_kind_of_value_is_read() -> None:
    found = parse_settings(
        """
site: {title: "North", url: https://north.example/planet}
defaults: {every: 30m, full_text: true}
fetch: {concurrency: 4, host_delay: 0s}
publish: {limit: 10}
logging: {form: json, level: DEBUG}
""",
        path=PATH,
    )
    assert (found.site.title, found.site.url) == ("North", "https://north.example/planet/")
    assert (found.defaults.every, found.defaults.full_text) == (timedelta(minutes=30), True)
    assert (found.fetch.concurrency, found.fetch.host_delay) == (4, timedelta(0))
    assert (found.publish.limit, found.logging.form, found.logging.level) == (10, "json", "DEBUG")


def test_a_source_may_be_just_its_address() -> None:
    assert only_source("sources: [https://x.example/feed]") == Source(
        id="x-example-f46575", url="https://x.example/feed"
    )


def test_a_source_may_say_more() -> None:
    assert only_source(
        """
sources:
  - url: https://x.example/feed
    id: x
    name: The X
    tags: [news, " local ", news]
    every: 1h30m
    priority: -1
    full_text: false
    allow_private: true
    paused: true
"""
    ) == Source(
        id="x",
        url="https://x.example/feed",
        name="The X",
        tags=("news", "local"),
        every=timedelta(minutes=90),
        priority=-1,
        full_text=False,
        allow_private=True,
        paused=True,
    )


def test_a_source_may_be_a_path() -> None:
    assert only_source("sources: [{path: seeds/*.txt}]") == Source(id="seeds-txt-8cc142", path="seeds/*.txt")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("no", "no"),
        ("010", "010"),
        ("1:30", "1:30"),
        ("2025-11-29", "2025-11-29"),
        ("'7'", "7"),
        ("on", "on"),
    ],
)
def test_text_that_yaml_1_1_would_spoil_stays_text(text: str, title: str) -> None:
    assert parse_settings(f"site: {{title: {text}}}", path=PATH).site.title == title


@pytest.mark.parametrize(
    ("text", "url"),
    [
        pytest.param("", "http://127.0.0.1:8080/", id="nothing given"),
        pytest.param("server: {host: 0.0.0.0, port: 9000}", "http://0.0.0.0:9000/", id="host and port"),
        pytest.param("server: {host: '::1'}", "http://[::1]:8080/", id="IPv6"),
        pytest.param("site: {url: https://x.example}", "https://x.example/", id="one of its own"),
        pytest.param("site: {url: https://x.example/a//}", "https://x.example/a/", id="slashes at its end"),
        pytest.param("site: {url: https://x.example}\nserver: {port: 1}", "https://x.example/", id="both"),
    ],
)
def test_the_site_is_where_the_server_is_unless_it_says_otherwise(text: str, url: str) -> None:
    assert parse_settings(text, path=PATH).site.url == url


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("", "/srv/planet/data"),
        ("data: store", "/srv/planet/store"),
        ("data: /var/lib/planet", "/var/lib/planet"),
        ("data: ~/planet", str(Path("~/planet").expanduser())),
    ],
)
def test_relative_folders_start_where_the_file_is(text: str, data: str) -> None:
    found = parse_settings(text, path=PATH)
    assert (found.data, found.folder) == (data, "/srv/planet")


# ---------------------------------------------------------------- ids that nobody wrote


@pytest.mark.parametrize(
    ("source", "name"),
    [
        pytest.param(Source(url="https://www.x.example/feed.xml"), "x-example-c3c1e4", id="www goes"),
        pytest.param(Source(url="http://feeds.x.example/"), "x-example-98cf6f", id="feeds goes"),
        pytest.param(Source(url="https://rss.x.example/a"), "x-example-1ba616", id="rss goes"),
        pytest.param(Source(url="HTTPS://X.Example/A"), "x-example-c6f6ab", id="capitals"),
        pytest.param(Source(path="seeds/*.txt"), "seeds-txt-8cc142", id="a path"),
    ],
)
def test_an_id_is_made_of_the_address(source: Source, name: str) -> None:
    assert source_id(source) == name


@pytest.mark.parametrize(
    "address", ["https://x.example/" + "a" * 60, "https://x.example/" + "a/" * 90, "東京/*.txt" * 9]
)
def test_the_id_of_a_long_or_foreign_address_is_short_and_still_its_own(address: str) -> None:
    names = [source_id(Source(path=path)) for path in (address, address + "b")]
    assert all(re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?", name) for name in names)
    assert len(set(names)) == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://x.example/a-b", "https://x.example/a/b"),
        ("https://x.example/Feed", "https://x.example/feed"),
        ("https://x.example/?q=東京", "https://x.example/?q=大阪"),
    ],
)
def test_two_addresses_that_look_alike_are_two_sources(one: str, other: str) -> None:
    first, second = parse_settings(f"sources: ['{one}', '{other}']", path=PATH).sources
    assert first.id != second.id


# ---------------------------------------------------------------- spans


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("1h30m", timedelta(hours=1, minutes=30)),
        ("7d", timedelta(days=7)),
        ("2w", timedelta(weeks=2)),
        ("1m1m", timedelta(minutes=2)),
        ("0s", timedelta(0)),
    ],
)
def test_a_span_has_a_number_and_a_unit(text: str, span: timedelta) -> None:
    assert parse_span(text) == span


@pytest.mark.parametrize(
    "value", ["", "30", 30, 1.5, True, None, "m", "1.5h", "-1h", "1 h", "1h ", "1y", "1H", []]
)
def test_what_is_no_span_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="expected a time span such as 30m, 3h or 7d"):
        parse_span(value)


def test_a_span_that_is_one_already_stays() -> None:
    assert parse_span(timedelta(1)) == timedelta(1)


@quick
@given(st.lists(st.tuples(st.integers(0, 100), st.sampled_from("smhdw")), min_size=1, max_size=5))
def test_a_span_is_the_sum_of_its_parts(parts: list[tuple[int, str]]) -> None:
    seconds = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
    span = parse_span("".join(f"{number}{unit}" for number, unit in parts))
    assert span.total_seconds() == sum(number * seconds[unit] for number, unit in parts)


@quick
@given(st.integers(0, 3 * 10**8))
def test_a_span_spelt_in_all_units_reads_back(seconds: int) -> None:
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    spelt = f"{days}d{hours % 24}h{minutes % 60}m{seconds % 60}s"
    assert parse_span(spelt) == timedelta(seconds=seconds)


# ---------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("text", "line", "key", "message"),
    [
        pytest.param(
            "site:\n  ulr: x", 2, "site.ulr", "unknown key; did you mean `url`?", id="a misspelt key"
        ),
        pytest.param(
            "\nsauces: []", 2, "sauces", "unknown key; did you mean `sources`?", id="a misspelt part"
        ),
        pytest.param(
            "server:\n  colour: red",
            2,
            "server.colour",
            "unknown key; expected one of host, port",
            id="an unknown key",
        ),
        pytest.param("folder: /x", 1, "folder", "unknown key", id="what is derived cannot be given"),
        pytest.param(
            "sources:\n- url: https://x.example/\n  evry: 5m",
            3,
            "sources[0].evry",
            "unknown key; did you mean `every`?",
            id="a misspelt key of a source",
        ),
        pytest.param(
            "site:\n  title: 7", 2, "site.title", "expected text in quotes, got 7", id="a number for text"
        ),
        pytest.param(
            "site: {title: true}", 1, "site.title", "expected text in quotes, got true", id="a yes for text"
        ),
        pytest.param("site: {title: }", 1, "site.title", "expected text, got nothing", id="nothing for text"),
        pytest.param(
            "site: {title: [a]}", 1, "site.title", "expected text, got a list", id="a list for text"
        ),
        pytest.param(
            "site: {title: {a: b}}", 1, "site.title", "expected text, got a mapping", id="keys for text"
        ),
        pytest.param(
            "publish: {limit: x}", 1, "publish.limit", "expected a whole number, got 'x'", id="no number"
        ),
        pytest.param(
            "publish: {limit: 010}", 1, "publish.limit", "expected a whole number, got '010'", id="octal"
        ),
        pytest.param(
            "publish: {limit: 1.5}", 1, "publish.limit", "expected a whole number, got 1.5", id="a fraction"
        ),
        pytest.param(
            "publish: {limit: true}", 1, "publish.limit", "expected a whole number, got true", id="a yes"
        ),
        pytest.param("publish: {limit: 0}", 1, "publish.limit", "expected at least 1, got 0", id="too small"),
        pytest.param(
            "server: {port: 65536}", 1, "server.port", "expected at most 65535, got 65536", id="too large"
        ),
        pytest.param(
            "defaults: {full_text: no}",
            1,
            "defaults.full_text",
            "expected true or false, got 'no'",
            id="a no",
        ),
        pytest.param(
            "defaults: {full_text: 1}",
            1,
            "defaults.full_text",
            "expected true or false, got 1",
            id="a one for yes",
        ),
        pytest.param(
            "defaults:\n  every: 30",
            2,
            "defaults.every",
            "expected a time span such as 30m, 3h or 7d, got 30",
            id="no unit",
        ),
        pytest.param(
            "defaults: {every: 1:30}",
            1,
            "defaults.every",
            "expected a time span such as 30m, 3h or 7d, got '1:30'",
            id="a sexagesimal",
        ),
        pytest.param(
            "defaults: {every: }",
            1,
            "defaults.every",
            "expected a time span such as 30m, 3h or 7d, got nothing",
            id="no span",
        ),
        pytest.param(
            "logging: {form: xml}",
            1,
            "logging.form",
            "expected 'text' or 'json', got 'xml'",
            id="not one of the words",
        ),
        pytest.param("site: x", 1, "site", "expected keys and values, got 'x'", id="text for a part"),
        pytest.param("site:", 1, "site", "expected keys and values, got nothing", id="nothing for a part"),
        pytest.param("\nsources: x", 2, "sources", "expected a list, got 'x'", id="text for a list"),
        pytest.param(
            "sources: {url: x}", 1, "sources", "expected a list, got a mapping", id="keys for a list"
        ),
        pytest.param("sources:", 1, "sources", "expected a list, got nothing", id="nothing for a list"),
        pytest.param(
            "sources:\n- 5", 2, "sources[0]", "expected keys and values, got 5", id="a number for a source"
        ),
        pytest.param(
            "sources:\n-\n", 2, "sources[0]", "expected keys and values, got nothing", id="an empty source"
        ),
        pytest.param(
            "sources:\n- name: X",
            2,
            "sources[0]",
            "expected one of `url`, `path` and `opml`, got a mapping",
            id="no place",
        ),
        pytest.param(
            "sources:\n- url: https://x.example/\n  path: x",
            2,
            "sources[0]",
            "expected one of `url`, `path` and `opml`, got a mapping",
            id="two places",
        ),
        pytest.param(
            "sources:\n- ftp://x.example/a",
            2,
            "sources[0].url",
            "expected an http or https address such as https://example.org/feed.xml, got 'ftp://x.example/a'",
            id="another scheme",
        ),
        pytest.param(
            "sources:\n- x.example/feed",
            2,
            "sources[0].url",
            "expected an http or https address such as https://example.org/feed.xml, got 'x.example/feed'",
            id="no scheme",
        ),
        pytest.param(
            "site: {url: planet}",
            1,
            "site.url",
            "expected an http or https address such as https://example.org/feed.xml, got 'planet'",
            id="a site nowhere",
        ),
        pytest.param(
            "sources:\n- https://ann:secret@x.example/",
            2,
            "sources[0].url",
            "expected an address without user name and password in it, got",
            id="a login in an address",
        ),
        pytest.param(
            ONE % "id: A b",
            1,
            "sources[0].id",
            "expected up to 64 of a-z, 0-9 and inner hyphens, got 'A b'",
            id="a bad id",
        ),
        pytest.param(
            ONE % "id: 5", 1, "sources[0].id", "expected text in quotes, got 5", id="a number for an id"
        ),
        pytest.param(
            ONE % "tags: news", 1, "sources[0].tags", "expected a list, got 'news'", id="text for tags"
        ),
        pytest.param(
            ONE % "tags: [1]",
            1,
            "sources[0].tags[0]",
            "expected text in quotes, got 1",
            id="a number in tags",
        ),
        pytest.param(
            ONE % "tags: [' ']", 1, "sources[0].tags", "expected no empty tag, got a list", id="an empty tag"
        ),
        pytest.param("a: 1\n a: 2", 2, "", "not YAML: ", id="no YAML"),
        pytest.param("- a", 1, "", "expected keys such as `site:` and `sources:`", id="a list for all"),
        pytest.param("planet", 1, "", "expected keys such as `site:` and `sources:`", id="text for all"),
        pytest.param(
            "data: a\ndata: b", 2, "data", "given twice; the first is on line 1", id="a doubled key"
        ),
        pytest.param("? [a]\n: b", 1, "", "a key must be a word", id="a key that is no word"),
    ],
)
def test_a_fault_names_its_line_its_key_and_what_was_expected(
    text: str, line: int, key: str, message: str
) -> None:
    (fault,) = faults_of(text)
    assert (fault.line, fault.key) == (line, key)
    assert message in fault.message


@pytest.mark.parametrize("text", [ONE % "every: 0s", "defaults: {every: 0s}"])
def test_a_bound_of_a_span_is_spelt_as_a_span(text: str) -> None:
    (fault,) = faults_of(text)
    assert "expected at least 1s, got '0s'" in fault.message


def test_a_span_of_millennia_is_refused() -> None:
    (fault,) = faults_of("defaults: {every: 9999999w}")
    assert fault.key == "defaults.every"


def test_a_password_is_not_repeated() -> None:
    assert "secret" not in str(
        ConfigError("feeds.yaml", faults_of("sources: ['https://ann:secret@x.example/']"))
    )


@pytest.mark.parametrize(
    ("text", "line", "key", "message"),
    [
        pytest.param(
            "sources:\n- https://x.example/a\n- https://x.example/a",
            3,
            "sources[1].url",
            "url 'https://x.example/a' is already on line 2",
            id="an address in the short form",
        ),
        pytest.param(
            "sources:\n- https://x.example/a\n- id: b\n  url: https://x.example/a",
            4,
            "sources[1].url",
            "url 'https://x.example/a' is already on line 2",
            id="an address in both forms",
        ),
        pytest.param(
            "sources:\n- path: a\n- path: a",
            3,
            "sources[1].path",
            "path 'a' is already on line 2",
            id="a path",
        ),
        pytest.param(
            "sources:\n- {id: x, path: a}\n- {id: x, path: b}",
            3,
            "sources[1].id",
            "id 'x' is already on line 2",
            id="an id",
        ),
    ],
)
def test_no_two_sources_are_alike(text: str, line: int, key: str, message: str) -> None:
    (fault,) = faults_of(text)
    assert (fault.line, fault.key, fault.message) == (line, key, message)


def test_all_faults_of_all_kinds_are_told_at_once_in_the_order_of_the_file() -> None:
    text = """\
site:
  titel: X
  url: nowhere
defaults:
  every: 30
  every: 5m
sources:
  - https://x.example/feed
  - url: https://x.example/feed
    tags: news
  - path: seeds/*.txt
    url: https://y.example/
  - !!python/name:os x
publish: {limit: 0}
"""
    assert [(fault.line, fault.key) for fault in faults_of(text)] == [
        (2, "site.titel"),
        (3, "site.url"),
        (5, "defaults.every"),
        (6, "defaults.every"),
        (9, "sources[1].url"),
        (10, "sources[1].tags"),
        (11, "sources[2]"),
        (13, "sources[3]"),
        (14, "publish.limit"),
    ]


def test_each_fault_is_one_line_that_an_editor_can_jump_to() -> None:
    error = ConfigError(str(PATH), faults_of("site: {ulr: x}\npublish: {limit: 0}"))
    assert str(error).splitlines() == [
        "/srv/planet/feeds.yaml:1: site.ulr: unknown key; did you mean `url`?",
        "/srv/planet/feeds.yaml:2: publish.limit: expected at least 1, got 0",
    ]


# ---------------------------------------------------------------- from the disk


def fault_of_file(path: Path) -> Fault:
    with pytest.raises(ConfigError) as caught:
        load_settings(path)
    (fault,) = caught.value.faults
    assert caught.value.path == str(path)
    return fault


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"], ids=["plain", "with a byte order mark"])
def test_a_file_is_read(start: bytes, tmp_path: Path) -> None:
    file = tmp_path / "feeds.yaml"
    file.write_bytes(start + "site: {title: Ü}\nsources: [{path: a}]".encode())
    found = load_settings(file)
    assert (found.site.title, found.folder) == ("Ü", str(tmp_path))


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    fault = fault_of_file(tmp_path / "feeds.yaml")
    assert (fault.line, fault.key) == (0, "")
    assert fault.message == "there is no such file; `aggregator init` makes one, `--config` names another"


def test_a_folder_cannot_be_read(tmp_path: Path) -> None:
    assert fault_of_file(tmp_path).message == "cannot be read: Is a directory"


def test_a_file_of_another_encoding_names_the_line(tmp_path: Path) -> None:
    file = tmp_path / "feeds.yaml"
    file.write_bytes("site:\n  title: Ü\n".encode("windows-1252"))
    assert fault_of_file(file) == Fault(2, "", "is not UTF-8 text")


def test_the_line_is_right_after_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "feeds.yaml"
    file.write_bytes(b"\xef\xbb\xbf# a\n\xff")
    assert fault_of_file(file).line == 2


def test_a_file_too_large_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "feeds.yaml"
    file.write_bytes(b"#" * (MOST_BYTES + 1))
    assert fault_of_file(file).message == "is larger than 4,000,000 bytes"


# ---------------------------------------------------------------- logins


def with_login(folder: Path, text: str, *, mode: int = 0o600) -> Path:
    login, path = folder / "login.txt", folder / "feeds.yaml"
    login.write_text(text, encoding="utf-8")
    login.chmod(mode)
    path.write_text("sources:\n- url: https://x.example/feed\n  login_file: login.txt\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("user:word\n", "Basic dXNlcjp3b3Jk"),
        ("user:wo:rd é", "Basic dXNlcjp3bzpyZCDDqQ=="),
        ("Bearer abc.def", "Bearer abc.def"),
        ("Basic dXNlcjp3b3Jk", "Basic dXNlcjp3b3Jk"),
    ],
)
def test_a_login_is_read_from_its_file_and_does_not_show(tmp_path: Path, text: str, header: str) -> None:
    found = load_settings(with_login(tmp_path, text))
    assert found.sources[0].authorization == header
    assert header not in repr(found)


@pytest.mark.parametrize(
    ("text", "mode", "reason"),
    [
        pytest.param("user:secret", 0o640, "chmod 600", id="others can read it"),
        pytest.param("secret", 0o600, "user:password", id="neither form"),
        pytest.param("", 0o600, "user:password", id="empty"),
        pytest.param("user:secret\r\nX: y", 0o600, "one line", id="two lines"),
    ],
)
def test_a_login_that_cannot_be_is_named_by_its_line_and_not_by_its_words(
    tmp_path: Path, text: str, mode: int, reason: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(with_login(tmp_path, text, mode=mode))
    (fault,) = caught.value.faults
    assert (fault.line, fault.key) == (3, "sources[0].login_file")
    assert reason in fault.message
    assert "secret" not in str(caught.value)


def test_a_login_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    path = with_login(tmp_path, "x")
    (tmp_path / "login.txt").unlink()
    with pytest.raises(ConfigError, match="No such file"):
        load_settings(path)


# ---------------------------------------------------------------- outputs


def test_an_output_is_read() -> None:
    text = """
outputs:
  - {name: games, tags: [chess], collapse: hot, outlets: 4, formats: [atom, html], limit: 5, update: bump}
  - {name: mine, search: "bridge, ferry", full_text: false, token: s3cret-s3cret}
"""
    games, mine = parse_settings(text, path=PATH).outputs
    assert (games.collapse, games.outlets, games.formats, games.limit) == ("hot", 4, ("atom", "html"), 5)
    assert (mine.search, mine.full_text, mine.token, mine.update) == (
        "bridge, ferry",
        False,
        "s3cret-s3cret",
        "silent",
    )


@pytest.mark.parametrize(
    ("output", "fault"),
    [
        pytest.param("{tags: [x]}", "expected a `name`", id="no name"),
        pytest.param("{name: tag}", "expected a name other than", id="a folder of ours"),
        pytest.param("{name: ../x}", "expected up to 64 of a-z", id="a path"),
        pytest.param("{name: one}", "already on line 2", id="a name twice"),
        pytest.param("{name: x, formats: [pdf]}", "expected 'atom', 'rss', 'json' or 'html'", id="a format"),
        pytest.param("{name: x, token: short}", "expected 8 to 64", id="a token that can be guessed"),
        pytest.param("{name: all, token: s3cret-s3cret}", "not private", id="a private front page"),
        pytest.param("{name: x, outlets: 1}", "expected at least 2", id="too few outlets"),
        pytest.param("{name: x, update: loud}", "expected 'silent', 'bump' or", id="a policy of nobody's"),
        pytest.param("{name: x, update: followup, collapse: entries}", "out as entries", id="no stories"),
        pytest.param("{name: x, serch: y}", "did you mean `search`", id="a misspelt key"),
    ],
)
def test_what_is_wrong_with_an_output_is_said(output: str, fault: str) -> None:
    assert fault in " ".join(f.message for f in faults_of(f"outputs:\n  - name: one\n  - {output}\n"))


# ---------------------------------------------------------------- a theme


def test_a_theme_is_read_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "style.css").write_text("p{}")
    (tmp_path / "mine" / "notes.txt").write_text("x")
    found = parse_settings("site: {theme: mine}", path=tmp_path / "feeds.yaml")
    assert found.site.templates == (("style.css", "p{}"),)
    assert parse_settings("", path=tmp_path / "feeds.yaml").site.templates == ()


def test_a_model_is_looked_for_beside_the_file(tmp_path: Path) -> None:
    shutil.copytree(MODEL, tmp_path / "encoder")
    found = parse_settings("stories: {model: encoder}", path=tmp_path / "feeds.yaml")
    assert found.stories.model == str(tmp_path / "encoder")


def test_a_model_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"stories\.model.*expected a folder with `tokenizer\.json`"):
        parse_settings("stories: {model: encoder}", path=tmp_path / "feeds.yaml")


def test_a_theme_without_templates_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"site\.theme.*holds no templates"):
        parse_settings("site: {theme: nowhere}", path=tmp_path / "feeds.yaml")


def test_what_an_output_selects_by_and_no_source_has_is_doubtful(tmp_path: Path) -> None:
    text = (
        "sources:\n  - {id: one, url: 'https://one.example/', tags: [news]}\n"
        "outputs:\n  - {name: good, tags: [news], sources: [one]}\n"
        "  - {name: odd, tags: [nwes], sources: [two]}\n"
    )
    assert list(doubts_about(parse_settings(text, path=tmp_path / "feeds.yaml"))) == [
        "output 'odd': no source has the tag 'nwes'",
        "output 'odd': no source has the id 'two'; `aggregator list` names them",
    ]


# ---------------------------------------------------------------- the cluster


def with_papers(folder: Path, cluster: str, *, mode: int = 0o600) -> Path:
    """Write a configuration with a cluster, and the files of which it may speak."""
    for name in ("ca.pem", "home.pem", "home.key"):
        (folder / name).write_text("-----BEGIN-----")
        (folder / name).chmod(mode)
    (folder / "feeds.yaml").write_text(f"engine: dask\ncluster:\n{cluster}")
    return folder / "feeds.yaml"


PAPERS = "  ca: ca.pem\n  certificate: home.pem\n  key: home.key\n"


@pytest.mark.parametrize(
    "address",
    [
        "tcp://127.0.0.1:8786",
        "tcp://localhost:1",
        "tcp://[::1]:8786",
        "tls://10.0.0.1:8786",
        "tls://s.example:1",
    ],
)
def test_a_scheduler_is_reached_over_tls_or_is_here(tmp_path: Path, address: str) -> None:
    found = load_settings(with_papers(tmp_path, f"  scheduler: {address}\n{PAPERS}"))
    assert found.cluster.scheduler == address


def test_the_files_of_a_cluster_are_found_beside_the_configuration(tmp_path: Path) -> None:
    found = load_settings(with_papers(tmp_path, f"  scheduler: tls://s.example:8786\n{PAPERS}")).cluster
    assert (found.ca, found.key) == (str(tmp_path / "ca.pem"), str(tmp_path / "home.key"))


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        (
            "tcp://10.0.0.1:8786",
            "expected tls:// in front: whoever reaches an open scheduler can run anything",
        ),
        ("tcp://127.0.0.1.example:8786", "expected tls:// in front"),
        ("tcp://0.0.0.0:8786", "expected tls:// in front"),
        ("s.example:8786", "such as tls://scheduler.example:8786"),
        ("tls://s.example", "such as tls://scheduler.example:8786"),
        ("ws://127.0.0.1:8786", "such as tls://scheduler.example:8786"),
    ],
)
def test_an_open_scheduler_elsewhere_is_refused(tmp_path: Path, address: str, reason: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(with_papers(tmp_path, f"  scheduler: {address}\n"))
    (fault,) = caught.value.faults
    assert (fault.line, fault.key) == (3, "cluster.scheduler")
    assert reason in fault.message


def test_tls_needs_its_three_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(with_papers(tmp_path, "  scheduler: tls://s.example:8786\n  ca: nowhere.pem\n"))
    assert [(fault.key, fault.message) for fault in caught.value.faults] == [
        ("cluster.certificate", "`tls://` needs the name of this file"),
        ("cluster.key", "`tls://` needs the name of this file"),
        ("cluster.ca", "'nowhere.pem': No such file or directory"),
    ]


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = with_papers(tmp_path, f"  scheduler: tls://s.example:8786\n{PAPERS}", mode=0o644)
    with pytest.raises(
        ConfigError, match=r"'home\.key': expected a file that only you can read; `chmod 600`"
    ):
        load_settings(path)


def test_an_engine_that_is_not_installed_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aggregator.config.beside.find_spec", lambda name: name != "distributed" or None)
    path = with_papers(tmp_path, "  scheduler: tcp://127.0.0.1:8786\n")
    with pytest.raises(ConfigError, match=r"feeds.yaml:1: engine: .*pip install 'aggregator\[cluster\]'"):
        load_settings(path)
