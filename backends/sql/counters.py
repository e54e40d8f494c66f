"""Counters and rollups: kept by differences in the write's own transaction, so that a header never scans.

What is of a session or project lies apart (`counters`, `spent`) from what is not (`tallies`, `rollups`),
for there may be as many sessions as runs, and a header must not read them all.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from sqlalchemy import Connection, Delete, Table, bindparam, delete

from ...core.numbers.durations import span_of
from . import tables
from .run_state import TOKENS, CameTo, RunState, came_to, counted, rollup_key
from .writes import Row, add_up, name_of

Sums = dict[tuple[Any, ...], Row]
"""What is added to the numbers of one table, by key."""


class Differences:
    """What one transaction adds to the counters and rollups."""

    def __init__(self) -> None:
        self._held: dict[tuple[tuple[Any, ...], bool], list[int]] = {}  # runs and bytes, by counter and place
        self._counters, self._tallies = _Sums(tables.counters, "runs"), _Sums(tables.tallies, "runs")
        self._rollups, self._spent = _Sums(tables.rollups, "calls"), _Sums(tables.spent, "calls")
        self._outcomes, self._spreads = _Sums(tables.outcomes, "runs"), _Sums(tables.spreads, "runs")

    def run(self, state: RunState) -> None:
        """A run's new values against those it was counted with."""
        if state.counted is not None:
            self.count(*state.counted, runs=-1)
        self.count(*counted(state.row), runs=1)
        self.end(state.came_to, -1)
        self.end(came_to(state.row), 1)
        for key, sums in state.rollups.items():
            self._spend(state.row, key, sums, 1)

    def count(self, key: tuple[Any, ...], size: int, archived: bool, *, runs: int) -> None:
        """Adds a run (1) or takes it away (-1)."""
        held = self._held.setdefault((key, archived), [0, 0])
        held[0] += runs
        held[1] += runs * size

    def end(self, came_to: CameTo | None, sign: int) -> None:
        """Adds what a run came to that has ended (1), or takes it away (-1)."""
        if came_to is None:
            return
        key, sums, took = came_to
        self._outcomes.add(key, sums, sign)
        if took is not None:
            self._spreads.add((*key[:2], span_of(took)), {"runs": 1}, sign)

    def forget_costs(self, row: Row, costs: Iterable[Row]) -> None:
        """Takes the calls of a run away."""
        for cost in costs:
            sums = {name: cost[name] for name in TOKENS} | {"calls": 1, f"calls_{cost['provenance']}": 1}
            if cost["provenance"] != "unknown":
                sums[f"{cost['provenance']}_nanousd"] = cost["nanousd"]
            self._spend(row, rollup_key(row, cost), sums, -1)

    def _spend(self, row: Row, key: tuple[Any, ...], sums: Mapping[str, int], sign: int) -> None:
        sums = {name: number for name, number in sums.items() if number}
        self._rollups.add(key, sums, sign)
        self._spent.add((row["session"] or "", row["project"] or ""), sums, sign)

    def told(self) -> list[Sums]:
        """All of it as plain values, for `add`."""
        return [sums.rows for sums in self._all()]

    def add(self, told: Iterable[Sums]) -> None:
        """Adds what others told."""
        for sums, rows in zip(self._all(), told, strict=True):
            for key, row in rows.items():
                sums.add(key, row, 1)

    def write(self, connection: Connection) -> None:
        """Adds the differences; counters that come to nothing go."""
        for sums in self._all():
            sums.write(connection)

    def _all(self) -> "list[_Sums]":
        for (key, archived), (runs, size) in self._held.items():
            numbers = {"runs": runs, "size_bytes": size}
            self._counters.add(key, numbers, 1)
            self._tallies.add((*key[:3], archived), numbers, 1)
        self._held.clear()
        return [self._counters, self._tallies, self._rollups, self._spent, self._outcomes, self._spreads]


class _Sums:
    """What is added to the numbers of one table, by key. A row whose `counts` is zero has nothing left to say."""

    def __init__(self, table: Table, counts: str) -> None:
        self._table, self._counts = table, counts
        self.rows: Sums = {}

    def add(self, key: tuple[Any, ...], numbers: Mapping[str, int], sign: int) -> None:
        row = self.rows.get(key)
        if row is None:
            row = self.rows[key] = dict(_nothing(self._table))
        for name, number in numbers.items():
            row[name] += sign * number

    def write(self, connection: Connection) -> None:
        if not self.rows:
            return
        keys = [name_of(column) for column in self._table.primary_key]
        found = [(dict(zip(keys, key, strict=True)), row) for key, row in self.rows.items() if any(row.values())]
        add_up(connection, self._table, [key | row for key, row in found])
        less = [{f"of_{name}": value for name, value in key.items()} for key, row in found if row[self._counts] < 0]
        if less:
            connection.execute(_empty(self._table, self._counts), less)


@cache
def _nothing(table: Table) -> Row:
    return {name_of(column): 0 for column in table.columns if not column.primary_key}


@cache
def _empty(table: Table, counts: str) -> Delete:
    keys = [column == bindparam(f"of_{column.name}") for column in table.primary_key]
    return delete(table).where(*keys, table.c[counts] == 0)
