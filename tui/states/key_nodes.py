"""Checkpoints as a graph of lines, and a state as a tree in which what changed stands out."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import partial
from typing import Literal, NamedTuple

from ...core.checkpoints import Blame, Checkpoint, StateDiff, StateKey
from ...core.diff import same
from ...core.events import Json
from ...core.progress import go_on
from ...core.runs import Run
from ...core.text import safe_text
from .. import format
from ..facts import gap
from ..glyphs import UNICODE, Glyphs
from ..graph import ASCII as ASCII_SIGNS
from ..graph import UNICODE as UNICODE_SIGNS
from ..graph import Lane, lanes
from ..json_nodes import json_node, members, opaque_line
from ..lines import Line, between, one_line, status_ink
from ..many_nodes import folded_beyond, in_ranges
from ..nodes import Node

Kind = Literal["added", "removed", "changed", "same"]

SIGN = {"added": "+", "removed": "-", "changed": "~", "same": " "}
INK = {"added": "good", "removed": "bad", "changed": "warn", "same": "text"}

BAR = 8
"""Cells of the bar that shows a key's share of a state's bytes."""

Value = tuple[Json]
"""A value that was read, so that null can be told from not read."""


def checkpoint_nodes(
    checkpoints: Sequence[Checkpoint],
    names: Mapping[str, str],
    marked: Sequence[str],
    glyphs: Glyphs,
    branches: Sequence[Run] = (),
) -> list[Node]:
    """One line a checkpoint, with its lane; below it one for each of the `branches`, the runs, that started there."""
    signs = UNICODE_SIGNS if glyphs.ellipsis == "…" else ASCII_SIGNS
    started: dict[str, list[Run]] = {}
    for run in branches:
        started.setdefault(run.from_checkpoint or "", []).append(run)
    parents: dict[str, tuple[str, ...]] = {}
    for one in checkpoints:
        parents[one.id] = (one.parent,) if one.parent else ()
        parents |= {f"run {run.id}": (one.id,) for run in started.get(one.id, ())}
    drawn = lanes(parents, signs)
    nodes = []
    for one in checkpoints:
        lane = drawn[one.id]
        at = 2 * lane.lane
        graph: Line = [
            (glyphs.mark if one.id in marked else " ", "accent"),
            (lane.text[:at], "faint"),
            (lane.text[at], "accent" if one.id in marked else "active"),
            (lane.text[at + 1 :], "faint"),
        ]
        nodes.append(Node(one.id, _checkpoint_line(one, names, graph), target=one.id))
        nodes += [_branch_node(run, drawn[f"run {run.id}"], glyphs) for run in started.get(one.id, ())]
    return nodes


def _branch_node(run: Run, lane: Lane, glyphs: Glyphs) -> Node:
    """The line of a run that started at the checkpoint above; `enter` goes to it."""
    at = 2 * lane.lane
    line: Line = [
        (" ", "text"),
        (lane.text[:at], "faint"),
        (glyphs.status(run.status), status_ink(run.status)),
        (lane.text[at + 1 :], "faint"),
        (f" run {format.short_id(run.id, glyphs)}", "accent"),
        (f"  {one_line(run.name or run.workflow, 40)}", "muted"),
    ]
    return Node(("run", run.id), line, target=("run", run.id))


def origin_line(checkpoint: str, origin: Checkpoint | None, glyphs: Glyphs) -> Line:
    """Which checkpoint of which other run a run started at; `origin` is None if it is not here."""
    label = f" {one_line(origin.label, 40)}" if origin and origin.label else ""
    where = f" of run {format.short_id(origin.run, glyphs)}" if origin else ", which is not here"
    return [(f"checkpoint {format.short_id(one_line(checkpoint, 40), glyphs)}{label}", "text"), (where, "muted")]


def origin_node(checkpoint: str, origin: Checkpoint | None, glyphs: Glyphs) -> Node:
    """The line above the graph of a run that is a branch of another; `enter` goes to that one."""
    line: Line = [("  from ", "faint"), *origin_line(checkpoint, origin, glyphs)]
    return Node("origin", line, target=("run", origin.run) if origin else None)


def _checkpoint_line(one: Checkpoint, names: Mapping[str, str], graph: Line) -> Callable[[int], Line]:
    label = one_line(one.label or (names.get(one.step, one.step) if one.step else ""), 60)
    line: Line = [*graph, (f" {format.clock(one.t)}  ", "muted"), (label, "text")]
    changed = "" if one.changed is None else f"{len(one.changed)}{SIGN['changed']}"
    end: Line = [(f" {changed:>4}", "warn"), (f" {format.size(one.size_bytes):>7}", "muted")]
    return lambda width: between(line, end if width >= 36 else [], width)


class Shown(NamedTuple):
    """A state as it is looked at: its keys, and what became of them since the parent."""

    checkpoint: Checkpoint
    keys: tuple[StateKey, ...]
    before: tuple[StateKey, ...]
    """Keys of the parent."""
    changed: frozenset[str]
    """Keys that were added, changed or removed."""

    def kind(self, key: str) -> Kind:
        """What became of a key."""
        if key not in self.changed:
            return "same"
        if not any(one.key == key for one in self.before):
            return "added"
        return "changed" if any(one.key == key for one in self.keys) else "removed"


class Values:
    """Values that were read; asking for another one wishes for it."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, str], Json] = {}
        self.wished: list[tuple[str, str]] = []

    def get(self, checkpoint: str, key: str) -> Value | None:
        """The value in a one-tuple, or None if it is not read yet."""
        place = (checkpoint, key)
        return (self._read[place],) if place in self._read else None

    def wish(self, checkpoint: str, key: str) -> None:
        """Remembers that somebody looks at it."""
        if (checkpoint, key) not in self._read and (checkpoint, key) not in self.wished:
            self.wished.append((checkpoint, key))

    def keep(self, found: Mapping[tuple[str, str], Json]) -> None:
        """Takes in what was read; forgets the oldest where it becomes too much."""
        self._read |= found
        self.wished = [place for place in self.wished if place not in self._read]
        for place in list(self._read)[: max(len(self._read) - 500, 0)]:
            del self._read[place]


