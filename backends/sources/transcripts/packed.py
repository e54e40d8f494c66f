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
    """Opens a transcript to read. To go back in a packed one costs unpacking it from its beginning again.

    FileNotFoundError and other OSErrors, here and while it is read.
    """
    if seen(path)[1]:
        return io.BufferedReader(_Unpacking(path + _PACKED), _BUFFER)
    return open(path, "rb")


class _Unpacking(io.RawIOBase):
    """What is packed in a file."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "rb")  # noqa: SIM115 - closed with this one
        self._begin()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        from zstandard import ZstdError  # most transcripts are not packed

        try:
            count: int = self._stream.readinto(buffer)
        except ZstdError as error:
            raise OSError(errno.EIO, f"it is packed, and cannot be unpacked ({error})") from error
        self._at += count
        return count

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        wanted = offset if whence == os.SEEK_SET else self._at + offset
        if wanted < self._at:
            self._begin()
        while self._at < wanted and self.read(min(_BUFFER, wanted - self._at)):
            pass
        return self._at

    def close(self) -> None:
        self._file.close()
        super().close()

    def _begin(self) -> None:
        from zstandard import ZstdDecompressor

        self._file.seek(0)
        self._at = 0
        self._stream = ZstdDecompressor(max_window_size=_WINDOW).stream_reader(
            self._file, read_across_frames=True, closefd=False
        )
