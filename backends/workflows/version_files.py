"""The files of workflow versions: `v0003.yaml`, or `v0003.deleted.yaml` of one that was deleted.

They are written whole and never changed; version_text.py tells what stands in them. An empty
file is the number of a writer that died; so, of earlier releases, is a file of one comment.
"""

import errno
import fcntl
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from ...core.errors import Locked
from ...core.workflows import Deletion, Version
from ..journal.disk import sync, sync_folder
from .definition import LONGEST
from .version_text import decoded, decoded_tombstone, encoded

_NAME = re.compile(r"v([0-9]{4,9})(\.deleted)?\.yaml")
_COMMENT = b"# Flightlog: this version was deleted; its number is not given again.\n"
_HEADER_BYTES = 100_000
_WAIT = 30.0

State = Literal["kept", "deleted", "never"]
"""What a number stands for: `never` that of a version which was never written, or left nothing behind."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """The folder's own lock, freed by its holder's death; Locked after half a minute."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        give_up = time.monotonic() + _WAIT
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > give_up:
                    raise Locked("somebody else is saving versions", where=folder, advice="try again") from None
                time.sleep(0.005)
        try:
            yield
        finally:
            fcntl.flock(fd, fcntl.LOCK_UN)  # not by closing alone: a child forked meanwhile has the folder open too
    finally:
        os.close(fd)


def _path(folder: Path, number: int) -> Path:
    return folder / f"v{number:04}.yaml"


def _grave(folder: Path, number: int) -> Path:
    return folder / f"v{number:04}.deleted.yaml"


def states_of(folder: Path) -> dict[int, State]:
    """All numbers that were ever given, ascending. Reads names and sizes, and no file."""
    found: dict[int, State] = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                match = _NAME.fullmatch(entry.name)
                if match and entry.name.startswith(f"v{int(match[1]):04}."):
                    number = int(match[1])
                    if match[2]:
                        found[number] = "deleted"
                    else:
                        found.setdefault(number, _state(entry))
    except FileNotFoundError:
        return {}
    return dict(sorted(found.items()))


def _state(entry: "os.DirEntry[str]") -> State:
    try:
        size = entry.stat(follow_symlinks=False).st_size if entry.is_file(follow_symlinks=False) else -1
    except FileNotFoundError:
        return "never"  # it is being deleted
    if size == len(_COMMENT) and _content(Path(entry.path)) == _COMMENT:
        return "deleted"
    return "kept" if size else "never"


def kept(folder: Path) -> list[int]:
    """The numbers that have a version, readable or not; ascending."""
    return [number for number, state in states_of(folder).items() if state == "kept"]


# --- reading ------------------------------------------------------------------------------------------


def read(folder: Path, workflow: str, number: int) -> Version | None:
    """The version of a number, or its tombstone, `damaged` where it is not what was saved; None if there is none."""
    try:
        left = _content(_grave(folder, number))
        content = left or _content(_path(folder, number))
    except OSError as error:
        why = "a symlink" if error.errno == errno.ELOOP else error.strerror
        return Version(workflow=workflow, number=number, digest="", damaged=f"its file cannot be read: {why}")
    if content is None:
        return None
    if content == _COMMENT:
        return Version(workflow=workflow, number=number, digest="", deleted=Deletion(t=""))
    return decoded_tombstone(content, workflow, number) if left else decoded(content, workflow, number)


def look_of(folder: Path, number: int) -> object | None:
    """By what a version's file is known to be unchanged, at the cost of a `stat`; None if there is none."""
    try:
        found = os.lstat(_path(folder, number))
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _content(path: Path) -> bytes | None:
    """The beginning of a version's file; None if there is nothing in it. OSError, also for what is no plain file."""
    try:
        # Not blocking, for what somebody put there may be a pipe.
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(errno.EINVAL, "not a plain file")
        with os.fdopen(fd, "rb", closefd=False) as file:
            return file.read(LONGEST + _HEADER_BYTES) or None
    finally:
        os.close(fd)


# --- writing, under the folder's lock -------------------------------------------------------------------


@contextmanager
def reserved(folder: Path) -> Iterator[int]:
    """The next number, by a file that nobody else can make, should the lock not reach this file system's users.

    A block that fails gives it back, unless a version stands there by then.
    """
    number = max(states_of(folder), default=0) + 1
    while not _reserved(folder, number):
        number += 1
    try:
        yield number
    except BaseException:
        with suppress(OSError):  # then the number stands for nothing, as that of a writer that died
            if not os.lstat(_path(folder, number)).st_size:
                _path(folder, number).unlink()
        raise


def _reserved(folder: Path, number: int) -> bool:
    try:
        os.close(os.open(_path(folder, number), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return False
    return True


def write(folder: Path, version: Version) -> None:
    """Puts a version in its number's place; when it returns, it survives the machine's death."""
    _write(folder, _path(folder, version.number), encoded(version))


def bury(folder: Path, tombstone: Version) -> None:
    """Leaves nothing of a version but its tombstone; killed half-way, the version is deleted all the same."""
    _write(folder, _grave(folder, tombstone.number), encoded(tombstone))
    sweep(folder)


def sweep(folder: Path) -> None:
    """Takes away the text of versions that have a tombstone: of the one buried now, or by somebody who was killed."""
    names = {name for name in os.listdir(folder) if _NAME.fullmatch(name)}
    for name in names:
        text = name.replace(".deleted", "")
        if text != name and text in names and not stat.S_ISDIR(os.lstat(folder / text).st_mode):
            (folder / text).unlink(missing_ok=True)
            sync_folder(folder)


def _write(folder: Path, path: Path, content: bytes) -> None:
    draft = folder / f".{path.name[:5]}.{secrets.token_hex(6)}.draft"
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            os.fchmod(fd, 0o600)
            file.write(content)
            file.flush()
            sync(fd)
        os.replace(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(folder)
