"""Artifacts opened in a person's own pager and editor: by argument list, never through a shell, never written to."""

import hashlib
import os
import shlex
import shutil
import signal
import stat
import subprocess
import tempfile
from contextlib import suppress
from typing import NamedTuple

from ...core.errors import NotFound, NotSupported, StorageError
from ...core.runs import Artifact
from ...core.text import safe_text
from .. import format

LOOKED_AT = 8192
"""Bytes at the beginning that tell whether a file is text."""

LARGEST = 64_000_000
"""Bytes of a file that is copied for an editor at most."""


class Opened(NamedTuple):
    """A file that is about to be shown by another program."""

    words: list[str]
    """The program's argument list."""
    path: str
    remark: str = ""
    """What has become of the file since the run made it."""
    digest: bytes = b""
    """Of a copy, as it was made; a copy lies in a folder of its own."""


def program(*names: str, otherwise: str) -> list[str]:
    """The argument list of the first of these environment variables that is set, else of a program.

    NotSupported when it cannot be split into words, or when there is no such program.
    """
    name, said = next(((name, os.environ[name]) for name in names if os.environ.get(name, "").strip()), ("", otherwise))
    where = f"${name}" if name else f"${names[-1]} is not set"
    try:
        words = shlex.split(said)
    except ValueError as error:
        raise NotSupported(f"{said[:80]!r} is no command line ({error})", where=where) from error
    if not words or shutil.which(words[0]) is None:
        advice = f"set ${names[-1]} to a program that is there"
        raise NotSupported(f"there is no program {(words or [''])[0][:80]!r}", where=where, advice=advice)
    return words


def to_page(artifact: Artifact) -> Opened:
    """The artifact's file for `$PAGER`; one sentence says why it cannot be opened. Blocks, as `to_edit` does."""
    words = program("PAGER", otherwise="less")
    return Opened(words, artifact.path, _looked_at(artifact))


def to_edit(artifact: Artifact) -> Opened:
    """A copy of the artifact's file for `$VISUAL` or `$EDITOR`: the file itself is never written to."""
    words, remark = program("VISUAL", "EDITOR", otherwise="vi"), _looked_at(artifact)
    where, name = artifact.path, os.path.basename(artifact.path)
    if os.path.getsize(where) > LARGEST:
        advice = "enter shows it in the pager"
        raise NotSupported(f"it is larger than {format.size(LARGEST)}", where=where, advice=advice)
    folder = tempfile.mkdtemp(prefix="flightlog-")
    copy = os.path.join(folder, name)
    try:
        shutil.copyfile(where, copy)
        return Opened(words, copy, remark, _digest(copy))
    except OSError as error:
        _drop(folder)
        raise StorageError(f"no copy could be made: {error.strerror}", where=where) from error


def show(opened: Opened) -> None:
    """Gives the terminal to the program and waits until the person leaves it; NotSupported if it cannot be started."""
    before = signal.signal(signal.SIGINT, lambda *_: None)  # ^C is the program's; ignored, it would inherit that
    try:
        # A pager may only look, if it is one that can be told so.
        subprocess.run([*opened.words, opened.path], env={**os.environ, "LESSSECURE": "1"}, check=False)
    except OSError as error:
        raise NotSupported(f"{opened.words[0][:80]!r} cannot be started: {error.strerror}") from error
    finally:
        signal.signal(signal.SIGINT, before)


def left_behind(opened: Opened) -> str:
    """Where a copy lies that the person has changed; one that is as it was goes. Blocks."""
    if not opened.digest:
        return ""
    try:
        if _digest(opened.path) != opened.digest:
            return opened.path
    except OSError:
        pass  # the person has removed it
    _drop(os.path.dirname(opened.path))
    return ""


def _digest(path: str) -> bytes:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _drop(folder: str) -> None:
    with suppress(OSError):  # a folder of ours, with nothing in it that anybody wrote
        shutil.rmtree(folder)


def _looked_at(artifact: Artifact) -> str:
    """What has become of the artifact's file; NotFound if it is not there, NotSupported if it is no text."""
    path = artifact.path
    if not os.path.isabs(path) or "\0" in path:
        raise NotSupported("its path does not say where it lies", where=path[:200])
    try:
        # Not to wait for a writer when somebody has put a pipe there.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise NotFound("the file is not there (any more)", where=path) from None
    except (OSError, ValueError) as error:
        raise NotFound(f"the file cannot be read: {error}", where=path) from error
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise NotSupported("it is no file", where=path, advice="y copies its path")
        beginning = os.read(handle, LOOKED_AT)
    finally:
        os.close(handle)
    if not is_text(beginning):
        what = f"it is no text ({artifact.media_type or 'binary'}, {format.size(found.st_size)})"
        raise NotSupported(what, where=path, advice="y copies its path")
    return _changed(artifact, found.st_size)


def is_text(beginning: bytes) -> bool:
    """Whether a file that begins so is text that a terminal can show."""
    if b"\0" in beginning:
        return False
    try:
        beginning.decode()
    except UnicodeDecodeError as error:
        # The last sign may be cut in its middle.
        return error.start >= len(beginning) - 3 and len(beginning) == LOOKED_AT
    return True


def _changed(artifact: Artifact, size: int) -> str:
    if artifact.size is None or artifact.size == size:
        return ""
    return f"it had {artifact.size:,} bytes when the run made it, it has {size:,} now"


def copyable(artifact: Artifact) -> str:
    """The path as it may be pasted; NotSupported if it has signs in it that would act."""
    if safe_text(artifact.path, limit=None) != artifact.path:
        raise NotSupported("its path has signs in it that should not be pasted", where=artifact.path)
    return artifact.path
