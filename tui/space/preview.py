"""What the preview of place 4 says of what is under the cursor: what it is, what is in it, what may be given back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ...core.errors import NotFound, NotSupported
from ...core.operations import Compacted
from ...core.runs import Run
from ...core.space import Node
from .. import format
from ..glyphs import Glyphs
from ..lines import Line, one_line, status_ink, wrapped
from .words import ABOUT, name_of, size_of

if TYPE_CHECKING:
    from ...core.store import Store

BAR = 10
LINES = 6
"""So many of the largest things in it are shown."""
_PAGES = ("free", "tables", "wal", "index")


class Previewed(NamedTuple):
    """A node, and what was read for its preview."""

    node: Node
    inside: tuple[Node, ...] = ()
    """The largest of what it is made of."""
    compact: Compacted | None = None
    """What giving free pages back would come to."""


def read_preview(store: Store, path: tuple[str, ...], node: Node) -> Previewed:
    """Reads it; of a run nothing, for to look into one costs to read it. Call it in a thread."""
    if node.kind in _PAGES:
        try:
            return Previewed(node, compact=store.upkeep.compact())
        except NotSupported:
            return Previewed(node)
    if node.opens and node.run is None:
        try:
            return Previewed(node, tuple(store.upkeep.space((*path, node.name), limit=LINES).children))
        except NotFound:
            return Previewed(node)  # it went meanwhile
    return Previewed(node)


def preview_lines(found: Previewed, width: int, height: int, glyphs: Glyphs) -> list[Line]:
    """The preview in at most `height` lines."""
    node = found.node
    lines: list[Line] = [[(text, "muted")] for text in wrapped(ABOUT.get(node.kind, ""), width) if text]
    if found.compact is not None:
        lines.append(compact_line(found.compact))
    if node.run is not None:
        lines += _facts(node.run, glyphs)
    most = max((inside.size_bytes for inside in found.inside), default=0)
    for inside in found.inside:
        bar = format.bar(inside.size_bytes / most if most and not inside.apart else 0, BAR, glyphs)
        lines.append([(f"{size_of(inside):>8}  ", "text"), (bar, "active"), (f"  {name_of(inside, 100)}", "text")])
    return lines[:height]


def compact_line(found: Compacted) -> Line:
    """What giving free pages back would come to."""
    less = found.before_bytes - found.after_bytes
    if less <= 0:
        return [("Compacting would give nothing back.", "text")]
    room = f", and needs {format.size(found.room_bytes)} of room meanwhile" if found.room_bytes else ""
    return [("Compacting would give back ", "text"), (format.size(less), "strong"), (room, "muted")]


def _facts(run: Run, glyphs: Glyphs) -> list[Line]:
    parts: Line = [(f"{glyphs.status(run.status)} {run.status}", status_ink(run.status))]
    facts = [f"began {format.moment(run.started)}"] if run.started else []
    facts += [format.plural(run.logs, "log entry", "log entries"), format.plural(run.checkpoints, "checkpoint")]
    facts += [f"session {one_line(run.session, 30)}"] if run.session else []
    facts += ["archived"] if run.archived else []
    for fact in (*facts, *(f"#{one_line(tag, 20)}" for tag in run.tags[:4])):
        parts += [(f" {glyphs.dot} ", "faint"), (fact, "text")]
    lines: list[Line] = [parts]
    if run.pinned:
        lines.append([(f"{glyphs.pinned} pinned: kept from every clean-up", "accent")])
    if run.objective:
        lines.append([(one_line(run.objective, 300), "muted")])
    return lines
