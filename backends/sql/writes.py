"""Compiled statements that write rows of one table, many at once.

SQLAlchemy builds the SQL once for each dialect; each use then costs the driver's executemany and
little else (building the cache key of a statement with 60 columns costs more than its execution).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from importlib import import_module
from operator import itemgetter
from sys import intern
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, LargeBinary, Table, case, literal_column

from . import bulk
from .storable import LARGEST, all_storable

Row = dict[str, Any]
Values = tuple[Any, ...]

_MANY = 50
"""Rows of which it is worth to look which columns they need."""
_PARAMETERS = {"sqlite": "qmark", "postgresql": "format"}


def blank(table: Table) -> Row:
    """A row of the columns' defaults."""
    return {name_of(column): getattr(column.default, "arg", None) for column in table.columns}


def name_of(column: Column[Any]) -> str:
    """As a plain text: SQLAlchemy's is a kind of its own, which makes a dict of such keys several times slower."""
    return intern(str(column.name))


class Rows(NamedTuple):
    """Rows of one table: their values in these columns. In all others each row has the default."""

    columns: tuple[str, ...]
    values: list[Values]


def columns_of(table: Table) -> tuple[str, ...]:
    """The columns whose values are written."""
    return _names(table)


def rows_of(table: Table, rows: Iterable[Row]) -> Rows:
    """Rows as statements take them."""
    return Rows(_names(table), list(map(_getter(table), rows)))


def shortened(table: Table, rows: Rows) -> Rows:
    """The same rows without the columns in which none of them says anything, if there are many.

    Of the sixty columns of a run most say nothing, and to tell another process of a value and to bind it costs the
    same whatever it is: nearly half of what it costs to write such a row.
    """
    count = len(rows.values)
    if count < _MANY:
        return rows
    default, columns = _defaults(table), list(zip(*rows.values, strict=True))
    telling = [
        at
        for at, name in enumerate(rows.columns)
        if columns[at][0] != default[name] or columns[at].count(default[name]) < count
    ]
    return Rows(tuple(rows.columns[at] for at in telling), list(zip(*[columns[at] for at in telling], strict=True)))


