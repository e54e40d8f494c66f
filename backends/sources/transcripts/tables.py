"""What the index of a folder of transcripts keeps beside the query tables: how far each was told, and every event's
address.
"""

import os
from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Row,
    Table,
    Text,
    TypeDecorator,
    bindparam,
    delete,
    insert,
    inspect,
    literal,
    select,
    union_all,
    update,
)

from ....core.events import TYPES, RunStarted, encode
from ...sql import tables as sql_tables
from ...sql import writes
from ...sql.column_types import String
from ...sql.ready import Ready
from .folder import Seen
from .formats import Session
from .telling import Fact, State

metadata = MetaData()


class FilePath(TypeDecorator[str]):
    """The path of a file, whose name may be any bytes."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: object) -> bytes | None:
        return None if value is None else os.fsencode(value)

    def process_result_value(self, value: bytes | None, dialect: object) -> str | None:
        return None if value is None else os.fsdecode(value)


_WAY, WAY = "transcripts", "9"
"""In which way lines are told, and kept here: a version that tells other events of a line, or has other columns, counts
this up. The events of an index are found by their number among those of their line.
"""

transcripts = Table(
    "transcripts",
    metadata,
    Column("run", String, primary_key=True),
    Column("path", FilePath, nullable=False, unique=True),
    Column("inode", BigInteger, nullable=False),  # the file as it was seen last
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("packed", Boolean, nullable=False),
    Column("offset", BigInteger, nullable=False),  # bytes that were told
    Column("tail", LargeBinary, nullable=False),  # the last of them: what they were is known again
    Column("done", Boolean, nullable=False, index=True),  # the run has ended, or is lost
    Column("session", Text, nullable=False),  # JSON of Session
    Column("state", Text, nullable=False),  # JSON of State
)
silent = Table(  # transcripts in which nothing was asked yet: who begins needs not open them again
    "transcripts_silent",
    metadata,
    Column("path", FilePath, primary_key=True),
    *(Column(name, BigInteger, nullable=False) for name in ("inode", "size", "mtime_ns")),
    Column("packed", Boolean, nullable=False),
)
addresses = Table(
    "transcript_addresses",
    metadata,
    Column("run", String, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("type", String, nullable=False),
    Column("t", String, nullable=False),
    Column("offset", BigInteger),
    Column("length", BigInteger),
    Column("part", Integer),
    Column("step", String),  # put into what lies there
    Column("line", LargeBinary),  # of an event that lies nowhere: it follows from others
    PrimaryKeyConstraint("run", "seq"),
    sqlite_with_rowid=False,
)
calls = Table(
    "transcript_calls",
    metadata,
    Column("name", String, nullable=False),
    Column("run", String, nullable=False),
    Column("told", Boolean, nullable=False),  # by this run; else another had told of it, for files repeat each other
    PrimaryKeyConstraint("name", "run"),
    sqlite_with_rowid=False,
)
_TYPE = {kind: name for name, kind in TYPES.items()}
_WHO_TOLD = Ready(select(calls.c.run).where(calls.c.name == bindparam("of"), calls.c.told))
_OWN = select(calls.c.name).where(calls.c.run == bindparam("of"), calls.c.told)
_REPEATED = (
    select(calls.c.run, transcripts.c.path)
    .distinct()
    .join_from(calls, transcripts, transcripts.c.run == calls.c.run)
    .where(~calls.c.told, calls.c.name.in_(_OWN))
)


_SEEN = ("path", *Seen._fields)
_KNOWN = union_all(
    select(*(transcripts.c[name] for name in (*_SEEN, "done"))),
    select(*(silent.c[name] for name in _SEEN), literal(True).label("done")),
)


_SILENT = Ready(select(silent.c.size).where(silent.c.path == bindparam("of")))
_NAMES = select(transcripts.c.path, sql_tables.runs.c.name).join_from(
    transcripts, sql_tables.runs, transcripts.c.run == sql_tables.runs.c.id
)


def begin(connection: Connection) -> list[str]:
    """Makes the tables; returns the runs that were told in another way than now: these are to be dropped."""
    kept = sql_tables.state
    if connection.execute(select(kept.c.value).where(kept.c.key == _WAY)).scalar_one_or_none() == WAY:
        return []
    is_there = inspect(connection).has_table(transcripts.name)
    runs = list(connection.execute(select(transcripts.c.run)).scalars()) if is_there else []
    metadata.drop_all(connection)  # whatever columns they had
    metadata.create_all(connection)
    connection.execute(delete(kept).where(kept.c.key == _WAY))
    connection.execute(insert(kept).values(key=_WAY, value=WAY))
    return runs


def row_of(connection: Connection, path: str) -> Row[Any] | None:
    """How far a transcript was told."""
    return connection.execute(select(transcripts).where(transcripts.c.path == path)).first()


def known(connection: Connection) -> dict[str, tuple[Seen, bool]]:
    """The transcripts of which something is kept, as they were seen last, and whether there is more to say of them
    though nothing is written.
    """
    rows = connection.execute(_KNOWN).all()
    return {row.path: (Seen(row.inode, row.size, row.mtime_ns, row.packed), not row.done) for row in rows}


def keep_silent(connection: Connection, path: str, seen: Seen | None) -> None:
    """Keeps that nothing was asked yet in a transcript as it was seen; None where something was, or it is gone."""
    if _SILENT(connection, {"of": path}):
        connection.execute(delete(silent).where(silent.c.path == path))
    if seen is not None:
        connection.execute(insert(silent).values(path=path, **seen._asdict()))


def names(connection: Connection) -> dict[str, str]:
    """What the runs are called, by their transcripts' paths."""
    return {row.path: row.name for row in connection.execute(_NAMES)}


