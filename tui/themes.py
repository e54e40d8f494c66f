"""Flightlog's own themes, and the few styles that lines are drawn with, taken from whatever theme is on."""

from functools import lru_cache
from typing import NamedTuple

from rich.style import Style
from textual.color import Color
from textual.dom import DOMNode
from textual.theme import Theme

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
    found = node.app.theme_variables
    wanted = ("foreground", "background", "primary", "accent", "success", "warning", "error")
    return _palette(*(found[name] for name in wanted), found.get("block-cursor-background", found["primary"]))


@lru_cache(maxsize=32)
def _palette(
    foreground: str,
    background: str,
    primary: str,
    accent: str,
    success: str,
    warning: str,
    error: str,
    cursor_background: str,
) -> Palette:
    def style(color: Color, *, bold: bool | None = None, dim: bool | None = None, reverse: bool | None = None) -> Style:
        return Style(color=color.rich_color, bold=bold, dim=dim, reverse=reverse)

    def word(color: str) -> Style:
        return Style(bgcolor=back.blend(Color.parse(color), 0.42).rich_color, bold=True)

    text, back = Color.parse(foreground), Color.parse(background)
    named = text.ansi is not None or back.ansi is not None
    # Colours that the terminal names itself cannot be mixed; it is asked to dim them.
    muted = style(text, dim=True) if named else style(back.blend(text, 0.7))
    faint = style(text, dim=True) if named else style(back.blend(text, 0.42))
    cursor = Style(reverse=True) if named else Style(bgcolor=Color.parse(cursor_background).rich_color, bold=True)
    held = Style(bold=True) if named else Style(bgcolor=back.blend(Color.parse(cursor_background), 0.5).rich_color)
    return Palette(
        text=style(text),
        strong=style(text, bold=True),
        muted=muted,
        faint=faint,
        title=style(Color.parse(primary), bold=True),
        accent=style(Color.parse(accent)),
        good=style(Color.parse(success)),
        active=style(Color.parse(primary), bold=True),
        warn=style(Color.parse(warning)),
        bad=style(Color.parse(error)),
        cursor=cursor,
        held=held,
        match=style(Color.parse(accent), reverse=True),
        key=style(Color.parse(primary)),
        added=Style() if named else Style(bgcolor=back.blend(Color.parse(success), 0.16).rich_color),
        removed=Style() if named else Style(bgcolor=back.blend(Color.parse(error), 0.18).rich_color),
        added_word=Style(underline=True) if named else word(success),
        removed_word=Style(underline=True) if named else word(error),
    )
