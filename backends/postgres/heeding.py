"""One long statement of a server's, which is broken off by who has it done."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from ...core.errors import Stopped
from ...core.progress import Progress, told

_LOOK_S = 0.05


@contextmanager
def heeding(connection: Any) -> Iterator[None]:
    """What this connection of the driver's is asked in this block the server gives up when this thread is asked to
    stop: then Stopped, and whatever the statement changed is undone. (^C does so by itself.)
    """
    progress = told()
    if progress is None:
        yield
        return
    over = threading.Event()
    asking = threading.Thread(target=_ask, args=(connection, progress, over), name="flightlog-heeding", daemon=True)
    asking.start()
    try:
        yield
    except (psycopg.errors.QueryCanceled, DBAPIError) as error:
        if progress.stopped and _is_given_up(error):
            raise Stopped("it was stopped") from error
        raise
    finally:
        over.set()
        asking.join()  # so that what is asked next is not given up in its place


def _ask(connection: Any, progress: Progress, over: threading.Event) -> None:
    while not over.wait(_LOOK_S):
        if progress.stopped:
            with suppress(psycopg.Error):
                connection.cancel_safe()  # once more while it goes on: it may have come between two statements


def _is_given_up(error: Exception) -> bool:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(cause, psycopg.errors.QueryCanceled)


class NoCopy:
    """The upgrade of a server's database may be stopped. It is not copied before: that is its keeper's to do."""

    def make(self) -> None:
        """See the protocol."""

    def heeding(self, connection: Connection) -> AbstractContextManager[None]:
        """See the protocol."""
        return heeding(connection.connection.driver_connection)

    def compare(self, connection: Connection) -> None:
        """See the protocol."""

    def is_left(self) -> bool:
        """See the protocol."""
        return False

    def remove(self) -> None:
        """See the protocol."""
