"""Runs found by a query that a programmer writes as text."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, get_args

from .pages import Sort, SortField, each
from .query.query import Query, parse
from .recording.coercion import one_of
from .runs import Run

if TYPE_CHECKING:
    from .store import Store


def query(text: str | Query) -> Query:
    """The query that a text asks for, in the language of `flightlog ls`: `query("status:failed since:7d")`.

    What takes a `Query` (`store.runs.count`, `costs`, `totals`, `store.metrics.summary`, …) takes what this returns;
    it is returned as it is. ValueError says what cannot be understood, and where: nobody would see a program search
    for it as text.
    """
    found = parse(text) if isinstance(text, str) else text
    if not isinstance(found, Query):
        raise ValueError(f"a query is a text, and a {type(text).__name__} is none")
    if found.message:
        raise ValueError(f"{found.message} ({text!r}); the keys are those of `flightlog ls`")
    return found


def find_runs(
    store: "Store", wanted: str | Query = "", *, sort: SortField = "started", descending: bool = True
) -> Iterator[Run]:
    """The runs that match a query, newest first, each as it is read: `for run in store.find("status:failed since:2d")`.

    Archived runs too, unless it says `-archived`. Read a page at a time, so that to break off after some costs these;
    a run that begins meanwhile may be left out. ValueError for a query or a sort that is none. Any thread may call it.
    """
    asked = query(wanted)
    order = Sort(field=one_of(sort, get_args(SortField)), descending=descending)
    return each(lambda after: store.runs.query(asked, order, after=after))
