"""What lies in the folders of a data directory: journals, archives, the record, and what does not belong there."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from ...core.errors import StorageError
from ...core.ids import day_of, is_ulid
from ...core.progress import heard
from ...core.upkeep import Finding
from ..archive.flz_reader import Flz
from ..file_sizes import files_below
from ..journal import lock
from ..journal.layout import ARCHIVE_SUFFIX, JOURNAL_SUFFIX, STATES_SUFFIX, TORN_SUFFIX, Layout, run_of
from ..journal.mending import is_half_mended
from ..journal.reader import torn_tail
from ..journal.states_dropping import is_left_over
from ..operations.on_files import audit_lines
from ..upkeep.repairs import spooled_runs
from .check import Check, finding


def tidy(folder: Path, *, by_day: bool) -> Check:
    """Whether a folder of journals holds anything that does not belong there."""

    def check() -> Iterator[Finding]:
        names = {file for file, _ in files_below(folder)}
        for path in heard(sorted(map(Path, names))):
            if not path.name.endswith(JOURNAL_SUFFIX):
                yield _aside(path)
            elif path.name.endswith(STATES_SUFFIX):
                if str(path.with_name(path.name.removesuffix(STATES_SUFFIX) + JOURNAL_SUFFIX)) not in names:
                    yield finding("orphaned-states", "states of a run that has no journal", path)
            else:
                yield from _journal_findings(path, by_day)

    return check


def left_in_spool(spool: Path) -> Check:
    """Whether runs lie in a spool that nobody ships, for the store is one of files."""

    def check() -> Iterator[Finding]:
        for run in spooled_runs(spool):
            what = "recorded for a database, and this store is one of files: it is not shown"
            yield finding("spool-left", what, spool / f"{run}{JOURNAL_SUFFIX}", run=run)

    return check


def waiting_in_spool(layout: Layout, is_shipped: Callable[[str], bool]) -> Check:
    """Whether runs wait in a spool that nobody ships: neither we, who may only read, nor a program that records."""

    def check() -> Iterator[Finding]:
        for run in filter(is_ulid, spooled_runs(layout.spool)):
            path = layout.journal(run)
            with suppress(FileNotFoundError):  # it was shipped meanwhile
                if not lock.is_held(path) and not is_shipped(run):
                    what = "what was recorded waits for somebody who may write the database: it is not shown yet"
                    yield finding("spool-waits", what, path, run=run, advice="open the store once with those rights")

    return check


def _journal_findings(path: Path, by_day: bool) -> Iterator[Finding]:
    run = run_of(path.name) or ""
    if not is_ulid(run) or (by_day and path.parent.name != day_of(run)):
        yield finding("unknown-file", "no journal of a run of this folder: it is not read", path)
        return
    try:
        torn = torn_tail(path)
    except OSError as error:
        yield finding("unreadable", f"the journal cannot be read: {error.strerror}", path, run=run)
        return
    if torn:
        what = f"the last line was never finished: {len(torn[1])} bytes at byte {torn[0]}"
        advice = "nothing if it is being written; whoever takes the run up sets it aside"
        yield finding("torn-line", what, path, run=run, advice=advice)


def _aside(path: Path) -> Finding:
    if path.name.endswith(TORN_SUFFIX):
        return finding("set-aside", "torn lines that were set aside", path, severity="note")
    if path.name.endswith(".damaged"):
        return finding("set-aside", "a journal with lines that are no events, set aside after it was shipped", path)
    if is_left_over(path.name) or is_half_mended(path.name):
        return finding("left-over", "half-written by one who was killed", path, advice="take it away")
    return finding("unknown-file", "this file is not Flightlog's", path, severity="note")


def archives(folder: Path) -> Check:
    """Whether every archive is what its digests say: reads them all."""

    def check() -> Iterator[Finding]:
        for path in heard(sorted(Path(file) for file, _ in files_below(folder))):
            run = path.name.removesuffix(ARCHIVE_SUFFIX)
            if run == path.name or not is_ulid(run):
                yield finding("unknown-file", "this file is no archive of a run", path, severity="note")
                continue
            try:
                with Flz.open(path, run) as archive:
                    archive.verify()
            except StorageError as error:
                advice = "put a copy in its place, from a backup or a mirror; the other runs are not touched by it"
                yield finding("damaged-archive", error.what, path, severity="error", run=run, advice=advice)

    return check


def sound_record(path: Path) -> Check:
    """Whether every line of the record of operations can be read."""

    def check() -> Iterator[Finding]:
        with suppress(FileNotFoundError):  # nothing was ever done
            for offset in audit_lines.damaged(path):
                what = "a line of the record of operations cannot be read; the others can"
                yield Finding(severity="warning", kind="damaged-record", what=what, where=f"{path} at byte {offset}")

    return check