def path_of(connection: Connection, run: str) -> str:
    """Where a run's transcript lies."""
    return str(connection.execute(select(transcripts.c.path).where(transcripts.c.run == run)).scalar_one())


def paths_of(connection: Connection, runs: Iterable[str]) -> list[str]:
    """Where the transcripts of runs lie; of none that is not known."""
    return list(connection.execute(select(transcripts.c.path).where(transcripts.c.run.in_(list(runs)))).scalars())


def session_of(row: Row[Any]) -> Session:
    """What its beginning said."""
    return msgspec.json.decode(row.session, type=Session)


def state_of(row: Row[Any]) -> State:
    """What was known after its last line."""
    return msgspec.json.decode(row.state, type=State)


def keep(connection: Connection, run: str, values: dict[str, Any]) -> None:
    """Keeps how far a transcript was told."""
    writes.upsert(connection, transcripts, [values | {"run": run, "path": os.fsencode(values["path"])}])


def rename(connection: Connection, run: str, began: RunStarted) -> None:
    """Keeps another beginning of a run."""
    where = addresses.c.run == run, addresses.c.seq == began.seq
    connection.execute(update(addresses).where(*where).values(line=encode(began)))


def keep_facts(connection: Connection, run: str, facts: Iterable[Fact]) -> None:
    """Keeps where the events of a run are."""
    writes.upsert(connection, addresses, [_address(run, fact) for fact in facts])


def _address(run: str, fact: Fact) -> dict[str, Any]:
    event, place = fact.event, fact.place
    address = place._asdict() if place else {"offset": None, "length": None, "part": None}
    line = None if place else encode(event)
    kind = _TYPE[type(event)]
    return {"run": run, "seq": event.seq, "type": kind, "t": event.t, "step": fact.step, "line": line, **address}


def who_told(connection: Connection, call: str) -> str | None:
    """The run that told of a request to a model; None if none has."""
    return next((run for (run,) in _WHO_TOLD(connection, {"of": call})), None)


def keep_calls(connection: Connection, run: str, names: Iterable[str], *, told: bool) -> None:
    """Keeps of which requests a run told, or would have told if another had not."""
    rows = [{"name": name, "run": run, "told": told} for name in dict.fromkeys(names)]
    writes.add_missing(connection, calls, rows)


def repeated_by(connection: Connection, run: str) -> list[tuple[str, str]]:
    """Runs, with their transcripts' paths, that told nothing of a request because this one had."""
    found = connection.execute(_REPEATED, {"of": run}).all()
    return [(row.run, row.path) for row in found]


def drop(connection: Connection, run: str) -> None:
    """Drops what was kept of a transcript."""
    for table in (addresses, calls, transcripts):
        connection.execute(delete(table).where(table.c.run == run))
