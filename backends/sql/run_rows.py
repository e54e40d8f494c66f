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

_parts: dict[str, Sequence[ColumnElement[Any]]] = {
    "tokens": token_columns(runs),
    "money": money_columns(runs),
    "tags": [_tags],
    "meta": [BODIES.c.meta],
    "writer": [BODIES.c.writer],
    # As the driver gives them: to make a truth value of every one costs more here than in `runs_of`.
    "pinned": [type_coerce(runs.c.pinned, Integer)],
    "archived": [type_coerce(runs.c.archived, Integer)],
}
COLUMNS = [column for name in Run.__struct_fields__ for column in (_parts.get(name) or [runs.c[name]])]
"""What a `Run` needs of its row: the columns of each of its fields, in their order."""

_TOKENS = Run.__struct_fields__.index("tokens")
_MONEY = _TOKENS + len(_parts["tokens"])
_REST, _END = _MONEY + len(_parts["money"]), len(COLUMNS)

_writer = msgspec.json.Decoder(Writer)
_meta = msgspec.json.Decoder(dict[str, Json])
_NO_META = (None, "", "{}")
_texts = msgspec.json.Decoder(list[str])


def runs_of(rows: Iterable[AnyRow]) -> list[Run]:
    """The runs of rows that were selected by `COLUMNS` (more columns may follow)."""
    return [_run_of(row) for row in rows]


def _run_of(row: AnyRow) -> Run:
    size_bytes, tags, notes, pinned, archived, damaged, meta, writer, *source = row[_REST:_END]
    fields: list[Any] = [
        *row[:_TOKENS],
        tokens_of(row, _TOKENS),
        money_of(row, _MONEY),
        size_bytes,
        () if tags == "[]" else tuple(sorted(_texts.decode(tags))),
        notes,
        bool(pinned),
        bool(archived),
        damaged,
        _meta.decode(meta) if meta not in _NO_META else {},
        _writer.decode(writer) if writer else None,
        *source,
    ]
    return Run(*fields)  # by position, for to name so many costs six times what to fill them does


def tokens_of(row: AnyRow, at: int) -> Tokens:
    """Five columns from `at` on, in the order of `token_columns`."""
    return Tokens(*row[at : at + 5])


def money_of(row: AnyRow, at: int) -> Money:
    """Five columns from `at` on, in the order of `money_columns`."""
    return Money(*row[at : at + 5])
