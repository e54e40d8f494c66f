"""Laws of the projector, for any valid sequence of events however it is delivered."""

import hypothesis.strategies as st
import pytest
from flightlog.backends.sql import tables
from flightlog.backends.sql.projector import Batch, Projector, Recorded
from flightlog.backends.sqlite.engine import open_database
from flightlog.core import annotations as a
from flightlog.core import events as e
from flightlog.core.ids import new_ulid
from hypothesis import HealthCheck, given, settings
from sqlalchemy import func, select

RUNS = [new_ulid(ms=1_790_000_000_000 + n) for n in range(3)]
IDS = st.sampled_from(["a", "b", "c", "é\u0000", "x\ud800"])
STEP = st.none() | IDS
TEXT = st.sampled_from(["", "plan", "Act\nnow", "ß", "\udcff"])
SMALL = st.integers(0, 5)
FAULT = st.none() | st.builds(e.Fault, type=TEXT, message=TEXT)
JSON = st.none() | st.just({"k": [1]})
DAY = st.sampled_from(["2026-11-20T23:59:59.000000Z", "2026-11-21T00:00:01.000000Z"])

EVENT = st.one_of(
    st.builds(e.RunPaused),
    st.builds(e.RunResumed, writer=st.none() | st.builds(e.Writer, pid=SMALL)),
    st.builds(e.RunFinished, status=st.sampled_from(["completed", "failed", "cancelled"]), error=FAULT),
    st.builds(e.RunMeta, meta=st.dictionaries(TEXT, JSON, max_size=2)),
    st.builds(e.GraphDeclared, steps=st.lists(st.builds(e.DeclaredStep, id=IDS, name=TEXT, agent=TEXT), max_size=3)),
    st.builds(e.StepStarted, step=IDS, name=TEXT, agent=TEXT, parent=STEP, attempt=SMALL, input=JSON),
    st.builds(
        e.StepFinished, step=IDS, status=st.sampled_from(["completed", "failed", "skipped"]), error=FAULT, output=JSON
    ),
    st.builds(e.Logged, level=st.sampled_from(e.LEVELS), message=TEXT, step=STEP),
    st.builds(
        e.CostRecorded,
        model=TEXT,
        step=STEP,
        agent=TEXT,
        input_tokens=SMALL | st.just(2**70),
        output_tokens=SMALL,
        cache_read_tokens=SMALL,
        nanousd=st.none() | SMALL | st.just(2**64),
    ),
    st.builds(e.CostPriced, cost=st.integers(1, 30), nanousd=SMALL, prices=st.just("2026-11-01")),
    st.builds(
        e.CheckpointSaved,
        checkpoint=st.just(""),
        parent=STEP,
        values=st.dictionaries(IDS, IDS, max_size=3),
        opaque=st.dictionaries(IDS, st.builds(e.Opaque, digest=IDS, size=SMALL), max_size=1),
    ),
    st.builds(e.MessageSent, sender=TEXT, content=JSON),
    st.builds(e.ApprovalRequested, approval=IDS, question=TEXT),
    st.builds(e.ApprovalDecided, approval=IDS, decision=st.sampled_from(["approved", "rejected", "expired"])),
    st.builds(e.ArtifactMade, name=TEXT, path=TEXT, size=st.none() | st.just(2**80)),
    st.builds(
        e.ItemChanged,
        row_number=SMALL | st.just(2**90),
        status=st.sampled_from(["pending", "processing", "completed", "failed", "skipped"]),
        attempt=SMALL,
        error=FAULT,
    ),
    st.builds(e.MetricReported, name=TEXT, value=st.floats()),
    st.builds(e.SnapshotTaken, name=st.sampled_from(["plan", "result"]), value=JSON),
)


@st.composite
def histories(draw) -> list[Batch]:
    """Whole histories of a few runs, checkpoints chained by their real ids."""
    batches = []
    for run in draw(st.lists(st.sampled_from(RUNS), min_size=1, max_size=3, unique=True)):
        started = e.RunStarted(
            run=run,
            workflow=draw(st.sampled_from(["w", "v"])),
            version=draw(st.none() | SMALL),
            name=draw(TEXT),
            session=draw(st.none() | IDS),
            project=draw(st.none() | IDS),
            tags=draw(st.lists(TEXT, max_size=2)),
        )
        events = [started, *draw(st.lists(EVENT, max_size=25))]
        before = None
        for seq, event in enumerate(events, 1):
            event.seq, event.t = seq, draw(DAY)
            if isinstance(event, e.CheckpointSaved):
                if event.parent != "a":  # else a parent that nobody knows
                    event.parent = before
                before = event.checkpoint = f"{run}-{seq}"
        batches.append(Batch(run, [Recorded(event, 100 + event.seq) for event in events]))
    return batches


@pytest.fixture(scope="module")
def databases():
    two = [open_database(None, truth=False) for _ in range(2)]
    yield two
    for database in two:
        database.close()


def emptied(database):
    with database.write() as connection:
        for table in tables.derived.sorted_tables:
            connection.execute(table.delete())
    return database


