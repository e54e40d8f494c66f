"""`store.scoped`: what belongs to another session is not found, through every public read and every id."""

import typing

import pytest
from flightlog.core import annotations as a
from flightlog.core import repositories
from flightlog.core.errors import Conflict, NotFound, NotSupported
from flightlog.core.metrics import Pattern
from flightlog.core.query.query import EVERYTHING, equals, parse
from flightlog.core.store import Reading
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from public_reads import INTERFACES, SECRET, asked_by_id, told_without_an_id


def recorded(store, session, word, *, finish=True):
    """A run of a session with something of everything, and its checkpoint."""
    run = store.run(f"{word}-flow", objective=word, session=session, project=f"{word}-project", name=f"{word}-name")
    run.plan = {"why": word}
    run.graph({f"{word}-step": []})
    with run.step(f"{word}-step", agent=f"{word}-agent", input={"x": word}) as step:
        step.log(f"{word} was here", level="ERROR", about=word)
        step.cost(model=f"{word}-model", input_tokens=5, output_tokens=2, dollars="0.25")
        step.message(f"{word}-agent", f"{word}-reader", word)
        checkpoint = run.checkpoint({"said": [word]}, label=word)
    with run.row(1):
        pass
    run.metric("score", 1.0)
    store.runs.annotate(a.Tagged(run=run.id, tag=f"{word}-tag"))
    store.runs.annotate(a.Noted(run=run.id, text=word))
    store.metrics.record_pattern(Pattern(workflow=f"{word}-flow", name=word, evidence=(run.id,)))
    if finish:
        run.finish()
    return run, checkpoint


@pytest.fixture
def two(noon, store):
    """A store with a run of each of two sessions, and the view of the first."""
    own, own_checkpoint = recorded(store, "ana", "wombat")
    other, checkpoint = recorded(store, "bob", SECRET)
    return store, store.scoped(session="ana"), own, own_checkpoint, other, checkpoint


def test_every_interface_is_known_here():
    kinds = typing.get_type_hints(Reading)
    repositories_of_runs = {name for name, kind in kinds.items() if kind in vars(repositories).values()}
    assert set(INTERFACES) == repositories_of_runs
    assert len(repositories_of_runs) == 6


def test_every_call_that_takes_an_id_finds_none_of_another_session(two):
    _, scoped, own, own_checkpoint, other, checkpoint = two
    foreign = {"run": other.id, "checkpoint": checkpoint, "a": checkpoint, "b": checkpoint}
    foreign |= {"one": own.id, "other": other.id}
    asked = asked_by_id(scoped, foreign)
    assert len(asked) > 20
    assert not [name for name, sentence in asked if SECRET in sentence]
    for a_side, b_side in ((own_checkpoint, checkpoint), (checkpoint, own_checkpoint)):
        with pytest.raises(NotFound):
            scoped.checkpoints.diff(a_side, b_side)
    for annotation in (a.Pinned(run=other.id), a.Noted(run=other.id, text="x"), a.Tagged(run=other.id, tag="x")):
        with pytest.raises(NotFound):
            scoped.runs.annotate(annotation)
    with pytest.raises(NotFound):
        scoped.metrics.record_pattern(Pattern(workflow="w", name="p", evidence=(other.id,)))
    with pytest.raises(NotFound):
        scoped.resume(other.id)
    with pytest.raises(NotFound):
        scoped.recording.answer(other.id, "a1")
    assert scoped.recording.answer(own.id, "a1") is None
    assert scoped.runs.get(own.id).session == "ana"


@pytest.mark.parametrize(
    "id", ["\udc00", "\ud800x", "nul\0", "", "x" * 5000], ids=["low", "high", "nul", "none", "long"]
)
def test_every_call_that_takes_an_id_finds_none_that_nobody_could_have(store, id):
    """Halves of surrogate pairs come from terminals, and no engine can look for them."""
    ids = dict.fromkeys(("run", "checkpoint", "a", "b"), id)
    for view in (store, store.scoped(session="ana")):
        assert asked_by_id(view, ids)
        for annotation in (a.Pinned(run=id), a.Noted(run=id, text="x"), a.Tagged(run=id, tag="x")):
            with pytest.raises(NotFound):
                view.runs.annotate(annotation)
    with pytest.raises(NotFound):
        store.upkeep.drop_states(id, [])


