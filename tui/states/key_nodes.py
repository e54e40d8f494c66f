"""A state as a tree of its keys, in which what changed stands out."""

from collections.abc import Mapping, Sequence

from ...core.checkpoints import StateKey
from ...core.events import Json
from ...core.text import safe_text
from .. import format
from ..facts import gap
from ..lines import Line, between, one_line
from ..trees.json_nodes import json_node, members, opaque_line
from ..trees.many_nodes import folded_beyond
from ..trees.nodes import Node
from .change_nodes import change_nodes
from .flat import glance, is_leaf
from .shown import IN_SIGHT, Shown, Value, Values
from .signs import INK, SIGN

BAR = 8
"""Cells of the bar that shows a key's share of a state's bytes."""

Kept = dict[tuple[str, bool, bool, bool], Node]
"""The nodes of one state's keys: as long as nothing new is known of one, the same is shown again."""


def state_nodes(
    shown: Shown,
    values: Values,
    blames: Mapping[str, Node],
    *,
    everything: bool,
    plain: bool = False,
    kept: Kept | None = None,
) -> list[Node]:
    """A state by its keys: those that changed alone, or all of them by name.

    Below a key that changed is what did; if `plain`, the whole value. Who wrote it stands above it: what lies under it
    may be longer than a screen. Nodes of the same state in `kept` are taken from there. A key costs little until its
    line is drawn.
    """
    kept = {} if kept is None else kept
    names = shown.names if everything else shown.changed_names
    here, parent = shown.checkpoint.id, shown.checkpoint.parent or ""
    plain = plain or not parent  # what has none before it is shown whole
    nodes: list[Node] = []
    for name in names:
        # Recorded values do not change, but they are read one by one.
        known = (name, plain, values.has(here, name), values.has(parent, name))
        node = kept.get(known)
        if node is None:
            node = kept[known] = _Key(shown, values, shown.key(name), plain).node()
        if name in blames:
            nodes.append(blames[name])
        nodes.append(node)
    others = len(shown.names) - len(names)
    if others:
        nodes += [gap("same"), Node("same", [(f"{format.plural(others, 'key')} unchanged, v shows all", "faint")])]
    return nodes


class _Key:
    """A key as it is shown. What stands beside its name is made, and wished for, when it comes into sight."""

    __slots__ = ("_key", "_left", "_plain", "_shown", "_values")

    def __init__(self, shown: Shown, values: Values, key: StateKey, plain: bool) -> None:
        self._shown, self._values, self._key, self._plain = shown, values, key, plain
        self._left: Line | None = None

    def node(self) -> Node:
        if self._key.opaque is not None:
            return Node(self._key.key, self._line)
        leaf = all(value is not None and is_leaf(value[0]) for value in self._read())
        return Node(self._key.key, self._line, None if leaf else self._children)

    @property
    def _places(self) -> list[tuple[str, StateKey]]:
        """The checkpoint at which it has its value, and the one at which it had another, if that is shown."""
        shown, kind = self._shown, self._shown.kind(self._key.key)
        here, parent = shown.checkpoint.id, shown.checkpoint.parent
        if parent is None or kind == "removed":
            return [(parent or here, self._key)]
        before = [(parent, shown.was[self._key.key])] if kind == "changed" and not self._plain else []
        return [(here, self._key), *before]

    def _read(self) -> list[Value | None]:
        """Its values there, as far as they are read."""
        return [self._values.get(checkpoint, key.key) for checkpoint, key in self._places]

    def _children(self) -> Sequence[Node]:
        value, *others = self._read()
        old = others[0] if others else None
        if value is None or (others and old is None):
            self._wish(None)
            return [Node("wait", [("reading", "muted")])]
        return _inside(value[0]) if old is None else folded_beyond(list(change_nodes(old[0], value[0], lazy=True)))

    def _wish(self, longest: int | None) -> None:
        for checkpoint, key in self._places:
            if longest is None or key.size_bytes <= longest:
                self._values.wish(checkpoint, key.key)

    def _line(self, width: int) -> Line:
        kind, name = self._shown.kind(self._key.key), self._key.key
        if self._left is None:
            sign: Line = [
                (f"{SIGN[kind]} ", INK[kind]),
                (one_line(name, 60) if name.strip() else f'"{safe_text(name)}"', "accent"),
                (": ", "faint"),
            ]
            self._left = [*sign, *self._beside()]
        was = self._shown.was[name].size_bytes if kind == "changed" else None
        whole = 0 if kind == "removed" else max(self._shown.size_bytes, 1)
        return between(self._left, _end(self._key.size_bytes, was, whole, width), width)

    def _beside(self) -> Line:
        if (opaque := self._key.opaque) is not None:
            return opaque_line({"opaque": opaque.note, "size": opaque.size, "sha256": opaque.digest})
        value, *others = self._read()
        if None in (value, *others):
            self._wish(IN_SIGHT)
        if value is None and self._key.size_bytes > IN_SIGHT:
            return [("unfold to read it", "faint")]
        return glance(value, others[0] if others else None)


def _inside(value: Json) -> Sequence[Node]:
    if isinstance(value, dict | list) and value:
        return members(value, 1)()
    node = json_node("", value, key="value")
    node.open = True
    return [node]


def _end(size: int, was: int | None, whole: int, width: int) -> Line:
    """The bytes of a key, by how much they grew, and where there is room their share of the state as a bar.

    `whole` is 0 for a key that is not in it any more.
    """
    grown = ""
    if was is not None and was != size:
        grown = f" {'+' if size > was else '-'}{format.size(abs(size - was))}"
    line: Line = [(f"{grown}  ", "faint"), (f"{format.size(size):>7}", "muted")]
    return [*line, (f" {format.bar(size / whole if whole else 0, BAR)}", "active")] if width >= 48 else line
