"""Shipping into a database that machines share: whose run it is, and which machines still live.

Of its own runs a machine knows by the kernel's locks who lives. Of others it knows only what they say: every
ten seconds an agent says that its machine lives, and looks into the spool for what others left there. Who has
been silent for three times as long is taken for gone; the next word takes that back.
"""

import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, bindparam, select, text

from ...core.ids import new_ulid
from ..journal import disk
from ..journal.layout import Layout
from ..spool.shipping import Shipping
from ..sql import tables
from ..sql.claims import claim
from ..sql.database import Database
from ..sql.projector import Projector
from ..sql.writes import upsert

BEAT_S = 10.0
SILENCE_S = 3 * BEAT_S
_LOOK_S = 5.0
_ALIVE = ("running", "pending")


class SharedShipping(Shipping):
    """Ships one of many spools into one database. Thread-safe."""

    def __init__(self, layout: Layout, database: Database, projector: Projector) -> None:
        self._spool, self._projector = spool_id(layout.root), projector
        of_spool = select(_spooled.run).where(_spooled.spool == self._spool)
        super().__init__(layout, database, projector, own=tables.journals.c.run.in_(of_spool))
        self._beat_at = self._look_at = 0.0

    def make_rounds(self) -> None:
        """As `Shipping`, and again whenever it is time to say that this machine lives."""
        if time.monotonic() >= self._beat_at:
            self._beat()
            self._beat_at = time.monotonic() + BEAT_S
            self._round_at = 0.0
        super().make_rounds()

    def _beat(self) -> None:
        """Says that this machine lives, and takes back what was said of its runs meanwhile."""
        with self._database.write() as connection:
            connection.execute(_BEAT, {"spool": self._spool, "host": os.uname().nodename})
            silent = connection.scalars(_CALLED_LOST, {"spool": self._spool}).all()
            living = sorted(run for run in silent if self._is_held(run))
            claim(connection, living)
            for run in living:
                self._projector.mark_alive(connection, run)

    def _look(self) -> None:
        super()._look()
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + _LOOK_S
            self._mark_silent()

    def _mark_silent(self) -> None:
        with self._database.read() as connection:
            silent = connection.execute(_SILENT, {"spool": self._spool, "silence": SILENCE_S}).all()
        if silent:
            with self._database.write() as connection:
                claim(connection, (row.run for row in silent))
                for row in connection.execute(_SILENT, {"spool": self._spool, "silence": SILENCE_S}).all():
                    why = f"no sign of life from {row.host} for {row.silence} s"
                    self._projector.mark_lost(connection, row.run, why)

    def _took(self, connection: Connection, runs: Sequence[str]) -> None:
        upsert(connection, tables.spooled, [{"run": run, "spool": self._spool} for run in runs])
        connection.execute(_BEAT, {"spool": self._spool, "host": os.uname().nodename})


def held_elsewhere(database: Database, root: Path, run: str) -> str:
    """The machine on which a run is being written; empty if it is this one, or silent."""
    with database.read() as connection:
        row = connection.execute(_HOLDER, {"run": run, "spool": spool_id(root), "silence": SILENCE_S}).first()
        return row.host if row else ""


def spool_id(root: Path) -> str:
    """What this spool is called among all that ship into the database; StorageError."""
    path = root / "spool.id"
    beside = root / f".spool.id.{os.getpid()}.{threading.get_ident()}"
    try:
        if not path.exists():
            fd = disk.open_new(beside)
            try:
                disk.append_line(fd, f"{os.uname().nodename[:60]}-{new_ulid()}".encode(), beside)
                os.link(beside, path)
            except FileExistsError:
                pass  # another process was quicker, and has named it
            finally:
                os.close(fd)
                os.unlink(beside)
        return path.read_text()
    except OSError as error:
        raise disk.storage_error(error, path, "naming the spool") from error


_spooled, _runs = tables.spooled.c, tables.runs.c
_BEAT = text(
    "INSERT INTO spools (spool, host, beat) VALUES (:spool, :host, clock_timestamp())"
    " ON CONFLICT (spool) DO UPDATE SET host = excluded.host, beat = excluded.beat"
)
_CALLED_LOST = (
    select(_runs.id)
    .select_from(tables.runs.join(tables.spooled, _spooled.run == _runs.id))
    .where(_spooled.spool == bindparam("spool"), _runs.status == "lost")
)
_OTHERS = (
    "SELECT runs.id AS run, spools.host AS host,"
    " CAST(extract(epoch FROM clock_timestamp() - spools.beat) AS integer) AS silence"
    " FROM spools JOIN spooled ON spooled.spool = spools.spool JOIN runs ON runs.id = spooled.run"
    f" WHERE spools.spool <> :spool AND runs.recorded IN {_ALIVE}"
)
_SILENT = text(
    f"{_OTHERS} AND runs.status <> 'lost' AND spools.beat < clock_timestamp() - :silence * interval '1 second'"
    " ORDER BY runs.id"
)
_HOLDER = text(f"{_OTHERS} AND runs.id = :run AND spools.beat >= clock_timestamp() - :silence * interval '1 second'")
