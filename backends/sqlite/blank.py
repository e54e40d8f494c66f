"""A database file into which nothing was written yet: whoever made it was killed then, or is just at it."""

import sqlite3
from collections.abc import Callable

from ..sql import globs

Instead = Callable[[sqlite3.Connection], sqlite3.Connection]


def as_empty(image: Callable[[], bytes]) -> Instead:
    """What gives of a connection to a blank file one to an empty store in memory in its place, and of others these.

    `image` makes that store's file. Asked with each connection, for somebody may write the file meanwhile.
    """
    made: list[bytes] = []

    def instead(connection: sqlite3.Connection) -> sqlite3.Connection:
        try:
            blank = connection.execute("SELECT NOT EXISTS (SELECT 1 FROM sqlite_master)").fetchone()[0]
            if not blank:
                return connection
            if not made:
                made.append(image())
            empty = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        except BaseException:
            connection.close()
            raise
        connection.close()
        empty.deserialize(made[0])
        globs.install(empty)
        return empty

    return instead
