"""How steps of a recorded run nest, follow one another and depend on each other."""

import asyncio
import contextlib
import threading

from flightlog.core.events import Fault
from flightlog.core.recording import step_book


def test_steps_nest_as_their_blocks_do(store, recorded):
    with store.run("w") as run:
        with run.step("outer", agent="ada") as outer, run.step("inner") as inner:
            run.log("in the inner one")
            outer.log("for the outer one")
            run.message("ada", "bob", {"text": "hi"})
        run.log("in none")
    starts = recorded(run.id, "step.started")
    assert [(step.name, step.parent, step.agent) for step in starts] == [("outer", None, "ada"), ("inner", "s1", "ada")]
    assert [entry.step for entry in recorded(run.id, "log")] == [inner.id, outer.id, None]
    assert recorded(run.id, "message")[0].step == inner.id


def test_a_step_that_ended_nests_nothing_any_more(store, recorded):
    with store.run("w") as run, run.step("a") as a:
        a.finish()
        run.step("b").finish()
    assert [step.parent for step in recorded(run.id, "step.started")] == [None, None]
    assert len(recorded(run.id, "step.finished")) == 2


def test_two_runs_interleaved_keep_their_steps_apart(store, recorded):
    with store.run("a") as first, first.step("x") as x, store.run("b") as second, second.step("y") as y:
        first.log("to x")
        second.log("to y")
    assert recorded(first.id, "log")[0].step == x.id
    assert recorded(second.id, "log")[0].step == y.id
    assert recorded(second.id, "step.started")[0].parent is None


async def test_tasks_nest_in_the_step_that_spawned_them_and_not_in_each_other(store, recorded):
    async def work(run, name):
        async with run.step(name):
            await asyncio.sleep(0.01)
            run.log(name)

    async with store.run("w") as run, run.step("fan out"):
        await asyncio.gather(work(run, "one"), work(run, "two"))
    steps = {step.name: step for step in recorded(run.id, "step.started")}
    assert steps["one"].parent == steps["two"].parent == steps["fan out"].step
    assert {(entry.message, entry.step) for entry in recorded(run.id, "log")} == {
        ("one", steps["one"].step),
        ("two", steps["two"].step),
    }


def test_threads_share_a_run_and_no_event_is_lost_or_out_of_order(store, recorded):
    with store.run("w") as run:

        def work(thread: int) -> None:
            with run.step(f"t{thread}"):
                for n in range(200):
                    run.log("x", thread=thread, n=n)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    events = recorded(run.id)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    entries = recorded(run.id, "log")
    for n in range(8):
        mine = [entry for entry in entries if entry.details["thread"] == n]
        assert [entry.details["n"] for entry in mine] == list(range(200))
        assert len({entry.step for entry in mine}) == 1


def test_a_graph_is_declared_taken_up_by_name_and_its_rest_skipped(store, recorded):
    with store.run("w") as run:
        run.graph({"plan": [], "act": ["plan"], "review": ["act", "policy"]})
        with run.step("plan"):
            pass
        with run.step("act"):
            pass
    declared = {step.name: step for step in recorded(run.id, "graph.declared")[0].steps}
    assert set(declared) == {"plan", "act", "review", "policy"}
    assert declared["review"].depends_on == [declared["act"].id, declared["policy"].id]
    begun = {step.name: step for step in recorded(run.id, "step.started")}
    assert begun["act"].step == declared["act"].id
    assert begun["act"].depends_on == [declared["plan"].id]
    ended = {step.step: step.status for step in recorded(run.id, "step.finished")}
    assert ended[declared["review"].id] == ended[declared["policy"].id] == "skipped"
    assert ended[declared["act"].id] == "completed"


def test_dependencies_may_be_names_ids_or_steps(store, recorded):
    with store.run("w") as run:
        with run.step("a") as a, run.step("b"):
            pass
        run.step("c", depends_on=["b", a]).finish()
    steps = {step.name: step for step in recorded(run.id, "step.started")}
    assert steps["c"].depends_on == [steps["b"].step, steps["a"].step]


def test_one_name_alone_is_a_list_of_one(store, recorded):
    with store.run("w", tags="mail") as run:
        run.graph({"second": "first"})
        run.step("first").finish()
        run.step("third", depends_on="first").finish()
    assert recorded(run.id)[0].tags == ["mail"]
    assert [step.name for step in recorded(run.id, "graph.declared")[0].steps] == ["second", "first"]
    first, third = recorded(run.id, "step.started")
    assert third.depends_on == [first.step]


