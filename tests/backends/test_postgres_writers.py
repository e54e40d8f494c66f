"""Several transactions at once in one PostgreSQL database: nothing is missed, nobody waits in a circle."""

import random
import threading
import time
from contextlib import closing

import flightlog
import pytest
from flightlog.backends.postgres import engine
from flightlog.backends.postgres.engine import open_server
from flightlog.backends.postgres.server_url import ServerUrl
from flightlog.backends.sql import tables
from flightlog.backends.sql.claims import VERSIONS, claim
from flightlog.backends.sql.feed_repository import SqlFeed
from flightlog.backends.sql.projector import Projector, Recorded
from flightlog.backends.sql.version_repository import SqlWorkflows
from flightlog.core import events as e
from flightlog.core.annotations import Tagged
from flightlog.core.clock import from_ns, now_ns
from flightlog.core.errors import Conflict, FlightlogError, Locked
from flightlog.core.hurry import hurried
from flightlog.core.ids import new_ulid
from flightlog.core.query.query import EVERYTHING
from sqlalchemy import func, select, text


class Writer:
    """One process's way into the database."""

    def __init__(self, url: str) -> None:
        self.database, self.projector = open_server(ServerUrl(url)), Projector()
        self._seqs: dict[str, int] = {}

    def tell(self, connection, run: str, *events: e.Event) -> None:
        recorded = []
        for event in events:
            self._seqs[run] = event.seq = self._seqs.get(run, 0) + 1
            event.t = event.t or from_ns(now_ns())
            recorded.append(Recorded(event, 1))
        self.projector.project(connection, run, recorded)

    def begin(self, connection, workflow: str = "w") -> str:
        run = new_ulid()
        self.tell(connection, run, e.RunStarted(run=run, workflow=workflow))
        return run


@pytest.fixture
def new_writer(new_postgres_url):
    url, made = new_postgres_url(), []

    def make() -> Writer:
        made.append(Writer(url))
        return made[-1]

    yield make
    for writer in made:
        writer.database.close()


def test_a_cursor_never_passes_a_transaction_that_is_still_open(new_writer):
    """The one that began first commits last: who asked in between still hears of it."""
    slow, quick, reader = new_writer(), new_writer(), new_writer()
    feed = SqlFeed(reader.database, lambda: None, watcher=None)
    before = feed.cursor()
    with slow.database.write() as one:
        first = slow.begin(one)
        with quick.database.write() as two:
            second = quick.begin(two)
        between = feed.changes(before)
        assert between.changed == (second,) and not between.more
    after = feed.changes(between.cursor)
    assert set(after.changed) >= {first}
    assert feed.changes(after.cursor).changed == ()
    assert feed.cursor() >= after.cursor


def test_a_cursor_stands_at_the_newest_change_for_later_numbers_may_be_given_again(new_writer):
    """A server that crashes has forgotten the numbers of transactions that wrote nothing down."""
    writer, reader = new_writer(), new_writer()
    feed = SqlFeed(reader.database, lambda: None, watcher=None)
    with writer.database.write() as connection:
        writer.begin(connection)
    told = feed.cursor()
    for _ in range(5):
        with writer.database.write() as connection:
            connection.execute(text("SELECT pg_current_xact_id()"))
    assert feed.cursor() == feed.changes(told).cursor == told
    with writer.database.write() as connection:
        run = writer.begin(connection)
    assert feed.changes(told).changed == (run,)


def test_pages_of_changes_end_while_a_transaction_stays_open(new_writer):
    slow, quick, reader = new_writer(), new_writer(), new_writer()
    feed = SqlFeed(reader.database, lambda: None, watcher=None)
    cursor = feed.cursor()
    runs = set()
    for _ in range(5):
        with quick.database.write() as connection:
            runs.add(quick.begin(connection))
    with slow.database.write() as connection:
        slow.begin(connection)
        for _ in range(5):
            with quick.database.write() as other:
                runs.add(quick.begin(other))
        heard: set[str] = set()
        for _ in range(20):
            found = feed.changes(cursor, limit=2)
            heard |= set(found.changed)
            cursor = found.cursor
            if not found.more:
                break
        assert heard == runs and not found.more


