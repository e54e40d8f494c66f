"""What a question costs a whole store of either backend, in statements: the same however many runs there are."""

import time

import flightlog
import pytest
from flightlog.core.pages import Sort
from flightlog.core.query.query import EVERYTHING, parse


@pytest.fixture(params=["file", "sqlite"])
def store_of(request, tmp_path):
    """Makes a store of that many finished runs, all taken in."""
    opened = []

    def make(runs: int):
        folder = tmp_path / f"store-{runs}"
        with flightlog.open(folder, storage=request.param) as writing:
            for number in range(runs):
                with writing.run("triage" if number % 2 else "report", name=f"run {number}") as run, run.step("plan"):
                    run.log("thinking")
        store = flightlog.open(folder)
        opened.append(store)
        assert store.runs.totals().runs == runs
        settle(store)
        return store

    yield make
    for store in opened:
        store.close()


def settle(store) -> None:
    """A folder that was changed in the last tenth of a second is listed again at each look."""
    time.sleep(0.15)
    store.runs.totals()


def costs(store, statements: list[str]) -> dict[str, int]:
    """Statements of what a person does with the list and with a run."""
    found = store.runs.query(EVERYTHING, limit=1).items[0].id
    cursor = store.feed.cursor()
    actions = {
        "page": lambda: store.runs.query(EVERYTHING, limit=5),
        "page by cost": lambda: store.runs.query(EVERYTHING, Sort(field="cost"), limit=5),
        "filter": lambda: store.runs.query(parse("workflow:triage status:completed"), limit=5),
        "search": lambda: store.runs.query(parse("run 1"), limit=5),
        "count": lambda: store.runs.count(parse("workflow:triage")),
        "header": store.runs.totals,
        "sums": lambda: store.runs.costs("agent", EVERYTHING),
        "sums of a month": lambda: store.runs.costs("day", parse("workflow:triage"), since="2026-11-01"),
        "open": lambda: (store.runs.get(found), store.runs.steps(found), store.logs.query(found)),
        "no news": lambda: store.feed.changes(cursor),
        "summary": lambda: (store.metrics.summary("triage"), store.metrics.summary("triage", 1)),
        "outcomes": lambda: store.metrics.outcomes("triage"),
        "trends": lambda: store.metrics.trends("triage"),
        "compare": lambda: store.metrics.compare("triage", [None, 1]),
    }
    counted = {}
    for name, action in actions.items():
        action()
        statements.clear()
        action()
        counted[name] = len(statements)
    return counted


def test_questions_cost_the_same_number_of_statements_at_any_size(store_of, statements):
    few, many = costs(store_of(12), statements), costs(store_of(120), statements)
    assert few == many
    assert many["page"] <= 4
    assert many["filter"] <= 4
    assert many["header"] <= 6
    assert many["sums"] == many["sums of a month"] <= 5
    assert many["no news"] <= 5
    assert many["open"] <= 18
    assert (many["outcomes"], many["trends"]) <= (9, 5)


def test_one_new_event_costs_no_statement_for_each_run_that_there_is(store_of, statements):
    counted = []
    for runs in (12, 120):
        store = store_of(runs)
        with store.run("triage") as run:
            settle(store)
            cursor = store.feed.cursor()
            run.log("one more")
            statements.clear()
            assert store.feed.changes(cursor).changed == (run.id,)
            counted.append(len(statements))
    # A thread that ships may find some of it, or all, first; what cost a statement for each run would cost 120.
    assert max(counted) <= 30
