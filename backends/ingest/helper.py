"""Other processes that prepare journals while this one writes: to decode and to apply them is most of the work.

Each is given journals and gives back plain values; it opens no database. What it did not do when it ended, however
that was, is still to be done.
"""

import fcntl
import gc
import logging
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from queue import Empty, SimpleQueue
from typing import IO, Self, cast

import msgspec

from ..sql.storable import storable
from ..sql.writes import Rows
from .finding import Journal
from .prepared import Prepared, prepare

log = logging.getLogger("flightlog")

_PATIENCE_S = 20.0
"""Who has been given a few hundred journals and says nothing for so long is not waited for."""
_MOST = 3
"""To write what they prepare takes a third of the time that they take."""
_PIPE_BYTES = 1 << 20
"""Journals of one question are some 100 KB; what a question comes to, half a megabyte."""
_MAIN = f"from {__name__} import main; main()"


def how_many() -> int:
    """Of how many there is use: of one for each core but our own, and of so many as can be listened to.

    None where another program than Python runs us: nobody knows what that would do if it were started once more.
    """
    if not os.path.basename(sys.executable or "").startswith(("python", "pypy")):
        return 0
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores - 1, _MOST)


class Helper:
    """One such process; it ends with the block, and with this process. Used by one thread. OSError at the beginning.

    `answers` is where it puts itself and each answer, which `told` understands; an empty one is its last.
    """

    def __init__(self, answers: "SimpleQueue[tuple[Helper, bytes]]") -> None:
        self._answers = answers
        self.given: deque[Sequence[Journal]] = deque()
        """What it has to do: the parts of the journals that it has not given back."""

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
        for pipe in (self._to, self._from):
            _widen(pipe)
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

    def told(self, answer: bytes) -> tuple[Sequence[Journal], Prepared]:
        """What it has prepared, and of which journals."""
        found = _answer.decode(answer)
        first = self.given.popleft()
        if rest := first[found.reached :]:
            self.given.appendleft(rest)
        return first[: found.reached], found

    def _listen(self) -> None:
        while answer := _received(self._from):
            self._answers.put((self, answer))
        self._answers.put((self, b""))


class Helpers:
    """Some of them, until the block is left. Used by one thread."""

    def __init__(self, number: int) -> None:
        self._number, self._stack = number, ExitStack()
        self._living: set[Helper] = set()
        self._answers: SimpleQueue[tuple[Helper, bytes]] = SimpleQueue()

    def __enter__(self) -> Self:
        try:
            while len(self._living) < self._number:
                self._living.add(self._stack.enter_context(Helper(self._answers)))
        except OSError as error:
            log.info("no process could be had to help reading journals: %s", error.strerror)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def are_busy(self) -> bool:
        """Whether anything is still to be given back."""
        return any(helper.given for helper in self._living)

    def give(self, parts: deque[Sequence[Journal]]) -> None:
        """Has some of the parts prepared, so many that no helper waits."""
        for helper in self._living:
            while parts and helper.wants():
                helper.give(parts.popleft())

    def taken(self, parts: deque[Sequence[Journal]], *, wait: bool) -> tuple[Sequence[Journal], Prepared] | None:
        """What one of them has prepared, and of which journals; None if there is nothing yet.

        What was given to one that has ended meanwhile is put back to the parts.
        """
        try:
            helper, answer = self._answers.get(block=wait, timeout=_PATIENCE_S)
        except Empty:
            self._put_back(parts, set(self._living) if wait else set())
            return None
        if answer and helper in self._living:
            return helper.told(answer)
        self._put_back(parts, {helper} & self._living)
        return None

    def _put_back(self, parts: deque[Sequence[Journal]], ended: set[Helper]) -> None:
        for helper in ended:
            log.info("a process that helped to read journals has ended: what it was given is read by another")
            parts.extend(helper.given)
        self._living -= ended


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
        kept = {name: _storable(rows) for name, rows in changes.kept.items()}
        added = {name: _storable(rows) for name, rows in changes.added.items()}
        sums = [{tuple(map(storable, key)): row for key, row in some.items()} for some in changes.sums]
        return _encoder.encode(prepared._replace(changes=changes._replace(kept=kept, added=added, sums=sums)))


def _storable(rows: Rows) -> Rows:
    return Rows(rows.columns, [tuple(map(storable, row)) for row in rows.values])


def _widen(pipe: IO[bytes]) -> None:
    """Lets a whole question or answer lie in it, where that can be had: else who writes one stands still until the
    other, who is at work, comes to read it.
    """
    if sys.platform == "linux":
        with suppress(OSError):  # a user has only so many pages for pipes
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


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
_question = msgspec.msgpack.Decoder(list[tuple[str, str, str, str, bool, bool]])
_answer = msgspec.msgpack.Decoder(Prepared)
