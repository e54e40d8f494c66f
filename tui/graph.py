"""Lanes: how a graph of things with parents is drawn beside a list of them, one row a thing.

For checkpoints of a run, versions of a workflow and steps that depend on each other alike. The
last child of a thing goes on in its lane, earlier children open lanes to the right: what
counts now stays on the left, as abandoned branches leave the line.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple, TypeVar

K = TypeVar("K", bound=Hashable)

MAX_LANES = 12
"""Lanes that are drawn; what would need more shares the last one."""


class Signs(NamedTuple):
    """The pieces of a drawing, one cell each."""

    node: str = "●"
    lane: str = "│"
    across: str = "─"
    cross: str = "┼"
    from_left: str = "├"
    """A line to the node leaves a lane on its left that goes on."""
    from_right: str = "┤"
    end_left: str = "╰"
    """A lane on the left ends in the node."""
    end_right: str = "╯"


UNICODE = Signs()
ASCII = Signs("o", "|", "-", "+", "|", "|", "`", "'")
_UPWARDS = str.maketrans("╰╯`'", "╭╮,.")


class Lane(NamedTuple):
    """Where one thing stands."""

    lane: int
    """Column of its node, from 0; the node is in cell `2 * lane` of the drawing."""
    text: str
    """The drawing of its row, two cells a lane; every row of a graph is of one width."""


def upwards(drawn: Mapping[K, Lane]) -> dict[K, Lane]:
    """The same drawing turned over, children above their parents: as histories are read."""
    return {key: Lane(lane.lane, lane.text.translate(_UPWARDS)) for key, lane in reversed(list(drawn.items()))}


class _Row(NamedTuple):
    column: int
    passing: frozenset[int]
    """Other lanes that go on below, of those that are drawn."""
    homes: tuple[int, ...]
    """Lanes of parents that stand in other lanes."""


def lanes(parents: Mapping[K, Sequence[K]], signs: Signs = UNICODE, *, most: int = MAX_LANES) -> dict[K, Lane]:
    """The lane and the drawing of every thing, in the order given, which has parents before children.

    Parents that come later, or not at all, are left out. Costs things times lanes, and room for `most` of them.
    """
    placed = _place(parents, most)
    width = min(max((row.column for row in placed.values()), default=0) + 1, most)
    return {key: Lane(min(row.column, width - 1), _draw(row, width, signs)) for key, row in placed.items()}


def _place(parents: Mapping[K, Sequence[K]], most: int) -> dict[K, _Row]:
    left = _children_left(parents)
    lane_of: dict[K, int] = {}
    busy: set[int] = set()
    drawn = frozenset(range(most))
    placed: dict[K, _Row] = {}
    for key, given in parents.items():
        known = [parent for parent in dict.fromkeys(given) if parent in lane_of]
        for parent in known:
            left[parent] -= 1
        done = [lane_of[parent] for parent in known if not left[parent]]
        column = done[0] if done and not left[known[0]] else next(n for n in range(len(busy) + 1) if n not in busy)
        busy.difference_update(done)
        homes = tuple(lane_of[parent] for parent in known if lane_of[parent] != column)
        passing = frozenset(lane for lane in (busy if len(busy) < most else busy & drawn) if lane != column)
        placed[key] = _Row(column, passing, homes)
        lane_of[key] = column
        if left.get(key):
            busy.add(column)
    return placed


def _children_left(parents: Mapping[K, Sequence[K]]) -> dict[K, int]:
    left: dict[K, int] = {}
    for key, given in parents.items():
        for parent in dict.fromkeys(given):
            if parent in left:
                left[parent] += 1
        left[key] = 0
    return left


def _draw(row: _Row, width: int, signs: Signs) -> str:
    cells = [" "] * (width * 2)
    column = min(row.column, width - 1)
    for lane in row.passing:
        if lane < width:
            cells[lane * 2] = signs.lane
    for home in row.homes:
        _across(cells, min(home, width - 1), column, home in row.passing, signs)
    cells[column * 2] = signs.node
    return "".join(cells)


def _across(cells: list[str], home: int, column: int, goes_on: bool, signs: Signs) -> None:
    low, high = sorted((home, column))
    for cell in range(low * 2 + 1, high * 2):
        cells[cell] = signs.cross if cells[cell] in (signs.lane, signs.cross) else signs.across
    if home < column:
        cells[home * 2] = signs.from_left if goes_on else signs.end_left
    elif home > column:
        cells[home * 2] = signs.from_right if goes_on else signs.end_right
