"""Events into query tables: the one way, for every store, index and source.

Applying is idempotent by `(run, seq)`: an event whose seq the run has passed is not applied
again, so events may be delivered more than once and in any portions. Gaps are not looked for
here: who reads the lines knows what lies in them, and names the damage.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, RootTransaction, bindparam, delete, func, select

from ...core import ids
from ...core.annotations import Annotation
from ...core.clock import from_seconds
from ...core.runs import FINISHED, Damage
from . import annotating, log_words, tables
from .applying import Events, apply
from .changes import Changes, changes_of
from .claims import claim
from .counters import Differences
from .last_words import say_last
from .revisions import next_revision
from .run_loading import Batch, Loaded, Recorded, load, state_of
from .run_state import RunState
from .words import about
from .writes import Row, Rows, add_missing_rows, insert, insert_rows, upsert, upsert_rows

__all__ = ["Batch", "Projector", "Recorded"]

_CHILDREN = (
    *(tables.run_bodies, tables.run_tags, tables.notes, tables.steps, tables.items, tables.messages, tables.approvals),
    *(tables.artifacts, tables.checkpoints, tables.checkpoint_maps, tables.costs, tables.metrics, tables.snapshots),
    tables.damage,
    tables.acts,
)


class Projector:
    """Writes the query tables of one database. Not thread-safe: use it inside `Database.write()`."""

    def __init__(self) -> None:
        self._transaction: RootTransaction | None = None
        self._revision = 0
        self._differences = Differences()
        self._removed = False

    def project(
        self, connection: Connection, run: str, batch: Events, *, source: str = "", source_id: str = ""
    ) -> None:
        """Applies the next events of a run (in order of seq); those it has already are passed over."""
        self.project_all(connection, [Batch(run, batch, source, source_id)])

    def project_all(self, connection: Connection, batches: Sequence[Batch]) -> None:
        """`project` for several runs, each named once: costs a few statements in all, not for each."""
        claim(connection, (batch.run for batch in batches))
        there = load(connection, [batch.run for batch in batches])
        news = [batch for batch in batches if _is_news(batch, there.get(batch.run))]
        self._save(connection, [applied(batch, state_of(connection, batch, there.get(batch.run))) for batch in news])

    def annotate(self, connection: Connection, annotation: Annotation) -> None:
        """Applies what somebody added to a run; one of a run that is not known has no effect."""
        state = self._state(connection, annotation.run)
        if state is not None:
            annotating.apply(connection, state, annotation)
            self._save(connection, [state])

    def damage(self, connection: Connection, damage: Damage) -> None:
        """Names something unreadable. A run that is known by nothing else gets a row: its workflow is `?`."""
        if damage.run is None:
            row = {"run": None, "place": damage.where, "what": damage.what, "raw": damage.raw}
            insert(connection, tables.damage, [row | {"offset": damage.offset, "length": damage.length}])
            return
        state = self._state(connection, damage.run) or RunState(damage.run, None, None, {})
        if state.new and ids.is_ulid(damage.run):
            state.row["started"] = from_seconds(ids.time_of(damage.run))
        state.damaged(damage)
        self._save(connection, [state])

    def mark_lost(self, connection: Connection, run: str, evidence: str) -> None:
        """Shows a run that says running as lost, and why; its next event undoes that."""
        self._mark(connection, run, "lost", evidence)

    def mark_waiting(self, connection: Connection, run: str, evidence: str) -> None:
        """Shows a run that says running as waiting for a person, and for what, where no event tells of it; its next
        event undoes that.
        """
        self._mark(connection, run, "waiting", evidence)

    def mark_paused(self, connection: Connection, run: str, evidence: str) -> None:
        """Shows a run that says running as paused, and what is known of it, where nobody can see whether its writer
        lives; its next event undoes that.
        """
        self._mark(connection, run, "paused", evidence)

    def mark_alive(self, connection: Connection, run: str) -> None:
        """Takes back what was marked: its writer was only silent, or waits no more."""
        state = self._state(connection, run)
        if state is None or state.row["status"] not in ("lost", "waiting", "paused"):
            return
        before = state.row["status"], state.row["evidence"]
        state.settle()
        if (state.row["status"], state.row["evidence"]) != before:
            self._save(connection, [state])

    def _mark(self, connection: Connection, run: str, status: str, evidence: str) -> None:
        state = self._state(connection, run)
        if state is None or state.row["recorded"] in FINISHED | {"paused"}:
            return
        if (state.row["status"], state.row["evidence"]) != (status, evidence):
            state.row.update(status=status, evidence=evidence)
            self._save(connection, [state])

    def readable(self, connection: Connection, place: str, what: str) -> None:
        """Takes back that a run (or what lies at a place and is no run's) is damaged, where it was named like that."""
        names = connection.execute(_NAMED, {"of": place, "what": what}).rowcount
        state = self._state(connection, place)
        if state is not None:
            state.row["damaged"] -= names
            self._save(connection, [state])

    def resize(self, connection: Connection, run: str, size_bytes: int, *, archived: bool | None = None) -> None:
        """Says how many bytes the run takes where it is stored, and (if not None) whether that is the archive."""
        state = self._state(connection, run)
        if state is None:
            return
        told = (size_bytes, bool(state.row["archived"]) if archived is None else archived)
        if (state.row["size_bytes"], bool(state.row["archived"])) != told:
            state.row["size_bytes"], state.row["archived"] = told
            self._save(connection, [state])

    def rename(self, connection: Connection, run: str, name: str) -> None:
        """Calls a run otherwise than its beginning did, where no event tells of that."""
        state = self._state(connection, run)
        if state is not None:
            state.row["name"] = name
            ids = (run, state.row["workflow"], state.row["source_id"])
            state.words.about = about(ids, name, state.row["objective"])
            self._save(connection, [state])

    def put_back(self, connection: Connection, run: str, facts: Row, damage: Sequence[Row]) -> None:
        """Gives a run that was projected again what its events do not tell: columns of its row, and its damage."""
        state = self._state(connection, run) or RunState(run, None, None, {})
        connection.execute(_DAMAGE, {"of": run})
        state.added["damage"] += damage
        state.row.update(facts)
        self._save(connection, [state])

    def forget(self, connection: Connection, run: str) -> None:
        """Drops everything that was derived of a run, and notes for the feed that it is gone.

        How far its originals were read (`journals`, `marks`) is their reader's to forget.
        """
        state = self._state(connection, run)
        if state is None or state.counted is None:
            return
        revision = self._next_revision(connection)
        self._differences.count(*state.counted, runs=-1)
        self._differences.end(state.came_to, -1)
        costs = connection.execute(_COSTS, {"of": run}).mappings()
        self._differences.forget_costs(state.row, map(dict, costs))
        log_words.forget(connection, run)
        for statement in _DELETES:
            connection.execute(statement, {"of": run})
        upsert(connection, tables.removed, [{"run": run, "revision": revision}])
        self._removed = True

    def _state(self, connection: Connection, run: str) -> RunState | None:
        claim(connection, [run])
        loaded = load(connection, [run]).get(run)
        return None if loaded is None else state_of(connection, Batch(run, ()), loaded)

    def _save(self, connection: Connection, states: Sequence[RunState]) -> None:
        if states:
            self.write(connection, changes_of(states))

    def write(self, connection: Connection, changes: Changes) -> None:
        """Writes what runs came to, which nobody may have changed since their states were looked at."""
        revision = self._next_revision(connection)
        self._differences.add(changes.sums)
        for name, rows in changes.kept.items():
            kept = _revised(rows, revision) if name == "runs" else rows
            _KEEP.get(name, upsert_rows)(connection, tables.derived.tables[name], kept)
        for name, rows in changes.added.items():
            insert_rows(connection, tables.derived.tables[name], rows)
        if self._removed and changes.new:
            connection.execute(_BACK, [{"of": run} for run in changes.new])

    def _next_revision(self, connection: Connection) -> int:
        """The same for all that this transaction does."""
        transaction = connection.get_transaction()
        if transaction is None or transaction is not self._transaction:
            self._revision = next_revision(connection)
            self._differences = Differences()
            self._removed = connection.scalar(_ANY_REMOVED) is not None
            self._transaction = transaction
            say_last(connection, self._differences.write)
        return self._revision


def applied(batch: Batch, state: RunState) -> RunState:
    """The state that was loaded for a batch, after what is new in that."""
    row = state.row
    row["source"], row["source_id"] = batch.source or row["source"], batch.source_id or row["source_id"]
    size = apply(state, batch.events)
    if batch.size_bytes is not None:
        row["size_bytes"] = batch.size_bytes
    elif size:
        row["size_bytes"] = (row["size_bytes"] or 0) + size
    if batch.archived is not None:
        row["archived"] = batch.archived
    if batch.end is not None:
        row["finished"] = batch.end.t
    state.settle()
    if batch.end is not None and row["recorded"] not in FINISHED:
        row["status"] = batch.end.status  # until its next event
    return state


def _is_news(batch: Batch, loaded: Loaded | None) -> bool:
    passed = loaded.row["last_seq"] if loaded else 0
    return any(event.seq > passed for event, _ in batch.events)


def _revised(rows: Rows, revision: int) -> Rows:
    """Rows of runs with the number of this change, in their last column."""
    if rows.columns[-1] == "revision":
        return Rows(rows.columns, [(*row[:-1], revision) for row in rows.values])
    return Rows((*rows.columns, "revision"), [(*row, revision) for row in rows.values])


# Ids of checkpoints are unique over all runs: one that comes again belongs to the run that had it first.
_KEEP: dict[str, Any] = {"checkpoints": add_missing_rows, "checkpoint_maps": add_missing_rows}

_ANY_REMOVED = select(tables.removed.c.run).limit(1)
_BACK = delete(tables.removed).where(tables.removed.c.run == bindparam("of"))
_COSTS = select(tables.costs).where(tables.costs.c.run == bindparam("of"))
_DAMAGE = delete(tables.damage).where(tables.damage.c.run == bindparam("of"))
_NAMED = delete(tables.damage).where(
    func.coalesce(tables.damage.c.run, tables.damage.c.place) == bindparam("of"),
    tables.damage.c["offset"].is_(None),
    tables.damage.c.what.like(bindparam("what")),
)
_DELETES = [delete(table).where(table.c.run == bindparam("of")) for table in _CHILDREN]
_DELETES.append(delete(tables.runs).where(tables.runs.c.id == bindparam("of")))
