"""A query as it is typed: its keys, phrases and signs in colours; what was not understood is marked where it stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.highlighter import Highlighter
from rich.style import Style
from rich.text import Text
from textual.widget import Widget

from ...core.query.query import Problem
from ...core.query.query_tokens import pieces
from ...core.text import cells
from ..lines import Line, one_line
from ..themes import palette

_INKS = {"key": "key", "text": "good", "sign": "muted"}


class QueryColours(Highlighter):
    """Colours the line of a filter. Costs one reading of what is typed."""

    def __init__(self, widget: Widget, problems: Callable[[str], Sequence[Problem]]) -> None:
        """`problems` tells what of this text is known not to be understood."""
        self._widget, self._problems = widget, problems

    def highlight(self, text: Text) -> None:
        """In place."""
        inks = palette(self._widget)
        for start, end, kind in pieces(text.plain):
            text.stylize(getattr(inks, _INKS[kind]), start, end)
        for problem in self._problems(text.plain):
            if problem.start >= 0:
                text.stylize(inks.warn + Style(underline=True), problem.start, problem.end)


def caret_line(text: str, problem: Problem, width: int, scrolled: int = 0) -> Line:
    """What is wrong, beside carets below the very word; `text` is what was typed, `scrolled` the cells out of sight."""
    said = one_line(f"{problem.what}; {problem.instead}", 300)
    if problem.start < 0:
        return [(said, "warn")]
    at = max(cells(text[: problem.start]) - scrolled, 0)
    long = max(min(cells(text[problem.start : problem.end]), width - at), 1)
    room = width - at - long - 1
    if at >= width:
        return [(said, "warn")]
    if room >= min(cells(said), 30) or at <= 30:
        return [(" " * at, "text"), ("^" * long, "bad"), (f" {said}", "warn")]
    before = one_line(said, at - 1)
    return [(before, "warn"), (" " * (at - cells(before)), "text"), ("^" * long, "bad")]
