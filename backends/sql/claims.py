"""Which transaction may work at what, where several write at once.

SQLite lets one transaction write at a time. PostgreSQL lets many, also of other machines; there a transaction
first claims the runs it will change, by advisory locks that end with it. Rows that belong to no run alone
(counters) are written last and in the order of their keys, so that nobody waits in a circle.
"""

from collections.abc import Iterable
from hashlib import blake2b

from sqlalchemy import Connection, text

SCHEMA, VERSIONS, PATTERNS = "the schema", "versions", "patterns"
"""Names that are no run's, to be claimed by who changes the schema, saves a version, records a pattern."""


def claim(connection: Connection, names: Iterable[str]) -> None:
    """Waits until no other transaction has any of these, and has them to the end of its own. Locked.

    Claim all that a transaction needs at once, for who comes back for more may wait in a circle.
    """
    if connection.dialect.name == "postgresql":
        keys = sorted({key_of(name) for name in names})
        if keys:
            connection.execute(_CLAIM, {"keys": keys})


def exclude_writers(connection: Connection) -> None:
    """Waits until nobody else is writing, and lets nobody begin until the transaction's end. Locked.

    Who writes has looked at the schema's number first (`schema.guarded`): that is what is locked.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_EXCLUDE)


def key_of(name: str) -> int:
    """The number of a lock by its name."""
    digest = blake2b(f"flightlog {name}".encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(digest.digest(), signed=True)


_CLAIM = text("SELECT count(pg_advisory_xact_lock(key)) FROM unnest(CAST(:keys AS bigint[])) AS key")
_EXCLUDE = text("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")
