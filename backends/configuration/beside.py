"""A configuration that is to take the place of the one that is there, whole and on the disk before it does."""

import os
from contextlib import suppress
from pathlib import Path

from ...core.errors import Full
from ..journal import disk


def write_beside(file: Path, text: str, doing: str, room: str) -> Path:
    """A new file beside another, as private as that; StorageError, and then there is none.

    The error says while doing what, and by `room` what to do where there was none.
    """
    beside = file.with_name(f".{file.name}.{os.getpid()}.new")
    try:
        beside.unlink(missing_ok=True)
        fd = disk.open_new(beside)
        try:
            disk.append_line(fd, text.encode(), beside)
            if file.exists():
                os.fchmod(fd, file.stat().st_mode & 0o777)
            disk.sync(fd)
        finally:
            os.close(fd)
    except (OSError, Full) as error:
        with suppress(OSError):  # it may lie on a disk that is gone
            beside.unlink()
        if isinstance(error, Full):
            raise Full(f"no room while {doing}", where=file, advice=room) from error
        raise disk.storage_error(error, file, doing, room=room) from error
    return beside