def test_a_step_after_a_failed_one_of_its_name_is_its_next_attempt(store, recorded):
    with store.run("w") as run:
        run.graph({"before": [], "fetch": ["before"]})
        for _ in range(2):
            with contextlib.suppress(OSError), run.step("fetch"):
                raise OSError("away")
        run.step("fetch").finish()
        run.step("fetch").finish()
        run.step("fetch", attempt=7).finish()
        with run.step("elsewhere") as place:
            place.step("fetch").finish()
    fetches = [step for step in recorded(run.id, "step.started") if step.name == "fetch"]
    assert [step.attempt for step in fetches] == [1, 2, 3, 1, 7, 1]
    assert len({step.step for step in fetches}) == 6
    assert {tuple(step.depends_on) for step in fetches} == {("s1",)}


def test_another_input_is_another_piece_of_work_and_no_attempt_at_what_failed(store, recorded):
    with store.run("w") as run:
        for mail in ("a", "b", "c"):
            run.step("sort", input={"mail": mail}).finish("failed" if mail != "b" else "completed")
        for mail in ("d", "c", "a", "a"):
            run.step("sort", input={"mail": mail}).finish()
        run.step("sort", input={"mail": "e"}).fail()
        run.step("sort", input={"mail": "e"}, attempt=2).finish()
        run.step("sort", input={"mail": "e"}).finish()
    found = [(step.input["mail"], step.attempt) for step in recorded(run.id, "step.started")]
    first, again = [("a", 1), ("b", 1), ("c", 1)], [("d", 1), ("c", 2), ("a", 2), ("a", 1)]
    assert found == [*first, *again, ("e", 1), ("e", 2), ("e", 1)]


def test_of_steps_that_run_at_once_each_that_failed_has_one_next_attempt(store, recorded):
    with store.run("w") as run:
        alike = [run.step("ask", input="x") for _ in range(3)]
        other = run.step("ask", input="y")
        for step in (*alike[:2], other):
            step.fail("away")
        for _ in range(3):
            run.step("ask", input="x").finish()
        alike[2].fail()
        run.step("ask", input="y").finish()
        run.step("ask", input="x").finish()
    attempts = [(step.input, step.attempt) for step in recorded(run.id, "step.started")]
    assert attempts[4:] == [("x", 2), ("x", 2), ("x", 1), ("y", 2), ("x", 2)]


def test_who_takes_a_run_up_knows_what_failed_and_what_was_tried_again(store, make_store, recorded):
    run = store.run("w")
    for mail in ("a", "b"):
        run.step("sort", input={"mail": mail, "at": 1.0}).fail()
    run.step("sort", input={"mail": "a", "at": 1.0}).finish()
    run.pause()
    with make_store().resume(run.id) as again:
        assert [again.step("sort", input={"mail": mail, "at": 1.0}).attempt for mail in ("a", "c", "b")] == [1, 1, 2]


def test_inputs_are_looked_at_only_where_a_step_of_that_name_has_failed(store, monkeypatch):
    looked = []
    monkeypatch.setattr(step_book, "_digest", lambda input: looked.append(input) or b"")
    with store.run("w") as run:
        run.step("fetch", input=1).fail()
        for number in range(5):
            run.step("sort", input=number).finish()
        assert looked == [1]
        run.step("fetch", input=2).finish()
        run.step("fetch", input=3).finish()
    assert looked == [1, 2]


def test_open_steps_end_with_the_run(store, recorded):
    run = store.run("w")
    outer = run.step("outer")
    inner = outer.step("inner")
    run.fail("gave up")
    inner.finish()
    outer.finish()
    ended = recorded(run.id, "step.finished")
    assert [(step.step, step.status) for step in ended] == [(inner.id, "failed"), (outer.id, "failed")]
    assert recorded(run.id)[-1].error == Fault(message="gave up")


def test_a_step_tells_its_output_and_its_error(store, recorded):
    with store.run("w") as run:
        with run.step("a", input={"q": 1}) as a:
            a.output = [1, 2]
        run.step("b").fail("no luck")
        run.step("c").skip("not needed")
    assert recorded(run.id, "step.started")[0].input == {"q": 1}
    a, b, c = recorded(run.id, "step.finished")
    assert a.output == [1, 2]
    assert (b.status, b.error.message) == ("failed", "no luck")
    assert (c.status, c.error.message) == ("skipped", "not needed")
