"""`logs --tail`: the end of a log, of which no more is read than is shown."""

import json

import flightlog
import pytest
from click.testing import CliRunner
from flightlog.backends.sql.log_repository import SqlLogs
from flightlog.tui.cli import logs
from flightlog.tui.cli.main import main


@pytest.fixture
def data(tmp_path):
    with flightlog.open(tmp_path / "data") as store, store.run("long", name="long") as run:
        for number in range(60):
            (run.warning if number % 10 == 0 else run.info)(f"entry {number}")
    return tmp_path / "data"


def numbers(data, *words: str) -> list[int]:
    result = CliRunner().invoke(main, ["logs", "long", *words, "--json", "--data", str(data)])
    assert result.exit_code == 0, result.output
    return [int(json.loads(line)["message"].split()[1]) for line in result.stdout.splitlines()]


def test_the_last_entries_of_those_that_are_wanted(data, monkeypatch):
    monkeypatch.setattr(logs, "PAGE", 7)
    everything = list(range(60))
    assert numbers(data) == everything
    for number in (0, 1, 6, 7, 8, 15, 59, 60, 1000):
        assert numbers(data, "-n", str(number)) == everything[60 - min(number, 60) :]
    assert numbers(data, "--tail", "3", "--level", "warning") == [30, 40, 50]
    assert numbers(data, "--tail", "4", "--grep", "[37]$") == [43, 47, 53, 57]
    assert numbers(data, "--tail", "4", "--grep", "none of them") == []


def test_no_more_is_read_than_is_shown(data, monkeypatch):
    monkeypatch.setattr(logs, "PAGE", 7)
    read, query = [], SqlLogs.query

    def counted(self, *args, **named):
        page = query(self, *args, **named)
        read.append(len(page))
        return page

    monkeypatch.setattr(SqlLogs, "query", counted)
    assert len(numbers(data, "-n", "10")) == 10
    assert read == [7, 7]


@pytest.mark.parametrize("tail", ["0", "2"])
def test_what_comes_is_followed_from_the_end(tmp_path, monkeypatch, tail):
    with flightlog.open(tmp_path / "data", storage="file") as store:
        run = store.run("slow")
        for number in range(5):
            run.info(f"old {number}")
        print_last = logs._Log.print_last

        def then_it_goes_on(self, number):
            print_last(self, number)
            run.info("new")
            run.finish()

        monkeypatch.setattr(logs._Log, "print_last", then_it_goes_on)
        shown = CliRunner().invoke(main, ["logs", run.id, "-f", "-n", tail, "--data", str(tmp_path / "data")]).stdout
    lines = [line.split("INFO")[1].strip() for line in shown.splitlines()]
    assert lines == ["old 3", "old 4", "new"][2 - int(tail) :]
