"""The parts of an archive of one run (`.flz`, format 1); FORMAT.md describes it for other readers."""

import struct
from collections.abc import Iterable, Iterator
from typing import Annotated, NamedTuple

import msgspec

from ...core.runs import Run

FORMAT = 1
MAGIC = b"\x89flz\r\n\x1a\n"
FRAME = 1 << 20
"""At most so many plain bytes are in one frame."""
MEMBERS = ("journal", "states", "torn", "annotations")
"""What an archive may hold, in this order. These are names of data, and never paths."""
LONGEST_MANIFEST = 1 << 20

PREAMBLE = struct.Struct("<8sII")
"""Magic, format, bytes of the manifest, which follows."""
RECORD = struct.Struct("<QQQII")
"""A frame in the index: its offset, that of its plain bytes in their member, first seq, bytes, plain bytes."""
END = struct.Struct("<QI32s32s")
"""Offset of the index, number of frames, digest of what tells the parts, digest of all bytes before it."""
DIGEST = 32


_Count = Annotated[int, msgspec.Meta(ge=0)]


class Facts(msgspec.Struct, kw_only=True, frozen=True):
    """What an archive says about its run, so that it can be known without being unpacked."""

    run: str
    workflow: str = ""
    version: int | None = None
    status: str = ""
    started: str | None = None
    finished: str | None = None
    last_seq: int = 0
    counts: dict[str, int] = {}
    """How many there are of each kind of thing: `events`, `steps` …"""


class Member(msgspec.Struct, kw_only=True, frozen=True):
    """One of the things in an archive."""

    name: str
    size: _Count
    """Plain bytes."""
    sha256: str
    frames: _Count


class Manifest(Facts, kw_only=True, frozen=True):
    """What stands at the beginning of an archive."""

    format: int = FORMAT
    created: str
    members: tuple[Member, ...]

    def member(self, name: str) -> Member | None:
        """A member by its name; None if it is not in this archive."""
        return next((member for member in self.members if member.name == name), None)

    @property
    def files(self) -> list[Member]:
        """The members that are files of the run: all but what others added to it."""
        return [member for member in self.members if member.name != "annotations"]

    @property
    def plain_bytes(self) -> int:
        """Bytes of all members, unpacked."""
        return sum(member.size for member in self.members)


class Frame(NamedTuple):
    """Where some plain bytes of a member lie compressed."""

    offset: int
    plain: int
    """Offset of its plain bytes in their member."""
    seq: int
    """In a journal: all events before this frame have a lower number, all others have this or a higher one. 0 where
    the frame does not begin with a line."""
    size: int
    plain_size: int


_COUNTED = ("events", "logs", "steps", "items", "checkpoints", "messages", "approvals", "artifacts")


def facts_of(run: Run) -> Facts:
    """What an archive says about a run."""
    return Facts(
        run=run.id,
        workflow=run.workflow,
        version=run.version,
        status=run.status,
        started=run.started,
        finished=run.finished,
        last_seq=run.last_seq,
        counts={name: getattr(run, name) for name in _COUNTED},
    )


def cut(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The plain bytes of each frame: as many whole lines as fit, or a part of a line that is too long for one."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) > FRAME:
            end = held.rfind(b"\n", 0, FRAME) + 1 or FRAME
            yield bytes(memoryview(held)[:end])
            del held[:end]
    if held:
        yield bytes(held)
