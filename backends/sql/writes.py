"""Compiled statements that write rows of one table, many at once.

SQLAlchemy builds the SQL once for each dialect; each use then costs the driver's executemany and
little else (building the cache key of a statement with 60 columns costs more than its execution).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from importlib import import_module
from operator import itemgetter
from sys import intern
from typing import Any

from sqlalchemy import Column, Connection, LargeBinary, Table

from . import bulk
from .storable import all_storable

Row = dict[str, Any]
Values = tuple[Any, ...]

_PARAMETERS = {"sqlite": "qmark", "postgresql": "format"}


def blank(table: Table) -> Row:
    """A row of the columns' defaults."""
    return {name_of(column): getattr(column.default, "arg", None) for column in table.columns}


def name_of(column: Column[Any]) -> str:
    """As a plain text: SQLAlchemy's is a kind of its own, which makes a dict of such keys several times slower."""
    return intern(str(column.name))


def columns_of(table: Table) -> tuple[str, ...]:
    """The columns whose values are written, in the order in which all statements here take them."""
    return _names(table)


def values_of(table: Table, rows: Iterable[Row]) -> list[Values]:
    """Rows as statements take them."""
    return list(map(_getter(table), rows))


def upsert(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Writes whole rows, each in the place of one with its primary key."""
    upsert_values(connection, table, values_of(table, rows))


def insert(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Adds rows whose number the database gives."""
    insert_values(connection, table, values_of(table, rows))


def add_missing(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Adds the rows whose primary key is not there yet; others stay as they are."""
    add_missing_values(connection, table, values_of(table, rows))


def upsert_values(connection: Connection, table: Table, values: Sequence[Values]) -> None:
    """`upsert` of what `values_of` gave."""
    sql = _upsert(table, connection.dialect.name)
    if values and connection.dialect.name == "sqlite":
        # Nearly all values can be stored as they are: it is cheaper to be told by the driver which
        # cannot than to look at each. What was written until then is written once more.
        try:
            connection.exec_driver_sql(sql, values if isinstance(values, list) else list(values))
            return
        except (UnicodeEncodeError, OverflowError):
            pass  # then each is looked at
    _run(connection, table, sql, values)


def insert_values(connection: Connection, table: Table, values: Sequence[Values]) -> None:
    """`insert` of what `values_of` gave."""
    if not _copied(connection, table, values):
        _run(connection, table, _append(table, connection.dialect.name), values)


def add_missing_values(connection: Connection, table: Table, values: Sequence[Values]) -> None:
    """`add_missing` of what `values_of` gave."""
    if not _copied(connection, table, values):
        _run(connection, table, _missing(table, connection.dialect.name), values)


def add_up(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Adds the numbers of rows to those that are there; in the order of the keys, so that writers cannot deadlock."""
    keys = [name_of(column) for column in table.primary_key]
    in_order = sorted(rows, key=lambda row: [row[key] for key in keys])
    _run(connection, table, _sum(table, connection.dialect.name), values_of(table, in_order))


def _copied(connection: Connection, table: Table, values: Sequence[Values]) -> bool:
    if len(values) < bulk.MANY or connection.dialect.name != "postgresql":
        return False
    return bulk.copied(connection, table.name, _names(table), _taken(table, "postgresql", values))


def _run(connection: Connection, table: Table, sql: str, values: Sequence[Values]) -> None:
    if values:
        connection.exec_driver_sql(sql, list(_taken(table, connection.dialect.name, values)))


def _taken(table: Table, dialect: str, values: Sequence[Values]) -> Iterator[Values]:
    # Column by column: that nothing is to be done to any of them is told of all at once.
    columns = zip(*values, strict=True)
    return zip(*(taken(column) for taken, column in zip(_binds(table, dialect), columns, strict=True)), strict=True)


@lru_cache(64)
def _binds(table: Table, dialect: str) -> list[Callable[[Sequence[Any]], Any]]:
    """What makes of each column's values what the driver takes."""
    return [_binding(table.c[name].type, dialect) for name in _names(table)]


def _binding(kind: Any, dialect: str) -> Callable[[Sequence[Any]], Any]:
    if isinstance(kind, LargeBinary):
        return lambda values: values
    return getattr(kind._variant_mapping.get(dialect), "all_taken", all_storable)


@lru_cache(64)
def _names(table: Table) -> tuple[str, ...]:
    return tuple(name_of(column) for column in table.columns if column is not table.autoincrement_column)


@lru_cache(64)
def _getter(table: Table) -> Callable[[Row], Values]:
    return itemgetter(*_names(table))


def _dialect(name: str) -> Any:
    # Only the one that is used: PostgreSQL's takes as long to load as all the rest.
    return import_module(f"sqlalchemy.dialects.{name}")


@lru_cache(64)
def _upsert(table: Table, dialect: str) -> str:
    statement = _dialect(dialect).insert(table)
    others = {column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key}
    if not others:
        return _compiled(statement.on_conflict_do_nothing(), table, dialect)
    return _compiled(
        statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=others), table, dialect
    )


@lru_cache(64)
def _missing(table: Table, dialect: str) -> str:
    return _compiled(_dialect(dialect).insert(table).on_conflict_do_nothing(), table, dialect)


@lru_cache(64)
def _append(table: Table, dialect: str) -> str:
    return _compiled(_dialect(dialect).insert(table), table, dialect)


@lru_cache(64)
def _sum(table: Table, dialect: str) -> str:
    statement = _dialect(dialect).insert(table)
    sums = {column.name: column + statement.excluded[column.name] for column in table.columns if not column.primary_key}
    return _compiled(statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=sums), table, dialect)


def _compiled(statement: Any, table: Table, dialect: str) -> str:
    form = _dialect(dialect).dialect(paramstyle=_PARAMETERS[dialect])
    return str(statement.compile(dialect=form, column_keys=list(_names(table))))
