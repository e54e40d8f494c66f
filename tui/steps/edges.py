"""The graph of a run's steps: what waited for what, in lanes."""

from heapq import heapify, heappop, heappush

from ..glyphs import Glyphs
from ..graph import ASCII, UNICODE, Lane, lanes
from .forest import Forest

MOST = 64
"""Lanes that are drawn; steps that would need more share the last one."""


def edges(forest: Forest) -> dict[str, list[str]]:
    """What each step comes after: what it depends on, else the step it lies in. Unknown ids are left out."""
    found: dict[str, list[str]] = {}
    for id, step in forest.by_id.items():
        before = [other for other in dict.fromkeys(step.depends_on) if other in forest.by_id and other != id]
        parent = forest.parents[id]
        found[id] = before or ([parent] if parent else [])
    return found


def sorted_edges(before: dict[str, list[str]]) -> dict[str, list[str]]:
    """The same steps, each behind all that it comes after, and else as they were.

    In a circle the step that stands first goes first: what it would have to wait for is not drawn.
    """
    places = {id: n for n, id in enumerate(before)}
    names = list(before)
    waits = {id: len(others) for id, others in before.items()}
    after: dict[str, list[str]] = {}
    for id, others in before.items():
        for other in others:
            after.setdefault(other, []).append(id)
    ready = [places[id] for id, left in waits.items() if not left]
    heapify(ready)
    result: dict[str, list[str]] = {}
    circles = iter(names)
    while len(result) < len(names):
        id = names[heappop(ready)] if ready else next(one for one in circles if one not in result)
        if id in result:
            continue
        result[id] = [other for other in before[id] if other in result]
        for later in after.get(id, ()):
            waits[later] -= 1
            if not waits[later] and later not in result:
                heappush(ready, places[later])
    return result


def drawn(forest: Forest, glyphs: Glyphs) -> dict[str, Lane]:
    """The lane of every step, in the order of the graph."""
    signs = UNICODE if glyphs.ellipsis == "…" else ASCII
    return lanes(sorted_edges(edges(forest)), signs, most=MOST)
