"""The words of log entries, kept so that a search reads the entries it finds and few others.

An index that follows: `worded_runs` says how far each run is in it. Shipping takes in what it
ships; all else (an index of files, a source, a store that was upgraded) is taken in when somebody
first searches. So nobody who never searches pays for it, and what is not in it yet is read as it is
(`words_read`: and kept).
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    bindparam,
    cast,
    delete,
    func,
    inspect,
    literal,
    literal_column,
    select,
    text,
)

from ...core.log_words import Wanted, words_in
from ..journal.log_entries import entry_of
from . import bulk, tables
from .bodies import Bodies
from .column_types import Asked
from .dialects import ENTRY, LOG_WORDS, holds
from .log_text import entries
from .ready import Ready
from .revisions import revisions
from .words_kept import are_kept
from .writes import upsert

LAST = (1 << 31) - 2
"""The highest number that a run can have."""

_SHIFT = 32  # an entry's id: its run's number, and in the lower half its seq
_LOWER = (1 << _SHIFT) - 1
AT_ONCE = 2000
"""Entries that are taken in by one transaction."""


class Place(NamedTuple):
    """Where a run is in the index, and up to which event; `newest` is its newest one."""

    run: str
    newest: int
    number: int
    seq: int


def places(connection: Connection, runs: Sequence[str]) -> list[Place]:
    """Where these runs are in the index; of one that is not in it, number and seq are 0."""
    found = [Place(*row) for row in connection.execute(_PLACES, {"of": list(runs)})]
    return found if are_kept(connection) else [place._replace(number=0, seq=0) for place in found]


def make(connection: Connection) -> None:
    """Makes the index where an SQLite without FTS5 made the database."""
    if not are_kept(connection):
        for statement in tables.LOG_WORDS[connection.dialect.name]:
            connection.exec_driver_sql(statement)


def take(connection: Connection, run: str, messages: Iterable[tuple[int, str]], after: int, upto: int) -> None:
    """Takes in a run's `(seq, message)` of the events behind `after`, up to and with `upto`.

    Nothing is done if the index is not just at `after`: it is read as it is until a search sees to it.
    """
    if not are_kept(connection):
        return
    known = connection.execute(_KNOWN, {"of": run}).first()
    if (known.seq if known else 0) != after:
        return
    if known is None:
        connection.execute(_NEW, {"run": run, "seq": upto})
        known = connection.execute(_KNOWN, {"of": run}).one()
    else:
        connection.execute(_REACHED, {"of": run, "upto": upto})
    add, form = _ADD[connection.dialect.name]
    rows = [(_id(known.number, seq), form(words)) for seq, message in messages if (words := words_in(message))]
    many = len(rows) >= bulk.MANY and connection.dialect.name == "postgresql"
    if rows and not (many and bulk.copied(connection, "log_words", ("id", "words"), rows)):
        connection.exec_driver_sql(add, rows)


def hits(
    connection: Connection,
    wanted: Wanted,
    first: int,
    last: int,
    *,
    after: int = 0,
    limit: int,
    newest: bool = False,
) -> list[tuple[int, int]]:
    """`(number, seq)` of entries that hold every word, in order; of the run `first` those behind `after`.

    The first `limit` of the runs with these numbers, or with `newest` the last ones, and these backwards.
    """
    given = {"wanted": wanted, "from": _id(first, after), "to": _id(last + 1, 0), "limit": limit}
    return [(id >> _SHIFT, id & _LOWER) for (id,) in _HITS[newest](connection, given)]


def numbers(wanted: ColumnElement[Any]) -> Select[Any]:
    """The numbers of all runs that have an entry with the words of a bound `Asked`. Costs what hits there are."""
    return select(ENTRY.op(">>")(literal_column(str(_SHIFT)))).select_from(LOG_WORDS).where(holds(wanted))


def holding(wanted: Wanted) -> ColumnElement[bool]:
    """The condition that a run has an entry with these words, as far as the index has come."""
    there = _worded.c.number.in_(numbers(literal(wanted, Asked())))
    return _runs.c.id.in_(select(_worded.c.run).where(there))


def forget(connection: Connection, run: str) -> None:
    """Takes a run out, before its events go. Where they are gone already, its words stay until `scrub`.

    They find nothing any more: the number of a run is never given again.
    """
    place = connection.execute(_KNOWN, {"of": run}).first()
    if place is None:
        return
    if connection.dialect.name != "sqlite":
        connection.execute(_DELETE, {"from": _id(place.number, 0), "to": _id(place.number + 1, 0)})
    elif not _undo(connection, run, place):
        upsert(connection, tables.state, [{"key": _STALE, "value": "1"}])
    connection.execute(delete(tables.worded_runs).where(tables.worded_runs.c.run == run))


def _undo(connection: Connection, run: str, place: Any) -> bool:
    """Takes the words of a run out one by one; False if its events are not here: in files, or in an archive."""
    found = False
    if are_kept(connection) and inspect(connection).has_table("events"):
        for seq, line in connection.execute(_LINES, {"of": run, "upto": place.seq}):
            found = True
            entry = entry_of(run, bytes(line))
            if entry and (words := words_in(entry.message)):
                connection.exec_driver_sql(_UNDO, (_id(place.number, seq), " ".join(words)))
    return found


def scrub(connection: Connection) -> None:
    """Makes sure that no word of a forgotten run is left in the tables: what a purge ends with.

    Costs about a second for a million entries; an index that cannot tell them apart is emptied, and
    made anew by the next search. (In free pages of the file they are until these are overwritten.)
    """
    if connection.dialect.name != "sqlite" or not are_kept(connection):
        return
    if connection.execute(select(tables.state.c.value).where(tables.state.c.key == _STALE)).first() is None:
        connection.exec_driver_sql("INSERT INTO log_words(log_words) VALUES ('optimize')")
        return
    connection.exec_driver_sql("INSERT INTO log_words(log_words) VALUES ('delete-all')")
    connection.execute(delete(tables.worded_runs))
    connection.execute(delete(tables.state).where(tables.state.c.key.in_((_STALE, _FOLLOWED))))


def follow(connection: Connection, bodies: Bodies, stop: Callable[[], bool]) -> bool:
    """Takes in some two thousand entries of runs that are behind; False if none is."""
    budget, reached = AT_ONCE, None
    coming = connection.execute(_BEHIND, {"limit": AT_ONCE}).all()
    for row in coming:
        if budget <= 0 or stop():
            break
        found = list(islice(entries(bodies, row.id, after=row.seq, stop=stop), budget))
        upto = found[-1].seq if len(found) == budget else max(row.last_seq, found[-1].seq if found else 0)
        if not stop():
            take(connection, row.id, [(entry.seq, entry.message) for entry in found], row.seq, upto)
        budget -= len(found) + 1
        reached = row.revision - 1  # others may have changed in the same transaction
    if not coming:
        reached = revisions(connection).settled
    if reached is not None:
        upsert(connection, tables.state, [{"key": _FOLLOWED, "value": str(reached)}])
    return bool(coming)


def is_behind(connection: Connection) -> bool:
    """Whether some run is. Costs what changed since this was last not so."""
    return connection.execute(_BEHIND, {"limit": 1}).first() is not None


def needs_following(connection: Connection) -> bool:
    """Whether anything has changed since `follow` last came to its end."""
    ((newest, followed),) = _NEWEST(connection, {})
    return int(newest or 0) > int(followed or 0)


def _id(number: int, seq: int) -> int:
    return (number << _SHIFT) + seq


_runs, _worded, _state = tables.runs, tables.worded_runs, tables.state
_STALE, _FOLLOWED = "words_stale", "words_followed"
_BOTH = _runs.outerjoin(_worded, _worded.c.run == _runs.c.id)
_SEQ = func.coalesce(_worded.c.seq, 0).label("seq")
_PLACES = (
    select(_runs.c.id, _runs.c.last_seq, func.coalesce(_worded.c.number, 0), _SEQ)
    .select_from(_BOTH)
    .where(_runs.c.id.in_(bindparam("of", expanding=True)), _runs.c.logs > 0)
)
_KNOWN = select(_worded.c.number, _worded.c.seq).where(_worded.c.run == bindparam("of"))
_NEW = _worded.insert()
_REACHED = _worded.update().where(_worded.c.run == bindparam("of")).values(seq=bindparam("upto"))
_FOLLOWED_TO = select(_state.c.value).where(_state.c.key == _FOLLOWED)
_NEWEST = Ready(select(select(func.max(_runs.c.revision)).scalar_subquery(), _FOLLOWED_TO.scalar_subquery()))
_BEHIND = (
    select(_runs.c.id, _runs.c.last_seq, _SEQ, _runs.c.revision)
    .select_from(_BOTH)
    .where(
        _runs.c.revision > func.coalesce(cast(_FOLLOWED_TO.scalar_subquery(), BigInteger), 0),
        _runs.c.last_seq > _SEQ,
        _runs.c.logs > 0,
    )
    .order_by(_runs.c.revision)
    .limit(bindparam("limit"))
)
_LINES = (
    select(tables.events.c.seq, tables.events.c.line)
    .where(
        tables.events.c.run == bindparam("of"), tables.events.c.type == "log", tables.events.c.seq <= bindparam("upto")
    )
    .order_by(tables.events.c.seq)
)
_DELETE = text("DELETE FROM log_words WHERE id >= :from AND id < :to")
_UNDO = "INSERT INTO log_words(log_words, rowid, words) VALUES ('delete', ?, ?)"


def _lexemes(words: Iterable[str]) -> str:
    """As a `tsvector` is written: each word as it is, in quotes."""
    return " ".join("'" + word.replace("\\", "\\\\").replace("'", "''") + "'" for word in words)


# How words go in, which every engine has its own way for.
_ADD: dict[str, tuple[str, Callable[[list[str]], object]]] = {
    "sqlite": ("INSERT INTO log_words(rowid, words) VALUES (?, ?)", " ".join),
    "postgresql": ("INSERT INTO log_words (id, words) VALUES (%s, CAST(%s AS tsvector))", _lexemes),
}

_hits = (
    select(ENTRY)
    .select_from(LOG_WORDS)
    .where(
        holds(bindparam("wanted", type_=Asked())),
        bindparam("from", type_=BigInteger) < ENTRY,
        bindparam("to", type_=BigInteger) > ENTRY,
    )
    .limit(bindparam("limit"))
)
_HITS = {False: Ready(_hits.order_by(ENTRY)), True: Ready(_hits.order_by(ENTRY.desc()))}
