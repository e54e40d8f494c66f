"""The lines of `audit.jsonl`: each fact one JSON object with a checksum; they hold no text of a run.

How those of one operation lie together (in segments), audit_segments.py tells.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from ....core.errors import Corrupt
from ....core.events import check, seal
from ....core.operations import Done, Kind
from ....core.progress import heard
from ...journal.reader import LongLine, read_lines
from ..record import Act, Intent, copied

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
    at: str = ""
    """When it was begun, if it was in another store (`elsewhere`): then `t` is when it was carried."""
    elsewhere: str = ""
    carried_since: int = 0
    """Of a carried one: where the first of those begins that were carried one after the other before it."""
    newest_s: float = 0.0
    """When the youngest of these was ordered, itself included, in seconds; 0 if that is not told."""


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
    """See `UpkeepRepository.applied_policy`."""


AnyLine = Begun | Intended | Told | Ended

_decoder = msgspec.json.Decoder(AnyLine)


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
