"""Every table, once, for every dialect.

Two groups: the *truth* of an SQL store (events, values, annotations, versions, patterns, the record
of operations, what lies in trash and archive), which is never rebuilt, and the *query tables*, which the
projector derives from events and which can be dropped and made again; they alone are the files backend's
and each source's index.

Small columns only in what lists read: no list walks the overflow pages of a body.
Texts compare as bytes; for what times are, and for PostgreSQL, see `column_types.py`.

Where an index leaves rows out, only SQLite is told so here: naming another dialect would load it.
"""

from sqlalchemy import (
    DDL,
    Column,
    Connection,
    Float,
    Index,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    event,
    text,
)

from .column_types import BigInteger, Boolean, Integer, String, Text, Time
from .words_kept import can_keep

truth = MetaData()
derived = MetaData()

SCHEMA = "3"
"""Of the query tables: an index of another number is made anew. One more than the last release's, once they differ."""

# --- the truth of an SQL store -------------------------------------------------------------------

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
    Column("line", LargeBinary, nullable=False),  # JSON: see `backends/operations/table_record.py`
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
    Column("purging", Boolean, nullable=False, default=False),  # it is being removed for good: never brought back
    Column("shown", Text, nullable=False),  # JSON of `core.operations.Trashed`
    Column("kept", Text, nullable=False),  # JSON of what its events and annotations do not tell
)
Index("trash_by_time", trash.c.at, trash.c.run)

archives = Table(
    "archives",
    truth,
    # Runs whose events and values lie in a file: their annotations stay, and all that was derived.
    Column("run", String, primary_key=True),
    Column("operation", String, nullable=False),
    Column("at", String, nullable=False),
    Column("path", String, nullable=False),  # below the archive's folder
    Column("digest", String, nullable=False),  # SHA-256 of the file
    Column("size_bytes", BigInteger, nullable=False),
)

# --- query tables ----------------------------------------------------------------------------------


def _tokens() -> list[Column[int]]:
    names = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")
    return [Column(name, BigInteger, nullable=False, default=0) for name in names]


def _money() -> list[Column[int]]:
    names = ("recorded_nanousd", "computed_nanousd", "calls_recorded", "calls_computed", "calls_unknown")
    return [Column(name, BigInteger, nullable=False, default=0) for name in names]


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, default=0)


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
    _count("steps"),
    _count("steps_done"),
    Column("retries", Integer, nullable=False, default=0, server_default="0"),  # steps whose attempt is not the first
    Column("current_step", String, nullable=False, default=""),
    _count("items"),
    _count("items_failed"),
    _count("events"),
    _count("logs"),
    _count("debugs"),  # of the logs; INFO is what these three leave
    _count("warnings"),
    _count("errors"),
    _count("checkpoints"),
    _count("messages"),
    _count("approvals"),
    _count("approvals_pending"),
    _count("artifacts"),
    *_tokens(),
    Column("tokens", BigInteger, nullable=False, default=0),  # input + output, for sorting
    *_money(),
    Column("nanousd", BigInteger),  # known money, null when no call has a price: for sorting
    Column("size_bytes", BigInteger),
    _count("notes"),
    Column("pinned", Boolean, nullable=False, default=False),
    Column("archived", Boolean, nullable=False, default=False),
    _count("damaged"),
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
    *_tokens(),
    *_money(),
    _count("logs"),
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
    *_tokens(),
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

