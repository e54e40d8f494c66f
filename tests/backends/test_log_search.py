"""The index of words: what a search reads, what is forgotten, and that nothing of it stays behind."""

from itertools import islice
from pathlib import Path

import flightlog
import pytest
from flightlog.backends.sql import log_search, log_words, tables
from flightlog.backends.sqlite.engine import open_database
from flightlog.core.errors import Stopped
from flightlog.core.events import Logged
from flightlog.core.progress import Progress, telling
from flightlog.core.query.query import EVERYTHING, parse
from sqlalchemy import func, select


def said(*messages: str) -> list[Logged]:
    return [Logged(level="INFO", message=message) for message in messages]


def test_a_search_reads_only_its_hits(small):
    for number in range(20):
        small.record(small.begin(), *said(*(f"line {line}" for line in range(50)), f"needle {number}"))
    list(small.logs.search("hay", EVERYTHING))  # takes all in
    small.bodies.lines_read = 0
    assert [entry.message for entry in small.logs.search("needle 7", EVERYTHING)] == ["needle 7"]
    assert small.bodies.lines_read == 0  # single lines are picked


def test_common_words_are_found_block_by_block(small):
    run = small.begin()
    small.record(run, *said(*("hay" for _ in range(3000))))
    assert sum(1 for _ in small.logs.search("hay", EVERYTHING)) == 3000
    assert sum(1 for _ in small.logs.search("hay", EVERYTHING)) == 3000


@pytest.mark.parametrize("storage", ["file", "sqlite"])
def test_who_may_only_read_finds_what_the_index_does_not_have(tmp_path, storage):
    with flightlog.open(tmp_path, storage=storage) as store, store.run("w") as run:
        run.log("needle")
    with flightlog.open(tmp_path, read_only=True) as store:
        assert [entry.message for entry in store.logs.search("needle", EVERYTHING)] == ["needle"]


@pytest.mark.parametrize("truth", [False, True])
def test_the_index_has_small_pages_in_databases_made_at_once_and_by_migrations(tmp_path, truth):
    database = open_database(tmp_path / "some.db", truth=truth)
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT v FROM log_words_config WHERE k = 'pgsz'").scalar() == 1000
    database.close()


def test_of_a_run_that_was_forgotten_no_word_stays_in_the_tables(small):
    gone, kept = small.begin(), small.begin()
    small.record(gone, *said("zyzzyva planted", "other"))
    small.record(kept, *said("hay", "planted"))
    assert len(list(small.logs.search("planted", EVERYTHING))) == 2
    with small.database.write() as connection:
        log_words.forget(connection, gone)
        log_words.scrub(connection)
        raw = b"".join(row for (row,) in connection.exec_driver_sql("SELECT block FROM log_words_data"))
        assert b"zyzzyva" not in raw
        left = connection.scalars(select(tables.worded_runs.c.run)).all()
    assert left == [kept]


def test_an_index_that_cannot_tell_a_forgotten_run_is_emptied_and_made_anew(tmp_path):
    with flightlog.open(tmp_path, storage="file") as store:
        for word in ("zyzzyva", "hay"):
            with store.run("w") as run:
                run.log(word)
        assert len(list(store.logs.search("zyzzyva", EVERYTHING))) == 1
        (journal,) = (path for path in Path(tmp_path).glob("runs/*/*.jsonl") if b"zyzzyva" in path.read_bytes())
        journal.unlink()
        assert list(store.logs.search("zyzzyva", EVERYTHING)) == []
        database = store.runs._database
        with database.write() as connection:
            log_words.scrub(connection)
            raw = b"".join(row for (row,) in connection.exec_driver_sql("SELECT block FROM log_words_data"))
            assert b"zyzzyva" not in raw
            assert connection.scalar(select(func.count()).select_from(tables.worded_runs)) == 0
        assert len(list(store.logs.search("hay", EVERYTHING))) == 1


