"""A hub takes the subscriber through WebSub: asking, being asked, being brought something, and its end."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from aggregator import pipeline, websub
from aggregator.cli import cli, tables
from aggregator.model import Pushed
from aggregator.websub import request
from tests.websub.street import MOST_BYTES, TEND, Hub, Street
from tests.world import A_SITE, DAY, HOUR, Answer, Post, a_fetch

MINUTE = timedelta(minutes=1)


def asked(street: Street) -> dict[str, str]:
    """Start, and return the form that the hub was sent."""
    street.start()
    street.beat()
    street.now += TEND
    street.beat()
    assert len(street.hub.forms) == 1
    return street.hub.forms[0]


# ---------------------------------------------------------------- asking


def test_a_hub_is_asked_by_a_form(street: Street) -> None:
    form = asked(street)
    (request,) = street.origin.asked("/hub")
    assert request.method == "POST"
    assert request.header("Content-Type") == b"application/x-www-form-urlencoded"
    assert form.keys() == {"hub.callback", "hub.mode", "hub.topic", "hub.lease_seconds", "hub.secret"}
    assert (form["hub.mode"], form["hub.topic"]) == ("subscribe", f"{street.origin.url}/feed")
    assert form["hub.lease_seconds"] == "864000"


def test_callback_and_secret_cannot_be_guessed(street: Street) -> None:
    form = asked(street)
    base, _, token = form["hub.callback"].rpartition("/")
    assert base == "https://planet.example/websub"
    assert len(token) >= 43  # 256 bits
    assert 32 <= len(form["hub.secret"].encode()) < 200
    assert token not in form["hub.secret"]


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"site": replace(A_SITE, url="http://planet.example/")}, id="no TLS"),
        pytest.param({"site": replace(A_SITE, url="https://192.168.1.5/")}, id="not public"),
        pytest.param({"site": replace(A_SITE, url="https://localhost/")}, id="this machine"),
        pytest.param({"fetch": a_fetch(websub=False)}, id="not wanted"),
    ],
)
def test_no_hub_is_asked_where_it_cannot_or_shall_not_reach_us(
    street: Street, more: dict[str, object]
) -> None:
    street.more = more
    street.start()
    street.walk(2 * DAY)
    assert street.hub.forms == []


@pytest.mark.parametrize("hub", ["http://127.0.0.1:1/hub", "http://hub.example:8080/"])
def test_a_hub_that_speaks_no_tls_is_not_asked(street: Street, hub: str) -> None:
    """It would be told a secret; one at the feed's own place at home is another matter."""
    body = street.document(Post(title="x", guid="x")).replace(street.hub.url.encode(), hub.encode())
    street.origin.think("/feed", lambda _: Answer(body=body))
    street.start()
    street.walk(DAY)
    assert street.state.feed.hubs == (hub,)
    assert street.held == ()


def test_a_hub_is_asked_by_https_whatever_the_feed_says(street: Street, names: dict[str, list[str]]) -> None:
    body = street.document(Post(title="x", guid="x")).replace(street.hub.url.encode(), b"http://hub.example/")
    street.origin.think("/feed", lambda _: Answer(body=body))
    names["hub.example"] = ["127.0.0.1"]
    street.start()
    street.walk(HOUR)
    assert street.held[0].hub == "https://hub.example/"
    assert "private network" in street.held[0].trouble  # nor may a feed send us there


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_that_keeps_the_form_is_followed(street: Street, status: int) -> None:
    street.hub.status, street.hub.location = status, "/newer"
    newer = Hub(street.origin, path="/newer", server=street.hub.server)
    form = asked(street)
    assert newer.forms == [form]
    assert newer.verify_all() == 1
    street.beat()
    assert street.held[0].state == "live"


def test_a_redirect_that_drops_the_form_is_a_failure(street: Street) -> None:
    street.hub.status, street.hub.location = 302, "/newer"
    asked(street)
    assert street.origin.asked("/newer") == []
    assert "302" in street.held[0].trouble


def test_a_hub_that_fails_is_asked_again_later_and_later(street: Street) -> None:
    street.hub.status = 503
    street.start()
    street.beat()
    moments = []
    for _ in range(10):
        street.walk(6 * HOUR)
        moments.append(len(street.hub.forms))
    assert moments[0] >= 3
    assert 5 <= moments[-1] <= 7  # in 1, 2, 4, 8, 16, 24 hours
    assert {form["hub.callback"] for form in street.hub.forms} == {street.held[0].callback}
    street.hub.status = 202
    street.walk(2 * DAY)
    assert street.held[0].state == "live"


