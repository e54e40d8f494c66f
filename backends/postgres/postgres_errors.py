"""PostgreSQL's errors as ours: each says what to do. Its own words are used where they can tell no credentials."""

import re
from typing import Any

from sqlalchemy.exc import DBAPIError

from ...core.errors import Conflict, Corrupt, Locked, NotFound, ReadOnly, StorageError
from ..sql.wrong_values import wrong_value

_Kind = tuple[type[StorageError], str, str]

_WAITS = "what is recorded waits in the spool, and is shipped when the server is back"
_GONE: _Kind = (StorageError, "the connection to the server was lost", _WAITS)
_TRY = "try again"

# By SQLSTATE, and by its class (the first two characters); postgresql.org/docs/current/errcodes-appendix.html.
_KINDS: dict[str, _Kind] = {
    "08": _GONE,
    "57P": _GONE,
    "25P03": _GONE,  # a transaction stood idle for longer than the server allows
    "25P04": _GONE,  # one took longer
    "23": (Conflict, "the database refused a row", ""),
    "25006": (ReadOnly, "the server takes no changes (it is a standby, or set read-only)", "name the primary server"),
    "28": (StorageError, "the server refuses this user or password", "set PGUSER and PGPASSWORD, or look at ~/.pgpass"),
    "3F": (NotFound, "the schema is not there", "make it with CREATE SCHEMA, or look at search_path"),
    "40": (Locked, "another transaction was in the way", _TRY),
    "42501": (
        ReadOnly,
        "the user lacks the rights for this",
        "ask for CREATE on the schema, or for its tables and sequences",
    ),
    "42P01": (StorageError, "a table of Flightlog's is missing", "name another database, or an empty one"),
    "53100": (StorageError, "the server's disk is full", f"make room there; {_WAITS}"),
    "53200": (StorageError, "the server is out of memory", _WAITS),
    "53300": (
        StorageError,
        "the server has no connection left, or none for this user",
        f"close others, or raise max_connections or the user's limit; {_WAITS}",
    ),
    "55P03": (Locked, "another transaction holds what is to be written", _TRY),
    "57014": (
        StorageError,
        "the server cancelled the statement",
        "try again, or have its keeper raise this user's statement_timeout",
    ),
    "22021": (StorageError, "text with a NUL character cannot be looked for", "leave it out"),
    "XX001": (Corrupt, "the database is damaged", "restore it from the server's backup"),
    "XX002": (Corrupt, "an index of the database is damaged", "have its keeper run REINDEX DATABASE"),
}

# A server that lets nobody in gives no code, only words.
_REFUSALS: list[tuple[str, _Kind]] = [
    (r"starting up|shutting down|recovery", (StorageError, "the server is just starting or stopping", _WAITS)),
    (
        r"authentication failed|no password supplied",
        (StorageError, "the server refuses this user or password", "set PGPASSWORD, or look at ~/.pgpass"),
    ),
    (
        r"pg_hba\.conf",
        (StorageError, "the server admits nobody from here by this name", "ask its keeper for a line in pg_hba.conf"),
    ),
    (
        r"role .* (does not exist|not permitted)",
        (StorageError, "the server knows no such user", "name another one, or set PGUSER"),
    ),
    (
        r"database .* does not exist",
        (NotFound, "the server has no such database", "make it with createdb, or name another one"),
    ),
    (
        r"permission denied for database",
        (ReadOnly, "the user may not enter this database", "ask for the right to connect"),
    ),
    (r"too many|connection slots", _KINDS["53300"]),
    (r"SSL|certificate", (StorageError, "no encrypted connection could be made", "look at sslmode in the URL")),
    (
        r"resolve|translate host name|Name or service",
        (StorageError, "there is no such host", "look at the URL, or at the network"),
    ),
    (r"timeout|timed out", (StorageError, "the server does not answer", _WAITS)),
    (
        r"refused|No such file|unreachable|No route",
        (StorageError, "no server answers there", f"start it, or look at host and port; {_WAITS}"),
    ),
    (r"closed the connection|reset by peer|terminating", _GONE),
    (
        r"invalid|missing|parameter",
        (StorageError, "the URL holds an option that is not understood", "look at what follows its ?"),
    ),
]


def translated(error: Exception, where: str) -> StorageError:
    """An error of the driver (or SQLAlchemy's around it) as one of ours."""
    cause: Any = error.orig if isinstance(error, DBAPIError) else error
    if (mistake := wrong_value(cause)) is not None:
        return mistake
    state = getattr(cause, "sqlstate", None) or ""
    if not state and (getattr(error, "connection_invalidated", False) or _is_lost(cause)):
        state = "08"
    kind, what, advice = next((_KINDS[key] for key in (state, state[:3], state[:2]) if key in _KINDS), _UNKNOWN)
    said = getattr(getattr(cause, "diag", None), "message_primary", None) or type(cause).__name__
    return kind(what if advice else f"{what}: {said}", where=where, advice=advice)


_UNKNOWN: _Kind = (StorageError, "the database failed", "")


def unreachable(error: Exception, where: str) -> StorageError:
    """Why no connection could be made; in our words, for the driver's may name the user."""
    text = str(error)
    for words, (kind, what, advice) in _REFUSALS:
        if re.search(words, text):
            return kind(what, where=where, advice=advice)
    return StorageError("the server cannot be reached", where=where, advice=f"look at the URL; {_WAITS}")


def _is_lost(error: Exception) -> bool:
    import psycopg

    return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
