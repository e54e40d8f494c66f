"""How a recorded run ends: well, by an exception, cancelled, or where nothing can be written."""

import asyncio

import pytest
from flightlog.core.errors import Conflict, StorageError


def test_an_exception_is_kept_with_its_traceback_and_goes_on(store, recorded):
    with pytest.raises(ZeroDivisionError), store.run("w") as run, run.step("divide"):
        1 / 0  # noqa: B018
    ended, finished = recorded(run.id, "step.finished", "run.finished")
    for event in (ended, finished):
        assert event.status == "failed"
        assert event.error.type == "ZeroDivisionError"
        assert "1 / 0" in event.error.traceback


def test_a_group_says_what_went_wrong_in_it(store, recorded):
    async def fail(error: Exception) -> None:
        raise error

    async def work() -> None:
        async with store.run("w") as run, asyncio.TaskGroup() as group:
            runs.append(run.id)
            group.create_task(fail(ValueError("no such row")))
            group.create_task(fail(ExceptionGroup("two more", [KeyError("k"), OSError(), TypeError("t")])))

    runs: list[str] = []
    with pytest.raises(ExceptionGroup):
        asyncio.run(work())
    (finished,) = recorded(runs[0], "run.finished")
    assert finished.error.type == "ExceptionGroup"
    assert finished.error.message.endswith("(2 sub-exceptions): ValueError: no such row; KeyError: 'k'; OSError: ")


def test_a_huge_error_is_bounded(store, recorded):
    def deep(n: int) -> None:
        if n == 0:
            raise ValueError("é" * 1_000_000)
        deep(n - 1)

    with pytest.raises(ValueError, match="é"), store.run("w") as run:
        deep(200)
    (finished,) = recorded(run.id, "run.finished")
    assert len(finished.error.message) < 20_000
    assert len(finished.error.traceback) < 30_000


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (KeyboardInterrupt(), "cancelled"),
        (asyncio.CancelledError(), "cancelled"),
        (GeneratorExit(), "cancelled"),
        (SystemExit(0), "completed"),
        (SystemExit(None), "completed"),
        (SystemExit(2), "failed"),
        (RuntimeError("x"), "failed"),
    ],
)
def test_how_a_block_is_left_decides_the_status(store, recorded, error, status):
    with pytest.raises(type(error)), store.run("w") as run:
        raise error
    assert recorded(run.id)[-1].status == status


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (GeneratorExit(), "completed"),
        (SystemExit(0), "completed"),
        (SystemExit(2), "failed"),
        (KeyboardInterrupt(), "failed"),
        (asyncio.CancelledError(), "failed"),  # which is what a timeout is, seen from within
        (RuntimeError("x"), "failed"),
    ],
)
def test_how_a_block_is_left_decides_the_status_of_steps_and_rows_too(store, recorded, error, status):
    with store.run("w") as run:
        with pytest.raises(type(error)), run.step("s"), run.row(1):
            raise error
        with pytest.raises(type(error)), run.step("s") as again:
            raise error
        assert again.attempt == (2 if status == "failed" else 1)
    assert [event.status for event in recorded(run.id, "step.finished", "item")] == ["processing", *[status] * 3]


async def test_a_cancelled_task_ends_its_run_as_cancelled(store, recorded):
    runs = []

    async def work():
        async with store.run("w") as run:
            runs.append(run)
            await asyncio.sleep(30)

    task = asyncio.create_task(work())
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert recorded(runs[0].id)[-1].status == "cancelled"


def test_an_exception_whose_text_fails_is_recorded_all_the_same(store, recorded):
    class Nasty(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    with pytest.raises(Nasty), store.run("w") as run:
        raise Nasty
    assert recorded(run.id)[-1].error.type == "Nasty"


async def test_a_status_that_is_none_ends_nothing(store, recorded):
    """It would stand in a line that nobody could read again."""
    with store.run("w") as run, run.step("s") as step:
        for status in ("done", "", None, "cancelled"):
            with pytest.raises(ValueError, match="is none of completed, failed, skipped"):
                step.finish(status)
        for status in ("done", "", None, "skipped"):
            with pytest.raises(ValueError, match="is none of completed, failed, cancelled"):
                run.finish(status)
            with pytest.raises(ValueError, match="is none of completed, failed, cancelled"):
                await run.finish_async(status)
        step.log("it goes on")
    assert [event.status for event in recorded(run.id, "step.finished", "run.finished")] == ["completed"] * 2


@pytest.mark.parametrize("reason", [None, 3, "\ud800", ValueError("no")])
def test_a_run_may_pause_for_any_reason(store, recorded, reason):
    run = store.run("w")
    run.pause(reason)
    assert isinstance(recorded(run.id)[-1].reason, str)


def test_nothing_follows_the_end(store, recorded):
    run = store.run("w")
    run.finish()
    run.finish("failed")
    with pytest.raises(Conflict, match="finished"):
        run.log("too late")
    assert len(recorded(run.id)) == 2


class Failing:
    """A writer that can be made to refuse."""

    def __init__(self, writer):
        self._writer, self.refuses = writer, False

    def append(self, event):
        if self.refuses:
            raise StorageError("the disk is full")
        return self._writer.append(event)

    def __getattr__(self, name):
        return getattr(self._writer, name)


@pytest.fixture
def failing_store(make_store, monkeypatch):
    store = make_store()
    begin, made = store.recording.begin, []

    def wrapped(started, **options):
        made.append(Failing(begin(started, **options)))
        return made[-1]

    monkeypatch.setattr(store.recording, "begin", wrapped)
    store.made = made
    return store


def test_a_storage_error_never_takes_the_place_of_the_agents_own(failing_store, caplog):
    with pytest.raises(KeyError), failing_store.run("w") as run, run.step("s"), run.row(1):  # noqa: PT012
        failing_store.made[0].refuses = True
        raise KeyError("the agent's")
    assert "disk is full" in caplog.text
    assert "step s" in caplog.text
    assert f"run {run.id}" in caplog.text


@pytest.mark.parametrize("error", [GeneratorExit, SystemExit])
def test_nor_of_one_that_is_no_failure(failing_store, error, caplog):
    with pytest.raises(error), failing_store.run("w") as run, run.step("s"), run.row(1):  # noqa: PT012
        failing_store.made[0].refuses = True
        raise error
    assert caplog.text.count("disk is full") == 3


def test_a_storage_error_is_raised_where_there_is_no_other(failing_store, layout):
    with pytest.raises(StorageError, match="disk is full"), failing_store.run("w"):
        failing_store.made[0].refuses = True
    from flightlog.backends.journal import lock

    assert not lock.is_held(layout.journal(failing_store.made[0].run))
