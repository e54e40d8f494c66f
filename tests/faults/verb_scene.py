"""A store on which a verb is killed, and the census after it: each run once, whole, and nothing worse than a note."""

import hashlib
from collections import Counter
from pathlib import Path

import flightlog
from flightlog.core.annotations import Noted, Tagged
from flightlog.core.operations import new_order
from flightlog.core.pages import each
from flightlog.core.query.query import EVERYTHING
from flightlog.core.store import Store

Place = tuple[str, str]
"""Where a run lies (`live`, `archive`, `trash`), and the digest of all that was recorded of it (empty in the trash)."""


def recorded(base: Path, storage: str | None) -> dict[str, str]:
    """Four runs in a new store, of which the first two are tagged `go`; run → digest."""
    with flightlog.open(base, storage=storage) as store:
        runs = [_record(store, number) for number in range(4)]
        for run in runs:
            store.runs.annotate(Noted(run=run, text=f"PLANTED note of {run}"))
        for run in runs[:2]:
            store.runs.annotate(Tagged(run=run, tag="go"))
    with flightlog.open(base) as store:
        return {run: digest(store, run) for run in runs}


def _record(store: Store, number: int) -> str:
    with store.run("triage", name=f"PLANTED {number}") as run:
        with run.step("plan") as step:
            step.log(f"PLANTED words of {number} " + "x" * 200)
        run.checkpoint({"messages": [f"PLANTED {number}"]})
        run.checkpoint({"messages": [f"PLANTED {number}", "more"]})
    return run.id


def digest(store: Store, run: str) -> str:
    """Of the events as they were recorded, every state, and what was added by hand."""
    found = hashlib.sha256()
    for seq, line in store.runs.events(run):
        found.update(b"%d %b\n" % (seq, line))
    for checkpoint in store.checkpoints.list(run):
        found.update(repr(store.checkpoints.state(checkpoint.id)).encode())
    of = store.runs.get(run)
    found.update(
        repr((of.name, of.status, sorted(of.tags), [note.text for note in store.runs.notes(run).items])).encode()
    )
    return found.hexdigest()


def census(data: str | Path, *, read_only: bool = False) -> dict[str, Place]:
    """Where each run is; AssertionError if one is shown twice, is only half there, or cannot be read."""
    with flightlog.open(data, read_only=read_only) as store:
        found: list[tuple[str, Place]] = []
        for run in store.runs.query(EVERYTHING, limit=1000).items:
            found.append((run.id, ("archive" if run.archived else "live", digest(store, run.id))))
            if run.archived:
                assert store.upkeep.verify_archive(run.id) is None
        found += [(one.run, ("trash", "")) for one in each(lambda after: store.upkeep.trashed(after=after))]
        twice = [run for run, count in Counter(run for run, _ in found).items() if count > 1]
        assert not twice, f"shown twice: {[one for one in found if one[0] in twice]}"
        if not read_only:
            worse = [str(one) for one in store.upkeep.check() if one.severity != "note"]
            assert not worse, worse
    return dict(found)


def brought_back(data: Path) -> None:
    """Takes everything out of the trash."""
    with flightlog.open(data) as store:
        for operation in {one.operation for one in store.upkeep.trashed(limit=1000).items}:
            done = list(store.upkeep.undo(new_order(), operation))
            assert {one.outcome for one in done} <= {"done", "skipped"}, done


def planted(root: Path, runs: list[str]) -> list[Path]:
    """Files that hold words of these runs."""
    words = [f"PLANTED note of {run}".encode() for run in runs] + [f"PLANTED words of {n} ".encode() for n in (0, 1)]
    files = [path for path in root.rglob("*") if path.is_file()]
    return [path for path in files if any(word in path.read_bytes() for word in words)]


def leftovers(data: Path) -> list[Path]:
    """What an attempt has left behind."""
    ends = (".part", ".new", ".tmp")
    return [path for path in data.rglob("*") if path.name.endswith(ends) or path.name.startswith(".01")]
