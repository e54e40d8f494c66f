"""A data directory for operations that are cut off: what lies in it, what is done to it, and the census after it."""

import errno
import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import flightlog
from flightlog.core.annotations import Noted, Tagged
from flightlog.core.operations import Chosen, Order
from flightlog.core.pages import each
from flightlog.core.query.query import EVERYTHING
from flightlog.core.store import Store

STEPS = (
    *("write", "pwrite", "rename", "replace", "link", "unlink", "fsync", "fdatasync"),
    *("open", "close", "mkdir", "rmdir", "ftruncate"),
)
"""What a process can be killed at: each changes something, or stands between two that do."""

Content = dict[str, str]
"""File of a run (its suffix) → digest."""


def order(number: int) -> Order:
    """The order of a test: the same each time it is given."""
    return Order(id=f"01m7zt{number:020}", by="ana", why="flightlog rm")


class Scene:
    """Three runs, with all that a run may have: `chosen` are done something with, the last one is not."""

    def __init__(self, base: Path) -> None:
        self.base = base
        with flightlog.open(base, storage="file") as store:
            runs = [self._record(store, number) for number in range(3)]
            for run in runs:
                store.runs.annotate(Noted(run=run, text=f"PLANTED note of {run}"))
                store.runs.annotate(Tagged(run=run, tag="kept"))
        self.chosen, self.other = runs[:2], runs[2]
        for run in runs:
            (journal(base, run).with_suffix(".torn")).write_bytes(b'{"type":"log","PLANTED' + run.encode())
        self.content = {run: content(base, run) for run in runs}
        self.runs = runs

    @staticmethod
    def _record(store: Store, number: int) -> str:
        with store.run("triage", name=f"PLANTED {number}") as run:
            with run.step("plan") as step:
                step.log(f"PLANTED words of {number}")
            run.checkpoint({"messages": [f"PLANTED {number}"]})
        return run.id

    def copy(self, to: Path) -> Path:
        """The same in another place, without an index."""
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(self.base, to, ignore=shutil.ignore_patterns(".flightlog"))
        return to


def journal(root: Path, run: str) -> Path:
    """A run's journal, wherever it lies."""
    return next(root.rglob(f"{run}.jsonl"))


def content(root: Path, run: str) -> Content:
    """The digests of a run's files, wherever they lie but in an archive."""
    names = (f"{run}.jsonl", f"{run}.states.jsonl", f"{run}.torn")
    return {
        path.name.removeprefix(run): hashlib.sha256(path.read_bytes()).hexdigest()
        for name in names
        for path in root.rglob(name)
    }


def placed(root: Path) -> dict[str, list[str]]:
    """Run → the places where it lies: `runs`, `archive`, `trash`."""
    found: dict[str, list[str]] = {}
    for part in ("runs", "archive", "trash"):
        for path in (root / part).rglob("[0-9a-z]*"):
            run, _, suffix = path.name.partition(".")
            if len(run) == 26 and suffix in ("jsonl", "flz"):
                found.setdefault(run, []).append(part)
    return found


def shown(root: Path, *, read_only: bool) -> dict[str, str]:
    """Run → where a store shows it; each exactly once, and what is shown is whole."""
    with flightlog.open(root, read_only=read_only) as store:
        live = [(run.id, "archive" if run.archived else "runs") for run in store.runs.query(EVERYTHING).items]
        trash = [(one.run, "trash") for one in each(lambda after: store.upkeep.trashed(limit=1, after=after))]
        for run, _ in live:
            checkpoint = store.checkpoints.list(run)[0].id
            assert str(store.checkpoints.state(checkpoint)).startswith("{'messages': ['PLANTED")
            assert len(list(store.runs.events(run))) == store.runs.get(run).last_seq
        known = {operation.kind for operation in store.upkeep.operations().items}
        assert known <= {"archive", "restore", "trash", "undo", "purge"}
    found = Counter(run for run, _ in live + trash)
    assert all(count == 1 for count in found.values()), f"shown twice: {live + trash}"
    return dict(live + trash)


@contextmanager
def failing(number: int, code: int) -> Iterator[list[str]]:
    """The `number`-th of the `STEPS` that is made on a file fails; the list says which one it was."""
    struck: list[str] = []
    real = {name: getattr(os, name) for name in STEPS if name != "close"}
    left = number

    def failing_one(name: str) -> Callable[..., object]:
        def call(*args: object, **options: object) -> object:
            nonlocal left
            left -= 1
            if left == 0:
                struck.append(name)
                raise OSError(code, os.strerror(code), "here")
            return real[name](*args, **options)

        return call

    for name in real:
        setattr(os, name, failing_one(name))
    try:
        yield struck
    finally:
        for name, function in real.items():
            setattr(os, name, function)


FAULTS = (errno.ENOSPC, errno.EIO)

Work = Callable[[Store, Scene], object]


def trash(store: Store, scene: Scene) -> object:
    """Moves two runs to the trash."""
    return list(store.upkeep.trash(order(1), [Chosen(run=run) for run in scene.chosen]))


def archive(store: Store, scene: Scene) -> object:
    """Packs two runs."""
    return list(store.upkeep.archive(order(4), [Chosen(run=run) for run in scene.chosen]))


def restore(store: Store, scene: Scene) -> object:
    """Unpacks them."""
    return list(store.upkeep.restore(order(5), scene.chosen))


def undo_archive(store: Store, scene: Scene) -> object:
    """Takes the packing back."""
    return list(store.upkeep.undo(order(6), order(4).id))


def undo(store: Store, scene: Scene) -> object:
    """Takes that back."""
    return list(store.upkeep.undo(order(2), order(1).id))


def purge(store: Store, scene: Scene) -> object:
    """Empties the trash."""
    return list(store.upkeep.purge(order(3)))
