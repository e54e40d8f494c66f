"""Files that are written for a person: whole or not at all, and where that cannot be, a sentence says why."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

from ..core.errors import Full, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NOT_ALLOWED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def replace(path: Path, data: bytes) -> None:
    """Writes a file whole, or leaves what was there and nothing besides. OSError. Of two at once the last one stays.

    Its folder is made if need be; it is private, or as private as the file that was there.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, beside = tempfile.mkstemp(prefix=path.name, suffix=".tmp", dir=path.parent)
    with _gone_unless_whole(beside):
        with os.fdopen(handle, "wb") as opened:
            opened.write(data)
        if path.exists():
            os.chmod(beside, path.stat().st_mode & 0o777)
        os.replace(beside, path)


@contextmanager
def new_file(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """A file that was not there, to be written; of one that is not written to its end nothing is left.

    FileExistsError, OSError, ValueError for what can be no path.
    """
    file = open(path, "xb")  # noqa: SIM115 - that it cannot be made takes nothing away
    with _gone_unless_whole(path), file:
        yield file


@contextmanager
def _gone_unless_whole(path: str | os.PathLike[str]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with suppress(OSError):  # it may lie on a disk that is gone
            os.unlink(path)
        raise


def refused(what: str, error: Exception, where: object, *, otherwise: str = "") -> StorageError:
    """What to raise where the system refused to write: what is not done, why, where, and what to do next.

    `otherwise` is what can be done besides making room, or getting the right to write there.
    """
    number, why = getattr(error, "errno", None), getattr(error, "strerror", None) or error
    first = "make room" if number in _NO_ROOM else "see who may write there" if number in _NOT_ALLOWED else ""
    advice = ", or ".join(filter(None, (first, otherwise))) if otherwise or not first else f"{first} and try again"
    return (Full if number in _NO_ROOM else StorageError)(f"{what}: {why}", where=where, advice=advice)
