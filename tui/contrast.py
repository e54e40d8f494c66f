"""Whether what is written can be read, as WCAG 2 measures it, and colours that are moved until it can."""

from collections.abc import Iterable

from textual.color import Color

STEPS = 20
"""By so many steps a colour is moved at most."""


def contrast(one: Color, other: Color) -> float:
    """From 1, the same, to 21, black on white."""
    dim, bright = sorted((_luminance(one), _luminance(other)))
    return (bright + 0.05) / (dim + 0.05)


def apart(ink: Color, behind: Color, wanted: float) -> Color:
    """That ink, or the nearest towards black or white that can be read on what is behind it."""
    end = max((Color(0, 0, 0), Color(255, 255, 255)), key=lambda color: contrast(color, behind))
    tried = (ink.blend(end, step / STEPS) for step in range(STEPS + 1))
    return next((color for color in tried if contrast(color, behind) >= wanted), end)


def under(color: Color, behind: Color, inks: Iterable[Color], wanted: float) -> Color:
    """That colour, or the nearest towards what is behind it on which each of those inks can be read."""
    inks = list(inks)
    tried = (color.blend(behind, step / STEPS) for step in range(STEPS + 1))
    return next((found for found in tried if min(contrast(ink, found) for ink in inks) >= wanted), behind)


def _luminance(color: Color) -> float:
    return 0.2126 * _linear(color.r) + 0.7152 * _linear(color.g) + 0.0722 * _linear(color.b)


def _linear(value: int) -> float:
    part = value / 255
    return part / 12.92 if part <= 0.03928 else float(((part + 0.055) / 1.055) ** 2.4)
