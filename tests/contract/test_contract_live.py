"""What a board of running runs asks: some runs by their ids, what they are at, what was spent when."""

import pytest
from flightlog.backends.sql import run_doing
from flightlog.core.clock import pretending, to_seconds
from flightlog.core.query.query import EVERYTHING, parse

NOON = int(to_seconds("2026-11-20T12:00:00Z")) * 1_000_000_000
SECOND = 1_000_000_000


def test_some_runs_come_as_lists_tell_them_and_others_are_left_out(store):
    made = [store.run("triage", name=f"r{n}", session="ana" if n else "bob") for n in range(3)]
    for run in made:
        run.finish()
    ids = [run.id for run in made]
    found = store.runs.some([*ids, "01jd00000000000000000000zz", "", "x' or 1=1"])
    assert sorted(found, key=lambda run: run.id) == sorted(store.runs.query(EVERYTHING).items, key=lambda run: run.id)
    assert store.runs.some([]) == []
    assert {run.id for run in store.scoped(session="ana").runs.some(ids)} == set(ids[1:])


def test_doing_tells_open_steps_in_order_and_rows_by_status(store):
    busy, idle = store.run("labels", session="ana"), store.run("labels", session="bob")
    for row in range(1, 6):
        busy.item(row, "pending" if row > 3 else "completed")
    busy.item(3, "failed", error="no")
    with busy.step("gather", agent="lead") as gather:
        with gather.step("look"):
            pass
        with gather.step("ask") as ask:
            found = store.runs.doing([busy.id, idle.id, "01jd00000000000000000000zz"])
            assert list(found) == [busy.id]
            assert [(step.name, step.parent) for step in found[busy.id].open] == [("gather", None), ("ask", gather.id)]
            assert found[busy.id].open == tuple(
                step for step in store.runs.steps(busy.id) if step.id in (gather.id, ask.id)
            )
            assert found[busy.id].items == {"completed": 2, "failed": 1, "pending": 2}
            assert store.scoped(session="bob").runs.doing([busy.id, idle.id]) == {}
    busy.finish()
    idle.finish()
    (done,) = store.runs.doing([busy.id]).values()
    assert done.open == ()


def test_rows_of_a_run_that_has_very_many_are_not_counted(store, monkeypatch):
    monkeypatch.setattr(run_doing, "_rows", run_doing._rows_of(4))
    for rows in (4, 5):
        with store.run("labels") as run:
            for row in range(rows):
                run.item(row, "pending")
            with run.step("label"):
                (found,) = store.runs.doing([run.id]).values()
                assert found.items == ({"pending": 4} if rows == 4 else {})


@pytest.fixture
def spent(store):
    """Calls of two runs over two days; and the store."""
    made = {}
    for back, workflow, model, price in (
        (86_400, "triage", "m-1", 1),
        (3_700, "triage", "m-1", 2),
        (90, "triage", "m-2", 4),
        (80, "labels", "m-1", None),
        (5, "labels", "m-1", 8),
    ):
        with pretending(lambda back=back: NOON - back * SECOND):
            run = made.get(workflow) or made.setdefault(workflow, store.run(workflow, session=workflow))
            run.cost(model, input_tokens=10, output_tokens=1, nanousd=price)
    for run in made.values():
        run.finish()
    return store, {name: run.id for name, run in made.items()}


@pytest.mark.usefixtures("noon")
def test_a_run_with_its_children_costs_what_they_cost_and_none_is_counted_twice(store):
    made = {}
    for name, parent, session, price in (
        ("lead", None, "ana", 1),
        ("scout", "lead", "ana", 2),
        ("deep", "scout", "ana", 4),
        ("deeper", "deep", "ana", None),
        ("other", "lead", "bob", 8),
        ("alone", None, "bob", 16),
    ):
        run = made[name] = store.run("flow", name=name, session=session, parent=made[parent] if parent else None)
        with run.step("plan") as step, step.step("call") as call:  # a step nested in a step is no other run
            call.cost("m", input_tokens=10, nanousd=price)
    for run in made.values():
        run.finish()

    def of(name, repository=store.runs, **options):
        found = repository.with_children(made[name].id, **options)
        return found.runs, found.calls, found.money.known_nanousd, found.money.unknown, found.tokens.total

    assert of("lead") == (5, 5, 15, 1, 50)
    assert of("scout") == (3, 3, 6, 1, 30)
    assert of("deeper") == (1, 1, 0, 1, 10)
    assert of("alone") == (1, 1, 16, 0, 10)
    assert of("lead", within=parse("-name:scout")) == (4, 4, 13, 1, 40)
    assert of("lead", store.scoped(session="ana").runs) == (4, 4, 7, 1, 40)
    # Neither a run's own sum nor any sum over runs has its children's in it.
    assert store.runs.get(made["lead"].id).money.known_nanousd == 1
    for by in ("day", "workflow", "version", "model", "agent", "session", "run", "step"):
        assert sum(group.money.known_nanousd for group in store.runs.costs(by, EVERYTHING)) == 31, by
    assert store.runs.totals().today.known_nanousd == 31
    assert store.runs.workflows()[0].id == "flow"
    assert store.runs.children(made["lead"].id)[0].money.known_nanousd in (2, 8)


def told(found):
    return [(one.t, one.key, one.calls, one.tokens.total, one.money.known_nanousd, one.money.unknown) for one in found]


def test_spending_is_told_by_time_and_key_oldest_first(spent):
    store, ids = spent
    by_day = [("2026-11-19", "triage", 1, 11, 1, 0), ("2026-11-20", "labels", 2, 22, 8, 1)]
    by_day += [("2026-11-20", "triage", 2, 22, 6, 0)]
    assert told(store.runs.spending("day", "workflow", since="2026-11-01")) == by_day
    assert told(store.runs.spending("day", "workflow", parse("started<9999d"))) == by_day  # from the calls
    assert told(store.runs.spending("hour", "model", since="2026-11-20")) == [
        ("2026-11-20T10", "m-1", 1, 11, 2, 0),
        ("2026-11-20T11", "m-1", 2, 22, 8, 1),
        ("2026-11-20T11", "m-2", 1, 11, 4, 0),
    ]
    assert told(store.runs.spending("minute", "run", since="2026-11-20T11:58:35.000000Z")) == [
        ("2026-11-20T11:58", ids["labels"], 1, 11, 0, 1),
        ("2026-11-20T11:59", ids["labels"], 1, 11, 8, 0),
    ]
    assert told(store.runs.spending("hour", "workflow", parse("workflow:triage"), since="2026-11-20T11")) == [
        ("2026-11-20T11", "triage", 1, 11, 4, 0)
    ]
    assert store.runs.spending("minute", "run", since="2026-11-20T12:00:00Z") == []
    scoped = store.scoped(session="labels").runs
    assert told(scoped.spending("day", "model", since="2026-11-01")) == [("2026-11-20", "m-1", 2, 22, 8, 1)]
