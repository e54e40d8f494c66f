"""How the projector writes: in one transaction, with few statements, and only what is new and can be kept."""

import pytest
from flightlog.backends.sql import tables, writes
from flightlog.backends.sql.projector import Batch, Recorded
from flightlog.backends.sql.projector_rules import RULES
from flightlog.backends.sql.run_loading import _RUNNING
from flightlog.core import events as e
from flightlog.core.ids import new_ulid
from projecting import RUN, STARTED, Told, fresh
from sqlalchemy import event as sql_events
from sqlalchemy.dialects import sqlite


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_every_table_can_be_written_in_every_dialect(dialect):
    for table in tables.derived.sorted_tables:
        for form in (writes._upsert, writes._append, writes._missing):
            taken = form(table, dialect, writes.columns_of(table)).count("?" if dialect == "sqlite" else "%s")
            assert taken == len(writes.columns_of(table)) > 0
            keys = tuple(name for name in writes.columns_of(table) if table.c[name].primary_key)
            assert form(table, dialect, keys).count("?" if dialect == "sqlite" else "%s") == len(keys)


def test_values_that_sql_cannot_keep_are_kept_as_text_or_named(told):
    told.tell(fresh(STARTED, name="a\ud800b", objective="nul\0nul", version=2**70, meta={"\ud800": ["\udfff"]}))
    told.tell(
        e.CostRecorded(model="m\udcff", input_tokens=2**70, nanousd=2**64),
        e.ItemChanged(row_number=2**70, status="failed"),
        e.ItemChanged(row_number=2**70, status="completed"),
        e.MetricReported(name="m", value=float("nan")),
        e.CheckpointSaved(checkpoint="1", values={"\ud800": "\ud800"}),
        e.StepStarted(step="\ud800", name="\ud800"),
    )
    told.tell(
        e.StepFinished(step="\ud800", status="completed"),
        e.CheckpointSaved(checkpoint="2", parent="1", values={"\ud800": "\ud800"}),
    )
    run = told.run()
    assert (run["name"], run["objective"], run["version"]) == ("a\\ud800b", "nul\0nul", 2**63 - 1)
    assert (run["input_tokens"], run["items"], run["items_failed"], run["steps_done"]) == (0, 1, 0, 1)
    # A price that cannot be meant is no price: it counts as unknown, not as nothing.
    assert (run["calls_recorded"], run["calls_unknown"], run["recorded_nanousd"]) == (0, 1, 0)
    assert run["damaged"] == 3
    assert {row["what"].split(" is ")[0] for row in told.rows(tables.damage)} == {"input_tokens", "nanousd", "metric m"}
    assert told.one(tables.checkpoints, id="2")["changed"] == "[]"
    assert told.one(tables.run_bodies)["meta"] == '{"\\\\ud800":["\\\\udfff"]}'


def test_each_transaction_has_one_revision_of_its_own(told):
    other = new_ulid()
    told.tell(fresh(STARTED))
    first = told.run()["revision"]
    with told.database.write() as connection:
        for event in (e.Logged(seq=2, level="INFO", message="m"), e.RunPaused(seq=3)):
            told.projector.project(connection, RUN, [Recorded(event, 1)])
        told.projector.project_all(
            connection, [Batch(other, [Recorded(e.RunStarted(run=other, workflow="w", seq=1), 1)])]
        )
    assert {told.run()["revision"], told.run(other)["revision"]} == {first + 1}
    with told.database.write() as connection:
        told.projector.forget(connection, RUN)
        connection.rollback()
    told.seq[other] = 1
    told.tell(e.Logged(level="INFO", message="m"), run=other)
    assert told.run(other)["revision"] == first + 2
    assert told.run()["revision"] == first + 1
    assert told.one(tables.state, key="revision")["value"] == str(first + 2)


def test_events_that_are_known_change_nothing(told):
    told.tell(fresh(STARTED))
    before = told.run()
    told.seq.clear()
    told.tell(fresh(STARTED, name="another"))
    assert told.run() == before


