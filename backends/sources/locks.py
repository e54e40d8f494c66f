"""Who holds locks on a file, as the system tells without anybody taking one."""

import os
from pathlib import Path

_LOCKS = Path("/proc/locks")
_NAMESPACE = Path("/proc/self/ns/pid")
_OF_THE_MACHINE = "pid:[4026531836]"  # the same number on every Linux (PROC_PID_INIT_INO)


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


def sees_all() -> bool:
    """Whether locks of every process of this machine are told of: within a container only those of its own are, and a
    lock that nobody seems to hold may be held in another one.
    """
    return namespace() == _OF_THE_MACHINE


def namespace() -> str:
    """In which the processes are that are seen from here, `pid:[4026531836]`; empty where the system does not tell."""
    try:
        return os.readlink(_NAMESPACE)
    except OSError:
        return ""


def _is_place(place: str, stat: os.stat_result) -> bool:
    """Whether `fd:01:1234` is that file. Some file systems without a device of their own (btrfs, overlays; major 0)
    tell `stat` another one than is listed: there the number has to do.
    """
    major, minor, number = place.split(":")
    if int(number) != stat.st_ino:
        return False
    device = int(major, 16), int(minor, 16)
    return device == (os.major(stat.st_dev), os.minor(stat.st_dev)) or device[0] == os.major(stat.st_dev) == 0
