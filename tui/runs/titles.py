"""What the frame says of the run list: how many, which, in what order, what is marked."""

from collections.abc import Iterable

from ...core.query.query import EVERYTHING
from .. import format
from ..glyphs import Glyphs
from ..lines import Line, leading, one_line, width_of
from .run_list import RunList

SPOKEN = {"last_event": "last event", "took": "duration"}
"""Sort fields whose name says too little."""


def list_title(found: RunList, glyphs: Glyphs, room: int, *, named: bool = False) -> Line:
    """What is said of the list at the right, as much of it as there is room for in so many cells; `named` is one of
    which the line already says what it is of.
    """
    arrow = glyphs.descending if found.sort.descending else glyphs.ascending
    filtered = found.query != EVERYTHING
    order = f"{SPOKEN.get(found.sort.field, found.sort.field)} {arrow}"
    parts = {
        "query": (leading(one_line(found.query.text, 60) if filtered and not named else "", "runs.filter"), "accent"),
        "count": (shown_count(found, glyphs), "text"),
        "marks": (f"{glyphs.mark} {found.marked:,} marked" if found.marked else "", "accent"),
        "groups": (leading(f"by {found.grouping}" if found.grouping else "", "runs.group"), "muted"),
        "order": (leading(order, "runs.sort"), "muted"),
        "follow": (leading("following" if found.following else "", "runs.follow"), "active"),
    }
    # The query and its count stand in the filter's line too; what is marked stands nowhere else.
    gives_way = ["query", *(["count"] if filtered else []), "order", "groups", "count", "follow"]
    while width_of(line := _joined(parts.values(), glyphs)) > room and gives_way:
        parts.pop(gives_way.pop(0), None)
    return line


def _joined(parts: Iterable[tuple[str, str]], glyphs: Glyphs) -> Line:
    line: Line = [(" ", "text")]
    for place, part in enumerate(part for part in parts if part[0]):
        line += [(f" {glyphs.dot} ", "faint"), part] if place else [part]
    return [*line, (" ", "text")]


def shown_count(found: RunList, glyphs: Glyphs) -> str:
    """`12,408`, or under a filter `412 of 12,408`; with an ellipsis while it is being counted."""
    if found.totals is None:
        return ""
    total = format.number(found.totals.runs)
    if found.query == EVERYTHING:
        return total
    matching = found.matching
    return f"{glyphs.ellipsis if matching is None else format.number(matching)} of {total}"
