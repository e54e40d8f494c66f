"""Who last wrote a key of a state, as a line above it."""

from collections.abc import Mapping

from ...core.checkpoints import Blame
from .. import format
from ..glyphs import UNICODE, Glyphs
from ..lines import Line, one_line, width_of
from ..trees.nodes import Node


def blame_node(blame: Blame, names: Mapping[str, str], glyphs: Glyphs = UNICODE) -> Node:
    """Who last wrote a key; `enter` goes to that checkpoint."""
    step = names.get(blame.step, blame.step) if blame.step else ""
    line: Line = [
        (one_line(blame.key, 24), "accent"),
        (" was last written by ", "muted"),
        (one_line(step, 60) if step else "no step", "strong" if step else "muted"),
        (f" at {format.clock(blame.t)}, checkpoint {format.short_id(one_line(blame.since, 40), glyphs)}", "muted"),
    ]
    hint: Line = [("  enter goes there", "faint")]
    roomy = width_of(line) + width_of(hint)
    return Node(
        ("blame", blame.key),
        lambda width: [*line, *hint] if width >= roomy else line,
        target=("checkpoint", blame.since),
    )
