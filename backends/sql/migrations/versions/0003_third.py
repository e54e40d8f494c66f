"""The schema of the third release: operations, the trash and the archive of a database, and what runs take."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

# The types as they were then (`column_types.py`).
String = sa.String().with_variant(sa.String(collation="C"), "postgresql")
Text = sa.Text().with_variant(sa.String(collation="C"), "postgresql")
Integer = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    _operations()
    _trash()
    _archives()
    _holdings()
    _others()
    _words_in_small_pages()
    op.create_index("runs_in_workflow_by_size", "runs", ["workflow", "size_bytes", "id"], unique=False)
    archived = sa.text("archived IS 1")
    op.create_index("runs_archived", "runs", ["archived", "started", "id"], unique=False, sqlite_where=archived)


def _operations() -> None:
    op.create_table(
        "operations",
        sa.Column("id", Integer, autoincrement=True, nullable=False),
        sa.Column("operation", String, nullable=False),
        sa.Column("phase", String, nullable=False),
        sa.Column("run", String, nullable=True),
        sa.Column("line", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("operations_of", "operations", ["operation", "phase", "id"], unique=False)
    op.create_index("operations_by_phase", "operations", ["phase", "id"], unique=False)


def _trash() -> None:
    op.create_table(
        "trash",
        sa.Column("run", String, nullable=False),
        sa.Column("operation", String, nullable=False),
        sa.Column("at", String, nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("purging", sa.Boolean(), nullable=False),
        sa.Column("shown", Text, nullable=False),
        sa.Column("kept", Text, nullable=False),
        sa.PrimaryKeyConstraint("run"),
    )
    op.create_index("ix_trash_operation", "trash", ["operation"], unique=False)
    op.create_index("trash_by_time", "trash", ["at", "run"], unique=False)
    op.create_index("trash_by_size", "trash", ["size_bytes", "run", "archived"], unique=False)


def _archives() -> None:
    op.create_table(
        "archives",
        sa.Column("run", String, nullable=False),
        sa.Column("operation", String, nullable=False),
        sa.Column("at", String, nullable=False),
        sa.Column("digest", String, nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("live_bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("run"),
    )


def _holdings() -> None:
    """Filled with the runs that were recorded before."""
    op.create_table(
        "holdings",
        sa.Column("workflow", String, nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("runs", Integer, nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workflow", "archived"),
    )
    op.execute(
        "INSERT INTO holdings (workflow, archived, runs, size_bytes)"
        " SELECT workflow, archived, count(*), coalesce(sum(size_bytes), 0) FROM runs GROUP BY workflow, archived"
    )


def _others() -> None:
    column = sa.Column("others", sa.BigInteger(), server_default="0", nullable=False)
    if op.get_context().dialect.name == "sqlite":
        # Copied once, as in `0002_second.py`: a migrated table is as one made at once.
        with op.batch_alter_table("folders", recreate="always") as copied:
            copied.add_column(column)
    else:
        op.add_column("folders", column)


def _words_in_small_pages() -> None:
    if op.get_context().dialect.name == "sqlite":
        there = "SELECT 1 FROM sqlite_master WHERE name = 'log_words'"
        if op.get_bind().exec_driver_sql(there).first():  # else it is made so by whoever first can
            op.execute("INSERT INTO log_words(log_words, rank) VALUES ('pgsz', 1000)")
