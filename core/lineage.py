"""Lineage: who came from whom, of versions, checkpoints or anything else that names its parents.

Pure functions over a map of each thing to its parents. What others wrote may lack parents or go
round in circles; that is tolerated, and said.
"""

from collections.abc import Hashable, Mapping, Sequence
from heapq import heappop, heappush
from typing import Generic, TypeVar

import msgspec

K = TypeVar("K", bound=Hashable)


class Lineage(msgspec.Struct, Generic[K], kw_only=True, frozen=True):
    """The order of a lineage, its ends, and what is wrong with it."""

    order: tuple[K, ...]
    """Everything once, parents before children; else as it was given."""
    heads: tuple[K, ...]
    """What is nobody's parent: the ends of the branches."""
    missing: tuple[tuple[K, K], ...] = ()
    """Child and parent, where the parent is not there."""
    circular: tuple[K, ...] = ()
    """What is its own ancestor, or lies on a way between such: among these the order is as it was given."""


def lineage(parents: Mapping[K, Sequence[K]]) -> Lineage[K]:
    """Orders a lineage, of any depth; costs little more than its size."""
    children = _children(parents)
    circular = _circular(parents, children)
    return Lineage(
        order=tuple(_in_order(parents, children, circular)),
        heads=tuple(node for node in parents if not children[node]),
        missing=tuple((node, up) for node, ups in parents.items() for up in dict.fromkeys(ups) if up not in parents),
        circular=tuple(node for node in parents if node in circular),
    )


def ancestors(parents: Mapping[K, Sequence[K]], node: K) -> dict[K, None]:
    """Everything that a node came from, nearest first; itself only if it is its own ancestor."""
    found: dict[K, None] = {}
    level = [node]
    while level:
        level = [up for near in level for up in parents.get(near, ()) if up in parents and up not in found]
        level = list(dict.fromkeys(level))
        found.update(dict.fromkeys(level))
    return found


def path(parents: Mapping[K, Sequence[K]], node: K) -> list[K]:
    """From a node along first parents to its root: a cycle ends where it would begin again."""
    seen: dict[K, None] = {}
    here: K | None = node
    while here is not None and here in parents and here not in seen:
        seen[here] = None
        here = next(iter(parents[here]), None)
    return list(seen)


def _children(parents: Mapping[K, Sequence[K]]) -> dict[K, list[K]]:
    children: dict[K, list[K]] = {node: [] for node in parents}
    for node, ups in parents.items():
        for up in dict.fromkeys(ups):
            if up in children:
                children[up].append(node)
    return children


def _peeled(edges: Mapping[K, Sequence[K]], back: Mapping[K, Sequence[K]], among: set[K]) -> set[K]:
    """What is left when everything without an edge within the rest is taken away, again and again."""
    left = set(among)
    degree = {node: sum(other in left for other in dict.fromkeys(edges[node])) for node in left}
    free = [node for node in left if not degree[node]]
    while free:
        node = free.pop()
        left.discard(node)
        for other in dict.fromkeys(back[node]):
            if other in left:
                degree[other] -= 1
                if not degree[other]:
                    free.append(other)
    return left


def _circular(parents: Mapping[K, Sequence[K]], children: Mapping[K, Sequence[K]]) -> set[K]:
    """What is left when all roots and all ends are taken away. Most lineages have nothing left at the first."""
    return _peeled(children, parents, _peeled(parents, children, set(parents)))


def _in_order(parents: Mapping[K, Sequence[K]], children: Mapping[K, Sequence[K]], circular: set[K]) -> list[K]:
    place = {node: index for index, node in enumerate(parents)}
    nodes = list(parents)
    waiting = {
        node: sum(up in parents and not (node in circular and up in circular) for up in dict.fromkeys(ups))
        for node, ups in parents.items()
    }
    ready = [place[node] for node in nodes if not waiting[node]]
    order: list[K] = []
    while ready:
        node = nodes[heappop(ready)]
        order.append(node)
        for child in children[node]:
            if node in circular and child in circular:
                continue
            waiting[child] -= 1
            if not waiting[child]:
                heappush(ready, place[child])
    return order
