"""The query language: one grammar for the run list, the command line, retention and budgets.

    triage "rate limit"            words and phrases, in id, name, workflow, objective, steps, error, tags, notes
    status:failed workflow:triage  all must hold
    status:failed|lost             any of these values
    tag:nightly | cost>0.5         any of these terms; binds more tightly than the space
    (a b) | c                      parentheses group
    -archived  version!=3          not
    @slow  @"my own"               what a saved view asks for, where the reader has views

The keys are listed in `query_keys.KEYS`. Ages and `today` mean the moment of the answer.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from ..runs import Run
from ..units import count_of
from .query_facts import Call, Facts
from .query_keys import FLAGS, KEYS, STATUS_SETS, Key, suggest
from .query_nodes import And, Node, Not, Or, Term, all_of, terms
from .query_parse import Problem, parse_text
from .query_values import at

__all__ = [
    "EVERYTHING",
    "FLAGS",
    "KEYS",
    "NO_FACTS",
    "And",
    "Call",
    "Facts",
    "Key",
    "KnownFacts",
    "Node",
    "Not",
    "Or",
    "Problem",
    "Query",
    "Term",
    "equals",
    "made",
    "of_version",
    "parse",
    "suggest",
]


class KnownFacts(msgspec.Struct, kw_only=True, frozen=True):
    """Facts that are at hand."""

    steps: tuple[str, ...] = ()
    step_errors: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    metrics: dict[str, tuple[float, ...]] = {}
    notes: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()


NO_FACTS = KnownFacts()


class Query(msgspec.Struct, kw_only=True, frozen=True, eq=False):
    """A parsed query. Two are equal if they have the same terms, however these were typed.

    `str()` is the canonical text, which parses to an equal query.
    """

    root: Node = And()
    text: str = ""
    """As it was typed."""
    message: str = ""
    """What could not be parsed and is searched as text instead, and where; empty if all was understood.
    Whoever changes runs by a query refuses one that has a message."""
    problems: tuple[Problem, ...] = ()
    """The same with the places in `text`, as far as it was typed as one."""
    views: tuple[str, ...] = ()
    """The saved views that `text` names."""

    @property
    def lasting(self) -> str:
        """A text that asks for the same whoever reads it, and when the views were changed."""
        return str(self) if self.views else self.text

    def matches(self, run: Run, facts: Facts = NO_FACTS, now: datetime | None = None) -> bool:
        """Whether a run matches at a moment (None: now): the meaning that every backend must give.

        Dates without offset are in the zone of `now`, or in the machine's.
        """
        from .query_match import holds  # which lists do without

        return holds(self.root, run, facts, at(now))

    def keys(self) -> frozenset[str]:
        """The keys and flags that occur."""
        return frozenset(term.key for term in terms(self.root))

    def parts(self) -> tuple[Node, ...]:
        """What must hold, each by itself."""
        return self.root.parts if isinstance(self.root, And) else (self.root,)

    def counted(self) -> dict[str, frozenset[str | float]] | None:
        """The values that counters must have, by `status workflow version session project`; None if it asks for more.

        `""` stands for no session or project.
        """
        found: dict[str, frozenset[str | float]] = {}
        for part in self.parts():
            if not isinstance(part, Term) or part.key not in _COUNTED or part.sign not in (":", "="):
                return None
            if part.key in ("workflow", "session", "project") and part.sign == ":" and "*" in "".join(part.values):
                return None
            values = frozenset(value for text in part.values for value in _counted_values(part.key, text))
            found[part.key] = found.get(part.key, values) & values
        return found

    def of_archived(self) -> "tuple[bool, Query] | None":
        """Whether it asks for archived runs (`archived`) or for others (`-archived`), and what else it asks; None if
        it does not ask that, or not as a condition of its own.
        """
        parts = self.parts()
        for part in parts:
            term = part.part if isinstance(part, Not) else part
            if isinstance(term, Term) and term.key == "archived":
                root = all_of([other for other in parts if other is not part])
                return term is part, Query(root=root, text=str(root))
        return None

    def log_terms(self) -> tuple[tuple[bool, tuple[str, ...]], ...]:
        """What is asked of log text: (whether it is wanted, the texts of which one is in a message), all must hold.

        The tables know no log text: whoever answers a query that has any reads the logs of what they find.
        """
        found = []
        for part in self.parts():
            term = part.part if isinstance(part, Not) else part
            if isinstance(term, Term) and term.key == "log":
                found.append((term is part, term.values))
        return tuple(found)

    def __and__(self, other: "Query") -> "Query":
        other = made(other)
        root = all_of([self.root, other.root])
        message = "; ".join(filter(None, (self.message, other.message)))
        return Query(root=root, text=str(root), message=message)

    def __str__(self) -> str:
        return str(self.root)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Query) and self.root == other.root

    def __ne__(self, other: object) -> bool:
        # A struct brings a `!=` of its own, which knows nothing of this `==`.
        return not self == other

    def __hash__(self) -> int:
        return hash(self.root)


_COUNTED = ("status", "workflow", "version", "session", "project")


def _counted_values(key: str, text: str) -> Iterable[str | float]:
    if key == "status":
        return STATUS_SETS.get(text, (text,))
    return (count_of(text),) if key == "version" else (text,)


def parse(text: str, views: Mapping[str, str] | None = None) -> Query:
    """Parses a query; never raises.

    `views` are the queries of a person's saved views by name: `@name` stands for one, and one that there is not is a
    problem. None: whoever reads this has none, and `@name` is a word.
    """
    found = parse_text(text, views)
    message = "; ".join(dict.fromkeys(map(str, found.problems[:3])))
    return Query(root=found.root, text=text, message=message, problems=found.problems, views=found.views)


def made(query: Query) -> Query:
    """The query, where it is one: whoever hands over its text is told how it becomes one (ValueError)."""
    if isinstance(query, Query):
        return query
    raise ValueError(f"{query!r} is no Query; `flightlog.query` makes one of a text, and `store.find` takes the text")


def equals(key: str, value: str) -> Query:
    """The query for exactly one value of a key, whatever characters it has: a scope, a drill-down."""
    root = Term(key=key, sign="=", values=(value,))
    return Query(root=root, text=str(root))


def of_call(fact: str, value: str, sign: str = ":") -> Query:
    """The query for runs one of whose model calls has this day, model or agent, whatever characters it has."""
    root = Term(key="call", name=fact, sign="=" if "*" in value else sign, values=(value,))
    return Query(root=root, text=str(root))


def of_version(workflow: str, version: int | None = None) -> Query:
    """The query for all runs of a workflow, or of one of its versions; its text is as a person would type it."""
    query = equals("workflow", workflow)
    if version is not None:
        query &= equals("version", str(version))
    typed = str(query).replace("=", ":")
    short = parse(typed)
    return short if short.counted() == query.counted() else query


EVERYTHING = Query()
"""The query that every run matches."""
