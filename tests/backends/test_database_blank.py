"""A database whose first process was killed before it wrote its tables: empty to readers, completed by who records."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import flightlog
import pytest
from click.testing import CliRunner
from flightlog.backends.sqlite import engine
from flightlog.core.query.query import EVERYTHING
from flightlog.tui.cli.main import main
from killing import killed_at

AT = {"a data directory": "data", "a database": "data/flightlog.db", "one of another name": "x.db"}


@pytest.fixture(params=["nothing", "a page"])
def blank(request, tmp_path, monkeypatch):
    """Makes a place of which a process was killed that had just begun to make its database."""

    def made(name: str) -> str:
        place = tmp_path / AT[name]
        (tmp_path / "data").mkdir()
        path = place / "flightlog.db" if place.is_dir() else place
        spool = path.with_name(f"{path.name}-data") if path.name == "x.db" else path.parent
        (spool / "spool").mkdir(parents=True)
        path.touch()
        if request.param == "a page":
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA journal_mode=WAL")
        return str(place)

    return made


@pytest.mark.parametrize("name", AT)
def test_it_is_empty_to_who_only_reads_until_somebody_has_written(blank, name):
    place = blank(name)
    done = CliRunner().invoke(main, ["ls", "--all", "--read-only", "--data", place])
    assert (done.exit_code, done.stderr.split(":")[0]) == (0, "there are no runs yet"), done.output
    with flightlog.open(place, read_only=True) as reading:
        assert reading.runs.totals().runs == 0 and not reading.runs.query(EVERYTHING).items
        with flightlog.open(place) as store, store.run("w") as run:
            pass
        assert [one.id for one in reading.runs.query(EVERYTHING).items] == [run.id]
        assert reading.runs.totals().runs == 1


@pytest.mark.parametrize("name", AT)
def test_what_waits_in_its_spool_is_not_lost_by_reading(blank, name, tmp_path):
    place = blank(name)
    spool = next(tmp_path.rglob("spool"))
    child = os.fork()
    if child == 0:
        engine.open_database = None  # it is killed before it ships
        run = flightlog.open(place).run("w")
        run.log("one")
        os._exit(0)
    os.waitpid(child, 0)
    before = sorted(spool.iterdir())
    assert before
    with flightlog.open(place, read_only=True) as store:
        assert store.runs.totals().runs == 0
    assert sorted(spool.iterdir()) == before
    with flightlog.open(place) as store:
        assert store.runs.totals().runs == 1


def test_a_blank_database_of_somebody_else_stays_his(tmp_path):
    path = tmp_path / "checkpoints.sqlite"
    path.touch()
    done = CliRunner().invoke(main, ["ls", "--data", str(path)])
    assert done.exit_code == 2 and "Traceback" not in done.output
    assert os.listdir(tmp_path) == ["checkpoints.sqlite"] and path.stat().st_size == 0


def test_killed_at_any_step_of_its_making_a_store_can_be_read_and_completed(tmp_path):
    place = str(tmp_path / "data")
    for number in range(1, 200, 4):
        shutil.rmtree(place, ignore_errors=True)
        ended = killed_at(
            number, ("open", "mkdir", "connect", "execute", "close"), lambda: flightlog.open(place).runs.totals()
        )
        if Path(place).exists():
            with flightlog.open(place, read_only=True) as store:
                assert store.runs.totals().runs == 0
        with flightlog.open(place) as store, store.run("w"):
            pass
        with flightlog.open(place, read_only=True) as store:
            assert store.runs.totals().runs == 1
        if ended:
            break
