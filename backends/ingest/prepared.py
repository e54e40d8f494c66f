"""Runs that were never read, made ready for the tables without a look at these: another process can do it too."""

from collections.abc import Sequence
from typing import NamedTuple

from ...core.errors import StorageError
from ..sql import tables
from ..sql.changes import Changes, changes_of
from ..sql.projector import applied
from ..sql.run_state import RunState
from ..sql.writes import Values, values_of
from .batch import Batch, Position
from .finding import Journal, find
from .readings import BATCH_BYTES, FILE_COSTS, Reading


class Prepared(NamedTuple):
    """What one transaction is to write: plain values alone."""

    reached: int
    """How many of the journals were looked at; what is not in `changes.new` of them was left."""
    changes: Changes
    positions: list[Values]
    """Rows of the table `journals`."""


def prepare(journals: Sequence[Journal]) -> Prepared:
    """Reads as many journals as one transaction takes in, of which the tables know nothing.

    What is not a live journal, whole and sound, is left to who looks at the tables.
    """
    states, positions, budget, reached = [], [], BATCH_BYTES, 0
    for journal in journals:
        if budget <= 0:
            break
        reached += 1
        reading = _read(journal, budget)
        budget -= FILE_COSTS
        if reading is not None:
            budget -= reading.batch.size
            state = applied(reading.recording(archived=False), RunState(journal.run, None, None, {}))
            states.append(state)
            positions.append(reading.position(state.row["recorded"]))
    return Prepared(reached, changes_of(states), values_of(tables.journals, positions))


def _read(journal: Journal, budget: int) -> Reading | None:
    if journal.archived:
        return None
    batch = Batch(journal.run, journal.name, Position(), keep=False)
    try:
        found = find(journal)
        batch.read_events(found.lines, found.length, budget)
    except (OSError, StorageError):
        return None
    odd = batch.more or batch.damage or batch.gap or not batch.recorded
    return None if odd else Reading(journal, batch, found.stat, found.size, anew=True)
