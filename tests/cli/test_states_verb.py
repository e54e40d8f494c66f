"""`flightlog states RUN --drop`: what would go is said first, and nothing goes without a yes."""

import json

import flightlog
import pytest
from click.testing import CliRunner
from flightlog.core.errors import NotFound
from flightlog.core.query.query import EVERYTHING
from flightlog.tui.cli import asking
from flightlog.tui.cli.annotate import who
from flightlog.tui.cli.main import main


def call(*words, code=0, input=None):
    done = CliRunner().invoke(main, [str(word) for word in words], input=input)
    assert done.exit_code == code, (done.output, done.exception)
    return done


@pytest.fixture(params=["file", "sqlite"])
def place(request, tmp_path):
    """Where a finished run is whose state grew; with the ids of its checkpoints."""
    with flightlog.open(tmp_path / "data", storage=request.param) as store, store.run("w", name="grown") as run:
        points = [run.checkpoint({"text": f"{n} " * 2000, "n": n}) for n in range(6)]
    return tmp_path / "data", points


def states(data, points) -> list[bool]:
    """Of which checkpoints the state is there."""
    there = []
    with flightlog.open(data) as store:
        for point in points:
            try:
                store.checkpoints.state(point)
                there.append(True)
            except NotFound:
                there.append(False)
    return there


def test_nothing_goes_without_a_yes(place, monkeypatch):
    data, points = place
    done = call("states", "grown", "--drop", "--data", data, code=2)
    assert "values (" in done.stderr and "would be dropped for good, 0 states of 6 kept" in done.stderr
    assert "--yes" in done.stderr and done.stdout == ""
    monkeypatch.setattr(asking, "can_ask", lambda: True)
    done = call("states", "grown", "--drop", "--keep", "last", "--data", data, code=1, input="n\n")
    assert "1 state of 6 kept" in done.stderr and "nothing was changed" in done.stderr
    assert states(data, points) == [True] * 6


def test_those_that_are_named_stay_whole(place, monkeypatch):
    data, points = place
    monkeypatch.setattr(asking, "can_ask", lambda: True)
    words = ("states", "grown", "--drop", "--keep", points[1], "--keep", points[3][-12:], "--keep", "last")
    done = call(*words, "--data", data, input="y\n")
    assert "values (" in done.stdout and done.stdout.endswith("dropped\n") and "3 states of 6 kept" in done.stderr
    assert states(data, points) == [False, True, False, True, False, True]
    assert "there is nothing to drop" in call(*words, "--data", data).stderr
    with flightlog.open(data) as store:
        (act,) = store.runs.acts().items
        assert act.by == who()


def test_a_program_is_told_what_went(place):
    data, points = place
    done = call("states", "grown", "--drop", "--keep", points[0], "--yes", "--json", "--data", data)
    told = json.loads(done.stdout)
    with flightlog.open(data) as store:
        (run,) = store.runs.query(EVERYTHING).items
    assert told.keys() == {"run", "values", "size_bytes", "kept"}
    assert (told["run"], told["kept"]) == (run.id, points[:1]) and told["values"] > 4 and told["size_bytes"] > 1000
    assert states(data, points) == [True] + [False] * 5
    again = json.loads(call("states", run.id, "--drop", "--keep", points[0], "--json", "--data", data).stdout)
    assert again == {"run": run.id, "values": 0, "size_bytes": 0, "kept": points[:1]}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--keep", "last"), 2, "belong to --drop"),
        (("--yes",), 2, "belong to --drop"),
        (("--drop", "--keep", "01"), 1, "several checkpoints"),
        (("--drop", "--keep", "nothing"), 1, "has no checkpoint 'nothing'"),
        (("--drop", "--keep", ""), 1, "has no checkpoint ''"),
        (("--drop", "--yes", "--read-only"), 1, "opened read-only"),
        (("--drop", "--yes", "--session", "ana"), 2, "--session"),
    ],
)
def test_what_is_refused_changes_nothing(place, words, code, said):
    data, points = place
    assert said in call("states", "grown", *words, "--data", data, code=code).stderr
    assert states(data, points) == [True] * 6


def test_a_run_without_checkpoints_says_so(tmp_path):
    with flightlog.open(tmp_path) as store:
        store.run("w", name="bare").finish()
    said = call("states", "bare", "--drop", "--keep", "last", "--data", tmp_path, code=1).stderr
    assert "has no checkpoints;" in said


def test_a_run_that_goes_on_keeps_its_states(tmp_path):
    with flightlog.open(tmp_path, storage="file") as store:
        run = store.run("w", name="going")
        point = run.checkpoint({"a": 1})
        assert "is not finished" in call("states", "going", "--drop", "--yes", "--data", tmp_path, code=1).stderr
        assert store.checkpoints.state(point) == {"a": 1}
        run.finish()
