"""Hints that files in some folders changed: inotify on Linux, watchdog elsewhere.

A hint says only *something changed*: its contents are thrown away unread, so that a flood costs
nothing, and an overflow of the kernel's queue is just one more hint. What changed is found by looking.
"""

import ctypes
import os
import select
import sys
import threading
from collections.abc import Collection
from pathlib import Path
from typing import Any, Protocol


class Hints(Protocol):
    """Notices about the entries of a set of folders (not of their sub-folders)."""

    def watch(self, folders: Collection[Path]) -> bool:
        """Watches exactly these folders from now on; True if one was added. OSError when it cannot be done."""
        ...

    def wait(self, timeout: float) -> bool:
        """Waits for a hint; takes all that are there. False when the time is over, or `wake` was called."""
        ...

    def wake(self) -> None:
        """Ends a wait, from another thread."""
        ...

    def close(self) -> None:
        """Gives everything back."""
        ...


def open_hints() -> Hints:
    """The system's hints; OSError where there are none."""
    return Inotify() if sys.platform == "linux" else Watchdog()


# inotify(7): what may make a scan find something new. Reading and closing are not among it.
_MODIFY, _MOVED_FROM, _MOVED_TO, _CREATE, _DELETE, _DELETE_SELF, _MOVE_SELF = 2, 0x40, 0x80, 0x100, 0x200, 0x400, 0x800
_MASK = _MODIFY | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE | _DELETE_SELF | _MOVE_SELF
_ONLY_FOLDERS = 0x01000000


class Inotify:
    """inotify by its system calls. A poll and a read per wake, whatever the number of changes."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd = self._checked(self._libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK))
        self._woken, self._wake = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._watched: set[int] = set()

    def watch(self, folders: Collection[Path]) -> bool:
        # Adding again is how the kernel is asked whether the folder there is the one we watch.
        wanted = set()
        for folder in folders:
            path = os.fsencode(folder)
            try:
                wanted.add(self._checked(self._libc.inotify_add_watch(self._fd, path, _MASK | _ONLY_FOLDERS)))
            except (FileNotFoundError, NotADirectoryError):
                continue  # not there yet, or just gone: the next look decides
        for old in self._watched - wanted:
            self._libc.inotify_rm_watch(self._fd, old)
        added = bool(wanted - self._watched)
        self._watched = wanted
        return added

    def wait(self, timeout: float) -> bool:
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        poll.register(self._woken, select.POLLIN)
        ready = {fd for fd, _ in poll.poll(max(0, round(timeout * 1000)))}
        if self._fd not in ready:
            return False
        try:
            while len(os.read(self._fd, 1 << 20)) > 1 << 19:
                pass
        except BlockingIOError:
            pass  # all notices were taken
        return True

    def wake(self) -> None:
        os.write(self._wake, b".")

    def close(self) -> None:
        for fd in (self._fd, self._woken, self._wake):
            os.close(fd)

    @staticmethod
    def _checked(result: int) -> int:
        if result < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return result


class Watchdog:
    """watchdog's observer of the system (FSEvents, kqueue)."""

    def __init__(self) -> None:
        from watchdog.observers import Observer

        self._observer = Observer()
        self._observer.start()
        self._watches: dict[Path, Any] = {}
        self._seen = threading.Event()
        self._hint = False

    def watch(self, folders: Collection[Path]) -> bool:
        for folder in self._watches.keys() - set(folders):
            self._observer.unschedule(self._watches.pop(folder))
        added = [folder for folder in folders if folder not in self._watches and folder.is_dir()]
        handler: Any = self  # all that is asked of one is `dispatch`
        for folder in added:
            self._watches[folder] = self._observer.schedule(handler, str(folder), recursive=False)
        return bool(added)

    def dispatch(self, event: object) -> None:
        """Called by watchdog for every notice."""
        self._hint = True
        self._seen.set()

    def wait(self, timeout: float) -> bool:
        self._seen.wait(timeout)
        self._seen.clear()
        hint, self._hint = self._hint, False
        return hint

    def wake(self) -> None:
        self._seen.set()

    def close(self) -> None:
        self._observer.stop()
        self._observer.join(1)
