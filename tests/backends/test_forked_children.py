"""A forked child meets no lock that nobody gives back, and uses nothing that is not its own."""

import fcntl
import os
import signal
import sys
import threading
import traceback
from contextlib import contextmanager

import flightlog
import pytest
from flightlog.backends.ingest.shared_turns import Turns
from flightlog.backends.journal import lock
from flightlog.backends.journal.annotations import Answers
from flightlog.backends.journal.recording import JournalRecording
from flightlog.backends.postgres.lookup import Lookup
from flightlog.backends.spool import spooled_backend
from flightlog.core.errors import Conflict, StorageError
from flightlog.core.forking import is_wanted
from flightlog.core.query.query import EVERYTHING


def comes_through(does) -> None:
    """Fails unless a forked child that does this comes to its end, within half a minute."""
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(30)
        try:
            does()
            os._exit(0)
        except BaseException:  # noqa: BLE001 - it must not go on with the tests
            traceback.print_exc()
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@contextmanager
def meanwhile(does, *, is_waited_for=True):
    """Another thread does this, and is in the middle of it until a fork waits for it, or to the end of the block.

    `does` is given what stands still in the middle.
    """
    within, over = threading.Event(), threading.Event()

    def stand_still() -> None:
        within.set()
        while not (over.wait(0.001) or (is_waited_for and is_wanted())):
            pass

    thread = threading.Thread(target=does, args=[stand_still])
    thread.start()
    assert within.wait(30)
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_who_records_into_a_run_of_the_parents_is_refused_whatever_threads_there_did(tmp_path):
    with flightlog.open(tmp_path, storage="file") as store, store.run("w") as run:
        tape = run._tape
        tape.pricing._waiting = 1  # a price that no thread of the child's will look up

        def refused():
            for record in (run.finish, lambda: run.step("s"), run.pause, lambda: run.item(1, "failed")):
                with pytest.raises(Conflict, match="was forked from"):
                    record()
            assert tape.pricing.is_settled

        with tape.steps._lock:
            comes_through(refused)
        tape.pricing._waiting = 0
    with flightlog.open(tmp_path) as store:
        assert [found.status for found in store.runs.query(EVERYTHING).items] == ["completed"]


def test_who_asks_what_the_parent_has_opened_is_told_whoever_was_at_it_there(tmp_path, monkeypatch):
    made, real = [], Turns.__init__
    monkeypatch.setattr(Turns, "__init__", lambda self, work: (made.append(self), real(self, work))[1])

    def hold(stand_still):
        with made[0]._lock:
            stand_still()

    def told():
        with pytest.raises(StorageError, match="open it again in the child"):
            store.runs.totals()

    with flightlog.open(tmp_path, storage="file") as store:
        store.runs.totals()
        with meanwhile(hold, is_waited_for=False):
            comes_through(told)
        assert store.runs.totals().runs == 0


def test_an_answer_is_looked_for_also_where_the_parent_was_just_looking(tmp_path, monkeypatch):
    with flightlog.open(tmp_path, storage="file") as store:
        real = Answers._read_new
        with monkeypatch.context() as patch, store.run("w") as run:

            def look(stand_still):
                patch.setattr(Answers, "_read_new", lambda self: (stand_still(), real(self))[1])
                store.recording.answer(run.id, "none")

            def ask():
                Answers._read_new = real
                assert store.recording.answer(run.id, "none") is None

            with meanwhile(look):
                comes_through(ask)


@pytest.mark.skipif(sys.platform != "linux", reason="looks at the open files by /proc")
@pytest.mark.parametrize("taken_up", [False, True])
def test_a_run_that_was_just_begun_is_not_held_by_a_child(tmp_path, monkeypatch, taken_up):
    """Else it would be held for as long as the child lives: nobody could take it up after the parent's death."""
    real = JournalRecording._states

    def held():
        for fd in os.listdir("/proc/self/fd"):
            try:
                name = os.readlink(f"/proc/self/fd/{fd}")
            except FileNotFoundError:
                continue  # that of the list itself
            # Who only reads one, as who takes a run up does for a moment, has no lock by that.
            if name.startswith(str(tmp_path)) and fcntl.fcntl(int(fd), fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY:
                yield name

    def none_is_held():
        assert not list(held())

    with flightlog.open(tmp_path, storage="file") as store:
        paused = store.run("w")
        paused.pause()

        def begin(stand_still):
            monkeypatch.setattr(
                JournalRecording, "_states", lambda self, run, **options: (stand_still(), real(self, run, **options))[1]
            )
            (store.resume(paused.id) if taken_up else store.run("w")).finish()

        with meanwhile(begin):
            comes_through(none_is_held)


def test_a_run_is_free_when_it_is_let_go_though_a_program_was_just_being_started(tmp_path):
    """Which has all that is open for a moment, between its fork and its beginning."""
    with flightlog.open(tmp_path, storage="file") as store:
        run = store.run("w")
        writer = run._tape.writer
        programs = os.dup(writer._fd)
        run.pause()
        assert not lock.is_held(writer._path)
        with store.resume(run.id) as again:
            again.log("on")
        os.close(programs)


def test_a_store_that_is_closed_in_a_child_leaves_the_parents_watches_alone(tmp_path):
    with flightlog.open(tmp_path, storage="file") as store:
        changed = threading.Event()
        watch = store.feed.watch(changed.set)
        with watch._closing:
            comes_through(store.close)
        store.run("w").finish()
        assert changed.wait(30) and not watch._stop.is_set()
        watch.close()


def test_what_ships_is_begun_anew_before_a_child_has_two_threads_that_could_meet_the_half_of_it(tmp_path, monkeypatch):
    def records():
        spooled_backend.Shipper = None
        with store.run("w") as run:
            run.log("by the child")
        store.close()
        assert not (tmp_path / "spool" / f"{run.id}.jsonl").exists()

    monkeypatch.setattr("flightlog.backends.spool.shipper._CLOSING_S", 60.0)
    with flightlog.open(tmp_path, storage="sqlite") as store:
        store.run("w").finish()
        comes_through(records)
        assert store.runs.totals().runs == 2


def test_versions_in_a_database_are_read_and_saved_also_by_a_child(tmp_path):
    (tmp_path / "flightlog.yaml").write_text("storage: {workflows: {type: sqlite, path: flightlog.db}}")

    def saves():
        assert store.workflows.store("w", "a: 2").number == 2
        store.run("w", definition="a: 1").finish()
        store.close()

    with flightlog.open(tmp_path) as store:
        store.workflows.store("w", "a: 1")
        comes_through(saves)
        assert [version.number for version in store.workflows.list("w")] == [1, 2]


def test_a_child_asks_a_server_over_a_connection_of_its_own(new_postgres_url):
    """Over its parent's, each would read the answers to the other."""

    def asks():
        over, real = [], Lookup._ask
        Lookup._ask = lambda self, connection, run: (over.append(connection), real(self, connection, run))[1]
        store.run("w").finish()
        store.close()
        assert over[0] is None

    with flightlog.open(new_postgres_url()) as store:
        store.run("w").finish()
        comes_through(asks)
        store.run("w").finish()
        assert store.runs.totals().runs == 3
