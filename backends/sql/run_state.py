"""One run while a batch of its events is applied: rows in memory, written once at the end."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec

from ...core.clock import between, utc_day
from ...core.events import MOST
from ...core.numbers.durations import microseconds
from ...core.runs import FINISHED, Damage
from . import tables
from .storable import json_text, storable
from .words import Words, section
from .writes import Row, blank

_BLANK = {table.name: blank(table) for table in tables.derived.sorted_tables}

TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")
SUMS = (*TOKENS, "recorded_nanousd", "computed_nanousd", "calls_recorded", "calls_computed", "calls_unknown")
"""The columns that runs, steps and rollups have in common."""

_OF_OUTCOME = ("steps", "retries", *SUMS)

_LONGEST_S = 100 * 365 * 86_400


class RunState:
    """The run's row and body, and the rows of other tables that its events touch.

    `known` holds what the database had of them: table name → key → row.
    """

    def __init__(self, run: str, row: Row | None, body: Row | None, known: dict[str, dict[Any, Row]]) -> None:
        self.new = row is None
        self.row: Row = row or _BLANK["runs"] | {"id": run, "workflow": "?", "status": "running", "recorded": "running"}
        self.counted = None if self.new else counted(self.row)
        self.came_to = None if self.new else came_to(self.row)
        self.body = body
        self.meta: dict[str, Any] = msgspec.json.decode(body["meta"]) if body else {}
        self.writer: str = body["writer"] if body else ""
        self.words = Words.read(body["words"]) if body else Words()
        self.known = known
        self.touched: dict[str, dict[Any, Row]] = defaultdict(dict)
        self.added: dict[str, list[Row]] = defaultdict(list)
        self.rollups: dict[tuple[Any, ...], Row] = {}
        self.current_ended = False

    def blank(self, table: str, **values: Any) -> Row:
        """A new row of this run, of defaults and these values; kept with `keep` or `add`."""
        return {**_BLANK[table], **values, "run": self.row["id"]}

    def begin(self, table: str, key: Any, values: Row) -> Row:
        """A new row of this run, of defaults and these values, kept under its key."""
        row = _BLANK[table] | values
        row["run"] = self.row["id"]
        return self.keep(table, key, row)

    def find(self, table: str, key: Any) -> Row | None:
        """A row to be changed: what is done to it is written. None if there is none."""
        rows = self.touched[table]
        row = rows.get(key)
        return self._find_known(table, storable(key), rows) if row is None else row

    def _find_known(self, table: str, key: Any, rows: dict[Any, Row]) -> Row | None:
        row = rows.get(key)
        if row is None and self.known:
            row = self.known.get(table, {}).get(key)
            if row is not None:
                rows[key] = row
        return row

    def keep(self, table: str, key: Any, row: Row) -> Row:
        """Adds a row, or replaces the one with its key."""
        self.touched[table][storable(key)] = row
        return row

    def all(self, table: str) -> list[Row]:
        """All rows at hand, to be changed."""
        self.touched[table] = {**self.known.get(table, {}), **self.touched[table]}
        return list(self.touched[table].values())

    def count(self, **numbers: int) -> None:
        """Adds to counts of the run's row."""
        for name, number in numbers.items():
            self.row[name] += number

    def spend(self, cost: Row, step: Row | None, sums: dict[str, int], calls: int) -> None:
        """Adds tokens and money of a call to the run, its step and its rollup."""
        key = rollup_key(self.row, cost)
        rollup = self.rollups.get(key)
        if rollup is None:
            rollup = self.rollups[key] = dict.fromkeys(("calls", *SUMS), 0)
        rollup["calls"] += calls
        for target in (self.row, rollup) if step is None else (self.row, rollup, step):
            for name, number in sums.items():
                target[name] += number

    def number(self, value: int, what: str, seq: int) -> int | None:
        """The value, or None and damage that names it if no such number can be meant."""
        if value <= MOST:
            return value
        self.damaged(Damage(where=f"event {seq}", what=f"{what} is {str(value)[:40]}: not counted"))
        return None

    def damaged(self, damage: Damage) -> None:
        """Notes something unreadable."""
        self.row["damaged"] += 1
        place = {"place": damage.where, "what": damage.what, "offset": damage.offset, "length": damage.length}
        self.added["damage"].append(self.blank("damage", raw=damage.raw, **place))

    def settle(self) -> None:
        """Brings what is derived of the row's own columns up to date."""
        row = self.row
        row["tokens"] = row["input_tokens"] + row["output_tokens"]
        priced = row["calls_recorded"] or row["calls_computed"]
        row["nanousd"] = row["recorded_nanousd"] + row["computed_nanousd"] if priced else None
        took = between(row["started"], row["finished"])
        # A clock that went back, or on by centuries, tells nothing.
        row["took"] = took if took is not None and 0 <= took < _LONGEST_S else None
        waiting = row["recorded"] == "running" and row["approvals_pending"] > 0
        row["status"] = "waiting" if waiting else row["recorded"]
        if row["recorded"] != "paused":  # which has its reason
            row["evidence"] = self._question() if waiting else ""
        if self.current_ended:
            row["current_step"] = self._running_step()
            self.current_ended = False

    def _question(self) -> str:
        pending = [row for row in self._at_hand("approvals") if row["status"] == "pending"]
        return min(pending, key=lambda row: row["seq"])["question"] if pending else ""

    def _running_step(self) -> str:
        if self.row["recorded"] in FINISHED:
            return ""
        running = [row for row in self._at_hand("steps") if row["status"] == "running"]
        return max(running, key=lambda row: row["position"])["name"] if running else ""

    def _at_hand(self, table: str) -> Iterable[Row]:
        return {**self.known.get(table, {}), **self.touched[table]}.values()

    def body_row(self) -> Row | None:
        """The row of `run_bodies`, if it is another than the database has."""
        run, words = self.row["id"], self.words
        words.about = words.about or section(run)  # where its beginning is not known
        row = {"run": run, "meta": json_text(self.meta), "writer": self.writer, "words": words.column()}
        return None if row == self.body else row


def counted(row: Row) -> tuple[tuple[Any, ...], int, bool]:
    """The counter that a run's row belongs to, its bytes there, and whether these lie in the archive."""
    version = -1 if row["version"] is None else row["version"]
    key = (row["workflow"], version, row["status"], row["session"] or "", row["project"] or "")
    return key, row["size_bytes"] or 0, bool(row["archived"])


CameTo = tuple[tuple[Any, ...], dict[str, int], float | None]


def came_to(row: Row) -> CameTo | None:
    """The key `(workflow, version, day)` of the outcome that a finished run belongs to, what it adds there, and its
    duration in seconds; None for one that has not ended.
    """
    status, took = row["recorded"], row["took"]
    if status not in FINISHED:
        return None
    version = -1 if row["version"] is None else row["version"]
    sums = {name: number for name in _OF_OUTCOME if (number := row[name])}
    sums |= {"runs": 1, status: 1, "unpriced": 1 if row["calls_unknown"] else 0}
    if took is not None:
        sums |= {"timed": 1, "took_us": microseconds(took)}
    return (row["workflow"], version, utc_day(row["finished"])), sums, took


def rollup_key(row: Row, cost: Row) -> tuple[Any, ...]:
    """The rollup that a call belongs to: `(day, workflow, version, model, agent)`."""
    version = -1 if row["version"] is None else row["version"]
    return cost["t"][:10], row["workflow"], version, cost["model"], cost["agent"]
