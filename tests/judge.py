"""A judge of feed readers: what one feed's origin sees, request by request, held against the rules (PF-xx).

It knows nothing of how the aggregator decides. From what was said it works out what may be asked next and
when, and writes down every request that is not so. The rules are numbered as in the notes on protocols.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from aggregator.model import FeedInfo
from tests.world import DAY, HOUR

NEVER_SENT = ("cookie", "referer", "authorization", "from", "origin", "cache-control", "pragma")
ENDURANCE = 9 * DAY  # without a request a feed that is not gone is forgotten


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request, as the origin sees it."""

    at: datetime
    address: str
    headers: Mapping[str, str]  # names in lower case


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the origin answered, behind all redirects; status 0: nothing came."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    feed: FeedInfo | None = None  # what a good document says of itself
    chain: tuple[str, ...] = ()  # of permanent redirects
    is_same_feed: bool = True


@dataclass(slots=True, kw_only=True)
class Judge:
    """Judges the requests for one feed, in the order of time."""

    address: str
    every: timedelta = HOUR
    faults: list[str] = field(default_factory=list)
    requests: int = 0
    unchanged: int = 0
    unconditional: int = 0
    shortest_gap: timedelta = timedelta.max

    _last: datetime | None = None
    _etag: str = ""
    _modified: str = ""
    _has_succeeded: bool = False
    _kept: dict[str, str] = field(default_factory=dict)  # caching headers
    _feed: FeedInfo = field(default_factory=FeedInfo)
    _not_before: list[tuple[str, datetime]] = field(default_factory=list)
    _failures: int = 0
    _failing_since: datetime | None = None
    _gone: list[datetime] = field(default_factory=list)
    _chain: tuple[str, ...] = ()
    _chain_since: datetime | None = None
    _chain_times: int = 0
    _moved_to: str = ""
    _agents: set[str] = field(default_factory=set)

    def hear(self, asked: Asked, said: Said) -> None:
        """Judge a request by all that was said before it, then remember what is said now."""
        self._judge_time(asked)
        self._judge_conditions(asked)
        self._judge_manners(asked)
        self._remember(asked, said)

    @property
    def moved_to(self) -> str:
        """Where a permanent redirect leads that has proved itself."""
        return self._moved_to

    # ------------------------------------------------------------ judging

    def _fault(self, rule: str, asked: Asked, words: str) -> None:
        self.faults.append(f"{rule}: {self.address} at {asked.at:%Y-%m-%d %H:%M:%S}: {words}")

    def _judge_time(self, asked: Asked) -> None:
        for rule, moment in self._not_before:
            if asked.at < moment:
                self._fault(rule, asked, f"{moment - asked.at} too early")
        hour, day = asked.at.hour, asked.at.weekday()
        if hour in self._feed.skip_hours or day in self._feed.skip_days:
            self._fault("PF-25", asked, "in the feed's hours or days of rest")
        if len(self._gone) > 1:
            self._fault("PF-36", asked, "it is gone")
        if self._feed.is_expired:
            self._fault("PF-24", asked, "it has expired")
        if self._last:
            self.shortest_gap = min(self.shortest_gap, asked.at - self._last)
            if asked.at - self._last > ENDURANCE:
                self._fault("PF-31", asked, "it was forgotten")

    def _judge_conditions(self, asked: Asked) -> None:
        sent = (asked.headers.get("if-none-match", ""), asked.headers.get("if-modified-since", ""))
        if sent != (self._etag, self._modified):
            rule = "PF-01" if sent == ("", "") else "PF-02 to PF-07"
            self._fault(rule, asked, f"validators {sent}, known {(self._etag, self._modified)}")
        if sent == ("", ""):
            self.unconditional += 1

    def _judge_manners(self, asked: Asked) -> None:
        place = self._moved_to or self.address
        if asked.address != place:
            self._fault("PF-13, PF-33", asked, f"asked at {asked.address}, not at {place}")
        for name in NEVER_SENT:
            if name in asked.headers:
                self._fault("PF-13", asked, f"it sent {name}")
        self._agents.add(asked.headers.get("user-agent", ""))
        if len(self._agents) > 1:
            self._fault("PF-17", asked, f"another User-Agent: {sorted(self._agents)}")
        if "a-im" in asked.headers and asked.headers["a-im"] != "feed":
            self._fault("PF-59", asked, "an A-IM that is not `feed`")

    # ------------------------------------------------------------ remembering

    def _remember(self, asked: Asked, said: Said) -> None:
        self.requests += 1
        self.unchanged += said.status == 304
        self._last = asked.at
        self._not_before = [("PF-09", asked.at + self.every)]
        wait = _retry_after(said, asked.at)
        if said.status in (429, 503) or 300 <= said.status < 400:
            self._not_before.append(("PF-30", asked.at + min(wait, 7 * DAY)))
        if said.status in (200, 226, 304) and (said.feed or said.status == 304):
            self._remember_success(asked, said)
        else:
            self._remember_failure(asked, said)

    def _remember_success(self, asked: Asked, said: Said) -> None:
        self._failures, self._failing_since, self._gone = 0, None, []
        given = {name: said.headers.get(name, "") for name in ("cache-control", "expires")}
        if said.status == 304:
            self._etag = said.headers.get("etag", "") or self._etag
            self._modified = said.headers.get("last-modified", "") or self._modified
            self._kept |= {name: value for name, value in given.items() if value}
        else:
            self._etag = said.headers.get("etag", "")
            self._modified = said.headers.get("last-modified", "")
            self._kept = given
        self._feed = said.feed or self._feed
        self._claim("PF-10", asked, DAY if not (self._etag or self._modified) else timedelta(0))
        self._claim("PF-20 to PF-23", asked, _freshness(self._kept, said, asked.at))
        self._claim("PF-24", asked, timedelta(minutes=self._feed.ttl_minutes))
        self._claim("PF-26", asked, timedelta(minutes=self._feed.update_minutes))
        self._follow(asked, said)

    def _claim(self, rule: str, asked: Asked, pause: timedelta) -> None:
        self._not_before.append((rule, asked.at + min(pause, DAY)))

    def _remember_failure(self, asked: Asked, said: Said) -> None:
        self._failing_since = self._failing_since or asked.at
        self._gone = [*self._gone, asked.at] if said.status == 410 else []
        first, rule = {401: (4, "PF-38"), 403: (4, "PF-38"), 404: (1, "PF-37")}.get(said.status, (1, "PF-38"))
        pause = min(first * HOUR * 2 ** min(self._failures, 10), DAY)
        if said.status == 404 and asked.at - self._failing_since >= 30 * DAY:
            pause = 7 * DAY
        self._not_before.append((rule, asked.at + pause))
        self._failures += 1
        if self._moved_to and self._failures >= 3:
            self._moved_to = ""

    def _follow(self, asked: Asked, said: Said) -> None:
        is_safe = not (self.address.startswith("https:") and any(u.startswith("http:") for u in said.chain))
        if not said.chain or not said.is_same_feed or not is_safe:
            self._chain, self._chain_times = (), 0
            return
        if said.chain != self._chain:
            self._chain, self._chain_since, self._chain_times = said.chain, asked.at, 0
        self._chain_times += 1
        assert self._chain_since
        if self._chain_times >= 3 and asked.at - self._chain_since >= 7 * DAY:
            self._moved_to, self._chain, self._chain_times = said.chain[-1], (), 0


def _retry_after(said: Said, at: datetime) -> timedelta:
    text = said.headers.get("retry-after", "")
    if text.isdigit():
        return timedelta(seconds=int(text))
    return parsedate_to_datetime(text) - at if ":" in text else timedelta(0)


def _freshness(kept: Mapping[str, str], said: Said, at: datetime) -> timedelta:
    age = timedelta(seconds=int(said.headers.get("age", "0")))
    for part in kept.get("cache-control", "").split(","):
        name, _, value = part.strip().partition("=")
        if name == "max-age":
            return timedelta(seconds=int(value)) - age
    if ":" not in kept.get("expires", ""):
        return timedelta(0)
    date = said.headers.get("date", "")
    return parsedate_to_datetime(kept["expires"]) - (parsedate_to_datetime(date) if date else at) - age
