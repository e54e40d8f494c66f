"""The schema of the fourth release. Until that is out, whoever needs a table adds it here.

A new table: declare it in `tables/`, and write a function for it here that `upgrade` calls. Nothing
else is to be done: tests say what is forgotten, and the fixture of a schema is made when it is
released (`tests/backends/test_migrations.py`).
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

# The types as they were then (`column_types.py`).
String = sa.String().with_variant(sa.String(collation="C"), "postgresql")
Integer = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    _tallies()
    # The first stores with the third schema were made before it had this index.
    archived = sa.text("archived IS 1")
    op.create_index(
        "runs_archived", "runs", ["archived", "started", "id"], unique=False, sqlite_where=archived, if_not_exists=True
    )


def _tallies() -> None:
    """Made anew from the runs that were recorded before, with those in the archive apart: these were `holdings`."""
    op.drop_table("holdings", if_exists=True)
    op.drop_table("tallies")
    op.create_table(
        "tallies",
        sa.Column("workflow", String, nullable=False),
        sa.Column("version", Integer, nullable=False),
        sa.Column("status", String, nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("runs", Integer, nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workflow", "version", "status", "archived"),
    )
    keys = "workflow, coalesce(version, -1), status, archived"
    op.execute(
        "INSERT INTO tallies (workflow, version, status, archived, runs, size_bytes)"
        f" SELECT {keys}, count(*), coalesce(sum(size_bytes), 0) FROM runs GROUP BY {keys}"
    )
