"""Runs that were never read, made ready for the tables without a look at these: another process can do it too."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ...core.errors import StorageError
from ...core.events import CheckpointSaved
from ..sql import tables
from ..sql.changes import AT_ONCE, Changes, changes_of
from ..sql.projector import applied
from ..sql.run_state import RunState
from ..sql.writes import Row, Rows, rows_of, shortened
from .batch import MARK_BYTES, Batch, Position
from .finding import Journal, find, hold, size_of_states
from .readings import BATCH_BYTES, FILE_COSTS, Reading


class Prepared(NamedTuple):
    """What one transaction is to write: plain values alone."""

    reached: int
    """How many of the journals were looked at; what is not in `changes.new` of them was left."""
    changes: Changes
    positions: Rows
    """Rows of the table `journals`."""


def prepare(journals: Sequence[Journal]) -> Prepared:
    """Reads as many journals as one transaction takes in, of which the tables know nothing.

    What is not a live journal, whole and sound, is left to who looks at the tables.
    """
    reader = _Reader(journals)
    positions: list[Row] = []
    changes = changes_of(_states(reader, positions))
    return Prepared(reader.reached, changes, shortened(tables.journals, rows_of(tables.journals, positions)))


def _states(reader: "_Reader", positions: list[Row]) -> Iterator[RunState]:
    """What comes of the journals, some at a time; and adds their positions."""
    while readings := reader.next(AT_ONCE):
        states = [
            applied(each.recording(archived=False), RunState(each.journal.run, None, None, {})) for each in readings
        ]
        positions += [each.position(state.row["recorded"]) for each, state in zip(readings, states, strict=True)]
        yield from states


class _Reader:
    """Reads journals as far as the budget of one transaction goes."""

    def __init__(self, journals: Sequence[Journal]) -> None:
        self._journals, self._budget = journals, BATCH_BYTES
        self.reached = 0

    def next(self, most: int) -> list[Reading]:
        """The next ones; none when all are read, or the budget is."""
        found: list[Reading] = []
        while len(found) < most and self._budget > 0 and self.reached < len(self._journals):
            reading = _read(self._journals[self.reached], self._budget)
            self.reached += 1
            self._budget -= FILE_COSTS
            if reading is not None:
                self._budget -= reading.batch.size
                found.append(reading)
        return found


def _read(journal: Journal, budget: int) -> Reading | None:
    if journal.archived:
        return None
    try:
        reading = _read_held(journal, budget) or _read_found(journal, budget)
    except (OSError, StorageError):
        return None
    batch = reading.batch
    odd = batch.more or batch.damage or batch.gap or not batch.recorded
    return None if odd else reading


def _read_held(journal: Journal, budget: int) -> Reading | None:
    """Of a journal that is small and plain, as nearly all are: its file is opened once and read at once."""
    held = hold(journal, min(budget, MARK_BYTES))
    batch = Batch(journal.run, journal.name, Position(), keep=False)
    if held is None or not batch.take_plain(held.data):
        return None
    batch.size = batch.offset
    # What a checkpoint needs is written before it: where a listing has seen no states, only one brings some.
    may_have = journal.has_states or any(type(event) is CheckpointSaved for event, _ in batch.recorded)
    states = size_of_states(journal) if may_have else 0
    return Reading(journal, batch, held.stat, held.stat.st_size + states, anew=True)


def _read_found(journal: Journal, budget: int) -> Reading:
    batch = Batch(journal.run, journal.name, Position(), keep=False)
    found = find(journal)
    batch.read_events(found.lines, found.length, budget)
    return Reading(journal, batch, found.stat, found.size, anew=True)
