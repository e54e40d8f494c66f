"""What can be put right of what is found, by kind: each touches only what was found, and nothing is dropped."""

import os
import stat
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ...core.errors import Conflict, NotFound
from ...core.events import Fault, RunFinished
from ...core.ids import check_run_id
from ...core.progress import unstopped
from ...core.repositories import RecordingRepository
from ...core.upkeep import Finding
from ..journal import disk, lock
from ..journal.layout import JOURNAL_SUFFIX, STATES_SUFFIX, TORN_SUFFIX, Layout, run_of
from ..journal.mending import is_half_mended, set_damage_aside
from ..journal.states_dropping import clear

if TYPE_CHECKING:
    from ..sql.database import Database


class Repair(NamedTuple):
    """How one kind of finding is put right."""

    would: str
    """What it does, as a person reads it before: `sets the bytes aside`."""
    act: Callable[[Finding], str]
    """Does it, and says what was done. StorageError, OSError."""
    whole: bool = True
    """It comes to its end, whoever asks that it be stopped; else it is Stopped where nothing is half-done."""


Repairs = Mapping[str, Repair]


def for_any(
    root: Path, layout: Layout, parts: Mapping[str, Sequence[Path]], recording: RecordingRepository
) -> dict[str, Repair]:
    """What can be done in every kind of store that has a data directory, which lies in `root`."""
    return {
        "lost-run": Repair("marks the run as failed, by an event", lambda found: _end(recording, found)),
        "permissions": Repair("takes the rights of others away", lambda found: _make_private(root, parts)),
        "left-over": Repair("takes away what was half-written", lambda found: _clear(Path(found.where))),
        "orphaned-states": Repair("moves it into quarantine/", lambda found: _quarantine(layout, Path(found.where))),
    }


def for_tables(database: "Database") -> dict[str, Repair]:
    """What can be done in every database of ours, be it a store or an index."""

    def make_indexes(found: Finding) -> str:
        from ..sql.missing_indexes import make

        return f"made: {make(database)}"

    return {"missing-index": Repair("makes what is missing", make_indexes, whole=False)}


def for_journals(layout: Layout, again: Callable[[str], None]) -> dict[str, Repair]:
    """What can be done with journals that are the store; `again` reads a run anew."""

    def mend(found: Finding) -> str:
        run = _run(found)
        aside = set_damage_aside(layout.journal(run), layout.torn(run))
        with unstopped():
            again(run)
        return f"{aside:,} bytes lie in {layout.torn(run).name}"

    def reread(found: Finding) -> str:
        again(_run(found))
        return "read anew"

    return {
        "torn-line": Repair("sets the bytes aside", mend, whole=False),
        "damaged-line": Repair("sets the bytes aside", mend, whole=False),
        "index-drift": Repair("reads the run anew", reread),
        "spool-left": Repair("moves the run to the others", lambda found: _move_in(layout, _run(found))),
    }


def _run(found: Finding) -> str:
    if found.run is None:
        raise NotFound("nobody knows whose this is", where=found.where, advice="look at it, and move it away by hand")
    return check_run_id(found.run)


def _end(recording: RecordingRepository, found: Finding) -> str:
    writer = recording.resume(_run(found))
    try:
        writer.append(RunFinished(status="failed", error=Fault(type="Lost", message=found.what)))
    finally:
        writer.close()
    return "marked as failed"


def _make_private(root: Path, parts: Mapping[str, Sequence[Path]]) -> str:
    from ..checks.access import exposed

    found = [file for paths in parts.values() for path in paths for file in exposed(path)]
    for file in found:
        os.chmod(file, stat.S_IMODE(os.stat(file, follow_symlinks=False).st_mode) & 0o700, follow_symlinks=False)
    mode = stat.S_IMODE(os.stat(root).st_mode)
    if mode & 0o022:
        os.chmod(root, mode & ~0o022)
    return f"{len(found):,} files are private now"


def _clear(path: Path) -> str:
    if not is_half_mended(path.name):
        clear(path)
        return "taken away"
    fd = disk.open_append(path.with_name(path.name.split(JOURNAL_SUFFIX)[0].lstrip(".") + JOURNAL_SUFFIX))
    try:
        if not lock.take(fd):
            raise Conflict("somebody has the run at the moment", where=path, advice="try again")
        path.unlink(missing_ok=True)
    finally:
        lock.close(fd)
    return "taken away"


def _quarantine(layout: Layout, path: Path) -> str:
    disk.make_folder(layout.quarantine)
    disk.refuse_symlink(layout.quarantine)
    to = layout.quarantine / path.name
    if to.exists():
        raise Conflict("something of that name lies there already", where=to, advice="look at both by hand")
    os.rename(path, to)
    for folder in (layout.quarantine, path.parent):
        disk.sync_folder(folder)
    return f"it lies in quarantine/{path.name}"


def _move_in(layout: Layout, run: str) -> str:
    """A spooled run becomes one of a files store: the journal last, so that no half of it is ever seen."""
    spool, home = Layout(layout.root, spooled=True), layout.folder(run)
    path = spool.journal(run)
    if layout.journal(run).exists():
        raise Conflict(
            f"run {run} is there already", where=path, advice="compare them; the older one can be moved away"
        )
    fd = disk.open_append(path)
    try:
        if not lock.take(fd):
            raise Conflict("somebody writes it", where=path, advice="try again when it has ended")
        disk.make_folder(home)
        disk.refuse_symlink(home)
        for suffix in (TORN_SUFFIX, STATES_SUFFIX, JOURNAL_SUFFIX):
            part = spool.runs / f"{run}{suffix}"
            if part.exists():
                os.rename(part, home / part.name)
        for folder in (home, spool.runs):
            disk.sync_folder(folder)
    finally:
        lock.close(fd)
    return f"it lies in {home.name}"


def spooled_runs(spool: Path) -> list[str]:
    """The runs whose journals lie in a spool."""
    try:
        names = sorted(entry.name for entry in os.scandir(spool))
    except FileNotFoundError:
        return []
    return [run for name in names if (run := run_of(name))]
