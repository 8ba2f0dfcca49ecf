"""What was measured, against what, and how far it should get."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """How a figure should compare: with another contender's in the same round, or by itself."""

    most: float | None = None
    least: float | None = None
    of: str = ""  # a contender; then the figure is divided by theirs

    def __str__(self) -> str:
        words = f"≤ {self.most:.3g}" if self.most is not None else f"≥ {self.least:g}"
        return f"{words} × {self.of}" if self.of else words


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing measured, once a round, with what the others needed for it in the same rounds."""

    stage: str
    what: str
    unit: str
    ours: tuple[float, ...]
    others: Mapping[str, tuple[float, ...]] = field(default_factory=dict)  # empty: it is not installed
    target: Target | None = None

    @property
    def name(self) -> str:
        return f"{self.stage}: {self.what}"

    @property
    def middle(self) -> float:
        return median(self.ours)

    def ratio(self, other: str) -> float | None:
        """Return the median of ours by theirs, round by round; None: there is nothing to divide by."""
        pairs = zip(self.ours, self.others.get(other, ()), strict=False)
        quotients = [ours / theirs for ours, theirs in pairs if theirs]
        return median(quotients) if quotients else None

    @property
    def share(self) -> float | None:
        """How much of the target is used up: 1 is just met, less is better; None: it cannot be said."""
        if self.target is None:
            return None
        figure = self.ratio(self.target.of) if self.target.of else self.middle
        if not figure:
            return None
        return figure / self.target.most if self.target.most else (self.target.least or 0.0) / figure

    @property
    def verdict(self) -> str:
        if self.share is None:
            return "–" if self.target is None else "not compared"
        return "met" if self.share <= 1 else "missed"


HEAD = "| stage | what | ours | beside | target | |\n|---|---|---|---|---|---|"


def line(row: Row, earlier: Mapping[str, float] | None = None) -> str:
    """Write a row of a table for people, beside it how much it changed since an earlier run."""
    before = (earlier or {}).get(row.name)
    since = f", {row.middle / before:.2f} × the earlier" if before else ""
    beside = "; ".join(_beside(row, name) for name in row.others)
    ours = f"{_spread(row.ours)} {row.unit}{since}"
    return f"| {row.stage} | {row.what} | {ours} | {beside} | {row.target or ''} | {row.verdict} |"


def _beside(row: Row, name: str) -> str:
    theirs, ratio = row.others[name], row.ratio(name)
    if not theirs:
        return f"{name}: not installed"
    return f"{name} {_spread(theirs)}" + (f" (× {ratio:.3g})" if ratio else "")


def _spread(values: Sequence[float]) -> str:
    """Write a median, and between what it lies."""
    if len(values) < 2:
        return f"{median(values):.3g}"
    return f"{median(values):.3g} [{min(values):.3g}–{max(values):.3g}]"