def test_twenty_crosswise_writers_never_deadlock_and_count_right(new_writer):
    """Each transaction touches several runs and counters, in an order of its own."""
    workflows, errors = [f"w{number}" for number in range(6)], []
    first = new_writer()
    shared = []
    with first.database.write() as connection:
        for workflow in workflows:
            shared.append(first.begin(connection, workflow))

    def work(seed: int) -> None:
        order, writer = random.Random(seed), new_writer()
        try:
            for _ in range(5):
                with writer.database.write() as connection:
                    for workflow in order.sample(workflows, 4):
                        run = writer.begin(connection, workflow)
                        cost = e.CostRecorded(model=order.choice("ab"), input_tokens=1, nanousd=1)
                        writer.tell(connection, run, cost, e.RunFinished(status=order.choice(["completed", "failed"])))
                with writer.database.write() as connection:
                    writer.projector.annotate(connection, Tagged(run=order.choice(shared), tag=f"t{seed}"))
        except FlightlogError as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with first.database.read() as connection:
        runs, counters, rollups = tables.runs, tables.counters, tables.rollups
        really = connection.execute(
            select(runs.c.workflow, runs.c.status, func.count()).group_by(runs.c.workflow, runs.c.status)
        )
        counted = connection.execute(
            select(counters.c.workflow, counters.c.status, func.sum(counters.c.runs))
            .where(counters.c.runs > 0)
            .group_by(counters.c.workflow, counters.c.status)
        )
        assert {tuple(row) for row in really} == {tuple(row) for row in counted}
        assert connection.scalar(select(func.sum(rollups.c.calls))) == 20 * 5 * 4


def test_a_writer_that_is_rolled_back_leaves_no_trace_in_the_counters(new_writer):
    writer = new_writer()

    def fail() -> None:
        with writer.database.write() as connection:
            writer.begin(connection)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with writer.database.write() as connection:
        writer.begin(connection, "other")
    with writer.database.read() as connection:
        assert connection.execute(select(tables.tallies.c.workflow, tables.tallies.c.runs)).all() == [("other", 1)]


# --- several machines ----------------------------------------------------------------------------------


@pytest.fixture
def url(new_postgres_url):
    return new_postgres_url()


@pytest.fixture
def machines(url, tmp_path, monkeypatch):
    """Opens the same database as if from machines with disks of their own."""
    opened = []

    def open_on(name: str):
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / name))
        opened.append(flightlog.open(url))
        return opened[-1]

    yield open_on
    for store in opened:
        store.close()


