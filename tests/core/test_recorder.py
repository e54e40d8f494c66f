"""What a run's recorder promises: steps, endings, errors, graphs, rows, numbers."""

import asyncio
import contextlib
import logging
import threading

import pytest
from flightlog.core.errors import Conflict, StorageError
from flightlog.core.events import Fault
from flightlog.core.recording.logging_handler import Handler
from flightlog.core.workflows import Version, digest_of


def test_five_lines_record_a_run(store, recorded):
    with store.run("triage", version=3, objective="sort the inbox", session="ana", tags=["mail"]) as run:
        with run.step("plan", agent="planner") as step:
            step.log("3 candidates", candidates=3)
            step.cost(model="gpt-4o", input_tokens=812, output_tokens=77)
            run.checkpoint({"messages": ["hi"]})
        run.result = {"sent": 14}
    events = recorded(run.id)
    assert [event.__struct_config__.tag for event in events] == [
        "run.started", "step.started", "log", "cost", "checkpoint", "step.finished", "snapshot", "run.finished",
    ]  # fmt: skip
    assert [event.seq for event in events] == list(range(1, 9))
    assert [event.t for event in events] == sorted(event.t for event in events)
    started, step, entry, cost, checkpoint, ended, result, finished = events
    assert (started.workflow, started.version, started.session, started.tags) == ("triage", 3, "ana", ["mail"])
    assert started.writer.pid > 0
    assert entry.details == {"candidates": 3}
    assert {entry.step, cost.step, checkpoint.step, ended.step} == {step.step}
    assert (cost.agent, cost.nanousd) == ("planner", None)
    assert result.value == {"sent": 14}
    assert (ended.status, finished.status, finished.error) == ("completed", "completed", None)


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


def test_an_exception_is_kept_with_its_traceback_and_goes_on(store, recorded):
    with pytest.raises(ZeroDivisionError), store.run("w") as run, run.step("divide"):
        1 / 0  # noqa: B018
    ended, finished = recorded(run.id, "step.finished", "run.finished")
    for event in (ended, finished):
        assert event.status == "failed"
        assert event.error.type == "ZeroDivisionError"
        assert "1 / 0" in event.error.traceback


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


def test_a_storage_error_is_raised_where_there_is_no_other(failing_store, layout):
    with pytest.raises(StorageError, match="disk is full"), failing_store.run("w"):
        failing_store.made[0].refuses = True
    from flightlog.backends.journal import lock

    assert not lock.is_held(layout.journal(failing_store.made[0].run))


def test_rows_of_a_batch(store, recorded):
    with store.run("w") as run:
        for n in (1, 2, 2, 3):
            with contextlib.suppress(ValueError), run.row(n, input={"n": n}) as row:
                if n == 2:
                    raise ValueError("bad row")
                if n == 3:
                    row.skip("empty")
                row.output = n * 10
        run.item(4, "pending")
        with pytest.raises(ValueError, match="none of"):
            run.item(5, "done")
    rows = [(row.row_number, row.status, row.attempt) for row in recorded(run.id, "item")]
    assert rows == [
        (1, "processing", 1), (1, "completed", 1), (2, "processing", 1), (2, "failed", 1),
        (2, "processing", 2), (2, "failed", 2), (3, "processing", 1), (3, "skipped", 1), (4, "pending", 1),
    ]  # fmt: skip
    assert recorded(run.id, "item")[1].output == 10
    assert recorded(run.id, "item")[3].error.type == "ValueError"


def test_checkpoints_form_a_graph_and_equal_values_lie_there_once(store, recorded, layout):
    with store.run("w") as run:
        first = run.checkpoint({"messages": ["a"], "plan": {"x": None}}, label="start")
        second = run.checkpoint({"messages": ["a", "b"], "plan": {"x": None}})
        branch = run.checkpoint({"messages": ["a", "c"], "plan": {"x": None}}, parent=first)
        run.checkpoint([1, 2], opaque={"graph": b"\x80\x04\x95"})
    saved = recorded(run.id, "checkpoint")
    assert [(point.checkpoint, point.parent) for point in saved[:3]] == [
        (first, None),
        (second, first),
        (branch, first),
    ]
    assert saved[3].parent == branch
    assert saved[0].values["plan"] == saved[1].values["plan"]
    assert saved[0].sizes == {"messages": 5, "plan": 10}
    assert list(saved[3].values) == ["value"]
    assert saved[3].opaque["graph"].size == 3
    # A header, plan, three messages, the list, the opaque bytes.
    assert len(layout.states(run.id).read_bytes().splitlines()) == 7


