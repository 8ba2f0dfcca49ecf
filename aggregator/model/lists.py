"""Lists of feeds that somebody else wrote."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One feed as a list names it; nothing is vouched for."""

    url: str  # as written
    name: str = ""
    tags: tuple[str, ...] = ()
    every: str = ""  # a span, as in 30m
    trouble: str = ""  # why it cannot be followed, where its reader knows


@dataclass(frozen=True, slots=True, kw_only=True)
class Sifted:
    """What of a list is to be added, what is there already, and what cannot be."""

    added: tuple[Outline, ...] = ()  # addresses that can be asked, no two alike
    skipped: tuple[tuple[Outline, str], ...] = ()  # with why
    invalid: tuple[tuple[Outline, str], ...] = ()  # with why
