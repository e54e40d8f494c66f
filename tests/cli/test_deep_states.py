"""A state that is nested five thousand levels deep: recorded, shown, compared, carried on, archived and back, whole."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import flightlog
import msgspec
import pytest
from click.testing import CliRunner
from deep_states import nested, whole
from flightlog.backends.sources.open_source import open_source
from flightlog.core.query.query import EVERYTHING
from flightlog.tui.cli.main import main
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.sqlite import SqliteSaver

DEPTH = 5_000
TEXT = '{"next":' * DEPTH + '"%s"' + "}" * DEPTH


def deep(word: str) -> object:
    return nested(DEPTH, lambda inner: {"next": inner}, word)


def call(data: object, *words: object) -> str:
    done = CliRunner().invoke(main, [str(words[0]), "--data", str(data), *map(str, words[1:])])
    assert done.exit_code == 0, (words, done.output[-500:], done.exception)
    return done.stdout


@pytest.mark.parametrize(("kind", "other"), [("file", "sqlite"), ("sqlite", "file")])
def test_it_comes_through_everything_that_is_done_with_a_run(tmp_path, kind, other):
    data, target = tmp_path / "data", tmp_path / "target"
    target_url = f"sqlite:{target}/flightlog.db" if other == "sqlite" else f"file:{target}"
    with flightlog.open(data, storage=kind) as store, store.run("w", meta={"deep": deep("meta")}) as run:
        with run.step("plan", input=deep("input")) as step:
            step.log("deep", value=deep("detail"))
            step.output = deep("output")
        first, last = (run.checkpoint({"deep": deep(word), "n": 1}) for word in ("first", "needle"))
        run.snapshot("result", deep("result"))

    def check(place: Path) -> None:
        shown, told = (whole(call(place, *words)) for words in (("show", run.id, "--json"), ("events", run.id)))
        assert all(TEXT % word in shown for word in ("meta", "result"))
        assert all(TEXT % word in told for word in ("meta", "input", "output", "detail", "result"))
        assert TEXT % "detail" in whole(call(place, "logs", run.id, "--json"))
        state = call(place, "state", last)
        assert json.loads(state)["n"] == 1  # any reader's stack carries it
        assert TEXT % "needle" in whole(state)
        assert "needle" in call(place, "diff", first, last, "--json")

    check(data)
    call(data, "export", run.id, "-o", tmp_path / "page.html")
    assert "needle" in (tmp_path / "page.html").read_text()
    call(data, "archive", run.id, "--yes")
    check(data)
    call(data, "restore", run.id, "--yes")
    moved = call(data, "migrate", "--to", target_url)
    assert "0 patterns, 2 operations" in moved
    check(target)


def test_so_does_one_in_a_langgraph_database(tmp_path):
    path = tmp_path / "checkpoints.sqlite"
    with SqliteSaver.from_conn_string(str(path)) as saver:
        checkpoint = empty_checkpoint() | {"channel_values": {"deep": 1}, "channel_versions": {"deep": 1}}
        saver.put({"configurable": {"thread_id": "t", "checkpoint_ns": ""}}, checkpoint, {"step": 0}, {"deep": 1})
    with closing(sqlite3.connect(path)) as connection:
        (raw,) = connection.execute("SELECT checkpoint FROM checkpoints").fetchone()
        small = msgspec.msgpack.encode({"deep": 1})
        packed = b"\x81" + msgspec.msgpack.encode("deep") + b"\x81\xa4next" * DEPTH + msgspec.msgpack.encode("needle")
        assert small in raw
        connection.execute("UPDATE checkpoints SET checkpoint = ?", (raw.replace(small, packed, 1),))
        connection.commit()
    with open_source(path, in_memory=True) as store:
        (run,) = store.runs.query(EVERYTHING).items
        (found,) = store.checkpoints.list(run.id)
        state = store.checkpoints.state(found.id)
    assert TEXT % "needle" in whole(msgspec.json.encode(state))
    call(path, "migrate", "--to", f"file:{tmp_path / 'copy'}")
    assert TEXT % "needle" in whole(call(tmp_path / "copy", "state", found.id))