def content(database, *, leave_out=("state", "removed")) -> dict[str, list[tuple]]:
    """All rows of all tables, without what only tells when they were written."""
    found = {}
    with database.read() as connection:
        for name, table in tables.derived.tables.items():
            columns = [column for column in table.columns if column.name != "revision" and not is_number(column)]
            rows = [tuple(row) for row in connection.execute(select(*columns))]
            if name not in leave_out:
                found[name] = sorted(rows, key=repr)
    return found


def is_number(column) -> bool:
    return column.primary_key and column.table.autoincrement_column is column and column.name == "id"


def deliver(database, projector, batches):
    with database.write() as connection:
        projector.project_all(connection, batches)


laws = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@laws
@given(histories(), st.data())
def test_any_portions_and_repeats_give_the_same_tables(databases, history, data):
    whole, parts = map(emptied, databases)
    deliver(whole, Projector(), history)
    projector = Projector()
    for batch in history:
        at = 0
        while at < len(batch.events):
            again = data.draw(st.integers(0, at))
            end = data.draw(st.integers(at + 1, len(batch.events)))
            deliver(parts, projector, [batch._replace(events=batch.events[again:end])])
            at = end
            if data.draw(st.booleans()):
                projector = Projector()  # another process goes on
    assert content(parts) == content(whole)


@laws
@given(histories())
def test_counters_rollups_and_totals_equal_what_a_scan_says(databases, history):
    database = emptied(databases[0])
    deliver(database, Projector(), history)
    check_sums(database)


def check_sums(database):
    runs, costs = tables.runs.c, tables.costs.c
    with database.read() as connection:
        key = [
            runs.workflow,
            func.coalesce(runs.version, -1),
            runs.status,
            func.coalesce(runs.session, ""),
            func.coalesce(runs.project, ""),
        ]
        scanned = connection.execute(
            select(*key, func.count(), func.sum(func.coalesce(runs.size_bytes, 0))).group_by(*key)
        )
        assert set(connection.execute(select(tables.counters))) == set(scanned)
        held = [*key[:3], runs.archived]
        scanned = connection.execute(
            select(*held, func.count(), func.sum(func.coalesce(runs.size_bytes, 0))).group_by(*held)
        )
        assert set(connection.execute(select(tables.tallies))) == set(scanned)

        day = func.substr(costs.t, 1, 10)
        version, session, project = key[1], key[3], key[4]
        for table, of in (
            (tables.rollups, [day, runs.workflow, version, costs.model, costs.agent]),
            (tables.spent, [session, project]),
        ):
            money = func.sum(func.coalesce(costs.nanousd, 0))
            scanned = connection.execute(
                select(*of, func.count(), func.sum(costs.input_tokens), money)
                .join(tables.runs, runs.id == costs.run)
                .group_by(*of)
            )
            kept = (table.c.calls, table.c.input_tokens, table.c.recorded_nanousd + table.c.computed_nanousd)
            assert set(connection.execute(select(*table.primary_key, *kept))) == set(scanned)

        for run in connection.execute(select(tables.runs)).mappings():

            def count(table, *where, of=run["id"]):
                return connection.scalar(select(func.count()).select_from(table).where(table.c.run == of, *where))

            done = tables.steps.c.status.in_(["completed", "failed", "skipped"])
            assert run["steps"] == count(tables.steps)
            assert run["steps_done"] == count(tables.steps, done)
            assert run["items"] == count(tables.items)
            assert run["items_failed"] == count(tables.items, tables.items.c.status == "failed")
            assert run["approvals"] == count(tables.approvals)
            assert run["approvals_pending"] == count(tables.approvals, tables.approvals.c.status == "pending")
            assert run["checkpoints"] == count(tables.checkpoints)
            assert run["damaged"] == count(tables.damage)
            calls = run["calls_recorded"] + run["calls_computed"] + run["calls_unknown"]
            assert calls == count(tables.costs)
            assert (run["nanousd"] is None) == (calls == run["calls_unknown"])


@laws
@given(histories(), st.data())
def test_forgetting_restores_what_was_without_the_run(databases, history, data):
    with_it, without = map(emptied, databases)
    gone = data.draw(st.sampled_from(history)).run
    deliver(with_it, projector := Projector(), history)
    with with_it.write() as connection:
        for annotation in (
            a.Tagged(run=gone, tag="t"),
            a.Noted(run=gone, text="n"),
            a.Scored(run=gone, name="s", value=1),
        ):
            projector.annotate(connection, annotation)
        projector.forget(connection, gone)
    deliver(without, Projector(), [batch for batch in history if batch.run != gone])
    assert content(with_it) == content(without)
    with with_it.read() as connection:
        assert connection.execute(select(tables.removed.c.run)).scalars().all() == [gone]


@laws
@given(histories())
def test_a_run_that_comes_back_is_as_before(databases, history):
    twice, once = map(emptied, databases)
    deliver(once, Projector(), history)
    deliver(twice, projector := Projector(), history)
    with twice.write() as connection:
        for batch in history:
            projector.forget(connection, batch.run)
    deliver(twice, projector, history)
    assert content(twice) == content(once)
    with twice.read() as connection:
        assert connection.scalar(select(func.count()).select_from(tables.removed)) == 0
