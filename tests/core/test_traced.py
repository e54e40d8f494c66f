"""Functions whose calls are steps, and the run or step that code is in."""

import asyncio
import functools
import inspect
import logging
import threading

import flightlog
import pytest


@flightlog.step
def add(a: int, b: int = 2, **more: int) -> int:
    """Adds."""
    return a + b


@flightlog.step("look up", agent="searcher", kind="tool")
async def look(text: str) -> list[str]:
    await asyncio.sleep(0)
    add(1)
    return [text]


@flightlog.step(values=False)
def secret(key: str) -> str:
    return key


class Agent:
    @flightlog.step
    def act(self, what: str) -> str:
        raise KeyError(what)

    @flightlog.step
    def stream(self, n: int):
        yield from range(n)
        return "all"

    @flightlog.step
    async def tokens(self, n: int):
        for one in range(n):
            yield one


def test_outside_of_a_run_a_function_is_only_called():
    assert (add(1), asyncio.run(look("x")), [*Agent().stream(2)]) == (3, ["x"], [0, 1])
    assert flightlog.current() is None
    with pytest.raises(KeyError):
        Agent().act("x")


def test_a_function_keeps_its_name_signature_and_kind():
    assert (add.__name__, add.__doc__) == ("add", "Adds.")
    assert str(inspect.signature(look)) == "(text: str) -> list[str]"
    assert inspect.iscoroutinefunction(look) and inspect.isgeneratorfunction(Agent.stream)
    assert inspect.isasyncgenfunction(Agent.tokens)


def test_each_call_in_a_block_is_a_step_with_what_went_in_and_out(store, recorded):
    async def work() -> None:
        async with store.run("w") as run:
            runs.append(run.id)
            await asyncio.gather(look("a"), look("b"))

    runs: list[str] = []
    asyncio.run(work())
    begun, ended = recorded(runs[0], "step.started"), recorded(runs[0], "step.finished")
    assert [(one.name, one.agent, one.kind, one.input) for one in begun] == [
        ("look up", "searcher", "tool", {"text": "a"}),
        ("look up", "searcher", "tool", {"text": "b"}),
        ("add", "searcher", "", {"a": 1}),
        ("add", "searcher", "", {"a": 1}),
    ]
    assert [one.parent for one in begun[2:]] == [one.step for one in begun[:2]]
    assert sorted(str(one.output) for one in ended) == ["3", "3", "['a']", "['b']"]


def test_exceptions_generators_and_values_that_nobody_shall_read(store, recorded):
    async def drain() -> list[int]:
        return [one async for one in Agent().tokens(2)]

    with store.run("w") as run:
        assert secret("sk-1") == "sk-1"
        for _ in range(2):
            with pytest.raises(KeyError):
                Agent().act("mail")
        assert [*Agent().stream(3)] == [0, 1, 2]
        assert asyncio.run(drain()) == [0, 1]
        with pytest.raises(TypeError, match="argument"):
            add(b=3)
    begun, ended = recorded(run.id, "step.started"), recorded(run.id, "step.finished")
    assert [(one.name, one.attempt, one.input) for one in begun] == [
        ("secret", 1, None),
        ("act", 1, {"what": "mail"}),
        ("act", 2, {"what": "mail"}),
        ("stream", 1, {"n": 3}),
        ("tokens", 1, {"n": 2}),
        ("add", 1, {"args": [], "b": 3}),
    ]
    assert [(one.status, one.output) for one in ended] == [
        ("completed", None),
        *[("failed", None)] * 2,
        ("completed", "all"),
        ("completed", None),
        ("failed", None),
    ]


def test_in_a_fan_out_the_calls_after_one_that_failed_are_no_attempts_at_it(store, recorded):
    @flightlog.step
    async def read(mail: int, tries: list[int]) -> None:
        await asyncio.sleep(0)
        if mail == 1 and not tries:
            raise OSError("away")

    async def work() -> None:
        async with store.run("w") as run:
            runs.append(run.id)
            await asyncio.gather(*(read(mail, []) for mail in range(3)), return_exceptions=True)
            for mail in (3, 4):
                await read(mail, [])
            with pytest.raises(OSError, match="away"):
                await read(1, [])
            await read(5, [])

    runs: list[str] = []
    asyncio.run(work())
    attempts = [(one.input["mail"], one.attempt) for one in recorded(runs[0], "step.started")]
    assert attempts == [(0, 1), (1, 1), (2, 1), (3, 1), (4, 1), (1, 2), (5, 1)]