def test_what_is_no_number_is_said_and_not_counted(store, recorded):
    with store.run("w") as run:
        run.cost("m", input_tokens=-5, output_tokens="many", cache_read_tokens=None, dollars="a lot")
        run.cost("m", input_tokens=3.0, dollars="0.0031")
        run.cost("m", nanousd=5)
        run.metric("loss", float("nan"))
        run.metric("loss", 0.5)
        run.metric("loss", "big")
    first, second, third = recorded(run.id, "cost")
    assert (first.input_tokens, first.output_tokens, first.nanousd) == (0, 0, None)
    assert (second.input_tokens, second.nanousd, third.nanousd) == (3, 3_100_000, 5)
    doubt, nan, text = recorded(run.id, "log")
    assert doubt.details == {"input_tokens": -5, "output_tokens": "many", "dollars": "a lot"}
    assert nan.details == {"metric": "loss", "value": "NaN"}
    assert text.details["value"] == "big"
    assert [metric.value for metric in recorded(run.id, "metric")] == [0.5]


def test_levels_are_taken_as_they_are_meant(store, recorded):
    with store.run("w") as run:
        run.debug("d")
        run.info("i", kind="api_call", request_id="r1")
        run.warning("w")
        run.error("e", error=ValueError("why"))
        run.log("a", level="warn")
        run.log("b", level="critical")
        run.log("c", level="loud")
        run.log(17)
    entries = recorded(run.id, "log")
    assert [entry.level for entry in entries] == [
        "DEBUG", "INFO", "WARNING", "ERROR", "WARNING", "ERROR", "INFO", "INFO",
    ]  # fmt: skip
    assert (entries[1].kind, entries[1].request_id, entries[1].details) == ("api_call", "r1", {})
    assert entries[3].details["error"] == {"type": "ValueError", "message": "why"}
    assert entries[6].details == {"level": "loud"}
    assert entries[7].message == "17"


def test_artifacts_are_described_where_they_lie(store, recorded, tmp_path):
    (tmp_path / "out.txt").write_text("hello")
    with store.run("w") as run:
        run.artifact(tmp_path / "out.txt", media_type="text/plain")
        run.artifact("not/there")
        run.artifact("/dev/null", name="null")
    made, missing, device = recorded(run.id, "artifact")
    assert (made.name, made.size, made.media_type) == ("out.txt", 5, "text/plain")
    assert made.sha256 == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    assert missing.path.startswith("/")
    assert missing.size is None
    assert (device.name, device.sha256) == ("null", "")


def test_meta_and_snapshots(store, recorded):
    with store.run("w", meta={"team": "red"}) as run:
        run.meta(team=None, ticket=7)
        assert run.plan is None
        run.plan = ["a", "b"]
        assert run.plan == ["a", "b"]
        run.snapshot("input", {"q": 1})
        with pytest.raises(ValueError, match="none of"):
            run.snapshot("thoughts", 1)
    assert recorded(run.id, "run.meta")[0].meta == {"team": None, "ticket": 7}
    assert [(shot.name, shot.value) for shot in recorded(run.id, "snapshot")] == [
        ("plan", ["a", "b"]),
        ("input", {"q": 1}),
    ]


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\nb", "x" * 300, ".hidden", "dot.", "é", None, 7])
def test_ids_are_rejected_and_never_cleaned(store, layout, name):
    with pytest.raises(StorageError, match="cannot be a workflow id"):
        store.run(name)
    if name is not None:
        with pytest.raises(StorageError, match="session"):
            store.run("w", session=name)
        with pytest.raises(StorageError, match="not a run id"):
            store.run("w", id=str(name))
    assert not layout.root.exists()


