"""Watching a store: hints make it quick, the heartbeat makes it sure."""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Literal

from ...core.errors import FlightlogError, StorageError
from .hints import Hints, open_hints

HEARTBEAT = 2.0
"""Seconds after which a change is noticed at the latest, whatever the system tells us."""

_FRAME = 1 / 30  # no screen shows more, so nobody is called more often
_LATE = 0.003  # by so much the system ends a rest too late: the next call makes up for it, else they would all be rarer
_PROBE = 0.25

# Changes made on other machines raise no notice on these.
_REMOTE = ("nfs", "cifs", "smb", "9p", "afs", "ceph", "fuse.", "glusterfs", "lustre", "virtiofs")

_log = logging.getLogger("flightlog")


class StoreWatch:
    """Calls `on_change` from a thread of its own when a store may have changed.

    `folders` says which folders matter now, `problem` why the store cannot be seen (empty if it can), and
    `version` a number that differs when a database was changed by others (costs microseconds).
    """

    def __init__(
        self,
        on_change: Callable[[], None],
        *,
        folders: Callable[[], Collection[Path]],
        problem: Callable[[], str],
        version: Callable[[], int] = lambda: 0,
        heartbeat: float = HEARTBEAT,
    ) -> None:
        self._on_change, self._folders, self._version = on_change, folders, version
        self._look_for_problem, self._heartbeat = problem, heartbeat
        self._hints: Hints | None = None
        self._problem = self._failure = ""
        self._polling_said = False
        self._closing = threading.Lock()  # nobody wakes hints whose descriptors are given back
        self._stop = threading.Event()
        self._place_hints()
        self._version_seen = self._seen()  # here, not by the thread: what is changed from now on is a change
        self._thread = threading.Thread(target=self._run, name="flightlog-watch", daemon=True)
        self._thread.start()

    @property
    def mode(self) -> Literal["watching", "polling"]:
        """`polling` where file notices are not to be had."""
        return "watching" if self._hints else "polling"

    @property
    def problem(self) -> str:
        """What keeps the watch from seeing the store now; empty if nothing."""
        return self._problem

    def close(self) -> None:
        """Stops it and waits for its thread (at most a second). May be called twice."""
        self._stop.set()
        with self._closing:
            if self._hints:
                self._hints.wake()
        if threading.current_thread() is not self._thread:
            self._thread.join(1)

    def _run(self) -> None:
        version, beat = self._version_seen, time.monotonic()
        due = beat
        while not self._stop.is_set():
            hinted = self._wait(min(self._heartbeat, _PROBE))
            if self._stop.is_set():
                break
            seen, now = self._seen(), time.monotonic()
            if not hinted and seen == version and now - beat < self._heartbeat:
                continue
            version, beat = seen, now
            self._place_hints()
            if not self._stop.is_set():
                self._call()
            due = max(due, now - _LATE) + _FRAME
            self._stop.wait(max(due - time.monotonic(), _FRAME / 2))  # a call that takes long is followed by a rest too
        self._drop_hints()

    def _wait(self, seconds: float) -> bool:
        if self._hints:
            return self._hints.wait(seconds)
        self._stop.wait(seconds)
        return False

    def _seen(self) -> int:
        try:
            return self._version()
        except (StorageError, OSError):
            return -1  # what it is, whoever asks the store is told

    def _seen_problem(self) -> str:
        try:
            return self._look_for_problem()
        except OSError as error:
            return f"it cannot be looked at: {error.strerror}"

    def _call(self) -> None:
        try:
            self._on_change()
        except Exception as error:  # noqa: BLE001 - somebody else's callback must not end the watch
            self._say(str(error) if isinstance(error, FlightlogError) else f"{type(error).__name__}: {error}")
        else:
            self._failure = ""

    def _say(self, failure: str) -> None:
        """Once, for the same may fail thirty times a second; where it comes from is for who looks for it."""
        _log.debug("what a change should have started failed", exc_info=True)
        if failure != self._failure:
            _log.error("what a change should have started failed, and watching goes on: %s", failure)
        self._failure = failure

    def _place_hints(self) -> None:
        """Watches the folders that matter now. What cannot be watched is polled, and tried again later."""
        self._problem = self._seen_problem()
        folders = self._folders()
        try:
            if self._hints is None:
                if any(is_remote(folder) for folder in folders):
                    return
                self._hints = open_hints()
            self._hints.watch(folders)
            self._polling_said = False
        except OSError as error:
            if not self._polling_said:
                _log.warning("file notices are not to be had (%s); polling", error)
            self._polling_said = True
            self._drop_hints()

    def _drop_hints(self) -> None:
        with self._closing:
            hints, self._hints = self._hints, None
            if hints:
                hints.close()


def is_remote(folder: Path) -> bool:
    """Whether a folder lies on a network or shared file system, by `/proc/self/mountinfo` (proc(5))."""
    if sys.platform != "linux":
        return False
    try:
        device = os.stat(folder).st_dev
        mounts = Path("/proc/self/mountinfo").read_text(errors="replace").splitlines()
    except OSError:
        return False
    number = f"{os.major(device)}:{os.minor(device)}"
    kinds = (line.partition(" - ")[2].split(" ")[0] for line in mounts if line.split(" ")[2] == number)
    return any(kind.startswith(_REMOTE) for kind in kinds)
