"""What a query asks of log text, which no table holds: as far as words tell it is a condition, the rest is read."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, select

from ...core.errors import ReadOnly
from ...core.log_words import Wanted, phrase
from ...core.progress import counted, go_on
from ...core.query.query import Query, made
from ...core.query.query_nodes import Node, Not, Term, all_of
from ...core.unsearched import pass_over
from .database import Database
from .log_search import LogSearch
from .query_sql import Indexed, Known, is_exact, where
from .run_queries import Accepts
from .tables import runs


class LogTerms:
    """Prepares queries for the tables. Thread-safe."""

    def __init__(self, database: Database, search: LogSearch) -> None:
        self._database, self._search = database, search

    def prepared(self, query: Query) -> tuple[Query, Accepts | None]:
        """The query with what the index of words knows of it, and who tells the rest (None: there is none).

        Takes new entries into the index first.
        """
        if not made(query).log_terms():
            return query, None
        is_whole = self._search.catch_up()
        parts = [self._indexed(part) if is_whole else part for part in query.parts()]
        asked = [part for part in parts if _is_unknown(part)]
        prepared = Query(root=all_of(parts), text=query.text, message=query.message)
        return prepared, _accepts(self._search, asked) if asked else None

    def settled(self, query: Query, *among: ColumnElement[bool]) -> Query:
        """A query for the same runs of which the tables know all: for sums, which cost the runs that match.

        `among`: what else must hold of a run, so that no log is read in vain.
        """
        asked, accepts = self.prepared(query)
        if accepts is None:
            return asked
        with self._database.read() as connection:
            found = connection.scalars(select(runs.c.id).where(where(asked), *among)).all()
        read = counted(found, len(found), "logs")
        return Query(root=Known(key="id", sign="=", values=tuple(filter(accepts, read))))

    def _indexed(self, part: Node) -> Node:
        if isinstance(part, Not):
            return Not(self._indexed(part.part)) if _is_log(part.part) else part
        if not isinstance(part, Term) or part.key != "log":
            return part
        looks = [self._search.look(wanted).whole for wanted in map(phrase, part.values) if wanted.phrases]
        rare = len(looks) == len(part.values) and all(looks)
        return Indexed(key="log", sign=part.sign, values=part.values, rare=rare)


def _is_log(part: Node) -> bool:
    return isinstance(part, Term) and part.key == "log"


def _is_unknown(part: Node) -> bool:
    term = part.part if isinstance(part, Not) else part
    return isinstance(term, Term) and term.key == "log" and not is_exact(term)


def _accepts(search: LogSearch, asked: Sequence[Node]) -> Accepts:
    """Whether a run's log says what these terms ask."""
    ways = [
        (not isinstance(part, Not), [phrase(value) for value in (part.part if isinstance(part, Not) else part).values])  # type: ignore[union-attr]
        for part in asked
    ]

    def accepts(run: str) -> bool:
        try:
            return all(any(_is_in(search, run, one) for one in any_of) is wanted for wanted, any_of in ways)
        except ReadOnly as error:  # nobody knows what its log says, or does not say
            pass_over(run, error)
            return False

    return accepts


def _is_in(search: LogSearch, run: str, wanted: Wanted) -> bool:
    go_on()  # also where nothing of a run need be read: there may be very many of them
    ((_, hits),) = search.found([run], wanted)
    return next(hits, None) is not None
