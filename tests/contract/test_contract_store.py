"""Obligations of every repository, and of FeedRepository and UpkeepRepository."""

import subprocess
import sys
import threading
import time
from contextlib import suppress

import pytest
from flightlog.backends.ingest import catch_up
from flightlog.backends.watching import store_watch
from flightlog.core import events as e
from flightlog.core.annotations import Pinned
from flightlog.core.clock import pretending
from flightlog.core.errors import StorageError
from flightlog.core.ids import new_ulid
from flightlog.core.query.query import EVERYTHING, parse

HOUR_NS = 3600 * 10**9


def finished(store, **facts):
    with store.run("w", **facts) as run:
        run.log("hello")
    return run.id


def wait_for(condition, seconds=30.0):
    """Whether a condition comes true in time; returns how long it took."""
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > seconds:
            return None
        time.sleep(0.005)
    return time.monotonic() - begun


# --- Store.moment: one look, one moment ----------------------------------------------------------------


def test_a_moment_begins_with_all_that_was_recorded_and_what_comes_later_is_not_in_it(target):
    store = target.open()  # not of joined stores: what is in two databases has no moment in common
    first, since = finished(store), store.feed.cursor()
    with store.moment():
        assert store.runs.get(first).status == "completed"
        thread = threading.Thread(target=lambda: finished(store))
        thread.start()
        if "memory" not in store.name:  # where one connection is the whole database, others wait
            thread.join(20)
        with store.moment():
            assert store.runs.totals().runs == store.runs.count(EVERYTHING) == len(store.runs.query(EVERYTHING).items)
        assert store.feed.changes(since).changed == ()
    thread.join(60)
    assert store.runs.totals().runs == 2


# --- every repository ----------------------------------------------------------------------------------


