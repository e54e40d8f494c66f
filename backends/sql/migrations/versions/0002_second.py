"""The schema of the second release. Until that is out, whoever needs a table adds it here.

A new table: declare it in `tables.py`, and write a function for it here (`op.create_table`, as in
`0001_first.py`) that `upgrade` calls. Nothing else is to be done: tests say what is forgotten, and
the fixture of a schema is made when it is released (`tests/backends/test_migrations.py`).
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _version_meta()
    _tombstones()
    _worded_runs()
    _log_words()


def _version_meta() -> None:
    op.create_table(
        "version_meta",
        sa.Column("workflow", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("meta", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workflow", "number"),
    )


def _tombstones() -> None:
    op.create_table(
        "tombstones",
        sa.Column("workflow", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("deleted_at", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workflow", "number"),
    )


def _worded_runs() -> None:
    op.create_table(
        "worded_runs",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("run"),
        sqlite_autoincrement=True,
    )


def _log_words() -> None:
    if op.get_context().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE log_words USING fts5"
            "(words, content='', detail='none', columnsize=0, tokenize='ascii')"
        )
    else:
        op.execute("CREATE TABLE log_words (id BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)")
        op.execute("CREATE INDEX log_words_by_word ON log_words USING gin (words)")
