"""The truth of an SQL store, which is never rebuilt: what was recorded and added, versions, patterns, operations."""

from sqlalchemy import Column, Index, LargeBinary, MetaData, PrimaryKeyConstraint, Table

from ..column_types import BigInteger, Boolean, Integer, String, Text

truth = MetaData()
"""These tables."""

events = Table(
    "events",
    truth,
    Column("run", String, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("type", String, nullable=False),
    Column("level", Integer, nullable=False, default=0),  # of a log entry 1 DEBUG … 4 ERROR, else 0
    Column("line", LargeBinary, nullable=False),  # the bytes that were recorded, without newline
    PrimaryKeyConstraint("run", "seq"),
)
Index("events_of_type", events.c.run, events.c.type, events.c.seq, events.c.level)  # a level is found without its rows

values = Table(
    "state_values",
    truth,
    Column("run", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("record", LargeBinary, nullable=False),  # the states file's line, without newline
    PrimaryKeyConstraint("run", "digest"),
)

annotations = Table(
    "annotations",
    truth,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run", String, nullable=False, index=True),
    Column("line", LargeBinary, nullable=False),
)

versions = Table(
    "versions",
    truth,
    Column("workflow", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("digest", String, nullable=False),
    Column("parents", String, nullable=False),  # JSON list of numbers
    Column("author", String, nullable=False),
    Column("note", Text, nullable=False),
    Column("created", String, nullable=False),
    Column("deleted", Boolean, nullable=False, default=False),  # its number is not given again
    Column("definition", Text, nullable=False),
    PrimaryKeyConstraint("workflow", "number"),
)

version_meta = Table(
    "version_meta",
    truth,
    Column("workflow", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("meta", Text, nullable=False),  # JSON object; a version without a row has none
    PrimaryKeyConstraint("workflow", "number"),
)

tombstones = Table(
    "tombstones",
    truth,
    # Versions that were deleted, and by whom: their numbers are not given again.
    Column("workflow", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("deleted_at", String, nullable=False),
    Column("by", String, nullable=False, default=""),
    Column("note", Text, nullable=False, default=""),
    PrimaryKeyConstraint("workflow", "number"),
)

patterns = Table(
    "patterns",
    truth,
    Column("workflow", String, nullable=False),
    Column("name", String, nullable=False),
    Column("description", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("first_seen", String, nullable=False),
    Column("last_seen", String, nullable=False),
    Column("evidence", Text, nullable=False),  # JSON list of run ids
    PrimaryKeyConstraint("workflow", "name"),
)

# --- what was done with runs, and where those are that are not in the query tables, or not in `events` ------

operations = Table(
    "operations",
    truth,
    # The record: one row for each fact, added and never changed (but `open`, which goes at the end of an operation).
    # It holds no text of a run, and outlives it.
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("operation", String, nullable=False),
    Column("phase", String, nullable=False),
    Column("run", String),  # null: a fact about the whole operation
    Column("line", LargeBinary, nullable=False),  # JSON: see `backends/operations/on_tables/facts.py`
)
Index("operations_of", operations.c.operation, operations.c.phase, operations.c.id)
Index("operations_by_phase", operations.c.phase, operations.c.id)

trash = Table(
    "trash",
    truth,
    # Runs out of sight: their events, values and annotations stay, and nothing is derived of them.
    Column("run", String, primary_key=True),
    Column("operation", String, nullable=False, index=True),
    Column("at", String, nullable=False),
    Column("archived", Boolean, nullable=False),  # its bytes are those of a file
    Column("size_bytes", BigInteger, nullable=False),
    Column("purging", Boolean, nullable=False, default=False),  # it is being removed for good: never brought back
    Column("shown", Text, nullable=False),  # JSON of `core.operations.Trashed`
    Column("kept", Text, nullable=False),  # JSON of what its events and annotations do not tell
)
Index("trash_by_time", trash.c.at, trash.c.run)
Index("trash_by_size", trash.c.size_bytes, trash.c.run, trash.c.archived)

archives = Table(
    "archives",
    truth,
    # Runs whose events and values lie in a file: their annotations stay, and all that was derived.
    Column("run", String, primary_key=True),
    Column("operation", String, nullable=False),
    Column("at", String, nullable=False),
    Column("digest", String, nullable=False),  # as the file ends with it
    Column("size_bytes", BigInteger, nullable=False),  # of the file
    Column("live_bytes", BigInteger, nullable=False),  # of the run, before
)