def test_any_method_may_be_called_from_any_thread_at_once(store):
    runs = [finished(store, session=f"s{n % 2}") for n in range(4)]
    going = store.run("w")
    errors = []

    def work(ask):
        try:
            for _ in range(15):
                ask()
        except Exception as error:
            errors.append(error)
            raise

    asked = [
        lambda: store.runs.query(EVERYTHING),
        lambda: store.runs.get(runs[0]),
        lambda: store.logs.query(runs[1]),
        lambda: store.runs.annotate(Pinned(run=runs[2])),
        lambda: going.log("more"),
        lambda: going.checkpoint({"a": [1]}),
        lambda: store.feed.changes(0),
        lambda: store.runs.sessions().items,
    ]
    threads = [threading.Thread(target=work, args=(ask,)) for ask in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    going.finish()
    assert not errors
    assert store.logs.counts(going.id)["INFO"] == 15 and len(store.checkpoints.list(going.id)) == 15


def test_a_read_sees_every_event_acknowledged_before_it_began(store):
    with store.run("w") as run:
        for n in range(50):
            run.log(f"{n}")
            assert store.runs.get(run.id).logs == n + 1
            assert store.logs.query(run.id, limit=1)[0].message == f"{n}"


def test_a_read_sees_what_another_process_recorded_before_it_began(kept):
    store = kept.open()
    store.runs.totals()
    code = f"""{kept.code}
import sys
run = store.run("w")
print(run.id, flush=True)
for n, _ in enumerate(sys.stdin):
    run.log(str(n))
    print(n, flush=True)
run.finish()
store.close()
"""
    with subprocess.Popen([sys.executable, "-c", code], stdin=-1, stdout=-1, text=True, bufsize=1) as other:
        run = other.stdout.readline().strip()
        for n in range(20):
            other.stdin.write("\n")
            assert other.stdout.readline() == f"{n}\n"
            assert store.runs.get(run).logs == n + 1
        other.stdin.close()
    assert store.runs.get(run).status == "completed"


def test_what_was_recorded_is_there_when_the_store_is_opened_again(kept):
    store = kept.open()
    run = finished(store, name="n")
    before = (store.runs.get(run), store.runs.events(run), store.runs.totals())
    kept.close()
    again = kept.open()
    assert (again.runs.get(run), again.runs.events(run), again.runs.totals()) == before


def test_two_stores_on_one_place_see_each_others_runs_and_annotations(kept):
    one, two = kept.open(), kept.open()
    run = finished(one)
    two.runs.annotate(Pinned(run=run))
    assert one.runs.get(run).pinned
    assert one.runs.count(parse("pinned")) == two.runs.count(EVERYTHING) == 1


def test_a_closed_store_says_so_and_may_be_closed_twice(store):
    finished(store)
    store.runs.totals()
    store.close()
    store.close()
    with pytest.raises(StorageError):
        store.runs.totals()


# --- FeedRepository ----------------------------------------------------------------------------------------


def test_changes_of_the_present_cursor_name_only_what_comes_later(store):
    finished(store)
    cursor = store.feed.cursor()
    assert store.feed.changes(cursor).changed == ()
    run = finished(store)
    changes = store.feed.changes(cursor)
    assert changes.changed == (run,) and not changes.more
    assert store.feed.changes(changes.cursor).changed == ()


def test_changes_never_under_report(store):
    cursor, state = store.feed.cursor(), {}
    going = [store.recording.begin(e.RunStarted(run=new_ulid(), workflow="w")) for _ in range(3)]
    for n in range(30):
        writer = going[n % 3]
        writer.append(e.Logged(level="INFO", message="x"))
        if n % 7 == 0:
            store.runs.annotate(Pinned(run=writer.run, pinned=n % 2 == 0))
        if n % 4 == 0:
            more = True
            while more:
                changes = store.feed.changes(cursor, limit=2)
                cursor, more = changes.cursor, changes.more
                state |= {run: store.runs.get(run) for run in changes.changed}
            assert state == {run.id: run for run in store.runs.query(EVERYTHING).items}
    for writer in going:
        writer.close()


def test_watch_calls_on_change_when_the_system_tells_of_it_and_not_at_the_next_look(kept, monkeypatch):
    monkeypatch.setattr(store_watch, "_PROBE", 60.0)
    monkeypatch.setitem(store_watch.StoreWatch.__init__.__kwdefaults__, "heartbeat", 60.0)
    store = kept.open()
    run = store.run("w")
    store.runs.totals()
    seen = []
    watch = store.feed.watch(lambda: seen.append(store.runs.get(run.id).logs))
    assert watch.mode == "watching" and watch.problem == ""
    for number in range(1, 21):
        run.log("more")
        assert wait_for(lambda number=number: seen[-1:] == [number]) is not None
    watch.close()
    assert store_watch._FRAME < 0.1  # and between two calls is no other pause
    run.finish()


def test_watch_calls_from_a_thread_of_its_own_until_it_is_closed_which_may_be_done_twice(kept):
    store = kept.open()
    threads = set()
    watch = store.feed.watch(lambda: threads.add(threading.current_thread().name))
    finished(store)
    assert wait_for(lambda: threads)
    watch.close()
    watch.close()
    threads.clear()
    finished(store)
    time.sleep(0.2)
    assert not threads


def test_two_watches_at_once(kept):
    store = kept.open()
    seen = [threading.Event(), threading.Event()]
    watches = [store.feed.watch(event.set) for event in seen]
    finished(store)
    assert all(event.wait(30) for event in seen)
    for watch in watches:
        watch.close()


# --- UpkeepRepository ----------------------------------------------------------------------------------------


def test_check_finds_nothing_wrong_in_a_sound_store_and_changes_nothing(kept):
    store = kept.open()
    finished(store)
    store.runs.totals()
    before = sorted((path.name, path.stat().st_size) for path in kept.folder.rglob("*.jsonl"))
    assert {finding.kind for finding in store.upkeep.check()} <= {"old-sqlite"}
    assert sorted((path.name, path.stat().st_size) for path in kept.folder.rglob("*.jsonl")) == before


def test_check_ends_soon_after_stop(kept):
    store = kept.open()
    finished(store)
    kept.folder.chmod(0o777)
    assert len(list(store.upkeep.check(stop=lambda: True))) <= 1


def test_sizes_are_bytes_by_part(kept):
    store = kept.open()
    run = finished(store)
    before = bytes_of_journals(kept)
    sizes = store.upkeep.sizes()
    part = "runs" if kept.files else "spool"
    expected = bytes_of_journals(kept)
    assert sizes[part] in (before, expected)  # what is shipped meanwhile is no longer in the spool
    assert all(size >= 0 for size in sizes.values())
    store.runs.get(run)
    assert store.upkeep.sizes()["index" if kept.files else "database"] > 0


def test_nobody_else_removes_what_was_recorded_here(kept):
    store = kept.open()
    run = finished(store)
    assert store.upkeep.removals() == store.upkeep.removals(run) == store.upkeep.removals(within_s=1e12) == []


def bytes_of_journals(kept) -> int:
    """Of those that are still there when they are looked at."""
    found = 0
    for path in kept.folder.rglob("*.jsonl"):
        with suppress(FileNotFoundError):
            found += path.stat().st_size
    return found


def test_a_run_whose_writer_is_gone_is_lost_and_says_why(kept):
    code = f"""{kept.code}
import os
run = store.run("w")
run.log("last words")
print(run.id, flush=True)
os._exit(9)
"""
    done = subprocess.run([sys.executable, "-c", code], stdout=-1, text=True, check=False)
    store = kept.open()
    run = store.runs.get(done.stdout.strip())
    assert run.status == "lost" and f"pid {run.writer.pid} is gone" in run.evidence
    assert [finding.run for finding in store.upkeep.check() if finding.kind == "lost-run"] == [run.id]
    assert store.runs.count(parse("status:lost")) == 1
    (came_to,) = store.metrics.outcomes("w")
    assert (came_to.lost, came_to.runs, came_to.success) == (1, 0, 0.0)
    assert store.metrics.summary("w", None, parse("status:lost")) == store.metrics.summary("w") == came_to
    assert store.runs.workflows()[0].success == 0.0
    resumed = store.resume(run.id)
    assert store.runs.get(run.id).status == "running"
    resumed.finish()
    assert store.runs.get(run.id).status == "completed" and store.runs.totals().by_status["lost"] == 0
    assert store.metrics.summary("w").lost == 0 and store.metrics.summary("w").success == 1.0


def test_a_paused_run_is_not_lost_when_its_writer_is_gone(kept):
    code = f"""{kept.code}
import os
run = store.run("w")
run.pause()
print(run.id, flush=True)
os._exit(9)
"""
    done = subprocess.run([sys.executable, "-c", code], stdout=-1, text=True, check=False)
    assert kept.open().runs.get(done.stdout.strip()).status == "paused"


def test_a_run_that_lives_is_not_lost_however_long_it_is_silent(kept, monkeypatch):
    monkeypatch.setattr(catch_up, "_LIVENESS_S", 0.0)  # who lives is asked at each look
    store = kept.open()
    run = store.run("w")
    for hours in (0, 1, 24):
        with pretending(lambda later=hours * HOUR_NS: time.time_ns() + later):
            assert [opened.runs.get(run.id).status for opened in (store, kept.open())] == ["running"] * 2
    run.finish()
