"""A line as the terminal gets it: in the colours of the theme, as wide as its place, in plain signs where so wanted."""

from functools import lru_cache
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.scrollbar import ScrollBarRender
from textual.strip import Strip
from textual.widget import Widget

from ..glyphs import ASCII, glyphs_of, plain
from ..lines import Line, fitted
from ..themes import Palette, palette


def strip_of(widget: Widget, line: Line, width: int, *, cursor: bool = False, held: bool = False) -> Strip:
    """A line in exactly `width` cells, in the colours of the theme; `held`: its list has a cursor, but not the keys."""
    line = fitted(line, width)
    if glyphs_of(widget) is ASCII:
        line = [(plain(text), ink) for text, ink in line]
    base = widget.visual_style.rich_style  # unlike the widget's own `rich_style`, it is kept
    found = palette(widget)
    inks = _laid_on(base, found, (found.held if held else found.cursor) if cursor else Style.null())
    # Terminals disagree about the width of rare characters; a line is never longer than its place.
    return Strip(_segments(line, inks)).adjust_cell_length(width, base)


def _segments(line: Line, inks: "_Inks") -> list[Segment]:
    """A line in few parts, each of which costs at every step to the terminal: blanks that look like those of the part
    before are part of that. No other part begins with a blank, but where blanks are all that it has.
    """
    segments: list[Segment] = []
    before, style, ground = "", None, None
    for text, ink in line:
        rest = text.lstrip(" ")
        blanks = text[: len(text) - len(rest)]
        drawn, under = inks[ink]
        if blanks:
            if under != ground and before:
                segments.append(Segment(before, style))
                before = ""
            if not before:
                style, ground = drawn, under
            before += blanks
        if rest:
            if before:
                segments.append(Segment(before, style))
            before, style, ground = rest, drawn, under
    if before:
        segments.append(Segment(before, style))
    return segments


class _Ink(NamedTuple):
    """How text looks in an ink, and how blanks do."""

    style: Style
    ground: object

    @classmethod
    def of(cls, style: Style) -> "_Ink":
        """Blanks show what is behind them, unless something is drawn through them or they are turned round."""
        shown = style.underline or style.underline2 or style.overline or style.strike or style.reverse or style.frame
        return cls(style, style if shown else style.bgcolor)


class _Inks(dict[str, _Ink]):
    """Every ink on a widget's own style, and under the cursor's; `key.added` is one ink on another's background."""

    def __init__(self, base: Style, inks: Palette, over: Style) -> None:
        super().__init__({name: _Ink.of(base + ink + over) for name, ink in inks._asdict().items()})
        self._inks, self._over = inks, over

    def __missing__(self, name: str) -> _Ink:
        ink, _, ground = name.partition(".")
        under: Style = getattr(self._inks, ground)
        return self.setdefault(name, _Ink.of(self[ink].style + under + self._over))


@lru_cache(maxsize=64)
def _laid_on(base: Style, inks: Palette, over: Style) -> _Inks:
    # Under the cursor nothing is faint: of sixteen colours its bar has the one that is faint elsewhere.
    return _Inks(base, inks._replace(faint=inks.muted) if over.bgcolor else inks, over)


def pieces(text: str) -> tuple[str, ...]:
    """Text in parts: pictures of the screen lose the blanks that a part begins with, so blanks stand alone."""
    rest = text.lstrip(" ")
    return (text,) if len(rest) == len(text) else (text[: len(text) - len(rest)], rest)


class PlainScrollBar(ScrollBarRender):
    """A scroll bar without the signs for parts of a cell."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "] * 8


def plain_scroll_bar(widget: Widget) -> None:
    """Takes the parts of cells out of a widget's scroll bar where only ASCII is drawn."""
    if glyphs_of(widget) is ASCII:
        widget.vertical_scrollbar.renderer = PlainScrollBar  # type: ignore[misc]
