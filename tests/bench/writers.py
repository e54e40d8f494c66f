"""Fifty agents at once, each a process with a run of its own.

Called as `python writers.py FOLDER TIMES WRITERS RATE SECONDS STORAGE`.

When an event was appended is written into the file TIMES: nanoseconds of the monotonic clock, at
its writer's and its own number.
"""

import mmap
import os
import struct
import sys
import time
from importlib import import_module
from pathlib import Path

SLOTS = 1 << 14


class Times:
    """The moments at which events were appended, shared by processes."""

    def __init__(self, path: Path, writers: int) -> None:
        fd = os.open(path, os.O_RDWR | os.O_CREAT)
        os.ftruncate(fd, writers * SLOTS * 8)
        self._memory = mmap.mmap(fd, writers * SLOTS * 8)
        os.close(fd)

    def note(self, writer: int, seq: int) -> None:
        """The event was appended now."""
        struct.pack_into("q", self._memory, (writer * SLOTS + seq) * 8, time.monotonic_ns())

    def at(self, writer: int, seq: int) -> int:
        """When it was appended; 0 if that is not known yet."""
        return struct.unpack_from("q", self._memory, (writer * SLOTS + seq) * 8)[0]


def record(folder: Path, times: Times, writer: int, rate: float, seconds: float, storage: str) -> None:
    """One agent: a log entry `rate` times a second."""
    import flightlog

    with flightlog.open(folder, storage=storage) as store, store.run("bench", name=f"w{writer:02}") as run:
        began = time.monotonic() + writer / rate / 50
        for number in range(int(rate * seconds)):
            time.sleep(max(began + number / rate - time.monotonic(), 0))
            run.log("the next thing was done", number=number)
            times.note(writer, number + 2)  # the run's start is the first event


def main() -> None:
    """Starts the writers and waits for them."""
    for name in ("files.files_backend", "sqlite.sqlite_backend"):
        import_module(f"flightlog.backends.{name}")  # loaded once, for all of them
    folder, path, count, rate, seconds, storage = sys.argv[1:]
    times = Times(Path(path), int(count))
    children = []
    for writer in range(int(count)):
        child = os.fork()
        if not child:
            record(Path(folder), times, writer, float(rate), float(seconds), storage)
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
