"""What a recorder waits for: people's answers, prices, and runs that are taken up again."""

import asyncio
import subprocess
import sys
import threading
import time

import flightlog
import pytest
from flightlog.backends.journal import annotations
from flightlog.core.annotations import Answered
from flightlog.core.costs import Price
from flightlog.core.errors import Conflict, NotFound, StorageError


def answer(layout, run, asked, decision, *, by="ana", note=""):
    annotations.append(
        layout.annotations, Answered(run=run.id, approval=asked.approval, decision=decision, by=by, note=note)
    )


def when_asked(recorded, run, count=1):
    """The approvals asked, once there are so many."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        asked = recorded(run.id, "approval.requested")
        if len(asked) >= count:
            return asked
        time.sleep(0.01)
    raise AssertionError("nothing was asked")


@pytest.mark.parametrize(("decision", "granted"), [("approved", True), ("rejected", False)])
def test_an_answer_is_taken_up_and_recorded(store, layout, recorded, decision, granted):
    with store.run("w") as run:
        person = threading.Thread(
            target=lambda: answer(layout, run, when_asked(recorded, run)[0], decision, note="looks fine")
        )
        person.start()
        with run.step("send"):
            assert run.approve("Send 14 mails?", timeout=100, default=not granted, mails=14) is granted
        person.join()
    (asked,) = recorded(run.id, "approval.requested")
    (decided,) = recorded(run.id, "approval.decided")
    assert (asked.question, asked.details, asked.step) == ("Send 14 mails?", {"mails": 14}, "s1")
    assert asked.expires > asked.t
    assert (decided.approval, decided.decision, decided.by, decided.note) == (
        asked.approval, decision, "ana", "looks fine",
    )  # fmt: skip


def test_the_first_answer_counts(store, layout, recorded):
    with store.run("w") as run:
        waiting = threading.Thread(target=lambda: results.append(run.approve("?", timeout=100)))
        results: list[bool] = []
        waiting.start()
        (asked,) = when_asked(recorded, run)
        answer(layout, run, asked, "rejected")
        answer(layout, run, asked, "approved")
        waiting.join()
    assert results == [False]


@pytest.mark.parametrize("default", [True, False])
def test_nobody_answers_in_time(store, recorded, default):
    with store.run("w") as run:
        assert run.approve("?", timeout=0.05, default=default) is default
        assert run.approve("?", timeout=-1, default=default) is default
    decided = recorded(run.id, "approval.decided")
    assert [event.decision for event in decided] == ["expired", "expired"]


def test_waiting_costs_a_look_now_and_then_and_survives_a_store_that_is_away(store, recorded, monkeypatch, caplog):
    looks = []

    def away(run, approval):
        looks.append(time.monotonic())
        if len(looks) < 3:
            raise StorageError("the folder is away")
        return ("approved", "ana", "")

    monkeypatch.setattr(store.recording, "answer", away)
    with store.run("w") as run:
        assert run.approve("?", timeout=100) is True
    assert len(looks) == 3
    assert looks[2] - looks[0] > 0.3
    assert "the folder is away" in caplog.text


def test_a_question_left_open_expires_with_the_run(store, recorded, monkeypatch):
    def interrupted(run, approval):
        raise KeyboardInterrupt

    monkeypatch.setattr(store.recording, "answer", interrupted)
    with pytest.raises(KeyboardInterrupt), store.run("w") as run:
        run.approve("?")
    *_, decided, finished = recorded(run.id)
    assert (decided.decision, finished.status) == ("expired", "cancelled")


def test_who_waits_in_another_thread_while_the_run_ends_is_told_that_nobody_answered(store, recorded):
    answers = []
    run = store.run("w")
    waiting = threading.Thread(target=lambda: answers.append(run.approve("?", timeout=1, default=True)))
    waiting.start()
    when_asked(recorded, run)
    run.finish()
    waiting.join(30)
    assert answers == [True]
    assert [event.decision for event in recorded(run.id, "approval.decided")] == ["expired"]


async def test_a_loop_goes_on_while_an_approval_waits(store, layout, recorded, monkeypatch):
    real, lookers = store.recording.answer, []

    def looked(*asked):
        lookers.append(threading.current_thread())
        return real(*asked)

    monkeypatch.setattr(store.recording, "answer", looked)
    async with store.run("w") as run:
        asking = asyncio.create_task(run.approve_async("?", timeout=100))
        (asked,) = await asyncio.to_thread(when_asked, recorded, run)
        await until(lambda: len(lookers) >= 3)
        assert not asking.done()
        answer(layout, run, asked, "approved")
        assert await asyncio.wait_for(asking, 30) is True
    # Who looks is who waits until the next look: never the loop, which has taken its turns meanwhile.
    assert threading.current_thread() not in lookers


async def test_a_full_executor_delays_no_approval(store, layout, recorded):
    loop = asyncio.get_running_loop()
    gate = threading.Event()
    busy = [loop.run_in_executor(None, gate.wait) for _ in range(64)]
    try:
        async with store.run("w") as run:
            assert await asyncio.wait_for(run.approve_async("?", timeout=0.1, default=True), 30) is True
    finally:
        gate.set()
        await asyncio.gather(*busy)


async def test_many_approvals_wait_at_once(store, layout, recorded):
    async with store.run("w") as run:
        asking = [asyncio.create_task(run.approve_async("same question", timeout=100)) for _ in range(5)]
        for number, asked in enumerate(await asyncio.to_thread(when_asked, recorded, run, 5)):
            answer(layout, run, asked, "approved" if number % 2 else "rejected")
        assert sorted(await asyncio.gather(*asking)) == [False, False, False, True, True]
    assert len({event.approval for event in recorded(run.id, "approval.decided")}) == 5


def waiting() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "flightlog-waiting"]


async def until(condition) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.005)


async def test_a_cancelled_wait_ends_its_thread(store):
    async with store.run("w") as run:
        asking = asyncio.create_task(run.approve_async("?"))
        await until(waiting)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await until(lambda: not waiting())


class Book:
    """A price book that is loaded when `there` is set."""

    def __init__(self):
        self.there, self.loaded_by = threading.Event(), set()

    def __call__(self):
        self.loaded_by.add(threading.current_thread().name)
        assert self.there.wait(30)
        return self

    def price(self, model, provider, tokens, t):
        if model == "broken":
            raise RuntimeError("a bug in the library")
        if model == "unknown":
            return None
        return Price(nanousd=tokens.total * 10, prices="2026-11-01")


def test_prices_are_recorded_before_the_end_and_off_the_agents_path(make_store, recorded, caplog):
    book = Book()
    with make_store(prices=book).run("w") as run:
        run.cost("m", input_tokens=5, output_tokens=2)
        run.cost("unknown", input_tokens=1)
        run.cost("broken", input_tokens=1)
        run.cost("m", input_tokens=1, nanousd=77)
        run.cost(input_tokens=4)
        run.cost("m", input_tokens=2**53)  # of a price that whoever reads would take for damage
        assert not recorded(run.id, "cost.priced")  # no call has waited for the book
        book.there.set()
    costs = recorded(run.id, "cost")
    (priced,) = recorded(run.id, "cost.priced")
    assert (priced.cost, priced.nanousd, priced.prices) == (costs[0].seq, 70, "2026-11-01")
    assert book.loaded_by == {"flightlog-prices"}
    assert recorded(run.id)[-1].status == "completed"
    assert "a bug in the library" in caplog.text
    assert "no amount that a call costs" in caplog.text


@pytest.mark.parametrize("prices", [lambda: None, lambda: 1 / 0])
def test_without_a_price_book_a_cost_stays_unknown(make_store, recorded, prices):
    with make_store(prices=prices).run("w") as run:
        run.cost("m", input_tokens=5)
    assert not recorded(run.id, "cost.priced")
    assert recorded(run.id)[-1].status == "completed"


async def test_waiting_for_prices_does_not_stop_the_loop(make_store, recorded):
    book, ended = Book(), []

    async def count() -> None:
        for _ in range(11):
            await asyncio.sleep(0.005)
        ended.extend(recorded(run.id, "run.finished"))
        book.there.set()

    async with make_store(prices=book).run("w") as run:
        run.cost("m", input_tokens=5)
        counting = asyncio.create_task(count())
    await counting
    assert not ended
    assert recorded(run.id, "cost.priced")


def test_a_paused_run_is_taken_up_where_it_stood(store, make_store, recorded):
    run = store.run("w")
    run.graph({"plan": [], "act": ["plan"], "tell": ["act"]})
    run.step("plan").finish()
    run.step("act")
    run.item(1, "processing")
    run.item(1, "failed", error="bad")
    first = run.checkpoint({"a": 1})
    run.pause("waiting for data")
    with pytest.raises(Conflict):
        run.log("too late")

    with make_store().resume(run.id) as again:
        assert again.id == run.id
        again.checkpoint({"a": 1, "b": 2})
        with again.step("act") as act:
            act.log("second try")
        again.row(1).__enter__()
    events = recorded(run.id)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    tags = [event.__struct_config__.tag for event in events]
    assert tags[tags.index("run.paused") :] == [
        "run.paused", "run.resumed", "step.finished", "checkpoint", "step.started", "log", "step.finished",
        "item", "step.finished", "run.finished",
    ]  # fmt: skip
    interrupted, _, skipped = recorded(run.id, "step.finished")[1:]
    assert (interrupted.status, interrupted.error.type) == ("failed", "Interrupted")
    assert skipped.status == "skipped"
    third = recorded(run.id, "step.started")[2]
    assert (third.name, third.attempt) == ("act", 2)
    assert third.step not in {step.step for step in recorded(run.id, "step.started")[:2]}
    assert recorded(run.id, "checkpoint")[1].parent == first
    assert recorded(run.id, "item")[-1].attempt == 2


def test_a_question_left_open_is_taken_up_when_it_is_asked_again(store, layout, recorded):
    run = store.run("w")
    outcomes: list[object] = []

    def ask() -> None:
        try:
            outcomes.append(run.approve("Go on?"))
        except StorageError as error:
            outcomes.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    (asked,) = when_asked(recorded, run)
    run._tape.writer.close()  # As if the process had died: nothing is recorded any more.
    answer(layout, run, asked, "approved")
    asking.join(30)
    assert isinstance(outcomes[0], Conflict)

    with store.resume(run.id) as again:
        assert again.approve("Go on?", timeout=100) is True
    assert len(recorded(run.id, "approval.requested")) == 1
    (decided,) = recorded(run.id, "approval.decided")
    assert (decided.approval, decided.decision) == (asked.approval, "approved")


def test_a_cost_that_a_lost_run_left_without_price_gets_it_when_taken_up(make_store, recorded):
    store = make_store()
    run = store.run("w")
    run.cost("m", input_tokens=5)
    run._tape.writer.close()
    book = Book()
    book.there.set()
    with make_store(prices=book).resume(run.id):
        pass
    (priced,) = recorded(run.id, "cost.priced")
    assert priced.cost == recorded(run.id, "cost")[0].seq


def test_what_cannot_be_taken_up(store):
    with store.run("w") as run, pytest.raises(Conflict, match=r"is being written by process \d+"):
        store.resume(run.id)
    with pytest.raises(Conflict, match="finished"):
        store.resume(run.id)
    with pytest.raises(NotFound):
        store.resume("01m7yfk42b3kk74d159gj4jad7")
    with pytest.raises(StorageError, match="not a run id"):
        store.resume("../../etc/passwd")


LEFT_OPEN = """
import sys
import flightlog

def rows(data):
    with flightlog.open(data).run("w") as run, run.step("read") as step:
        step.cost(model="gpt-4o", input_tokens=5)  # whose price a thread of its own is about to look up
        yield run

left = rows(sys.argv[1])
next(left)
"""


def test_a_run_in_a_generator_that_nobody_closes_ends_with_the_program_and_keeps_it_from_nothing(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", LEFT_OPEN, str(tmp_path)], capture_output=True, text=True, timeout=60, check=True
    )
    assert "Traceback" not in done.stderr and "within 5 s" not in done.stderr
    with flightlog.open(tmp_path) as store:
        (run,) = store.runs.recent("w")
        assert (run.status, [step.status for step in store.runs.steps(run.id)]) == ("cancelled", ["completed"])
