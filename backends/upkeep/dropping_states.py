"""Drops states of finished runs, in each kind of store."""

from collections.abc import Callable, Collection, Sized
from functools import partial

import msgspec
from sqlalchemy import Connection, LargeBinary, bindparam, func, select, type_coerce, update

from ...core.annotations import StatesDropped
from ...core.checkpoints import unneeded
from ...core.clock import now
from ...core.errors import Conflict, NotFound, no_run
from ...core.progress import heard, portions, to_its_end
from ...core.recording.jsonable import make_plain
from ...core.runs import FINISHED
from ...core.upkeep import Dropped
from ..annotation_writers import TableAnnotations
from ..file_sizes import bytes_below
from ..journal import annotations, disk, lock
from ..journal.layout import Layout
from ..journal.states import HEAD_BYTES, dropped_record, head_of_record
from ..journal.states_dropping import drop_values, droppable
from ..read_only import opened_read_only
from ..sql import tables
from ..sql.claims import claim
from ..sql.database import Database
from ..sql.projector import Projector

DropStates = Callable[[str, Collection[str], str, bool], Dropped]
"""`(run, checkpoints to keep, by whom, whether only to say what would go)`; see `UpkeepRepository.drop_states`."""


def of_files(layout: Layout, database: Database, refresh: Callable[[], None], *, read_only: bool) -> DropStates:
    """From the states files of a data directory."""

    def tell(run: str, by: str, kept: Sized, dropped: Dropped) -> None:
        annotations.append(layout.annotations, _told(run, by, dropped, kept))

    def drop(run: str, keep: Collection[str], by: str, dry: bool) -> Dropped:
        refresh()
        with database.read() as connection:
            kept = _kept(connection, run, keep)
        if read_only and not dry:
            raise opened_read_only(str(layout.root))
        path = layout.journal(run)
        if not path.exists() and layout.archived(run).exists():
            raise _archived(run)
        try:
            if dry:
                return droppable(layout.states(run), kept)
            fd = disk.open_append(path)
            try:
                if not lock.take(fd):
                    raise Conflict(f"somebody has run {run} at the moment", where=path, advice="try again")
                with to_its_end(bytes_below(layout.states(run)), 2):  # looked through, and written anew
                    dropped = drop_values(layout.states(run), kept, before=partial(tell, run, by, kept))
            finally:
                lock.close(fd)
        except OSError as error:
            raise disk.storage_error(error, path, "writing the states that are kept") from error
        with database.write() as connection:
            Projector().resize(connection, run, bytes_below(path) + bytes_below(layout.states(run)))
        return dropped

    return drop


def of_database(database: Database, refresh: Callable[[], None]) -> DropStates:
    """From the table of values, in one transaction."""

    def drop(run: str, keep: Collection[str], by: str, dry: bool) -> Dropped:
        refresh()
        if dry:
            with database.read() as connection:
                return _unneeded(connection, run, _kept(connection, run, keep))[1]
        with database.write() as connection:
            claim(connection, [run])
            kept = _kept(connection, run, keep)
            without, dropped = _unneeded(connection, run, kept)
            _empty(connection, run, without)
            _resize(connection, run, dropped)
            if without:
                TableAnnotations(database, Projector()).annotate(_told(run, by, dropped, kept))
        return dropped

    return drop


def _unneeded(connection: Connection, run: str, kept: Collection[Collection[str]]) -> tuple[dict[str, int], Dropped]:
    """What no kept state needs, each digest with its bytes. Stopped, if somebody asked for that."""
    if connection.execute(_ARCHIVED, {"of": run}).first():
        raise _archived(run)
    extends, sizes = dict[str, str](), dict[str, int]()
    for row in heard(connection.execute(_HEADS, {"of": run, "bytes": HEAD_BYTES})):
        head = head_of_record(bytes(row.head))
        if head and head.kind != "dropped":
            extends[row.digest], sizes[row.digest] = head.extends, row.size
    without = {digest: sizes[digest] for digest in sorted(unneeded(extends, kept))}
    return without, Dropped(values=len(without), size_bytes=sum(without.values()))


def _empty(connection: Connection, run: str, without: dict[str, int]) -> None:
    """Leaves of each value that it was dropped. Stopped anywhere in a big part: the transaction takes it back."""
    with to_its_end(sum(without.values()), 1):
        for some in portions(without, without.__getitem__):
            connection.execute(_EMPTY, [{"of": run, "at": digest, "left": dropped_record(digest)} for digest in some])


def _archived(run: str) -> Conflict:
    advice = f"`flightlog restore {run}` brings it back"
    return Conflict(f"run {run} is in the archive, where nothing is changed", where=run, advice=advice)


def _told(run: str, by: str, dropped: Dropped, kept: Sized) -> StatesDropped:
    told = StatesDropped(run=run, t=now(), by=by, values=dropped.values, size_bytes=dropped.size_bytes, kept=len(kept))
    make_plain(told)
    return told


def _kept(connection: Connection, run: str, keep: Collection[str]) -> list[set[str]]:
    """The digests of each state that stays. NotFound, Conflict."""
    status = connection.scalar(_STATUS, {"of": run})
    if status is None:
        raise no_run(run)
    if status not in FINISHED:
        raise Conflict(f"run {run} is not finished", where=run, advice="drop its states when it is")
    states = {row.checkpoint: row.map for row in connection.execute(_MAPS, {"of": run})}
    if missing := set(keep) - states.keys():
        raise NotFound(f"run {run} has no checkpoint {min(missing)[:60]!r}", advice=f"`flightlog states {run}`")
    return [{value[0] for value in msgspec.json.decode(states[name]).values()} for name in keep]


def _resize(connection: Connection, run: str, dropped: Dropped) -> None:
    size = connection.scalar(_SIZE, {"of": run})
    if size is not None and dropped.size_bytes:
        Projector().resize(connection, run, max(size - dropped.size_bytes, 0))


_runs, _maps, _values = tables.runs.c, tables.checkpoint_maps.c, tables.values.c
_STATUS = select(_runs.recorded).where(_runs.id == bindparam("of"))
_ARCHIVED = select(tables.archives.c.run).where(tables.archives.c.run == bindparam("of"))
_SIZE = select(_runs.size_bytes).where(_runs.id == bindparam("of"))
_MAPS = select(_maps.checkpoint, _maps.map).where(_maps.run == bindparam("of"))
_HEADS = select(
    _values.digest,
    type_coerce(func.substr(_values.record, 1, bindparam("bytes")), LargeBinary).label("head"),
    func.length(_values.record).label("size"),
).where(_values.run == bindparam("of"))
_EMPTY = (
    update(tables.values)
    .where(_values.run == bindparam("of"), _values.digest == bindparam("at"))
    .values(record=bindparam("left"))
)
