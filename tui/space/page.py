"""What place 4 shows: what takes the room at one place, a line each."""

from collections.abc import Hashable, Sequence

from ...core.space import Node, Sorting, Space
from .. import format
from ..glyphs import Glyphs
from ..lines import Columns, Line, leading, one_line, status_ink
from ..messages import LookInto
from .words import HOLDS, holds, name_of, share, size_of

SORTS: tuple[Sorting, ...] = ("size", "name", "count")
BAR = 14
NAME = 40
"""Characters of the store's name."""
CALLED = 16
"""Cells that a run's name has before other columns are left out."""
ROOMY = 100
"""Cells from which on it is told to the minute when a run began."""
_PARTS = ("Size", "", "Part", "Holds", "What")
_RUNS = ("Size", "", "Part", "Events", "", "Run", "Name", "Started")
_SORTED = {"size": 0, "count": 3}


def key_of(node: Node) -> Hashable:
    """What tells a node from those beside it."""
    return node.kind, node.name


class SpacePage:
    """The children of one place. To make it costs a little for each; to draw one, nothing for the others."""

    def __init__(self, space: Space, sort: Sorting, glyphs: Glyphs) -> None:
        self.space, self.sort, self._glyphs = space, sort, glyphs
        self.nodes: Sequence[Node] = space.children
        self.places = {key_of(node): place for place, node in enumerate(self.nodes)}
        self.has_runs = any(node.run is not None for node in self.nodes)
        self._most = max((node.size_bytes for node in self.nodes), default=0)
        self._whole = space.node.size_bytes
        heads = _RUNS if self.has_runs else _PARTS
        widest = max(self.nodes, key=lambda node: len(holds(node)), default=space.node)
        sample = ["+999 MB", " " * BAR, "100%", holds(widest)]
        if self.has_runs:
            events = max((node.count or 0 for node in self.nodes), default=0)
            sample = [*sample[:3], f"{events:,}", " ", "01j…8k3f", " " * CALLED]
            drop, align, wide = [2, 7, 3], "rlrrllll", 6
        else:
            sample.append("")
            drop, align, wide = [2, 3], "rlrrl", 4
        began = (["19 Nov"], ["19 Nov 10:02"]) if self.has_runs else ([], [])
        self._narrow, self._wide = (
            Columns(heads, [[*sample, *one]], align=align, wide=wide, drop=drop, least=CALLED) for one in began
        )

    @property
    def more(self) -> bool:
        """Whether there are children that are not here."""
        return self.space.next is not None

    def _columns(self, width: int) -> Columns:
        return self._wide if width >= ROOMY else self._narrow

    def head(self, width: int) -> Line:
        """The titles of the columns; that which the lines are sorted by stands out."""
        columns = self._columns(width)
        column = _SORTED.get(self.sort, columns.wide)
        inks = ["text" if n == column else "muted" for n in range(len(columns.heads))]
        return columns.draw(columns.heads, inks, width)

    def line(self, index: int, width: int) -> Line:
        """One line."""
        node, glyphs = self.nodes[index], self._glyphs
        bar = "" if node.apart or not self._most else format.bar(node.size_bytes / self._most, BAR, glyphs)
        first = [size_of(node), bar, share(node, self._whole)]
        inks = ["muted" if node.apart else "strong", "active", "muted", "text"]
        run = node.run
        if not self.has_runs:
            name = "strong" if node.kind == "workflow" else "text" if node.opens else "muted"
            return self._columns(width).draw([*first, holds(node), name_of(node)], [*inks, name], width)
        cells, ink = ["", "", name_of(node), "", ""], "text"
        if run is not None:
            ink = status_ink(run.status)
            began = format.clock(run.started, short=width < ROOMY) if run.started else glyphs.dash
            id = format.short_id(one_line(run.id), glyphs)
            cells = [
                f"{run.events:,}",
                glyphs.status(run.status),
                id,
                self._called(run.name or run.objective, run.pinned),
                began,
            ]
        return self._columns(width).draw([*first, *cells], [*inks, ink, "text", "text", "muted"], width)

    def _called(self, name: str, pinned: bool) -> str:
        return f"{self._glyphs.pinned} {one_line(name, 200)}" if pinned else one_line(name, 200)

    def total(self, width: int) -> Line:
        """What all lines come to, and what of it is not here."""
        shown = sum(node.size_bytes for node in self.nodes if not node.apart)
        line: Line = [(f"{size_of(self.space.node)}", "strong"), (" in all", "muted")]
        count = self.space.node.count
        if self.more and count:
            line.append((f"; the first {len(self.nodes):,} of {count:,}, {format.size(shown)}", "muted"))
        if any(node.apart for node in self.nodes):
            line.append(("; + lies elsewhere and is not in the sum", "muted"))
        return line


def trail(path: Sequence[Node], store: str, glyphs: Glyphs) -> Line:
    """The way from the store down to what is shown; all before that leads back there."""
    # A long name by its end, which tells folders apart.
    name = store if len(store) <= NAME else glyphs.ellipsis + store[1 - NAME :]
    names = [one_line(name, NAME), *(_short(node, glyphs) for node in path[1:])]
    *above, here = names
    line: Line = []
    for depth, word in enumerate(above):
        to = LookInto(tuple(node.name for node in path[1 : depth + 1]))
        line += [(leading(word, to), "text"), (f" {glyphs.into} ", "faint")]
    return [*line, (here, "strong")]


def _short(node: Node, glyphs: Glyphs) -> str:
    if node.run is None:
        return name_of(node, 40)
    return one_line(node.run.name, 40) or format.short_id(one_line(node.name), glyphs)


def title(node: Node, whole: int) -> Line:
    """The frame's line over a preview."""
    part = share(node, whole)
    line: Line = [(f" {name_of(node, 60)} ", "strong"), (f" {size_of(node)}", "text")]
    if part:
        line.append((f"  {part}", "muted"))
    if node.kind in HOLDS and node.count is not None:
        line.append((f"  {holds(node)}", "muted"))
    return [*line, (" ", "text")]
