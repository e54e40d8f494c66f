"""Trees as values: nodes that make their children when they are unfolded, and the rows a screen shows of them.

Folds belong to paths, not to nodes: what was unfolded stays so when the tree is made anew.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from .glyphs import UNICODE, Glyphs
from .lines import Line, wrapped

Path = tuple[Hashable, ...]
"""Keys of the nodes from the root down: a node's identity."""

Drawing = Line | Callable[[int], Line]
"""A line, or how to draw it in a number of cells."""

NO_TEXT = ""


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


class Row(NamedTuple):
    """One line on the screen."""

    path: Path
    part: int
    """0 for the node's own line, 1, 2, 3 … for the lines of its text."""
    node: Node
    guide: str
    """What is drawn before it: indentation, or the lines of the tree."""
    fold: bool | None
    """Whether it is unfolded; None if it has nothing to unfold."""
    text: str = NO_TEXT


Folds = dict[Path, bool]


def rows(
    nodes: Sequence[Node], folds: Folds, width: int, *, guides: bool = False, glyphs: Glyphs = UNICODE
) -> Iterator[Row]:
    """The rows of a tree as it is folded, in order. `guides` draws the lines of the tree.

    What is nested deeper than a third of the width is not indented further.
    """
    deepest = max(width // 3, 8)
    # A stack of our own: a state may be nested deeper than Python recurses.
    stack: list[tuple[Path, str, Iterator[tuple[Node, bool]]]] = [((), "", _marked(nodes))]
    while stack:
        above, indent, siblings = stack[-1]
        following = next(siblings, None)
        if following is None:
            stack.pop()
            continue
        node, last = following
        path = (*above, node.key)
        deep = len(stack) > 1
        guide = indent + ((glyphs.last if last else glyphs.branch) if guides and deep else "")
        below = indent + ((glyphs.gap if last else glyphs.trunk) if guides and deep else "" if guides else glyphs.gap)
        fold = folds.get(path, node.open) if node.children or node.text else None
        yield Row(path, 0, node, guide, fold)
        if node.text and fold:
            for part, piece in enumerate(wrapped(node.text, width - len(below) - 2), 1):
                yield Row(path, part, node, below, None, piece)
        if fold and node.children:
            if len(below) > deepest:
                below = glyphs.ellipsis + below[3 - deepest :]
            stack.append((path, below, _marked(node.children())))


def _marked(nodes: Sequence[Node]) -> Iterator[tuple[Node, bool]]:
    """Each node, and whether it is the last one."""
    return ((node, place == len(nodes) - 1) for place, node in enumerate(nodes))
