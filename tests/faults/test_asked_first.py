"""In a real terminal a verb that removes asks first, shows how far it is, and leaves the terminal as it was."""

import flightlog
import pytest
from flightlog.core.query.query import EVERYTHING
from pty_terminal import terminal


@pytest.fixture
def data(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store:
        for number in range(12):
            store.run("triage", name=f"run-{number}").finish()
        store.run("report", name="other").finish()
    return tmp_path / "data"


def left(data) -> int:
    with flightlog.open(data) as store:
        return store.runs.count(EVERYTHING)


def test_no_is_no_and_a_whole_workflow_goes_by_its_name(data):
    with terminal("rm", "other", "--data", data) as t:
        t.until("No run of report would be left. Its name, to go on")
        t.press("triage\n")
        assert t.ended() == 1
        assert "nothing was changed" in t.written
        assert t.is_sane()
    assert left(data) == 13
    with terminal("rm", "--where", "workflow:triage", "--data", data) as t:
        t.until("12 runs (")
        t.until("Its name, to go on")
        t.press("triage\n")
        t.until("12 runs moved to the trash: ")
        t.until("to take it back: flightlog undo ")
        assert t.ended() == 0
        assert t.is_sane()
    assert left(data) == 1


def test_an_interrupt_at_the_question_changes_nothing(data):
    with terminal("rm", "run-1", "--data", data) as t:
        t.until("goes to the trash: 1 of triage")
        t.until("[y/N]")
        t.press("\x03")
        assert t.ended() == 130
        assert "Traceback" not in t.written
        assert t.written.rstrip().endswith("flightlog: stopped; nothing was changed")
    assert left(data) == 13
