"""Searching a million log lines by their words, against raw FTS5 and LIKE; and what a line costs that can be found."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import islice
from pathlib import Path
from random import Random

import flightlog
import pytest
from flightlog.backends.sql import log_words, tables
from flightlog.backends.sql.projector import Batch, Projector, Recorded
from flightlog.backends.sqlite.engine import open_database
from flightlog.core import clock, events
from flightlog.core.query.query import EVERYTHING
from generate import NEWEST_MS, STEP_MS, run_id
from measure import in_turn, say, seconds, told

pytestmark = pytest.mark.bench

RUNS, LINES = 1000, 1000
TIME = "2026-11-20T10:00:00.000000Z"
COMMON, RARE = "w7", "needle"


def messages(rng: Random, number: int) -> list[str]:
    """The lines of one run: ten words each, some in every hundredth line, one in a line of every hundredth run."""
    found = [
        " ".join(f"w{int(rng.paretovariate(0.6)) % 5000}" for _ in range(9)) + f" {rng.random()}" for _ in range(LINES)
    ]
    if number % 100 == 0:
        found[LINES // 2] += f" {RARE}"
    return found


def write(path: Path, raw: sqlite3.Connection) -> tuple[float, float]:
    """A store and a raw table of the same lines; seconds that the events took, and their words."""
    rng, kept, worded = Random(1), 0.0, 0.0
    database = open_database(path, truth=True)
    raw.execute("CREATE VIRTUAL TABLE lines USING fts5(message)")
    for number in reversed(range(RUNS)):  # the oldest first, as runs come
        run, said = run_id(number, rng), messages(rng, number)
        time = clock.from_seconds((NEWEST_MS - number * STEP_MS) / 1000)
        start = events.RunStarted(seq=1, t=time, run=run, workflow="w", format=1)
        logged = [events.Logged(seq=2 + at, t=TIME, level="INFO", message=text) for at, text in enumerate(said)]
        rows = [
            {"run": run, "seq": event.seq, "type": "log", "level": 2, "line": events.encode(event)} for event in logged
        ]
        raw.executemany("INSERT INTO lines(message) VALUES (?)", [(text,) for text in said])
        raw.commit()  # as often as ours: each commit leaves FTS5 a segment more to look through
        with database.write() as connection:
            kept += seconds(lambda: connection.execute(tables.events.insert(), rows))  # noqa: B023
            Projector().project_all(connection, [Batch(run, [Recorded(event, 200) for event in (start, *logged)])])
            pairs = [(event.seq, event.message) for event in logged]
            worded += seconds(lambda: log_words.take(connection, run, pairs, 0, LINES + 1))  # noqa: B023
    database.close()
    return kept, worded


def test_first_hits_of_a_million_lines(tmp_path):
    with closing(sqlite3.connect(tmp_path / "raw.db")) as raw:
        kept, worded = write(tmp_path / "flightlog.db", raw)
        count = RUNS * LINES
        with flightlog.open(tmp_path, storage="sqlite") as store:

            def ours(text: str) -> Callable[[], list]:
                return lambda: list(islice(store.logs.search(text, EVERYTHING), 100))

            def theirs(text: str) -> Callable[[], list]:
                sql = "SELECT message FROM lines WHERE lines MATCH ? ORDER BY rowid DESC LIMIT 100"
                return lambda: raw.execute(sql, (text,)).fetchall()

            like = "SELECT message FROM lines WHERE message LIKE ? ORDER BY rowid DESC LIMIT 100"
            scan = seconds(lambda: raw.execute(like, (f"%{RARE}%",)).fetchall())
            assert len(ours(RARE)()) == RUNS // 100
            for text in (COMMON, f"{COMMON} w11", "w49*", RARE):
                assert ours(text)()
                mine, floor = in_turn(ours(text), theirs(text))
                detail = f"{told(mine)}, raw {told(floor)}"
                if text == RARE:
                    detail += " with 10 lines; ours is one read and four statements"
                say(16, f"first 100 of {text!r} in {count:,} lines", mine / floor, 5, detail)
                if text == RARE:
                    say(16, "against LIKE over the lines", mine / scan, 0.01, f"{told(scan)}")
    per_line = worded / count
    say(16, "a line's words, against keeping its event", worded / kept, 5, f"{told(per_line)} a line")
    assert per_line < 1e-3
