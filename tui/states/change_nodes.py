"""What differs between two values, or two states, as a tree: of objects, lists and texts only what does."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from functools import cache, partial
from typing import NamedTuple

from ...core.checkpoints import StateDiff
from ...core.deep_json import is_nested
from ...core.diff import encoded, same
from ...core.events import Json
from ...core.progress import go_on
from .. import format
from ..lines import Line, one_line
from ..trees.json_nodes import CHUNK, json_node, opened_once
from ..trees.many_nodes import folded_beyond, in_ranges
from ..trees.nodes import Node
from .flat import flat, is_leaf
from .signs import INK, SIGN, Kind
from .text_changes import text_changes

ALIGNED = 200
"""Entries of two lists, without what these begin and end with alike, up to which equal ones among them are looked for:
that costs their square.
"""


class _Difference(NamedTuple):
    """What became of a member of an object or list."""

    kind: Kind
    name: str
    key: Hashable
    before: Json = None
    after: Json = None
    ink: str = "accent"

    def node(self, lazy: bool) -> Node:
        """Of one that changed what did below it."""
        if self.kind == "changed":
            return _changed(self.name, self.before, self.after, self.key, self.ink, lazy=lazy)
        value = self.after if self.kind == "added" else self.before
        return signed(self.kind, json_node(self.name, value, key=self.key, depth=1, ink=self.ink))


def change_nodes(before: Json, after: Json, *, lazy: bool = False) -> Iterator[Node]:
    """What differs between two values: inside objects, lists and texts only what does.

    All of it is looked for here, to be called in a thread; if `lazy`, what lies deeper when it is unfolded, and of
    very many differences a range at a time.
    """
    if is_nested(before) and is_nested(after):
        before, after = opened_once(before), opened_once(after)
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _object_changes(before, after, lazy)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _list_changes(before, after, lazy)
    elif isinstance(before, str) and isinstance(after, str) and (found := text_changes(before, after)):
        yield from found
    else:
        yield signed("removed", json_node("before", before, key="before", depth=1))
        yield signed("added", json_node("after", after, key="after", depth=1))


def _object_changes(before: Mapping[str, Json], after: Mapping[str, Json], lazy: bool) -> Iterator[Node]:
    found = []
    for key in sorted(before.keys() | after.keys()):
        if key not in before:
            found.append(_Difference("added", key, key, after=after[key]))
        elif key not in after:
            found.append(_Difference("removed", key, key, before[key]))
        elif not same(before[key], after[key]):
            found.append(_Difference("changed", key, key, before[key], after[key]))
    yield from _nodes(found, lazy)
    if equal := len(before.keys() | after.keys()) - len(found):
        yield Node("same", [(f"  {format.plural(equal, 'key')} unchanged", "faint")])


def _list_changes(before: Sequence[Json], after: Sequence[Json], lazy: bool) -> Iterator[Node]:
    found: list[_Difference] = []
    for tag, a, a_end, b, b_end in _aligned([encoded(one) for one in before], [encoded(one) for one in after]):
        if tag == "equal":
            yield from _nodes(found, lazy)
            found = []
            yield Node(("same", a), [(f"  {format.plural(a_end - a, 'entry', 'entries')} unchanged", "faint")])
            continue
        both = min(a_end - a, b_end - b)
        for n in range(both):
            old, new = before[a + n], after[b + n]
            found.append(_Difference("changed", str(b + n), ("after", b + n), old, new, "muted"))
        for n in range(a + both, a_end):
            found.append(_Difference("removed", str(n), ("before", n), before[n], ink="muted"))
        for n in range(b + both, b_end):
            found.append(_Difference("added", str(n), ("after", n), after=after[n], ink="muted"))
    yield from _nodes(found, lazy)


Steps = list[tuple[str, int, int, int, int]]


def _aligned(old: Sequence[bytes], new: Sequence[bytes]) -> Steps:
    """How one list becomes another, as `difflib` tells it."""
    start, old_end, new_end = 0, len(old), len(new)
    while start < min(old_end, new_end) and old[start] == new[start]:
        start += 1
    while min(old_end, new_end) > start and old[old_end - 1] == new[new_end - 1]:
        old_end, new_end = old_end - 1, new_end - 1
    middle = [("replace", 0, old_end - start, 0, new_end - start)]
    if max(old_end, new_end) - start <= ALIGNED:
        middle = list(SequenceMatcher(None, old[start:old_end], new[start:new_end], autojunk=False).get_opcodes())
    steps: Steps = [("equal", 0, start, 0, start)] if start else []
    steps += [(tag, start + a, start + a_end, start + b, start + b_end) for tag, a, a_end, b, b_end in middle]
    return [*steps, ("equal", old_end, len(old), new_end, len(new))] if old_end < len(old) else steps


def _nodes(found: Sequence[_Difference], lazy: bool) -> Iterator[Node]:
    if not lazy or len(found) <= CHUNK:
        yield from _part(found, lazy)
        return
    for start in range(0, len(found), CHUNK):
        part = found[start : start + CHUNK]
        label: Line = [(f"{one_line(part[0].name, 24)} … {one_line(part[-1].name, 24)}", "muted")]
        label.append((f"  {format.plural(len(part), 'difference')}", "faint"))
        yield Node(("range", part[0].key), label, partial(_part, part, lazy), open=start == 0)


def _part(found: Sequence[_Difference], lazy: bool) -> list[Node]:
    nodes = []
    for one in found:
        go_on()
        nodes.append(one.node(lazy))
    return nodes


def _changed(
    name: str, before: Json, after: Json, key: Hashable = None, ink: str = "accent", *, lazy: bool = False
) -> Node:
    line: Line = [(f"{SIGN['changed']} ", INK["changed"]), (one_line(name, 60), ink), (": ", "faint")]
    identity = name if key is None else key
    if is_leaf(before) and is_leaf(after):
        return Node(identity, [*line, *flat(before), (" → ", "faint"), *flat(after)])
    inside = cache(partial(_inside, before, after, lazy))
    if not lazy and not (is_nested(before) and is_nested(after)):
        inside()  # of what is nested deeper than a stack goes, a part at a time
    return Node(identity, [*line, *flat(after)], inside, open=True)


def _inside(before: Json, after: Json, lazy: bool) -> Sequence[Node]:
    return in_ranges(list(change_nodes(before, after, lazy=lazy)))


def signed(kind: Kind, node: Node) -> Node:
    """A node with the sign of what became of it."""
    assert isinstance(node.line, list)
    return Node(node.key, [(f"{SIGN[kind]} ", INK[kind]), *node.line], node.children, node.open, node.text, node.ink)


def diff_nodes(diff: StateDiff) -> Sequence[Node]:
    """What differs between two checkpoints that were marked, all of it looked for here: to be called in a thread."""
    nodes: list[Node] = []
    for one in diff.changes:
        go_on()
        if one.kind == "changed":
            nodes.append(_changed(one.key, one.before, one.after))
        else:
            value = one.after if one.kind == "added" else one.before
            nodes.append(signed(one.kind, json_node(one.key, value, depth=1)))
    return folded_beyond(in_ranges(nodes)) or [Node("same", [("The two states are the same", "muted")])]
