"""Compiled statements that write rows of one table, many at once.

SQLAlchemy builds the SQL once for each dialect; each use then costs the driver's executemany and
little else (building the cache key of a statement with 60 columns costs more than its execution).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from importlib import import_module
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, LargeBinary, Table

from . import bulk
from .storable import all_storable

Row = dict[str, Any]

_PARAMETERS = {"sqlite": "qmark", "postgresql": "format"}


def blank(table: Table) -> Row:
    """A row of the columns' defaults."""
    return {column.name: getattr(column.default, "arg", None) for column in table.columns}


def upsert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Writes whole rows, each in the place of one with its primary key."""
    sql, names = _upsert(table, connection.dialect.name)
    if rows and connection.dialect.name == "sqlite":
        # Nearly all values can be stored as they are: it is cheaper to be told by the driver which
        # cannot than to look at each. What was written until then is written once more.
        try:
            connection.exec_driver_sql(sql, list(map(itemgetter(*names), rows)))
            return
        except (UnicodeEncodeError, OverflowError):
            pass
    _run(connection, table, sql, names, rows)


def insert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Adds rows whose number the database gives."""
    sql, names = _append(table, connection.dialect.name)
    if not _copied(connection, table, names, rows):
        _run(connection, table, sql, names, rows)


def add_missing(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Adds the rows whose primary key is not there yet; others stay as they are."""
    sql, names = _missing(table, connection.dialect.name)
    if not _copied(connection, table, names, rows):
        _run(connection, table, sql, names, rows)


def add_up(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Adds the numbers of rows to those that are there; in the order of the keys, so that writers cannot deadlock."""
    keys = [column.name for column in table.primary_key]
    in_order = sorted(rows, key=lambda row: [row[key] for key in keys])
    _run(connection, table, *_sum(table, connection.dialect.name), in_order)


def _copied(connection: Connection, table: Table, names: tuple[str, ...], rows: Sequence[Row]) -> bool:
    if len(rows) < bulk.MANY or connection.dialect.name != "postgresql":
        return False
    return bulk.copied(connection, table.name, names, _values(connection, table, names, rows))


def _run(connection: Connection, table: Table, sql: str, names: tuple[str, ...], rows: Sequence[Row]) -> None:
    if rows:
        connection.exec_driver_sql(sql, list(_values(connection, table, names, rows)))


def _values(
    connection: Connection, table: Table, names: tuple[str, ...], rows: Sequence[Row]
) -> Iterator[tuple[Any, ...]]:
    # Column by column: that nothing is to be done to any of them is told of all at once.
    columns = [taken([row[name] for row in rows]) for taken, name in _binds(table, names, connection.dialect.name)]
    return zip(*columns, strict=True)


@lru_cache(64)
def _binds(table: Table, names: tuple[str, ...], dialect: str) -> list[tuple[Callable[[Sequence[Any]], Any], str]]:
    """What makes of each column's values what the driver takes."""
    return [(_taken(table.c[name].type, dialect), name) for name in names]


def _taken(kind: Any, dialect: str) -> Callable[[Sequence[Any]], Any]:
    if isinstance(kind, LargeBinary):
        return lambda values: values
    return getattr(kind._variant_mapping.get(dialect), "all_taken", all_storable)


def _dialect(name: str) -> Any:
    # Only the one that is used: PostgreSQL's takes as long to load as all the rest.
    return import_module(f"sqlalchemy.dialects.{name}")


@lru_cache(64)
def _upsert(table: Table, dialect: str) -> tuple[str, tuple[str, ...]]:
    statement = _dialect(dialect).insert(table)
    others = {column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key}
    if not others:
        return _compiled(statement.on_conflict_do_nothing(), table, dialect)
    return _compiled(
        statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=others), table, dialect
    )


@lru_cache(64)
def _missing(table: Table, dialect: str) -> tuple[str, tuple[str, ...]]:
    return _compiled(_dialect(dialect).insert(table).on_conflict_do_nothing(), table, dialect)


@lru_cache(64)
def _append(table: Table, dialect: str) -> tuple[str, tuple[str, ...]]:
    return _compiled(_dialect(dialect).insert(table), table, dialect)


@lru_cache(64)
def _sum(table: Table, dialect: str) -> tuple[str, tuple[str, ...]]:
    statement = _dialect(dialect).insert(table)
    sums = {column.name: column + statement.excluded[column.name] for column in table.columns if not column.primary_key}
    return _compiled(statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=sums), table, dialect)


def _compiled(statement: Any, table: Table, dialect: str) -> tuple[str, tuple[str, ...]]:
    names = [column.name for column in table.columns if column is not table.autoincrement_column]
    compiled = statement.compile(dialect=_dialect(dialect).dialect(paramstyle=_PARAMETERS[dialect]), column_keys=names)
    return str(compiled), tuple(compiled.positiontup)
