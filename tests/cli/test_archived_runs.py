"""What the command line tells of archived runs."""

import json
from pathlib import Path

import flightlog
import pytest
from click.testing import CliRunner
from flightlog.backends.archive.flz import facts_of
from flightlog.backends.archive.flz_members import members_of
from flightlog.backends.archive.flz_writer import write_flz
from flightlog.backends.journal.disk import make_folder
from flightlog.backends.journal.layout import Layout
from flightlog.tui.cli.main import main


def call(*words: object) -> str:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A live run, and an archived one."""
    layout = Layout(tmp_path)
    with flightlog.open(tmp_path, storage="file") as store:
        for name in ("old", "new"):
            with store.run("triage", name=name) as run:
                run.log("hello")
            if name == "old":
                path = layout.archived(run.id)
                make_folder(path.parent)
                write_flz(path, facts_of(store.runs.get(run.id)), members_of(layout, run.id))
                layout.journal(run.id).unlink()
    return tmp_path


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ([], ["new"]),
        (["triage"], ["new"]),
        (["--all"], ["new", "old"]),
        (["--all", "name:old"], ["old"]),
        (["archived"], ["old"]),
        (["-archived"], ["new"]),
        (["archived | name:new"], ["new", "old"]),
    ],
    ids=str,
)
def test_ls_lists_archived_runs_when_they_are_asked_for(data: Path, words: list[str], names: list[str]) -> None:
    options = [word for word in words if word == "--all"]
    query = [word for word in words if word != "--all"]
    told = call("ls", "--json", "--data", data, *options, "--", *query)
    rows = [json.loads(line) for line in told.splitlines()]
    assert [row["name"] for row in rows] == names
    assert all(row["archived"] == (row["name"] == "old") for row in rows)


def test_everything_is_told_of_an_archived_run(data: Path) -> None:
    assert ", archived" in call("show", "old", "--data", data)
    assert ", archived" not in call("show", "new", "--data", data)
    assert "hello" in call("logs", "old", "--data", data)
    assert len(call("events", "old", "--data", data).splitlines()) == 3
    assert call("search", "hello", "--data", data).count("hello") == 2
