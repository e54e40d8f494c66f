"""The command line on a store that cannot be opened and has a mirror."""

import json
import os

import flightlog
import pytest
from click.testing import CliRunner
from flightlog.tui.cli.main import main

pytestmark = pytest.mark.usefixtures("patient_mirror")


@pytest.fixture
def data(tmp_path):
    """A data directory whose database is damaged, with one run in its mirror."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "flightlog.yaml").write_text("storage: {logs: {type: sqlite}, mirror: {type: file, path: second}}")
    with flightlog.open(folder) as store, store.run("triage", name="first") as run:
        run.log("hello")
    path = folder / "flightlog.db"
    path.write_bytes(path.read_bytes()[:100] + os.urandom(3996) + path.read_bytes()[4096:])
    return folder


def call(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.mark.parametrize("verb", [["ls"], ["ls", "--json"], ["workflows"], ["costs"], ["search", "hello"]])
def test_a_verb_reads_the_mirror_and_says_so_on_stderr(data, verb):
    done = call(*verb, "--data", data)
    assert done.exit_code == 0, done.output
    line = done.stderr.splitlines()[0]
    assert line.startswith("flightlog: the store cannot be opened: ") and "damaged" in line
    assert line.endswith(f"what is shown is its mirror {data / 'second'}, read-only")
    assert len(done.stderr.splitlines()) == 1
    if verb == ["ls", "--json"]:
        assert [json.loads(text)["name"] for text in done.stdout.splitlines()] == ["first"]


def test_what_would_change_it_is_refused_in_one_sentence(data):
    run = json.loads(call("ls", "--json", "--data", data).stdout)["id"]
    done = call("pin", run, "--data", data)
    assert done.exit_code == 1 and "Traceback" not in done.output
    assert "read-only" in done.stderr.splitlines()[0]


def test_doctor_names_the_damage(data):
    done = call("doctor", "--data", data)
    assert done.exit_code == 3
    assert "damaged-database" in done.stdout


def test_config_tells_of_the_mirror(data):
    rows = [json.loads(line) for line in call("config", "--json", "--data", data).stdout.splitlines()]
    assert {row["key"]: row["value"] for row in rows}["storage.mirror.path"] == str(data / "second")