@pytest.mark.parametrize("runs", [40, 400])
def test_a_rare_word_is_found_from_its_hits_however_many_runs_there_are(small, statements, runs):
    for number in range(runs):
        small.record(small.begin(), *said(*(["needle in the hay"] if number % (runs // 4) == 0 else ["hay"])))
    list(small.logs.search("hay", EVERYTHING))  # takes all in
    for ask, found in (
        (lambda: len(list(small.logs.search("needle", EVERYTHING))), 4),
        (lambda: len(list(small.logs.search("needle hay", parse("workflow:triage -log:nothing")))), 4),
        (lambda: len(small.runs.query(parse("log:needle"), limit=10).items), 4),
        (lambda: small.runs.count(parse("log:needle")), 4),
        (lambda: small.runs.count(parse("log:hay -log:needle")), runs - 4),
        (lambda: small.runs.totals(parse("log:needle")).runs, 4),
    ):
        statements.clear()
        assert ask() == found
        assert len(statements) <= 7, statements


def test_what_begins_with_rare_words_looks_runs_up(small):
    small.record(small.begin(), *said("needle"))
    assert len(list(small.logs.search("needle", EVERYTHING))) == 1
    with small.database.read() as connection:
        driver = connection.connection.driver_connection
    asked: list[str] = []
    driver.set_trace_callback(asked.append)
    assert not small.runs.query(parse("workflow:triage status:failed|lost log:needle started<7d")).items
    driver.set_trace_callback(None)
    (listing,) = (one for one in asked if "runs.workflow" in one and "runs.started >=" in one)
    steps = [row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {listing}")]
    assert any("sqlite_autoindex_runs_1 (id=?)" in step for step in steps), steps


def test_words_in_old_runs_alone_are_found_without_reading_the_new_ones(small, statements):
    for number in range(600):
        small.record(small.begin(), *said(*(["hay"] * 2 if number < 150 else ["straw"])))
    list(small.logs.search("nothing", EVERYTHING))
    statements.clear()
    assert len(list(small.logs.search("hay", EVERYTHING))) == 300
    assert len(statements) <= 12, statements


def test_phrases_are_looked_for_in_the_texts_of_their_candidates_alone(small):
    for number in range(30):
        small.record(
            small.begin(), *said("time out" if number % 10 == 0 else "out of time" if number % 5 == 0 else "hay")
        )
    query = parse('log:"time out"')
    assert small.runs.count(query) == 3
    assert small.runs.count(parse('-log:"time out"')) == 27
    assert small.runs.totals(query).runs == 3
    assert len(small.runs.query(query).items) == 3


def test_the_first_hundred_of_a_common_word_take_a_few_statements(small, statements):
    for _ in range(12):
        small.record(small.begin(), *said(*("hay" for _ in range(30))))
    list(small.logs.search("hay", EVERYTHING))
    statements.clear()
    assert len(list(islice(small.logs.search("hay", EVERYTHING), 100))) == 100
    # Is the index behind, the newest hits, the newest runs, and the entries themselves.
    assert len(statements) == 4, statements


def test_of_a_run_with_many_hits_the_first_hundred_read_few_more(small, monkeypatch):
    small.record(small.begin(), *said(*("hay" for _ in range(250))))
    list(small.logs.search("hay", EVERYTHING))
    picked, read = small.bodies.picked, []
    monkeypatch.setattr(small.bodies, "picked", lambda places: read.append(len(places)) or picked(places))
    assert len(list(islice(small.logs.search("hay", EVERYTHING), 100))) == 100
    assert 100 <= sum(read) < 150


def test_a_search_that_is_stopped_reads_no_further(small):
    for _ in range(30):
        small.record(small.begin(), *said(*("hay" for _ in range(30))))
    list(small.logs.search("hay", EVERYTHING))
    found = []
    for entry in small.logs.search("hay", EVERYTHING, stop=lambda: len(found) >= 5):
        found.append(entry)
    assert 5 <= len(found) <= 6


@pytest.fixture
def behind(monkeypatch):
    """No search takes anything in beforehand, as where there is more than it takes in; what is read is kept by tens."""
    monkeypatch.setattr(log_search, "_FOLLOW_S", -1.0)
    monkeypatch.setattr(log_words, "AT_ONCE", 10)


@pytest.mark.parametrize("ask", ["search", "count", "page"])
def test_what_a_search_had_to_read_no_other_reads_again(small, behind, ask):
    for number in range(20):
        small.record(small.begin(), *said(*(f"line {line}" for line in range(9)), f"needle {number}"))
    found = {
        "search": lambda word: len(list(small.logs.search(word, EVERYTHING))),
        "count": lambda word: small.runs.count(parse(f"log:{word}")),
        "page": lambda word: len(small.runs.query(parse(f"log:{word}"), limit=50).items),
    }[ask]
    assert found("nothing") == 0
    assert small.bodies.lines_read >= 200
    small.bodies.lines_read = 0
    assert found("needle") == 20
    assert small.bodies.lines_read <= 10, "all but the last few are in the index"


def test_of_a_long_run_that_was_read_in_part_that_part_is_kept(small, behind):
    run = small.begin()
    small.record(run, *said(*(f"line {line}" for line in range(95))))
    assert len(list(islice(small.logs.search("line", EVERYTHING), 35))) == 35
    with small.database.read() as connection:
        (place,) = log_words.places(connection, [run])
    assert 30 <= place.seq <= 40
    assert len(list(small.logs.search("line", EVERYTHING))) == 95


def test_of_a_run_that_was_purged_while_it_was_read_no_word_comes_back(small, behind):
    run = small.begin()
    small.record(run, *said(*(f"zyzzyva {line}" for line in range(9))))
    reading = small.logs.search("zyzzyva", EVERYTHING)
    assert next(reading).message == "zyzzyva 0"
    with small.database.write() as connection:
        log_words.forget(connection, run)
        connection.execute(tables.runs.delete().where(tables.runs.c.id == run))
    assert len(list(reading)) == 8
    with small.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(tables.worded_runs)) == 0


@pytest.mark.parametrize("ask", ["count", "query"])
def test_who_is_stopped_asks_no_run_more_also_where_none_need_be_read(small, statements, ask):
    for _ in range(40):
        small.record(small.begin(), *said("time", "out"))
    list(small.logs.search("hay", EVERYTHING))  # takes all in
    query, progress = parse('-log:"time out"'), Progress()
    assert small.runs.count(query) == 40
    progress.stop()
    statements.clear()
    with telling(progress), pytest.raises(Stopped):
        getattr(small.runs, ask)(query)
    assert len(statements) <= 5, statements
