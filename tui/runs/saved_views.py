"""Lists of runs that a person gave a name: which of them is shown, and how they stand above the list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ...core.pages import Sort
from ...core.text import cells
from ..lines import Line, one_line
from ..personal.settings import View

ALL = "all"
"""What stands for no view."""
LONGEST = 24
"""Cells that a name takes at most."""


class Tab(NamedTuple):
    """A view above the list, and the cells it takes there."""

    name: str
    start: int
    end: int


def sort_of_view(view: View) -> Sort:
    """The order that a view is shown in, the greatest first."""
    return Sort(field=view.sort or "started")  # type: ignore[arg-type]


def shown_view(views: Mapping[str, View], query: str, sort: Sort) -> str | None:
    """The name of the view that is shown; empty where nothing is in force, None where it is none of them."""
    if not query and sort == Sort():
        return ""
    asked = query.strip()
    fitting = (name for name, view in views.items() if asked in (view.query.strip(), f"@{name}"))
    return next((name for name in fitting if sort_of_view(views[name]) == sort), None)


def tabs_of(views: Mapping[str, View], shown: str | None, width: int) -> tuple[Line, list[Tab]]:
    """All views in one line, the one that is shown among them however narrow it is; and where each stands."""
    names = ["", *views]
    labels = [one_line(name, LONGEST) if name else ALL for name in names]
    first, here = 0, names.index(shown) if shown in names else 0
    while first < here and _cells(labels[first : here + 1]) > width - 4:
        first += 1
    line: Line = [(" < " if first else "   ", "faint")]
    tabs: list[Tab] = []
    at = 3
    for name, label in zip(names[first:], labels[first:], strict=True):
        if at + cells(label) > width - 3 and tabs:
            line.append((">", "faint"))
            break
        line += [(label, "title" if name == shown else "text"), ("  ", "text")]
        tabs.append(Tab(name, at, at + cells(label)))
        at += cells(label) + 2
    return line, tabs


def _cells(labels: list[str]) -> int:
    return sum(cells(label) + 2 for label in labels)
