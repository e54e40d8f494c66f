"""The schema of the first release: the truth of a store, and what is derived of it."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# The types as they were then (`column_types.py`).
String = sa.String().with_variant(sa.String(collation="C"), "postgresql")
Text = sa.Text().with_variant(sa.String(collation="C"), "postgresql")
Time = sa.String().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
Integer = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    _events()
    _state_values()
    _annotations()
    _versions()
    _patterns()
    _state()
    _runs()
    _run_bodies()
    _run_tags()
    _notes()
    _steps()
    _items()
    _messages()
    _approvals()
    _artifacts()
    _checkpoints()
    _checkpoint_maps()
    _costs()
    _metrics()
    _snapshots()
    _counters()
    _tallies()
    _rollups()
    _spent()
    _damage()
    _removed()
    _journals()
    _marks()
    _folders()


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("run", String, nullable=False),
        sa.Column("seq", Integer, nullable=False),
        sa.Column("type", String, nullable=False),
        sa.Column("level", Integer, nullable=False),
        sa.Column("line", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("run", "seq"),
    )
    op.create_index("events_of_type", "events", ["run", "type", "seq", "level"], unique=False)


def _state_values() -> None:
    op.create_table(
        "state_values",
        sa.Column("run", String, nullable=False),
        sa.Column("digest", String, nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("run", "digest"),
    )


def _annotations() -> None:
    op.create_table(
        "annotations",
        sa.Column("id", Integer, autoincrement=True, nullable=False),
        sa.Column("run", String, nullable=False),
        sa.Column("line", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_annotations_run", "annotations", ["run"], unique=False)


def _versions() -> None:
    op.create_table(
        "versions",
        sa.Column("workflow", String, nullable=False),
        sa.Column("number", Integer, nullable=False),
        sa.Column("digest", String, nullable=False),
        sa.Column("parents", String, nullable=False),
        sa.Column("author", String, nullable=False),
        sa.Column("note", Text, nullable=False),
        sa.Column("created", String, nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("definition", Text, nullable=False),
        sa.PrimaryKeyConstraint("workflow", "number"),
    )


def _patterns() -> None:
    op.create_table(
        "patterns",
        sa.Column("workflow", String, nullable=False),
        sa.Column("name", String, nullable=False),
        sa.Column("description", Text, nullable=False),
        sa.Column("count", Integer, nullable=False),
        sa.Column("first_seen", String, nullable=False),
        sa.Column("last_seen", String, nullable=False),
        sa.Column("evidence", Text, nullable=False),
        sa.PrimaryKeyConstraint("workflow", "name"),
    )


def _state() -> None:
    op.create_table(
        "state",
        sa.Column("key", String, nullable=False),
        sa.Column("value", String, nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", String, nullable=False),
        sa.Column("workflow", String, nullable=False),
        sa.Column("version", Integer, nullable=True),
        sa.Column("name", String, nullable=False),
        sa.Column("objective", Text, nullable=False),
        sa.Column("plan_id", String, nullable=False),
        sa.Column("attempt", Integer, nullable=False),
        sa.Column("parent", String, nullable=True),
        sa.Column("from_checkpoint", String, nullable=True),
        sa.Column("session", String, nullable=True),
        sa.Column("project", String, nullable=True),
        sa.Column("status", String, nullable=False),
        sa.Column("recorded", String, nullable=False),
        sa.Column("evidence", Text, nullable=False),
        sa.Column("started", Time, nullable=True),
        sa.Column("finished", Time, nullable=True),
        sa.Column("last_event", Time, nullable=True),
        sa.Column("last_seq", Integer, nullable=False),
        sa.Column("took", sa.Float(), nullable=True),
        sa.Column("error", Text, nullable=False),
        sa.Column("steps", Integer, nullable=False),
        sa.Column("steps_done", Integer, nullable=False),
        sa.Column("current_step", String, nullable=False),
        sa.Column("items", Integer, nullable=False),
        sa.Column("items_failed", Integer, nullable=False),
        sa.Column("events", Integer, nullable=False),
        sa.Column("logs", Integer, nullable=False),
        sa.Column("debugs", Integer, nullable=False),
        sa.Column("warnings", Integer, nullable=False),
        sa.Column("errors", Integer, nullable=False),
        sa.Column("checkpoints", Integer, nullable=False),
        sa.Column("messages", Integer, nullable=False),
        sa.Column("approvals", Integer, nullable=False),
        sa.Column("approvals_pending", Integer, nullable=False),
        sa.Column("artifacts", Integer, nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cache_read_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cache_write_tokens", sa.BigInteger(), nullable=False),
        sa.Column("reasoning_tokens", sa.BigInteger(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("recorded_nanousd", sa.BigInteger(), nullable=False),
        sa.Column("computed_nanousd", sa.BigInteger(), nullable=False),
        sa.Column("calls_recorded", sa.BigInteger(), nullable=False),
        sa.Column("calls_computed", sa.BigInteger(), nullable=False),
        sa.Column("calls_unknown", sa.BigInteger(), nullable=False),
        sa.Column("nanousd", sa.BigInteger(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("notes", Integer, nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("damaged", Integer, nullable=False),
        sa.Column("source", String, nullable=False),
        sa.Column("source_id", String, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "runs_active_in_project",
        "runs",
        ["project", "last_event"],
        unique=False,
        sqlite_where=sa.text("project IS NOT NULL"),
    )
    op.create_index(
        "runs_active_in_session",
        "runs",
        ["session", "last_event"],
        unique=False,
        sqlite_where=sa.text("session IS NOT NULL"),
    )
    op.create_index("runs_by_errors", "runs", ["errors", "id"], unique=False)
    op.create_index("runs_by_events", "runs", ["events", "id"], unique=False)
    op.create_index("runs_by_finished", "runs", ["finished", "id"], unique=False)
    op.create_index("runs_by_last_event", "runs", ["last_event", "id"], unique=False)
    op.create_index("runs_by_name", "runs", ["name", "id"], unique=False)
    op.create_index("runs_by_nanousd", "runs", ["nanousd", "id"], unique=False)
    op.create_index("runs_by_parent", "runs", ["parent"], unique=False)
    op.create_index("runs_by_project", "runs", ["project", "started", "id"], unique=False)
    op.create_index("runs_by_revision", "runs", ["revision"], unique=False)
    op.create_index("runs_by_session", "runs", ["session", "started", "id"], unique=False)
    op.create_index("runs_by_size_bytes", "runs", ["size_bytes", "id"], unique=False)
    op.create_index("runs_by_started", "runs", ["started", "id"], unique=False)
    op.create_index("runs_by_status", "runs", ["status", "started", "id"], unique=False)
    op.create_index("runs_by_steps", "runs", ["steps", "id"], unique=False)
    op.create_index("runs_by_tokens", "runs", ["tokens", "id"], unique=False)
    op.create_index("runs_by_took", "runs", ["took", "id"], unique=False)
    op.create_index("runs_by_version", "runs", ["workflow", "version", "started", "id"], unique=False)
    op.create_index("runs_by_workflow", "runs", ["workflow", "started", "id"], unique=False)
    op.create_index("runs_in_status", "runs", ["status", "id"], unique=False)
    op.create_index("runs_in_workflow", "runs", ["workflow", "id"], unique=False)


def _run_bodies() -> None:
    op.create_table(
        "run_bodies",
        sa.Column("run", String, nullable=False),
        sa.Column("meta", Text, nullable=False),
        sa.Column("writer", Text, nullable=False),
        sa.Column("words", Text, nullable=False),
        sa.PrimaryKeyConstraint("run"),
    )


def _run_tags() -> None:
    op.create_table(
        "run_tags",
        sa.Column("run", String, nullable=False),
        sa.Column("tag", String, nullable=False),
        sa.PrimaryKeyConstraint("run", "tag"),
    )
    op.create_index("run_tags_by_tag", "run_tags", ["tag", "run"], unique=False)


def _notes() -> None:
    op.create_table(
        "notes",
        sa.Column("id", Integer, autoincrement=True, nullable=False),
        sa.Column("run", String, nullable=False),
        sa.Column("t", Time, nullable=False),
        sa.Column("by", String, nullable=False),
        sa.Column("text", Text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_notes_run", "notes", ["run"], unique=False)


def _steps() -> None:
    op.create_table(
        "steps",
        sa.Column("run", String, nullable=False),
        sa.Column("id", String, nullable=False),
        sa.Column("position", Integer, nullable=False),
        sa.Column("name", String, nullable=False),
        sa.Column("agent", String, nullable=False),
        sa.Column("kind", String, nullable=False),
        sa.Column("attempt", Integer, nullable=False),
        sa.Column("status", String, nullable=False),
        sa.Column("parent", String, nullable=True),
        sa.Column("depends_on", Text, nullable=False),
        sa.Column("started", Time, nullable=True),
        sa.Column("finished", Time, nullable=True),
        sa.Column("error", Text, nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cache_read_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cache_write_tokens", sa.BigInteger(), nullable=False),
        sa.Column("reasoning_tokens", sa.BigInteger(), nullable=False),
        sa.Column("recorded_nanousd", sa.BigInteger(), nullable=False),
        sa.Column("computed_nanousd", sa.BigInteger(), nullable=False),
        sa.Column("calls_recorded", sa.BigInteger(), nullable=False),
        sa.Column("calls_computed", sa.BigInteger(), nullable=False),
        sa.Column("calls_unknown", sa.BigInteger(), nullable=False),
        sa.Column("logs", Integer, nullable=False),
        sa.Column("started_seq", Integer, nullable=True),
        sa.Column("finished_seq", Integer, nullable=True),
        sa.Column("has_input", sa.Boolean(), nullable=False),
        sa.Column("has_output", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("run", "id"),
    )
    op.create_index("steps_by_agent", "steps", ["agent", "run"], unique=False)
    op.create_index("steps_in_order", "steps", ["run", "position"], unique=False)
    op.create_index(
        "steps_running",
        "steps",
        ["run", "status", "position"],
        unique=False,
        sqlite_where=sa.text("status = 'running'"),
    )


def _items() -> None:
    op.create_table(
        "items",
        sa.Column("run", String, nullable=False),
        sa.Column("row_number", Integer, nullable=False),
        sa.Column("status", String, nullable=False),
        sa.Column("rank", Integer, nullable=False),
        sa.Column("attempts", Integer, nullable=False),
        sa.Column("error", Text, nullable=False),
        sa.Column("step", String, nullable=True),
        sa.Column("started", Time, nullable=True),
        sa.Column("changed", Time, nullable=True),
        sa.Column("first_seq", Integer, nullable=False),
        sa.Column("last_seq", Integer, nullable=False),
        sa.PrimaryKeyConstraint("run", "row_number"),
    )
    op.create_index("items_failed_first", "items", ["run", "rank", "row_number"], unique=False)


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("run", String, nullable=False),
        sa.Column("seq", Integer, nullable=False),
        sa.Column("t", Time, nullable=False),
        sa.Column("sender", String, nullable=False),
        sa.Column("recipient", String, nullable=False),
        sa.Column("role", String, nullable=False),
        sa.Column("step", String, nullable=True),
        sa.PrimaryKeyConstraint("run", "seq"),
    )


def _approvals() -> None:
    op.create_table(
        "approvals",
        sa.Column("run", String, nullable=False),
        sa.Column("id", String, nullable=False),
        sa.Column("seq", Integer, nullable=False),
        sa.Column("question", Text, nullable=False),
        sa.Column("status", String, nullable=False),
        sa.Column("requested", Time, nullable=False),
        sa.Column("expires", Time, nullable=True),
        sa.Column("step", String, nullable=True),
        sa.Column("decided", Time, nullable=True),
        sa.Column("by", String, nullable=False),
        sa.Column("note", Text, nullable=False),
        sa.Column("answered", String, nullable=True),
        sa.PrimaryKeyConstraint("run", "id"),
    )
    op.create_index("ix_approvals_status", "approvals", ["status"], unique=False)


def _artifacts() -> None:
    op.create_table(
        "artifacts",
        sa.Column("run", String, nullable=False),
        sa.Column("seq", Integer, nullable=False),
        sa.Column("t", Time, nullable=False),
        sa.Column("name", String, nullable=False),
        sa.Column("path", Text, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("sha256", String, nullable=False),
        sa.Column("media_type", String, nullable=False),
        sa.Column("step", String, nullable=True),
        sa.PrimaryKeyConstraint("run", "seq"),
    )


def _checkpoints() -> None:
    op.create_table(
        "checkpoints",
        sa.Column("id", String, nullable=False),
        sa.Column("run", String, nullable=False),
        sa.Column("seq", Integer, nullable=False),
        sa.Column("t", Time, nullable=False),
        sa.Column("parent", String, nullable=True),
        sa.Column("step", String, nullable=True),
        sa.Column("label", String, nullable=False),
        sa.Column("keys", Integer, nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("changed", Text, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("checkpoints_of_run", "checkpoints", ["run", "seq"], unique=False)


def _checkpoint_maps() -> None:
    op.create_table(
        "checkpoint_maps",
        sa.Column("checkpoint", String, nullable=False),
        sa.Column("run", String, nullable=False),
        sa.Column("map", Text, nullable=False),
        sa.PrimaryKeyConstraint("checkpoint"),
    )
    op.create_index("ix_checkpoint_maps_run", "checkpoint_maps", ["run"], unique=False)


def _costs() -> None:
    op.create_table(
        "costs",
        sa.Column("run", String, nullable=False),
        sa.Column("seq", Integer, nullable=False),
        sa.Column("t", Time, nullable=False),
        sa.Column("model", String, nullable=False),
        sa.Column("provider", String, nullable=False),
        sa.Column("step", String, nullable=True),
        sa.Column("agent", String, nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cache_read_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cache_write_tokens", sa.BigInteger(), nullable=False),
        sa.Column("reasoning_tokens", sa.BigInteger(), nullable=False),
        sa.Column("nanousd", sa.BigInteger(), nullable=True),
        sa.Column("provenance", String, nullable=False),
        sa.Column("prices", String, nullable=False),
        sa.PrimaryKeyConstraint("run", "seq"),
    )
    op.create_index("costs_by_model", "costs", ["model", "run"], unique=False)


def _metrics() -> None:
    op.create_table(
        "metrics",
        sa.Column("id", Integer, autoincrement=True, nullable=False),
        sa.Column("run", String, nullable=False),
        sa.Column("name", String, nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("t", Time, nullable=False),
        sa.Column("seq", Integer, nullable=False),
        sa.Column("step", String, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("metrics_by_name", "metrics", ["name", "value", "run"], unique=False)
    op.create_index("metrics_of_run", "metrics", ["run", "id"], unique=False)


def _snapshots() -> None:
    op.create_table(
        "snapshots",
        sa.Column("run", String, nullable=False),
        sa.Column("name", String, nullable=False),
        sa.Column("seq", Integer, nullable=False),
        sa.PrimaryKeyConstraint("run", "name"),
    )


def _counters() -> None:
    op.create_table(
        "counters",
        sa.Column("workflow", String, nullable=False),
        sa.Column("version", Integer, nullable=False),
        sa.Column("status", String, nullable=False),
        sa.Column("session", String, nullable=False),
        sa.Column("project", String, nullable=False),
        sa.Column("runs", Integer, nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workflow", "version", "status", "session", "project"),
    )
    op.create_index("counters_by_project", "counters", ["project", "runs"], unique=False)
    op.create_index("counters_by_session", "counters", ["session", "runs"], unique=False)


def _tallies() -> None:
    op.create_table(
        "tallies",
        sa.Column("workflow", String, nullable=False),
        sa.Column("version", Integer, nullable=False),
        sa.Column("status", String, nullable=False),
        sa.Column("runs", Integer, nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workflow", "version", "status"),
    )


def _rollups() -> None:
    op.create_table(
        "rollups",
        sa.Column("day", String, nullable=False),
        sa.Column("workflow", String, nullable=False),
        sa.Column("version", Integer, nullable=False),
        sa.Column("model", String, nullable=False),
        sa.Column("agent", String, nullable=False),
        sa.Column("calls", Integer, nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cache_read_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cache_write_tokens", sa.BigInteger(), nullable=False),
        sa.Column("reasoning_tokens", sa.BigInteger(), nullable=False),
        sa.Column("recorded_nanousd", sa.BigInteger(), nullable=False),
        sa.Column("computed_nanousd", sa.BigInteger(), nullable=False),
        sa.Column("calls_recorded", sa.BigInteger(), nullable=False),
        sa.Column("calls_computed", sa.BigInteger(), nullable=False),
        sa.Column("calls_unknown", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "workflow", "version", "model", "agent"),
    )


def _spent() -> None:
    op.create_table(
        "spent",
        sa.Column("session", String, nullable=False),
        sa.Column("project", String, nullable=False),
        sa.Column("calls", Integer, nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cache_read_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cache_write_tokens", sa.BigInteger(), nullable=False),
        sa.Column("reasoning_tokens", sa.BigInteger(), nullable=False),
        sa.Column("recorded_nanousd", sa.BigInteger(), nullable=False),
        sa.Column("computed_nanousd", sa.BigInteger(), nullable=False),
        sa.Column("calls_recorded", sa.BigInteger(), nullable=False),
        sa.Column("calls_computed", sa.BigInteger(), nullable=False),
        sa.Column("calls_unknown", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("session", "project"),
    )


def _damage() -> None:
    op.create_table(
        "damage",
        sa.Column("id", Integer, autoincrement=True, nullable=False),
        sa.Column("run", String, nullable=True),
        sa.Column("place", Text, nullable=False),
        sa.Column("what", Text, nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=True),
        sa.Column("length", sa.BigInteger(), nullable=True),
        sa.Column("raw", Text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_damage_run", "damage", ["run"], unique=False)


def _removed() -> None:
    op.create_table(
        "removed",
        sa.Column("run", String, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("run"),
    )
    op.create_index("ix_removed_revision", "removed", ["revision"], unique=False)


def _journals() -> None:
    op.create_table(
        "journals",
        sa.Column("run", String, nullable=False),
        sa.Column("path", String, nullable=False),
        sa.Column("inode", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("states_offset", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("run"),
    )
    op.create_index("journals_open", "journals", ["open", "run"], unique=False)


def _marks() -> None:
    op.create_table(
        "marks",
        sa.Column("run", String, nullable=False),
        sa.Column("seq", Integer, nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("run", "seq"),
    )


def _folders() -> None:
    op.create_table(
        "folders",
        sa.Column("path", String, nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("path"),
    )
