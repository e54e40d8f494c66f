"""How a step is drawn in each layout: facts with bars, a bar on the time scale, or a node in its lane."""

from collections.abc import Callable
from typing import NamedTuple

from ...core.runs import Step
from .. import format
from ..lines import Line, fitted, right, status_ink, width_of
from .picture import Picture

SHORT = 30
"""Cells of a name below which how much lies in a step is told without a word."""

# --- the tree: what each step took by itself, and what it cost ----------------------------------------


class Column(NamedTuple):
    """One column of facts."""

    head: str
    cells: int
    draw: Callable[[Picture, Step, int], Line]
    least: int = 0
    """Cells that the list must have for it."""


def _took(picture: Picture, step: Step, width: int) -> Line:
    return [(right(picture.took(step), width), "text")]


def _self(picture: Picture, step: Step, width: int) -> Line:
    own = picture.forest.own_time(step, picture.now)
    return [(right("" if own is None else format.duration(own), width), "muted")]


def _self_bar(picture: Picture, step: Step, width: int) -> Line:
    own, most = picture.forest.own_time(step, picture.now) or 0.0, picture.forest.longest
    return _share(picture, own / most if most else 0.0, width, status_ink(picture.stands(step)))


def _tokens(picture: Picture, step: Step, width: int) -> Line:
    total = picture.forest.sums[step.id].tokens.total
    return [(right(format.count(total) if total else "", width), "muted")]


def _cost(picture: Picture, step: Step, width: int) -> Line:
    return [(right(picture.cost(step), width), "muted")]


def _cost_bar(picture: Picture, step: Step, width: int) -> Line:
    most = picture.forest.most_money
    return _share(picture, step.money.known_nanousd / most if most else 0.0, width, "accent")


def _share(picture: Picture, share: float, width: int, ink: str) -> Line:
    return [(" ", "text"), (format.bar(min(share, 1.0), width - 1, picture.glyphs), ink)]


