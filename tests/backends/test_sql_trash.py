"""The trash of a database: out of every question's sight, and back as it was."""

import flightlog
import pytest
from flightlog.backends.open import truth_of
from flightlog.backends.sql import tables, trash
from flightlog.backends.sql.projector import Projector
from flightlog.core.annotations import Noted, Pinned, Scored, Tagged
from flightlog.core.errors import NotFound
from flightlog.core.operations import Trashed
from flightlog.core.query.query import EVERYTHING, parse
from flightlog.core.runs import Damage
from sqlalchemy import func, select

AT = "2026-11-21T10:00:00.000000Z"
NUMBERED = {"notes", "acts", "metrics", "damage"}
"""Tables whose rows have a number that the database gives."""


@pytest.fixture(params=["sqlite", "postgres"])
def store(request, tmp_path, new_postgres_url):
    place = new_postgres_url() if request.param == "postgres" else tmp_path / "data"
    with flightlog.open(place) as found:
        yield found


def record(store, workflow="triage", **facts):
    with store.run(workflow, session="ana", project="mail", tags=["x"], objective="find the needle", **facts) as run:
        with run.step("plan", agent="planner", input={"a": 1}) as step:
            step.log("three candidates, one needle", candidates=3)
            step.cost(model="gpt-4o", input_tokens=812, output_tokens=77)
        run.checkpoint({"messages": ["a"], "plan": {"x": 1}})
        run.checkpoint({"messages": ["a", "b"], "plan": {"x": 1}})
        run.message("planner", "writer", "go")
        run.metric("score", 0.5)
        run.item(1, "failed", error="no")
    runs = store.runs
    runs.annotate(Tagged(run=run.id, tag="kept"))
    runs.annotate(Noted(run=run.id, text="a needle is noted"))
    runs.annotate(Scored(run=run.id, name="judge", value=3))
    runs.annotate(Pinned(run=run.id, pinned=True))
    runs.annotate(Pinned(run=run.id, pinned=False))
    return run.id


def derived(store) -> dict[str, list]:
    """Every row of every query table, but for revisions and the numbers that the database gives."""
    found = {}
    with truth_of(store).database.read() as connection:
        for name, table in tables.derived.tables.items():
            if name in ("state", "removed", "worded_runs", "spools", "spooled", "journals", "marks"):
                continue
            columns = [c for c in table.columns if c.name != "revision" and not (name in NUMBERED and c.name == "id")]
            found[name] = sorted(map(repr, connection.execute(select(*columns)).all()))
    return {name: [row for row in rows if not zero(row)] for name, rows in found.items()}


def zero(row: str) -> bool:
    """Counters that came down to nothing may stay as rows of zeros."""
    return not any(part.strip(" ()").isdigit() and part.strip(" ()") != "0" for part in row.split(","))


def throw(store, run: str) -> None:
    truth = truth_of(store)
    shown = store.runs.get(run)
    entry = Trashed(run=run, workflow=shown.workflow, operation="op", at=AT, status=shown.status)
    with truth.database.write() as connection:
        trash.put(connection, Projector(), entry)


def back(store, run: str) -> bool:
    with truth_of(store).database.write() as connection:
        return trash.bring_back(connection, Projector(), run)


def test_a_run_in_the_trash_is_met_by_no_question_and_comes_back_as_it_was(store):
    record(store)
    run = record(store)
    record(store, "other", parent=None)
    before = derived(store)
    list(store.logs.search("needle", EVERYTHING))
    cursor = store.feed.cursor()
    throw(store, run)
    with pytest.raises(NotFound):
        store.runs.get(run)
    assert store.feed.changes(cursor).removed == (run,)
    assert store.runs.totals().runs == 2
    assert {hit.run for hit in store.logs.search("needle", EVERYTHING)}.isdisjoint({run})
    assert all(run not in row for rows in derived(store).values() for row in rows)
    assert run not in truth_of(store).heads()
    assert back(store, run)
    assert derived(store) == before
    assert run in {hit.run for hit in store.logs.search("needle", EVERYTHING)}
    assert store.runs.count(parse("log:needle")) == 3
    assert not back(store, run)


def test_what_its_events_do_not_tell_comes_back_too(store):
    run = record(store)
    with truth_of(store).database.write() as connection:
        projector = Projector()
        projector.damage(connection, Damage(where="spool/x", what="torn", run=run, offset=3, length=5, raw="x"))
        projector.resize(connection, run, 12345)
    before, shown = derived(store), store.runs.get(run)
    throw(store, run)
    back(store, run)
    assert derived(store) == before
    assert (shown.size_bytes, shown.damaged) == (12345, 1)


def test_pages_of_the_trash_are_newest_first(store):
    runs = [record(store) for _ in range(5)]
    for run in runs:
        throw(store, run)
    with truth_of(store).database.read() as connection:
        first = trash.page(connection, 2, None)
        rest = trash.page(connection, 10, first.next)
    assert [one.run for one in (*first.items, *rest.items)] == runs[::-1]
    assert rest.next is None


def test_what_is_removed_leaves_no_row(store):
    run, other = record(store), record(store)
    throw(store, run)
    database = truth_of(store).database
    with database.write() as connection:
        assert trash.begin_removing(connection, run)
    assert not back(store, run)
    with database.write() as connection:
        while trash.remove_some(connection, run):
            pass
        for name in ("events", "state_values", "annotations", "trash"):
            table = tables.truth.tables[name]
            assert connection.scalar(select(func.count()).where(table.c.run == run)) == 0
    assert store.runs.query(EVERYTHING).items[0].id == other
    assert len(store.runs.events(other)) > 5


def test_a_long_run_is_removed_a_little_at_a_time(store):
    with store.run("w") as run:
        for n in range(2500):
            run.log("x" * 1000, n=n)
        run.checkpoint({"a": "y" * 3_000_000})
    store.runs.get(run.id)
    throw(store, run.id)
    database = truth_of(store).database
    with database.write() as connection:
        assert trash.begin_removing(connection, run.id)
    steps = 1
    while True:
        with database.write() as connection:
            before = connection.scalar(select(func.count()).select_from(tables.events))
            more = trash.remove_some(connection, run.id)
            after = connection.scalar(select(func.count()).select_from(tables.events))
            assert before - after <= 1000
        if not more:
            break
        steps += 1
    assert steps > 3
    with database.read() as connection:
        for table in (tables.events, tables.values, tables.trash):
            assert not connection.scalar(select(func.count()).select_from(table))
