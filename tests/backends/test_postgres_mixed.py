"""A server beside files: any concern may be kept on it, and what is kept elsewhere goes on without it."""

import subprocess
import sys
from pathlib import Path

import flightlog
import pytest
from flightlog.core.errors import Conflict, StorageError
from flightlog.core.metrics import Pattern
from flightlog.core.query.query import EVERYTHING
from moving_stores import replayed
from postgres_server import PASSWORD

MIXES = {
    "logs": "workflows: {type: file}, logs: {type: postgres, url: '${URL}'}, metrics: {type: sqlite}",
    "the rest": "workflows: {type: postgres, url: '${URL}'}, logs: {type: file},"
    " metrics: {type: postgres, url: '${URL}'}",
    "workflows": "workflows: {type: postgres, url: '${URL}'}, logs: {type: sqlite}, metrics: {type: file}",
    "all but files": "workflows: {type: sqlite, path: w.db}, logs: {type: postgres, url: '${URL}'},"
    " metrics: {type: postgres, url: '${URL}'}",
    "mirrored": "logs: {type: postgres, url: '${URL}'}, mirror: {type: file, path: ../second}",
}


@pytest.fixture(params=MIXES)
def folder(request, tmp_path, new_postgres_url, monkeypatch) -> Path:
    return configured(tmp_path / "data", MIXES[request.param], new_postgres_url(), monkeypatch)


def configured(folder: Path, mix: str, url: str, monkeypatch) -> Path:
    monkeypatch.setenv("URL", url)
    folder.mkdir()
    (folder / "flightlog.yaml").write_text(f"storage: {{{mix}}}")
    return folder


def pattern(name: str) -> Pattern:
    return Pattern(workflow="triage", name=name, description="", count=1, evidence=("r",))


def test_every_concern_is_where_it_was_put(folder):
    with flightlog.open(folder) as store:
        store.workflows.store("triage", "prompt: sort\n")
        with store.run("triage", version=1, objective="sort") as run:
            run.log("three candidates")
            run.checkpoint({"messages": ["hello"]})
            run.metric("score", 0.5)
        store.metrics.record_pattern(pattern("slow"))
        with pytest.raises(Conflict):
            store.workflows.delete("triage", 1)
    with flightlog.open(folder) as store:
        assert [found.id for found in store.runs.query(EVERYTHING).items] == [run.id]
        assert [entry.message for entry in store.logs.search("candidates", EVERYTHING)] == ["three candidates"]
        assert store.checkpoints.state(store.checkpoints.list(run.id)[0].id) == {"messages": ["hello"]}
        assert (store.metrics.summary("triage", 1).completed, store.metrics.patterns("triage")[0].name) == (1, "slow")
        assert store.workflows.get("triage", 1).definition == "prompt: sort\n"
        assert [finding for finding in store.upkeep.check() if finding.severity == "error"] == []
    done = subprocess.run(
        [sys.executable, "-c", "from flightlog.tui.cli.main import main; main()", "config", "--data", str(folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "postgresql://127.0.0.1" in done.stdout and PASSWORD not in done.stdout + done.stderr


def test_one_mix_is_carried_into_another(folder, tmp_path):
    with flightlog.open(tmp_path / "before", storage="file") as before:
        before.workflows.store("triage", "prompt: sort\n")
        with before.run("triage", version=1) as run:
            run.log("carried")
            run.checkpoint({"n": 1})
        with flightlog.open(folder) as after:
            replayed(before, after)
            assert after.workflows.get("triage", 1).definition == "prompt: sort\n"
            assert after.runs.events(run.id) == before.runs.events(run.id)
            assert [entry.message for entry in after.logs.query(run.id)] == ["carried"]


# --- without the server ----------------------------------------------------------------------------------


@pytest.fixture
def stopped(postgres, new_postgres_url, tmp_path, monkeypatch):
    """Makes a data directory of a mix with a run in it; then the server is stopped."""

    def make(mix: str) -> Path:
        folder = configured(tmp_path / "data", MIXES[mix], new_postgres_url(), monkeypatch)
        with flightlog.open(folder) as store:
            store.workflows.store("triage", "prompt: sort\n")
            store.run("triage", version=1, name="before").finish()
            assert store.runs.totals().runs == 1
        postgres.stop()
        return folder

    yield make
    postgres.start()


def test_runs_in_files_are_read_and_recorded_without_the_server(stopped):
    folder = stopped("the rest")
    with flightlog.open(folder) as store:
        with store.run("triage", version=1) as run:
            run.log("here")
        assert [entry.message for entry in store.logs.search("here", EVERYTHING)] == ["here"]
        assert store.runs.totals().runs == 2 and store.metrics.summary("triage").completed == 2
        for ask in (lambda: store.metrics.patterns("triage"), store.workflows.list_all):
            with pytest.raises(StorageError, match="no server answers there"):
                ask()


def test_versions_in_files_are_read_without_the_server(stopped):
    with flightlog.open(stopped("logs")) as store:
        assert store.workflows.get("triage", 1).definition == "prompt: sort\n"
        with store.run("triage", version=1) as run:
            run.log("waits in the spool")
        with pytest.raises(StorageError, match="no server answers there"):
            store.runs.totals()


def test_the_mirror_is_shown_while_the_server_is_away(stopped):
    with flightlog.open(stopped("mirrored")) as store:
        assert [run.name for run in store.runs.query(EVERYTHING).items] == ["before"]
        assert "no server answers there" in store.instead and PASSWORD not in store.instead
