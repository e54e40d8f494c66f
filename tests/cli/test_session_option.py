"""`--session`: the command line and the browser know one session's runs."""

import json

import flightlog
import pytest
from click.testing import CliRunner
from flightlog.tui.app import FlightlogApp
from flightlog.tui.cli.main import main
from flightlog.tui.cli.opening import open_store
from flightlog.tui.cli.options import Settings


@pytest.fixture(params=["file", "sqlite"])
def data(request, tmp_path):
    with flightlog.open(tmp_path / "data", storage=request.param) as store:
        for session in ("ana", "bob"):
            with store.run(f"{session}-flow", session=session) as run:
                run.log(f"{session} was here")
    return tmp_path / "data"


def call(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.mark.parametrize("place", ["before", "after"])
def test_lists_hold_only_the_sessions_runs(data, place):
    words = {"before": ("--session", "ana", "ls"), "after": ("ls", "--session", "ana")}[place]
    rows = [json.loads(line) for line in call("--data", data, *words, "--json").output.splitlines()]
    assert [row["session"] for row in rows] == ["ana"]
    found = call("search", "was here", "--data", data, "--session", "bob").output
    assert "bob was here" in found
    assert "ana" not in found


def test_another_sessions_run_is_not_found(data):
    with flightlog.open(data) as store:
        (other,) = store.runs.recent("bob-flow")
    for verb in ("show", "logs", "states", "events"):
        result = call(verb, other.id, "--data", data, "--session", "ana")
        assert result.exit_code == 1
        assert "there is no run" in result.stderr
    assert call("pin", other.id, "--data", data, "--session", "ana").exit_code == 1


def test_upkeep_says_that_it_is_of_the_whole_store(data):
    result = call("doctor", "--data", data, "--session", "ana")
    assert result.exit_code == 1
    assert "ask without --session" in result.stderr


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_the_browser_shows_the_session_and_says_so(data, size):
    app = FlightlogApp(lambda: open_store(Settings(data=str(data), session="ana")))
    async with app.run_test(size=size) as pilot:
        for _ in range(100):
            await pilot.pause(0.05)
            shown = app.export_screenshot(simplify=True)
            if "ana-flow" in shown:
                break
        assert "ana-flow" in shown
        assert "bob-flow" not in shown
        assert "session&#160;ana" in shown
    app.close()
