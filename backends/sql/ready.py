"""Statements made ready for a driver that answers in a fraction of what SQLAlchemy's way to it costs.

To find what was compiled before, and to lay out a result for it, costs many times a question of SQLite that finds a
row or two: where a reading is made of such questions, that is most of it. What lies across a network, no such way
makes quicker.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection

from .run_rows import AnySelect

Values = tuple[Any, ...]


class _Form(NamedTuple):
    """A statement as SQLite's driver takes it, with what its types make of the values bound and found."""

    text: str
    names: tuple[str, ...]
    fixed: Mapping[str, Any]
    told: Mapping[str, Callable[[Any], Any]]
    found: tuple[Callable[[Any], Any] | None, ...]


class Ready:
    """A question that is asked again and again, with values by the names of its bound parameters. Thread-safe."""

    def __init__(self, statement: AnySelect) -> None:
        self._statement = statement
        self._form: _Form | None = None
        self._is_formed = False

    def __call__(self, connection: Connection, given: Mapping[str, Any]) -> list[Values]:
        """All rows, as SQLAlchemy gives them."""
        if connection.dialect.name == "sqlite":
            if not self._is_formed:
                self._form, self._is_formed = _form(self._statement, connection.dialect), True
            if self._form is not None:
                driver: Any = connection.connection.driver_connection
                try:
                    return _answer(driver, self._form, given)
                except driver.Error:
                    pass  # it is asked once more by who tells errors as everything else here does
        return [tuple(row) for row in connection.execute(self._statement, given).all()]


def _form(statement: AnySelect, dialect: Any) -> _Form | None:
    """None if the text depends on how many values there are."""
    made: Any = statement.compile(dialect=dialect)
    binds = made.binds.items()
    if any(bound.expanding or bound.literal_execute for _, bound in binds):
        return None
    told = {name: bound.type.dialect_impl(dialect).bind_processor(dialect) for name, bound in binds}
    kinds = [column.type.dialect_impl(dialect) for column in statement.selected_columns]
    return _Form(
        str(made),
        tuple(made.positiontup),
        {name: bound.value for name, bound in binds if not bound.required},
        {name: way for name, way in told.items() if way},
        tuple(kind.result_processor(dialect, None) for kind in kinds),
    )


def _answer(driver: Any, form: _Form, given: Mapping[str, Any]) -> list[Values]:
    values = {**form.fixed, **given}
    for name, told in form.told.items():
        values[name] = told(values[name])
    rows: list[Values] = driver.execute(form.text, [values[name] for name in form.names]).fetchall()
    return [_read(row, form.found) for row in rows] if any(form.found) else rows


def _read(row: Values, found: Iterable[Callable[[Any], Any] | None]) -> Values:
    return tuple([value if way is None else way(value) for value, way in zip(row, found, strict=True)])