Kept = dict[tuple[Hashable, ...], Node]
"""The nodes of a state's keys: as long as nothing new is known of one, the same is shown again."""


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

    Below a key that changed is what did; if `plain`, the whole value. Nodes of the same state in `kept` are taken
    from there.
    """
    kept = {} if kept is None else kept
    sizes = {one.key: one for one in shown.before} | {one.key: one for one in shown.keys}
    was = {one.key: one.size_bytes for one in shown.before}
    names = sorted(sizes) if everything else sorted(key for key in sizes if key in shown.changed)
    whole = sum(one.size_bytes for one in shown.keys) or 1
    nodes: list[Node] = []
    for name in names:
        kind = shown.kind(name)
        grew = was.get(name) if kind == "changed" else None
        end = partial(_end, sizes[name].size_bytes, grew, 0 if kind == "removed" else whole)
        known = _known(shown, values, name, plain)
        node = kept.get(known)
        if node is None:
            node = kept[known] = _key_node(shown, values, sizes[name], end, plain)
        nodes.append(node)
        if name in blames:
            nodes.append(blames[name])
    others = len(sizes) - len(names)
    if others:
        nodes += [gap("same"), Node("same", [(f"{format.plural(others, 'key')} unchanged, v shows all", "faint")])]
    return nodes


def _known(shown: Shown, values: Values, key: str, plain: bool) -> tuple[Hashable, ...]:
    """What the node of a key is made of: recorded values do not change, but they are read one by one."""
    at = (shown.checkpoint.id, shown.checkpoint.parent)
    return (*at, key, plain or at[1] is None, *(one is not None and values.get(one, key) is not None for one in at))


def _key_node(shown: Shown, values: Values, key: StateKey, end: Callable[[int], Line], plain: bool) -> Node:
    kind = shown.kind(key.key)
    here, parent = shown.checkpoint.id, shown.checkpoint.parent
    sign: Line = [(f"{SIGN[kind]} ", INK[kind]), (one_line(key.key, 60), "accent")]
    if key.opaque is not None:
        opaque = {"opaque": key.opaque.note, "size": key.opaque.size, "sha256": key.opaque.digest}
        return Node(key.key, lambda width: between([*sign, (": ", "faint"), *opaque_line(opaque)], end(width), width))
    owner = parent if kind == "removed" and parent else here
    value = values.get(owner, key.key)
    was = parent if kind == "changed" and not plain else None
    old = values.get(was, key.key) if was else None

    def children() -> Sequence[Node]:
        if value is None or (was and old is None):
            values.wish(owner, key.key)
            if was:
                values.wish(was, key.key)
            return [Node("wait", [("reading", "muted")])]
        return _inside(value[0]) if old is None else list(change_nodes(old[0], value[0]))

    leaf = value is not None and _is_leaf(value[0]) and (old is None or _is_leaf(old[0]))
    line: Line = [*sign, (": ", "faint"), *_glance(value, old)]
    return Node(key.key, lambda width: between(line, end(width), width), None if leaf else children)


def _inside(value: Json) -> Sequence[Node]:
    if isinstance(value, dict | list) and value:
        return members(value, 1)()
    node = json_node("", value, key="value")
    node.open = True
    return [node]


def _is_leaf(value: Json) -> bool:
    return not value or not isinstance(value, dict | list | str) or (isinstance(value, str) and len(value) <= 40)


def _glance(value: Value | None, old: Value | None) -> Line:
    if value is None:
        return [("…", "faint")]
    line: Line = []
    if old is not None and _is_leaf(old[0]) and _is_leaf(value[0]):
        line = [*_flat(old[0]), (" → ", "faint")]
    return [*line, *_flat(value[0])]


def _flat(value: Json) -> Line:
    node = json_node("", value, key="value", depth=9)
    return node.line if isinstance(node.line, list) else []


def _end(size: int, was: int | None, whole: int, width: int) -> Line:
    """The bytes of a key, by how much they grew, and where there is room their share of the state as a bar.

    `whole` is 0 for a key that is not in it any more.
    """
    grown = ""
    if was is not None and was != size:
        grown = f" {'+' if size > was else '-'}{format.size(abs(size - was))}"
    line: Line = [(f"{grown}  ", "faint"), (f"{format.size(size):>7}", "muted")]
    return [*line, (f" {format.bar(size / whole if whole else 0, BAR)}", "active")] if width >= 48 else line


# --- what differs inside a value -------------------------------------------------------------------


def change_nodes(before: Json, after: Json) -> Iterator[Node]:
    """What differs between two values: inside objects and lists only what does."""
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _object_changes(before, after)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _list_changes(before, after)
    else:
        yield signed("removed", json_node("before", before, key="before", depth=1))
        yield signed("added", json_node("after", after, key="after", depth=1))


def _object_changes(before: Mapping[str, Json], after: Mapping[str, Json]) -> Iterator[Node]:
    equal = 0
    for key in sorted(before.keys() | after.keys()):
        if key not in before:
            yield signed("added", json_node(key, after[key], depth=1))
        elif key not in after:
            yield signed("removed", json_node(key, before[key], depth=1))
        elif same(before[key], after[key]):
            equal += 1
        else:
            yield _changed(key, before[key], after[key])
    if equal:
        yield Node("same", [(f"  {format.plural(equal, 'key')} unchanged", "faint")])


def _list_changes(before: Sequence[Json], after: Sequence[Json]) -> Iterator[Node]:
    start = 0
    while start < min(len(before), len(after)) and same(before[start], after[start]):
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and same(before[-1 - end], after[-1 - end]):
        end += 1
    if start:
        yield Node("same", [(f"  {format.plural(start, 'entry', 'entries')} unchanged", "faint")])
    for n in range(start, len(before) - end):
        yield signed("removed", json_node(str(n), before[n], key=("before", n), depth=1, ink="muted"))
    for n in range(start, len(after) - end):
        yield signed("added", json_node(str(n), after[n], key=("after", n), depth=1, ink="muted"))
    if end:
        yield Node("same-end", [(f"  {format.plural(end, 'entry', 'entries')} unchanged", "faint")])


def _changed(key: str, before: Json, after: Json) -> Node:
    line: Line = [(f"{SIGN['changed']} ", INK["changed"]), (one_line(key, 60), "accent"), (": ", "faint")]
    if _is_leaf(before) and _is_leaf(after):
        return Node(key, [*line, *_flat(before), (" → ", "faint"), *_flat(after)])
    inner = in_ranges(list(change_nodes(before, after)))
    return Node(key, [*line, *_flat(after)], lambda: inner, open=True)


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


def snippet_nodes(snippet: str) -> list[Node]:
    """Lines of a program."""
    return [
        Node(n, [(safe_text(line, limit=None), "faint" if line.lstrip().startswith("#") else "text")])
        for n, line in enumerate(snippet.split("\n"))
    ]


def blame_node(blame: Blame, names: Mapping[str, str], glyphs: Glyphs = UNICODE) -> Node:
    """Who last wrote a key; `enter` goes to that checkpoint."""
    step = names.get(blame.step, blame.step) if blame.step else ""
    return Node(
        ("blame", blame.key),
        [
            (f"    {glyphs.last}", "faint"),
            ("last written by ", "muted"),
            (one_line(step, 60) if step else "no step", "strong" if step else "muted"),
            (f" at {format.clock(blame.t)}, checkpoint {format.short_id(one_line(blame.since, 40), glyphs)}", "muted"),
            ("  enter goes there", "faint"),
        ],
        target=("checkpoint", blame.since),
    )
