"""The runs that a search of logs goes through: stretch by stretch, newest first."""

from functools import lru_cache
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, bindparam, cast, func, select, true

from ...core.pages import Sort
from ...core.query.query import Query
from . import log_words
from .column_types import Asked, Integer, Text
from .dialects import listed
from .keyset import in_order, ranges, sort_column
from .page_conditions import OF_THE_MOMENT, condition_of, narrowed
from .ready import Ready
from .run_places import Place, PlaceKind
from .tables import runs, worded_runs


class Stretch(NamedTuple):
    """The next runs of a list, newest first, by their ids and their numbers in the index of log words (or 0)."""

    runs: list[tuple[str, int]]
    after: Place | None
    """Where the next one begins; None at the list's end."""


Among = Literal["all", "holding", "numbered"]
"""Of all runs, of those with entries that hold the words `wanted`, or of those with these `numbers` (a JSON list of
few)."""


def stretch(
    connection: Connection, query: Query, after: Place | None, limit: int, among: Among = "all", **given: Any
) -> Stretch:
    """The next `limit` runs that match, from a place on."""
    make = _make_stretch.__wrapped__ if query.keys() & OF_THE_MOMENT else _make_stretch
    here = given if after is None else given | {"id": after.id, "value": after.value}
    rows: list[tuple[Any, ...]] = []
    for ready in make(query, None if after is None else after.kind, among):
        if len(rows) < limit:
            rows += ready(connection, here | {"limit": limit - len(rows)})
    place = _after(*rows[-1][:2]) if len(rows) == limit else None
    return Stretch([(id, number) for id, _, number in rows], place)


def _after(id: str, started: str | None) -> Place:
    return Place(field="started", descending=True, side="after", value=started, id=id)


@lru_cache(maxsize=128)
def _make_stretch(query: Query, kind: PlaceKind | None, among: Among) -> tuple[Ready, ...]:
    sort, number = Sort(), worded_runs.c.number
    columns = (runs.c.id, sort_column(sort).label("sort_value"), func.coalesce(number, 0).label("number"))
    condition = condition_of(query)
    if among == "numbered":  # of these each is looked up
        condition = None if condition is None else condition.is_(true())
        some = number.in_(select(cast(listed(bindparam("numbers", type_=Text)).c.text, Integer)))
    else:
        some = number.in_(log_words.numbers(bindparam("wanted", type_=Asked()))).is_(true())
    rows = runs.join(worded_runs, worded_runs.c.run == runs.c.id, isouter=among == "all")
    found = select(*columns).select_from(rows)
    return tuple(
        Ready(in_order(narrowed(found, condition, part, None if among == "all" else some), sort, forward=True))
        for part in ranges(sort, kind, forward=True)
    )
