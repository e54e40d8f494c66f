"""Writing an archive: in one stream, from members that are read twice, once to be measured and once to be packed."""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec
import zstandard

from ...core.clock import now
from ...core.errors import Conflict, StorageError
from ...core.ids import check_run_id
from ...core.progress import gone
from ..journal.disk import open_new, storage_error, sync
from .flz import END, FORMAT, MAGIC, MEMBERS, PREAMBLE, RECORD, Facts, Frame, Manifest, Member, cut
from .flz_numbers import Numbers

Read = Callable[[], Iterator[bytes]]
"""Begins to read a member's bytes, in pieces of any length."""

_LEVEL = 3


class Written(NamedTuple):
    """An archive as it was written."""

    size: int
    """Bytes of the file."""
    sha256: str
    """The archive's digest, in hexadecimal: of all its bytes before it, which the file ends with."""
    manifest: Manifest


def write_flz(to: Path | int, facts: Facts, members: Mapping[str, Read]) -> Written:
    """Writes the archive of a run, and returns when it would survive the machine's death.

    `to` is the path of a file that is not there yet (its folder's entry is not synced; a failure leaves no
    file), or the descriptor of an empty one, which stays open. Each member is read twice; holds about two frames
    of it. Conflict if the second reading gives other bytes than the first, or there is a file; StorageError.
    """
    check_run_id(facts.run)
    named = [(name, members[name]) for name in MEMBERS if name in members]
    if len(named) != len(members) or "journal" not in members:
        raise StorageError(f"an archive cannot be made of {sorted(members)}", where=facts.run)
    manifest = Manifest(
        **msgspec.structs.asdict(facts), created=now(), members=tuple(_measured(name, read) for name, read in named)
    )
    if isinstance(to, int):
        return _write(_Out(to, facts.run), manifest, named)
    try:
        fd = open_new(to)
    except FileExistsError as error:
        raise Conflict("there is a file already where an archive is to be written", where=to) from error
    except OSError as error:
        raise storage_error(error, to, "making an archive") from error
    try:
        return _write(_Out(fd, str(to)), manifest, named)
    except BaseException:
        os.unlink(to)
        raise
    finally:
        os.close(fd)


def _measured(name: str, read: Read) -> Member:
    digest, size, frames = hashlib.sha256(), 0, 0
    for frame in cut(read()):
        digest.update(frame)
        gone(len(frame))
        size += len(frame)
        frames += 1
    return Member(name=name, size=size, sha256=digest.hexdigest(), frames=frames)


def _write(out: "_Out", manifest: Manifest, named: list[tuple[str, Read]]) -> Written:
    told = msgspec.json.encode(manifest)
    head = PREAMBLE.pack(MAGIC, FORMAT, len(told)) + told
    out.write(head)
    records = [RECORD.pack(*frame) for name, read in named for frame in _packed(out, manifest, name, read)]
    index = b"".join(records)
    end = END.pack(out.size, len(records), bytes(32), bytes(32))[:-64]
    parts = hashlib.sha256(head + index + end).digest()
    out.write(index + end + parts)
    digest = out.digest.digest()
    out.write(digest)
    out.sync()
    return Written(out.size, digest.hex(), manifest)


def _packed(out: "_Out", manifest: Manifest, name: str, read: Read) -> Iterator[Frame]:
    """Writes the frames of a member; Conflict if it is another than was measured."""
    packer = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True, write_content_size=True)
    digest, plain, count = hashlib.sha256(), 0, 0
    numbers = Numbers() if name == "journal" else None
    for part in cut(read()):
        digest.update(part)
        packed = packer.compress(part)
        yield Frame(out.size, plain, numbers.before(part) if numbers else 0, len(packed), len(part))
        out.write(packed)
        gone(len(part))
        plain += len(part)
        count += 1
    found = Member(name=name, size=plain, sha256=digest.hexdigest(), frames=count)
    if found != manifest.member(name):
        raise Conflict(
            f"the {name} of run {manifest.run} changed while it was archived",
            where=out.name,
            advice="archive it when nothing is written to it any more",
        )


class _Out:
    """A file that is written from its beginning to its end."""

    def __init__(self, fd: int, name: str) -> None:
        self._fd, self.name = fd, name
        self.size = 0
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> None:
        self.digest.update(data)
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(self._fd, left) :]
        except OSError as error:
            raise storage_error(error, Path(self.name), "writing an archive") from error
        self.size += len(data)

    def sync(self) -> None:
        try:
            sync(self._fd)
        except OSError as error:
            raise storage_error(error, Path(self.name), "writing an archive to the disk") from error
