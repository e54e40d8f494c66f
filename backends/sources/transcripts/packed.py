"""Transcripts as files, also those that their program has packed: Codex packs what was not written to for a week into
one stream of Zstandard beside it (`….jsonl.zst`), and unpacks that again to go on with it.

Both are the same transcript, called by the name that it has unpacked; where both lie there, the unpacked one counts.
"""

import errno
import io
import os
from pathlib import Path
from typing import BinaryIO

_PACKED = ".zst"
_WINDOW = 1 << 27
"""Bytes of memory that unpacking may ask for: as many as any level of the format needs without being told of it."""
_BUFFER = 1 << 17
_BEHIND = 2 * _BUFFER
"""Bytes that were unpacked last, and may be gone back over for nothing."""
_HEAD, _BLOCK, _SUM = 18, 3, 4
"""Bytes that the head of a frame takes at most; those that say how long a block is; and those of a frame's checksum."""
_SKIPPED = 0x184D2A5
"""How a frame begins that holds nothing of what is packed, but for its last four bits."""


def plain(path: Path) -> Path:
    """A transcript's name, of a file that may be packed."""
    return path.with_suffix("") if path.name.endswith(f".jsonl{_PACKED}") else path


def seen(path: str) -> tuple[os.stat_result, bool]:
    """What lies there now, and whether it is packed. FileNotFoundError and other OSErrors."""
    try:
        return os.stat(path), False
    except FileNotFoundError:
        pass
    try:
        return os.stat(path + _PACKED), True
    except FileNotFoundError:
        return os.stat(path), False  # it was unpacked just now


def opened(path: str) -> BinaryIO:
    """Opens a transcript to read. To go back far in a packed one costs unpacking it from its beginning again: it is one
    stream, without an index of places at which one could begin.

    FileNotFoundError and other OSErrors, here and while it is read.
    """
    if seen(path)[1]:
        return io.BufferedReader(_Unpacking(path + _PACKED), _BUFFER)
    return open(path, "rb")


def is_packed(file: BinaryIO) -> bool:
    """Whether a transcript that was opened is packed."""
    return isinstance(getattr(file, "raw", None), _Unpacking)


def is_cut(file: BinaryIO) -> bool:
    """Whether a transcript that was opened is packed, and ends in the middle of that: what it has is read, and no more.

    Costs a look at the head of each block, and unpacks nothing. OSError.
    """
    raw = getattr(file, "raw", None)
    return isinstance(raw, _Unpacking) and raw.is_cut()


class _Unpacking(io.RawIOBase):
    """What is packed in a file."""

    _at: int
    """Where it is read next."""
    _reached: int
    """How far it is unpacked."""
    _behind: bytes
    """What lies before that."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "rb")  # noqa: SIM115 - closed with this one
        self._begin()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        from zstandard import ZstdError  # most transcripts are not packed

        if back := self._reached - self._at:
            again = self._behind[-back:][: len(buffer)]
            buffer[: len(again)] = again
            self._at += len(again)
            return len(again)
        try:
            count: int = self._stream.readinto(buffer)
        except ZstdError as error:
            raise OSError(errno.EIO, f"it is packed, and cannot be unpacked ({error})") from error
        self._behind = (self._behind + buffer[:count])[-_BEHIND:]
        self._at = self._reached = self._reached + count
        return count

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        wanted = offset if whence == os.SEEK_SET else self._at + offset
        if wanted < self._reached - len(self._behind):
            self._begin()
        self._at = min(wanted, self._reached)
        while self._at < wanted and self.read(min(_BUFFER, wanted - self._at)):
            pass
        return self._at

    def close(self) -> None:
        self._file.close()
        super().close()

    def is_cut(self) -> bool:
        """See `is_cut`."""
        fd = self._file.fileno()
        size, at = os.fstat(fd).st_size, 0
        while 0 <= at < size:
            at = _end_of_frame(fd, at)
        return at > size or not size

    def _begin(self) -> None:
        from zstandard import ZstdDecompressor

        self._file.seek(0)
        self._at = self._reached = 0
        self._behind = b""
        self._stream = ZstdDecompressor(max_window_size=_WINDOW).stream_reader(
            self._file, read_across_frames=True, closefd=False
        )


def _end_of_frame(fd: int, at: int) -> int:
    """Where a frame ends that begins here, which is beyond the file if that does not hold it; -1 if it is no frame."""
    from zstandard import ZstdError, frame_header_size, get_frame_parameters

    head = os.pread(fd, _HEAD, at)
    if int.from_bytes(head[:4], "little") >> 4 == _SKIPPED and len(head) >= 8:
        return at + 8 + int.from_bytes(head[4:8], "little")
    try:
        length, has_sum = frame_header_size(head), get_frame_parameters(head).has_checksum
    except ZstdError:
        return -1 if len(head) == _HEAD else at + _HEAD
    at, last = at + length, 0
    while not last:
        block = os.pread(fd, _BLOCK, at)
        told = int.from_bytes(block, "little")
        last, kind, held = told & 1, told >> 1 & 3, told >> 3
        if kind == 3:
            return -1
        at += _BLOCK + (1 if kind == 1 else held)  # of one byte that is repeated the length is that of what it means
        if len(block) < _BLOCK:
            return at
    return at + _SUM * has_sum
