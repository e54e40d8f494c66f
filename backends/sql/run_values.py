"""What a row of the table `runs` says, by position: without a database engine, an ORM, or a dict a row."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from ...core.costs import Money, Tokens
from ...core.events import Json, Writer
from ...core.runs import RUN_STATUSES, Run, Totals

Values = Sequence[Any]
"""The columns of a row, in their order: a tuple of a driver's, or a row of SQLAlchemy's."""

SEVERAL = {"tokens": 5, "money": 5}
"""Fields of a `Run` that are made of several columns, and of how many."""

_TOKENS = Run.__struct_fields__.index("tokens")
_MONEY = _TOKENS + SEVERAL["tokens"]
_REST = _MONEY + SEVERAL["money"]
_END = len(Run.__struct_fields__) + sum(SEVERAL.values()) - len(SEVERAL)

_writer = msgspec.json.Decoder(Writer)
_meta = msgspec.json.Decoder(dict[str, Json])
_NO_META = (None, "", "{}")
_texts = msgspec.json.Decoder(list[str])


def runs_of(rows: Iterable[Values]) -> list[Run]:
    """The runs of rows that were selected by `run_rows.COLUMNS` (more columns may follow)."""
    return [_run_of(row) for row in rows]


def _run_of(row: Values) -> Run:
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


def tokens_of(row: Values, at: int) -> Tokens:
    """Five columns from `at` on, in the order of `run_rows.token_columns`."""
    return Tokens(*row[at : at + 5])


def money_of(row: Values, at: int) -> Money:
    """Five columns from `at` on, in the order of `run_rows.money_columns`."""
    return Money(*row[at : at + 5])


def totals_of(by_status: Sequence[Values], today: Values, damaged: int) -> Totals:
    """Rows of a status, its runs and their bytes; what today cost, as `money_of` reads it; and damaged places."""
    return Totals(
        runs=sum(row[1] for row in by_status),
        by_status=dict.fromkeys(RUN_STATUSES, 0) | {row[0]: row[1] for row in by_status},
        size_bytes=sum(row[2] or 0 for row in by_status),
        today=money_of(today, 0),
        damaged=damaged,
    )
