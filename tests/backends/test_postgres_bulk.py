"""Many rows at once: what COPY takes is what INSERT takes, and nothing is half there."""

import psycopg
import pytest
from flightlog.backends.postgres.engine import open_server
from flightlog.backends.postgres.server_url import ServerUrl
from flightlog.backends.sql import bulk, log_words, tables, writes
from flightlog.backends.sql.writes import add_missing, insert
from flightlog.backends.sqlite.engine import open_database
from flightlog.core.errors import StorageError
from flightlog.core.ids import new_ulid
from flightlog.core.log_words import wanted
from sqlalchemy import event, func, select, text

ODD = [
    "",
    " ",
    "\\",
    "\\N",
    "\\.",
    "a\tb",
    "a\nb",
    "\r",
    "\0",
    "\1\2",
    "\udcff",
    "東京 é",
    "'\"`",
    "%s",
    "{x}",
    "NULL",
    "\u2028",
]


@pytest.fixture
def database(new_postgres_url):
    found = open_server(ServerUrl(new_postgres_url()))
    yield found
    found.close()


def events(run: str, numbers) -> list[dict]:
    return [{"run": run, "seq": n, "type": "log", "level": 2, "line": bytes([n % 256, 0, 92, 10])} for n in numbers]


def metrics(run: str) -> list[dict]:
    return [
        {"run": run, "name": name, "value": float(n), "t": time, "seq": n, "step": step}
        for n, name in enumerate(ODD * 4)
        for time, step in (("2026-11-20T10:00:00.5Z", None), ("never", name))
    ]


def copies(database, monkeypatch) -> list[bool]:
    told, real = [], bulk.copied
    monkeypatch.setattr(bulk, "copied", lambda *args: told.append(real(*args)) or told[-1])
    return told


def test_copied_and_inserted_are_the_same(database, monkeypatch):
    told, (one, other) = copies(database, monkeypatch), (new_ulid(), new_ulid())
    kept = [column for column in tables.metrics.c if column.name not in ("id", "run")]
    with database.write() as connection:
        insert(connection, tables.metrics, metrics(one))
        assert told == [True]
        monkeypatch.setattr(bulk, "MANY", 10**9)
        insert(connection, tables.metrics, metrics(other))
        assert told == [True]
        rows = [
            connection.execute(select(*kept).where(tables.metrics.c.run == run).order_by(tables.metrics.c.id)).all()
            for run in (one, other)
        ]
    assert rows[0] == rows[1] and len(rows[0]) == len(metrics(one))
    assert {row.name for row in rows[0]} >= set(ODD) - {"\udcff"}


def test_many_rows_are_what_each_of_them_is(database):
    """Also those of which most columns are left at their default, on both engines alike."""
    steps = [{"run": new_ulid(), "id": "s", "position": n, "name": "s", "status": "failed"} for n in range(120)]
    steps = [writes.blank(tables.steps) | step for step in steps]
    steps[7] |= {"attempt": 3, "has_input": True, "depends_on": '["a"]', "logs": 2, "started": "never", "error": "\0"}
    found = [{"run": "r", "name": "m", "value": 0.5, "t": "2026-11-20T10:00:00Z", "seq": 0, "step": None}] * 120
    answers = []
    for each in (database, open_database(None, truth=False)):
        for cut in (1, 60):
            with each.write() as connection:
                connection.execute(tables.steps.delete())
                connection.execute(tables.metrics.delete())
                for at in range(0, 120, cut):
                    of_steps, of_metrics = (
                        writes.shortened(table, writes.rows_of(table, rows[at : at + cut]))
                        for table, rows in ((tables.steps, steps), (tables.metrics, found))
                    )
                    assert cut == 1 or (len(of_steps.columns) < 12 and len(of_metrics.columns) == 4)
                    writes.upsert_rows(connection, tables.steps, of_steps)
                    writes.insert_rows(connection, tables.metrics, of_metrics)
                steps_of = select(tables.steps).order_by(tables.steps.c.position)
                kept = [column for column in tables.metrics.c if column.name != "id"]
                answers.append((connection.execute(steps_of).all(), connection.execute(select(*kept)).all()))
    assert [len(some) for some in answers[0]] == [120, 120]
    assert answers[0] == answers[1] and answers[2] == answers[3]
    assert answers[1][0][7].depends_on == answers[3][0][7].depends_on == '["a"]'


