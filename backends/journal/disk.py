"""Files of a data directory: private whatever the umask, never reached through a symlink, one write a line."""

import errno
import hashlib
import os
import stat
import sys
from pathlib import Path

from ...core.errors import Full, ReadOnly, StorageError

StrPath = str | os.PathLike[str]
"""A path as the system takes it: where many are made, a text costs a tenth of a `Path`."""

_APPEND = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}
_DIGESTED = 16 << 20  # an agent waits for it


ROOM = "free some space; whole lines are kept"
"""What to do where a journal found no room."""


def storage_error(error: OSError, path: Path, doing: str, *, room: str = ROOM) -> StorageError:
    """The error of ours that says what the system refused; `room` is what to do where there is none."""
    why = error.strerror or str(error)
    if error.errno in _FULL:
        return Full(f"no room while {doing}: {why}", where=path, advice=room)
    if error.errno in _REFUSED:
        return ReadOnly(
            f"not allowed while {doing}: {why}", where=path, advice="check the owner and mode of the folder"
        )
    if error.errno == errno.ENOLCK:
        advice = "keep the data directory on a local disk, or have the file system mounted with locks"
        return StorageError(f"no locks are to be had there, which {doing} needs", where=path, advice=advice)
    if error.errno == errno.ELOOP:
        return StorageError(f"a symlink lies where {doing} needs a file of its own", where=path, advice="remove it")
    return StorageError(f"failed while {doing}: {why}", where=path)


def make_folder(path: Path) -> None:
    """Makes a folder and those above it, 0700 whatever the umask; what is there keeps its mode. OSError."""
    try:
        _make_one(path)
    except FileNotFoundError:
        make_folder(path.parent)
        _make_one(path)  # which fails again where nobody can make a folder, as in /proc


def _make_one(path: Path) -> None:
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        if not path.is_dir():
            raise
    else:
        os.chmod(path, 0o700)


def refuse_symlink(folder: Path) -> None:
    """Raises StorageError if the folder is a symlink: then its files would lie elsewhere than they are looked for."""
    try:
        mode = os.lstat(folder).st_mode
    except FileNotFoundError:
        return
    if stat.S_ISLNK(mode):
        raise StorageError("the folder is a symlink", where=folder, advice="replace it by a folder")


def open_new(path: Path) -> int:
    """A descriptor for appending to a file that did not exist; its folders are made. FileExistsError, OSError."""
    try:
        fd = os.open(path, _APPEND | os.O_CREAT | os.O_EXCL, 0o600)
    except FileNotFoundError:
        make_folder(path.parent)
        fd = os.open(path, _APPEND | os.O_CREAT | os.O_EXCL, 0o600)
    os.fchmod(fd, 0o600)
    return fd


def open_append(path: Path) -> int:
    """A descriptor for reading and appending to a file that exists. OSError."""
    return os.open(path, _APPEND)


def open_shared(path: Path) -> int:
    """A descriptor for appending to a file that several processes share, made at need. OSError."""
    try:
        return open_append(path)
    except FileNotFoundError:
        try:
            return open_new(path)
        except FileExistsError:
            return open_append(path)


def open_read(path: StrPath) -> int:
    """A descriptor for reading; a pipe that lies there instead of a file is empty and does not block. OSError."""
    return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)


def is_same_file(fd: int, path: Path) -> bool:
    """Whether the path still leads to the file that is open."""
    try:
        there = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(fd), there)


def append_line(fd: int, line: bytes, path: Path) -> None:
    """Appends bytes by one write; StorageError with nothing half-written. The caller holds the file's lock."""
    before = os.fstat(fd).st_size
    try:
        written = os.write(fd, line)
    except OSError as error:
        raise storage_error(error, path, f"writing {len(line)} bytes") from error
    if written != len(line):
        os.ftruncate(fd, before)
        raise short_write(written, len(line), path)


def short_write(written: int, wanted: int, path: Path) -> Full:
    """What to raise when the system took only a part of a line."""
    return Full(
        f"no room: only {written} of {wanted} bytes could be written and were taken back",
        where=path,
        advice=ROOM,
    )


def sync(fd: int) -> None:
    """Returns when the file's data survive the machine's death. OSError."""
    if sys.platform == "darwin":
        import fcntl

        fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
    else:
        os.fdatasync(fd)


def sync_folder(folder: Path) -> None:
    """Makes the folder's entries survive the machine's death. OSError."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def measure(path: Path) -> tuple[int | None, str]:
    """Size and SHA-256 of a regular file; no digest if it is longer than 16 MiB, neither if it cannot be read."""
    try:
        # Not blocking, for what an agent calls a file may be a pipe.
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):  # the latter for what can be no path: NUL, half a surrogate pair
        return None, ""
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            return None, ""
        if found.st_size > _DIGESTED:
            return found.st_size, ""
        with os.fdopen(os.dup(fd), "rb") as file:
            return found.st_size, hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None, ""
    finally:
        os.close(fd)
