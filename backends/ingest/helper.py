"""Another process that prepares journals while this one writes: to decode and to apply them is half of the work.

It is given journals and gives back plain values; it opens no database. What it did not do when it ended, however
that was, is still to be done.
"""

import gc
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import IO, Self, cast

import msgspec

from ..sql.storable import storable
from ..sql.writes import Values
from .finding import Journal
from .prepared import Prepared, prepare

_PATIENCE_S = 20.0
"""Who has been given a few hundred journals and says nothing for so long is not waited for."""
_MAIN = f"from {__name__} import main; main()"


def is_of_use() -> bool:
    """Whether there is a second core for it."""
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    return len(cores) > 1 and bool(sys.executable)


class Helper:
    """One such process; it ends with the block, and with this process. Used by one thread. OSError at the beginning."""

    def __enter__(self) -> Self:
        # Not by a fork, for this process has threads; in a session of its own, for a Ctrl+C is not its business.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _MAIN],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,
        )
        self._to, self._from = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)
        self.given: deque[Sequence[Journal]] = deque()
        """What it has to do: the parts of the journals that it has not given back."""
        self._answers: SimpleQueue[bytes] = SimpleQueue()
        # It is listened to all the time, so that neither waits for the other to read.
        self._listening = threading.Thread(target=self._listen, name="flightlog-helper", daemon=True)
        self._listening.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._listening.join()
        with suppress(BrokenPipeError):  # it ended with something unread
            self._to.close()
        self._from.close()

    @property
    def pid(self) -> int:
        """Of its process."""
        return self._process.pid

    def wants(self) -> bool:
        """Whether it should be given more, so that it never waits."""
        return len(self.given) < 2

    def give(self, journals: Sequence[Journal]) -> None:
        """Has these prepared."""
        self.given.append(journals)
        plain = [(each.run, os.fspath(each.path), os.fspath(each.states), *each[3:]) for each in journals]
        with suppress(OSError):  # it has ended, which the next answer tells
            _send(self._to, _encoder.encode(plain))

    def taken(self, *, wait: bool) -> tuple[Sequence[Journal], Prepared] | None:
        """What it has prepared, and of which journals; None if there is nothing yet. EOFError if it has ended."""
        try:
            answer = self._answers.get(block=wait, timeout=_PATIENCE_S)
        except Empty:
            if wait:
                raise EOFError from None
            return None
        if not answer:
            raise EOFError
        found = _answer.decode(answer)
        first = self.given.popleft()
        if rest := first[found.reached :]:
            self.given.appendleft(rest)
        return first[: found.reached], found

    def _listen(self) -> None:
        while answer := _received(self._from):
            self._answers.put(answer)
        self._answers.put(b"")


def main() -> None:
    """What the other process does: until nobody gives it more, or takes what it gives."""
    gc.disable()  # what is made here has no cycles, and is looked through for some again and again
    with suppress(BrokenPipeError):
        while told := _received(sys.stdin.buffer):
            journals = [Journal(*each) for each in _question.decode(told)]
            while journals:
                prepared = prepare(journals)
                _send(sys.stdout.buffer, _told(prepared))
                del journals[: prepared.reached]
    os._exit(0)


def _told(prepared: Prepared) -> bytes:
    try:
        return _encoder.encode(prepared)
    except (UnicodeEncodeError, OverflowError):  # what no table can keep, either
        changes = prepared.changes
        kept = {name: list(map(_storable, rows)) for name, rows in changes.kept.items()}
        added = {name: list(map(_storable, rows)) for name, rows in changes.added.items()}
        sums = [{_storable(key): row for key, row in some.items()} for some in changes.sums]
        return _encoder.encode(prepared._replace(changes=changes._replace(kept=kept, added=added, sums=sums)))


def _storable(row: Values) -> Values:
    return tuple(map(storable, row))


def _send(to: IO[bytes], data: bytes) -> None:
    to.write(len(data).to_bytes(8))
    to.write(data)
    to.flush()


def _received(of: IO[bytes]) -> bytes:
    """The next message; empty at the end, also at one in the middle of a message."""
    length = int.from_bytes(of.read(8))
    data = of.read(length)
    return data if len(data) == length else b""


_encoder = msgspec.msgpack.Encoder()
_question = msgspec.msgpack.Decoder(list[tuple[str, str, str, str, bool]])
_answer = msgspec.msgpack.Decoder(Prepared)
