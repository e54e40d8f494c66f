"""Bytes that can be read from any place, wherever they lie: in a file, or as a member of an archive."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, runtime_checkable

from .disk import StrPath, open_read


@runtime_checkable
class Readable(Protocol):
    """Bytes of something that is open. Thread-safe."""

    def pread(self, length: int, offset: int) -> bytes:
        """At most so many bytes from an offset on; none only at the end."""
        ...

    def size(self) -> int:
        """How many bytes there are."""
        ...


Where = StrPath | Readable
"""A file by its path, which is opened for each reading, or what is open already."""


class _File:
    __slots__ = ("_fd",)

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def pread(self, length: int, offset: int) -> bytes:
        return os.pread(self._fd, length, offset)

    def size(self) -> int:
        return os.fstat(self._fd).st_size


@contextmanager
def opened(where: Where) -> Iterator[Readable]:
    """What lies there, for reading. OSError."""
    if not isinstance(where, str | os.PathLike):
        yield where
        return
    fd = open_read(where)
    try:
        yield _File(fd)
    finally:
        os.close(fd)
