"""What one run is made of: log entries, other events by type, states by key, and artifacts, which lie elsewhere."""

from collections.abc import Hashable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, select

from ...core.space import Kind, Node
from ..sql import tables
from .run_bytes import Measure, RunBytes, Sizes

_LOG = "log"


class InsideRuns:
    """Looks into one run at a time. `measure` reads where its events and values were recorded."""

    def __init__(self, measure: Measure) -> None:
        self._measure = measure
        self._last: tuple[Hashable, RunBytes] | None = None

    def look(self, connection: Connection, run: Node, steps: Sequence[str]) -> tuple[list[Node], list[Node]] | None:
        """The nodes from a run down the steps, and the children of the last; None if they lead nowhere."""
        found = self._measured(connection, run)
        whole = run.size_bytes if found.whole is None else found.whole
        run = msgspec.structs.replace(run, size_bytes=whole)
        parts = _parts(connection, run.name, found, whole)
        if not steps:
            return [run], parts
        part = next((part for part in parts if part.name == steps[0] and part.opens), None)
        if part is None or len(steps) > 1:
            return None
        return [run, part], _inside(connection, run.name, found, part.kind)

    def _measured(self, connection: Connection, run: Node) -> RunBytes:
        """Read once while somebody goes about in a run that stays as it is."""
        seen = (run.name, run.size_bytes, run.run and run.run.last_seq)
        last = self._last
        if last is None or last[0] != seen:
            last = self._last = (seen, self._measure(connection, run.name))
        return last[1]


def _parts(connection: Connection, run: str, found: RunBytes, whole: int) -> list[Node]:
    count, logs = found.events.get(_LOG, (0, 0))
    others = {type: sizes for type, sizes in found.events.items() if type != _LOG}
    events = sum(size for _, size in others.values())
    nodes = [
        Node(kind="logs", name="logs", size_bytes=logs, count=count),
        Node(
            kind="events",
            name="events",
            size_bytes=events,
            count=sum(count for count, _ in others.values()),
            opens=bool(others),
        ),
        Node(kind="states", name="states", size_bytes=found.states, count=len(found.values), opens=bool(found.values)),
        Node(kind="rest", name="rest", size_bytes=whole - logs - events - found.states),
    ]
    made = _artifacts(connection, run)
    size = sum(made.values())
    nodes.append(
        Node(kind="artifacts", name="artifacts", size_bytes=size, count=len(made), opens=bool(made), apart=True)
    )
    return [node for node in nodes if node.size_bytes or node.count]


def _inside(connection: Connection, run: str, found: RunBytes, part: Kind) -> list[Node]:
    if part == "events":
        return _nodes("type", {type: sizes for type, sizes in found.events.items() if type != _LOG})
    if part == "states":
        return _by_key(connection, run, found)
    made = _artifacts(connection, run)
    return [Node(kind="artifact", name=path, size_bytes=size) for path, size in made.items()]


def _artifacts(connection: Connection, run: str) -> dict[str, int]:
    """Bytes by path; of a file that was written several times, as it was last."""
    return {row.path: row.size or 0 for row in connection.execute(_MADE, {"of": run})}


def _by_key(connection: Connection, run: str, found: RunBytes) -> list[Node]:
    """A value that several keys have is counted once, with the key that had it first."""
    keys: dict[str, list[int]] = {}
    left = dict(found.values)
    for (values,) in connection.execute(_MAPS, {"of": run}):
        for key, value in sorted(msgspec.json.decode(values).items()):
            count, size = left.pop(value[0], (0, 0))
            sums = keys.setdefault(key, [0, 0])
            sums[0] += count
            sums[1] += size
    nodes = _nodes("key", {key: (count, size) for key, (count, size) in keys.items()})
    rest = found.states - sum(node.size_bytes for node in nodes)
    return [*nodes, Node(kind="rest", name="rest", size_bytes=rest, count=len(left) or None)] if rest else nodes


def _nodes(kind: Kind, sizes: Sizes) -> list[Node]:
    return [Node(kind=kind, name=name, size_bytes=size, count=count) for name, (count, size) in sizes.items()]


_made, _maps, _checkpoints = tables.artifacts.c, tables.checkpoint_maps.c, tables.checkpoints.c
_MADE: Any = select(_made.path, _made.size).where(_made.run == bindparam("of")).order_by(_made.seq)
_MAPS = (
    select(_maps.map)
    .join(tables.checkpoints, _checkpoints.id == _maps.checkpoint)
    .where(_maps.run == bindparam("of"))
    .order_by(_checkpoints.seq)
)
