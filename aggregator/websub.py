"""Speak with hubs: what they are told, who they are when they call, and what they bring (WebSub).

Requests to hubs are jobs for `fetch`, like any other; what hubs say reaches the server, which hands it in
here, from its own thread. When to speak is `policy`'s business, what follows `pipeline`'s.
"""

import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from aggregator.model import FetchJob, Keys, Letter, Ping, Subscription
from aggregator.text import one_line

LEASE_SECONDS = 864_000  # that we ask for: ten days, as the Recommendation advises hubs
MOST_WAITING = 100  # letters, and their bytes
MOST_WAITING_BYTES = 64_000_000
MOST_REASON = 200  # characters

_SIGNATURES = {
    "sha1": hashlib.sha1,
    "sha256": hashlib.sha256,
    "sha384": hashlib.sha384,
    "sha512": hashlib.sha512,
}


def new_keys() -> Keys:
    """Make keys that nobody can guess."""
    return Keys(token=secrets.token_urlsafe(32), secret=secrets.token_urlsafe(48))


def request(subscription: Subscription) -> FetchJob:
    """Write down what a hub is told about a subscription: to begin it, or to end it."""
    form = {
        "hub.callback": subscription.callback,
        "hub.mode": "unsubscribe" if subscription.state == "ending" else "subscribe",
        "hub.topic": subscription.topic,
    }
    if subscription.state != "ending":
        form |= {"hub.lease_seconds": str(LEASE_SECONDS), "hub.secret": subscription.keys.secret}
    return FetchJob(
        source_id=f"hub {subscription.keys.token}",
        kind="hub",
        address=subscription.hub,
        allow_private=subscription.allow_private,
        form=tuple(form.items()),
    )


def notice(ping: Ping) -> FetchJob:
    """Write down what a hub is told about a feed of ours; hubs differ in how they call the topic."""
    form = (("hub.mode", "publish"), ("hub.url", ping.topic), ("hub.topic", ping.topic))
    # Its address is the operator's own word.
    return FetchJob(
        source_id=f"ping {ping.hub} {ping.topic}",
        kind="ping",
        address=ping.hub,
        allow_private=True,
        body_digest=ping.digest,
        form=form,
    )


def is_signed(body: bytes, signature: str, *, secret: str) -> bool:
    """Say whether a body bears the signature of who knows the secret, over its bytes as they came."""
    method, _, given = signature.strip().partition("=")
    algorithm = _SIGNATURES.get(method.lower())
    if algorithm is None:
        return False
    expected = hmac.new(secret.encode(), body, algorithm).hexdigest()
    return hmac.compare_digest(expected.encode(), given.strip().lower().encode())


class Postbox:
    """Where hubs reach us. The server hands in, the writer empties and says whom to expect; both at any time.

    What waits here is in memory alone: after a crash it is asked for, because a restart doubts every hub.
    """

    def __init__(self, *, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._expected: Mapping[str, Subscription] = {}
        self.is_open = False  # whom to expect is not known before the writer has begun
        self._letters: list[Letter] = []
        self._lock = threading.Lock()

    def expect(self, subscriptions: Iterable[Subscription]) -> None:
        """Listen to the hubs of these subscriptions, and to no others."""
        self._expected = {subscription.keys.token: subscription for subscription in subscriptions}
        self.is_open = True

    def is_expected(self, token: str) -> bool:
        return token in self._expected

    def confirm(self, token: str, query: Mapping[str, str]) -> str | None:
        """Answer a hub that asks whether we meant it, or says that it will not; None: we know nothing of it.

        Returns: the challenge, or nothing to say.
        """
        subscription = self._expected.get(token)
        if subscription is None or query.get("hub.topic") != subscription.topic:
            return None
        mode, challenge = query.get("hub.mode", ""), query.get("hub.challenge", "")
        if mode == "denied":
            reason = one_line(query.get("hub.reason", ""))[:MOST_REASON]
            return (
                "" if self._put(Letter(token=token, kind="denied", at=self._clock(), reason=reason)) else None
            )
        if not challenge or not _is_meant(mode, subscription):
            return None
        letter = Letter(token=token, kind="left", at=self._clock())
        if mode == "subscribe":
            letter = replace(letter, kind="verified", lease_seconds=_seconds(query))
        return challenge if self._put(letter) else None

    def deliver(self, token: str, body: bytes, *, media_type: str, signature: str) -> bool:
        """Take in what a hub brings; whether its signature was right is not told.

        Returns: False when there is no room, and it should come again.
        """
        subscription = self._expected.get(token)
        if subscription is None or not is_signed(body, signature, secret=subscription.keys.secret):
            return True
        return self._put(
            Letter(token=token, kind="pushed", at=self._clock(), body=body, media_type=media_type)
        )

    def put_back(self, letters: list[Letter]) -> None:
        """Keep what cannot be dealt with yet; it comes first."""
        with self._lock:
            self._letters = letters + self._letters

    def empty(self) -> tuple[Letter, ...]:
        """Return what has come in, in its order; it is not here any more."""
        with self._lock:
            letters, self._letters = self._letters, []
        return tuple(letters)

    def _put(self, letter: Letter) -> bool:
        with self._lock:
            waiting = sum(len(other.body) for other in self._letters) + len(letter.body)
            if len(self._letters) >= MOST_WAITING or waiting > MOST_WAITING_BYTES:
                return False
            self._letters.append(letter)
            return True


def _is_meant(mode: str, subscription: Subscription) -> bool:
    """Say whether we want what a hub asks about; it may ask again about what is live (WebSub, 5)."""
    wanted = {"asked": "subscribe", "live": "subscribe", "ending": "unsubscribe"}
    return wanted.get(subscription.state) == mode


def _seconds(query: Mapping[str, str]) -> int:
    text = query.get("hub.lease_seconds", "")
    return min(int(text), 10**9) if text.isascii() and text.isdigit() and len(text) < 20 else 0
