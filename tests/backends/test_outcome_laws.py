"""Outcomes equal what the events say, however these are delivered: an account of them is made here a second time."""

from types import SimpleNamespace

import hypothesis.strategies as st
import pytest
from flightlog.backends.joined.joined_metrics import JoinedMetrics
from flightlog.backends.sql import tables
from flightlog.backends.sql.metrics_repository import SqlMetrics
from flightlog.backends.sql.projector import Batch, Projector, Recorded
from flightlog.backends.sqlite.engine import open_database
from flightlog.core.ids import new_ulid
from flightlog.core.query.query import parse
from hypothesis import HealthCheck, given, settings
from outcome_account import check, histories

RUNS = [new_ulid(ms=1_790_000_000_000 + n) for n in range(8)]


@pytest.fixture(scope="module")
def database():
    database = open_database(None, truth=False)
    yield database
    database.close()


@pytest.fixture(scope="module")
def databases():
    found = [open_database(None, truth=False) for _ in range(2)]
    yield found
    for database in found:
        database.close()


class Asked:
    """Parts of a store, as far as metrics ask them."""

    def __init__(self, repositories):
        self.readings = [SimpleNamespace(metrics=one) for one in repositories]

    def ask(self, question):
        return [question(reading) for reading in self.readings]


laws = settings(
    max_examples=70, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def delivered(database, history, data):
    """Delivers the events in any portions, some of them again, now and then by another process; forgets some runs."""
    with database.write() as connection:
        for table in tables.derived.sorted_tables:
            connection.execute(table.delete())
    projector, at = Projector(), dict.fromkeys(history, 0)
    while waiting := [run for run, events in history.items() if at[run] < len(events)]:
        batches = []
        for run in data.draw(st.lists(st.sampled_from(waiting), min_size=1, unique=True)):
            again, end = data.draw(st.integers(0, at[run])), data.draw(st.integers(at[run] + 1, len(history[run])))
            batches.append(Batch(run, [Recorded(event, 1) for event in history[run][again:end]]))
            at[run] = end
        with database.write() as connection:
            projector.project_all(connection, batches)
        if not data.draw(st.integers(0, 3)):
            projector = Projector()
    gone = data.draw(st.lists(st.sampled_from(sorted(history)), max_size=2, unique=True)) if history else []
    with database.write() as connection:
        for run in gone:
            projector.forget(connection, run)
    return [run for run in history if run not in gone]


@laws
@given(histories(RUNS), st.data())
def test_every_outcome_equals_an_account_of_the_events(database, history, data):
    left = delivered(database, history, data)
    metrics = SqlMetrics(database, lambda: None)
    for workflow in "wv":
        if of := [history[run] for run in left if history[run][0].workflow == workflow]:
            check(metrics, of)
        else:
            assert metrics.summary(workflow).runs == 0 and metrics.outcomes(workflow) == []
        # And made from the runs themselves:
        assert metrics.outcomes(workflow, parse("events>0")) == metrics.outcomes(workflow)


@settings(laws, max_examples=40)
@given(histories(RUNS), st.data())
def test_what_two_stores_have_together_is_what_one_has_of_all(databases, history, data):
    """Percentiles too: those of a whole do not follow from those of its parts."""
    halves = [{}, {}]
    for run, events in history.items():
        halves[data.draw(st.integers(0, 1))][run] = events
    parts = [SqlMetrics(database, lambda: None) for database in databases]
    left = [run for database, half in zip(databases, halves, strict=True) for run in delivered(database, half, data)]
    joined = JoinedMetrics(Asked(parts))
    for workflow in "wv":
        if of := [history[run] for run in left if history[run][0].workflow == workflow]:
            check(joined, of)
            assert joined.outcomes(workflow, parse("events>0")) == joined.outcomes(workflow)


@laws
@given(histories(RUNS), st.data())
def test_nothing_is_left_where_nothing_is(database, history, data):
    for run in delivered(database, history, data):
        with database.write() as connection:
            Projector().forget(connection, run)
    with database.read() as connection:
        for table in (tables.outcomes, tables.spreads):
            assert connection.execute(table.select()).all() == []
