"""The index of words: what a search reads, what is forgotten, and that nothing of it stays behind."""

from pathlib import Path

import flightlog
import pytest
from flightlog.backends.sql import log_words, tables
from flightlog.core.events import Logged
from flightlog.core.query.query import EVERYTHING
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
