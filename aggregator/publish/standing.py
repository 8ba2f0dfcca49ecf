"""How a source is, in words for its readers: only what stays true until something changes.

When it is asked next is told as a pace ("every two hours, because …"): the very minute is another after each
answer, and a page that told it would be written anew at every one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.errors import Cause
from aggregator.model import SourceNote, SourceState, Trouble

_HOUR = timedelta(hours=1)

_CAUSES: dict[str, str] = {
    Cause.DNS: "its name leads nowhere",
    Cause.CONNECT: "its server cannot be reached",
    Cause.TLS: "its connection is not secure",
    Cause.TIMEOUT: "its server does not answer in time",
    Cause.STATUS: "its server does not give it out",
    Cause.REDIRECT: "it sends its readers in circles, or nowhere",
    Cause.FORBIDDEN: "it lies where nothing may be asked",
    Cause.PROTOCOL: "its answer breaks off, or is none",
    Cause.TOO_LARGE: "it is too large",
    Cause.MISSING: "there are no such files",
    Cause.UNREADABLE: "a file cannot be read",
    Cause.EMPTY: "it is empty",
    Cause.NOT_A_FEED: "what lies there is no feed",
    Cause.NOT_A_PAGE: "what lies there is no page",
    Cause.MALFORMED: "it is written wrongly",
    Cause.ROBOTS: "it asks us to stay away (robots.txt)",
    Cause.A_LIST: "it is a list of feeds, not a feed",
    Cause.NOT_A_LIST: "it is not a list of feeds",
    Cause.CRASHED: "it cannot be read to its end",
}
_ANSWERS = {
    401: "it asks for a name and a password",
    402: "it asks for money",
    403: "it does not let us in",
    404: "there is nothing at its address",
    410: "it was taken away for good",
    429: "it asks for more patience",
    451: "it may not be shown, by law",
}
_REASONS = {
    "the interval": "so it is set",
    "its headers": "its server says how long an answer keeps",
    "its headers, at most a day": "its server says how long an answer keeps",
    "its ttl": "the feed itself says so",
    "its update period": "the feed itself says so",
    "its rhythm": "that is about how often it tells something new",
    "it gives no validators": "each time it sends everything again",
    "its skipHours and skipDays": "it wants some hours or days for itself",
    "its Retry-After": "its server asked for that pause",
    "back-off": "the pause grows with each failure",
}
_WELL = {
    "http": "It answers, and is read.",
    "path": "Its files are read.",
    "opml": "It answers, and what it names is followed.",
}
_STOPS = {
    "gone": "It was taken away for good, and is not asked any more.",
    "expired": "It says that it has ended, and is not asked any more.",
}
# Each at least a quarter longer than the one before: what is added by chance to a pause changes no word.
_PACES = (
    (timedelta(days=7), "once a week"),
    (timedelta(days=3), "every three days"),
    (timedelta(days=2), "every two days"),
    (timedelta(days=1), "once a day"),
    (12 * _HOUR, "twice a day"),
    (8 * _HOUR, "every eight hours"),
    (6 * _HOUR, "every six hours"),
    (4 * _HOUR, "every four hours"),
    (3 * _HOUR, "every three hours"),
    (2 * _HOUR, "every two hours"),
    (1.5 * _HOUR, "every hour and a half"),
    (_HOUR, "every hour"),
    (timedelta(minutes=45), "every three quarters of an hour"),
    (timedelta(minutes=30), "every half hour"),
    (timedelta(minutes=20), "every twenty minutes"),
    (timedelta(minutes=15), "every quarter of an hour"),
    (timedelta(minutes=10), "every ten minutes"),
    (timedelta(minutes=5), "every five minutes"),
    (timedelta(minutes=2), "every two minutes"),
    (timedelta(minutes=1), "every minute"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a source is."""

    kind: str  # "well", "partly", "failing", "stopped", "paused", "new"
    word: str  # for lists
    says: str  # a sentence
    since: datetime | None = None  # UTC
    pace: str = ""  # a sentence: how often it is asked, and why
    again: datetime | None = None  # UTC, the hour: of one that fails, whose every answer is news

    @property
    def is_ailing(self) -> bool:
        return self.kind in ("failing", "partly", "stopped")


def standing_of(state: SourceState) -> Standing:
    """Say how a source is."""
    if state.is_paused:
        return Standing(
            kind="paused", word="paused", says="It is paused: what it told stays, it is not asked."
        )
    if state.stopped:
        ended = _STOPS.get(state.stopped, f"It is {state.stopped}, and is not asked any more.")
        return Standing(kind="stopped", word="ended", says=ended)
    if state.last_tried is None:
        return Standing(kind="new", word="not asked yet", says="It was not asked yet.")
    pace = pace_of(state)
    if state.failures and state.troubles:
        told = trouble_words(state.troubles[0])
        return Standing(
            kind="failing",
            word=told,
            says=_sentence(told),
            since=state.habits.failing_since,
            pace=pace,
            again=state.next_due.replace(minute=0, second=0) if state.kind != "path" else None,
        )
    if state.troubles:
        told = f"read in part: {trouble_words(state.troubles[0])}"
        return Standing(kind="partly", word=told, says=_sentence(told), pace=pace)
    return Standing(kind="well", word="well", says=_WELL[state.kind], pace=pace)


def note_of(state: SourceState) -> SourceNote:
    """Say how a source is, for a list."""
    found = standing_of(state)
    return SourceNote(
        id=state.id,
        title=state.title,
        kind=found.kind,
        word=found.word,
        is_ailing=found.is_ailing,
        address=state.address if state.kind == "http" else "",
        tags=state.tags,
        newest=next(iter(state.habits.moments), None),
    )


def trouble_words(trouble: Trouble) -> str:
    """Say what is wrong so that a reader who never heard of HTTP understands it, the status for who did."""
    told = _ANSWERS.get(trouble.status, "")
    if trouble.status >= 500:
        told = "its server is in trouble"
    told = told or cause_words(trouble.cause)
    return f"{told} ({trouble.status})" if trouble.cause is Cause.STATUS and trouble.status else told


def cause_words(cause: str) -> str:
    """Say what a cause means; what is none is passed on."""
    return _CAUSES.get(cause, cause)


def pace_of(state: SourceState) -> str:
    """Say how often a source is asked, and why; empty where that is not known."""
    if state.last_tried is None or state.stopped or state.is_paused:
        return ""
    why = _REASONS.get(state.habits.because, state.habits.because)
    if state.habits.because == "its skipHours and skipDays":
        return _sentence(f"asked at other times than usual: {why}")
    pause = state.next_due - state.last_tried
    often = next((words for least, words in _PACES if pause >= least), "every few seconds")
    verb = "looked at" if state.kind == "path" else "asked"
    return _sentence(f"{verb} about {often}{f': {why}' if why else ''}")


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."
