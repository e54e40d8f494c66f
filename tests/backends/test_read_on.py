"""A long journal that nobody has read: who hurries is told of it at once, at any place, while it is being read on."""

import threading
import time
from contextlib import contextmanager
from random import Random

import flightlog
import pytest
from flightlog.backends.files.index import Index
from flightlog.backends.ingest import batch, catch_up, refresh
from flightlog.backends.ingest.batch import Batch
from flightlog.backends.journal import annotations
from flightlog.backends.watching.store_watch import StoreWatch
from flightlog.core import annotations as a
from flightlog.core import clock, ids
from flightlog.core import events as e
from flightlog.core.errors import Locked, NotFound, Stopped, StorageError
from flightlog.core.hurry import hurried
from flightlog.core.logs import LogFilter
from flightlog.core.progress import Progress, telling

MOMENT = 1_790_000_000_000
PORTION = 1 << 16


def at(seq: int) -> str:
    """The time of an event."""
    return clock.from_ns(MOMENT * 1_000_000 + seq * 1_000_000_000)


def write(data, number: int, entries: int, *, ends: bool = True) -> str:
    """A run with a log of so many entries, the last of them an error."""
    run = ids.new_ulid(ms=MOMENT + number)
    path = data / "runs" / at(0)[:10] / f"{run}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    events = [e.RunStarted(run=run, workflow="w", format=1)]
    rng = Random(number)
    events += [e.Logged(level="INFO", message=f"entry {n} " + "x" * rng.randrange(300)) for n in range(entries - 1)]
    events.append(e.Logged(level="ERROR", message="the last one"))
    events += [e.RunFinished(status="failed", error=e.Fault(message="it broke"))] if ends else []
    with path.open("wb") as file:
        for seq, event in enumerate(events, 1):
            event.seq, event.t = seq, at(seq)
            file.write(e.encode(event) + b"\n")
    return run


@pytest.fixture
def small(monkeypatch):
    """Journals are read in small portions."""
    monkeypatch.setattr(catch_up, "BATCH_BYTES", PORTION)
    monkeypatch.setattr(batch, "_AT_ONCE", PORTION)


class Portions(list):
    """The sizes of those that were read, and how many may be."""

    def __init__(self, number: int) -> None:
        self._left = threading.Semaphore(number)

    def wait(self) -> None:
        assert self._left.acquire(timeout=60)

    def allow(self, number: int) -> None:
        self._left.release(number)


@contextmanager
def standing_still(monkeypatch, portions: int):
    """What is read stands still after so many portions, to the end of the block; gives the sizes of those read."""
    sizes, read = Portions(portions), Batch.read_events

    def slow(self, *given):
        sizes.wait()
        read(self, *given)
        sizes.append(self.size)

    with monkeypatch.context() as patched:
        patched.setattr(Batch, "read_events", slow)
        try:
            yield sizes
        finally:
            sizes.allow(10_000)


def test_who_hurries_reads_any_place_of_a_log_of_which_little_is_read(tmp_path, monkeypatch, small):
    monkeypatch.setattr("flightlog.backends.journal.seeking._NEAR", 1 << 14)
    run, little = write(tmp_path, 1, 20_000), write(tmp_path, 2, 3)
    with flightlog.open(tmp_path) as store:
        with standing_still(monkeypatch, 3) as sizes, hurried():
            found, other = store.runs.get(run), store.runs.get(little)
            assert sum(sizes) < 4 * PORTION
            # How it ended is known, and how much of it was counted until now.
            assert (found.status, found.finished) == ("failed", at(20_002))
            assert (other.status, other.logs, found.logs < 20_000) == ("failed", 3, True)
            assert store.catching_up() is not None
            assert [each.seq for each in store.logs.query(run, limit=3)] == [19_999, 20_000, 20_001]
            for seq in (2, 900, 9_999, 10_000, 19_000, 20_000):
                after = store.logs.query(run, after=seq, limit=2)
                before = store.logs.query(run, before=seq, limit=2)
                assert [each.seq for each in after] == [n for n in (seq + 1, seq + 2) if n <= 20_001]
                assert [each.seq for each in before] == [n for n in (seq - 2, seq - 1) if n > 1]
                assert all(each.message.startswith(f"entry {each.seq - 2} ") for each in before)
            assert store.logs.query(run, LogFilter(level="ERROR"), limit=5)[0].message == "the last one"
            assert sum(sizes) < 4 * PORTION
        assert store.runs.get(run).logs == 20_000  # who does not hurry waits for all of it
        assert store.logs.counts(run) == {"DEBUG": 0, "INFO": 19_999, "WARNING": 0, "ERROR": 1}
        with hurried():
            assert store.runs.get(run).error == "it broke"


