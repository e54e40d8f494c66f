"""What an archive says of itself, checked against what it can be before anything else is done with it."""

import hashlib
from collections.abc import Callable
from typing import NamedTuple

import msgspec
import zstandard

from ...core.errors import Corrupt, NotSupported, StorageError
from ...core.ids import is_ulid
from .flz import (
    DIGEST,
    END,
    FORMAT,
    FRAME,
    LONGEST_MANIFEST,
    MAGIC,
    MEMBERS,
    PREAMBLE,
    RECORD,
    Frame,
    Manifest,
    Member,
)

_PACKED = len(zstandard.ZstdCompressor(level=1).compress(b"")) + FRAME + (FRAME >> 7)  # no frame is longer
_DAMAGED = "bring the file back from a backup"


class Parts(NamedTuple):
    """Where everything in an archive is."""

    manifest: Manifest
    frames: dict[str, list[Frame]]
    """By member."""
    digest: str
    size: int

    @property
    def members(self) -> tuple[Member, ...]:
        """In the order of their frames."""
        return self.manifest.members


def read_parts(pread: Callable[[int, int], bytes], size: int, where: str) -> Parts:
    """Reads manifest, index and end of an archive of `size` bytes; `pread(length, offset)` gives exactly these.

    Corrupt, NotSupported, and what `pread` raises. Reads no frame.
    """
    try:
        return _read(pread, size)
    except (_WrongError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Corrupt(f"this is no whole archive: {error}", where=where, advice=_DAMAGED) from error
    except StorageError as error:
        raise type(error)(error.what, where=where, advice=error.advice) from error


class _WrongError(Exception):
    """What is wrong, as a clause."""


def _read(pread: Callable[[int, int], bytes], size: int) -> Parts:
    if size < PREAMBLE.size + END.size:
        raise _WrongError("it is too short")
    magic, form, length = PREAMBLE.unpack(pread(PREAMBLE.size, 0))
    if magic != MAGIC:
        raise _WrongError("it does not begin as one")
    if form > FORMAT:
        raise NotSupported(f"this archive is of format {form}", advice="read it with a newer Flightlog")
    begin = PREAMBLE.size + length
    if form != FORMAT or length > LONGEST_MANIFEST or begin + END.size > size:
        raise _WrongError("its manifest is damaged")
    end = pread(END.size, size - END.size)
    index_at, count, told, digest = END.unpack(end)
    if not begin <= index_at or index_at + count * RECORD.size + END.size != size:
        raise _WrongError("it is cut off, or its end is damaged")
    head, index = pread(begin, 0), pread(count * RECORD.size, index_at)
    if hashlib.sha256(head + index + end[: -2 * DIGEST]).digest() != told:
        raise _WrongError("its manifest or index is damaged")
    manifest = _manifest(head[PREAMBLE.size :], count)
    return Parts(manifest, _frames(manifest, index, begin, index_at), digest.hex(), size)


def _manifest(told: bytes, frames: int) -> Manifest:
    manifest = _decoder.decode(told)
    names = [member.name for member in manifest.members]
    if names != [name for name in MEMBERS if name in names] or "journal" not in names:
        raise _WrongError("its members are not those of a run")
    if not is_ulid(manifest.run):
        raise _WrongError("it names no run")
    if sum(member.frames for member in manifest.members) != frames:
        raise _WrongError("its index does not fit its manifest")
    return manifest


def _frames(manifest: Manifest, index: bytes, begin: int, end: int) -> dict[str, list[Frame]]:
    """The frames of each member, which lie one after the other without gaps."""
    records, at = RECORD.iter_unpack(index), begin
    found: dict[str, list[Frame]] = {}
    for member in manifest.members:
        frames, plain, seq = list[Frame](), 0, 0
        for _ in range(member.frames):
            frame = Frame(*next(records))
            fits = frame.offset == at and frame.plain == plain and frame.size <= _PACKED
            if not fits or not 0 < frame.plain_size <= FRAME or 0 < frame.seq < seq:
                raise _WrongError("its index names frames that cannot be")
            at, plain, seq = at + frame.size, plain + frame.plain_size, max(seq, frame.seq)
            frames.append(frame)
        if plain != member.size:
            raise _WrongError(f"its {member.name} is not of the size that it says")
        found[member.name] = frames
    if at != end:
        raise _WrongError("its frames and its index do not meet")
    return found


_decoder = msgspec.json.Decoder(Manifest)
