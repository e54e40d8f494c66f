"""Recorded bytes read from lines as they were written: from a mark and reading on, or backwards from the newest line.

A page costs what it shows, whatever there is.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from typing import NamedTuple, Protocol

from ..core.errors import Corrupt, NotFound
from ..core.events import LEVELS
from ..core.progress import heard
from .journal.event_heads import Head, events_in, head_of, numbers_in
from .journal.long_lines import end_of, shortened, whole_line
from .journal.readable import Where, opened
from .journal.reader import LONGEST, LongLine, read_lines, read_lines_back
from .journal.states import States
from .sql.bodies import Excerpt, Place, picked_by_run, told_of

_LEVEL = re.compile(rb'"level":"(' + "|".join(LEVELS).encode() + rb')"')
_BLOCK = 1 << 20
_LEVEL_IN = 256  # the level stands near the beginning of a log entry


class Marks(Protocol):
    """Places in a journal at which lines begin, by the numbers of events."""

    def before(self, seq: int) -> int:
        """Offset from which on the event of this number is found, if it is there."""
        ...

    def behind(self, seq: int) -> int | None:
        """Offset before which all lower events lie; None where that is the end."""
        ...

    def next_mark(self, seq: int) -> int | None:
        """The lowest number above this one at which there is a mark; None if there is none."""
        ...


class Recorded(NamedTuple):
    """What was recorded of one run, as lines."""

    journal: Where
    marks: Marks
    states: Callable[[], States]
    name: object
    """Path of the file, as shown."""


class LineBodies:
    """See `sql.bodies.Bodies`. Thread-safe, if `of` is.

    `of` finds what was recorded of a run (NotFound), and says in our errors what befalls who reads it.
    """

    def __init__(self, of: Callable[[str], AbstractContextManager[Recorded]]) -> None:
        self._of = of

    def line(self, run: str, seq: int) -> bytes:
        """The bytes of one event; NotFound, Corrupt. Reads at most about a MiB beside it."""
        with self._of(run) as of:
            for offset, line in read_lines(of.journal, _from(of, seq)):
                for head, found in _events(of, offset, line):
                    if head.seq == seq:
                        return found
                    if head.seq > seq:
                        raise NotFound(f"run {run} has no event {seq}", where=of.name)
                claimed = head_of(line.head if isinstance(line, LongLine) else line)
                if claimed and claimed.seq == seq:
                    raise Corrupt(
                        f"event {seq} of run {run} is damaged", where=of.name, advice="run `flightlog doctor`"
                    )
            raise NotFound(f"run {run} has no event {seq}", where=of.name)

    def lines(self, run: str, excerpt: Excerpt = Excerpt()) -> list[tuple[int, bytes]]:
        """See the interface; reads on, or back, from the mark that is next."""
        with self._of(run) as of:
            between = _back(of, excerpt) if excerpt.newest else _on(of, excerpt)
            wanted = ((head.seq, line) for head, line in between if _wanted(head, line, excerpt))
            found = list(heard(islice(wanted, excerpt.limit)))
        return found[::-1] if excerpt.newest else found

    def picked(self, places: Sequence[Place]) -> dict[Place, bytes]:
        """Single events, a run after the other."""
        return picked_by_run(places, self._picked)

    def _picked(self, run: str, seqs: list[int]) -> list[tuple[int, bytes]]:
        """Single events: reads on from one to the next where no mark lies between them."""
        found, left = list[tuple[int, bytes]](), list(seqs)
        with self._of(run) as of:
            while left:
                begin, mark = of.marks.before(left[0]), of.marks.next_mark(left[0])
                count = len(left) if mark is None else bisect_left(left, mark)
                coming, left = left[:count], left[count:]
                wanted = set(coming)
                for offset, line in read_lines(of.journal, begin):
                    events = _events(of, offset, line)
                    found += [(head.seq, at) for head, at in events if head.seq in wanted]
                    wanted -= {head.seq for head, _ in events}
                    if not wanted or (events and events[-1][0].seq > coming[-1]):
                        break
        return found

    def values(self, run: str, digests: Collection[str]) -> dict[str, bytes]:
        """Whole values by digest; NotFound, Corrupt."""
        with self._of(run) as of:
            states = of.states()
            return dict(told_of((digest, states.value(digest)) for digest in digests))


def _on(of: Recorded, excerpt: Excerpt) -> Iterator[tuple[Head, bytes]]:
    last, before = excerpt.after, excerpt.before
    for offset, line in read_lines(of.journal, _from(of, last + 1), longest=excerpt.longest or LONGEST):
        for head, found in _events(of, offset, line, excerpt.longest):
            if before is not None and head.seq >= before:
                return
            if head.seq > last:
                last = head.seq
                yield head, found


def _back(of: Recorded, excerpt: Excerpt) -> Iterator[tuple[Head, bytes]]:
    after, before = excerpt.after, excerpt.before
    end = None if before is None else _behind(of, before)
    held: tuple[Head, bytes] | None = None
    for offset, line in read_lines_back(of.journal, end, longest=excerpt.longest or LONGEST):
        for head, found in reversed(_events(of, offset, line, excerpt.longest)):
            # Of a number that is there twice the first one counts, which this way is met last.
            if held and head.seq < held[0].seq:
                yield held
            held = (head, found) if before is None or head.seq < before else None
            if head.seq <= after:
                return
    if held:
        yield held


def _events(of: Recorded, offset: int, line: bytes | LongLine, longest: int | None = None) -> list[tuple[Head, bytes]]:
    """The sound events of a line; of a log entry that is longer than `longest` the beginning, if that is given."""
    if not isinstance(line, LongLine):
        return events_in(line)
    head = head_of(line.head)
    if head and longest is not None:
        short = shortened(line.head, end_of(of.journal, offset, line), line.length)
        if short is not None:
            return [(head, short)]
    whole = whole_line(of.journal, offset, line) if head else None
    return [] if whole is None else events_in(whole)


def _from(of: Recorded, seq: int) -> int:
    """Offset of a line from which on the event of this number is found, or where it would be."""
    mark = of.marks.before(seq)
    if seq == 1:
        return mark
    with opened(of.journal) as file:
        block = file.pread(_BLOCK, mark)
    # Of what is to come there is no line yet, but one of what was read last.
    found = [begin for number in (seq, seq - 1) if (begin := _line_of(block, number)) is not None]
    return mark + (found[0] if found else 0)


def _behind(of: Recorded, seq: int) -> int | None:
    """Offset of a line before which all lower events lie; None where that is the end."""
    mark = of.marks.before(seq)
    with opened(of.journal) as file:
        begin = _line_of(file.pread(_BLOCK, mark), seq)
    return of.marks.behind(seq) if begin is None else mark + begin


def _line_of(block: bytes, seq: int) -> int | None:
    """Where the line of a sound event begins that has a higher number than all before it; None if it is not found.

    It is looked for by its bytes: the lines between need not be read one by one.
    """
    told, at = b'","seq":%d,' % seq, 0
    while (at := block.find(told, at)) >= 0:
        begin, end = block.rfind(b"\n", 0, at) + 1, block.find(b"\n", at)
        line = block[begin:end] if end >= 0 else b""
        head = head_of(line)
        if head and head.seq == seq and events_in(line)[:1] == [(head, line)]:
            return begin if max(numbers_in(b"\n" + block[:begin]), default=0) < seq else None
        at += len(told)
    return None


def _wanted(head: Head, line: bytes, excerpt: Excerpt) -> bool:
    if excerpt.types is not None and head.type not in excerpt.types:
        return False
    found = _LEVEL.search(line, 0, _LEVEL_IN) if excerpt.level > 1 and head.type == "log" else None
    return found is None or LEVELS.index(found[1].decode()) + 1 >= excerpt.level
