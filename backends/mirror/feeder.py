"""The thread that feeds a mirror. One process at a time does; the others are ready to take over. Loads no engine."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.errors import FlightlogError, StorageError
from ...core.forking import inherited, is_wanted, undivided
from ...core.progress import Progress, go_on, told

if TYPE_CHECKING:
    from .first import First
    from .follower import Follower

log = logging.getLogger("flightlog.mirror")

FEEDING = "feeding runs into the mirror"
"""The work of who closes a store, and waits until its mirror has what the store has; told in runs."""

_PAUSE_S = 0.1
_IDLE_S = 0.5
_AGAIN_S = 5.0
_RECORDED_S = 5.0
_LOOKED_S = 1.0
_LISTEN_S = 0.05
# So long a run that is at hand is waited for by who is asked to stop; what is broken off there, the next one mends.
_STOPPED_S = 0.5
# Another that feeds looks twice a second: if it closes first, and leaves the rest to us, that shows by then.
_OTHERS_S = 1.0


class Feeder:
    """Follows the first store from a thread of its own. Whatever becomes of the mirror, no call fails or waits.

    The thread has a store of its own (`first` opens it), so that it shares nothing with the calls that record and
    read. Thread-safe; in a forked child it is begun anew.
    """

    _thread: threading.Thread | None
    _problem: str
    _stopping: bool
    _recording: bool

    def __init__(self, root: Path, first: "Callable[[], First | None]") -> None:
        self._root, self._first = root, first
        self._began = False
        self.in_child()
        inherited(self)

    @property
    def problem(self) -> str:
        """Why the mirror is behind; empty if it is not, or if another process feeds it."""
        return self._problem

    def begin(self, *, recording: bool) -> None:
        """From now on the mirror is fed. `recording`: for what this process records, closing waits longer."""
        self._recording = self._recording or recording
        if self._thread is None:
            with self._lock:
                if self._thread is None and not self._stopping:
                    self._thread = threading.Thread(target=self._work, name="flightlog-mirror", daemon=True)
                    self._thread.start()

    def await_round(self) -> None:
        """Waits, some seconds at most, until all was looked through once, so that `problem` says what is so.

        Returns at once where nothing is fed. Stopped, if somebody asked for that.
        """
        until = time.monotonic() + _RECORDED_S
        while self._thread is not None and not self._round.wait(0.05) and time.monotonic() < until:
            go_on()

    def close(self) -> None:
        """Feeds what is left, as far as that is possible in time; what is not is fed at the next opening."""
        if self._thread is None:
            return
        patience = _RECORDED_S if self._recording else _LOOKED_S
        self._until = time.monotonic() + patience
        self._others_until = time.monotonic() + min(patience, _OTHERS_S)
        self._stopping = True
        self._wake.set()
        if self._thread is not threading.current_thread():
            self._await_end(self._thread, patience + 1)

    def _await_end(self, thread: threading.Thread, seconds: float) -> None:
        """Waits until the rest is fed, which is told; who is asked to stop leaves it to the next opening."""
        progress, until = told() or Progress(), time.monotonic() + seconds
        progress.begin(0, FEEDING)
        at = self._fed.look()
        before = at.done if at else 0
        try:
            while thread.is_alive() and time.monotonic() < until:
                before = self._tell(progress, before)
                thread.join(_LISTEN_S)
                if progress.stopped and self._until:
                    self._until = self._others_until = 0.0
                    until = min(until, time.monotonic() + _STOPPED_S)
        finally:
            progress.end()

    def _tell(self, progress: Progress, before: int) -> int:
        """How many runs are fed of those that were left when closing began; `before` are those that were by then."""
        at = self._fed.look()
        if at is not None:
            before = before if before <= at.done else 0  # it has begun anew, with what came meanwhile
            progress.expect(at.total - before)
            progress.reach(at.done - before)
        return before

    def _work(self) -> None:
        follower: Follower | None = None
        pause = _PAUSE_S
        while True:
            stopping = self._stopping
            try:
                follower = follower or self._loaded()
                moved = follower is not None and self._follow(follower)
                if follower and stopping:
                    follower.finish()
                self._say(follower.problem if follower else "")
                pause = _PAUSE_S if moved else min(pause * 1.5, _IDLE_S)
            except (FlightlogError, OSError) as error:
                told = f"{error.strerror} ({error.filename})" if isinstance(error, OSError) else str(error)
                self._say(told)
                self._let_go(follower)
                follower, pause = None, _AGAIN_S
            except Exception as error:
                # Said once below; where it comes from is for who looks for it, and stands on no agent's terminal.
                log.debug("feeding the mirror failed in a way that was not foreseen", exc_info=True)
                self._say(f"{type(error).__name__}: {error}")
                self._let_go(follower)
                follower, pause = None, _AGAIN_S
            self._round.set()
            if stopping and (follower or self._problem or not self._recording or time.monotonic() > self._others_until):
                break
            self._wake.wait(_PAUSE_S if stopping else pause)
            self._wake.clear()
        self._let_go(follower)

    def _follow(self, follower: "Follower") -> bool:
        with undivided():
            return follower.follow(lambda: is_wanted() or self._is_late())

    def _is_late(self) -> bool:
        return self._stopping and time.monotonic() > self._until

    def _loaded(self) -> "Follower | None":
        with undivided():
            return self._opened()

    def _opened(self) -> "Follower | None":
        """A follower, if nobody else feeds the mirror. A mirror that was there is not made anew where it is gone."""
        from ..journal.disk import make_folder
        from .bookmark import BookmarkFile

        if not self._root.is_dir():
            if self._began or not self._root.parent.is_dir():
                advice = "bring it back, or open Flightlog again to begin another"
                raise StorageError("the folder of the mirror is gone", where=self._root, advice=advice)
            make_folder(self._root)
        held = BookmarkFile(self._root)
        self._began = True
        first: First | None = None
        try:
            first = self._first() if held.take() else None
            if first is not None:
                from .follower import Follower

                return Follower(self._root, held, first, self._fed)
        except BaseException:
            if first is not None:
                first.store.close()
            held.close()
            raise
        held.close()
        return None

    def _let_go(self, follower: "Follower | None") -> None:
        if follower:
            follower.close()

    def _say(self, problem: str) -> None:
        if problem and problem != self._problem:
            log.error("the mirror is behind: %s", problem)
        elif self._problem and not problem:
            log.info("the mirror is fed again")
        self._problem = problem

    def in_child(self) -> None:
        """Nothing is fed yet: so a process begins."""
        self._lock = threading.Lock()
        self._wake, self._round = threading.Event(), threading.Event()
        self._thread = None
        self._stopping = self._recording = False
        self._until, self._others_until, self._problem = 0.0, 0.0, ""
        self._fed = Progress()
