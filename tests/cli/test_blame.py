"""`blame`: which step last wrote a key of a state."""

import json

import flightlog
import pytest
from click.testing import CliRunner
from flightlog.tui.cli.main import main


@pytest.fixture
def data(tmp_path):
    with flightlog.open(tmp_path / "data") as store:
        with store.run("triage", name="first") as run:
            for step, state in (("plan", {"plan": 1, "notes": ["a"]}), ("act", {"plan": 1, "notes": ["a", "b"]})):
                with run.step(step):
                    run.checkpoint(state)
        store.run("triage", name="empty").finish()
    return tmp_path / "data"


def call(data, *words: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, ["blame", *words, "--data", str(data)])
    assert result.exit_code == code, result.output
    return result.output


def test_each_key_with_the_step_that_last_wrote_it(data):
    with flightlog.open(data) as store:
        first, last = store.checkpoints.list(store.runs.resolve("first"))
    lines = [line.split() for line in call(data, "first").splitlines()[1:]]
    assert [(line[0], line[1], line[-1]) for line in lines] == [("notes", "act", last.id), ("plan", "plan", first.id)]
    (told,) = map(json.loads, call(data, "first", "notes", "--at", first.id, "--json").splitlines())
    assert (told["key"], told["since"], told["checkpoint"], told["step"]) == ("notes", first.id, first.id, first.step)


def test_what_is_not_there_is_said(data):
    with flightlog.open(data) as store:
        (point, _) = store.checkpoints.list(store.runs.resolve("first"))
    assert "nope" in call(data, "first", "nope", code=1)
    assert "has no checkpoint" in call(data, "empty", code=1)
    assert "there is no checkpoint" in call(data, "empty", "--at", point.id, code=1)
    assert "there is no checkpoint" in call(data, "first", "--at", "01j9" + "0" * 22, code=1)
