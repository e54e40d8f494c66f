"""Stores of every kind with some of everything in them, copies and moves of them, and what differs."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import flightlog
from flightlog.backends.moving.backing_up import backup
from flightlog.backends.moving.ends import source_end, target_end
from flightlog.backends.moving.migrating import migrate
from flightlog.backends.moving.verifying import verify
from flightlog.backends.open import truth_of
from flightlog.backends.replay.replay import Carried, replay
from flightlog.core import events as e
from flightlog.core.annotations import Noted, Pinned, Scored, Tagged
from flightlog.core.config import Storage
from flightlog.core.ids import new_ulid
from flightlog.core.metrics import Pattern
from flightlog.core.moving import Counts, Move
from flightlog.core.progress import Progress
from flightlog.core.store import Store
from flightlog.core.upkeep import Finding

HOSTILE = "\x1b]52;\x07 \u202e [/INST] \u2028 \x00 \x01 ' \" \\ 🦊"
KINDS = ("file", "sqlite", "postgres")


def fill(place: str, times: int = 1) -> list[str]:
    """Puts some of everything into a store; the ids of the runs of `record`."""
    with flightlog.open(place) as store:
        store.workflows.store("w", "a: 1", author="ana", note="first")
        store.workflows.store("w", "a: 2")
        store.workflows.store("w", "a: 3", parents=[1, 2], meta={"team": {"of": HOSTILE}})
        store.workflows.delete("w", 2, force=True, by="ben", note=HOSTILE)
        store.workflows.store("gone", "b: 1")
        store.workflows.delete("gone", 1, force=True)
        for _ in range(times):
            runs = record(store)
        for count in (1, 2):
            store.metrics.record_pattern(
                Pattern(workflow="w", name="slow", description=HOSTILE, count=count, evidence=(runs[0],))
            )
    with flightlog.open(place) as store:
        store.runs.totals()  # what was not shipped in time is now, and who is lost is known: nothing changes any more
    return runs


def record(store: Store) -> list[str]:
    """Two finished runs, a failed, a paused and a lost one, and what people add to them; their ids."""
    runs = []
    for n in range(2):
        with store.run("w", version=1, name=HOSTILE, session="s", tags=["of old"]) as run:
            with run.step("plan", input={HOSTILE: 1}) as step:
                step.log(HOSTILE, value=[1.5, None, 2**60])
                step.cost(model="m", input_tokens=5, nanousd=7)
            run.checkpoint({"list": list(range(n)), "text": HOSTILE})
            run.checkpoint({"list": list(range(n + 300)), "blob": b"\x80\x04."})
            run.item(1, "failed", error="x")
        runs.append(run.id)
    run = store.run("w")
    run.finish("failed", error="no")
    runs.append(run.id)
    for paused in (True, False):
        writer = store.recording.begin(e.RunStarted(run=new_ulid(), workflow="v"))
        if paused:
            writer.append(e.RunPaused())
        writer.close()
        runs.append(writer.run)
    store.runs.totals()
    notes = (Pinned(run=runs[0]), Tagged(run=runs[0], tag="t"), Noted(run=runs[1], text=HOSTILE, by="b"))
    for note in (*notes, Scored(run=runs[0], name="s", value=0.5), Tagged(run=runs[0], tag="t", tagged=False)):
        store.runs.annotate(note)
    return runs


def copy(a: str, b: str) -> Move:
    """A backup of one place in another."""
    with closing(source_end(a)) as one, closing(target_end(b)) as other:
        return backup(one, other, Progress())


def replayed(source: Store, target: Store) -> Carried:
    """Everything of one store carried into another."""
    return replay(source, truth_of(source), target, truth_of(target), Progress())


def move(folder: Path, to: str, progress: Progress | None = None, **options: Any) -> Move:
    """Moves what a data directory, or a source, holds to another place."""
    return migrate(folder, to, progress=progress or Progress(), **options)


class AfterOne(Progress):
    """Does something once the first run was carried."""

    def __init__(self, do: Callable[[], object]) -> None:
        super().__init__()
        self._do = do

    def reach(self, done: int) -> None:
        super().reach(done)
        do, self._do = self._do, lambda: None
        do()


def logs_of(folder: Path) -> Storage:
    """Where a data directory keeps its runs, as its configuration says."""
    with closing(source_end(folder)) as end:
        return end.config.logs


def differences(a: str, b: str) -> list[Finding]:
    """What verifying finds."""
    with closing(source_end(a)) as one, closing(source_end(b)) as other:
        *found, counts = verify(one, other, Progress())
    assert isinstance(counts, Counts)
    return [finding for finding in found if isinstance(finding, Finding)]


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, with its bytes; but for locks, in which the last holder's number stands."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
