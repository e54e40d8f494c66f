"""What a run's recorder promises: steps, endings, errors, graphs, rows, numbers."""

import contextlib

import pytest
from flightlog.core.errors import Conflict, StorageError
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


def test_more_than_a_call_can_have_is_said_and_not_counted(store, recorded):
    most = 2**53
    with store.run("w") as run:
        run.cost("m", input_tokens=most, nanousd=most)
        run.cost("m", dollars="9007199.254740992")
        run.cost("m", input_tokens=most + 1, output_tokens=2**63 - 1, nanousd=most + 1)
        run.cost("m", dollars=10_000_000)
    first, second, third, fourth = recorded(run.id, "cost")
    assert (first.input_tokens, first.nanousd, second.nanousd) == (most, most, most)
    assert (third.input_tokens, third.output_tokens, third.nanousd, fourth.nanousd) == (0, 0, None, None)
    one, other = recorded(run.id, "log")
    assert (one.level, one.kind) == ("WARNING", "recording") and "that no call has" in one.message
    assert one.details == {"input_tokens": most + 1, "output_tokens": 2**63 - 1, "nanousd": most + 1}
    assert other.details == {"dollars": 10_000_000}


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