def _columns(width: int) -> list[Column]:
    bar = max(5, min(width // 12, 14))
    columns = (
        Column("took", 8, _took),
        Column("self", 8, _self, 60),
        Column("", bar, _self_bar, 70),
        Column("tokens", 8, _tokens, 96),
        Column("cost", 9, _cost),
        Column("", bar, _cost_bar, 70),
    )
    return [column for column in columns if width >= column.least]


def _tree(picture: Picture, step: Step, width: int) -> Line:
    tail: Line = []
    for column in _columns(picture.width):
        tail += column.draw(picture, step, column.cells)
    return [*_named(picture, step, width - sum(len(text) for text, _ in tail)), *tail]


def _tree_head(picture: Picture, width: int) -> Line:
    tail = "".join(right(column.head, column.cells) for column in _columns(picture.width))
    return [*fitted([("step", "muted")], max(width - len(tail), 0)), (tail, "muted")]


def _named(picture: Picture, step: Step, width: int) -> Line:
    """Name and what lies in it, which stays in sight where the name is longer than there is room."""
    name, inside = picture.name(step), picture.inside(step, short=width < SHORT)
    room = max(width - width_of(inside), 0)
    return [*fitted(name, room), *inside] if width_of(name) > room else fitted([*name, *inside], max(width, 0))


# --- the waterfall: one time scale for all ------------------------------------------------------------


def bar_cells(width: int) -> int:
    """Cells of the time scale in a list so wide."""
    return max(8, width * 11 // 20)


def _tail(picture: Picture, step: Step) -> Line:
    cost: Line = [(right(picture.cost(step), 9), "muted")] if picture.width >= 96 else []
    return [(right(picture.took(step), 8), "text"), *cost]


def _waterfall(picture: Picture, step: Step, width: int) -> Line:
    tail: Line = [("  ", "text"), *_bar(picture, step, bar_cells(picture.width)), *_tail(picture, step)]
    return [*_named(picture, step, width - sum(len(text) for text, _ in tail)), *tail]


def _bar(picture: Picture, step: Step, width: int) -> Line:
    end = picture.forest.end(step, picture.now)
    if end is None:
        return [(" " * width, "faint")]
    glyphs = picture.glyphs
    low, length = picture.scale.cells(picture.forest.starts[step.id], end, width)
    if not length:  # it was before what is in sight, or comes after it
        later = picture.forest.starts[step.id] > picture.scale.end
        return [(glyphs.bar_rest * (width - 1) + glyphs.into if later else " " * width, "faint")]
    runs = picture.stands(step) == "running" and picture.scale.end >= end
    filled = glyphs.bar * (length - 1) + (glyphs.bar_running if runs else glyphs.bar)
    return [
        (glyphs.bar_rest * low, "faint"),
        (filled, status_ink(picture.stands(step))),
        (" " * (width - low - length), "faint"),
    ]


def _waterfall_head(picture: Picture, width: int) -> Line:
    cost = right("cost", 9) if picture.width >= 96 else ""
    tail: Line = [("  ", "text"), *picture.scale.axis(bar_cells(picture.width)), (right("took", 8) + cost, "muted")]
    return [*fitted([("step", "muted")], max(width - sum(len(text) for text, _ in tail), 0)), *tail]


# --- the graph: what waited for what --------------------------------------------------------------------


def lane_cells(picture: Picture) -> int:
    """Cells of the lanes that are in sight: all that there are, as long as the names keep half of the line."""
    # Every row of a graph is of one width.
    drawn = next((len(lane.text) for lane in picture.lanes.values()), 0)
    return min(drawn, max(picture.width * 2 // 5 // 2 * 2, 8))


def _graph(picture: Picture, step: Step, width: int) -> Line:
    lane, room = picture.lanes[step.id], lane_cells(picture)
    shown = lane.text[2 * picture.shift :][:room].ljust(room)
    at = 2 * (lane.lane - picture.shift)
    status = picture.stands(step)
    sign = picture.glyphs.status(status)
    lanes: Line = [(shown, "faint")]
    name = picture.name(step)
    if 0 <= at < room:
        # The node is the step's sign: it is not said twice.
        lanes, name = [(shown[:at], "faint"), (sign, status_ink(status)), (shown[at + 1 :], "faint")], name[1:]
    tail = _tail(picture, step)
    # The lanes tell what came after what; which of these lie in another their names tell, as in the tree.
    inside = " " * (1 + INSIDE * _depth(picture, step))
    left = width - room - len(inside) - sum(len(text) for text, _ in tail)
    return [*lanes, (inside, "text"), *fitted(name, max(left, 0)), *tail]


INSIDE, DEEPEST = 2, 4
"""Cells that the name of a nested step is set off by in the graph, and how often at most."""


def _depth(picture: Picture, step: Step) -> int:
    """In how many steps it lies, of as many as are told apart."""
    parents, depth, above = picture.forest.parents, 0, picture.forest.parents[step.id]
    while above is not None and depth < DEEPEST:
        depth, above = depth + 1, parents[above]
    return depth


def _graph_head(picture: Picture, width: int) -> Line:
    cost = right("cost", 9) if picture.width >= 96 else ""
    tail = right("took", 8) + cost
    room = lane_cells(picture)
    before = f"<{picture.shift} " if picture.shift else ""
    name = before[:room].ljust(room + 1) + "step"
    return [*fitted([(name, "muted")], max(width - len(tail), 0)), (tail, "muted")]


# --- all ------------------------------------------------------------------------------------------------

LINES: dict[str, Callable[[Picture, Step, int], Line]] = {"tree": _tree, "waterfall": _waterfall, "graph": _graph}
HEADS: dict[str, Callable[[Picture, int], Line]] = {
    "tree": _tree_head,
    "waterfall": _waterfall_head,
    "graph": _graph_head,
}


def line_of(picture: Picture, step: Step, width: int) -> Line:
    """A step's line in the picture's layout, in exactly `width` cells."""
    return LINES[picture.layout](picture, step, width)


def head_of(picture: Picture, width: int) -> Line:
    """The heads of the columns, or the axis."""
    return HEADS[picture.layout](picture, width)
