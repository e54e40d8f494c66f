"""Folders of a data directory by descriptor, reached through no symlink, and how files change their folder there."""

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...core.errors import ReadOnly, StorageError
from ...core.progress import gone
from ..journal import disk

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS}


@contextmanager
def opened(root: Path, folder: Path, *, make: bool = False) -> Iterator[int]:
    """A descriptor of a folder below the data directory.

    StorageError if a symlink lies there; FileNotFoundError if nothing does, unless it is to be made.
    """
    fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        at = root
        for name in folder.relative_to(root).parts:
            at /= name
            below = _below(fd, name, at, make)
            os.close(fd)
            fd = below
        yield fd
    finally:
        os.close(fd)


def _below(fd: int, name: str, path: Path, make: bool) -> int:
    try:
        return os.open(name, _FOLDER, dir_fd=fd)
    except FileNotFoundError:
        if not make:
            raise
        os.mkdir(name, 0o700, dir_fd=fd)
        os.fsync(fd)
        return os.open(name, _FOLDER, dir_fd=fd)
    except OSError as error:
        found = os.stat(name, dir_fd=fd, follow_symlinks=False)
        if not stat.S_ISLNK(found.st_mode):
            raise
        advice = "put a folder there: what lies elsewhere is left alone"
        raise StorageError("a symlink lies where a folder of the store should be", where=path, advice=advice) from error


def must_be_open(path: Path) -> None:
    """ReadOnly if nothing may be changed in the folder of a path, or in the first above it that is there."""
    folder = path.parent
    while not os.path.lexists(folder):
        folder = folder.parent
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        advice = "check its owner and mode"
        raise ReadOnly("this folder may not be read or changed", where=folder, advice=advice)


def size_of(folder: int, name: str) -> int | None:
    """Bytes of a file; None if there is none of this name."""
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    return found.st_size


def is_there(folder: int, name: str) -> bool:
    """Whether there is a file of this name."""
    return size_of(folder, name) is not None


def are_one(folder: int, other: int, name: str, other_name: str = "") -> bool:
    """Whether both folders have the same file, by this name (in the other one by another, if it is given)."""
    try:
        one = os.stat(name, dir_fd=folder, follow_symlinks=False)
        return os.path.samestat(one, os.stat(other_name or name, dir_fd=other, follow_symlinks=False))
    except FileNotFoundError:
        return False


def are_equal(folder: int, other: int, name: str) -> bool:
    """Whether both folders have the same file, or two of the same bytes: a copy of a folder keeps no links."""
    size = size_of(folder, name)
    if size is None or size != size_of(other, name):
        return False
    return are_one(folder, other, name) or digest_of(folder, name) == digest_of(other, name)


def digest_of(folder: int, name: str, into: "hashlib._Hash | None" = None) -> str:
    """SHA-256 of a file's bytes, or of what went `into` before and these. Stopped in a big part, if so asked."""
    digest = hashlib.sha256() if into is None else into
    fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    try:
        while block := os.read(fd, 1 << 20):
            digest.update(block)
            gone(len(block))
    finally:
        os.close(fd)
    return digest.hexdigest()


def move(name: str, folder: int, to: int) -> None:
    """Moves a file into a folder that is ours alone."""
    os.rename(name, name, src_dir_fd=folder, dst_dir_fd=to)


def show(name: str, folder: int, to: int, as_name: str) -> None:
    """Lets a file be seen in another folder as well; FileExistsError if there is another one: none is ever replaced.

    Where a file system knows no links, it is moved.
    """
    if are_one(folder, to, name, as_name):
        return
    try:
        os.link(name, as_name, src_dir_fd=folder, dst_dir_fd=to, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if is_there(to, as_name):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), as_name) from error
        os.rename(name, as_name, src_dir_fd=folder, dst_dir_fd=to)


def remove(folder: int, name: str) -> None:
    """Removes a file, if it is there."""
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return


def remove_half_written(folder: int, run: str) -> None:
    """Removes what somebody who was killed had begun to write beside a run's files: copies of parts of them."""
    for name in (f".{run}.states.jsonl.new", f".{run}.jsonl.mending"):
        remove(folder, name)


def remove_empty(root: Path, folder: Path) -> None:
    """Removes a folder in which nothing is left."""
    try:
        with opened(root, folder.parent) as above:
            os.rmdir(folder.name, dir_fd=above)
            os.fsync(above)
    except FileNotFoundError:
        return
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise


def write_new(folder: int, name: str, text: bytes, path: Path) -> None:
    """Writes a small file that is on the disk when this returns; what one who was killed left of it goes."""
    remove(folder, name)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(name, flags, 0o600, dir_fd=folder)
    try:
        os.fchmod(fd, 0o600)
        disk.append_line(fd, text, path)
        disk.sync(fd)
    finally:
        os.close(fd)
