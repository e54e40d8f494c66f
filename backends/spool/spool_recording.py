"""Recording into a spool: the journals of runs that are on their way to a database."""

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ...core.errors import Conflict, NotFound
from ...core.events import Decision, RunStarted
from ...core.forking import undivided
from ...core.ids import check_run_id
from ...core.repositories import RecordingRepository, RunWriter
from ...core.runs import FINISHED
from ..journal import disk
from ..journal.layout import Layout
from ..journal.recording import JournalRecording
from ..journal.states import header

if TYPE_CHECKING:
    from ..sql.database import Database

log = logging.getLogger("flightlog.journal")

Shipped = Literal["", "part", "whole"]
"""How much of a run is in the database."""


class SpoolRecording(RecordingRepository):
    """Records as `JournalRecording` does, and tells of each run that it is to be shipped. Thread-safe.

    `database` opens the database at need; `shipped` asks it how much of a run it has, `held_elsewhere` who
    writes a run on another machine, and `ship` is told the runs. A database that cannot be reached hinders
    nobody who begins a run.
    """

    def __init__(
        self,
        layout: Layout,
        name: str,
        database: "Callable[[], Database]",
        shipped: Callable[[str], Shipped],
        ship: Callable[[str], None],
        held_elsewhere: Callable[[str], str],
    ) -> None:
        self._held_elsewhere = held_elsewhere
        self._layout, self._name, self._database, self._shipped, self._ship = layout, name, database, shipped, ship
        self._journals = JournalRecording(layout)

    def begin(self, started: RunStarted, *, durable: bool = False) -> RunWriter:
        """Creates the run; Conflict also for a run that was shipped already."""
        run = check_run_id(started.run)
        if self._shipped(run):
            raise self._exists(run)
        writer = self._journals.begin(started, durable=durable)
        if self._shipped(run) == "whole":
            # Its twin was begun, finished and shipped between our look and our lock.
            self._layout.journal(run).unlink()
            writer.close()
            raise self._exists(run)
        self._ship(run)
        return writer

    def resume(self, run: str, *, durable: bool = False) -> RunWriter:
        """Takes up a paused or lost run, also one whose journal is no longer in the spool."""
        try:
            writer = self._journals.resume(run, durable=durable)
        except NotFound:
            self._bring_back(run)
            writer = self._journals.resume(run, durable=durable)
        self._ship(run)
        return writer

    def answer(self, run: str, approval: str) -> tuple[Decision, str, str] | None:
        """The first answer to an approval; costs one indexed read."""
        with undivided():  # it brings the engine along
            from . import spool_lookup as shipped

        return shipped.first_answer(self._database(), run, approval)

    def measure(self, path: str) -> tuple[int | None, str]:
        """Size and SHA-256 of an artifact's file."""
        return self._journals.measure(path)

    def _exists(self, run: str) -> Conflict:
        return Conflict(f"run {run} exists already", where=self._name, advice="leave the id out to get a new one")

    def _bring_back(self, run: str) -> None:
        """Writes a run's files anew from the database."""
        with undivided():
            from . import spool_lookup as shipped

        database = self._database()
        status = shipped.status(database, run)
        if status is None and (operation := shipped.trashed_by(database, run)):
            advice = f"`flightlog undo {operation}` brings it back"
            raise Conflict(f"run {run} lies in the trash", where=self._name, advice=advice)
        if status is None:
            raise NotFound(f"no run {run} to take up", where=self._name)
        if status in FINISHED:
            advice = "record a new run with this one as parent"
            raise Conflict(f"run {run} is finished", where=self._name, advice=advice)
        holder = self._held_elsewhere(run)
        if holder:
            advice = "record a run of your own with this one as parent"
            raise Conflict(f"run {run} is being written on {holder}", where=self._name, advice=advice)
        values, events = shipped.lines(database, run)
        if values:
            _write_new(self._layout.states(run), [header(run), *values])
        _write_new(self._layout.journal(run), events)
        log.warning("run %s was brought back into the spool: its journal was no longer there", run)


def _write_new(path: Path, lines: list[bytes]) -> None:
    """A file with these lines, whole or not at all; one that is there already stays."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        beside.unlink(missing_ok=True)  # of one that was killed, and had the same numbers, as in a container
        fd = disk.open_new(beside)
        try:
            disk.append_line(fd, b"".join(line + b"\n" for line in lines), beside)
            disk.sync(fd)
            os.link(beside, path)
        except FileExistsError:
            pass  # somebody else was quicker
        finally:
            os.close(fd)
            os.unlink(beside)
    except OSError as error:
        raise disk.storage_error(error, path, "bringing a run back into the spool") from error
