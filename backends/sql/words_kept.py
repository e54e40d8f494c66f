"""Whether a database keeps the words of log entries: an SQLite that was built without FTS5 cannot."""

from functools import cache
from logging import getLogger
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine

WITHOUT = "this Python's SQLite was built without FTS5, so that a search of logs reads every entry"

_log = getLogger("flightlog")
_known: "WeakKeyDictionary[Engine, bool]" = WeakKeyDictionary()


def can_keep(connection: Connection) -> bool:
    """Whether the engine has what it takes."""
    if connection.dialect.name != "sqlite":
        return True
    return connection.exec_driver_sql("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'").first() is not None


def are_kept(connection: Connection) -> bool:
    """Whether there is an index of words that can be used. Asked once of an engine.

    There is none either where such an SQLite made the database: then `tables.LOG_WORDS` is still to be executed.
    """
    known = _known.get(connection.engine)
    if known is None:
        able = can_keep(connection)
        there = connection.dialect.name != "sqlite" or connection.exec_driver_sql(_THERE).first() is not None
        known = able and there
        if known or not able:
            _known[connection.engine] = known
        if not able:
            _say()
    return known


@cache
def _say() -> None:
    _log.warning(WITHOUT)


_THERE = "SELECT 1 FROM sqlite_master WHERE name = 'log_words'"
