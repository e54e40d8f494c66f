"""Reading an archive: any bytes or events of a run, a frame away; what is damaged is refused in one sentence.

Nothing that an archive says is believed: sizes are checked against bounds before anything is unpacked,
and no frame gives more than a MiB.
"""

import errno
import hashlib
import os
import stat
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from pathlib import Path

from ...core.errors import Corrupt, NotFound
from ...core.progress import gone, one_part
from ..journal.disk import StrPath, open_read, storage_error
from .flz import DIGEST, Frame, Manifest, Member
from .flz_parts import read_parts
from .packed_file import PackedFile

_BLOCK = 1 << 20


class Flz:
    """An open archive. Thread-safe; holds a file descriptor and a few MiB until it is closed or forgotten."""

    manifest: Manifest
    digest: str
    """The archive's digest as it stands in it, in hexadecimal; `verify` says whether it is right."""
    size: int
    """Bytes of the file."""

    def __init__(self, file: PackedFile) -> None:
        """See `open`."""
        self._file = file
        parts = read_parts(file.pread, file.size(), file.where)
        self.manifest, self.digest, self.size = parts.manifest, parts.digest, parts.size
        self._members = {
            member.name: MemberBytes(file, member, parts.frames[member.name]) for member in self.manifest.members
        }

    @classmethod
    def open(cls, path: StrPath, run: str | None = None) -> "Flz":
        """Opens an archive, of this run if one is given; reads its manifest and index, and no frame.

        NotFound; Corrupt if it is damaged, cut off, no archive, a symlink or that of another run; NotSupported if it
        is of a newer format; StorageError if it cannot be read.
        """
        try:
            fd = open_read(path)
        except FileNotFoundError as error:
            raise NotFound("there is no archive", where=path) from error
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise Corrupt("this is a symlink, and no archive", where=path, advice="remove it") from error
            raise storage_error(error, Path(path), "opening an archive") from error
        file = PackedFile(fd, str(path))
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise Corrupt("this is no file, and no archive", where=path)
        found = cls(file)
        if run is not None and found.manifest.run != run:
            raise Corrupt(f"this is the archive of run {found.manifest.run}", where=path)
        return found

    def __enter__(self) -> "Flz":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Gives the file back; may be called twice. Its members cannot be read any more."""
        self._file.close()

    def member(self, name: str) -> "MemberBytes":
        """A member's bytes, for whatever reads from any place; NotFound."""
        found = self._members.get(name)
        if found is None:
            raise NotFound(f"the archive has no {name}", where=self._file.where)
        return found

    def read(self, member: str, offset: int, length: int) -> bytes:
        """A range of a member's bytes; fewer if it ends before. NotFound, Corrupt, StorageError."""
        of, parts = self.member(member), list[bytes]()
        while length > 0 and (part := of.pread(length, offset)):
            parts.append(part)
            offset, length = offset + len(part), length - len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def chunks(self, member: str) -> Iterator[bytes]:
        """All of a member's bytes in order, a frame at a time. NotFound, Corrupt, StorageError."""
        return self.member(member).chunks()

    def verify(self) -> None:
        """Reads everything back from the disk and compares all digests; Corrupt says what is wrong.

        Stopped in the middle of a big one, if somebody asked for that.
        """
        with one_part(self.manifest.plain_bytes, 1):
            self._verify_file()
            for member in self.manifest.members:
                plain = hashlib.sha256()
                for chunk in self.chunks(member.name):
                    plain.update(chunk)
                    gone(len(chunk))
                if plain.hexdigest() != member.sha256:
                    raise self._file.corrupt(f"the {member.name} does not have the bytes that its digest names")

    def _verify_file(self) -> None:
        self._file.uncache()
        digest, at, end = hashlib.sha256(), 0, self.size - DIGEST
        while at < end:
            block = self._file.pread(min(_BLOCK, end - at), at)
            digest.update(block)
            at += len(block)
            gone(0)  # which is told of what is unpacked, but heard here too
        if digest.digest() != self._file.pread(DIGEST, end) or digest.hexdigest() != self.digest:
            raise self._file.corrupt("the archive's bytes do not have its digest")


class MemberBytes:
    """The bytes of one member, by any place: a `journal.readable.Readable`. Thread-safe."""

    def __init__(self, file: PackedFile, member: Member, frames: list[Frame]) -> None:
        self._file, self._size, self._frames = file, member.size, frames
        self._starts = [frame.plain for frame in frames]
        lines = [frame for frame in frames if frame.seq]
        self._seqs, self._offsets = [frame.seq for frame in lines], [frame.plain for frame in lines]

    def pread(self, length: int, offset: int) -> bytes:
        """At most so many bytes, of one frame. Corrupt, StorageError."""
        if not 0 <= offset < self._size:
            return b""
        frame = self._frames[bisect_right(self._starts, offset) - 1]
        begin = offset - frame.plain
        return self._file.frame(frame)[begin : begin + length]

    def size(self) -> int:
        """Plain bytes."""
        return self._size

    def chunks(self) -> Iterator[bytes]:
        """All bytes in order, a frame at a time; none of them is kept. Corrupt, StorageError."""
        return map(self._file.unpack, self._frames)

    def before(self, seq: int) -> int:
        """Offset of a line from which on the event of this number is found, if it is there."""
        at = bisect_right(self._seqs, seq) - 1
        return self._offsets[at] if at >= 0 else 0

    def behind(self, seq: int) -> int | None:
        """Offset of a line before which all lower events lie; None where that is the end."""
        at = bisect_left(self._seqs, seq)
        return self._offsets[at] if at < len(self._offsets) else None

    def next_mark(self, seq: int) -> int | None:
        """The lowest number above this one with which a frame begins; None behind the last."""
        at = bisect_right(self._seqs, seq)
        return self._seqs[at] if at < len(self._seqs) else None
