"""Opening by a configuration: what is in force tells whence it comes, and a mistake is one line that makes nothing."""

import os

import flightlog
import pytest
from flightlog.backends.configuration.effective_config import configuration
from flightlog.core.errors import ConfigError, FlightlogError
from kept_places import kinds, record


def test_what_is_configured_holds_for_a_database_by_any_of_its_names(tmp_path):
    (tmp_path / "flightlog.yaml").write_text("storage: {logs: {type: sqlite, path: mine.db}}")
    run = record(tmp_path)
    for place in (tmp_path, tmp_path / "mine.db"):
        with flightlog.open(place) as store:
            assert store.runs.get(run).logs == 1
            assert store.workflows.get("w", 1).definition == "a: 1"


def test_a_configuration_of_the_environment_makes_nothing_of_ours_out_of_transcripts(tmp_path, monkeypatch):
    (folder := tmp_path / "claude" / "projects" / "-srv-mail").mkdir(parents=True)
    (folder / "5d8e1c1e.jsonl").write_text('{"type":"summary","leafUuid":"a"}\n')
    (tmp_path / "mine.yaml").write_text("storage: {logs: {type: file}}")
    monkeypatch.setenv("FLIGHTLOG_CONFIG", str(tmp_path / "mine.yaml"))
    with flightlog.open(tmp_path / "claude", read_only=True) as store:
        assert store.read_only
    record(tmp_path / "own")
    assert "runs" in kinds(tmp_path / "own")


def test_what_holds_for_a_policy_where_nothing_is_said_is_told(tmp_path):
    file = tmp_path / "flightlog.yaml"
    file.write_text("minimum: 2")
    assert {key for key, _, _ in configuration(tmp_path).rows()}.isdisjoint({"trash_for", "every"})
    file.write_text("minimum: 2\nmax_size: 5GB\nevery: 2h")
    rows = {key: (value, origin) for key, value, origin in configuration(tmp_path).rows()}
    assert (rows["minimum"], rows["every"]) == ((2, str(file)), ("2h", str(file)))
    assert rows["trash_for"] == ("7d", "default")


def test_configuration_in_force_tells_every_origin(tmp_path):
    (tmp_path / "flightlog.yaml").write_text("storage: {logs: {type: file}}")
    rows = {key: (value, origin) for key, value, origin in configuration(tmp_path).rows()}
    assert rows["data"] == (str(tmp_path), "the place that was named")
    assert rows["config"] == (str(tmp_path / "flightlog.yaml"), "found in the data directory")
    assert rows["storage.logs.type"] == ("file", str(tmp_path / "flightlog.yaml"))
    assert rows["storage.workflows.path"] == (str(tmp_path / "workflows"), "default")
    assert rows["storage.metrics.path"] == (str(tmp_path / "metrics"), "as storage.logs")
    (tmp_path / "flightlog.yaml").unlink()
    record(tmp_path, storage="file")
    rows = {key: origin for key, _, origin in configuration(tmp_path).rows()}
    assert rows["storage.logs.type"] == "what lies in the data directory"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("storage: {lgos: {type: file}}", "did you mean 'logs'"),
        ("storage: {logs: {type: fiel}}", "did you mean 'file'"),
        ("storage: {logs: [file]}", "storage.logs"),
        ("storage: {logs: {type: file, path: elsewhere}}", "called runs"),
        ("storage: [", "flightlog.yaml"),
        ("storage: {logs: {type: file, path: a/runs}, workflows: {type: file, path: a}}", "lies in the place of"),
        (
            "storage: {logs: {type: file, path: runs}, metrics: {type: file, path: runs}}",
            "is the place of storage.logs",
        ),
        ("storage: {logs: {type: sqlite, path: w/x.db}, workflows: {type: file, path: w}}", "storage.logs.path"),
        ("storage: {logs: {type: sqlite, path: .flightlog/index.db}}", "disposable index"),
        ("storage: {logs: {type: sqlite, path: .}}", "a folder lies where a database is wanted"),
        ("storage: {workflows: {type: file, path: flightlog.yaml}}", "a file lies where a folder is wanted"),
        ("archive: {path: workflows/old}", "lies in the place of storage.workflows"),
        ("storage: {mirror: {type: file, path: .}}", "the data directory"),
        ("storage: {mirror: {type: file, path: ..}}", "the data directory"),
        ("storage: {mirror: {type: file, path: workflows}}", "is the place of storage.workflows too"),
        ("storage: {logs: {type: file}, mirror: {type: file, path: runs/2}}", "lies in the place of storage.logs"),
        ("storage: {mirror: {type: file, path: archive}}", "Flightlog itself uses archive there"),
        ("storage: {workflows: {type: file, path: spool}}", "Flightlog itself uses spool there"),
        ("storage: {metrics: {type: sqlite, path: flightlog.yaml}}", "Flightlog itself uses flightlog.yaml there"),
        ("storage: {logs: {type: sqlite, path: audit.jsonl}}", "Flightlog itself uses audit.jsonl there"),
        ("storage: {logs: {type: sqlite, path: db/x.db}}\narchive: {path: db/x.db-data/trash}", "uses trash there"),
        ("archive: {path: trash/old}", "Flightlog itself uses trash there"),
        ("archive: {path: ~nobody-here/old}", "nobody knows where the folder ~nobody-here is"),
    ],
)
def test_a_mistake_in_the_configuration_is_one_line_and_makes_nothing(tmp_path, text, words):
    (tmp_path / "flightlog.yaml").write_text(text)
    with pytest.raises(FlightlogError) as found:
        flightlog.open(tmp_path)
    assert words in str(found.value) and "\n" not in str(found.value) and "p4ss" not in str(found.value)
    assert os.listdir(tmp_path) == ["flightlog.yaml"]


def test_a_configuration_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="nobody-here"):
        flightlog.open(tmp_path, config="~nobody-here/flightlog.yaml")
    with pytest.raises(ConfigError, match="no such file"):
        flightlog.open(tmp_path, config=tmp_path / "missing.yaml")
