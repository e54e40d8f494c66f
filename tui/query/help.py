"""The line below what is typed: what may be typed, or how it may go on."""

from collections.abc import Sequence

from ..lines import Line, between, one_line

OFFERED = 30
"""Completions that are shown."""
EXAMPLES = ("status:failed", "since:2d", "workflow:triage", "cost>0.5", "-tag:nightly")


def help_line(width: int) -> Line:
    """What may be typed, and which keys end it; the keys stay when it gets narrow."""
    keys: Line = [("tab", "accent"), (" completes  ", "muted"), ("up", "accent"), (" older  ", "muted")]
    keys += [("enter", "accent"), (" keeps  ", "muted"), ("esc", "accent"), (" clears ", "muted")]
    examples = " ".join(EXAMPLES if width >= 120 else EXAMPLES[:3] if width >= 100 else EXAMPLES[:1])
    return between([("   words or ", "muted"), (examples, "text")], keys, width)


def offered_line(offered: Sequence[str], at: int) -> Line:
    """Completions round the one that is on; -1 where none is."""
    first = max(at - OFFERED // 2, 0)
    some = list(enumerate(offered))[first : first + OFFERED]
    return [(one_line(word, 40) + "  ", "title" if n == at else "accent") for n, word in some]
