"""The record of operations in a table: one row for each fact, `open` as long as an operation goes on.

A list of operations reads no run: what an operation came to, and the first of its runs, stand in the row of its end.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, Row, bindparam, delete, select

from ....core.clock import now
from ....core.errors import Conflict, Locked, NotFound, StorageError
from ....core.ids import is_ulid
from ....core.operations import Done, Kind, Operation, Order
from ....core.pages import Page, from_cursor, to_cursor
from ...journal.process import this_process
from ...sql import tables
from ...sql.database import Database
from ..record import Act, Cut, Held, Intent, copied
from .housekeeping import Writes

Phase = Literal["open", "begin", "again", "intent", "told", "end", "cut", "undone", "policy", "back"]
"""Of an operation: begun (and gone on with), ended (cut off or stopped), taken back. Of a run in it: what is about to
be done (`intent`), what became of it (`told`), and that new events brought it back from the trash (`back`)."""

FIRST = 20
"""Runs of an operation that a list shows."""


class Fact(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One fact of the record. It holds nothing that a run has said."""

    operation: str
    phase: Phase
    t: str
    kind: Kind | None = None
    act: Act | None = None
    run: str | None = None
    workflow: str = ""
    rule: str = ""
    by: str = ""
    why: str = ""
    """Of an operation what was ordered, of a run why it was not done."""
    of: str = ""
    pid: int = 0
    host: str = ""
    outcome: Literal["done", "skipped", "failed"] | None = None
    before_bytes: int = 0
    after_bytes: int = 0
    where: str = ""
    digest: str = ""
    counts: dict[str, int] = {}
    """Of an end: runs by outcome."""
    runs: tuple[Done, ...] = ()
    """Of an end: the first ones."""


_decoder = msgspec.json.Decoder(Fact)


def add(connection: Connection, *facts: Fact) -> None:
    """Adds facts to the record."""
    rows = [{"operation": fact.operation, "phase": fact.phase, "run": fact.run} for fact in facts]
    lines = ({"line": msgspec.json.encode(fact)} for fact in facts)
    connection.execute(tables.operations.insert(), [row | line for row, line in zip(rows, lines, strict=True)])


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
            begun = _facts(connection, [open_.operation], ("begin", "again")) if open_ else []
        who = "somebody works on this store"
        if begun:
            last = begun[-1]
            since = f"{last.t[:19].replace('T', ' ')} UTC"
            who = f"process {last.pid} on {last.host} works on this store ({last.kind}, since {since})"
        return Locked(who, where=error.where, advice="try again when that is done")

    def may_be_cut(self) -> bool:
        """One look into an index."""
        with self._database.read() as connection:
            return connection.execute(_OPEN).first() is not None

    def operation(self, id: str) -> Operation:
        """Costs all of its runs."""
        with self._database.read() as connection:
            found = _facts(connection, [id], _WHOLE)
            if not found:
                raise NotFound(f"there is no operation {id[:60]!r}", advice="`flightlog audit` lists them")
            told = _told(connection, id)
        return _operation(found, told, tuple(told.values()))

    def operations(self, limit: int, after: str | None) -> Page[Operation]:
        """Costs what is returned; of those that go on, their runs."""
        limit = max(limit, 1)
        wanted = _BEGUN if not after else _BEGUN.where(_c.id < from_cursor(after, int)[0])
        with self._database.read() as connection:
            begun = connection.execute(wanted.limit(limit + 1)).all()
            found: dict[str, list[Fact]] = {row.operation: [] for row in begun[:limit]}
            for fact in _facts(connection, list(found), _WHOLE):
                found[fact.operation].append(fact)
            items = [self._listed(connection, facts) for facts in found.values()]
        return Page(items=items, next=to_cursor(begun[limit - 1].id) if len(begun) > limit else None)

    def _listed(self, connection: Connection, facts: Sequence[Fact]) -> Operation:
        ends = [fact for fact in facts if fact.phase in ("end", "cut")]
        if any(fact.phase == "open" for fact in facts) or not ends:
            told = _told(connection, facts[0].operation)
            return _operation(facts, told, tuple(told.values())[:FIRST])
        return _operation(facts, ends[-1], ends[-1].runs)

    def applied_policy(self) -> str:
        """One look into an index."""
        with self._database.read() as connection:
            line = connection.scalar(_POLICY)
        return _decoder.decode(bytes(line)).digest if line else ""

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
            return [_cut(connection, row.operation, row.id) for row in connection.execute(_OPEN).all()]

    def begin(self, order: Order, kind: Kind, of: str = "") -> Mapping[str, Done]:
        """See the protocol."""
        if not is_ulid(order.id):
            raise StorageError(f"{order.id[:60]!r} is no id of an operation", advice="leave it out to get one")
        with self._database.read() as connection:
            before = next(iter(_facts(connection, [order.id], ("begin",))), None)
            known = _told(connection, order.id) if before else {}
        if before and (before.kind, before.of) != (kind, of):
            where = self._database.name
            raise Conflict(f"operation {order.id} is another one, of the kind {before.kind}", where=where)
        phase: Phase = "again" if before else "begin"
        fact = Fact(operation=order.id, phase=phase, t=now(), kind=kind, by=order.by, why=order.why, of=of)
        here = this_process()
        fact.pid, fact.host = here.pid, here.host
        mark = Fact(operation=order.id, phase="open", t=fact.t)
        self._writes(lambda connection: add(connection, fact, mark))
        return known

    def intend(self, intent: Intent) -> None:
        """See the protocol. Of what begins with a transaction it is a part of that; an archive begins with a file."""
        fact = _of(intent, "intent")
        write = self._writes if intent.act in ("archive", "copy") else self._writes.later
        write(lambda connection: add(connection, fact))

    def tell(self, intent: Intent, done: Done) -> None:
        """See the protocol."""
        fact = _of(intent, "told")
        fact.outcome, fact.why, fact.where, fact.digest = done.outcome, done.why, done.where, done.digest
        fact.before_bytes, fact.after_bytes = done.before_bytes, done.after_bytes
        self._writes.later(lambda connection: add(connection, fact))

    def end(self, operation: str, *, whole: bool = True) -> None:
        """See the protocol."""

        def end(connection: Connection) -> None:
            told = _told(connection, operation)
            fact = Fact(
                operation=operation, phase="end" if whole else "cut", t=now(), runs=tuple(told.values())[:FIRST]
            )
            fact.counts, fact.before_bytes, fact.after_bytes = _sums(told.values())
            add(connection, fact)
            begun = next(iter(_facts(connection, [operation], ("begin",))), None)
            if begun and begun.kind == "undo" and whole and not fact.counts.get("failed"):
                add(connection, Fact(operation=begun.of, phase="undone", t=fact.t, of=operation))
            connection.execute(_CLOSE, {"of": operation})

        self._writes(end)


