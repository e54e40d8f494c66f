"""How much of a run a page shows: a page is read by people, and sent by mail. What is left out is counted on it."""

from ...core.progress import go_on, told

STEPS = 2_000
BODIES = 300
"""Steps whose input and output are shown, failed ones first."""
BODY = 6_000
"""Characters of an input, output, snapshot of a step, message or state value."""
SNAPSHOT = 60_000
"""Characters of a run's own input, plan or result."""
FIRST_LOGS, LAST_LOGS, SEVERE = 500, 2_500, 500
"""Log entries: the first, the last, and between them the warnings and errors."""
LOG = 2_000
"""Characters of a log entry."""
CHECKPOINTS = 100
CHANGES = 50
"""Differences inside one value."""
VALUES = 200
"""Values of states that are read."""
VALUE_BYTES = 64_000
"""Size up to which a state's value is read."""
MESSAGES = 500
ITEMS = 1_000
APPROVALS = 200
ARTIFACTS = 500
METRICS = 1_000
NOTES = 200
DAMAGE = 200
GROUPS = 200
"""Rows of a table of costs."""
ROWS = 4_000
"""Rows of each part of a comparison."""


def left_out(shown: int, there: int, one: str) -> str:
    """`97,000 of 100,000 entries are left out`; empty if nothing is."""
    if there <= shown:
        return ""
    return f"{there - shown:,} of {there:,} {one} are left out here"


def at_hand(part: str) -> None:
    """Says which part of a page is made now, of which nobody knows how long it takes; Stopped if somebody asked."""
    go_on()
    if (progress := told()) is not None:
        progress.call(f"writing {part.lower()}")
