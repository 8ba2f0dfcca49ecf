"""Pictures of how figures go with each other, as SVG: lines over logarithmic axes."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 440, 300
LEFT, RIGHT, TOP, BOTTOM = 60, 15, 34, 62
COLORS = ("#1b6ca8", "#c8553d", "#2e8b57", "#8a5fa8")
DASHES = ("", "6 4", "2 3", "9 3 2 3")  # tell lines that lie upon one another, and serve who sees no colors


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One picture: lines by their names, each a row of points; both axes are logarithmic."""

    title: str
    across: str
    lines: Mapping[str, Sequence[tuple[float, float]]]
    least: float  # what is less is drawn as this


def curves(panels: Sequence[Panel], *, columns: int = 2) -> str:
    """Draw panels in rows."""
    rows = -(-len(panels) // columns)
    drawn = "".join(
        f'<g transform="translate({WIDTH * (number % columns)} {HEIGHT * (number // columns)})">'
        f"{''.join(_panel(panel))}</g>\n"
        for number, panel in enumerate(panels)
    )
    size = f'width="{WIDTH * columns}" height="{HEIGHT * rows}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="11">'
        f'<rect width="100%" height="100%" fill="white"/>\n{drawn}</svg>\n'
    )


@dataclass(frozen=True, slots=True)
class _Axis:
    """A logarithmic axis: from which value to which, and where these are drawn."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        share = math.log(value / self.low) / math.log(self.high / self.low) if self.high > self.low else 0.5
        return round(self.start + share * (self.end - self.start), 1)


def _panel(panel: Panel) -> Iterator[str]:
    points = [(x, max(y, panel.least)) for line in panel.lines.values() for x, y in line]
    xs, decades = sorted({x for x, _ in points}), [math.log10(y) for _, y in points]
    low, high = math.floor(min(decades)), math.ceil(max(decades))
    across = _Axis(xs[0], xs[-1], LEFT, WIDTH - RIGHT)
    up = _Axis(10.0**low, 10.0**high, HEIGHT - BOTTOM, TOP)
    yield f'<text x="{LEFT}" y="20" font-size="13">{escape(panel.title)}</text>'
    for power in range(low, high + 1):
        y = up.at(10.0**power)
        yield f'<path d="M{LEFT} {y}H{WIDTH - RIGHT}" stroke="lightgray"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{_told(power)}</text>'
    for x in xs:
        yield f'<text x="{across.at(x)}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{_short(x)}</text>'
    middle = (LEFT + WIDTH - RIGHT) / 2
    yield f'<text x="{middle}" y="{HEIGHT - BOTTOM + 32}" text-anchor="middle">{escape(panel.across)}</text>'
    for number, (name, line) in enumerate(panel.lines.items()):
        way = " ".join(f"{across.at(x)},{up.at(max(y, panel.least))}" for x, y in line)
        stroke = f'fill="none" stroke="{COLORS[number]}" stroke-width="2" stroke-dasharray="{DASHES[number]}"'
        yield f'<polyline points="{way}" {stroke}/>'
        x, y = LEFT + number * 95, HEIGHT - 12
        yield f'<path d="M{x} {y - 4}h18" {stroke}/><text x="{x + 22}" y="{y}">{escape(name)}</text>'


def _told(power: int) -> str:
    return f"{10.0**power:g}" if power < 4 else _short(10.0**power)


def _short(number: float) -> str:
    """Write a number as on an axis: 250, 10k, 1M."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:g}{letter}"
    return f"{number:g}"
