"""A mistake of our own in a verb: one sentence for the person, a report for whoever mends it. What is no mistake of
ours, but that of whoever called it, makes no report.
"""

import os
import subprocess
import sys

import flightlog
import pytest
from click.testing import CliRunner
from flightlog.tui.cli import output, runs
from flightlog.tui.cli.main import main

FULL = "flightlog: what it says cannot be written: No space left on device"


def test_nobody_is_shown_a_traceback(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def wrong(*words: object, **options: object) -> None:
        raise ZeroDivisionError("of\x1b[2J ours")

    monkeypatch.setattr(runs.ls, "callback", wrong)
    result = CliRunner().invoke(main, ["ls", "--data", str(tmp_path)])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1 and "flightlog made a mistake and ended" in result.stderr
    (report,) = (tmp_path / "state" / "flightlog" / "crashes").iterdir()
    assert "ZeroDivisionError" in report.read_text() and "\x1b" not in report.read_text()


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("-m flightlog ls <&- >&- 2>&-", 0, ""),
        ("-m flightlog rm --where name:a <&- 2>&1", 2, "nobody can be asked here; nothing was done; add --yes"),
        ("-m flightlog 2>&1 <&-", 2, "the browser needs a terminal"),
        ("-m flightlog ls 2>&1 >/dev/full", 1, FULL),
        ("-m flightlog events a→b 2>&1 >/dev/full", 1, FULL),
        ("-m flightlog export a→b -o - 2>&1 >/dev/full", 1, FULL),
        ("-m flightlog version triage 2>&1 >/dev/full", 1, FULL),
        ("-m flightlog --help 2>&1 >/dev/full", 1, FULL),
        ("-m flightlog archive ls --help 2>&1 >/dev/full", 1, FULL),
        ("-m flightlog ls", 0, "a\\u2192b"),
    ],
)
def test_standard_files_may_be_closed_full_or_of_few_signs(tmp_path, line, code, said):
    with flightlog.open(tmp_path / "data") as store, store.run("triage", name="a→b", definition="a: 1\n"):
        pass
    own = {"XDG_STATE_HOME": str(tmp_path / "state"), "PYTHONIOENCODING": "latin-1", "FLIGHTLOG_DATA": "data"}
    done = subprocess.run(
        f"exec {sys.executable} {line}", shell=True, cwd=tmp_path, env=os.environ | own, capture_output=True, text=True
    )
    assert (done.returncode, said in done.stdout) == (code, True), done
    assert not (tmp_path / "state").exists()


def test_a_long_cell_leaves_room_for_what_stands_behind_it(tmp_path, monkeypatch):
    with flightlog.open(tmp_path / "data") as store, pytest.raises(ValueError, match="long"), store.run("triage"):
        raise ValueError("long " * 100)
    monkeypatch.setattr(output, "terminal_width", lambda: 120)
    head, line = CliRunner().invoke(main, ["ls", "--data", str(tmp_path / "data")]).output.splitlines()
    assert [name for name in ("Started", "Took", "Cost", "Size") if name in head] == ["Started", "Took", "Cost", "Size"]
    assert "ValueError: long long" in line and len(line) <= 120