def test_the_next_hub_is_asked_where_one_fails(street: Street) -> None:
    street.hub.status = 500
    second = Hub(street.origin, path="/second", server=street.hub.server)
    link = f'<{street.hub.url}>; rel="hub", <{second.url}>; rel="hub"'
    body = street.document(Post(title="x", guid="x"))
    street.origin.think("/feed", lambda _: Answer(headers={"Link": link}, body=body))
    street.start()
    street.walk(DAY)
    (form,) = second.forms[:1]
    assert form["hub.callback"] != street.hub.forms[0]["hub.callback"]
    assert form["hub.secret"] != street.hub.forms[0]["hub.secret"]


# ---------------------------------------------------------------- being asked


def test_what_was_asked_for_is_confirmed_with_the_challenge(street: Street) -> None:
    form = asked(street)
    reply = street.hub.ask(
        form["hub.callback"],
        mode="subscribe",
        topic=form["hub.topic"],
        challenge="<b>42",
        lease_seconds="600",
    )
    assert (reply.status, reply.body) == (200, b"<b>42")
    street.beat()
    until = (street.now + timedelta(seconds=600)).replace(microsecond=0)
    assert (street.held[0].state, street.held[0].lease_until) == ("live", until)


@pytest.mark.parametrize(
    "wrong",
    [
        {"topic": "https://other.example/feed"},
        {"topic": ""},
        {"mode": "unsubscribe"},
        {"mode": "publish"},
        {"mode": ""},
        {"challenge": ""},
    ],
)
def test_what_was_not_asked_for_is_not_there(street: Street, wrong: dict[str, str]) -> None:
    form = asked(street)
    given = {"mode": "subscribe", "topic": form["hub.topic"], "challenge": "42", "lease_seconds": "600"}
    assert street.hub.ask(form["hub.callback"], **given | wrong).status == 404
    street.beat()
    assert street.held[0].state == "asked"


def test_another_token_is_not_there(street: Street) -> None:
    form = asked(street)
    callback = form["hub.callback"][:-1]
    reply = street.hub.ask(callback, mode="subscribe", topic=form["hub.topic"], challenge="42")
    assert reply.status == 404
    assert street.hub.push_to(callback, b"x", "s") == 410


def test_nobody_is_heard_before_the_writer_has_begun(street: Street) -> None:
    """A hub that were told 410 would forget us."""
    assert street.hub.push_to("https://planet.example/websub/any", b"x", "s") == 503


@pytest.mark.parametrize("lease", [None, timedelta(days=3650), timedelta(seconds=1), timedelta(0)])
def test_an_odd_lease_does_no_harm(street: Street, lease: timedelta | None) -> None:
    street.hub.lease = lease
    street.settle()
    assert street.held[0].state == "live"
    before = len(street.hub.forms)
    street.walk(DAY)
    assert len(street.hub.forms) - before <= 48


def test_a_hub_that_denies_is_not_asked_again_for_a_week(street: Street) -> None:
    form = asked(street)
    street.hub.is_prompt = False
    reply = street.hub.ask(form["hub.callback"], mode="denied", topic=form["hub.topic"], reason="no\nway")
    assert reply.status == 200
    street.beat()
    assert (street.held[0].state, street.held[0].trouble) == ("denied", "denied: no way")
    street.walk(7 * DAY)
    assert len(street.hub.forms) == 1
    street.walk(2 * DAY)
    assert len(street.hub.forms) > 1


def test_a_hub_may_end_what_it_granted(street: Street) -> None:
    street.settle()
    form = street.hub.forms[0]
    street.walk(2 * DAY)
    assert street.state.habits.because == "a hub pushes it"
    street.hub.ask(form["hub.callback"], mode="denied", topic=form["hub.topic"])
    street.beat()
    polls = street.polls
    street.walk(4 * HOUR)
    assert street.polls >= polls + 2


# ---------------------------------------------------------------- being brought something


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_what_is_signed_is_stored_and_published_without_asking(street: Street, method: str) -> None:
    street.settle()
    polls = street.polls
    assert street.hub.push(street.tell("second"), method=method) == [202]
    street.beat(2)
    assert street.titles() == {"first", "second"}
    assert street.polls == polls
    street.now += timedelta(seconds=11)
    street.beat()
    public = street.settings.data + "/public/atom.xml"
    with open(public, encoding="utf-8") as file:  # noqa: PTH123
        assert "second" in file.read()


def test_a_part_of_the_feed_deletes_nothing_and_is_not_told_twice(street: Street) -> None:
    street.settle()
    part = street.document(Post(title="second", guid="urn:second", at=street.now))
    street.hub.push(part)
    street.hub.push(part)
    street.beat(4)
    assert street.titles() == {"first", "second"}
    assert len(street.state.known) == 2


