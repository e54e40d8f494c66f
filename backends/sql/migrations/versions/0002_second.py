"""The schema of the second release: what was added to the first, filled from what stores hold."""

import json
from collections import Counter

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

# The types as they were then (`column_types.py`).
String = sa.String().with_variant(sa.String(collation="C"), "postgresql")
Text = sa.Text().with_variant(sa.String(collation="C"), "postgresql")
Time = sa.String().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
Integer = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    _version_meta()
    _tombstones()
    _spools()
    _worded_runs()
    _log_words()
    _retries()
    _outcomes()
    _spreads()
    _requests()
    op.create_index("costs_by_time", "costs", ["t", "run"], unique=False)
    op.drop_index("metrics_of_run", table_name="metrics")
    op.create_index("metrics_of_run", "metrics", ["run", "t", "id"], unique=False)
    _acts()


def _version_meta() -> None:
    op.create_table(
        "version_meta",
        sa.Column("workflow", String, nullable=False),
        sa.Column("number", Integer, nullable=False),
        sa.Column("meta", Text, nullable=False),
        sa.PrimaryKeyConstraint("workflow", "number"),
    )


def _tombstones() -> None:
    op.create_table(
        "tombstones",
        sa.Column("workflow", String, nullable=False),
        sa.Column("number", Integer, nullable=False),
        sa.Column("deleted_at", String, nullable=False),
        sa.Column("by", String, nullable=False),
        sa.Column("note", Text, nullable=False),
        sa.PrimaryKeyConstraint("workflow", "number"),
    )


def _spools() -> None:
    op.create_table(
        "spools",
        sa.Column("spool", String, nullable=False),
        sa.Column("host", String, nullable=False),
        sa.Column("beat", Time, nullable=False),
        sa.PrimaryKeyConstraint("spool"),
    )
    op.create_table(
        "spooled",
        sa.Column("run", String, nullable=False),
        sa.Column("spool", String, nullable=False),
        sa.PrimaryKeyConstraint("run"),
    )
    op.create_index("ix_spooled_spool", "spooled", ["spool"], unique=False)