counters = Table(
    "counters",
    derived,
    # '' stands for none, and version -1: keys of a primary key are never null.
    Column("workflow", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("status", String, nullable=False),
    Column("session", String, nullable=False),
    Column("project", String, nullable=False),
    Column("runs", Integer, nullable=False, default=0),
    Column("size_bytes", BigInteger, nullable=False, default=0),
    PrimaryKeyConstraint("workflow", "version", "status", "session", "project"),
)
for _name in ("session", "project"):
    Index(f"counters_by_{_name}", counters.c[_name], counters.c.runs)

tallies = Table(
    "tallies",
    derived,
    # The same without sessions and projects, of which there may be as many as runs: what a header reads.
    Column("workflow", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("status", String, nullable=False),
    Column("runs", Integer, nullable=False, default=0),
    Column("size_bytes", BigInteger, nullable=False, default=0),
    PrimaryKeyConstraint("workflow", "version", "status"),
)

holdings = Table(
    "holdings",
    derived,
    # What the runs of a workflow take where they are stored; those in the archive apart.
    Column("workflow", String, nullable=False),
    Column("archived", Boolean, nullable=False),
    Column("runs", Integer, nullable=False, default=0),
    Column("size_bytes", BigInteger, nullable=False, default=0),
    PrimaryKeyConstraint("workflow", "archived"),
)

rollups = Table(
    "rollups",
    derived,
    Column("day", String, nullable=False),  # UTC, of the call
    Column("workflow", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("model", String, nullable=False),
    Column("agent", String, nullable=False),
    Column("calls", Integer, nullable=False, default=0),
    *_tokens(),
    *_money(),
    PrimaryKeyConstraint("day", "workflow", "version", "model", "agent"),
)

spent = Table(
    "spent",
    derived,
    # What the runs of a session or project cost; '' stands for none.
    Column("session", String, nullable=False),
    Column("project", String, nullable=False),
    Column("calls", Integer, nullable=False, default=0),
    *_tokens(),
    *_money(),
    PrimaryKeyConstraint("session", "project"),
)

outcomes = Table(
    "outcomes",
    derived,
    # What the finished runs of a version came to, by the day (UTC) on which they ended.
    Column("workflow", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("day", String, nullable=False),
    *(_count(name) for name in ("runs", "completed", "failed", "cancelled", "steps", "retries")),
    _count("timed"),  # runs whose duration is known
    Column("took_us", BigInteger, nullable=False, default=0),  # of these, in whole microseconds: sums stay exact
    _count("unpriced"),  # runs with a call that has no price
    *_tokens(),
    *_money(),
    PrimaryKeyConstraint("workflow", "version", "day"),
)

spreads = Table(
    "spreads",
    derived,
    # How many of them took about how long: by class of duration (`core.durations`).
    Column("workflow", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("span", Integer, nullable=False),
    Column("runs", Integer, nullable=False, default=0),
    PrimaryKeyConstraint("workflow", "version", "span"),
)

damage = Table(
    "damage",
    derived,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run", String, index=True),
    Column("place", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("offset", BigInteger),
    Column("length", BigInteger),
    Column("raw", Text, nullable=False, default=""),
)

removed = Table(
    "removed",
    derived,
    Column("run", String, primary_key=True),
    Column("revision", BigInteger, nullable=False, index=True),
)

# --- how far the originals were read -----------------------------------------------------------------

journals = Table(
    "journals",
    derived,
    Column("run", String, primary_key=True),
    Column("path", String, nullable=False),  # relative to the data directory
    Column("inode", BigInteger, nullable=False, default=0),
    Column("size", BigInteger, nullable=False, default=0),
    Column("mtime_ns", BigInteger, nullable=False, default=0),
    Column("offset", BigInteger, nullable=False, default=0),  # bytes read: always at a line's end
    Column("states_offset", BigInteger, nullable=False, default=0),
    Column("open", Boolean, nullable=False, default=True),  # more may come
)
Index("journals_open", journals.c.open, journals.c.run)

marks = Table(
    "marks",
    derived,
    # One entry per about 1 MiB of a journal: an event is found by reading on from the mark before it.
    Column("run", String, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    PrimaryKeyConstraint("run", "seq"),
)

folders = Table(
    "folders",
    derived,
    Column("path", String, primary_key=True),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("others", BigInteger, nullable=False, default=0, server_default="0"),  # bytes in it that are no run's
)

# --- whose journals they are, in a database that machines share -----------------------------------------

spools = Table(
    "spools",
    derived,
    Column("spool", String, primary_key=True),
    Column("host", String, nullable=False),
    Column("beat", Time, nullable=False),  # when one of its agents last said that it lives, by the server's clock
)

spooled = Table(
    "spooled",
    derived,
    Column("run", String, primary_key=True),
    Column("spool", String, nullable=False, index=True),
)

# --- full text of logs -------------------------------------------------------------------------------

worded_runs = Table(
    "worded_runs",
    derived,
    # How far the log of a run is in `log_words`, and the number that it has there, which is never given again.
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("run", String, nullable=False, unique=True),
    Column("seq", Integer, nullable=False),
    sqlite_autoincrement=True,
)

LOG_WORDS = {
    # Which entries hold a word, and nothing else: where in them it stands is read from the original. SQLite
    # splits at what is not ASCII letter or digit, and keeps all beyond ASCII: `core.text` alone says what a word is.
    "sqlite": (
        "CREATE VIRTUAL TABLE log_words USING fts5(words, content='', detail='none', columnsize=0, tokenize='ascii')",
        # To find the newest entries, each page that holds a word is walked to its end: small ones halve a search.
        "INSERT INTO log_words(log_words, rank) VALUES ('pgsz', 1000)",
    ),
    "postgresql": (
        "CREATE TABLE log_words (id BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)",
        "CREATE INDEX log_words_by_word ON log_words USING gin (words)",
    ),
}
"""The words of log entries: each engine has its own kind of table. An entry's id is its run's number, and its seq."""


def _made_where_it_can_be(ddl: object, target: object, bind: Connection | None, *_: object, **__: object) -> bool:
    return bind is not None and can_keep(bind)


for _dialect, _statements in LOG_WORDS.items():
    for _statement in _statements:
        _make = DDL(_statement).execute_if(dialect=_dialect, callable_=_made_where_it_can_be)  # type: ignore[no-untyped-call]
        event.listen(derived, "after_create", _make)