def test_what_is_there_already_stays_and_the_rest_is_added(database, monkeypatch):
    told, run = copies(database, monkeypatch), new_ulid()
    with database.write() as connection:
        add_missing(connection, tables.events, events(run, range(1, 101)))
        changed = [row | {"line": b"other"} for row in events(run, range(51, 201))]
        add_missing(connection, tables.events, changed)
        assert told == [True, False]
        lines = connection.execute(select(tables.events.c.line).order_by(tables.events.c.seq)).scalars().all()
    assert [bytes(line) for line in lines] == [row["line"] for row in events(run, range(1, 101))] + [b"other"] * 100


def test_a_connection_that_is_lost_in_the_middle_leaves_nothing_and_is_replaced(database, postgres):
    run = new_ulid()

    def rows(connection):
        for row in events(run, range(1, 100_000)):
            if row["seq"] == 5000:
                pid = connection.connection.driver_connection.info.backend_pid
                postgres.tell(f"SELECT pg_terminate_backend({pid}, 5000)")
            yield tuple(row.values())

    def lose() -> None:
        with database.write() as connection:
            bulk.copied(connection, "events", ("run", "seq", "type", "level", "line"), rows(connection))

    with pytest.raises(StorageError, match="the connection to the server was lost"):
        lose()
    with database.write() as connection:
        add_missing(connection, tables.events, events(run, range(1, 101)))
    with database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(tables.events)) == 100


def test_a_row_that_cannot_be_taken_is_told_in_our_words(database):
    def copy() -> None:
        with database.write() as connection:
            bulk.copied(connection, "events", ("run", "seq"), [("r", 1)])

    with pytest.raises(StorageError, match="the database refused a row") as raised:
        copy()
    assert isinstance(raised.value.__cause__.orig, psycopg.Error)
    with database.write() as connection:
        assert connection.scalar(text("SELECT count(*) FROM events")) == 0


def test_words_that_are_copied_are_found(database, monkeypatch):
    told, run = copies(database, monkeypatch), new_ulid()
    words = ["it's", "a\\b", "''", "x:1", "'", "\\", "東京", "=>", "*", "&", "(", "!", "d'être"]
    messages = [(n, f"{word} needle{n}") for n, word in enumerate(words * 5, 1)]
    with database.write() as connection:
        log_words.take(connection, run, messages, 0, len(messages))
        assert told == [True]
        for n, message in messages:
            found = log_words.hits(connection, wanted(f"needle{n}"), 0, log_words.LAST, limit=10)
            assert [seq for _, seq in found] == [n], message
        for word in words:
            if wanted(word).phrases:
                expected = [n for n, message in messages if wanted(word).accepts(message)]
                found = log_words.hits(connection, wanted(word), 0, log_words.LAST, limit=100)
                assert set(expected) <= {seq for _, seq in found}, word


def test_a_search_reads_the_index_and_not_the_lines(database):
    plans = []

    def explain(connection, cursor, statement, parameters, *_):
        if "log_words" in statement:
            told = connection.connection.cursor()
            told.execute(f"EXPLAIN {statement}", parameters)
            plans.append("\n".join(row[0] for row in told.fetchall()))

    with database.write() as connection:
        for _ in range(20):
            messages = [(n, f"hay{n % 7} straw{n}") for n in range(1, 501)]
            log_words.take(connection, new_ulid(), messages, 0, 500)
        connection.exec_driver_sql("SELECT gin_clean_pending_list('log_words_by_word')")
        connection.exec_driver_sql("ANALYZE log_words")
    with database.read() as connection:
        event.listen(connection, "before_cursor_execute", explain)
        assert len(log_words.hits(connection, wanted("straw77"), 0, log_words.LAST, limit=100)) == 20
    assert len(plans) == 1 and "log_words_by_word" in plans[0] and "Seq Scan" not in plans[0], plans


def test_a_commit_is_written_down_before_it_is_answered_whatever_the_server_is_told(database, new_postgres_url):
    asked = "SELECT current_setting('synchronous_commit')"
    with psycopg.connect(new_postgres_url()) as plain:
        assert plain.execute(asked).fetchone() == ("off",)  # else this proves nothing
    with database.write() as connection:
        assert connection.execute(text(asked)).scalar_one() == "on"


def test_sums_beyond_what_a_column_holds_keep_nobody_from_shipping(database):
    key = {"day": "2026-11-20", "workflow": "w", "version": 1, "model": "m", "agent": ""}
    blank = writes.blank(tables.rollups) | key
    for calls, money in ((1, 2**63 - 1), (1, 2**63 - 1), (2, 5), (-1, -7), (1, 0)):
        with database.write() as connection:
            writes.add_up(connection, tables.rollups, [blank | {"calls": calls, "recorded_nanousd": money}])
    with database.read() as connection:
        found = connection.execute(select(tables.rollups.c.calls, tables.rollups.c.recorded_nanousd)).one()
    assert tuple(found) == (4, 2**63 - 1 - 7)
