"""Outcomes of versions, and patterns."""

import pytest
from flightlog.backends.sql.metrics_repository import SqlMetrics
from flightlog.backends.sql.projector import Batch, Recorded
from flightlog.backends.sql.tables import outcomes, spreads
from flightlog.core.clock import from_seconds, to_seconds
from flightlog.core.errors import NotSupported
from flightlog.core.events import CostRecorded, RunFinished, RunStarted
from flightlog.core.ids import new_ulid
from flightlog.core.metrics import Pattern
from flightlog.core.numbers.durations import nearest_rank
from sqlalchemy import func, select


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([], 0.5, None),
        ([7], 0.5, 7),
        ([7], 0.95, 7),
        ([1, 2], 0.5, 1),
        ([1, 2, 3], 0.5, 2),
        (list(range(1, 101)), 0.95, 95),
        (list(range(1, 21)), 0.95, 19),
        ([1, 2], 0.0, 1),
    ],
)
def test_nearest_rank(values, share, expected):
    assert nearest_rank(values, share) == expected


def finished(small, version, seconds, status, workflow="triage"):
    run = small.begin(workflow, version=version)
    small.record(run, CostRecorded(model="m", input_tokens=10, output_tokens=1, nanousd=5))
    end = from_seconds(to_seconds(small.runs.get(run).started) + seconds)
    small.record(run, RunFinished(status=status, t=end))
    return run


def test_a_summary_is_of_finished_runs_alone(small):
    for seconds, status in [(10, "completed"), (30, "failed"), (20, "completed"), (40, "cancelled")]:
        finished(small, 1, seconds, status)
    finished(small, 2, 100, "completed")
    finished(small, 1, 1, "completed", workflow="other")
    small.begin("triage", version=1)
    small.begin("triage", version=3)
    one = small.metrics.summary("triage", 1)
    assert (one.runs, one.completed, one.failed, one.cancelled, one.success) == (4, 2, 1, 1, 0.5)
    assert (one.p50_s, one.p95_s) == (20.0, 40.0)
    assert (one.tokens.input, one.tokens.output, one.money.nanousd) == (40, 4, 20)
    both = small.metrics.summary("triage")
    assert (both.runs, both.completed, both.p95_s, both.version) == (5, 3, 100.0, None)
    outcomes = small.metrics.outcomes("triage")
    assert [(outcome.version, outcome.runs) for outcome in outcomes] == [(1, 4), (2, 1), (3, 0)]
    assert outcomes[0] == one
    assert (outcomes[2].success, outcomes[2].p50_s, outcomes[2].money.nanousd) == (None, None, None)
    assert small.metrics.outcomes("nothing") == []
    assert small.metrics.summary("nothing").runs == 0


def test_what_a_summary_reads_are_sums_and_not_runs(small, statements):
    """A hundred times as many runs that took about as long: as many rows, and the index alone is asked for a rank."""
    read = []
    for more in (20, 1980):
        batch = [[RunStarted(run=new_ulid(), workflow="w", version=n % 2, t=from_seconds(0))] for n in range(more)]
        for n, events in enumerate(batch):
            events.append(RunFinished(status="completed", t=from_seconds(10 + n % 20), seq=2))
            events[0].seq = 1
        with small.database.write() as connection:
            small.projector.project_all(
                connection, [Batch(events[0].run, [Recorded(event, 1) for event in events]) for events in batch]
            )
        counted = []
        with small.database.read() as connection:
            for table in (outcomes, spreads):
                counted.append(connection.scalar(select(func.count()).select_from(table)))
        statements.clear()
        assert small.metrics.summary("w").runs == sum(one.runs for one in small.metrics.outcomes("w"))
        read.append((counted, len(statements)))
    assert read[0] == read[1]
    assert small.metrics.summary("w").runs == 2000
    with small.database.read() as connection:
        for statement in [text for text in statements if "FROM runs" in text]:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters_of(statement)).all()
            assert "USING COVERING INDEX runs_ended_in_time" in plan[0][3]


def parameters_of(statement):
    return (0,) * statement.count("?")


A, B, C = (f"2026-01-0{day}T00:00:00.000000Z" for day in (1, 2, 3))


def test_patterns_of_one_name_are_merged(small):
    small.metrics.record_pattern(
        Pattern(workflow="w", name="loop", description="old", count=2, first_seen=B, last_seen=C, evidence=("r1",))
    )
    small.metrics.record_pattern(Pattern(workflow="w", name="rare", first_seen=A))
    small.metrics.record_pattern(
        Pattern(workflow="w", name="loop", count=3, first_seen=A, last_seen=B, evidence=("r2", "r1"))
    )
    loop, rare = small.metrics.patterns("w")
    assert (loop.count, loop.description, loop.first_seen, loop.last_seen) == (5, "old", A, C)
    assert loop.evidence == ("r1", "r2")
    assert (rare.name, rare.count, rare.last_seen) == ("rare", 1, A)
    small.metrics.record_pattern(Pattern(workflow="w", name="now"))
    assert small.metrics.patterns("w")[1].first_seen.endswith("Z")
    assert small.metrics.patterns("other") == []


def test_where_no_patterns_are_kept_that_is_said(small):
    metrics = SqlMetrics(small.database, lambda: None)
    assert metrics.patterns("w") == []
    with pytest.raises(NotSupported):
        metrics.record_pattern(Pattern(workflow="w", name="loop"))