def until(condition, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def test_a_run_of_another_machine_is_not_lost_while_that_machine_lives(machines):
    there, here = machines("there"), machines("here")
    run = there.run("w")
    run.log("working")
    until(lambda: here.runs.query(EVERYTHING).items)
    for _ in range(3):
        assert here.runs.get(run.id).status == "running"
    run.finish()
    until(lambda: here.runs.get(run.id).status == "completed")


def test_a_machine_that_is_silent_has_lost_its_runs_and_its_next_word_takes_that_back(machines, monkeypatch):
    from flightlog.backends.postgres import shared_shipping

    there, here = machines("there"), machines("here")
    run = there.run("w")
    until(lambda: here.runs.query(EVERYTHING).items)
    monkeypatch.setattr(shared_shipping, "SILENCE_S", -1.0)
    monkeypatch.setattr(shared_shipping, "_LOOK_S", 0.0)
    until(lambda: here.runs.get(run.id).status == "lost")
    assert "no sign of life from" in here.runs.get(run.id).evidence
    monkeypatch.setattr(shared_shipping, "SILENCE_S", 3600.0)
    run.log("still here")
    until(lambda: here.runs.get(run.id).status == "running")
    run.finish()


def test_a_run_that_is_written_on_another_machine_is_not_taken_up(machines):
    there, here = machines("there"), machines("here")
    run = there.run("w")
    until(lambda: here.runs.query(EVERYTHING).items)
    with pytest.raises(Conflict, match="is being written on"):
        here.resume(run.id)
    run.finish()


def test_a_run_that_was_paused_is_taken_up_on_another_machine(machines):
    there, here = machines("there"), machines("here")
    run = there.run("w")
    run.log("one")
    run.pause("lunch")
    until(lambda: here.runs.query(EVERYTHING).items and here.runs.get(run.id).status == "paused")
    again = here.resume(run.id)
    again.log("two")
    again.finish()
    until(lambda: here.runs.get(run.id).status == "completed")
    assert [entry.message for entry in here.logs.query(run.id)] == ["one", "two"]
    there.runs.totals()
    assert there.runs.get(run.id).status == "completed" and there.runs.damage().items == []


def test_who_saves_a_version_waits_for_as_many_as_save_beside_him(new_writer, monkeypatch):
    monkeypatch.setattr(engine, "_SETTINGS", engine._SETTINGS.replace("'5000'", "'100'"))
    other, mine = new_writer(), new_writer()
    claimed, done = threading.Event(), threading.Event()

    def hold() -> None:
        with other.database.write() as connection:
            claim(connection, [VERSIONS])
            claimed.set()
            done.wait(0.5)

    holding = threading.Thread(target=hold)
    holding.start()
    assert claimed.wait(10)
    with pytest.raises(Locked), mine.database.write() as connection:
        claim(connection, [VERSIONS])  # somebody will try again
    assert SqlWorkflows(mine.database).store("w", "a: 1").number == 1
    done.set()
    holding.join()


def test_who_hurries_does_not_wait_for_what_another_machine_has_claimed(machines, url, monkeypatch):
    from flightlog.backends.postgres import engine

    monkeypatch.setattr(engine, "_SETTINGS", engine._SETTINGS.replace("'5000'", "'1000000'"))
    here = machines("here")
    with here.run("w"):
        assert here.runs.totals().runs == 1
    monkeypatch.setattr(here.recording.real, "_ship", lambda run: None)  # as one that was killed leaves it
    with closing(open_server(ServerUrl(url))) as there, here.run("left") as run, hurried():
        with there.write() as other:
            claim(other, [run.id])
            assert here.runs.totals().runs == 1
        until(lambda: here.runs.totals().runs == 2)


def test_an_agents_rounds_wait_for_nobody_for_readers_would_wait_with_them(machines, url, monkeypatch):
    """What it recorded itself is read at once, while another machine has claimed what was left behind."""
    from flightlog.backends.postgres import engine, shared_shipping
    from flightlog.backends.spool import shipping

    monkeypatch.setattr(engine, "_SETTINGS", engine._SETTINGS.replace("'5000'", "'1000000'"))
    monkeypatch.setattr(shared_shipping, "BEAT_S", 0.0)
    monkeypatch.setattr(shipping, "_AGAIN_S", 0.0)
    here, rounds, make = machines("here"), [], shipping.Shipping.make_rounds
    monkeypatch.setattr(shipping.Shipping, "make_rounds", lambda self: (make(self), rounds.append(self)))
    assert here.runs.totals().runs == 0
    with monkeypatch.context() as patch:
        patch.setattr(here.recording.real, "_ship", lambda run: None)  # as one that was killed leaves it
        left = here.run("left")
    with closing(open_server(ServerUrl(url))) as there, there.write() as other:
        claim(other, [left.id])
        with here.run("mine") as mine:
            until(lambda: len(rounds) > 1)
            mine.log("one")
            with hurried():
                assert here.runs.totals().runs == 1
                assert [entry.message for entry in here.logs.query(mine.id)] == ["one"]
    left.finish()
    until(lambda: here.runs.totals().runs == 2)
