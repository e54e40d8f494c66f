"""Sums over runs, kept by the projector in the write's own transaction."""

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table

from ..column_types import BigInteger, Boolean, Integer, String
from .shared import count, derived, money, tokens

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
    # The same without sessions and projects, of which there may be as many as runs: what a header reads. What lies in
    # the archive is told apart: a list without a query shows no such runs, and they take their room elsewhere.
    Column("workflow", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("status", String, nullable=False),
    Column("archived", Boolean, nullable=False),
    Column("runs", Integer, nullable=False, default=0),
    Column("size_bytes", BigInteger, nullable=False, default=0),
    PrimaryKeyConstraint("workflow", "version", "status", "archived"),
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
    *tokens(),
    *money(),
    PrimaryKeyConstraint("day", "workflow", "version", "model", "agent"),
)

spent = Table(
    "spent",
    derived,
    # What the runs of a session or project cost; '' stands for none.
    Column("session", String, nullable=False),
    Column("project", String, nullable=False),
    Column("calls", Integer, nullable=False, default=0),
    *tokens(),
    *money(),
    PrimaryKeyConstraint("session", "project"),
)

outcomes = Table(
    "outcomes",
    derived,
    # What the finished runs of a version came to, by the day (UTC) on which they ended.
    Column("workflow", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("day", String, nullable=False),
    *(count(name) for name in ("runs", "completed", "failed", "cancelled", "steps", "retries")),
    count("timed"),  # runs whose duration is known
    Column("took_us", BigInteger, nullable=False, default=0),  # of these, in whole microseconds: sums stay exact
    count("unpriced"),  # runs with a call that has no price
    *tokens(),
    *money(),
    PrimaryKeyConstraint("workflow", "version", "day"),
)

spreads = Table(
    "spreads",
    derived,
    # How many of them took about how long: by class of duration (`core.numbers.durations`).
    Column("workflow", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("span", Integer, nullable=False),
    Column("runs", Integer, nullable=False, default=0),
    PrimaryKeyConstraint("workflow", "version", "span"),
)
