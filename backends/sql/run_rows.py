"""Rows of the table `runs` as `Run` structs: by position, without an ORM and without a dict a row."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Column, ColumnElement, FromClause, Integer, Row, Select, Table, case, func, select, type_coerce

from ...core.costs import Money, Tokens
from ...core.events import Json, Writer
from ...core.runs import Run
from .dialects import texts
from .tables import costs, run_bodies, run_tags, runs

AnyRow = Row[*tuple[Any, ...]]
AnySelect = Select[*tuple[Any, ...]]


def token_columns(table: FromClause) -> list[ColumnElement[Any]]:
    """The columns that `tokens_of` reads."""
    return [table.c[f"{name}_tokens"] for name in ("input", "output", "cache_read", "cache_write", "reasoning")]


def money_columns(table: Table) -> list[Column[Any]]:
    """The columns that `money_of` reads."""
    names = ("recorded_nanousd", "computed_nanousd", "calls_recorded", "calls_computed", "calls_unknown")
    return [table.c[name] for name in names]


def call_money(calls: FromClause = costs) -> list[ColumnElement[Any]]:
    """Sums over `costs` (or some of them), a row each call, in the order that `money_of` reads."""
    told = {kind: case((calls.c.provenance == kind, 1), else_=0) for kind in ("recorded", "computed", "unknown")}
    price = func.coalesce(calls.c.nanousd, 0)
    columns = [price * told["recorded"], price * told["computed"], *told.values()]
    return [func.coalesce(func.sum(column), 0) for column in columns]


BODIES = run_bodies.alias("bodies")  # a name of its own, for queries look in `run_bodies` themselves
OF_RUN = BODIES.c.run == runs.c.id
RUNS = runs.outerjoin(BODIES, OF_RUN)
"""Where `COLUMNS` are selected from."""

# In the same statement, for a second one costs as much as the page itself.
_tags = select(texts(run_tags.c.tag)).where(run_tags.c.run == runs.c.id).scalar_subquery()

_c = runs.c
# As the driver gives them: to make a truth value of every one costs more here than in `run_of`.
_flags = (type_coerce(_c.pinned, Integer), type_coerce(_c.archived, Integer))
COLUMNS = (
    *(_c.id, _c.workflow, _c.version, _c.name, _c.objective, _c.plan_id, _c.attempt),
    *(_c.parent, _c.from_checkpoint, _c.session, _c.project, _c.status, _c.evidence),
    *(_c.started, _c.finished, _c.last_event, _c.last_seq, _c.error),
    *(_c.steps, _c.steps_done, _c.current_step, _c["items"], _c.items_failed),
    *(_c.events, _c.logs, _c.warnings, _c.errors, _c.checkpoints, _c.messages),
    *(_c.approvals, _c.approvals_pending, _c.artifacts),
    *token_columns(runs),
    *money_columns(runs),
    *(_c.size_bytes, _c.notes, *_flags, _c.damaged, _c.source, _c.source_id),
    *(BODIES.c.meta, BODIES.c.writer, _tags),
)
"""What a `Run` needs of its row, in the order in which `run_of` takes it."""


_writer = msgspec.json.Decoder(Writer)
_meta = msgspec.json.Decoder(dict[str, Json])
_NO_META = (None, "", "{}")
_texts = msgspec.json.Decoder(list[str])


def runs_of(rows: Iterable[AnyRow]) -> list[Run]:
    """The runs of rows that were selected by `COLUMNS` (more columns may follow)."""
    # A plain tuple tells its columns in half the time, and each is asked for.
    return [run_of(tuple(row)) for row in rows]


def run_of(row: Sequence[Any]) -> Run:
    """One run. Long, for it names every column once, in order."""
    return Run(
        id=row[0],
        workflow=row[1],
        version=row[2],
        name=row[3],
        objective=row[4],
        plan_id=row[5],
        attempt=row[6],
        parent=row[7],
        from_checkpoint=row[8],
        session=row[9],
        project=row[10],
        status=row[11],
        evidence=row[12],
        started=row[13],
        finished=row[14],
        last_event=row[15],
        last_seq=row[16],
        error=row[17],
        steps=row[18],
        steps_done=row[19],
        current_step=row[20],
        items=row[21],
        items_failed=row[22],
        events=row[23],
        logs=row[24],
        warnings=row[25],
        errors=row[26],
        checkpoints=row[27],
        messages=row[28],
        approvals=row[29],
        approvals_pending=row[30],
        artifacts=row[31],
        tokens=Tokens(input=row[32], output=row[33], cache_read=row[34], cache_write=row[35], reasoning=row[36]),
        money=Money(
            recorded_nanousd=row[37], computed_nanousd=row[38], recorded=row[39], computed=row[40], unknown=row[41]
        ),
        size_bytes=row[42],
        tags=() if row[51] == "[]" else tuple(sorted(_texts.decode(row[51]))),
        notes=row[43],
        pinned=bool(row[44]),
        archived=bool(row[45]),
        damaged=row[46],
        meta=_meta.decode(row[49]) if row[49] not in _NO_META else {},
        writer=_writer.decode(row[50]) if row[50] else None,
        source=row[47],
        source_id=row[48],
    )


def tokens_of(row: AnyRow, at: int) -> Tokens:
    """Five columns from `at` on, in the order of `token_columns`."""
    return Tokens(
        input=row[at], output=row[at + 1], cache_read=row[at + 2], cache_write=row[at + 3], reasoning=row[at + 4]
    )


def money_of(row: AnyRow, at: int) -> Money:
    """Five columns from `at` on, in the order of `money_columns`."""
    return Money(
        recorded_nanousd=row[at],
        computed_nanousd=row[at + 1],
        recorded=row[at + 2],
        computed=row[at + 3],
        unknown=row[at + 4],
    )
