"""Checkpoint values: each stored once per run, under the SHA-256 of its bytes, in `<run>.states.jsonl`.

A record is one line: a value whole, one that *extends* another by what was added or by edits, opaque bytes
as base64, or what is left of a value that was dropped. The first line declares the format. FORMAT.md
describes it for other readers.
"""

import binascii
import hashlib
import re
import threading
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, cast

import msgspec

from ...core.edits import Edit, apply_edits
from ...core.errors import Corrupt, NotFound, NotSupported
from ...core.events import FORMAT, check, seal
from ...core.progress import go_on, gone
from .readable import Where
from .reader import read_heads, read_span

Kind = Literal["value", "opaque", "dropped"]

_HEAD = re.compile(rb'\{"type":"(value|opaque|dropped)","digest":"([0-9a-f]{64})"(?:,"extends":"([0-9a-f]{64})")?')
HEAD_BYTES = 200
"""What a record is, its first bytes tell."""
_TAIL = re.compile(rb',"crc":"[0-9a-f]{8}"\}\Z')
_TAIL_BYTES = 18


class Dropped(NotFound):
    """A value that was removed on purpose."""


class Record(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One line of a states file, by which its value can be told without reading others."""

    type: str
    digest: str = ""
    extends: str = ""
    """Digest of the value that this one is told by."""
    value: msgspec.Raw = msgspec.Raw()
    added: msgspec.Raw = msgspec.Raw()
    edits: list[Edit] = []
    size: int = 0
    base64: str = ""


class Place(NamedTuple):
    """Where a record lies in its file."""

    offset: int
    length: int
    kind: Kind


def header(run: str) -> bytes:
    """The first line of a states file, without newline."""
    return seal(b'{"type":"states","format":%d,"run":"%b"}' % (FORMAT, run.encode()))


def digest_of(value: bytes | bytearray) -> str:
    """Under which a value is stored: the SHA-256 of its bytes, in hexadecimal."""
    return hashlib.sha256(value).hexdigest()


def whole_record(digest: str, value: bytes) -> bytes:
    """The line (without newline) of a value in compact JSON."""
    return seal(b'{"type":"value","digest":"%b","value":%b}' % (digest.encode(), value))


def extending_record(digest: str, base: str, added: bytes) -> bytes:
    """The line of a list or text that begins with another: `added` is the JSON of the rest, of the same kind."""
    form = b'{"type":"value","digest":"%b","extends":"%b","added":%b}'
    return seal(form % (digest.encode(), base.encode(), added))


def edited_record(digest: str, base: str, edits: Sequence[Edit]) -> bytes:
    """The line of a value that is another one but for some edits of its bytes."""
    form = b'{"type":"value","digest":"%b","extends":"%b","edits":%b}'
    return seal(form % (digest.encode(), base.encode(), msgspec.json.encode(edits)))


def opaque_record(digest: str, value: bytes) -> bytes:
    """The line of bytes that are kept and never loaded."""
    form = b'{"type":"opaque","digest":"%b","size":%d,"base64":"%b"}'
    return seal(form % (digest.encode(), len(value), binascii.b2a_base64(value, newline=False)))


def dropped_record(digest: str) -> bytes:
    """The line that takes the place of a value that was dropped on purpose."""
    return seal(b'{"type":"dropped","digest":"%b"}' % digest.encode())


class RecordHead(NamedTuple):
    """What the first bytes of a record tell."""

    digest: str
    kind: Kind
    extends: str
    """Digest of the value that this one is told by; empty for a whole one."""


def head_of_record(line: bytes) -> RecordHead | None:
    """What a record is; None for the header and what is damaged or unknown."""
    found = _HEAD.match(line[:HEAD_BYTES])
    if not found:
        return None
    return RecordHead(found[2].decode(), cast(Kind, found[1].decode()), (found[3] or b"").decode())


def parse(line: bytes) -> Record:
    """The record of a line; Corrupt if it is damaged, NotSupported if it is newer than this program."""
    check(line)
    try:
        record = _decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Corrupt(f"not a state value: {error}") from error
    if record.type not in ("value", "opaque", "dropped"):
        raise NotSupported(f"state record {record.type!r} is unknown", advice="read it with a newer Flightlog")
    return record


def chain_of(digest: str, fetch: Callable[[str], bytes]) -> list[bytes]:
    """The lines that a value is made from: its own, that of the value it extends, and so on to a whole one.

    Corrupt if they run in a circle; what `fetch` raises, which gives a record's line by digest.
    """
    lines: list[bytes] = []
    seen: set[str] = set()
    while digest:
        if digest in seen:
            raise Corrupt("a state value extends itself", where=digest)
        seen.add(digest)
        go_on()
        lines.append(fetch(digest))
        digest = base_of(lines[-1])
    return lines


def base_of(line: bytes) -> str:
    """Digest of the value that a record extends; empty for a whole one. Corrupt, NotSupported."""
    head = head_of_record(line)
    return head.extends if head else parse(line).extends


def resolve(digest: str, fetch: Callable[[str], bytes]) -> bytes:
    """The bytes of a value, from its record and those that it extends; `fetch` gives a record's line by digest.

    Dropped; Corrupt if the bytes do not have the digest or the chain runs in a
    circle; what `fetch` raises.
    """
    return value_of(digest, chain_of(digest, fetch))


def value_of(digest: str, chain: Sequence[bytes]) -> bytes:
    """The bytes of a value from its `chain_of`; Dropped, Corrupt."""
    value: bytes | bytearray = _whole(chain[-1])
    for line in reversed(chain[:-1]):
        go_on()
        record = parse(line)
        try:
            value = apply_edits(value, record.edits) if record.edits else _grown(value, record.added)
        except ValueError as error:
            raise Corrupt(f"a state value cannot be put together: {error}", where=digest) from error
    if digest_of(value) != digest:
        raise Corrupt("a state value does not have the bytes that its digest names", where=digest)
    return bytes(value)


def _whole(line: bytes) -> bytes:
    """The bytes in a record that extends nothing."""
    # As we wrote it, its value is a part of the line: to look through megabytes of JSON for its end would cost
    # more than all the rest. Whether these are the right bytes tells their digest.
    begin = len(_WHOLE) + 74
    if line.startswith(_WHOLE) and line[begin - 9 : begin] == b',"value":' and _TAIL.match(line[-_TAIL_BYTES:]):
        return line[begin:-_TAIL_BYTES]
    record = parse(line)
    if record.type == "dropped":
        raise Dropped("the value was dropped, with the states that had it", where=record.digest)
    return binascii.a2b_base64(record.base64) if record.type == "opaque" else bytes(record.value)


def _grown(value: bytes | bytearray, added: msgspec.Raw) -> bytearray:
    """A list's or text's JSON followed by more of the same kind: brackets (quotes) come once, commas between."""
    grown = value if isinstance(value, bytearray) else bytearray(value)
    more = bytes(added)[1:-1]
    if more:
        grown[-1:] = (b"," if grown[:1] == b"[" and len(grown) > 2 else b"") + more + grown[-1:]
    return grown


_WHOLE = b'{"type":"value","digest":"'
_decoder = msgspec.json.Decoder(Record)


class States:
    """The values of one run's states file. Thread-safe; reads only bytes that it has not seen."""

    def __init__(self, where: Where) -> None:
        self._where = where
        self._places: dict[str, Place] = {}
        self._read = 0
        self._lock = threading.Lock()

    def refresh(self) -> dict[str, Place]:
        """Digest → place of all values, those appended since the last call included."""
        with self._lock:
            try:
                for offset, length, begin in read_heads(self._where, self._read, HEAD_BYTES):
                    gone(0)
                    self._read = offset + length + 1
                    head = head_of_record(begin)
                    if head:
                        self._places.setdefault(head.digest, Place(offset, length, head.kind))
            except FileNotFoundError:
                return self._places
            return self._places

    def record(self, digest: str) -> bytes:
        """The line of a value's record; NotFound, Corrupt."""
        for _ in range(2):
            place = self._places.get(digest) or self.refresh().get(digest)
            if place is None:
                break
            line = self._line(place)
            head = head_of_record(line)
            if head and head.digest == digest:
                return line
            with self._lock:  # the file was replaced by one without its dropped values
                self._places, self._read = {}, 0
        raise NotFound(f"no value with digest {digest[:12]}…", where=self._where)

    def value(self, digest: str) -> bytes:
        """A whole value, *extends* resolved: compact JSON, or opaque bytes. NotFound, Corrupt."""
        return resolve(digest, self.record)

    def _line(self, place: Place) -> bytes:
        try:
            return read_span(self._where, place.offset, place.length)
        except Corrupt:
            return b""  # the file is shorter than it was
