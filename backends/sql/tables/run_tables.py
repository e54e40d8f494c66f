"""Runs, as lists read them."""

from sqlalchemy import Column, Float, Index, PrimaryKeyConstraint, Table, text

from ..column_types import BigInteger, Boolean, Integer, String, Text, Time
from .shared import count, derived, money, tokens

state = Table(
    "state",
    derived,
    Column("key", String, primary_key=True),  # `revision`: grows with every change; `schema`; `origin`
    Column("value", String, nullable=False),
)

runs = Table(
    "runs",
    derived,
    Column("id", String, primary_key=True),
    Column("workflow", String, nullable=False),
    Column("version", Integer),
    Column("name", String, nullable=False, default=""),
    Column("objective", Text, nullable=False, default=""),
    Column("plan_id", String, nullable=False, default=""),
    Column("attempt", Integer, nullable=False, default=1),
    Column("parent", String),
    Column("from_checkpoint", String),
    Column("session", String),
    Column("project", String),
    Column("status", String, nullable=False),  # as shown: waiting and lost included
    Column("recorded", String, nullable=False),  # as the events say: pending running paused completed …
    Column("evidence", Text, nullable=False, default=""),
    Column("started", Time),
    Column("finished", Time),
    Column("last_event", Time),
    Column("last_seq", Integer, nullable=False, default=0),
    Column("took", Float),  # seconds; of a run that goes on unknown
    Column("error", Text, nullable=False, default=""),
    count("steps"),
    count("steps_done"),
    Column("retries", Integer, nullable=False, default=0, server_default="0"),  # steps whose attempt is not the first
    Column("current_step", String, nullable=False, default=""),
    count("items"),
    count("items_failed"),
    count("events"),
    count("logs"),
    count("debugs"),  # of the logs; INFO is what these three leave
    count("warnings"),
    count("errors"),
    count("checkpoints"),
    count("messages"),
    count("approvals"),
    count("approvals_pending"),
    count("artifacts"),
    *tokens(),
    Column("tokens", BigInteger, nullable=False, default=0),  # input + output, for sorting
    *money(),
    Column("nanousd", BigInteger),  # known money, null when no call has a price: for sorting
    Column("size_bytes", BigInteger),
    count("notes"),
    Column("pinned", Boolean, nullable=False, default=False),
    Column("archived", Boolean, nullable=False, default=False),
    count("damaged"),
    Column("source", String, nullable=False, default=""),
    Column("source_id", String, nullable=False, default=""),
    Column("revision", BigInteger, nullable=False, default=0),
)
for _name in ("started", "finished", "last_event", "took", "tokens", "nanousd", "size_bytes", "name", "steps"):
    Index(f"runs_by_{_name}", runs.c[_name], runs.c.id)
for _name in ("events", "errors"):
    Index(f"runs_by_{_name}", runs.c[_name], runs.c.id)
Index("runs_by_workflow", runs.c.workflow, runs.c.started, runs.c.id)
Index("runs_by_version", runs.c.workflow, runs.c.version, runs.c.started, runs.c.id)
Index("runs_by_status", runs.c.status, runs.c.started, runs.c.id)
Index("runs_by_session", runs.c.session, runs.c.started, runs.c.id)
Index("runs_by_project", runs.c.project, runs.c.started, runs.c.id)
Index("runs_in_status", runs.c.status, runs.c.id)  # for sorting by status, and by workflow
Index("runs_in_workflow", runs.c.workflow, runs.c.id)
Index("runs_in_workflow_by_size", runs.c.workflow, runs.c.size_bytes, runs.c.id)
for _name in ("session", "project"):  # when each was last active
    _KNOWN = runs.c[_name].is_not(None)
    Index(f"runs_active_in_{_name}", runs.c[_name], runs.c.last_event, sqlite_where=_KNOWN)
_ENDED = text("took IS NOT NULL")  # of those that began and ended: what percentiles and trends are read from
Index("runs_ended_in_time", runs.c.workflow, runs.c.version, runs.c.took, sqlite_where=_ENDED)
Index("runs_ended_on", runs.c.workflow, runs.c.finished, runs.c.version, runs.c.took, sqlite_where=_ENDED)
_ARCHIVED = text("archived IS 1")  # a list of these reads no other runs
Index("runs_archived", runs.c.archived, runs.c.started, runs.c.id, sqlite_where=_ARCHIVED)
Index("runs_by_parent", runs.c.parent)
Index("runs_by_revision", runs.c.revision)

run_bodies = Table(
    "run_bodies",
    derived,
    Column("run", String, primary_key=True),
    Column("meta", Text, nullable=False, default="{}"),  # JSON object
    Column("writer", Text, nullable=False, default=""),  # JSON of events.Writer
    Column("words", Text, nullable=False, default=""),  # casefolded text that bare words look in
)

run_tags = Table(
    "run_tags",
    derived,
    Column("run", String, nullable=False),
    Column("tag", String, nullable=False),
    PrimaryKeyConstraint("run", "tag"),
)
Index("run_tags_by_tag", run_tags.c.tag, run_tags.c.run)

notes = Table(
    "notes",
    derived,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run", String, nullable=False, index=True),
    Column("t", Time, nullable=False),
    Column("by", String, nullable=False, default=""),
    Column("text", Text, nullable=False),
)