def test_a_second_start_is_named_and_ignored(told):
    told.tell(fresh(STARTED), fresh(STARTED, workflow="other"))
    assert (told.run()["workflow"], told.run()["damaged"]) == ("triage", 1)


def test_many_runs_cost_few_statements(told):
    def batches(count):
        for _ in range(count):
            run = new_ulid()
            events = [
                fresh(STARTED, run=run, seq=1),
                e.StepStarted(step="s", name="s", seq=2),
                e.RunFinished(status="completed", seq=3),
            ]
            yield Batch(run, [Recorded(event, 1) for event in events])

    def statements(count) -> int:
        seen = []
        with told.database.write() as connection:
            sql_events.listen(connection, "before_cursor_execute", lambda *args: seen.append(args[2]))
            told.projector.project_all(connection, list(batches(count)))
        return len(seen)

    assert statements(1) == statements(100) <= 13


def test_of_many_rows_only_what_they_say_is_bound(told):
    def bound(count) -> int:
        """Values of a row of `runs`."""
        seen = []
        batches = []
        for number in range(count):
            run = new_ulid()
            started = e.RunStarted(run=run, workflow="w", seq=1, t=f"2026-11-20T10:00:{number:02}.000000Z")
            batches.append(Batch(run, [Recorded(started, 1)]))
        with told.database.write() as connection:
            sql_events.listen(connection, "before_cursor_execute", lambda *args: seen.append((args[2], args[3])))
            told.projector.project_all(connection, batches)
        rows = next(rows for sql, rows in seen if sql.startswith("INSERT INTO runs "))
        return len(rows[0] if count > 1 else rows)

    assert bound(2) == len(writes.columns_of(tables.runs)) > 3 * bound(60)


def test_a_long_log_comes_to_what_its_entries_come_to_one_by_one(monkeypatch):
    calls = []
    rule = RULES[e.Logged]
    monkeypatch.setitem(RULES, e.Logged, lambda state, event: calls.append(event) or rule(state, event))

    def derived(portion: int, gap: int = 0) -> list:
        told, levels = Told(), ("INFO", "DEBUG", "INFO", "ERROR", "WARNING", "INFO", "INFO")
        events = [fresh(STARTED), e.StepStarted(step="s", name="s"), e.StepStarted(step="o", name="o")]
        for n in range(3000):
            events.append(e.Logged(level=levels[n % 7], message="m", step=("s", None, "o", "nowhere")[n % 4]))
        events += [e.StepFinished(step="s", status="completed"), e.RunFinished(status="completed")]
        events += [e.Logged(level="ERROR", message="awake again") for _ in range(1200)]
        for seq, event in enumerate(events, 1):
            event.seq, event.t = seq + gap * (seq > 1700), "" if seq % 900 == 0 else f"2026-11-20T10:00:00.{seq:06}Z"
        events[900:900] = events[800:1500]  # some of them a second time
        with told.database.write() as connection:
            for begin in range(0, len(events), portion):
                recorded = [Recorded(event, 10) for event in events[begin : begin + portion]]
                told.projector.project(connection, RUN, recorded)
        found = [told.rows(table) for table in (tables.runs, tables.steps, tables.counters, tables.outcomes)]
        del found[0][0]["revision"]
        told.database.close()
        return found

    for gap in (0, 5):
        calls.clear()
        once = derived(10_000, gap)
        assert len(calls) < 2500
        assert once == derived(100, gap) == derived(777, gap)
    assert once[0][0]["logs"] == 4200
    assert [step["logs"] for step in once[1]] == [750, 750]


def test_asking_for_the_current_step_does_not_walk_all_steps(told):
    told.tell(fresh(STARTED), e.StepStarted(step="root", name="root"))
    for n in range(50):
        told.tell(e.StepStarted(step=f"s{n}", name="work"), e.StepFinished(step=f"s{n}", status="completed"))
    assert told.run()["current_step"] == "root"
    with told.database.read() as connection:
        statement = str(_RUNNING.compile(dialect=sqlite.dialect(paramstyle="qmark")))
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", (RUN, 2, 0)).all()
    assert "steps_running" in str(plan)