def test_an_id_of_the_callers_own_is_used_once(store):
    with store.run("w", id="01m7yfk42b3kk74d159gj4jad7") as run:
        assert run.id == "01m7yfk42b3kk74d159gj4jad7"
    with pytest.raises(Conflict, match="exists already"):
        store.run("w", id=run.id)
    with pytest.raises(StorageError, match="not a run id"):
        store.run("w", id=run.id.upper())


class Versions:
    """The two methods of a workflow repository that recording uses."""

    def __init__(self):
        self.kept: list[Version] = []

    def find(self, workflow, digest):
        return next((version for version in self.kept if version.digest == digest), None)

    def store(self, workflow, definition, only_new=False):
        version = Version(workflow=workflow, number=len(self.kept) + 1, digest=digest_of(definition))
        self.kept.append(version)
        return version


def test_a_definition_is_saved_once_as_a_version(make_store, recorded):
    store = make_store(workflows=Versions())
    runs = [store.run("w", definition=text) for text in ("a: 1\n", "a: 2\n", "a: 1\n")]
    started = [recorded(run.id)[0] for run in runs]
    assert [event.version for event in started] == [1, 2, 1]
    assert started[0].digest == started[2].digest == digest_of("a: 1\n")
    for run in runs:
        run.finish()


def test_disabled_records_nothing_and_touches_no_file(store, layout, monkeypatch):
    monkeypatch.setenv("FLIGHTLOG_DISABLED", "1")
    with store.run("w", definition="a: 1") as run, run.step("s") as step:
        step.log("x")
        step.cost("m", input_tokens=1)
        assert run.checkpoint({"a": object()})
        run.artifact(__file__)
        run.graph({"a": []})
        with run.row(1):
            run.metric("m", 1)
        assert run.approve("may I?") is False
        assert run.approve("may I?", default=True) is True
    with store.resume(run.id):
        pass
    assert not layout.root.exists()


async def test_disabled_approvals_answer_at_once_in_a_loop_too(store, monkeypatch):
    monkeypatch.setenv("FLIGHTLOG_DISABLED", "1")
    async with store.run("w") as run:
        assert await run.approve_async("?", default=True) is True


@pytest.fixture
def logger():
    logger = logging.getLogger("agent.test")
    logger.setLevel(1)
    logger.propagate = False
    yield logger
    logger.handlers.clear()


def test_a_programs_logs_go_to_its_run(store, recorded, logger):
    with store.run("w") as run, run.step("s") as step:
        logger.addHandler(Handler(run))
        logger.warning("%d left", 3, extra={"request_id": "r9", "kind": "api_call", "tenant": "x", "level": 1})
        try:
            raise OSError("away")
        except OSError:
            logger.exception("failed")
        logger.log(5, "faint")
    first, second, third = recorded(run.id, "log")
    assert (first.message, first.level, first.kind, first.request_id) == ("3 left", "WARNING", "api_call", "r9")
    assert first.step == step.id
    assert first.details["tenant"] == "x"
    assert first.details["level"] == 1
    assert first.details["logger"] == "agent.test"
    assert second.level == "ERROR"
    assert "OSError: away" in second.details["error"]["traceback"]
    assert third.level == "DEBUG"


def test_the_handler_never_raises_and_never_feeds_itself(store, recorded, logger, capsys, monkeypatch):
    monkeypatch.setattr(logging, "raiseExceptions", True)
    run = store.run("w")
    handler = Handler(run)
    logger.addHandler(handler)
    ours = logging.getLogger("flightlog.journal")
    ours.addHandler(handler)
    try:
        ours.error("about ourselves")
        # Given to the handler itself, for pytest's own would raise.
        handler.handle(logging.LogRecord("agent", logging.INFO, __file__, 1, "%d and %d", (1,), None))
        assert "not enough arguments" in capsys.readouterr().err
        run.finish()
        logger.info("after the end")
    finally:
        ours.removeHandler(handler)
    assert not recorded(run.id, "log")


def test_a_value_whose_repr_logs_to_the_same_run_is_recorded(store, recorded, logger):
    class Chatty:
        def __repr__(self) -> str:
            logger.info("somebody looks at me")
            return "<chatty>"

    with store.run("w") as run:
        logger.addHandler(Handler(run))
        run.log("look", value=Chatty())
    messages = [entry.message for entry in recorded(run.id, "log")]
    assert sorted(messages) == ["look", "somebody looks at me"]
