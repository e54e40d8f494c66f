"""What differs between two texts: the lines that do."""

from collections.abc import Iterable

from ...core.diff import DiffLine, hunks, text_diff
from ...core.text import safe_text
from ..lines import one_line
from ..trees.nodes import NO_TEXT, Node
from .signs import INK, SIGN

LINES = 1_600
"""Lines that are shown of what differs; where there are more, both texts are."""
LONG = 60
"""Characters of a line that is shown whole only where it is unfolded."""


def text_changes(before: str, after: str) -> list[Node]:
    """The lines that differ, with one beside each; none of texts of one line, or where very much differs."""
    if "\n" not in before and "\n" not in after:
        return []
    lines = text_diff(before, after, context=1)
    if len(lines) > LINES:
        return []
    nodes = []
    last = 0
    for hunk in hunks(lines):
        start = next((line.after for line in hunk if line.after), last + 1)
        nodes.append(_place(start, hunk))
        nodes += [_line_node(line) for line in hunk]
        last = max((line.after or 0 for line in hunk), default=last)
    return nodes


def _place(start: int, hunk: Iterable[DiffLine]) -> Node:
    return Node(("line", start), [(f"  line {start:,}", "faint")])


def _line_node(line: DiffLine) -> Node:
    ink = "muted" if line.kind == "same" else INK[line.kind]
    text = safe_text(line.text, limit=1_000_000) if len(line.text) > LONG else NO_TEXT
    said = [(f"{SIGN[line.kind]} ", INK[line.kind]), (one_line(line.text), ink)]
    return Node((line.before, line.after), said, text=text, ink=ink)