def test_a_push_changes_nothing_of_asking(street: Street) -> None:
    street.settle()
    before = street.state
    street.hub.push(street.tell("second"))
    street.beat(2)
    after = street.state
    for name in ("next_due", "last_tried", "last_success", "validators", "failures", "stopped"):
        assert getattr(after, name) == getattr(before, name)
    assert (after.feed.hubs, after.feed.topic) == (before.feed.hubs, before.feed.topic)


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256=" + 64 * "0",
        "sha256=",
        "md5=" + 32 * "0",
        "=",
        "sha256",
        "sha256=\u00fc".encode().decode("latin-1"),
    ],
)
def test_what_is_not_signed_right_is_accepted_and_forgotten(street: Street, signature: str) -> None:
    street.settle()
    assert street.hub.push(street.tell("second"), signature=signature) == [202]
    street.beat(2)
    assert street.titles() == {"first"}


def test_the_signature_of_one_subscription_opens_no_other(street: Street) -> None:
    street.settle()
    (callback,) = street.hub.live
    assert street.hub.push_to(callback, street.tell("second"), "another secret") == 202
    street.beat(2)
    assert street.titles() == {"first"}


def test_too_large_a_body_is_refused(street: Street) -> None:
    street.settle()
    assert street.hub.push(b"x" * (MOST_BYTES + 1)) == [413]
    assert street.postbox.empty() == ()


def test_a_packed_body_is_refused(street: Street) -> None:
    street.settle()
    assert street.hub.push(b"\x1f\x8b", Content_Encoding="gzip") == [415]


def test_what_is_no_feed_is_dropped_and_the_feed_asked_as_ever(street: Street) -> None:
    street.settle()
    street.walk(2 * DAY)
    before = street.state.next_due
    assert street.hub.push(b"<html>no feed", Content_Type="text/html") == [202]
    street.beat(2)
    assert street.titles() == {"first"}
    assert street.state.next_due < before
    assert street.state.failures == 0


def test_what_cannot_be_kept_comes_again(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websub, "MOST_WAITING", 2)
    street.settle()
    assert [street.hub.push(street.tell(str(n)))[0] for n in range(3)] == [202, 202, 503]


def test_a_push_makes_us_ask_for_nothing(street: Street) -> None:
    street.settle()
    before = len(street.origin.requests)
    body = street.document(Post(title="x", guid="x", link=f"{street.origin.url}/trap"))
    street.hub.push(
        body, Link=f'<{street.origin.url}/trap>; rel="self", <{street.origin.url}/trap>; rel="hub"'
    )
    street.beat(3)
    street.now += TEND
    street.beat(3)
    assert len(street.origin.requests) == before


# ---------------------------------------------------------------- how long it lasts


def test_a_live_lease_makes_asking_daily(street: Street) -> None:
    street.settle()
    street.walk(DAY)
    polls = street.polls
    street.walk(5 * DAY)
    assert 4 <= street.polls - polls <= 6


def test_a_lease_is_renewed_in_time_under_new_keys(street: Street) -> None:
    street.settle()
    street.hub.is_prompt = False
    old, start = street.hub.forms[0], street.now
    while len(street.hub.forms) == 1:
        street.walk(HOUR)
    share = (street.now - start) / (10 * DAY)
    assert 0.5 <= share <= 0.81
    new = street.hub.forms[1]
    assert new["hub.mode"] == "subscribe"
    assert new["hub.callback"] != old["hub.callback"]
    assert new["hub.secret"] != old["hub.secret"]
    # The old one is valid until the new one is verified.
    street.hub.push(street.tell("meanwhile"))
    street.beat(2)
    assert "meanwhile" in street.titles()
    street.hub.verify_all()
    street.beat()
    assert {s.callback for s in street.held if s.state == "live"} == {new["hub.callback"]}
    street.now += TEND
    street.beat()
    assert (street.hub.forms[2]["hub.mode"], street.hub.forms[2]["hub.callback"]) == (
        "unsubscribe",
        old["hub.callback"],
    )
    street.hub.verify_all()
    street.beat()
    assert [s.state for s in street.held] == ["live"]
    assert list(street.hub.live) == [new["hub.callback"]]


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(lambda street: setattr(street, "source", None), id="removed"),
        pytest.param(
            lambda street: setattr(street, "source", replace(street.source, paused=True)), id="paused"
        ),
        pytest.param(
            lambda street: setattr(street, "more", {"fetch": a_fetch(websub=False)}), id="switched off"
        ),
    ],
)
def test_who_is_not_read_any_more_is_unsubscribed(street: Street, end: object) -> None:
    street.settle()
    end(street)  # type: ignore[operator]
    street.start()
    street.beat()
    assert [form["hub.mode"] for form in street.hub.forms] == ["subscribe", "unsubscribe"]
    assert "hub.secret" not in street.hub.forms[1]
    assert street.hub.verify_all() == 1
    street.beat()
    assert street.held == ()


