"""What of a run is in the database: asked by those who record into its spool."""

from sqlalchemy import bindparam, select

from ...core.annotations import Answered, decode
from ...core.events import Decision
from ...core.runs import FINISHED
from ..sql import tables, trash
from ..sql.database import Database
from .spool_recording import Shipped


def status(database: Database, run: str) -> str | None:
    """The status that the run's events say; None if it is not there."""
    with database.read() as connection:
        found: str | None = connection.execute(_STATUS, {"of": run}).scalar()
        return found


def trashed_by(database: Database, run: str) -> str:
    """The operation by which a run lies in the trash; empty if it does not."""
    with database.read() as connection:
        entry = trash.find(connection, run)
        return entry.operation if entry else ""


def shipped(database: Database, run: str) -> Shipped:
    """How much of a run is there."""
    found = status(database, run)
    return "" if found is None else "whole" if found in FINISHED else "part"


def lines(database: Database, run: str) -> tuple[list[bytes], list[bytes]]:
    """The records of its state values, and its events, in the bytes that were recorded."""
    with database.read() as connection:
        values = [bytes(row.record) for row in connection.execute(_VALUES, {"of": run})]
        return values, [bytes(row.line) for row in connection.execute(_EVENTS, {"of": run})]


def first_answer(database: Database, run: str, approval: str) -> tuple[Decision, str, str] | None:
    """`(decision, by, note)` of the first answer to an approval. One indexed read."""
    with database.read() as connection:
        for (line,) in connection.execute(_ANNOTATIONS, {"of": run}):
            annotation = decode(bytes(line))
            if isinstance(annotation, Answered) and annotation.approval == approval:
                return annotation.decision, annotation.by, annotation.note
    return None


_runs, _events, _values, _notes = tables.runs.c, tables.events.c, tables.values.c, tables.annotations.c
_STATUS = select(_runs.recorded).where(_runs.id == bindparam("of"))
_EVENTS = select(_events.line).where(_events.run == bindparam("of")).order_by(_events.seq)
_VALUES = select(_values.record).where(_values.run == bindparam("of"))
_ANNOTATIONS = select(_notes.line).where(_notes.run == bindparam("of")).order_by(_notes.id)
