"""A picture of how far each figure is from its target, as SVG."""

import math
from collections.abc import Sequence
from html import escape

from benchmarks.results import Row

WIDTH, LEFT, LINE, TOP = 900, 420, 22, 40
_DECADES = 2  # to either side of the target


def chart(rows: Sequence[Row]) -> str:
    """Draw a bar a row on a logarithmic scale: to the left of the line in the middle the target is met."""
    shown = [(row, row.share) for row in rows if row.share]
    middle, height = LEFT + (WIDTH - LEFT) / 2, TOP + LINE * len(shown) + 20
    bars = [_bar(row, share, TOP + LINE * number, middle) for number, (row, share) in enumerate(shown)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}"'
        ' font-family="sans-serif" font-size="12">'
        f'<rect width="100%" height="100%" fill="white"/><text x="{middle}" y="20" text-anchor="middle">'
        "target (each tick: ten times better, ten times worse)</text>"
        f"{''.join(map(_tick, (-1, 0, 1), [height] * 3))}{''.join(bars)}</svg>\n"
    )


def _tick(decade: int, height: float) -> str:
    x = LEFT + (WIDTH - LEFT) * (decade + _DECADES) / (2 * _DECADES)
    return f'<path d="M{x} 26V{height}" stroke="{"black" if decade == 0 else "lightgray"}"/>'


def _bar(row: Row, share: float, y: int, middle: float) -> str:
    decades = max(-_DECADES, min(_DECADES, math.log10(share)))
    end = middle + decades * (WIDTH - LEFT) / (2 * _DECADES)
    color = "seagreen" if share <= 1 else "firebrick"
    label = escape(row.name)
    return (
        f'<text x="{LEFT - 8}" y="{y + 13}" text-anchor="end">{label}</text><rect x="{min(middle, end):.1f}"'
        f' y="{y + 2}" width="{max(1.0, abs(end - middle)):.1f}" height="{LINE - 6}" fill="{color}"/>'
    )
