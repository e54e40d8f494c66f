"""The conditions of pages of runs: what a query asks for, written so that a database walks along the list."""

from sqlalchemy import ColumnElement, and_, true

from ...core.query.query import EVERYTHING, Query
from ...core.query.query_keys import KEYS, STATUS_SETS
from ...core.query.query_nodes import Term
from .query_sql import Indexed, where
from .run_rows import AnySelect

OF_THE_MOMENT = frozenset(key.name for key in KEYS.values() if key.kind in ("time", "took"))
"""Keys whose condition holds the time at which it was made."""


def condition_of(query: Query) -> ColumnElement[bool] | None:
    """As `matching`, but what has alternatives is kept from choosing an index.

    SQLite would read all rows of each alternative and sort them; so it walks along the list until the page is full.
    Rare words of logs alone are begun with.
    """
    if query == EVERYTHING:
        return None
    clauses = []
    few = _has_few(query)
    for node in query.parts():
        plain = isinstance(node, Term) and len(node.values) <= 1 and node.key != "took"
        if few or isinstance(node, Indexed):
            plain = isinstance(node, Indexed) and node.rare
        clause = where(Query(root=node))
        clauses.append(clause if plain and not statuses_of(Query(root=node)) else clause.is_(true()))
    return and_(true(), *clauses)


def _has_few(query: Query) -> bool:
    """Whether it is known that few runs match, so that these are read and sorted."""
    return any(isinstance(node, Indexed) and node.rare for node in query.parts())


def statuses_of(query: Query) -> list[str]:
    """The statuses of which a query wants any, where it names several, and runs enough to look along each."""
    if _has_few(query):
        return []
    for node in query.parts():
        if isinstance(node, Term) and node.key == "status":
            names = {name for value in node.values for name in STATUS_SETS.get(value, (value,))}
            if len(names) > 1:
                return sorted(names)
    return []


def narrowed(statement: AnySelect, *conditions: ColumnElement[bool] | None) -> AnySelect:
    """The statement with those conditions that there are."""
    return statement.where(*(condition for condition in conditions if condition is not None))
