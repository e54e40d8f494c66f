"""What the frame says of the run list: how many, which, in what order, what is marked."""

from ...core.query.query import EVERYTHING
from .. import format
from ..glyphs import Glyphs
from ..lines import Line, one_line
from .run_list import RunList

SPOKEN = {"last_event": "last event", "took": "duration"}
"""Sort fields whose name says too little."""


def list_title(found: RunList, glyphs: Glyphs, *, named: bool = False) -> Line:
    """What is said of the list at the right; `named` is one of which the line already says what it is of."""
    dot = (f" {glyphs.dot} ", "faint")
    parts: list[tuple[str, str]] = []
    if found.query != EVERYTHING and not named:
        parts.append((one_line(found.query.text, 60), "accent"))
    parts.append((shown_count(found, glyphs), "text"))
    if marked := found.marked:
        parts.append((f"{glyphs.mark} {marked:,} marked", "accent"))
    if found.grouping:
        parts.append((f"by {found.grouping}", "muted"))
    arrow = glyphs.descending if found.sort.descending else glyphs.ascending
    parts.append((f"{SPOKEN.get(found.sort.field, found.sort.field)} {arrow}", "muted"))
    if found.following:
        parts.append(("following", "active"))
    right: Line = [(" ", "text")]
    for place, part in enumerate(part for part in parts if part[0]):
        right += [dot, part] if place else [part]
    return [*right, (" ", "text")]


def shown_count(found: RunList, glyphs: Glyphs) -> str:
    """`12,408`, or under a filter `412 of 12,408`; with an ellipsis while it is being counted."""
    if found.totals is None:
        return ""
    total = format.number(found.totals.runs)
    if found.query == EVERYTHING:
        return total
    matching = found.matching
    return f"{glyphs.ellipsis if matching is None else format.number(matching)} of {total}"