def upsert(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Writes whole rows, each in the place of one with its primary key."""
    upsert_rows(connection, table, rows_of(table, rows))


def insert(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Adds rows whose number the database gives."""
    insert_rows(connection, table, rows_of(table, rows))


def add_missing(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Adds the rows whose primary key is not there yet; others stay as they are."""
    add_missing_rows(connection, table, rows_of(table, rows))


def upsert_rows(connection: Connection, table: Table, rows: Rows) -> None:
    """`upsert` of what `rows_of` gave."""
    sql = _upsert(table, connection.dialect.name, rows.columns)
    if rows.values and connection.dialect.name == "sqlite":
        # Nearly all values can be stored as they are: it is cheaper to be told by the driver which
        # cannot than to look at each. What was written until then is written once more.
        try:
            connection.exec_driver_sql(sql, rows.values)
            return
        except (UnicodeEncodeError, OverflowError):
            pass  # then each is looked at
    _run(connection, table, sql, rows)


def insert_rows(connection: Connection, table: Table, rows: Rows) -> None:
    """`insert` of what `rows_of` gave."""
    if not _copied(connection, table, rows):
        _run(connection, table, _append(table, connection.dialect.name, rows.columns), rows)


def add_missing_rows(connection: Connection, table: Table, rows: Rows) -> None:
    """`add_missing` of what `rows_of` gave."""
    if not _copied(connection, table, rows):
        _run(connection, table, _missing(table, connection.dialect.name, rows.columns), rows)


def add_up(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Adds the numbers of rows to those that are there; in the order of the keys, so that writers cannot deadlock."""
    keys = [name_of(column) for column in table.primary_key]
    in_order = sorted(rows, key=lambda row: [row[key] for key in keys])
    _run(connection, table, _sum(table, connection.dialect.name), rows_of(table, in_order))


def _copied(connection: Connection, table: Table, rows: Rows) -> bool:
    if len(rows.values) < bulk.MANY or connection.dialect.name != "postgresql":
        return False
    whole = Rows(_names(table), _whole(table, rows))
    return bulk.copied(connection, table.name, whole.columns, _taken(table, "postgresql", whole))


def _whole(table: Table, rows: Rows) -> list[Values]:
    """Values of all columns: those that are copied have no defaults in the database."""
    told = dict(zip(rows.columns, zip(*rows.values, strict=True), strict=True))
    default, count = _defaults(table), len(rows.values)
    return list(zip(*(told.get(name) or (default[name],) * count for name in _names(table)), strict=True))


def _run(connection: Connection, table: Table, sql: str, rows: Rows) -> None:
    if rows.values:
        connection.exec_driver_sql(sql, list(_taken(table, connection.dialect.name, rows)))


def _taken(table: Table, dialect: str, rows: Rows) -> Iterator[Values]:
    # Column by column: that nothing is to be done to any of them is told of all at once.
    binds, columns = _binds(table, dialect), zip(*rows.values, strict=True)
    return zip(*(binds[name](column) for name, column in zip(rows.columns, columns, strict=True)), strict=True)


@lru_cache(64)
def _binds(table: Table, dialect: str) -> dict[str, Callable[[Sequence[Any]], Any]]:
    """What makes of each column's values what the driver takes."""
    return {name: _binding(table.c[name].type, dialect) for name in _names(table)}


def _binding(kind: Any, dialect: str) -> Callable[[Sequence[Any]], Any]:
    if isinstance(kind, LargeBinary):
        return lambda values: values
    return getattr(kind._variant_mapping.get(dialect), "all_taken", all_storable)


@lru_cache(64)
def _names(table: Table) -> tuple[str, ...]:
    return tuple(name_of(column) for column in table.columns if column is not table.autoincrement_column)


@lru_cache(64)
def _defaults(table: Table) -> Row:
    return blank(table)


@lru_cache(64)
def _getter(table: Table) -> Callable[[Row], Values]:
    return itemgetter(*_names(table))


def _dialect(name: str) -> Any:
    # Only the one that is used: PostgreSQL's takes as long to load as all the rest.
    return import_module(f"sqlalchemy.dialects.{name}")


@lru_cache(256)
def _upsert(table: Table, dialect: str, columns: tuple[str, ...]) -> str:
    statement = _dialect(dialect).insert(table)
    others = {column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key}
    if not others:
        return _compiled(statement.on_conflict_do_nothing(), table, dialect, columns)
    replacing = statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=others)
    return _compiled(replacing, table, dialect, columns)


@lru_cache(256)
def _missing(table: Table, dialect: str, columns: tuple[str, ...]) -> str:
    return _compiled(_dialect(dialect).insert(table).on_conflict_do_nothing(), table, dialect, columns)


@lru_cache(256)
def _append(table: Table, dialect: str, columns: tuple[str, ...]) -> str:
    return _compiled(_dialect(dialect).insert(table), table, dialect, columns)


@lru_cache(64)
def _sum(table: Table, dialect: str) -> str:
    statement = _dialect(dialect).insert(table)
    numbers = (column for column in table.columns if not column.primary_key)
    sums = {column.name: _added_at_most(column, statement.excluded[column.name]) for column in numbers}
    adding = statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=sums)
    return _compiled(adding, table, dialect, _names(table))


def _added_at_most(column: Any, more: Any) -> Any:
    """The sum, or the largest number that there is, for one agent that counts a thousand calls in a wrong unit:
    PostgreSQL would refuse the transaction, and with it all that anybody ships, and SQLite would go on in floats.
    """
    none: Any = literal_column("0")
    most: Any = literal_column(str(LARGEST))
    return case((more <= none, column + more), (column > most - more, most), else_=column + more)


def _compiled(statement: Any, table: Table, dialect: str, columns: tuple[str, ...]) -> str:
    form = _dialect(dialect).dialect(paramstyle=_PARAMETERS[dialect])
    defaults, told = _defaults(table), set(columns)
    left: dict[str, Any] = {name: literal_column(_said(defaults[name])) for name in _names(table) if name not in told}
    return str(statement.values(left).compile(dialect=form, column_keys=list(columns)))


def _said(default: Any) -> str:
    """One of our own defaults as SQL says it."""
    return "NULL" if default is None else f"'{default}'" if isinstance(default, str) else str(default)
