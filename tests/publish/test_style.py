"""The style sheet: words can be read in either colour scheme, on every ground (WCAG 2.2, 1.4.3)."""

import re

import pytest

from aggregator.publish.html import render_style
from tests.world import A_SITE

STYLE = render_style(A_SITE).decode()
LEAST = 4.5  # level AA, for text of any size
GROUNDS = ("paper", "raised")
INKS = ("ink", "soft", "link", "seen", "warn")


def schemes() -> dict[str, dict[str, str]]:
    """Return the colours of each scheme by name; the dark one changes the light one."""
    blocks = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    light, dark = (dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block)) for block in blocks)
    return {"light": light, "dark": light | dark}


def luminance(colour: str) -> float:
    """Measure how light a colour is, 0 to 1 (WCAG 2.2, "relative luminance")."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_black_on_white_is_the_strongest_contrast() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("ink", INKS)
def test_words_can_be_read(scheme: str, ground: str, ink: str) -> None:
    colours = schemes()[scheme]
    assert contrast(colours[ink], colours[ground]) >= LEAST


def test_every_colour_of_words_is_one_of_these() -> None:
    used = set(re.findall(r"(?<!-)\b(?:color|fill): var\(--(\w+)\)", STYLE))
    assert used <= {*INKS, *GROUNDS}
    assert not re.findall(r"(?<!-)\bcolor: #", STYLE)
