"""Trees as values: nodes that make their children when they are unfolded, and the rows a screen shows of them.

Folds belong to paths, not to nodes: what was unfolded stays so when the tree is made anew.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from ..glyphs import UNICODE, Glyphs
from ..lines import Line, wrapped

Drawing = Line | Callable[[int], Line]
"""A line, or how to draw it in a number of cells."""

NO_TEXT = ""


class Path:
    """Where a node lies: its key, below the path of the node above it. `Folds` makes it, and only once.

    So a path is compared, and looked up, in no more time where a tree is thousands of levels deep.
    """

    __slots__ = ("__weakref__", "above", "depth", "first", "key")

    def __init__(self, above: "Path | None", key: Hashable) -> None:
        self.above, self.key = above, key
        self.depth: int = 1 if above is None else above.depth + 1
        """How many keys lead to it."""
        self.first: Hashable = key if above is None else above.first
        """The outermost of them."""

    @property
    def keys(self) -> tuple[Hashable, ...]:
        """All keys from the root down. Costs its depth."""
        keys, at = [self.key], self.above
        while at is not None:
            keys.append(at.key)
            at = at.above
        return tuple(reversed(keys))


class Folds:
    """What a person folded and unfolded of a tree, and the paths of its nodes. For one thread."""

    def __init__(self) -> None:
        self._open: dict[Path, bool] = {}
        self._paths: WeakValueDictionary[tuple[Path | None, Hashable], Path] = WeakValueDictionary()
        self.made = 0
        """Paths made so far: what a test counts."""

    def path(self, above: Path | None, key: Hashable) -> Path:
        """The path of a node below another, or of an outermost one."""
        path = self._paths.get((above, key))
        if path is None:
            path = self._paths[above, key] = Path(above, key)
            self.made += 1
        return path

    def find(self, keys: Iterable[Hashable]) -> Path | None:
        """The path that these keys lead to from the root down; None where no row and no fold has it."""
        path = None
        for key in keys:
            path = self._paths.get((path, key))
            if path is None:
                return None
        return path

    def along(self, keys: Iterable[Hashable]) -> Iterator[Path]:
        """The paths that these keys lead through from the root down."""
        path = None
        for key in keys:
            path = self.path(path, key)
            yield path

    def is_open(self, path: Path | None, otherwise: bool) -> bool:
        """Whether a node is unfolded; `otherwise` if nobody said so."""
        return otherwise if path is None else self._open.get(path, otherwise)

    def set(self, paths: Iterable[Path], open: bool) -> None:
        """Unfolds nodes, or folds them."""
        self._open |= dict.fromkeys(paths, open)

    def unfolded(self) -> list[Path]:
        """The nodes that the person unfolded. May be asked for in any thread."""
        return [path for path, open in list(self._open.items()) if open]


@dataclass(slots=True)
class Node:
    """One thing on a screen, with what lies under it."""

    key: Hashable
    """Unique among its siblings, and the same whenever it is made again."""
    line: Drawing
    children: Callable[[], Sequence["Node"]] | None = None
    open: bool = False
    """Whether it is unfolded until the person says otherwise."""
    text: str = NO_TEXT
    """Safe text that is wrapped below the line when it is unfolded."""
    ink: str = "text"
    """Ink of the text."""
    target: Any = None
    """What `enter` leads to; None folds."""
    head: bool = False
    """Whether it names columns: the cursor begins below it."""


class Row(NamedTuple):
    """One line on the screen."""

    path: Path
    part: int
    """0 for the node's own line, 1, 2, 3 … for the lines of its text."""
    node: Node
    guide: str
    """What is drawn before it: indentation, or the lines of the tree."""
    below: str
    """What is drawn before that which lies under it."""
    fold: bool | None
    """Whether it is unfolded; None if it has nothing to unfold."""
    text: str = NO_TEXT


class Shape(NamedTuple):
    """What the rows of a tree are made for."""

    width: int
    guides: bool = False
    """Whether the lines of the tree are drawn."""
    glyphs: Glyphs = UNICODE


def rows(nodes: Sequence[Node], folds: Folds, shape: Shape) -> Iterator[Row]:
    """The rows of a tree as it is folded, in order.

    What is nested deeper than a third of the width is not indented further.
    """
    return _walked(nodes, None, "", folds, shape)


def rows_under(row: Row, folds: Folds, shape: Shape) -> Iterator[Row]:
    """Those of them that come to lie under one of them as it is unfolded: its text, then what is below it."""
    yield from _pieces(row, shape)
    if row.node.children:
        yield from _walked(row.node.children(), row.path, _indent(row.below, shape), folds, shape)


def _walked(nodes: Sequence[Node], above: Path | None, indent: str, folds: Folds, shape: Shape) -> Iterator[Row]:
    # A stack of our own: a state may be nested deeper than Python recurses.
    stack = [(above, indent, _marked(nodes))]
    while stack:
        above, indent, siblings = stack[-1]
        following = next(siblings, None)
        if following is None:
            stack.pop()
            continue
        node, last = following
        row = _row(node, last, folds.path(above, node.key), indent, folds, shape)
        yield row
        if row.fold:
            yield from _pieces(row, shape)
            if node.children:
                stack.append((row.path, _indent(row.below, shape), _marked(node.children())))


def _row(node: Node, last: bool, path: Path, indent: str, folds: Folds, shape: Shape) -> Row:
    """The line of a node, the `last` of its siblings or not."""
    fold = folds.is_open(path, node.open) if node.children or node.text else None
    glyphs = shape.glyphs
    if not shape.guides:
        return Row(path, 0, node, indent, indent + glyphs.gap, fold)
    if path.depth == 1:
        return Row(path, 0, node, indent, indent, fold)
    guide, below = (glyphs.last, glyphs.gap) if last else (glyphs.branch, glyphs.trunk)
    return Row(path, 0, node, indent + guide, indent + below, fold)


def _pieces(row: Row, shape: Shape) -> Iterator[Row]:
    """The lines of a node's text."""
    if row.node.text:
        for part, piece in enumerate(wrapped(row.node.text, shape.width - len(row.below) - 2), 1):
            yield Row(row.path, part, row.node, row.below, row.below, None, piece)


def _indent(below: str, shape: Shape) -> str:
    deepest = max(shape.width // 3, 8)
    return shape.glyphs.ellipsis + below[3 - deepest :] if len(below) > deepest else below


def _marked(nodes: Sequence[Node]) -> Iterator[tuple[Node, bool]]:
    """Each node, and whether it is the last one."""
    return ((node, place == len(nodes) - 1) for place, node in enumerate(nodes))
