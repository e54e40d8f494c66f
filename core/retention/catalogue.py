"""What a plan is made from: all runs, and which of them a query finds where the runs alone cannot tell."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec

from ..pages import Sort
from ..progress import counted, told
from ..query.query import EVERYTHING, NO_FACTS, Query, parse
from ..query.query_match import holds
from ..query.query_nodes import terms
from ..query.query_values import at
from ..repositories import RunRepository
from ..runs import Run
from .policy import Policy
from .restored import restored
from .sharing import Sharing

if TYPE_CHECKING:
    from ..store import Store

PAGE = 5000
"""Runs of one look at the store, for each of which it is brought up to date."""

_ELSEWHERE = frozenset({"", "model", "agent", "step", "note", "call", "log", "metric"})
"""Keys of what is not in the run itself; without a key a word is also looked for in steps and notes."""

_FEW_VALUES = {
    "status": "status",
    "lost": "status",
    "workflow": "workflow",
    "version": "version",
    "session": "session",
    "project": "project",
    "tag": "tags",
    "pinned": "pinned",
    "archived": "archived",
    "attempt": "attempt",
    "source": "source",
}
"""Keys whose fields have few values among many runs: a query of these alone is answered once for each."""


class Catalogue(msgspec.Struct, kw_only=True, frozen=True):
    """All runs of a store as of one moment, in any order."""

    runs: tuple[Run, ...]
    found: Mapping[str, frozenset[str]] = {}
    """Text of a query → the ids of the runs that it finds, of each query that asks for more than runs hold."""
    bare: frozenset[str] = frozenset()
    """Ids of runs whose states were dropped before."""
    restored: Mapping[str, str] = {}
    """Id of a run that a person brought back from the archive → when."""


def asks_elsewhere(query: Query) -> bool:
    """Whether a query asks for what a run itself does not hold, so that only its store can answer it."""
    return any(term.key in _ELSEWHERE or (term.key == "has" and "metric" in term.values) for term in terms(query.root))


def read(store: "Store", policy: Policy) -> Catalogue:
    """The catalogue of a store for a policy. Costs all runs once, and once more what each such query finds."""
    runs = store.runs
    asked = {block.match for block in policy.blocks if asks_elsewhere(parse(block.match))}
    found = {text: frozenset(run.id for run in _each(runs, parse(text))) for text in asked}
    bare: frozenset[str] = frozenset()
    if any(block.then == "states" for block in policy.blocks):
        bare = frozenset(dropped(runs))
    # A run that moves while pages are turned is met twice at most, and counts once.
    total, sharing = runs.totals().runs if told() else 0, Sharing()
    unique = {run.id: sharing(run) for run in counted(_each(runs, EVERYTHING), total, "looking at runs")}
    back = restored(store.upkeep, policy)
    return Catalogue(runs=tuple(unique.values()), found=found, bare=bare, restored=back)


def _each(runs: RunRepository, query: Query) -> Iterable[Run]:
    after: str | None = None
    while True:
        page = runs.query(query, Sort(), limit=PAGE, after=after)
        yield from page.items
        after = page.next
        if after is None:
            return


def dropped(runs: RunRepository) -> Iterable[str]:
    """Ids of the runs whose states were dropped, from the audit trail."""
    after: str | None = None
    while True:
        page = runs.acts(EVERYTHING, limit=PAGE, after=after)
        yield from (act.run for act in page.items if act.action == "drop-states" and act.run)
        after = page.next
        if after is None:
            return


def fitting(text: str, catalogue: Catalogue, now: datetime) -> Callable[[Run], bool]:
    """Whether a block's query fits a run: only live ones, unless it says `archived`."""
    query = parse(text)
    root, moment, keys = query.root, at(now), query.keys()
    everywhere = "archived" in keys
    if asks_elsewhere(query):
        ids = catalogue.found[text]
        return lambda run: run.id in ids and (everywhere or not run.archived)
    if not keys or not keys <= _FEW_VALUES.keys():
        return lambda run: (everywhere or not run.archived) and holds(root, run, NO_FACTS, moment)
    known: dict[Any, bool] = {}
    values = attrgetter("archived", *sorted({_FEW_VALUES[key] for key in keys}))

    def remembered(run: Run) -> bool:
        value = values(run)
        if value not in known:
            known[value] = (everywhere or not run.archived) and holds(root, run, NO_FACTS, moment)
        return known[value]

    return remembered
