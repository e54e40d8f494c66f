"""A PostgreSQL database against what the server itself can do: rows taken in, words found."""

from collections.abc import Callable, Iterator
from itertools import count, islice
from random import Random
from typing import Any

import flightlog
import psycopg
import pytest
from flightlog.backends.postgres.engine import open_server
from flightlog.backends.postgres.server_url import ServerUrl
from flightlog.backends.sql import log_words, tables
from flightlog.backends.sql.projector import Batch, Projector, Recorded
from flightlog.backends.sql.writes import add_missing
from flightlog.core import clock, events
from flightlog.core.log_words import words_in
from flightlog.core.query.query import EVERYTHING
from generate import NEWEST_MS, STEP_MS, run_id
from measure import ROUNDS, in_turn, say, seconds, told
from sqlalchemy import create_engine, insert

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

TIME = "2026-11-20T10:00:00.000000Z"
RUNS, LINES = 200, 1000
COMMON, RARE = "w7", "needle"
COLUMNS = ("run", "seq", "type", "level", "line")


@pytest.fixture
def url(new_postgres_url) -> ServerUrl:
    return ServerUrl(new_postgres_url())


@pytest.fixture
def raw(url) -> Iterator[psycopg.Connection]:
    """A connection by the driver alone, and a table like `events`."""
    with connected(url) as connection:
        connection.execute("CREATE TABLE raw (LIKE events INCLUDING INDEXES)")
        connection.commit()
        yield connection
        connection.rollback()
        connection.execute("DROP TABLE IF EXISTS raw, lines")


def connected(url: ServerUrl) -> psycopg.Connection:
    """A connection that commits as ours do: what is said to be kept is written down, though the server be quicker."""
    connection = url.connect()
    connection.execute("SET synchronous_commit = on")
    connection.commit()
    return connection


def logged(rng: Random, number: int, lines: int) -> list[events.Logged]:
    found = []
    for at in range(lines):
        message = " ".join(f"w{int(rng.paretovariate(0.6)) % 5000}" for _ in range(9)) + f" {rng.random()}"
        if number % 20 == 0 and at == lines // 2:
            message += f" {RARE}"
        found.append(events.Logged(seq=2 + at, t=TIME, level="INFO", message=message))
    return found


def test_events_are_taken_in_as_quickly_as_the_server_copies(url, raw):
    database, engine = open_server(url), create_engine("postgresql+psycopg://", creator=lambda: connected(url))
    rng, number = Random(1), count()

    def rows(size: int) -> list[dict[str, Any]]:
        return [
            {"run": run_id(at := next(number), rng), "seq": at, "type": "log", "level": 2, "line": events.encode(event)}
            for event in logged(rng, 1, size)
        ]

    def ours(made: list[dict[str, Any]]) -> None:
        with database.write() as connection:
            add_missing(connection, tables.events, made)

    def floor(made: list[dict[str, Any]]) -> None:
        with raw.cursor() as cursor, cursor.copy(f"COPY raw ({', '.join(COLUMNS)}) FROM STDIN") as copy:
            for row in made:
                copy.write_row([row[name] for name in COLUMNS])
        raw.commit()

    def core(made: list[dict[str, Any]]) -> None:
        with engine.begin() as connection:
            connection.execute(insert(tables.events), made)

    for size in (1000, 10_000):
        mine, copied, inserted = in_turn(*(prepared(work, rows, size) for work in (ours, floor, core)))
        what = f"{size:,} events in a transaction"
        say(17, f"{what}, against raw COPY", mine / copied, 1.3, f"{told(mine / size)} a row")
        say(17, f"{what}, against SQLAlchemy's INSERT", mine / inserted, 1 / 3, f"{told(inserted / size)} a row")
    engine.dispose()
    database.close()


def prepared(
    work: Callable[[list[dict[str, Any]]], None], rows: Callable[[int], list[dict[str, Any]]], size: int
) -> Callable[[], None]:
    """The work on rows that were made before, for to make them is no part of what is measured."""
    made = [rows(size) for _ in range(ROUNDS + 1)]
    return lambda: work(made.pop())


def fill(url: ServerUrl, raw: psycopg.Connection) -> None:
    """A store and a raw table of the same lines."""
    rng, database, projector = Random(1), open_server(url), Projector()
    raw.execute("CREATE TABLE lines (id bigserial PRIMARY KEY, message text, words tsvector)")
    raw.execute("CREATE INDEX ON lines USING gin (words)")
    for number in reversed(range(RUNS)):
        run, said = run_id(number, rng), logged(rng, number, LINES)
        started = clock.from_seconds((NEWEST_MS - number * STEP_MS) / 1000)
        start = events.RunStarted(seq=1, t=started, run=run, workflow="w", format=1)
        rows = [{"run": run, "seq": each.seq, "type": "log", "level": 2, "line": events.encode(each)} for each in said]
        with raw.cursor() as cursor:
            insert_raw = "INSERT INTO lines (message, words) VALUES (%s, array_to_tsvector(%s))"
            cursor.executemany(insert_raw, [(each.message, list(words_in(each.message))) for each in said])
        with database.write() as connection:
            add_missing(connection, tables.events, rows)
            projector.project_all(connection, [Batch(run, [Recorded(event, 200) for event in (start, *said)])])
            log_words.take(connection, run, [(each.seq, each.message) for each in said], 0, LINES + 1)
        raw.commit()
    with database.write() as connection:
        connection.exec_driver_sql("SELECT gin_clean_pending_list('log_words_by_word')")
        connection.exec_driver_sql("ANALYZE")
    raw.execute("SELECT gin_clean_pending_list('lines_words_idx')")
    raw.commit()
    database.close()


def test_first_hits(url, raw):
    fill(url, raw)
    count = RUNS * LINES
    with flightlog.open(url.secret) as store:

        def ours(text: str) -> Callable[[], list[Any]]:
            return lambda: list(islice(store.logs.search(text, EVERYTHING), 100))

        def theirs(asked: str) -> Callable[[], list[Any]]:
            sql = "SELECT message FROM lines WHERE words @@ CAST(%s AS tsquery) ORDER BY id DESC LIMIT 100"
            return lambda: raw.execute(sql, (asked,)).fetchall()

        like = "SELECT message FROM lines WHERE message LIKE %s ORDER BY id DESC LIMIT 100"
        scan = seconds(lambda: raw.execute(like, (f"%{RARE}%",)).fetchall())
        assert len(ours(RARE)()) == RUNS // 20
        for text, asked in ((COMMON, COMMON), (f"{COMMON} w11", f"{COMMON} & w11"), ("w49*", "w49:*"), (RARE, RARE)):
            mine, floor = in_turn(ours(text), theirs(asked))
            what = f"first 100 of {text!r} in {count:,} lines"
            # A search asks four questions, where the floor asks one.
            say(18, what, mine / floor, 10, f"{told(mine)}, raw {told(floor)}")
            if text == RARE:
                say(18, "against LIKE over the lines", mine / scan, 0.05, f"{told(scan)}")
