"""A store of a million runs, its query tables filled by SQL: what lists read, without the events behind it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random

from flightlog.backends.sql import tables
from flightlog.backends.sql.run_state import RunState
from flightlog.backends.sqlite.engine import open_database
from flightlog.core import clock, ids
from generate import NEWEST_MS, STEP_MS, WORKFLOWS, run_id

_VARYING = {
    "id": "run_id(n)",
    "workflow": "workflow(n)",
    "version": "1 + n % 4",
    "name": "'label tickets ' || n",
    "status": "CASE WHEN n % 11 THEN 'completed' ELSE 'failed' END",
    "recorded": "CASE WHEN n % 11 THEN 'completed' ELSE 'failed' END",
    "session": "'session-' || (n % 40)",
    "started": "instant(n, 0)",
    "finished": "instant(n, 9000)",
    "last_event": "instant(n, 9000)",
    "took": "9.0",
    "last_seq": "12",
    "steps": "2",
    "steps_done": "2",
    "events": "12",
    "logs": "3",
    "warnings": "n % 9 = 0",
    "errors": "n % 11 = 0",
    "input_tokens": "(n * 7919) % 5000",
    "output_tokens": "(n * 7919) % 700",
    "tokens": "(n * 7919) % 5000 + (n * 7919) % 700",
    "recorded_nanousd": "(n * 7919) % 5000 * 300",
    "calls_recorded": "2",
    "nanousd": "(n * 7919) % 5000 * 300",
    "size_bytes": "1500 + n % 400",
    "revision": "1",
}


def write_million(path: Path, runs: int = 1_000_000) -> None:
    """Makes a `flightlog.db` of `runs` finished runs, with their counters."""
    open_database(path, truth=True).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        rng = Random(1)
        database.create_function("run_id", 1, lambda n: run_id(n, rng))
        database.create_function("workflow", 1, lambda n: WORKFLOWS[n % len(WORKFLOWS)])
        database.create_function("instant", 2, lambda n, ms: clock.from_seconds((NEWEST_MS - n * STEP_MS + ms) / 1000))
        database.executescript("PRAGMA synchronous=OFF; PRAGMA cache_size=-200000;")
        # Indexes are quicker made of what is there than kept while it comes.
        indexes = database.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'runs' AND sql IS NOT NULL"
        ).fetchall()
        database.execute("BEGIN")
        for name, _ in indexes:
            database.execute(f"DROP INDEX {name}")
        _insert(database, runs)
        for _, sql in indexes:
            database.execute(sql)
        _count(database)
        database.execute("COMMIT")


def _insert(database: sqlite3.Connection, runs: int) -> None:
    blank = RunState("", None, None, {}).row
    names = [column.name for column in tables.runs.columns]
    constants = [name for name in names if name not in _VARYING]
    values = ", ".join(_VARYING.get(name, f":{name}") for name in names)
    database.execute(
        # Oldest first, so that the ids come in order.
        f"WITH RECURSIVE numbers(n) AS (VALUES ({runs - 1}) UNION ALL SELECT n - 1 FROM numbers WHERE n) "
        f"INSERT INTO runs ({', '.join(names)}) SELECT {values} FROM numbers",
        {name: blank[name] for name in constants},
    )
    database.execute("INSERT INTO run_bodies (run, meta, writer, words) SELECT id, '{}', '', name FROM runs")


def _count(database: sqlite3.Connection) -> None:
    database.execute(
        "INSERT INTO counters (workflow, version, status, session, project, runs, size_bytes) "
        "SELECT workflow, version, status, session, '', count(*), sum(size_bytes) FROM runs GROUP BY 1, 2, 3, 4"
    )
    database.execute(
        "INSERT INTO tallies (workflow, version, status, archived, runs, size_bytes) "
        "SELECT workflow, version, status, archived, count(*), sum(size_bytes) FROM runs GROUP BY 1, 2, 3, 4"
    )
    database.execute("INSERT OR REPLACE INTO state (key, value) VALUES ('revision', '1')")


def write_costs(path: Path, runs: int = 100_000, calls: int = 10) -> None:
    """Gives each run of a store of `runs` so many model calls, and keeps their rollups."""
    write_million(path, runs)
    tokens = "1000, 100, 0, 0, 0"
    sums = "input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.executescript("PRAGMA synchronous=OFF; PRAGMA cache_size=-200000; BEGIN")
        database.execute(
            f"WITH RECURSIVE numbers(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM numbers WHERE n < {calls}) "
            f"INSERT INTO costs (run, seq, t, model, provider, agent, {sums}, nanousd, provenance, prices) "
            f"SELECT id, n, started, 'model-' || n % 3, '', 'worker', {tokens}, 1000 * n, 'recorded', '' "
            "FROM runs, numbers"
        )
        database.execute(
            f"INSERT INTO rollups (day, workflow, version, model, agent, calls, {sums}, "
            "recorded_nanousd, computed_nanousd, calls_recorded, calls_computed, calls_unknown) "
            "SELECT substr(t, 1, 10), workflow, version, model, agent, count(*), sum(costs.input_tokens), "
            "sum(costs.output_tokens), 0, 0, 0, sum(costs.nanousd), 0, count(*), 0, 0 "
            "FROM costs JOIN runs ON runs.id = costs.run GROUP BY 1, 2, 3, 4, 5"
        )
        database.execute("COMMIT")


def middle_id(runs: int = 1_000_000) -> str:
    """A text that sorts like the id of the run in the middle."""
    return ids.new_ulid(NEWEST_MS - runs // 2 * STEP_MS)
