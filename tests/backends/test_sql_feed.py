"""Changes by cursor: none is missed, whatever happens between two questions."""

import hypothesis.strategies as st
from flightlog.backends.sql.feed_repository import SqlFeed
from flightlog.backends.sql.projector import Projector, Recorded
from flightlog.backends.sqlite.engine import open_database
from flightlog.core.annotations import Pinned
from flightlog.core.events import Logged, RunStarted
from flightlog.core.ids import new_ulid
from hypothesis import HealthCheck, given, settings


def everything_since(small, cursor, limit):
    changed, removed = [], []
    for _ in range(100):
        found = small.feed.changes(cursor, limit=limit)
        changed += found.changed
        removed += found.removed
        cursor = found.cursor
        if not found.more:
            return cursor, changed, removed
    raise AssertionError("it does not end")


def test_a_cursor_of_the_present_names_only_what_comes_later(small):
    small.begin()
    cursor = small.feed.cursor()
    assert small.feed.changes(cursor).changed == ()
    run = small.begin()
    found = small.feed.changes(cursor)
    assert (found.changed, found.removed, found.more) == ((run,), (), False)
    assert small.feed.changes(found.cursor).changed == ()
    small.record(run, Logged(level="INFO", message="x"))
    found = small.feed.changes(found.cursor)
    assert found.changed == (run,)
    small.annotate(Pinned(run=run))
    found = small.feed.changes(found.cursor)
    assert found.changed == (run,)
    small.forget(run)
    found = small.feed.changes(found.cursor)
    assert (found.changed, found.removed) == ((), (run,))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["begin", "log", "together", "forget", "ask"]), st.integers(0, 9)), max_size=25
    ),
    limit=st.integers(1, 4),
)
def test_who_asks_at_any_time_knows_in_the_end_what_there_is(small, steps, limit):
    cursor = small.feed.cursor()
    known, seqs = {}, {}
    for step, number in steps:
        ids = sorted(seqs)
        if step == "begin":
            seqs[small.begin()] = 1
        elif step == "log" and ids:
            run = ids[number % len(ids)]
            (seqs[run],) = small.record(run, Logged(level="INFO", message="x"))
        elif step == "together" and ids:
            with small.database.write():
                for run in ids:
                    (seqs[run],) = small.record(run, Logged(level="INFO", message="x"))
        elif step == "forget" and ids:
            run = ids[number % len(ids)]
            small.forget(run)
            del seqs[run]
        elif step == "ask":
            cursor = learn(small, cursor, limit, known)
    learn(small, cursor, limit, known)
    assert known == seqs


def learn(small, cursor, limit, known):
    cursor, changed, removed = everything_since(small, cursor, limit)
    for run in removed:
        known.pop(run, None)
    for run in dict.fromkeys(changed):
        known[run] = small.runs.get(run).last_seq
    return cursor


def test_runs_changed_together_are_not_torn_apart(small):
    with small.database.write():
        ids = [small.begin() for _ in range(7)]
    cursor, changed, _ = everything_since(small, 0, 3)
    assert sorted(changed) == sorted(ids)
    assert cursor == small.feed.cursor()


def test_a_cursor_of_an_index_that_was_made_anew_gets_everything(small):
    run = small.begin()
    found = small.feed.changes(10**9)
    assert found.changed == (run,)
    assert found.cursor == small.feed.cursor()


def test_a_run_that_came_back_is_changed_and_not_removed(small):
    run = small.begin()
    cursor = small.feed.cursor()
    small.forget(run)
    small._seqs.pop(run)
    small.begin(run=run)
    found = small.feed.changes(cursor)
    assert (found.changed, found.removed) == ((run,), ())


def test_a_remade_index_tells_an_old_cursor_of_every_run(tmp_path):
    """However many changes either index took to learn what it knows."""
    path, early, late = tmp_path / "index.db", new_ulid(), new_ulid()
    before, feed = indexed(path, [early], [late] * 20)
    cursor = feed.changes(0).cursor
    before.close()
    path.unlink()
    again, feed = indexed(path, [early], [late] * 40)
    assert set(feed.changes(cursor).changed) == {early, late}
    assert feed.changes(feed.cursor()).changed == ()
    again.close()


def indexed(path, *told):
    """An index that was told of these runs, of each a portion at a time."""
    database, projector = open_database(path, truth=False), Projector()
    for runs in told:
        for seq, run in enumerate(runs, 1):
            event = Logged(level="INFO", message="x") if seq > 1 else RunStarted(run=run, workflow="w")
            event.seq = seq
            with database.write() as connection:
                projector.project(connection, run, [Recorded(event, 1)])
    return database, SqlFeed(database, lambda: None, watcher=None)