def test_no_list_and_no_sum_tells_of_another_session(two):
    _, scoped, own, _, other, _ = two
    told = told_without_an_id(scoped, own.id, other.id)
    names = {name for name, _ in told}
    wanted = "some doing spending query values totals costs workflows sessions projects recent search pending"
    assert set(wanted.split()) <= names
    for name, text in told:
        # What was asked for may be named in the answer.
        assert SECRET not in text.replace(f"workflow='{SECRET}-flow'", ""), name
        assert other.id not in text, name
    assert own.id in dict(told)["query"]


def test_numbers_are_of_the_scope_alone(two):
    store, scoped, own, _, other, _ = two
    assert store.runs.totals().runs == 2
    totals = scoped.runs.totals()
    assert (totals.runs, totals.by_status["completed"]) == (1, 1)
    assert totals.today.recorded_nanousd == 250_000_000
    assert totals.size_bytes == store.runs.get(own.id).size_bytes
    assert scoped.runs.count(EVERYTHING) == 1
    assert [group.id for group in scoped.runs.sessions().items] == ["ana"]
    (project,) = scoped.runs.projects().items
    assert (project.id, project.runs, project.money.recorded_nanousd) == ("wombat-project", 1, 250_000_000)
    assert project == store.runs.projects(equals("session", "ana")).items[0]
    assert scoped.metrics.summary(f"{SECRET}-flow").runs == 0
    assert scoped.metrics.summary("wombat-flow").runs == 1
    assert scoped.metrics.patterns(f"{SECRET}-flow") == []
    assert other.id not in scoped.feed.changes(0).changed
    assert own.id in scoped.feed.changes(0).changed


def test_a_project_is_a_scope_too(two):
    store, _, own, _, _, _ = two
    assert [run.id for run in store.scoped(project="wombat-project").runs.query(EVERYTHING).items] == [own.id]
    assert store.scoped(session="bob", project="wombat-project").runs.query(EVERYTHING).items == []
    assert store.scoped().runs.count(EVERYTHING) == 2


def test_runs_are_recorded_into_the_scope(two):
    store, scoped, *_ = two
    with scoped.run("more") as run:
        run.log("hello")
    assert store.runs.get(run.id).session == "ana"
    with pytest.raises(Conflict, match="was opened for session 'ana', and the run names 'bob'"):
        scoped.run("more", session="bob")
    assert store.runs.count(parse("workflow:more")) == 1


def test_upkeep_is_of_the_whole_store(two):
    _, scoped, *_ = two
    with pytest.raises(NotSupported, match="whole store"):
        scoped.upkeep.sizes()
    with pytest.raises(NotSupported, match="whole store"):
        scoped.upkeep.space()
    with pytest.raises(NotSupported, match="whole store"):
        list(scoped.upkeep.check())


WORDS = st.sampled_from(
    [
        *("session:bob", "-session:ana", "session!=ana", "session:*", SECRET, f"tag:{SECRET}-tag", "archived"),
        *(f"workflow:{SECRET}-flow", "status:completed", f"agent:{SECRET}-agent", f"log:{SECRET}", "cost>0", "wombat"),
    ]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(WORDS, min_size=1, max_size=4), join=st.sampled_from([" ", " | "]), size=st.integers(1, 26))
def test_no_query_reaches_out_of_the_scope(two, words, join, size):
    _, scoped, own, _, other, _ = two
    query = parse(join.join(word for word in words if join == " " or not word.startswith("log:")) or "x")
    assert {run.id for run in scoped.runs.query(query).items} <= {own.id}
    assert scoped.runs.count(query) <= 1
    assert all(entry.run == own.id for entry in scoped.logs.search("was here", query))
    assert {found_as(scoped, text) for text in (other.id[:size], other.id[-size:], f"{SECRET}-name")} <= {own.id, None}


def found_as(store, text):
    """What a text means in a store; None if it means nothing there."""
    try:
        return store.runs.resolve(text)
    except NotFound:
        return None