def _worded_runs() -> None:
    op.create_table(
        "worded_runs",
        sa.Column("number", Integer, autoincrement=True, nullable=False),
        sa.Column("run", String, nullable=False),
        sa.Column("seq", Integer, nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("run"),
        sqlite_autoincrement=True,
    )


def _log_words() -> None:
    if op.get_context().dialect.name == "sqlite":
        fts5 = "SELECT 1 FROM pragma_module_list WHERE name = 'fts5'"
        if op.get_bind().exec_driver_sql(fts5).first():  # else whoever first can makes it
            op.execute(
                "CREATE VIRTUAL TABLE log_words USING fts5"
                "(words, content='', detail='none', columnsize=0, tokenize='ascii')"
            )
    else:
        op.execute("CREATE TABLE log_words (id BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)")
        op.execute("CREATE INDEX log_words_by_word ON log_words USING gin (words)")


def _add_column(table: str, column: "sa.Column[object]", after: str) -> None:
    if op.get_context().dialect.name == "sqlite":
        # Copied once, for the column to stand where it is declared: a migrated table is as one made at once.
        with op.batch_alter_table(table, recreate="always") as copied:
            copied.add_column(column, insert_after=after)
    else:
        op.add_column(table, column)


def _requests() -> None:
    _add_column("costs", sa.Column("request_id", String, server_default="", nullable=False), after="agent")


def _acts() -> None:
    """Filled with what was added to runs before; of a damaged line, and of a run that is gone, there is none."""
    acts = op.create_table(
        "acts",
        sa.Column("id", Integer, autoincrement=True, nullable=False),
        sa.Column("run", String, nullable=False),
        sa.Column("t", Time, nullable=False),
        sa.Column("by", String, nullable=False),
        sa.Column("action", String, nullable=False),
        sa.Column("what", Text, nullable=False),
        sa.Column("detail", Text, nullable=False),
        sa.Column("note", Text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_acts_run", "acts", ["run"], unique=False)
    op.create_index("acts_by_time", "acts", ["t", "id"], unique=False)
    known = "SELECT line FROM annotations WHERE run IN (SELECT id FROM runs) ORDER BY id"
    asked = op.get_bind().execute(sa.text("SELECT run, id, question FROM approvals"))
    questions = {(run, approval): question for run, approval, question in asked}
    found = (_act(bytes(line), questions) for (line,) in op.get_bind().execute(sa.text(known)).all())
    op.bulk_insert(acts, [act for act in found if act])


def _act(line: bytes, questions: dict[tuple[str, str], str]) -> dict[str, str]:
    try:
        said = json.loads(line)
        kind, run = said["type"], said["run"]
        what = detail = ""
        if kind == "pin":
            action = "pin" if said.get("pinned", True) else "unpin"
        elif kind == "tag":
            action, what = ("tag" if said.get("tagged", True) else "untag"), said["tag"]
        elif kind == "note":
            action, what = "note", said["text"]
        elif kind == "score":
            action, what, detail = "score", said["name"], repr(float(said["value"]))
        else:
            action = {"approved": "approve", "rejected": "reject"}[said["decision"]]
            what, detail = said["approval"], questions.get((run, said["approval"]), "")
    except (ValueError, KeyError, TypeError):
        return {}
    facts = {"run": run, "t": said.get("t", ""), "by": said.get("by", ""), "note": said.get("note", "")}
    return facts | {"action": action, "what": what, "detail": detail}


def _retries() -> None:
    _add_column("runs", sa.Column("retries", Integer, server_default="0", nullable=False), after="steps_done")
    op.execute("UPDATE runs SET retries = (SELECT count(*) FROM steps WHERE steps.run = runs.id AND attempt > 1)")
    for name, columns in (
        ("runs_ended_in_time", ["workflow", "version", "took"]),
        ("runs_ended_on", ["workflow", "finished", "version", "took"]),
    ):
        op.create_index(name, "runs", columns, unique=False, sqlite_where=sa.text("took IS NOT NULL"))


_TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")
_MONEY = ("recorded_nanousd", "computed_nanousd", "calls_recorded", "calls_computed", "calls_unknown")
_COUNTS = ("runs", "completed", "failed", "cancelled", "steps", "retries", "timed")


def _outcomes() -> None:
    """Filled with what the finished runs came to that were recorded before."""
    op.create_table(
        "outcomes",
        sa.Column("workflow", String, nullable=False),
        sa.Column("version", Integer, nullable=False),
        sa.Column("day", String, nullable=False),
        *(sa.Column(name, Integer, nullable=False) for name in _COUNTS),
        sa.Column("took_us", sa.BigInteger(), nullable=False),
        sa.Column("unpriced", Integer, nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in (*_TOKENS, *_MONEY)),
        sa.PrimaryKeyConstraint("workflow", "version", "day"),
    )
    statuses = ("completed", "failed", "cancelled")
    sums = [
        "count(*)",
        *(f"sum(CASE WHEN status = '{status}' THEN 1 ELSE 0 END)" for status in statuses),
        *("sum(steps)", "sum(retries)", "count(took)"),
        "coalesce(sum(CAST(round(took * 1000000) AS BIGINT)), 0)",
        "sum(CASE WHEN calls_unknown > 0 THEN 1 ELSE 0 END)",
        *(f"sum({name})" for name in (*_TOKENS, *_MONEY)),
    ]
    day = "substr(finished, 1, 10)"
    if op.get_context().dialect.name == "postgresql":
        day = "CASE WHEN isfinite(finished) THEN to_char(finished AT TIME ZONE 'UTC', 'YYYY-MM-DD') END"
    keys = f"workflow, coalesce(version, -1), coalesce({day}, '')"
    columns = ", ".join(("workflow", "version", "day", *_COUNTS, "took_us", "unpriced", *_TOKENS, *_MONEY))
    op.execute(
        f"INSERT INTO outcomes ({columns}) SELECT {keys}, {', '.join(sums)} FROM runs"
        f" WHERE recorded IN {statuses} GROUP BY {keys}"
    )


def _spreads() -> None:
    """Filled like `outcomes`. A class of duration is the first eight bits of its microseconds, and how many follow."""
    spreads = op.create_table(
        "spreads",
        sa.Column("workflow", String, nullable=False),
        sa.Column("version", Integer, nullable=False),
        sa.Column("span", Integer, nullable=False),
        sa.Column("runs", Integer, nullable=False),
        sa.PrimaryKeyConstraint("workflow", "version", "span"),
    )
    counts: Counter[tuple[str, int, int]] = Counter()
    timed = "SELECT workflow, coalesce(version, -1), took FROM runs WHERE took IS NOT NULL"
    for workflow, version, took in op.get_bind().execute(sa.text(timed)):
        us = round(took * 1_000_000)
        more = max(us.bit_length() - 8, 0)
        counts[workflow, version, (more << 7) + (us >> more)] += 1
    rows = [{"workflow": w, "version": v, "span": span, "runs": runs} for (w, v, span), runs in counts.items()]
    op.bulk_insert(spreads, rows)