def test_who_did_without_what_is_new_is_told_when_it_can_be_read(tmp_path, monkeypatch):
    looks_on, goes_on, remember = threading.Event(), threading.Event(), Index._remember

    def slow(self, *given):
        if threading.current_thread().name == "flightlog-read-on":
            looks_on.set()
            assert goes_on.wait(60)
        remember(self, *given)

    monkeypatch.setattr(Index, "_remember", slow)
    monkeypatch.setattr(refresh, "_REST_S", 1.0)
    monkeypatch.setitem(StoreWatch.__init__.__kwdefaults__, "heartbeat", 1000.0)
    with flightlog.open(tmp_path, storage="file") as store, store.run("live") as run, hurried():
        assert store.runs.get(run.id).logs == 0 and looks_on.wait(60)
        told = threading.Event()

        def look():
            with hurried():
                if store.runs.get(run.id).logs:
                    told.set()

        run.log("new")
        watch = store.feed.watch(look)
        assert store.runs.get(run.id).logs == 0  # the first look is not over yet
        goes_on.set()
        assert told.wait(60)
        watch.close()


def test_of_a_run_whose_end_nobody_wrote_none_is_told(tmp_path, monkeypatch, small):
    run = write(tmp_path, 1, 3_000, ends=False)
    with flightlog.open(tmp_path) as store:
        with standing_still(monkeypatch, 2), hurried():
            found = store.runs.get(run)
            assert (found.status, found.finished, found.logs < 3_000) == ("running", None, True)
        assert store.runs.get(run).status == "lost"


def test_that_it_is_read_to_its_end_is_a_change(tmp_path, monkeypatch, small):
    monkeypatch.setitem(StoreWatch.__init__.__kwdefaults__, "heartbeat", 1000.0)
    run, told = write(tmp_path, 1, 3_000), []
    with flightlog.open(tmp_path) as store:
        with standing_still(monkeypatch, 2), hurried():
            assert store.runs.get(run).logs < 3_000
            watch = store.feed.watch(lambda: told.append(store.catching_up()))
        until(lambda: None in told)
        with hurried():
            assert store.runs.get(run).logs == 3_000
        watch.close()


def test_what_is_added_to_it_meanwhile_is_noticed(tmp_path, monkeypatch, small):
    monkeypatch.setitem(StoreWatch.__init__.__kwdefaults__, "heartbeat", 1000.0)
    run, told = write(tmp_path, 1, 3_000, ends=False), threading.Event()
    with flightlog.open(tmp_path) as store, standing_still(monkeypatch, 2), hurried():
        assert store.runs.get(run).logs < 3_000
        watch = store.feed.watch(told.set)
        newer = e.Logged(seq=3_002, t=at(3_002), level="INFO", message="newer")
        with next(tmp_path.glob("runs/*/*.jsonl")).open("ab") as file:
            file.write(e.encode(newer) + b"\n")
        assert told.wait(30)
        assert [entry.message for entry in store.logs.query(run, after=3_001)] == ["newer"]
        watch.close()


def test_what_is_said_of_it_meanwhile_is_told_before_it_is_read(tmp_path, monkeypatch, small):
    run = write(tmp_path, 1, 20_000)
    annotations.append(tmp_path / "annotations.jsonl", a.Tagged(run=run, tag="old", t=at(30_000)))
    with flightlog.open(tmp_path) as store, standing_still(monkeypatch, 2) as sizes, hurried():
        assert store.runs.get(run).tags == ("old",)
        store.runs.annotate(a.Pinned(run=run))
        sizes.allow(2)
        until(lambda: store.runs.get(run).pinned)
        assert store.runs.get(run).logs < 20_000


def test_who_closes_the_store_waits_for_no_journal_and_the_next_goes_on(tmp_path, monkeypatch, small):
    run = write(tmp_path, 1, 20_000)
    with flightlog.open(tmp_path) as store, standing_still(monkeypatch, 2) as sizes:
        with hurried():
            assert 0 < store.runs.get(run).logs < 20_000
        closing = threading.Thread(target=store.close)
        closing.start()
        until(lambda: _progress(store).stopped)
        sizes.allow(10_000)
        closing.join()  # here, where all that is read is counted
    assert len(sizes) <= 4
    assert not [thread for thread in threading.enumerate() if thread.name == "flightlog-read-on"]
    before = sum(sizes)
    with flightlog.open(tmp_path) as store, standing_still(monkeypatch, 10_000) as sizes:
        assert store.runs.get(run).logs == 20_000
        assert before + sum(sizes) == next(tmp_path.glob("runs/*/*.jsonl")).stat().st_size


def test_what_keeps_it_from_being_read_is_told_to_who_hurries(tmp_path, monkeypatch):
    run = write(tmp_path, 1, 3)
    with flightlog.open(tmp_path) as store:
        with monkeypatch.context() as patched, hurried():
            patched.setattr(Batch, "read_events", _fails)
            with pytest.raises(StorageError, match="no more room"):
                store.runs.get(run)
        with hurried():
            assert store.runs.get(run).logs == 3
            with pytest.raises(NotFound):
                store.runs.get(ids.new_ulid())


def test_who_hurries_and_is_not_wanted_any_more_waits_no_longer(tmp_path, monkeypatch, small):
    run, progress = write(tmp_path, 1, 3_000), Progress()
    with flightlog.open(tmp_path) as store, standing_still(monkeypatch, 0):
        progress.stop()
        with hurried(), telling(progress), pytest.raises(Stopped):
            store.runs.get(run)


def _fails(*_: object) -> None:
    raise Locked("there is no more room")


def _progress(store) -> Progress:
    return store.reading.progress


def until(condition) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
