"""Who holds locks on a file, as the system tells without anybody taking one."""

import os
from pathlib import Path

_LOCKS = Path("/proc/locks")


def holders(path: Path) -> frozenset[str] | None:
    """Ids of the processes that hold a lock on a file; None where the system does not tell. FileNotFoundError.

    Linux lists all locks with their processes in /proc/locks (proc(5)), by device and number of the file.
    """
    stat = os.stat(path)
    try:
        lines = _LOCKS.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    locks = [line.split()[-4:-2] for line in lines]
    return frozenset(lock[0] for lock in locks if len(lock) == 2 and _is_place(lock[1], stat))


def _is_place(place: str, stat: os.stat_result) -> bool:
    """Whether `fd:01:1234` is that file. Some file systems without a device of their own (btrfs, overlays; major 0)
    tell `stat` another one than is listed: there the number has to do.
    """
    major, minor, number = place.split(":")
    if int(number) != stat.st_ino:
        return False
    device = int(major, 16), int(minor, 16)
    return device == (os.major(stat.st_dev), os.minor(stat.st_dev)) or device[0] == os.major(stat.st_dev) == 0
