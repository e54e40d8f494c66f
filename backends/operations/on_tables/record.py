"""The record of operations in a table: one row for each fact, `open` as long as an operation goes on.

A list of operations reads no run: what an operation came to, and the first of its runs, stand in the row of its end.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager

from sqlalchemy import Connection, bindparam, delete, select

from ....core.clock import now
from ....core.errors import Locked
from ....core.operations import TAKEN_BACK, Done, Kind, Operation, Order, by_a_policy
from ....core.pages import Page, from_cursor, to_cursor
from ...journal.process import this_process
from ...sql import tables
from ...sql.database import Database
from ..record import Cut, Elsewhere, Held, Intent, locked, must_fit, no_operation
from .facts import Fact, Phase, add, cut_off, decoded, fact_of, operation_of, outcomes, read_facts, summed
from .housekeeping import Writes

FIRST = 20
"""Runs of an operation that a list shows."""


class TableRecord:
    """The record in one database. Thread-safe. `lock` is the one of all operations: Locked if somebody has it."""

    def __init__(self, database: Database, writes: Writes, lock: Callable[[], AbstractContextManager[None]]) -> None:
        self._database, self._writes, self._lock = database, writes, lock

    @contextmanager
    def hold(self) -> Iterator[Held]:
        """See the protocol."""
        with ExitStack() as held:
            try:
                held.enter_context(self._lock())
            except Locked as error:
                raise self._locked(error) from None
            self._writes.forget()
            yield _HeldTable(self._database, self._writes)

    def _locked(self, error: Locked) -> Locked:
        with self._database.read() as connection:
            open_ = connection.execute(_OPEN).first()
            begun = read_facts(connection, [open_.operation], ("begin", "again")) if open_ else []
        return locked(begun[-1] if begun else None, error.where)

    def may_be_cut(self) -> bool:
        """One look into an index."""
        with self._database.read() as connection:
            return connection.execute(_OPEN).first() is not None

    def operation(self, id: str) -> Operation:
        """Costs all of its runs."""
        with self._database.read() as connection:
            found = read_facts(connection, [id], _WHOLE)
            if not found:
                raise no_operation(id)
            told = outcomes(connection, id)
        return operation_of(found, told, tuple(told.values()))

    def operations(self, limit: int, after: str | None) -> Page[Operation]:
        """Costs what is returned; of those that go on, their runs."""
        limit = max(limit, 1)
        wanted = _BEGUN if not after else _BEGUN.where(_c.id < from_cursor(after, int)[0])
        with self._database.read() as connection:
            begun = connection.execute(wanted.limit(limit + 1)).all()
            found: dict[str, list[Fact]] = {row.operation: [] for row in begun[:limit]}
            for fact in read_facts(connection, list(found), _WHOLE):
                found[fact.operation].append(fact)
            items = [self._listed(connection, facts) for facts in found.values()]
        return Page(items=items, next=to_cursor(begun[limit - 1].id) if len(begun) > limit else None)

    def _listed(self, connection: Connection, facts: Sequence[Fact]) -> Operation:
        ends = [fact for fact in facts if fact.phase in ("end", "cut")]
        if any(fact.phase == "open" for fact in facts) or not ends:
            told = outcomes(connection, facts[0].operation)
            return operation_of(facts, told, tuple(told.values())[:FIRST])
        return operation_of(facts, ends[-1], ends[-1].runs)

    def history(self) -> Iterator[Operation]:
        """See the protocol."""
        with self._database.read() as connection:
            ids = connection.scalars(_ALL).all()
        yield from map(self.operation, ids)

    def applied_policy(self) -> str:
        """One look into an index."""
        with self._database.read() as connection:
            line = connection.scalar(_POLICY)
        return decoded(bytes(line)).digest if line else ""

    def note_policy(self, order: Order, digest: str) -> None:
        """See the protocol."""
        at = now()

        def note(connection: Connection) -> None:
            begin = Fact(operation=order.id, phase="begin", t=at, kind="policy", by=order.by, why=order.why)
            applied = Fact(operation=order.id, phase="policy", t=at, digest=digest)
            add(connection, begin, applied, Fact(operation=order.id, phase="end", t=at))

        self._writes.alone(note)


class _HeldTable:
    """The record while its lock is held. What became of a run is on the disk with what is done next: until then a
    start after a crash finds it out.
    """

    def __init__(self, database: Database, writes: Writes) -> None:
        self._database, self._writes = database, writes

    def cut(self) -> list[Cut]:
        """See the protocol."""
        with self._database.read() as connection:
            return [cut_off(connection, row.operation, row.id) for row in connection.execute(_OPEN).all()]

    def begin(self, order: Order, kind: Kind, of: str = "", done: Elsewhere | None = None) -> Mapping[str, Done]:
        """See the protocol."""
        with self._database.read() as connection:
            before = next(iter(read_facts(connection, [order.id], ("begin",))), None)
            known = outcomes(connection, order.id) if before else {}
        must_fit(order, kind, of, before, self._database.name)
        phase: Phase = "again" if before else "begin"
        fact = Fact(operation=order.id, phase=phase, t=now(), kind=kind, by=order.by, why=order.why, of=of)
        here = this_process()
        fact.pid, fact.host = here.pid, here.host
        fact.at, fact.elsewhere = (done.at, done.where) if done else ("", "")
        mark = Fact(operation=order.id, phase="open", t=fact.t)
        self._writes(lambda connection: add(connection, fact, mark))
        return known

    def intend(self, intent: Intent) -> None:
        """See the protocol. Of what begins with a transaction it is a part of that; an archive begins with a file."""
        fact = fact_of(intent, "intent")
        write = self._writes if intent.act in ("archive", "copy") else self._writes.later
        write(lambda connection: add(connection, fact))

    def tell(self, intent: Intent, done: Done) -> None:
        """See the protocol."""
        fact = fact_of(intent, "told")
        fact.outcome, fact.why, fact.where, fact.digest = done.outcome, done.why, done.where, done.digest
        fact.before_bytes, fact.after_bytes = done.before_bytes, done.after_bytes
        self._writes.later(lambda connection: add(connection, fact))

    def end(self, operation: str, *, whole: bool = True) -> None:
        """See the protocol."""

        def end(connection: Connection) -> None:
            told = outcomes(connection, operation)
            fact = Fact(
                operation=operation, phase="end" if whole else "cut", t=now(), runs=tuple(told.values())[:FIRST]
            )
            fact.counts, fact.before_bytes, fact.after_bytes = summed(told.values())
            add(connection, fact)
            begun = next(iter(read_facts(connection, [operation], ("begin",))), None)
            if begun and begun.kind == "undo":
                if whole and not fact.counts.get("failed"):
                    add(connection, Fact(operation=begun.of, phase="undone", t=fact.t, of=operation))
                if by_a_policy(outcomes(connection, begun.of).values()):
                    add(connection, Fact(operation=operation, phase="policy", t=fact.t, digest=TAKEN_BACK))
            connection.execute(_CLOSE, {"of": operation})

        self._writes(end)


_WHOLE: tuple[Phase, ...] = ("begin", "again", "open", "end", "cut", "undone")

_c = tables.operations.c
_OPEN = select(_c.id, _c.operation).where(_c.phase == "open").order_by(_c.id)
_BEGUN = select(_c.id, _c.operation).where(_c.phase == "begin").order_by(_c.id.desc())
_ALL = select(_c.operation).where(_c.phase == "begin").order_by(_c.id)
_POLICY = select(_c.line).where(_c.phase == "policy").order_by(_c.id.desc()).limit(1)
_CLOSE = delete(tables.operations).where(_c.operation == bindparam("of"), _c.phase == "open")
