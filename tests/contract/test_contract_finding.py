"""Runs found from Python by the text of a query, as `flightlog ls` finds them."""

import flightlog
import pytest
from flightlog.core.query.query import parse

ASKS = [
    lambda store: store.runs.query("status:failed"),
    lambda store: store.runs.count("status:failed"),
    lambda store: store.runs.costs("model", "status:failed"),
    lambda store: store.runs.totals("status:failed"),
    lambda store: store.runs.figures("status:failed"),
    lambda store: store.runs.sessions("status:failed"),
    lambda store: store.metrics.summary("triage", None, "status:failed"),
    lambda store: list(store.logs.search("word", "status:failed")),
    lambda store: list(store.logs.search("", "status:failed")),
    lambda store: store.audit("status:failed"),
]


def test_a_text_finds_runs_in_any_order_beyond_a_page(store):
    for n in range(105):
        with store.run("triage" if n % 3 else "report", name=f"n{n}") as run:
            run.cost(dollars=(n * 8) % 105)
    assert [run.name for run in store.find()] == [f"n{n}" for n in range(104, -1, -1)]
    spent = [run.money.recorded_nanousd for run in store.find("workflow:triage", sort="cost", descending=False)]
    assert spent == sorted(spent)
    assert len(set(spent)) == 70
    assert len(list(store.find(parse("workflow:report")))) == 35


def test_a_session_finds_its_own(store):
    for session in ("ana", "bob"):
        store.run("triage", session=session).finish()
    assert [run.session for run in store.scoped(session="ana").find("workflow:triage")] == ["ana"]


def test_a_mistake_of_the_program_is_told_before_anything_is_read(store):
    for text in ("status:faild", "foo:bar", "(a"):
        with pytest.raises(ValueError, match=r"at [0-9]"):
            store.find(text)
    with pytest.raises(ValueError, match="int is none"):
        store.find(3)
    with pytest.raises(ValueError, match="'price' is none of started"):
        store.find("", sort="price")


def test_a_text_in_the_place_of_a_query_says_how_it_becomes_one(store):
    for asked in (store, store.scoped(session="ana")):
        for ask in ASKS:
            with pytest.raises(ValueError, match=r"flightlog\.query"):
                ask(asked)
    assert store.runs.count(flightlog.query("status:failed")) == 0


def test_who_says_no_query_means_every_run(store):
    for name in ("one", "two"):
        with store.run("triage", name=name) as run:
            run.log(f"word {name}")
            run.cost("m", dollars=2)
    assert [run.name for run in store.runs.query().items] == ["two", "one"]
    assert store.runs.count() == store.runs.figures().runs == 2
    assert [(spent.key, spent.money.recorded_nanousd) for spent in store.runs.costs("model")] == [("m", 4_000_000_000)]
    assert [entry.message for entry in store.logs.search("word")] == ["word two", "word one"]
    assert [run.name for run in store.scoped(session="ana").runs.query().items] == []


def test_a_run_in_the_place_of_its_id_is_told_so(store):
    store.run("triage", name="one").finish()
    (run,) = store.find()
    asks = [store.runs.get, store.runs.steps, store.logs.query, store.checkpoints.list, store.checkpoints.state]
    for ask in (*asks, store.scoped(session="ana").runs.get):
        with pytest.raises(flightlog.StorageError, match=r"^a value of type Run is no id.*run\.id"):
            ask(run)
    for ask in (store.runs.get, store.logs.query, store.checkpoints.state):
        with pytest.raises(flightlog.NotFound, match="'None'"):
            ask(None)
    with store.run("triage", parent=run, name="two") as child:
        pass
    assert store.runs.get(child.id).parent == run.id
