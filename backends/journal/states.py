"""Checkpoint values: each stored once per run, under the SHA-256 of its bytes, in `<run>.states.jsonl`.

A record is one line: a value whole, a value that *extends* another by what was added, or opaque
bytes as base64. The first line declares the format. FORMAT.md describes it for other readers.
"""

import binascii
import hashlib
import os
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from ...core.errors import Corrupt, NotFound, NotSupported
from ...core.events import FORMAT, check, seal
from . import disk
from .reader import LongLine, read_lines, read_span, torn_tail

_HEAD = re.compile(rb'\{"type":"(value|opaque)","digest":"([0-9a-f]{64})"')


class Record(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One line of a states file, by which its value can be told without reading others."""

    type: str
    digest: str = ""
    extends: str = ""
    """Digest of the list or text that this one begins with."""
    value: msgspec.Raw = msgspec.Raw()
    added: msgspec.Raw = msgspec.Raw()
    size: int = 0
    base64: str = ""


class Place(NamedTuple):
    """Where a record lies in its file."""

    offset: int
    length: int
    kind: Literal["value", "opaque"]


def header(run: str) -> bytes:
    """The first line of a states file, without newline."""
    return seal(b'{"type":"states","format":%d,"run":"%b"}' % (FORMAT, run.encode()))


def digest_of(value: bytes) -> str:
    """Under which a value is stored: the SHA-256 of its bytes, in hexadecimal."""
    return hashlib.sha256(value).hexdigest()


def whole_record(digest: str, value: bytes) -> bytes:
    """The line (without newline) of a value in compact JSON."""
    return seal(b'{"type":"value","digest":"%b","value":%b}' % (digest.encode(), value))


def extending_record(digest: str, base: str, added: bytes) -> bytes:
    """The line of a list or text that begins with another: `added` is the JSON of the rest, of the same kind."""
    form = b'{"type":"value","digest":"%b","extends":"%b","added":%b}'
    return seal(form % (digest.encode(), base.encode(), added))


def opaque_record(digest: str, value: bytes) -> bytes:
    """The line of bytes that are kept and never loaded."""
    form = b'{"type":"opaque","digest":"%b","size":%d,"base64":"%b"}'
    return seal(form % (digest.encode(), len(value), binascii.b2a_base64(value, newline=False)))


def digest_of_record(line: bytes) -> tuple[str, Literal["value", "opaque"]] | None:
    """Digest and kind of a record by its first 200 bytes; None for the header and what is damaged or unknown."""
    found = _HEAD.match(line[:200])
    if not found:
        return None
    return found[2].decode(), "value" if found[1] == b"value" else "opaque"


def parse(line: bytes) -> Record:
    """The record of a line; Corrupt if it is damaged, NotSupported if it is newer than this program."""
    check(line)
    try:
        record = _decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Corrupt(f"not a state value: {error}") from error
    if record.type not in ("value", "opaque"):
        raise NotSupported(f"state record {record.type!r} is unknown", advice="read it with a newer Flightlog")
    return record


def resolve(digest: str, fetch: Callable[[str], bytes]) -> bytes:
    """The bytes of a value, from its record and those that it extends; `fetch` gives a record's line by digest.

    Corrupt if the bytes do not have the digest or the chain runs in a circle; what `fetch` raises.
    """
    added: list[bytes] = []
    seen: set[str] = set()
    wanted = digest
    while True:
        if wanted in seen:
            raise Corrupt("a state value extends itself", where=digest)
        seen.add(wanted)
        record = parse(fetch(wanted))
        if not record.extends:
            break
        added.append(bytes(record.added))
        wanted = record.extends
    whole = binascii.a2b_base64(record.base64) if record.type == "opaque" else bytes(record.value)
    result = _joined(whole, reversed(added)) if added else whole
    if digest_of(result) != digest:
        raise Corrupt("a state value does not have the bytes that its digest names", where=digest)
    return result


def _joined(whole: bytes, added: "reversed[bytes]") -> bytes:
    """A list's or text's JSON followed by more of the same kind: brackets (quotes) come once, commas between."""
    comma = b"," if whole[:1] == b"[" else b""
    inner = [part[1:-1] for part in (whole, *added)]
    return whole[:1] + comma.join(part for part in inner if part) + whole[-1:]


_decoder = msgspec.json.Decoder(Record)


class States:
    """The values of one run's states file. Thread-safe; reads only bytes that it has not seen."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places: dict[str, Place] = {}
        self._read = 0
        self._lock = threading.Lock()

    def refresh(self) -> dict[str, Place]:
        """Digest → place of all values, those appended since the last call included."""
        with self._lock:
            try:
                for offset, line in read_lines(self._path, self._read):
                    length = len(line)
                    self._read = offset + length + 1
                    known = digest_of_record(line.head if isinstance(line, LongLine) else line)
                    if known:
                        self._places.setdefault(known[0], Place(offset, length, known[1]))
            except FileNotFoundError:
                return self._places
            return self._places

    def record(self, digest: str) -> bytes:
        """The line of a value's record; NotFound, Corrupt."""
        place = self._places.get(digest) or self.refresh().get(digest)
        if place is None:
            raise NotFound(f"no value with digest {digest[:12]}…", where=self._path)
        return read_span(self._path, place.offset, place.length)

    def value(self, digest: str) -> bytes:
        """A whole value, *extends* resolved: compact JSON, or opaque bytes. NotFound, Corrupt."""
        return resolve(digest, self.record)


class StatesWriter:
    """Appends values to a run's states file, which it makes at the first one. Its owner holds the run's lock."""

    def __init__(self, run: str, path: Path, torn: Path, *, resumed: bool = False) -> None:
        self._run, self._path, self._torn = run, path, torn
        self._resumed = resumed
        self._fd = -1
        self._known: set[str] = set()
        self._dirty = False

    def put(self, value: bytes, *, opaque: bool = False) -> str:
        """Appends a value unless the run has it, and returns its digest. StorageError with nothing half-written."""
        if self._fd < 0:
            self._open()
        digest = digest_of(value)
        if digest not in self._known:
            self._append(opaque_record(digest, value) if opaque else whole_record(digest, value))
            self._known.add(digest)
        return digest

    def sync(self) -> None:
        """Returns when all values survive the machine's death. StorageError."""
        if not self._dirty:
            return
        try:
            disk.sync(self._fd)
        except OSError as error:
            raise disk.storage_error(error, self._path, "syncing state values") from error
        self._dirty = False

    def close(self) -> None:
        """Closes the file. May be called twice."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def _open(self) -> None:
        try:
            self._fd = disk.open_shared(self._path)
        except OSError as error:
            raise disk.storage_error(error, self._path, "opening the file of state values") from error
        if self._resumed:
            set_aside_tail(self._fd, self._path, self._torn)
            self._known = set(States(self._path).refresh())
        if os.fstat(self._fd).st_size == 0:
            self._append(header(self._run))

    def _append(self, line: bytes) -> None:
        disk.append_line(self._fd, line + b"\n", self._path)
        self._dirty = True


def set_aside_tail(fd: int, path: Path, torn: Path) -> int:
    """Moves a torn last line into the `.torn` file; returns how many bytes. The caller holds the run's lock."""
    found = torn_tail(path)
    if found is None:
        return 0
    offset, tail = found
    try:
        aside = disk.open_shared(torn)
        try:
            disk.append_line(aside, tail + b"\n", torn)
            disk.sync(aside)
        finally:
            os.close(aside)
        os.ftruncate(fd, offset)
    except OSError as error:
        raise disk.storage_error(error, path, "setting a torn line aside") from error
    return len(tail)
