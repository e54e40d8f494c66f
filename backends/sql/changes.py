"""What runs come to after a batch of their events: rows and sums, as plain values that another process can tell."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from . import tables
from .counters import Differences, Sums
from .run_state import RunState
from .writes import Row, Rows, rows_of, shortened

AT_ONCE = 50
"""States whose rows are made values together."""


class Changes(NamedTuple):
    """What is to be written, by table."""

    kept: dict[str, Rows]
    """Whole rows, each in the place of one with its key."""
    added: dict[str, Rows]
    """Rows whose number the database gives."""
    sums: list[Sums]
    """What is added to counters and rollups."""
    new: list[str]
    """Runs that were not there."""


def changes_of(states: Iterable[RunState]) -> Changes:
    """What these states come to; knows no database.

    Some at a time: who makes them only as they are asked for never has the rows of all in memory as such, which is
    a fifth quicker, for they are many times greater than their values.
    """
    kept, added = dict[str, Rows](), dict[str, Rows]()
    differences, new = Differences(), list[str]()
    coming = iter(states)
    while some := list(islice(coming, AT_ONCE)):
        _add(kept, _kept(some))
        _add(added, _added(some))
        for state in some:
            differences.run(state)
        new += [state.row["id"] for state in some if state.new]
    return Changes(_shortened(kept), _shortened(added), differences.told(), new)


def _kept(states: list[RunState]) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = defaultdict(list)
    rows["runs"] = [state.row for state in states]
    rows["run_bodies"] = [body for state in states if (body := state.body_row()) is not None]
    for state in states:
        for name, touched in state.touched.items():
            rows[name] += touched.values()
    return rows


def _added(states: list[RunState]) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = defaultdict(list)
    for state in states:
        for name, more in state.added.items():
            rows[name] += more
    return rows


def _add(all: dict[str, Rows], rows: dict[str, list[Row]]) -> None:
    for name, found in rows.items():
        if found:
            more = rows_of(tables.derived.tables[name], found)
            all.setdefault(name, Rows(more.columns, [])).values.extend(more.values)


def _shortened(all: dict[str, Rows]) -> dict[str, Rows]:
    return {name: shortened(tables.derived.tables[name], rows) for name, rows in all.items()}
