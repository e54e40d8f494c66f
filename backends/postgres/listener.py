"""What tells a process that another one has committed: LISTEN and NOTIFY, over a connection of its own.

The same connection tells whether the server answers at all: one that stands still (a machine that is suspended, a
disk that hangs) closes nothing, and who asks it something waits without an end.
"""

import logging
import os
import select
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...core.errors import StorageError
from .server_url import ServerUrl

if TYPE_CHECKING:
    import psycopg

log = logging.getLogger("flightlog")

CHANNEL = "flightlog"
_AGAIN_S = (0.2, 0.5, 1.0, 2.0)
"""Pauses between two tries to reach a server that is gone."""
_ASK_S = 1.5
"""A server that has said nothing for so long is asked whether it answers."""
_ANSWER_S = 2.0
"""So long it may take."""


def tell(connection: Any) -> None:
    """Tells all who listen, over a connection without a transaction. That this fails is no error: they also look."""
    import psycopg

    try:
        connection.autocommit = True
        connection.execute(f"NOTIFY {CHANNEL}")
        connection.autocommit = False
    except psycopg.Error as error:
        log.info("nobody was told of a commit, which stands: %s", type(error).__name__)


class Listener:
    """Counts commits of others, from the first question on. Thread-safe."""

    def __init__(self, url: ServerUrl) -> None:
        self._url = url
        self._count = 0
        self._calls: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._wakes = -1, -1
        self.problem = ""
        """Why nothing can be heard at the moment; empty if it can."""

    def changes(self) -> int:
        """A number that grows with every commit that was heard of, and with every time hearing was lost."""
        with self._lock:
            if self._thread is None and not self._stopping:
                self._wakes = os.pipe()
                self._thread = threading.Thread(target=self._work, name="flightlog-listening", daemon=True)
                self._thread.start()
        return self._count

    def call(self, on_change: Callable[[], None]) -> None:
        """Has this called, from the listening thread, as soon as the number grows."""
        self._calls.append(on_change)

    def close(self) -> None:
        """Ends it, and waits a second at most."""
        with self._lock:
            self._stopping = True
            thread = self._thread
        if thread:
            os.write(self._wakes[1], b".")
            thread.join(1)

    def _work(self) -> None:
        failures = 0
        while not self._stopping:
            try:
                with self._url.connect(autocommit=True) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    failures, self.problem = 0, ""
                    self._grow()  # there may have been commits until now
                    self._listen(connection)
            except StorageError as error:
                problem = str(error)
            except Exception as error:  # noqa: BLE001 - whatever breaks a connection, the next one mends
                problem = f"the connection to the server was lost ({self._url}); it is tried again"
                log.info("listening ended: %s", type(error).__name__)
            if not self._stopping:
                if not self.problem:
                    log.warning("%s", problem)
                self.problem = problem
                self._grow()
                self._pause(_AGAIN_S[min(failures, len(_AGAIN_S) - 1)])
                failures += 1
        for fd in self._wakes:
            os.close(fd)

    def _listen(self, connection: "psycopg.Connection[Any]") -> None:
        # By the driver's lower half: its upper one waits for an answer as long as that takes.
        server = connection.pgconn
        asked: float | None = None
        while not self._stopping:
            said, *_ = select.select([server.socket, self._wakes[0]], [], [], _ASK_S if asked is None else _ANSWER_S)
            if server.socket in said:
                server.consume_input()
                heard = False
                while server.notifies():
                    heard = True
                if asked is not None and not server.is_busy():
                    while server.get_result():
                        pass
                    asked, heard, self.problem = None, heard or bool(self.problem), ""
                if heard:
                    self._grow()
            elif asked is None:
                server.send_query(b"")
                server.flush()
                asked = time.time()
            elif not self.problem:
                self.problem = f"the server does not answer since {time.strftime('%H:%M:%S', time.localtime(asked))}"
                log.warning("%s (%s)", self.problem, self._url)
                self._grow()

    def _pause(self, seconds: float) -> None:
        select.select([self._wakes[0]], [], [], seconds)

    def _grow(self) -> None:
        self._count += 1
        for call in self._calls:
            call()
