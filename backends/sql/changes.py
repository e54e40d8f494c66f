"""What runs come to after a batch of their events: rows and sums, as plain values that another process can tell."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from . import tables
from .counters import Differences, Sums
from .run_state import RunState
from .writes import Row, Values, values_of


class Changes(NamedTuple):
    """What is to be written, by table."""

    kept: dict[str, list[Values]]
    """Whole rows, each in the place of one with its key."""
    added: dict[str, list[Values]]
    """Rows whose number the database gives."""
    sums: list[Sums]
    """What is added to counters and rollups."""
    new: list[str]
    """Runs that were not there."""


def changes_of(states: Iterable[RunState]) -> Changes:
    """What these states come to; knows no database."""
    kept: dict[str, list[Row]] = defaultdict(list)
    added: dict[str, list[Row]] = defaultdict(list)
    differences, new = Differences(), []
    for state in states:
        kept["runs"].append(state.row)
        if (body := state.body_row()) is not None:
            kept["run_bodies"].append(body)
        for name, touched in state.touched.items():
            kept[name] += touched.values()
        for name, more in state.added.items():
            added[name] += more
        differences.run(state)
        if state.new:
            new.append(state.row["id"])
    return Changes(_values(kept), _values(added), differences.told(), new)


def _values(rows: dict[str, list[Row]]) -> dict[str, list[Values]]:
    return {name: values_of(tables.derived.tables[name], found) for name, found in rows.items() if found}
