"""Flightlog's own themes, and the few styles that lines are drawn with, taken from whatever theme is on."""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from rich.style import Style
from textual.color import Color
from textual.dom import DOMNode
from textual.theme import Theme

from .contrast import apart, under

DARK = Theme(
    name="flightlog-dark",
    primary="#7aa2c8",
    secondary="#5b7f9e",
    accent="#e0af68",
    foreground="#d3d9e0",
    background="#11151a",
    surface="#161b21",
    panel="#1e252d",
    success="#86b98f",
    warning="#dcb163",
    error="#e07a78",
    dark=True,
    variables={
        "border": "#34404c",
        "border-blurred": "#2a333c",
        "block-cursor-background": "#2b3a49",
        "block-cursor-foreground": "#eef2f6",
        "block-cursor-text-style": "none",
        "input-selection-background": "#3b5168",
        "scrollbar": "#2c3640",
        "scrollbar-hover": "#3a4753",
        "scrollbar-active": "#7aa2c8",
        "scrollbar-background": "#141a20",
        "scrollbar-background-hover": "#141a20",
        "scrollbar-background-active": "#141a20",
    },
)

LIGHT = Theme(
    name="flightlog-light",
    primary="#2f6690",
    secondary="#4f7ea3",
    accent="#9a5b00",
    foreground="#20272e",
    background="#f6f5f1",
    surface="#fbfaf7",
    panel="#eceae3",
    success="#2f7a3d",
    warning="#96650a",
    error="#b3302e",
    dark=False,
    variables={
        "border": "#c3c6c4",
        "border-blurred": "#d8d9d6",
        "block-cursor-background": "#d3e0ea",
        "block-cursor-foreground": "#10161b",
        "block-cursor-text-style": "none",
        "input-selection-background": "#b9d0e2",
        "scrollbar": "#cfd2cf",
        "scrollbar-hover": "#b9bebb",
        "scrollbar-active": "#2f6690",
        "scrollbar-background": "#efeee9",
        "scrollbar-background-hover": "#efeee9",
        "scrollbar-background-active": "#efeee9",
    },
)

WORDS, FAINT = 4.0, 3.0
"""The least contrast, in any theme: of words, and of what is faint."""
CURSOR, CODE = 3.0, 2.7
"""The least contrast of words that the cursor is on, and of code that a diff lays a colour under."""
NOTHING = Style()


class Palette(NamedTuple):
    """Foreground styles for lines that widgets draw themselves. Few of them have a background."""

    text: Style
    strong: Style
    muted: Style
    """Second in rank: units, dashes, what is at rest."""
    faint: Style
    """Rules, guides, the unlit part of bars."""
    title: Style
    accent: Style
    good: Style
    active: Style
    warn: Style
    bad: Style
    cursor: Style
    """Laid over a line that the cursor is on."""
    held: Style
    """The same in a list that another part of the screen has the keys of."""
    match: Style
    """Laid over text that a search found."""
    key: Style
    """Names in code."""
    added: Style
    """Laid under what a diff added, `text.added`; so is the next one. These, `cursor` and `match` have a background."""
    removed: Style
    added_word: Style
    """Laid under the words of a line that a diff added; so is the next one."""
    removed_word: Style

    def status(self, status: str) -> Style:
        """The colour of a status; its sign says the same (see `glyphs`)."""
        return {
            "running": self.active,
            "processing": self.active,
            "waiting": self.warn,
            "failed": self.bad,
            "rejected": self.bad,
            "lost": self.bad,
            "completed": self.good,
            "approved": self.good,
            "paused": self.warn,
        }.get(status, self.muted)

    def level(self, level: str) -> Style:
        """The colour of a log level; the word stands beside it."""
        return {"DEBUG": self.faint, "INFO": self.muted, "WARNING": self.warn, "ERROR": self.bad}.get(level, self.muted)


def palette(node: DOMNode) -> Palette:
    """The palette of the theme that is on. Cheap: made once a theme."""
    return palette_of(node.app.theme_variables)


def readable(variables: Mapping[str, str]) -> dict[str, str]:
    """The colours of a theme's frames instead, for style sheets: a side is as faint as the top, and no fainter."""
    faint = palette_of(variables).faint
    if faint.dim or faint.color is None:
        return dict.fromkeys(("border-blurred", "border"), variables["foreground"])
    behind, edge = Color.parse(variables["surface"]), Color.parse(variables["border"])
    return {"border-blurred": Color.from_rich_color(faint.color).hex, "border": apart(edge, behind, FAINT).hex}


def palette_of(found: Mapping[str, str]) -> Palette:
    """The palette of a theme by its variables."""
    cursor = found.get("block-cursor-background", found["primary"])
    return _palette(_Colours(**{name: found[name] for name in _Colours._fields[:-1]}, cursor=cursor))


class _Colours(NamedTuple):
    """What a theme says, by its own names."""

    foreground: str
    background: str
    primary: str
    accent: str
    success: str
    warning: str
    error: str
    cursor: str
    """Behind the line that the cursor is on."""


@lru_cache(maxsize=32)
def _palette(said: _Colours) -> Palette:
    text, back = Color.parse(said.foreground), Color.parse(said.background)
    named = text.ansi is not None or back.ansi is not None
    colours = [Color.parse(color) for color in (said.primary, said.accent, said.success, said.warning, said.error)]
    if not named:  # Colours that the terminal names itself cannot be mixed; it is asked to dim them.
        colours = [apart(color, back, WORDS) for color in colours]
    title, strange, good, warn, bad = colours
    second, third = apart(back.blend(text, 0.7), back, WORDS), apart(back.blend(text, 0.42), back, FAINT)

    def style(color: Color, *, bold: bool | None = None, dim: bool | None = None, reverse: bool | None = None) -> Style:
        return Style(color=color.rich_color, bold=bold, dim=dim, reverse=reverse)

    def bar(color: str, share: float, instead: Style, *, bold: bool | None = None) -> Style:
        mixed = back if named else under(back.blend(Color.parse(color), share), back, (text, second, *colours), CURSOR)
        return instead if named else Style(bgcolor=mixed.rich_color, bold=bold)

    def diff(color: Color, share: float, instead: Style = NOTHING, *, bold: bool | None = None) -> Style:
        mixed = back if named else under(back.blend(color, share), back, (text, second, title), CODE)
        return instead if named else Style(bgcolor=mixed.rich_color, bold=bold)

    return Palette(
        text=style(text),
        strong=style(text, bold=True),
        muted=style(text, dim=True) if named else style(second),
        faint=style(text, dim=True) if named else style(third),
        title=style(title, bold=True),
        accent=style(strange),
        good=style(good),
        active=style(title, bold=True),
        warn=style(warn),
        bad=style(bad),
        cursor=bar(said.cursor, 1, Style(reverse=True), bold=True),
        held=bar(said.cursor, 0.5, Style(bold=True)),
        match=style(strange, reverse=True),
        key=style(title),
        added=diff(good, 0.16),
        removed=diff(bad, 0.18),
        added_word=diff(good, 0.42, Style(underline=True), bold=True),
        removed_word=diff(bad, 0.42, Style(underline=True), bold=True),
    )
