"""Origins that remember all they ever said, and move on only when they are believed.

A feed has one entry at a time. The next takes its place when someone asks with the validators of the one
before, and so claims to have it: what was claimed and not kept is lost for good, as where a feed moves fast.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.world import NOW, Answer, Origin, Post, Request, rss

WORDS = 45  # of a text
OWN = 15  # of the words of a sequel
SYLLABLES = "ba ce di fo gu ha ki lo mu na pe ri so tu va we xi yo zu bra cle dri flo gru".split()


@dataclass(slots=True, kw_only=True)
class Feed:
    """One feed, and what it said."""

    name: str
    posts: list[Post] = field(default_factory=list)
    asked: int = 0

    @property
    def etag(self) -> str:
        return f'"{self.name}-{len(self.posts)}"'


class Truth:
    """Feeds at one origin.

    Args:
        clock: tells when an entry is published.
        moves_on: says whether a feed that was believed has something new.
    """

    def __init__(
        self,
        origin: Origin,
        *,
        feeds: int,
        seed: int,
        clock: Callable[[], datetime] | None = None,
        moves_on: Callable[[], bool] = lambda: True,
    ) -> None:
        self.feeds = {f"s{number}": Feed(name=f"s{number}") for number in range(feeds)}
        self._dice = random.Random(seed)
        self._clock, self._moves_on = clock or self._next_minute, moves_on
        self._minutes = 0
        self._latest: list[str] = []  # words of the post before
        self.addresses = {name: origin.think(f"/{name}", self._mind(name)) for name in self.feeds}

    @property
    def told(self) -> dict[str, Post]:
        """All that was ever said, by its id."""
        return {post.guid: post for feed in self.feeds.values() for post in feed.posts}

    @property
    def asked(self) -> int:
        """How many requests came."""
        return sum(feed.asked for feed in self.feeds.values())

    def _mind(self, name: str) -> Callable[[Request], Answer]:
        feed = self.feeds[name]

        def answer(request: Request) -> Answer:
            feed.asked += 1
            given = request.header("If-None-Match").decode()
            is_believed = bool(feed.posts) and given == feed.etag
            if is_believed and not self._moves_on():
                return Answer(status=304, headers={"ETag": feed.etag})
            if is_believed or not feed.posts:
                feed.posts.append(self._post(feed))
            body = rss(feed.posts[-1], title=f"The {name} Gazette", link=f"https://{name}.example/")
            return Answer(headers={"ETag": feed.etag, "Content-Type": "application/rss+xml"}, body=body)

        return answer

    def _post(self, feed: Feed) -> Post:
        name = f"{feed.name}-{len(feed.posts)}"
        is_sequel = bool(self._latest) and self._dice.random() < 0.3  # another feed tells the same
        words = self._latest[OWN:] if is_sequel else []
        words = [self._word() for _ in range(WORDS - len(words))] + words
        self._latest = words
        return Post(
            title=f"{' '.join(words[-5:]).capitalize()} {name}",
            text=" ".join(words),
            guid=f"urn:{name}",
            link=f"https://{feed.name}.example/{name}",
            at=self._clock(),
        )

    def _word(self) -> str:
        return "".join(self._dice.choices(SYLLABLES, k=4))

    def _next_minute(self) -> datetime:
        self._minutes += 1
        return NOW - timedelta(days=1) + timedelta(minutes=self._minutes)