def test_what_is_current_is_the_innermost_block_that_is_not_over(store):
    with store.run("w") as run:
        assert flightlog.current() is run
        with run.step("a") as step, store.run("below", parent=run) as child:
            assert flightlog.current() is child
            child.finish()
            assert flightlog.current() is step
            step.finish()
            assert flightlog.current() is run
        assert flightlog.current() is run
        elsewhere: list[object] = []
        thread = threading.Thread(target=lambda: elsewhere.append(flightlog.current()))
        thread.start()
        thread.join()
        assert elsewhere == [None]
        assert asyncio.run(asyncio.to_thread(flightlog.current)) is run
    assert flightlog.current() is None


def test_a_run_that_is_entered_within_its_own_block_is_no_ring(store):
    with store.run("w") as run, run.step("a") as step:
        with store.run("other"):
            run.__enter__()
            assert flightlog.current() is run
            step.finish()
            run.log("a run without an open step")
            assert flightlog.current() is run
            run.__exit__(None, None, None)
        assert flightlog.current() is None


def test_a_handler_of_no_run_follows_what_is_current(store, recorded):
    logger = logging.getLogger("agent.everywhere")
    logger.addHandler(handler := flightlog.Handler())
    try:
        logger.warning("before")
        for name in ("one", "two"):
            with store.run("w") as run, run.step("s") as step:
                logger.warning(name)
            (entry,) = recorded(run.id, "log")
            assert (entry.message, entry.step) == (name, step.id)
        logger.warning("after")
    finally:
        logger.removeHandler(handler)


def test_what_cannot_be_looked_into_is_recorded_all_the_same(store, recorded):
    partial = flightlog.step(functools.partial(max, 3))
    with store.run("w") as run:
        assert partial(4) == 4
    (begun,) = recorded(run.id, "step.started")
    assert begun.name == "partial"


def statuses(recorded, run) -> list[str]:
    return [event.status for event in recorded(run, "step.finished")]


def test_a_generator_that_nobody_wants_more_of_has_not_failed(store, recorded):
    async def first() -> int:
        tokens = Agent().tokens(3)
        async for one in tokens:
            await tokens.aclose()
            return one
        raise AssertionError

    def plain(run):
        with run.step("by hand"), run.row(1):
            yield 1
            yield 2

    with store.run("w") as run:
        for items in (Agent().stream(3), plain(run)):
            assert next(items) in (0, 1)
            items.close()
        assert asyncio.run(first()) == 0
    assert statuses(recorded, run.id) == ["completed"] * 3
    assert [item.status for item in recorded(run.id, "item")] == ["processing", "completed"]
    assert recorded(run.id)[-1].status == "completed"


def test_what_is_thrown_into_a_generator_fails_its_step(store, recorded):
    with store.run("w") as run:
        items = Agent().stream(3)
        next(items)
        with pytest.raises(ValueError, match="no"):
            items.throw(ValueError("no"))
    assert statuses(recorded, run.id) == ["failed"]


@flightlog.step
async def session(closed: list[str]):
    try:
        while True:
            try:
                closed.append(f"sent {yield 'ready'}")
            except ValueError as error:
                closed.append(f"thrown {error}")
    finally:
        closed.append("closed")


@pytest.mark.parametrize("recording", [True, False])
async def test_what_is_sent_thrown_and_closed_reaches_an_asynchronous_generator(store, recording):
    told: list[str] = []

    async def use() -> None:
        items = session(told)
        assert await anext(items) == "ready"
        assert await items.asend("a") == "ready"
        assert await items.athrow(ValueError("b")) == "ready"
        await items.aclose()
        assert told == ["sent a", "thrown b", "closed"]

    if recording:
        async with store.run("w"):
            await use()
    else:
        await use()


def test_between_two_items_the_consumer_is_not_in_the_step(store, recorded):
    @flightlog.step
    def words():
        for word in ("a", "b"):
            flightlog.current().log(f"makes {word}")
            with flightlog.current().step("inner") as inner:
                yield word
                inner.log(f"made {word}")
                flightlog.current().log(f"still inner {word}")

    @flightlog.step
    async def tokens():
        for word in ("c", "d"):
            flightlog.current().log(f"makes {word}")
            yield word

    async def consume(run) -> None:
        async for word in tokens():
            flightlog.current().log(f"uses {word}")
            assert flightlog.current() is run

    with store.run("w") as run:
        for word in words():
            flightlog.current().log(f"uses {word}")
            assert flightlog.current() is run
        asyncio.run(consume(run))
    names = {one.step: one.name for one in recorded(run.id, "step.started")}
    assert [(entry.message, names.get(entry.step)) for entry in recorded(run.id, "log")] == [
        ("makes a", "words"),
        ("uses a", None),
        ("made a", "inner"),
        ("still inner a", "inner"),
        ("makes b", "words"),
        ("uses b", None),
        ("made b", "inner"),
        ("still inner b", "inner"),
        ("makes c", "tokens"),
        ("uses c", None),
        ("makes d", "tokens"),
        ("uses d", None),
    ]