def _of(intent: Intent, phase: Phase) -> Fact:
    fact = Fact(operation=intent.operation, phase=phase, t=now(), run=intent.run, act=intent.act, of=intent.of)
    fact.by, fact.rule, fact.workflow = intent.by, intent.rule, intent.workflow
    fact.before_bytes, fact.digest = intent.size_bytes, intent.digest
    return fact


def _cut(connection: Connection, operation: str, since: int) -> Cut:
    kind: Kind = next(fact.kind for fact in _facts(connection, [operation], ("begin",)) if fact.kind)
    intended: dict[str, Fact] = {}
    done: dict[str, None] = {}
    for fact in _facts(connection, [operation], ("intent", "told"), since):
        run = fact.run or ""
        if fact.phase == "intent":
            intended[run] = fact
        else:
            intended.pop(run, None)
            if fact.outcome == "done":
                done[run] = None
    return Cut(operation, kind, tuple(map(_intent, intended.values())), tuple(done))


def _intent(fact: Fact) -> Intent:
    told = {name: getattr(fact, name) for name in ("operation", "run", "act", "of", "by", "rule", "workflow", "digest")}
    return Intent(size_bytes=fact.before_bytes, **told)


def _facts(connection: Connection, operations: Sequence[str], phases: Sequence[Phase], since: int = 0) -> list[Fact]:
    rows: Iterable[Row[Any]] = connection.execute(_FACTS, {"of": operations, "phases": phases, "since": since})
    return [_decoder.decode(bytes(row.line)) for row in rows]


def _told(connection: Connection, operation: str) -> dict[str, Done]:
    """What became of each run, in the order of what was told last."""
    found: dict[str, Done] = {}
    for fact in _facts(connection, [operation], ("told",)):
        run = fact.run or ""
        found.pop(run, None)
        assert fact.outcome
        found[run] = Done(
            run=run,
            outcome=fact.outcome,
            why=fact.why,
            before_bytes=fact.before_bytes,
            after_bytes=fact.after_bytes,
            where=fact.where,
            digest=fact.digest,
            rule=fact.rule,
            copy_of=copied(fact.act, fact.of),
        )
    return found


def _sums(runs: Iterable[Done]) -> tuple[dict[str, int], int, int]:
    """Runs by outcome, and the bytes of those that were done, before and after."""
    found = list(runs)
    done = [one for one in found if one.outcome == "done"]
    counts = Counter[str](one.outcome for one in found)
    return dict(counts), sum(one.before_bytes for one in done), sum(one.after_bytes for one in done)


def _operation(facts: Sequence[Fact], sums: Fact | Mapping[str, Done], runs: tuple[Done, ...]) -> Operation:
    begin = next(fact for fact in facts if fact.phase == "begin")
    last = next((fact.phase for fact in reversed(facts) if fact.phase in ("end", "cut", "open")), "")
    if isinstance(sums, Fact):
        counts, before, after = sums.counts, sums.before_bytes, sums.after_bytes
    else:
        counts, before, after = _sums(sums.values())
    assert begin.kind
    return Operation(
        id=begin.operation,
        kind=begin.kind,
        at=begin.t,
        by=begin.by,
        why=begin.why,
        runs=runs,
        done=counts.get("done", 0),
        skipped=counts.get("skipped", 0),
        failed=counts.get("failed", 0),
        before_bytes=before,
        after_bytes=after,
        of=begin.of,
        undone=any(fact.phase == "undone" for fact in facts),
        unfinished=last != "end",
    )


_WHOLE: tuple[Phase, ...] = ("begin", "again", "open", "end", "cut", "undone")

_c = tables.operations.c
_OPEN = select(_c.id, _c.operation).where(_c.phase == "open").order_by(_c.id)
_BEGUN = select(_c.id, _c.operation).where(_c.phase == "begin").order_by(_c.id.desc())
_POLICY = select(_c.line).where(_c.phase == "policy").order_by(_c.id.desc()).limit(1)
_FACTS = (
    select(_c.line)
    .where(
        _c.operation.in_(bindparam("of", expanding=True)),
        _c.phase.in_(bindparam("phases", expanding=True)),
        _c.id > bindparam("since"),
    )
    .order_by(_c.id)
)
_CLOSE = delete(tables.operations).where(_c.operation == bindparam("of"), _c.phase == "open")
