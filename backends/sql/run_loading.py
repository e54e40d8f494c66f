"""Reads, before a batch is applied, the rows that its events refer to: a few queries, whatever its length."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, bindparam, literal_column, select

from ...core import events as e
from ...core.runs import FINISHED
from . import tables
from .run_state import RunState
from .storable import storable
from .writes import Row

_PART = 500  # keys in one query, well under SQLite's limit of variables


class Recorded(NamedTuple):
    """An event and the bytes of its line, newline included (0 where there is no line)."""

    event: e.Event
    size: int


class Batch(NamedTuple):
    """Events of one run, in order."""

    run: str
    events: Sequence[tuple[e.Event | e.LogStretch, int]]
    """Each as `Recorded` says, which a plain tuple says as well at a third of the cost."""
    source: str = ""
    source_id: str = ""
    size_bytes: int | None = None
    """Of the run where it is stored, once these events are; None: the lines are added up."""
    archived: bool | None = None
    """Whether it lies in the archive; None: as it is known."""
    end: e.RunFinished | None = None
    """How it ended, where the events before that are still to come."""


class Loaded(NamedTuple):
    """What the database has of a run itself."""

    row: Row
    body: Row | None


def load(connection: Connection, runs: Sequence[str]) -> dict[str, Loaded]:
    """Those of the runs that there are: two queries for all."""
    bodies = {body["run"]: body for body in _rows(connection, _BODY, runs)}
    return {row["id"]: Loaded(row, bodies.get(row["id"])) for row in _rows(connection, _RUNS, runs)}


def state_of(connection: Connection, batch: Batch, loaded: Loaded | None) -> RunState:
    """The state that a batch is applied to, with everything its events refer to at hand."""
    if loaded is None:
        return RunState(batch.run, None, None, {})
    return RunState(batch.run, *loaded, _known(connection, batch, loaded.row))


def _known(connection: Connection, batch: Batch, row: Row) -> dict[str, dict[Any, Row]]:
    wanted: dict[str, set[Any]] = defaultdict(set)
    ends = 1 if row["recorded"] in FINISHED else 0
    # Of a long log nearly all entries refer to nothing, which is told of them quicker than anything.
    events = [event for event, _ in batch.events if type(event) is not e.Logged or event.step]
    for event in events:
        kind = type(event)
        if kind in _REFERS and event.seq > row["last_seq"]:
            for table, key in _REFERS[kind](event):
                wanted[table].add(storable(key))
        ends += kind in _ENDS
    known: dict[str, dict[Any, Row]] = {}
    for table, (key, statement) in _BY_KEY.items():  # costs before steps
        known[table] = {found[key]: found for found in _rows(connection, statement, wanted[table], run=batch.run)}
        if table == "costs":
            wanted["steps"] |= {cost["step"] for cost in known[table].values() if cost["step"]}
    if ends:
        # One more than can end in this batch: one of those that go on is certainly among them.
        for found in connection.execute(_RUNNING, {"run": batch.run, "most": ends + 1}).mappings():
            known["steps"].setdefault(found["id"], dict(found))
    if row["approvals_pending"]:
        for found in connection.execute(_ASKING, {"run": batch.run}).mappings():
            known["approvals"].setdefault(found["id"], dict(found))
    return known


def _rows(connection: Connection, statement: Any, keys: Any, **values: Any) -> Iterator[Row]:
    ordered = list(keys)
    for begin in range(0, len(ordered), _PART):
        found = connection.execute(statement, {"keys": ordered[begin : begin + _PART], **values})
        names = tuple(found.keys())
        for row in found.all():
            yield dict(zip(names, row, strict=True))  # what `mappings` gives, at two thirds of its cost


def _by_key(table: Table, key: str) -> tuple[str, Any]:
    statement = select(table).where(
        table.c.run == bindparam("run"), table.c[key].in_(bindparam("keys", expanding=True))
    )
    return key, statement


_RUNS = select(tables.runs).where(tables.runs.c.id.in_(bindparam("keys", expanding=True)))
_BODY = select(tables.run_bodies).where(tables.run_bodies.c.run.in_(bindparam("keys", expanding=True)))
_BY_KEY = {
    "costs": _by_key(tables.costs, "seq"),
    "steps": _by_key(tables.steps, "id"),
    "items": _by_key(tables.items, "row_number"),
    "approvals": _by_key(tables.approvals, "id"),
    "checkpoint_maps": _by_key(tables.checkpoint_maps, "checkpoint"),
}
_steps, _approvals = tables.steps, tables.approvals
_RUNNING = (
    select(_steps)
    .where(_steps.c.run == bindparam("run"), _steps.c.status == literal_column("'running'"))  # as its index says it
    .order_by(_steps.c.position.desc())
    .limit(bindparam("most"))
)
_ASKING = select(_approvals).where(_approvals.c.run == bindparam("run"), _approvals.c.status == "pending")

_ENDS = frozenset(
    {e.StepFinished, e.RunFinished, e.RunResumed}
)  # after these, which step is the current one is asked anew
_References = Iterable[tuple[str, Any]]


def _in_step(event: Any) -> _References:
    return (("steps", event.step),) if event.step else ()


def _declared(event: e.GraphDeclared) -> _References:
    return (("steps", step.id) for step in event.steps)


def _parent(event: e.CheckpointSaved) -> _References:
    if event.parent:
        yield "checkpoint_maps", event.parent


_REFERS: dict[type[e.Event | e.LogStretch], Callable[[Any], _References]] = {
    e.GraphDeclared: _declared,
    e.StepStarted: _in_step,
    e.StepFinished: _in_step,
    e.Logged: _in_step,
    e.LogStretch: lambda stretch: (("steps", step) for _, step in stretch.counts if step),
    e.CostRecorded: _in_step,
    e.CostPriced: lambda event: iter([("costs", event.cost)]),
    e.CheckpointSaved: _parent,
    e.ApprovalRequested: lambda event: iter([("approvals", event.approval)]),
    e.ApprovalDecided: lambda event: iter([("approvals", event.approval)]),
    e.ItemChanged: lambda event: iter([("items", event.row_number)]),
}
