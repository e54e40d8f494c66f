"""What `audit.jsonl` tells of one operation, a segment at a time, read backwards.

What is told of one operation while its lock is held is a **segment**: `operation` first, then `intent` and `run` for
its runs, then `end`. Segments never overlap, and only the last one can lack its end: it was cut off, or goes on.
An order that is given again adds a segment of its own. `end` says where its segment begins, so that the file is read
backwards a segment at a time, whatever lies in them.
"""

import math
from collections.abc import Collection, Iterator
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from ....core.clock import now_s, to_seconds
from ....core.ids import is_ulid, time_of
from ....core.operations import Done
from ...journal.readable import Readable, opened
from ...journal.reader import read_lines, read_lines_back
from .audit_lines import AnyLine, Begun, Ended, Intended, Told, decode

_NEAR = 1 << 16  # what lies so near is read over
_SIP = 1 << 14
_SKEW_S = 86400.0
"""By so much the clock may have gone back between an order and the operation's beginning."""


class Segment(NamedTuple):
    """What was told of an operation at one time."""

    at: int
    begun: Begun
    ended: Ended | None


def segments_back(path: Path, before: int | None = None) -> Iterator[Segment]:
    """The segments that end at or before an offset (None: the end), newest first; none where there is no file.

    Costs some lines of each. OSError.
    """
    try:
        yield from _segments_back(path, before)
    except FileNotFoundError:
        return


def _segments_back(path: Path, before: int | None) -> Iterator[Segment]:
    far = True
    while far:
        far, ended = False, None
        for offset, line in read_lines_back(path, before):
            if ended is not None and offset > ended.since:
                continue
            found = decode(line)
            if isinstance(found, Begun):
                yield Segment(offset, found, ended if ended and ended.id == found.id else None)
                ended = None
            elif isinstance(found, Ended):
                ended, begun = found, line_at(path, found.since) if offset - found.since > _NEAR else None
                if isinstance(begun, Begun) and begun.id == found.id:
                    yield Segment(found.since, begun, found)
                    before, far = found.since, True
                    break


def since(path: Path, id: str) -> Iterator[Segment]:
    """The segments that can be of an operation, and those after it that can concern it, newest first. OSError.

    Those that were carried together and are all too old for that are passed over at once.
    """
    made = min(time_of(id), now_s()) - _SKEW_S if is_ulid(id) else math.inf
    before: int | None = None
    while before != 0:
        jump = 0
        for segment in takewhile(lambda one: to_seconds(one.begun.t) >= made, segments_back(path, before)):
            if 0 < segment.begun.newest_s < made:
                jump = min(segment.begun.carried_since or segment.at, segment.at)
                break
            yield segment
        before = jump


def runs_of(path: Path, segment: Segment) -> Iterator[Intended | Told]:
    """What is told in a segment, in order. OSError."""
    with opened(path) as file:
        for _, line in read_lines(Sips(file), segment.at):
            found = decode(line)
            if isinstance(found, Intended | Told) and found.id == segment.begun.id:
                yield found
            elif isinstance(found, Ended) or (isinstance(found, Begun) and found != segment.begun):
                return


def line_at(path: Path, offset: int) -> AnyLine | None:
    """The line that begins at an offset; None if none of ours does. OSError."""
    with opened(path) as file:
        return next((decode(line) for _, line in read_lines(Sips(file), offset)), None)


class Sips:
    """A file of which little is read at a time, for little is wanted."""

    def __init__(self, file: Readable) -> None:
        self._file, self.size = file, file.size

    def pread(self, length: int, offset: int) -> bytes:
        """At most some kilobytes. OSError."""
        return self._file.pread(min(length, _SIP), offset)


def told(path: Path, segment: Segment) -> dict[str, Done]:
    """What became of the runs of an operation up to the end of a segment, in the order of what was told last.

    Costs all that is told of it. OSError.
    """
    found: dict[str, Done] = {}
    for one in reversed(list(_up_to(path, segment))):
        for line in runs_of(path, one):
            if isinstance(line, Told):
                found.pop(line.run, None)
                found[line.run] = line.done()
    return found


def beginning(path: Path, segment: Segment) -> Begun:
    """How an operation was begun. Costs a line for each time that it was gone on with. OSError."""
    *_, earliest = _up_to(path, segment)
    return earliest.begun


def _up_to(path: Path, segment: Segment) -> Iterator[Segment]:
    """A segment, and those of the same operation before it, newest first."""
    yield segment
    while 0 < segment.begun.before < segment.at:
        line = line_at(path, segment.begun.before)
        if not isinstance(line, Begun) or line.id != segment.begun.id:
            return
        segment = Segment(segment.begun.before, line, None)
        yield segment


def sums(segment: Segment, runs: Collection[Done]) -> Ended:
    """The numbers of an operation whose runs these are, as its end tells them (but when, and whether it is whole)."""
    outcomes = [one.outcome for one in runs]
    return Ended(
        id=segment.begun.id,
        t="",
        since=segment.at,
        whole=False,
        done=outcomes.count("done"),
        skipped=outcomes.count("skipped"),
        failed=outcomes.count("failed"),
        before_bytes=sum(one.before_bytes for one in runs),
        after_bytes=sum(one.after_bytes for one in runs),
    )


def undoes(segment: Segment, id: str) -> bool:
    """Whether a segment tells that an operation was taken back, all that was still there of it."""
    ended = segment.ended
    return segment.begun.kind == "undo" and segment.begun.of == id and bool(ended and ended.whole and not ended.failed)
