"""The files of workflow versions: their numbers, their text, and how they are written whole.

A file is two parts, parted by the first line that is `---` alone:

    # Flightlog workflow version, format 1. The definition follows the dashes, byte for byte.
    workflow: "triage"
    version: 3
    parents: [2]
    digest: "sha256:…"
    author: "ana"
    note: ""
    created: "2026-11-20T10:02:11.123456Z"
    ---
    (the definition)

Each value of the header is JSON on one line, which is YAML too, so that the whole file is a stream of YAML
documents. The digest is of the definition's bytes: who edits the file by hand makes the version
`damaged`, and loses nothing. A deleted version leaves a file of one comment, so that its number
is not given again; so does an empty file, the number of a writer that died.
"""

import errno
import fcntl
import hashlib
import json
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ...core.errors import Locked
from ...core.workflows import Version
from ..journal.disk import sync, sync_folder
from .definition import LONGEST, edited

_NAME = re.compile(r"v([0-9]{4,9})\.yaml")
_FIRST = "# Flightlog workflow version, format 1. The definition follows the dashes, byte for byte.\n"
_DELETED = "# Flightlog: this version was deleted; its number is not given again.\n"
_HEADER_BYTES = 100_000
_WAIT = 30.0


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
        yield
    finally:
        os.close(fd)


def _path(folder: Path, number: int) -> Path:
    return folder / f"v{number:04}.yaml"


def numbers_of(folder: Path) -> list[int]:
    """All numbers that were ever given, ascending."""
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    found = (_NAME.fullmatch(name) for name in names)
    return sorted({number for match in found if match and _path(folder, number := int(match[1])).name == match[0]})


def reserve(folder: Path) -> int:
    """The next number, by a file that nobody else can make, should the lock not reach this file system's users."""
    number = max(numbers_of(folder), default=0) + 1
    while True:
        try:
            os.close(os.open(_path(folder, number), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
            return number
        except FileExistsError:
            number += 1


def bury(folder: Path, number: int) -> None:
    """Leaves nothing of a version but its number."""
    write(folder, number, _DELETED.encode())


def write(folder: Path, number: int, content: bytes) -> None:
    """Puts a whole file in the number's place; when it returns, it survives the machine's death."""
    draft = folder / f".v{number:04}.{secrets.token_hex(6)}.draft"
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            os.fchmod(fd, 0o600)
            file.write(content)
            file.flush()
            sync(fd)
        os.replace(draft, _path(folder, number))
    except BaseException:
        draft.unlink(missing_ok=True)
        raise  # an empty place keeps its number
    sync_folder(folder)


def kept(folder: Path) -> list[int]:
    """The numbers that have a version, readable or not; ascending."""
    return [number for number in numbers_of(folder) if _is_kept(folder, number)]


def _is_kept(folder: Path, number: int) -> bool:
    try:
        return _content(folder, number, len(_DELETED)) is not None
    except OSError:
        return True


def _content(folder: Path, number: int, most: int = LONGEST + _HEADER_BYTES) -> bytes | None:
    """The beginning of a version's file; None if there is no version. OSError, also for what is no plain file."""
    try:
        # Not blocking, for what somebody put there may be a pipe.
        fd = os.open(_path(folder, number), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(errno.EINVAL, "not a plain file")
        with os.fdopen(fd, "rb", closefd=False) as file:
            content = file.read(most)
    finally:
        os.close(fd)
    return None if not content or content.startswith(_DELETED.encode()) else content


# --- their text ---------------------------------------------------------------------------------------


class _Header(msgspec.Struct):
    workflow: str
    version: int
    parents: tuple[int, ...]
    digest: str
    author: str = ""
    note: str = ""
    created: str = ""


def header_of(version: Version) -> bytes:
    """What comes before a version's definition, the line of dashes included."""
    facts = msgspec.structs.asdict(version) | {"version": version.number}
    lines = (f"{name}: {_json(facts[name])}\n" for name in _Header.__struct_fields__)
    return "".join((_FIRST, *lines, "---\n")).encode()


def _json(value: object) -> str:
    """JSON on one line of characters that YAML takes too."""
    text = json.dumps(value, ensure_ascii=False)
    return _NOT_IN_YAML.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def storable(text: str) -> str:
    """Text without lone surrogates, which no file can hold: these are written out."""
    return text.encode("utf-8", "backslashreplace").decode()


def read(folder: Path, workflow: str, number: int) -> Version | None:
    """The version of a number, `damaged` where it is not what was saved; None if there is none."""
    try:
        content = _content(folder, number)
    except OSError as error:
        why = "a symlink" if error.errno == errno.ELOOP else error.strerror
        return Version(workflow=workflow, number=number, digest="", damaged=f"its file cannot be read: {why}")
    if content is None:
        return None
    head, dashes, body = content.partition(b"\n---\n")
    definition = (body if dashes else content).decode("utf-8", "backslashreplace")
    try:
        header = _parsed(head.decode())
    except (ValueError, RecursionError) as error:
        why = f"its header cannot be read: {error}" if dashes else "it has no header"
        return Version(workflow=workflow, number=number, digest="", definition=definition, damaged=why)
    found = f"sha256:{hashlib.sha256(body).hexdigest()}"
    damaged = edited(header.digest, found)
    if (header.workflow, header.version) != (workflow, number):
        damaged = f"its header says that it is version {header.version} of {header.workflow}"
    return Version(
        workflow=workflow,
        number=number,
        digest=header.digest,
        parents=header.parents,
        author=header.author,
        note=header.note,
        created=header.created,
        definition=definition,
        damaged=damaged,
    )


def _parsed(head: str) -> _Header:
    """The header of a version's file; ValueError says what is wrong with it."""
    lines = head.split("\n")
    form = re.match(r"# Flightlog workflow version, format (\d+)\.", lines[0])
    if not form or form[1] != "1":
        raise ValueError("format 1 is wanted on the first line")
    pairs = (line.partition(": ") for line in lines if not line.startswith("#"))
    try:
        return msgspec.convert({name: msgspec.json.decode(value) for name, _, value in pairs}, _Header)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error
