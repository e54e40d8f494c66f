"""A big folder of transcripts: who is in a hurry is shown the newest at once, and the rest is taken in meanwhile."""

import threading
import time

import pytest
from flightlog.backends.sources.open_source import open_source
from flightlog.backends.sources.transcripts import index as indexing
from flightlog.backends.sources.transcripts.index import TranscriptIndex
from flightlog.backends.sources.transcripts.store import FORMATS
from flightlog.backends.sqlite.engine import open_database
from flightlog.core.errors import Stopped, StorageError
from flightlog.core.hurry import hurried
from flightlog.core.query.query import EVERYTHING
from recorded_transcripts import aged, rows_of, told_by


def until(what, seconds=30.0):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


@pytest.fixture
def held(monkeypatch):
    """Everything is much, a transaction takes one transcript, and goes on only when it may; those that were taken."""
    monkeypatch.setattr(indexing, "_MUCH", 1)
    monkeypatch.setattr(indexing, "_SOME", 1)
    held.may, held.taken = threading.Semaphore(1), []
    real, some = TranscriptIndex._take, TranscriptIndex._take_in_some

    def take(self, connection, path, seen):
        held.taken.append(path)
        return real(self, connection, path, seen)

    def take_in_some(self):
        while not held.may.acquire(timeout=0.05):
            self.progress.go_on()
        return some(self)

    monkeypatch.setattr(TranscriptIndex, "_take", take)
    monkeypatch.setattr(TranscriptIndex, "_take_in_some", take_in_some)
    return held


@pytest.fixture
def index(claude, held):
    for age, path in enumerate(sorted(claude.rglob("*.jsonl"))):
        aged(path, 5_000 + 100 * age)
    found = TranscriptIndex(claude, FORMATS, open_database(None, truth=False))
    yield found
    found.progress.stop()
    found.close()
    found.database.close()


def test_the_newest_is_there_at_once_and_the_rest_comes_in_by_and_by(claude, index, held, index_of):
    with hurried():
        index.refresh()
        newest = min(claude.rglob("*.jsonl"))
        assert list(rows_of(index, "id")) == [newest.stem]
        at = index.progress.look()
        assert (at.done, at.total, at.what) == (1, len(list(claude.rglob("*.jsonl"))), "transcripts")
        index.refresh()  # which waits for nothing, and takes nothing in itself
        assert held.taken == [str(newest)]
        before = index.portions
        held.may.release()
        until(lambda: index.portions > before)
        assert len(rows_of(index, "id")) == 2
    for _ in range(100):
        held.may.release()
    index.refresh()  # who is in none waits for all
    assert told_by(index) == told_by(index_of(claude))
    until(lambda: not index._reading_on.is_on)
    assert index.progress.look() is None


def test_little_that_is_new_is_taken_in_by_who_asks(claude, index, held, monkeypatch):
    index.refresh()
    monkeypatch.setattr(indexing, "_MUCH", 4 << 20)
    path = min(claude.rglob("*.jsonl"))
    with path.open("ab") as file:
        file.write(b'{"type":"custom-title","customTitle":"Mails","sessionId":"s"}\n')
    index.folder._walked = 0.0
    with hurried():
        index.refresh()
    assert rows_of(index, "name")[path.stem] == ("Mails",)
    assert index._reading_on._thread is None


def test_who_is_stopped_meanwhile_ends_and_the_next_goes_on(claude, index, held):
    with hurried():
        index.refresh()
    index.progress.stop()
    index.close()
    assert not index._reading_on.is_on
    assert len(rows_of(index, "id")) == 1
    with pytest.raises(Stopped):
        index._take_in_some()
    again = TranscriptIndex(claude, FORMATS, index.database)
    again.refresh()
    assert len(rows_of(again, "id")) == len(list(claude.rglob("*.jsonl")))


def test_what_keeps_it_from_reading_is_said_to_who_waits(index, held, monkeypatch):
    monkeypatch.setattr(TranscriptIndex, "_take", lambda *given: (_ for _ in ()).throw(StorageError("no room")))
    with hurried():
        for _ in range(2):
            with pytest.raises(StorageError, match="no room"):
                index.refresh()
            held.may.release()


def test_a_store_that_is_closed_waits_for_no_more_than_what_is_at_hand(claude, held):
    store = open_source(claude, in_memory=True)
    with hurried():
        assert len(store.runs.query(EVERYTHING).items) == 1
        assert store.catching_up().what == "transcripts"
    store.close()
    assert not [one for one in threading.enumerate() if one.name == "flightlog-read-on"]
