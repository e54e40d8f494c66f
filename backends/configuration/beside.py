"""A configuration that is to take the place of the one that is there, whole and on the disk before it does."""

import os
import re
from contextlib import suppress
from pathlib import Path

from ...core.errors import Full
from ..journal import disk

_BESIDE = re.compile(r"\.(?P<file>.+)\.(?P<pid>[1-9][0-9]*)\.new", re.DOTALL)


def write_beside(file: Path, text: str, doing: str, room: str) -> Path:
    """A new file beside another, as private as that; StorageError, and then there is none.

    The error says while doing what, and by `room` what to do where there was none.
    """
    beside = file.with_name(f".{file.name}.{os.getpid()}.new")
    try:
        beside.unlink(missing_ok=True)
        _take_away_left(file)
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


def _take_away_left(file: Path) -> None:
    """Takes away what others were writing beside the same file as they were killed, as far as that can be done."""
    with suppress(OSError):
        for name in os.listdir(file.parent):
            found = _BESIDE.fullmatch(name)
            if found and found["file"] == file.name and not _is_there(int(found["pid"])):
                file.with_name(name).unlink(missing_ok=True)


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True
