"""Very many nodes in a tree: in ranges of which one is unfolded, and with no more unfolded than anybody reads."""

from collections.abc import Iterator, Sequence

from .json_nodes import CHUNK
from .nodes import Node

ROWS = 1_000
"""Rows after which nothing is unfolded by itself any more."""


def in_ranges(nodes: Sequence[Node]) -> Sequence[Node]:
    """These nodes, or, where there are more than `CHUNK`, ranges of so many of them (and ranges of ranges)."""
    span, whole = 1, len(nodes)
    while len(nodes) > CHUNK:
        span *= CHUNK
        parts = [nodes[at : at + CHUNK] for at in range(0, len(nodes), CHUNK)]
        nodes = [_range(part, place * span, min((place + 1) * span, whole)) for place, part in enumerate(parts)]
    return nodes


def _range(nodes: Sequence[Node], start: int, end: int) -> Node:
    return Node(("range", start), [(f"{start + 1:,}…{end:,}", "muted")], lambda: nodes, open=start == 0)


def folded_beyond(nodes: Sequence[Node], most: int = ROWS) -> Sequence[Node]:
    """The same nodes, of which nothing is unfolded that would come after so many rows. Costs these rows.

    What makes its children anew each time stays as it is.
    """
    left = most
    stack: list[Iterator[Node]] = [iter(nodes)]
    while stack:
        node = next(stack[-1], None)
        if node is None:
            stack.pop()
            continue
        left -= 1
        if node.open and node.children:
            if left < 0:
                node.open = False
            else:
                stack.append(iter(node.children()))
    return nodes
