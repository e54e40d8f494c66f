"""What a source's index keeps beside the query tables: how far each thread was told, and every event's address."""

from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Row,
    Table,
    Text,
    UniqueConstraint,
    delete,
    insert,
    select,
    update,
)

from ...sql import tables
from ...sql.column_types import String
from .facts import Fact, Note
from .rows import Reach

metadata = MetaData()

threads = Table(
    "langgraph_threads",
    metadata,
    Column("run", String, primary_key=True),
    Column("thread", String, nullable=False, unique=True),
    Column("seq", Integer, nullable=False),  # of the newest event
    Column("deep", Boolean, nullable=False),  # values were read as well, and are from now on
    Column("cost", BigInteger, nullable=False),  # bytes that reading the values takes
    Column("unpriced", Boolean, nullable=False, default=False, index=True),  # calls whose price was not looked up yet
    Column("status", String, nullable=False, index=True),
    Column("last", String, nullable=False),  # time of the newest snapshot
    Column("reason", Text, nullable=False),
)
facts = Table(
    "langgraph_facts",
    metadata,
    Column("run", String, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("kind", String, nullable=False),
    Column("key", String, nullable=False),
    Column("t", String, nullable=False),
    Column("ns", String, nullable=False),
    Column("checkpoint", String, nullable=False),
    Column("task", String, nullable=False),
    Column("idx", Integer, nullable=False),
    Column("part", Integer, nullable=False),
    Column("note", Text, nullable=False),  # JSON of Note
    PrimaryKeyConstraint("run", "seq"),
    UniqueConstraint("run", "kind", "key"),
)
_PLAIN = ("kind", "key", "t", "ns", "checkpoint", "task", "idx", "part")
_CURSOR = SOURCE = "langgraph"


class Cursor(msgspec.Struct, kw_only=True):
    """How far the original was read."""

    inode: int = 0
    checkpoints: Reach = Reach()
    writes: Reach = Reach()


def load_cursor(connection: Connection) -> Cursor:
    """The cursor as it was kept. Without one (an index made anew) what we know of threads is dropped as well."""
    state = tables.state
    text = connection.execute(select(state.c.value).where(state.c.key == _CURSOR)).scalar_one_or_none()
    if text is None:
        for table in (facts, threads):
            connection.execute(delete(table))
        keep_cursor(connection, Cursor())
        return Cursor()
    return msgspec.json.decode(text, type=Cursor)


def keep_cursor(connection: Connection, cursor: Cursor) -> None:
    """Keeps the cursor."""
    state, text = tables.state, msgspec.json.encode(cursor).decode()
    if connection.execute(update(state).where(state.c.key == _CURSOR).values(value=text)).rowcount == 0:
        connection.execute(insert(state).values(key=_CURSOR, value=text))


def keep_facts(connection: Connection, run: str, first: int, found: list[Fact]) -> None:
    """Keeps facts under the numbers of their events."""
    rows = [
        {"run": run, "seq": seq, "note": msgspec.json.encode(fact.note).decode()}
        | {name: getattr(fact, name) for name in _PLAIN}
        for seq, fact in enumerate(found, first)
    ]
    if rows:
        connection.execute(insert(facts), rows)


def fact_of(row: Row[Any]) -> Fact:
    """The fact of a row."""
    fields = row._mapping  # `row.t` would be the whole row
    return Fact(rank=0, note=msgspec.json.decode(row.note, type=Note), **{name: fields[name] for name in _PLAIN})


def keep_thread(connection: Connection, run: str, thread: str, **values: object) -> None:
    """Keeps how far a thread was told."""
    if connection.execute(update(threads).where(threads.c.run == run).values(values)).rowcount == 0:
        connection.execute(insert(threads).values(run=run, thread=thread, **values))


def told_until(connection: Connection, run: str) -> tuple[int, bool] | None:
    """Number of a run's newest event, and whether its values are read: other than one remembers after another
    process told on.
    """
    row = connection.execute(select(threads.c.seq, threads.c.deep).where(threads.c.run == run)).first()
    return None if row is None else (row.seq, row.deep)


def drop_thread(connection: Connection, run: str) -> None:
    """Drops what was kept of a thread."""
    for table in (facts, threads):
        connection.execute(delete(table).where(table.c.run == run))
