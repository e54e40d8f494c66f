"""What a run is made of."""

from sqlalchemy import Column, Float, Index, PrimaryKeyConstraint, Table, text

from ..column_types import BigInteger, Boolean, Integer, String, Text, Time
from .shared import count, derived, money, tokens

steps = Table(
    "steps",
    derived,
    Column("run", String, nullable=False),
    Column("id", String, nullable=False),
    Column("position", Integer, nullable=False),  # seq of its start; of a pending one 2**30 + its place
    Column("name", String, nullable=False),
    Column("agent", String, nullable=False, default=""),
    Column("kind", String, nullable=False, default=""),
    Column("attempt", Integer, nullable=False, default=1),
    Column("status", String, nullable=False),
    Column("parent", String),
    Column("depends_on", Text, nullable=False, default="[]"),  # JSON list of step ids
    Column("started", Time),
    Column("finished", Time),
    Column("error", Text, nullable=False, default=""),
    *tokens(),
    *money(),
    count("logs"),
    Column("started_seq", Integer),
    Column("finished_seq", Integer),
    Column("has_input", Boolean, nullable=False, default=False),
    Column("has_output", Boolean, nullable=False, default=False),
    PrimaryKeyConstraint("run", "id"),
)
Index("steps_in_order", steps.c.run, steps.c.position)
Index("steps_by_agent", steps.c.agent, steps.c.run)
_RUNNING = text("status = 'running'")
Index("steps_running", steps.c.run, steps.c.status, steps.c.position, sqlite_where=_RUNNING)

items = Table(
    "items",
    derived,
    Column("run", String, nullable=False),
    Column("row_number", Integer, nullable=False),
    Column("status", String, nullable=False),
    Column("rank", Integer, nullable=False),  # 0 failed, 1 all others: failed first
    Column("attempts", Integer, nullable=False, default=1),
    Column("error", Text, nullable=False, default=""),
    Column("step", String),
    Column("started", Time),
    Column("changed", Time),
    Column("first_seq", Integer, nullable=False),
    Column("last_seq", Integer, nullable=False),
    PrimaryKeyConstraint("run", "row_number"),
)
Index("items_failed_first", items.c.run, items.c.rank, items.c.row_number)

messages = Table(
    "messages",
    derived,
    Column("run", String, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("t", Time, nullable=False),
    Column("sender", String, nullable=False),
    Column("recipient", String, nullable=False, default=""),
    Column("role", String, nullable=False, default=""),
    Column("step", String),
    PrimaryKeyConstraint("run", "seq"),
)

approvals = Table(
    "approvals",
    derived,
    Column("run", String, nullable=False),
    Column("id", String, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("question", Text, nullable=False),
    Column("status", String, nullable=False, index=True),
    Column("requested", Time, nullable=False),
    Column("expires", Time),
    Column("step", String),
    Column("decided", Time),
    Column("by", String, nullable=False, default=""),
    Column("note", Text, nullable=False, default=""),
    Column("answered", String),  # decision of an answer that the run has not taken up
    PrimaryKeyConstraint("run", "id"),
)

artifacts = Table(
    "artifacts",
    derived,
    Column("run", String, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("t", Time, nullable=False),
    Column("name", String, nullable=False),
    Column("path", Text, nullable=False),
    Column("size", BigInteger),
    Column("sha256", String, nullable=False, default=""),
    Column("media_type", String, nullable=False, default=""),
    Column("step", String),
    PrimaryKeyConstraint("run", "seq"),
)

checkpoints = Table(
    "checkpoints",
    derived,
    Column("id", String, primary_key=True),
    Column("run", String, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("t", Time, nullable=False),
    Column("parent", String),
    Column("step", String),
    Column("label", String, nullable=False, default=""),
    Column("keys", Integer, nullable=False, default=0),
    Column("size_bytes", BigInteger, nullable=False, default=0),
    Column("changed", Text),  # JSON list of keys that differ from the parent; null: look at the values
)
Index("checkpoints_of_run", checkpoints.c.run, checkpoints.c.seq)

checkpoint_maps = Table(
    "checkpoint_maps",
    derived,
    Column("checkpoint", String, primary_key=True),
    Column("run", String, nullable=False, index=True),
    Column("map", Text, nullable=False),  # JSON object: key → [digest, size], opaque ones [digest, size, note]
)

costs = Table(
    "costs",
    derived,
    Column("run", String, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("t", Time, nullable=False),
    Column("model", String, nullable=False),
    Column("provider", String, nullable=False, default=""),
    Column("step", String),
    Column("agent", String, nullable=False, default=""),
    Column("request_id", String, nullable=False, default="", server_default=""),
    *tokens(),
    Column("nanousd", BigInteger),
    Column("provenance", String, nullable=False),  # recorded computed unknown
    Column("prices", String, nullable=False, default=""),
    PrimaryKeyConstraint("run", "seq"),
)
Index("costs_by_model", costs.c.model, costs.c.run)
Index("costs_by_time", costs.c.t, costs.c.run)

acts = Table(
    "acts",
    derived,
    # What somebody did to a run: one row for each annotation.
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run", String, nullable=False, index=True),
    Column("t", Time, nullable=False),
    Column("by", String, nullable=False, default=""),
    Column("action", String, nullable=False),
    Column("what", Text, nullable=False, default=""),
    Column("detail", Text, nullable=False, default=""),
    Column("note", Text, nullable=False, default=""),
)
Index("acts_by_time", acts.c.t, acts.c.id)

metrics = Table(
    "metrics",
    derived,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run", String, nullable=False),
    Column("name", String, nullable=False),
    Column("value", Float, nullable=False),
    Column("t", Time, nullable=False),
    Column("seq", Integer, nullable=False, default=0),  # 0: given later
    Column("step", String),
)
Index("metrics_of_run", metrics.c.run, metrics.c.t, metrics.c.id)
Index("metrics_by_name", metrics.c.name, metrics.c.value, metrics.c.run)

snapshots = Table(
    "snapshots",
    derived,
    Column("run", String, nullable=False),
    Column("name", String, nullable=False),
    Column("seq", Integer, nullable=False),
    PrimaryKeyConstraint("run", "name"),
)
