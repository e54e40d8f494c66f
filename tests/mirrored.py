"""Data directories with a mirror beside them, and whether both say the same."""

import time
from pathlib import Path

import flightlog
import msgspec
from flightlog.core.query.query import EVERYTHING

MIXES = {
    "file": "{type: file}",
    "sqlite": "{type: sqlite}",
    "all in one": "{type: sqlite}, workflows: {type: sqlite}, metrics: {type: sqlite}",
}


def configured(tmp_path: Path, logs: str) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "flightlog.yaml").write_text(
        f"storage: {{logs: {logs}, mirror: {{type: file, path: {mirror_of(folder)}}}}}"
    )
    return folder


def mirror_of(data: Path) -> Path:
    return data.with_name("mirror")


def until(condition, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def record(store, events: int = 5) -> str:
    """A run with some of everything."""
    with store.run("w", definition="a: 1", session="s") as run:
        with run.step("plan", input={"x": 1}) as step:
            for n in range(events):
                step.log("thinking \x1b[2J", n=n)
        run.checkpoint({"list": [1, 2], "blob": b"\x80\x04."})
        run.checkpoint({"list": [1, 2, 3]})
    return run.id


def everything(store) -> dict:
    """All that a store and its mirror have in common."""
    found: dict = {}
    for run in store.runs.query(EVERYTHING, limit=1000).items:
        found[run.id] = (
            msgspec.structs.replace(run, size_bytes=0),
            store.runs.events(run.id, limit=10_000),
            store.runs.notes(run.id).items,
            [store.checkpoints.state(point.id) for point in store.checkpoints.list(run.id)],
        )
    for workflow in store.workflows.list_all():
        metrics = store.metrics
        found[workflow.id] = [read(workflow.id) for read in (metrics.outcomes, metrics.trends, metrics.reported)]
        for version in store.workflows.list(workflow.id, deleted=True):
            whole = version if version.deleted else store.workflows.get(workflow.id, version.number)
            found[workflow.id, version.number] = whole
    return found


def same(data: Path) -> bool:
    """Whether the mirror says what its store says, opened without feeding it."""
    with flightlog.open(data, read_only=True) as store, flightlog.open(mirror_of(data), storage="file") as mirror:
        said, told = everything(store), everything(mirror)
        assert said.keys() == told.keys()
        for key, what in said.items():
            assert what == told[key]
        return True


def findings(store) -> list[str]:
    return [found.kind for found in store.upkeep.check() if found.kind.startswith("mirror")]
