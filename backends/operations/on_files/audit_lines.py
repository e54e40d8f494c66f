"""The lines of `audit.jsonl`: each fact one JSON object with a checksum; they hold no text of a run.

What is told of one operation while its lock is held is a **segment**: `operation` first, then `intent` and `run` for
its runs, then `end`. Segments never overlap, and only the last one can lack its end: it was cut off, or goes on.
An order that is given again adds a segment of its own. `end` says where its segment begins, so that the file is read
backwards a segment at a time, whatever lies in them.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from ....core.errors import Corrupt
from ....core.events import check, seal
from ....core.operations import Done, Kind
from ....core.progress import heard
from ...journal.readable import Readable, opened
from ...journal.reader import LongLine, read_lines, read_lines_back
from ..record import Act, Intent, copied

_NEAR = 1 << 16  # what lies so near is read over
_SIP = 1 << 14

HEADER = b'{"type":"audit","format":1}\n'


class Line(msgspec.Struct, kw_only=True, omit_defaults=True, frozen=True, tag_field="type"):
    """What all have."""

    id: str
    """The operation."""
    t: str


class Begun(Line, kw_only=True, frozen=True, tag="operation"):
    """Somebody begins, or goes on."""

    kind: Kind
    by: str = ""
    why: str = ""
    of: str = ""
    pid: int = 0
    host: str = ""
    before: int = 0
    """Where this operation's segment before this one begins; 0 if this is the first."""


class Intended(Line, kw_only=True, frozen=True, tag="intent"):
    """Something is about to be done with a run."""

    run: str
    act: Act
    of: str = ""
    by: str = ""
    rule: str = ""
    workflow: str = ""
    size_bytes: int = 0
    digest: str = ""

    def intent(self) -> Intent:
        """As the engine knows it."""
        names = ("run", "act", "of", "by", "rule", "workflow", "size_bytes", "digest")
        return Intent(operation=self.id, **{name: getattr(self, name) for name in names})


class Told(Line, kw_only=True, frozen=True, tag="run"):
    """What became of a run."""

    run: str
    act: Act
    outcome: str
    why: str = ""
    before_bytes: int = 0
    after_bytes: int = 0
    where: str = ""
    digest: str = ""
    of: str = ""
    by: str = ""
    rule: str = ""
    workflow: str = ""

    def done(self) -> Done:
        """As the engine knows it."""
        names = ("run", "outcome", "why", "before_bytes", "after_bytes", "where", "digest", "rule")
        return Done(copy_of=copied(self.act, self.of), **{name: getattr(self, name) for name in names})


class Ended(Line, kw_only=True, frozen=True, tag="end"):
    """A segment is over; the numbers are those of all of the operation's segments so far."""

    since: int
    """Where the segment begins."""
    whole: bool
    done: int = 0
    skipped: int = 0
    failed: int = 0
    before_bytes: int = 0
    after_bytes: int = 0
    policy: str = ""
    """The retention policy that was applied by hand last."""


AnyLine = Begun | Intended | Told | Ended

_decoder = msgspec.json.Decoder(AnyLine)


class Segment(NamedTuple):
    """What was told of an operation at one time."""

    at: int
    begun: Begun
    ended: Ended | None


def encode(line: AnyLine) -> bytes:
    """With its newline."""
    return seal(msgspec.json.encode(line)) + b"\n"


def decode(line: bytes | LongLine) -> AnyLine | None:
    """None for what is no line of ours: the header, a torn or damaged one (see `damaged`)."""
    try:
        if isinstance(line, LongLine):
            return None
        check(line)
        found: AnyLine = _decoder.decode(line)
        return found
    except (Corrupt, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def damaged(path: Path) -> Iterator[int]:
    """Where lines begin that cannot be read. OSError; Stopped between two lines."""
    for offset, line in heard(read_lines(path)):
        if line and line != HEADER[:-1] and decode(line) is None:
            yield offset


def segments_back(path: Path, before: int | None = None) -> Iterator[Segment]:
    """The segments that end at or before an offset (None: the end), newest first. Costs some lines of each. OSError."""
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
