"""The trash of a database: runs that are out of sight, whole, until they are brought back or removed for good.

The events, values and annotations of such a run stay where they are; a row in `trash` says what lies there, and
everything that was derived is dropped, so that no question can ever meet it. Brought back, it is projected again.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, select, tuple_, update

from ...core.annotations import decode as decode_annotation
from ...core.errors import Corrupt, NotSupported
from ...core.events import decode
from ...core.operations import Trashed
from ...core.pages import Page, from_cursor, to_cursor
from ...core.progress import gone
from . import tables
from .projector import Projector, Recorded
from .writes import Row

Lines = Callable[[str], Iterable[tuple[int, bytes]]]
"""`(seq, line)` of all events of a run, in order."""

PURGED_BYTES = 1 << 20
"""What one transaction of a purge removes: so much, and little more, is written to the log."""
LEAST_PURGED_BYTES = 32 << 10
"""What it removes on a disk that has no room for more."""

_AT_ONCE = 1000
_ROW = 64  # bytes that a row takes beside its body
_PLACE = ("size_bytes", "damaged", "archived", "source", "source_id")
"""Columns of a run that its events do not tell."""


class Kept(msgspec.Struct):
    """What its events and annotations do not tell of a run in the trash."""

    row: Row = {}
    damage: list[Row] = []
    digest: str = ""
    """SHA-256 of its events."""


class Lying(NamedTuple):
    """A run that lies in the trash."""

    entry: Trashed
    digest: str


def put(connection: Connection, projector: Projector, trashed: Trashed, digest: str = "") -> None:
    """Puts a run into the trash; whoever calls has claimed it, and has made sure that nobody writes it."""
    row = connection.execute(_RUN, {"of": trashed.run}).mappings().one()
    names = list(_PLACE)
    if row["status"] != row["recorded"]:  # lost, which is seen from outside
        names += ["status", "evidence"]
    if not row["last_seq"]:  # known by its damage alone
        names += ["started"]
    damage = [dict(found) for found in connection.execute(_DAMAGE, {"of": trashed.run}).mappings()]
    kept = Kept(row={name: row[name] for name in names}, damage=damage, digest=digest)
    facts = {"run": trashed.run, "operation": trashed.operation, "at": trashed.at, "purging": False}
    facts |= {"archived": trashed.archived, "size_bytes": trashed.size_bytes}
    facts |= {"shown": msgspec.json.encode(trashed).decode(), "kept": msgspec.json.encode(kept).decode()}
    connection.execute(tables.trash.insert(), facts)
    projector.forget(connection, trashed.run)


def bring_back(connection: Connection, projector: Projector, run: str, lines: Lines | None = None) -> bool:
    """Brings a run back as it was; False if it does not lie in the trash, or is being removed.

    Costs what taking it in for the first time did. `lines` reads its events where they are not in their table.
    """
    found = connection.execute(_ENTRY, {"of": run}).first()
    if found is None or found.purging:
        return False
    kept = msgspec.json.decode(found.kept, type=Kept)
    project_whole(connection, projector, run, (lines or _stored(connection))(run))
    projector.put_back(connection, run, kept.row, kept.damage)
    connection.execute(_TAKE_OUT, {"of": run})
    return True


def project_whole(connection: Connection, projector: Projector, run: str, lines: Iterable[tuple[int, bytes]]) -> None:
    """Projects a run from its beginning: these `(seq, line)`, and what was added to it."""
    batch: list[Recorded] = []
    for event in _events(lines):
        batch.append(event)
        if len(batch) == _AT_ONCE:
            projector.project(connection, run, batch)
            batch = []
    projector.project(connection, run, batch)
    for line in connection.scalars(_NOTES, {"of": run}).all():
        try:
            projector.annotate(connection, decode_annotation(bytes(line)))
        except Corrupt:
            continue  # as when it was added: `truth.unread_notes` names it


def waiting(connection: Connection, runs: Sequence[str]) -> dict[str, Trashed | None]:
    """Those of the runs that lie in the trash; None of one that new events cannot bring back: it is just being removed,
    or its events are not here but in an archive.
    """
    entries = {row.run: None if row.purging else _shown(row.shown) for row in connection.execute(_LYING, {"of": runs})}
    return {run: None if entry is None or entry.archived else entry for run, entry in entries.items()}


def standing(connection: Connection, run: str) -> tuple[Lying | None, bool]:
    """What lies there of a run, and whether it is being removed."""
    found = connection.execute(_ENTRY, {"of": run}).first()
    if found is None:
        return None, False
    return Lying(_shown(found.shown), msgspec.json.decode(found.kept, type=Kept).digest), found.purging


def find(connection: Connection, run: str) -> Trashed | None:
    """What lies there of a run; None if nothing does, or it is being removed."""
    found = connection.execute(_ENTRY, {"of": run}).first()
    return None if found is None or found.purging else _shown(found.shown)


def page(connection: Connection, limit: int, after: str | None) -> Page[Trashed]:
    """What lies there, newest first. Costs what is returned."""
    wanted = select(_c.at, _c.run, _c.shown).where(_c.purging.is_(False))
    if after:
        wanted = wanted.where(tuple_(_c.at, _c.run) < tuple_(*from_cursor(after, str, str)))
    limit = max(limit, 1)
    rows = connection.execute(wanted.order_by(_c.at.desc(), _c.run.desc()).limit(limit + 1)).all()
    more = to_cursor(rows[limit - 1].at, rows[limit - 1].run) if len(rows) > limit else None
    return Page(items=[_shown(row.shown) for row in rows[:limit]], next=more)


# --- for good ---------------------------------------------------------------------------------------------


def begin_removing(connection: Connection, run: str) -> bool:
    """From now on it can only go; False if it does not lie there."""
    left = msgspec.json.encode(Kept()).decode()
    return connection.execute(_PURGING, {"of": run, "left": left}).rowcount > 0


def remove_some(connection: Connection, run: str, room: int = PURGED_BYTES) -> bool:
    """Removes about so many bytes of what is stored of a run that is being removed; False once nothing is left."""
    for sizes, remove in _REMOVALS:
        found = connection.execute(sizes, {"of": run, "most": _AT_ONCE}).all()
        last = None
        for key, size in found:
            if room <= 0:
                break
            last, room = key, room - (size or 0) - _ROW
        if last is not None:
            connection.execute(remove, {"of": run, "upto": last})
        if room <= 0 or len(found) == _AT_ONCE:
            return True
    for statement in _LAST:
        connection.execute(statement, {"of": run})
    # Whoever has its journal still in a spool, also on another machine, finds here that it may go.
    connection.execute(_LET_GO, {"of": run})
    return False


def _shown(text: str) -> Trashed:
    return msgspec.json.decode(text, type=Trashed)


def _stored(connection: Connection) -> Lines:
    def lines(run: str) -> Iterator[tuple[int, bytes]]:
        after = 0
        while True:
            rows = connection.execute(_LINES, {"of": run, "after": after, "limit": _AT_ONCE}).all()
            for seq, line in rows:
                yield seq, bytes(line)
            if len(rows) < _AT_ONCE:
                return
            after = rows[-1].seq

    return lines


def _events(lines: Iterable[tuple[int, bytes]]) -> Iterator[Recorded]:
    for _, line in lines:
        gone(len(line) + 1)
        try:
            yield Recorded(decode(line), len(line) + 1)
        except (Corrupt, NotSupported):
            continue  # a newer Flightlog's: kept, and known to that one


_c = tables.trash.c
_ENTRY = select(_c.shown, _c.kept, _c.purging).where(_c.run == bindparam("of"))
_LYING = select(_c.run, _c.shown, _c.purging).where(_c.run.in_(bindparam("of", expanding=True)))
_TAKE_OUT = delete(tables.trash).where(_c.run == bindparam("of"))
_PURGING = update(tables.trash).where(_c.run == bindparam("of")).values(purging=True, kept=bindparam("left"))
_RUN = select(tables.runs).where(tables.runs.c.id == bindparam("of"))
_damage = tables.damage.c
_DAMAGE = (
    select(_damage.run, _damage.place, _damage.what, _damage.offset, _damage.length, _damage.raw)
    .where(_damage.run == bindparam("of"))
    .order_by(_damage.id)
)
_event, _value, _note = tables.events.c, tables.values.c, tables.annotations.c
_LINES = (
    select(_event.seq, _event.line)
    .where(_event.run == bindparam("of"), _event.seq > bindparam("after"))
    .order_by(_event.seq)
    .limit(bindparam("limit"))
)
_NOTES = select(_note.line).where(_note.run == bindparam("of")).order_by(_note.id)


def _removal(table: Any, key: Any, body: Any) -> tuple[Any, Any]:
    of = table.c.run == bindparam("of")
    sizes = select(key, func.length(body)).where(of).order_by(key).limit(bindparam("most"))
    return sizes, delete(table).where(of, key <= bindparam("upto"))


_REMOVALS: Sequence[tuple[Any, Any]] = (
    _removal(tables.events, _event.seq, _event.line),
    _removal(tables.values, _value.digest, _value.record),
    _removal(tables.annotations, _note.id, _note.line),
)
_LAST = [delete(table).where(table.c.run == bindparam("of")) for table in (tables.marks, tables.archives, tables.trash)]
_LET_GO = update(tables.journals).where(tables.journals.c.run == bindparam("of")).values(open=False)
