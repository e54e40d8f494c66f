"""`FLIGHTLOG_DISABLED=1`: an agent runs as it is, and nothing of it is kept, made or loaded."""

import os
import subprocess
import sys

import flightlog
import pytest
from flightlog.core.errors import NotFound

AGENT = """
import asyncio, logging, pathlib, sys, threading
import flightlog

with flightlog.open("data", durable=True) as store, store.run("w", definition="a: 1") as run:
    logging.getLogger("agent").addHandler(flightlog.Handler(run))
    logging.getLogger("agent").warning("to nobody")
    run.graph({"plan": [], "act": ["plan"]})
    run.plan = run.input = run.result = run.output = {"a": 1}
    run.meta(a=1)
    with run.step("plan", agent="planner") as step, step.step("inner"):
        step.log("x", n=1)
        step.cost("gpt-4o", input_tokens=1)
        step.metric("m", 1.0)
        step.message("a", "b", "hello")
        step.artifact(__file__)
        with step.row(1) as row:
            row.output = 1
        assert step.checkpoint({"a": object()}, opaque={"b": b"c"})
    assert run.approve("may I?") is False
    assert run.approve("may I?", default=True) is True

    async def work():
        assert await run.approve_async("?", default=True) is True
        async with store.run("w", parent=run, from_checkpoint="x") as child, child.step("s"):
            await asyncio.sleep(0)

    asyncio.run(work())
    assert store.workflows.store("w", "a: 1").number == 1
store.resume(run.id).pause()
print(sorted(str(path) for path in pathlib.Path(".").rglob("*")))
print([thread.name for thread in threading.enumerate()])
heavy = {"sqlite3", "sqlalchemy", "alembic", "yaml", "watchdog", "platformdirs", "genai_prices"}
print(sorted(heavy & sys.modules.keys()))
print(sorted(name for name in sys.modules if name.startswith("flightlog.backends.") and name.count(".") > 2))
"""


def test_an_agent_that_records_leaves_no_file_no_thread_and_no_module(tmp_path):
    (tmp_path / "agent.py").write_text(AGENT)
    env = os.environ | {"FLIGHTLOG_DISABLED": "1", "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "agent.py"], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["['agent.py']", "['MainThread']", "[]", "[]"]


@pytest.mark.parametrize("storage", ["file", "sqlite"])
def test_what_lies_there_can_be_read_and_stays_as_it_is(tmp_path, monkeypatch, storage):
    with flightlog.open(tmp_path / "data", storage=storage) as store, store.run("w") as run:
        run.log("before")
    monkeypatch.setenv("FLIGHTLOG_DISABLED", "1")
    with flightlog.open(tmp_path / "data") as store:
        with store.run("w") as other:
            other.log("not kept")
        assert store.runs.totals().runs == 1
        assert store.runs.get(run.id).logs == 1
        with pytest.raises(NotFound):
            store.workflows.get_latest("w")


def test_a_question_about_a_place_that_is_not_there_makes_it_not(tmp_path, monkeypatch):
    monkeypatch.setenv("FLIGHTLOG_DISABLED", "1")
    with flightlog.open(tmp_path / "data") as store, pytest.raises(NotFound):
        _ = store.runs
    assert not list(tmp_path.iterdir())
