"""What a transaction writes last, just before it commits: rows that others write too.

They are locked for the shortest time, and after everything else, so that no two transactions wait for each other.
"""

from collections.abc import Callable

from sqlalchemy import Connection

_KEY = "flightlog.last_words"


def say_last(connection: Connection, words: Callable[[Connection], None]) -> None:
    """Has something done at the end of the transaction under way; nothing of it if that is rolled back."""
    connection.info.setdefault(_KEY, []).append(words)


def say_last_words(connection: Connection) -> None:
    """Does what was asked for; called by `Database.write`."""
    for words in connection.info.pop(_KEY, ()):
        if connection.in_transaction():  # it may have been rolled back by hand
            words(connection)


def forget_last_words(connection: Connection) -> None:
    """Drops what a transaction left that was rolled back."""
    connection.info.pop(_KEY, None)
