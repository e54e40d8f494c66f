"""Takes in thousands of journals that were never read: each is prepared without the tables, and most of them by other
processes, where there is more than one core.
"""

from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from operator import attrgetter

from sqlalchemy import Connection, bindparam, select

from ..sql import tables
from ..sql.database import Database
from ..sql.projector import Projector
from ..sql.writes import upsert_rows
from .catch_up import without_collecting
from .finding import Journal
from .helper import Helpers, how_many
from .prepared import Prepared, prepare

Parts = deque[Sequence[Journal]]
_AT_ONCE, _LEAST = 800, 200
"""Journals of a part, and of one near the end."""
_ROUNDS = 10
"""Of what is left a part is at most such a share, so that nobody is long at work when the others have nothing to do."""


def take_new(
    database: Database,
    projector: Projector,
    journals: Sequence[Journal],
    anew: Callable[[Connection, Sequence[str]], None],
    reach: Callable[[int], None],
) -> list[Journal]:
    """Takes in what can be taken in without a look at what is known; gives back what cannot.

    `anew` is told the runs, in the transaction that writes them; `reach`, after each, how many journals are done.
    """
    left: list[Journal] = []
    done = 0
    # So that rows come nearly in the order of their keys, and few are between a part's.
    parts = _parts(sorted(journals, key=attrgetter("run")))
    with without_collecting(), closing(_prepared(parts)) as found:
        for some, prepared in found:
            with database.write() as connection:
                if _is_known(connection, some):
                    left += some
                else:
                    _write(connection, projector, prepared)
                    anew(connection, prepared.changes.new)
                    new = set(prepared.changes.new)
                    left += [journal for journal in some if journal.run not in new]
            done += len(some)
            reach(done - len(left))
    return left


def _parts(journals: Sequence[Journal]) -> Parts:
    parts, begin = Parts(), 0
    while (left := len(journals) - begin) > 0:
        size = min(max(left // _ROUNDS, _LEAST), _AT_ONCE)
        parts.append(journals[begin : begin + size])
        begin += size
    return parts


def _write(connection: Connection, projector: Projector, prepared: Prepared) -> None:
    projector.write(connection, prepared.changes)
    upsert_rows(connection, tables.journals, prepared.positions)


def _is_known(connection: Connection, journals: Sequence[Journal]) -> bool:
    """Whether the tables know anything of one of these, which are in order. Costs little if of none between them."""
    among = {"first": journals[0].run, "last": journals[-1].run}
    if not any(connection.execute(statement, among).first() for statement in _AMONG):
        return False
    of = {"of": [journal.run for journal in journals]}
    return any(connection.execute(statement, of).first() for statement in _KNOWN)


def _prepared(parts: Parts) -> Generator[tuple[Sequence[Journal], Prepared]]:
    """Journals and what they come to, until there are no more; in no order."""
    with Helpers(how_many()) as helpers:
        while parts or helpers.are_busy():
            helpers.give(parts)
            found = helpers.taken(parts, wait=not parts)
            if found or parts:
                yield found or _own(parts)


def _own(parts: Parts) -> tuple[Sequence[Journal], Prepared]:
    part = parts.popleft()
    prepared = prepare(part)
    if rest := part[prepared.reached :]:
        parts.appendleft(rest)
    return part[: prepared.reached], prepared


_IDS = (tables.journals.c.run, tables.runs.c.id)
_AMONG = [select(of).where(of.between(bindparam("first"), bindparam("last"))).limit(1) for of in _IDS]
_KNOWN = [select(of).where(of.in_(bindparam("of", expanding=True))).limit(1) for of in _IDS]
