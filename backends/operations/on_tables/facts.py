"""The facts of the record of operations in a table: one row each, and what several of them come to."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, Row, bindparam, select

from ....core.clock import now
from ....core.operations import Done, Kind, Operation
from ...sql import tables
from ..record import Act, Cut, Intent, copied

Phase = Literal["open", "begin", "again", "intent", "told", "end", "cut", "undone", "policy", "back"]
"""Of an operation: begun (and gone on with), ended (cut off or stopped), taken back. Of a run in it: what is about to
be done (`intent`), what became of it (`told`), and that new events brought it back from the trash (`back`)."""


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
    at: str = ""
    """Of an operation that was done in another store (`elsewhere`): when. Then `t` is when it was carried."""
    elsewhere: str = ""
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


def decoded(line: bytes) -> Fact:
    """A fact as it stands in its row."""
    return _decoder.decode(line)


def add(connection: Connection, *facts: Fact) -> None:
    """Adds facts to the record."""
    rows = [{"operation": fact.operation, "phase": fact.phase, "run": fact.run} for fact in facts]
    lines = ({"line": msgspec.json.encode(fact)} for fact in facts)
    connection.execute(tables.operations.insert(), [row | line for row, line in zip(rows, lines, strict=True)])


def fact_of(intent: Intent, phase: Phase) -> Fact:
    """What is told of what is about to be done with a run, or was (what became of it, the caller adds)."""
    fact = Fact(operation=intent.operation, phase=phase, t=now(), run=intent.run, act=intent.act, of=intent.of)
    fact.by, fact.rule, fact.workflow = intent.by, intent.rule, intent.workflow
    fact.before_bytes, fact.digest = intent.size_bytes, intent.digest
    return fact


def cut_off(connection: Connection, operation: str, since: int) -> Cut:
    """What an operation left that was cut off; `since` is the row in which it was begun, or gone on with, last."""
    begun = read_facts(connection, [operation], ("begin",))[0]
    assert begun.kind
    intended: dict[str, Fact] = {}
    done: dict[str, None] = {}
    for fact in read_facts(connection, [operation], ("intent", "told"), since):
        run = fact.run or ""
        if fact.phase == "intent":
            intended[run] = fact
        else:
            intended.pop(run, None)
            if fact.outcome == "done" and not begun.elsewhere:
                done[run] = None
    return Cut(operation, begun.kind, tuple(map(_intent, intended.values())), tuple(done))


def _intent(fact: Fact) -> Intent:
    told = {name: getattr(fact, name) for name in ("operation", "run", "act", "of", "by", "rule", "workflow", "digest")}
    return Intent(size_bytes=fact.before_bytes, **told)


def read_facts(
    connection: Connection, operations: Sequence[str], phases: Sequence[Phase], since: int = 0
) -> list[Fact]:
    """The facts of these operations, in the order in which they were told; of them those after a row."""
    rows: Iterable[Row[Any]] = connection.execute(_FACTS, {"of": operations, "phases": phases, "since": since})
    return [decoded(bytes(row.line)) for row in rows]


def outcomes(connection: Connection, operation: str) -> dict[str, Done]:
    """What became of each run, in the order of what was told last."""
    found: dict[str, Done] = {}
    for fact in read_facts(connection, [operation], ("told",)):
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


def summed(runs: Iterable[Done]) -> tuple[dict[str, int], int, int]:
    """Runs by outcome, and the bytes of those that were done, before and after."""
    found = list(runs)
    done = [one for one in found if one.outcome == "done"]
    counts = Counter[str](one.outcome for one in found)
    return dict(counts), sum(one.before_bytes for one in done), sum(one.after_bytes for one in done)


def operation_of(facts: Sequence[Fact], end: Fact | Mapping[str, Done], runs: tuple[Done, ...]) -> Operation:
    """An operation by what was told of all of it, and by its end, or where that is not told by its runs."""
    begin = next(fact for fact in facts if fact.phase == "begin")
    last = next((fact.phase for fact in reversed(facts) if fact.phase in ("end", "cut", "open")), "")
    if isinstance(end, Fact):
        counts, before, after = end.counts, end.before_bytes, end.after_bytes
    else:
        counts, before, after = summed(end.values())
    assert begin.kind
    return Operation(
        id=begin.operation,
        kind=begin.kind,
        at=begin.at or begin.t,
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
        elsewhere=begin.elsewhere,
    )


_c = tables.operations.c
_FACTS = (
    select(_c.line)
    .where(
        _c.operation.in_(bindparam("of", expanding=True)),
        _c.phase.in_(bindparam("phases", expanding=True)),
        _c.id > bindparam("since"),
    )
    .order_by(_c.id)
)
