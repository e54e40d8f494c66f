"""A store that knows one session's runs, or one project's: every query carries the condition, and what is
another's is not found. A guard against mistakes, not access control.
"""

from functools import lru_cache

import msgspec

from ..errors import NotFound, no_id, no_run
from ..query.query import EVERYTHING, And, Query, Term, equals
from ..repositories import RunRepository
from ..runs import Run


class Scope(msgspec.Struct, kw_only=True, frozen=True):
    """Whose runs are known; what is None is not asked for."""

    session: str | None = None
    project: str | None = None

    @property
    def query(self) -> Query:
        """The condition that every query carries."""
        query = EVERYTHING
        for key, value in self.asked().items():
            query = query & equals(key, value)
        return query

    def covers(self, query: Query) -> bool:
        """Whether no run outside of it can match a query, as far as that is plain to see."""
        parts = query.root.parts if isinstance(query.root, And) else (query.root,)
        found = {part.key: part.values for part in parts if isinstance(part, Term)}
        return all(found.get(key) == (own,) and "*" not in own for key, own in self.asked().items())

    def holds(self, run: Run) -> bool:
        """Whether a run belongs to it."""
        return self.session in (None, run.session) and self.project in (None, run.project)

    def asked(self) -> dict[str, str]:
        """`session` and `project`, where they are asked for."""
        return {key: value for key, value in msgspec.structs.asdict(self).items() if value is not None}

    def __str__(self) -> str:
        return " ".join(f"{key} {value}" for key, value in self.asked().items())


class Belonging:
    """Whether runs belong to a scope, asked of the repository that has them. Thread-safe.

    An answer is remembered, for a run's session and project are those of its first event.
    """

    def __init__(self, runs: RunRepository, scope: Scope) -> None:
        self.runs, self.scope, self.query = runs, scope, scope.query
        self._holds = lru_cache(10_000)(lambda run: scope.holds(runs.get(run)))

    def has(self, run: str) -> bool:
        """Whether it does; a run that is not there does not."""
        try:
            return self._holds(run)
        except NotFound:
            return False

    def check(self, run: str) -> str:
        """The run's id; NotFound if it does not."""
        if not isinstance(run, str | None):
            raise no_id(type(run).__name__)
        if not self._holds(run):
            raise no_run(run)
        return run