def test_a_feed_that_changes_its_hub_is_subscribed_there(street: Street) -> None:
    street.settle()
    second = Hub(street.origin, path="/second", server=street.hub.server)
    first, street.hub = street.hub, second
    street.tell("second")
    street.walk(2 * DAY)
    assert first.forms[-1]["hub.mode"] == "unsubscribe"
    assert second.forms[0]["hub.mode"] == "subscribe"


def test_a_feed_that_has_no_hub_any_more_is_asked_as_ever(street: Street) -> None:
    street.settle()
    street.is_offered = False
    street.tell("second")
    street.walk(2 * DAY)
    assert street.hub.forms[-1]["hub.mode"] == "unsubscribe"
    assert street.state.habits.because != "a hub pushes it"


def test_a_restart_keeps_everything_and_asks_for_what_was_missed(street: Street) -> None:
    street.settle()
    street.walk(2 * DAY)
    (before,) = street.held
    street.stop()
    street.tell("while nobody listened")
    street.now += 6 * HOUR
    street.start()
    (after,) = street.held
    assert replace(after, is_doubted=False) == before
    street.beat(2)
    assert "while nobody listened" in street.titles()
    assert street.hub.push(street.tell("third")) == [202]
    street.beat(2)
    assert "third" in street.titles()
    assert not street.held[0].is_doubted


def test_fifty_restarts_cause_no_request(street: Street) -> None:
    street.settle()
    before = len(street.origin.requests)
    for _ in range(50):
        street.now += timedelta(seconds=12)
        street.start()
        street.beat()
    assert len(street.origin.requests) == before


def test_a_clock_that_was_set_makes_nobody_ask_earlier_when_a_hub_fails(street: Street) -> None:
    street.settle()
    street.walk(2 * DAY)
    before = street.state.habits.unpushed
    street.store.sources.shift(timedelta(hours=5))
    assert before
    assert street.state.habits.unpushed == before + timedelta(hours=5)


@pytest.mark.parametrize("days", [12, pytest.param(60, marks=pytest.mark.full)])
def test_a_hub_that_is_gone_for_days_costs_no_entry(
    street: Street, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    """Something new each five hours; the hub is gone for three of every fifteen days."""
    monkeypatch.setattr(pipeline, "publish", lambda *_, **_given: (0, 0))
    street.hub.lease = 4 * DAY
    street.settle()
    told = {"first"}
    for number in range(days * 24 // 5):
        is_gone = (number * 5 // 24) % 15 in (6, 7, 8)
        street.hub.status = 503 if is_gone else 202
        body = street.tell(f"number {number}")
        told.add(f"number {number}")
        if not is_gone:
            street.hub.push(body)
        street.walk(5 * HOUR)
    street.hub.status = 202
    street.walk(DAY)
    assert street.titles() == told
    assert street.polls < 6 * days  # it would be asked ten times a day without a hub


# ---------------------------------------------------------------- what people see


def shown(street: Street, folder: Path, *options: str) -> str:
    """Return what `aggregator status` says, for a configuration in a folder of its own."""
    street.stop()
    config = folder / "feeds.yaml"
    config.write_text(
        f"site: {{url: 'https://planet.example/'}}\ndata: {street.settings.data}\n"
        f"sources: [{{id: north, url: '{street.origin.url}/feed', allow_private: true}}]\n"
    )
    found = CliRunner().invoke(cli, ["-c", str(config), "status", *options])
    assert found.exit_code == 0, found.output
    return found.output


def test_status_says_who_pushes_until_when(street: Street, tmp_path: Path) -> None:
    street.settle()
    until = (street.now + 10 * DAY).date().isoformat()
    (source,) = json.loads(shown(street, tmp_path, "--json"))["sources"]
    assert source["pushed"]["hub"] == street.hub.url
    assert source["pushed"]["until"].startswith(until)
    pushed = Pushed(hub=street.hub.url, until=street.now)
    assert "pushed by 127.0.0.1 until" in tables.pushed_by(pushed)


def test_status_says_why_nobody_pushes(street: Street, tmp_path: Path) -> None:
    street.hub.status = 403
    asked(street)
    (source,) = json.loads(shown(street, tmp_path, "--json"))["sources"]
    assert source["pushed"]["until"] is None
    assert "403" in source["pushed"]["trouble"]


def test_keys_show_nowhere(street: Street, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    street.settle()
    street.hub.push(street.tell("second"))
    street.beat(2)
    street.hub.status = 500
    street.walk(9 * DAY)
    held = street.held
    said = caplog.text + shown(street, tmp_path) + shown(street, tmp_path, "--json")
    for path in (Path(street.settings.data) / "public").rglob("*"):
        said += path.read_text("utf-8", "replace") if path.is_file() else ""
    assert "asked hub=" in said
    assert len(held) == 2
    for subscription in held:
        assert subscription.keys.token not in said + repr(subscription)
        assert subscription.keys.secret not in said + repr(subscription) + repr(request(subscription))
