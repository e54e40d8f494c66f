"""Patterns as a tree: what was observed of a workflow, how often, and the runs that show it."""

from collections.abc import Sequence

from ...core.metrics import Pattern
from ...core.text import safe_text
from .. import format
from ..facts import Lesson, teach
from ..lines import Line, one_line
from ..trees.nodes import Node

EMPTY = Lesson(
    "No patterns yet",
    "A pattern is a named observation about a workflow: what, how often, first and last seen, which runs show it.",
    "store.metrics.record_pattern(flightlog.Pattern(\n"
    '    workflow="triage", name="rate limit", description="429 at night", evidence=(run.id,)))',
    "patterns",
)


def pattern_nodes(patterns: Sequence[Pattern]) -> list[Node]:
    """Patterns, most frequent first; `enter` on a run that shows one leads to it."""
    return [_node(pattern) for pattern in patterns] or teach(EMPTY)


def _node(pattern: Pattern) -> Node:
    line: Line = [
        (f"{pattern.count:>5,}x  ", "accent"),
        (one_line(pattern.name, 80), "strong"),
        (f"  first {format.clock(pattern.first_seen)}, last {format.clock(pattern.last_seen)}", "muted"),
    ]

    def children() -> list[Node]:
        runs = [
            Node(("run", run), [("run ", "muted"), (one_line(run, 60), "text")], target=run) for run in pattern.evidence
        ]
        said = safe_text(pattern.description, lines=True)
        return [Node("what", [("what", "muted")], text=said, open=True), *runs] if said else runs

    return Node(pattern.name, line, children)
