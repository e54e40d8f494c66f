"""The verbs that carry a store elsewhere and compare two: what they say, their JSON, their exit codes."""

import json
import os
import subprocess
import sys

import flightlog
import pytest
from click.testing import CliRunner
from flightlog.core.progress import Standing
from flightlog.tui.cli import bar, moving
from flightlog.tui.cli.main import main
from moving_stores import fill


@pytest.fixture
def data(tmp_path):
    fill(f"file:{tmp_path / 'data'}")
    return tmp_path / "data"


def call(*words, code=0):
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert done.exit_code == code, (done.output, done.exception)
    return done


def test_a_backup_and_its_verification_are_told(data, tmp_path):
    done = call("backup", f"file:{tmp_path / 'copy'}", "--data", data)
    assert done.stdout.splitlines() == [
        "carried 23 events of 5 runs, 5 annotations, 4 versions, 1 patterns, 0 operations",
        "compared on both sides: 5 runs, 23 events, 8 state values, 5 annotations, 4 versions, 1 patterns",
    ]
    assert done.stderr == ""
    told = json.loads(call("backup", f"file:{tmp_path / 'copy'}", "--data", data, "--json").stdout)
    assert (told["runs"], told["verified"]["versions"], told["findings"]) == (0, 4, [])
    assert call("verify", data, tmp_path / "copy").stdout.startswith("both hold the same: 5 runs, 23 events, ")


def test_a_difference_is_told_with_exit_code_3(data, tmp_path):
    call("backup", tmp_path / "copy", "--data", data)
    with flightlog.open(data) as store:
        run = store.runs.recent("w")[0].id
        store.workflows.store("w", "a: 9")
    call("note", run, "later", "--data", data)
    done = call("verify", data, tmp_path / "copy", code=3)
    annotation, version, last = done.stdout.splitlines()
    assert annotation.startswith(f"✖ run: 1 annotation of run {run} is only in {data}")
    assert version.startswith(f"✖ version: version 4 of workflow w is only in {data}")
    assert last.startswith("2 findings: ")
    rows = [json.loads(line) for line in call("verify", data, tmp_path / "copy", "--json", code=3).stdout.splitlines()]
    assert [row.get("kind") for row in rows] == ["run", "version", None] and rows[2]["runs"] == 5


def test_mistakes_are_one_sentence(data, tmp_path):
    for words, code in (
        (["backup", data], 2),
        (["backup", f"file:{tmp_path / 'copy'}", "--session", "ana"], 2),
        (["backup", "sqlite::memory:"], 2),
        (["backup", ""], 2),
        (["backup", "/proc/x"], 1),
        (["migrate", "--to", ""], 2),
        (["verify", data, ""], 2),
        (["backup", f"file:{tmp_path / 'copy'}", "--read-only"], 2),
        (["migrate", "--to", "sqlite", "--read-only"], 2),
        (["migrate", "--to", "file"], 2),
        (["verify", data, data], 1),
        (["verify", data, tmp_path / "nothing"], 1),
    ):
        done = call(*words, "--data", data, code=code)
        assert len(done.stderr.splitlines()) == 1 and done.stderr.startswith("flightlog: "), done.stderr
    assert sorted(os.listdir(tmp_path)) == ["data"]


def test_without_a_terminal_there_is_no_bar(data, tmp_path):
    program = [sys.executable, "-c", "from flightlog.tui.cli.main import main; main()"]
    words = ["backup", f"file:{tmp_path / 'copy'}", "--data", str(data)]
    done = subprocess.run([*program, *words], capture_output=True, text=True, check=True)
    assert done.stderr == "" and "▇" not in done.stdout


def test_the_bar_tells_how_much_and_how_long():
    at = Standing(31_000_000, 102_000_000, 6.0, "carrying")
    assert bar.line(at) == "carrying ▇▇▇▇▇▇·············· 31.0 MB of 102 MB, 0:13 left"
    assert bar.line(Standing(0, 0, 2.0, "comparing"), ascii=True) == "comparing, 0:02 so far"
    assert bar.line(Standing(5, 10, 0.0, "comparing"), ascii=True) == "comparing ##########.......... 5 B of 10 B"


def test_a_migration_is_told_and_switches_the_configuration(data, tmp_path):
    done = call("migrate", "--to", "sqlite", "--data", data)
    assert done.stdout.splitlines() == [
        "carried 23 events of 5 runs, 5 annotations, 0 versions, 1 patterns, 0 operations",
        "compared on both sides: 5 runs, 23 events, 8 state values, 5 annotations, 0 versions, 1 patterns",
    ]
    assert done.stderr.splitlines() == [f"{data / 'flightlog.yaml'} names the new place"]
    told = json.loads(
        call("migrate", "--to", f"file:{tmp_path / 'new'}", "--archive-old", "--json", "--data", data).stdout
    )
    assert told["switched"] == str(data / "flightlog.yaml") and told["archived"].startswith(f"{data}/moved-")
    assert len(call("ls", "--ids", "--data", data).stdout.split()) == 5


def test_a_migration_that_is_asked_for_again_tells_that_it_is_done_and_puts_the_old_data_aside(data):
    first = call("migrate", "--to", "sqlite", "--data", data)
    again = call("migrate", "--to", "sqlite", "--archive-old", "--data", data)
    assert again.stdout == first.stdout
    when, aside, where = again.stderr.splitlines()
    assert when.startswith("nothing is left to be moved: that was done 20")
    assert aside.startswith(f"the old data lie in {data}/moved-") and where == first.stderr.strip()
    assert not (data / "runs").exists()


def test_a_migration_says_what_it_waits_for_or_cannot_do(data, monkeypatch):
    with flightlog.open(data) as store:
        run = store.run("w")
        done = call("migrate", "--to", "sqlite", "--data", data, code=1)
        assert done.stderr.startswith(
            f"flightlog: 1 run is being written: {run.id} ({data}); move it when they have ended"
        )
        said = moving._Waiting.__call__

        def say_and_end(self, runs):
            said(self, runs)
            run.finish()

        monkeypatch.setattr(moving._Waiting, "__call__", say_and_end)
        done = call("migrate", "--to", "sqlite", "--wait", "--data", data)
    assert f"flightlog: waiting for {run.id}" in done.stderr
    for words in (["--to", "nonsense:x"], ["--to", "sqlite::memory:"], []):
        done = call("migrate", *words, "--data", data, code=2)
        assert "Traceback" not in done.output and done.stderr


def test_what_was_not_proved_is_not_switched(data, tmp_path):
    with flightlog.open(f"sqlite:{tmp_path}/there/flightlog.db") as store:
        store.workflows.store("w", "other: 1")
    done = call("migrate", "--to", f"sqlite:{tmp_path}/there/flightlog.db", "--data", data, code=3)
    assert "the configuration stays as it was, for both sides do not hold the same" in done.stderr
    assert "✖ version: version 1 of workflow w differs between" in done.stdout
