"""An archive's file: bytes by their place, and frames unpacked, of which the last few stay."""

import os
import threading
import weakref
from collections import OrderedDict
from pathlib import Path

import zstandard

from ...core.errors import Corrupt
from ..journal.disk import storage_error
from .flz import FRAME, Frame

_KEPT = 4  # frames that stay unpacked


class PackedFile:
    """Thread-safe. The file is given back with `close`, or when nobody holds this any more."""

    def __init__(self, fd: int, where: str) -> None:
        """Takes a descriptor over; `where` is its path, as shown."""
        self._fd, self.where = fd, where
        self._given_back = weakref.finalize(self, os.close, fd)
        self._unpacked: OrderedDict[int, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def close(self) -> None:
        """Gives the file back. May be called twice; nobody may read any more."""
        self._fd = -1
        self._given_back()

    def size(self) -> int:
        """Bytes of the file."""
        return os.fstat(self._fd).st_size

    def uncache(self) -> None:
        """What is read next comes from the disk, where the system can be asked for that."""
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(self._fd, 0, 0, os.POSIX_FADV_DONTNEED)

    def pread(self, length: int, offset: int) -> bytes:
        """Exactly so many bytes. Corrupt, StorageError."""
        parts: list[bytes] = []
        try:
            while length > 0:
                part = os.pread(self._fd, length, offset)
                if not part:
                    raise self.corrupt("the archive is cut off")
                parts.append(part)
                offset, length = offset + len(part), length - len(part)
        except OSError as error:
            raise storage_error(error, Path(self.where), "reading an archive") from error
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def frame(self, frame: Frame) -> bytes:
        """A frame's plain bytes, kept for the next who asks. Corrupt, StorageError."""
        with self._lock:
            plain = self._unpacked.get(frame.offset)
            if plain is not None:
                self._unpacked.move_to_end(frame.offset)
                return plain
        plain = self.unpack(frame)
        with self._lock:
            self._unpacked[frame.offset] = plain
            while len(self._unpacked) > _KEPT:
                self._unpacked.popitem(last=False)
        return plain

    def unpack(self, frame: Frame) -> bytes:
        """A frame's plain bytes, read from the file. Corrupt, StorageError."""
        packed = self.pread(frame.size, frame.offset)
        try:
            # Unpacked into a buffer of the size that the frame tells, which must be the bounded one of the index.
            if zstandard.frame_content_size(packed) != frame.plain_size:
                raise self.corrupt(f"the frame at byte {frame.offset} is not of the size that the index says")
            return zstandard.ZstdDecompressor(max_window_size=8 * FRAME).decompress(packed, allow_extra_data=False)
        except zstandard.ZstdError as error:
            raise self.corrupt(f"the frame at byte {frame.offset} cannot be unpacked") from error

    def corrupt(self, what: str) -> Corrupt:
        """What to raise when the file is not what it says."""
        return Corrupt(what, where=self.where, advice="bring the file back from a backup")
