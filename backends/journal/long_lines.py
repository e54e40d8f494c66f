"""Lines too long to be held as a matter of course: read whole where they prove to be events, or told by their ends."""

import re

import msgspec

from ...core.events import Logged
from .readable import Where, opened
from .reader import LongLine, read_span

LARGEST = 512 << 20
"""Bytes of the longest event that is read whole. It is held for a moment, two or three times over."""

END = 1 << 16
"""Bytes at the end of a line that are looked at."""

_CRC_BYTES = 18
_CRC = re.compile(rb',"crc":"[0-9a-f]{8}"\}')
_EVENT = re.compile(rb'\{"type":"[^"\\]{1,64}","seq":[0-9]{1,18},"')
_UPTO_MESSAGE = re.compile(rb'\{"type":"log","seq":[0-9]{1,18},"t":"[^"\\]*","level":"[A-Z]+","message":"')
_STRING = re.compile(rb'(?:[^"\\]|\\.)*+', re.DOTALL)
_SHORT_FIELDS = re.compile(rb'(?:,"(?:kind|step|request_id)":"(?:[^"\\]|\\.)*+")*')
_CUT_ESCAPE = re.compile(rb"\\u[0-9a-fA-F]{0,3}\Z")
_SIZE = re.compile(rb',"cut":([0-9]+)\}\Z')


def whole_line(where: Where, offset: int, line: LongLine) -> bytes | None:
    """All of a long line if it begins and ends as an event does; None if not, for what no program wrote is not held.

    OSError, Corrupt.
    """
    if not _EVENT.match(line.head) or line.length > LARGEST:
        return None
    if not _CRC.fullmatch(read_span(where, offset + line.length - _CRC_BYTES, _CRC_BYTES)):
        return None
    return read_span(where, offset, line.length)


def end_of(where: Where, offset: int, line: LongLine) -> bytes:
    """The last bytes of a long line. OSError."""
    size = min(END, line.length - len(line.head))
    with opened(where) as file:
        return file.pread(size, offset + line.length - size)


def shortened(head: bytes, end: bytes, length: int) -> bytes | None:
    """The line of a log entry with the beginning of its message, and `cut`, the bytes that it has in truth.

    Made of the line's first and last bytes, and decodes as any other; None if it is no log entry's. Its
    checksum is not looked at, and details that are long themselves are left out.
    """
    begin = _UPTO_MESSAGE.match(head)
    if begin is None:
        return None
    message = _STRING.match(head, begin.end())
    assert message is not None  # it matches also nothing
    cut = b',"cut":%d}' % length
    if message.end() < len(head) - 1 and head[message.end() : message.end() + 1] == b'"':
        fields = _SHORT_FIELDS.match(head, message.end() + 1)
        return _sound(head[: fields.end() if fields else message.end() + 1] + cut)
    kept = _CUT_ESCAPE.sub(b"", head[: message.end()]).decode("utf-8", "ignore").encode()
    return _sound(kept + b'"' + _after_message(end) + cut) or _sound(kept + b'"' + cut)


def size_told(line: bytes) -> int | None:
    """The bytes of the line that this one was shortened from; None if it is no shortened one."""
    if line.endswith(b'"}'):
        return None  # nearly every line ends with its checksum
    found = _SIZE.search(line, max(len(line) - 40, 0))
    return int(found[1]) if found else None


def _after_message(end: bytes) -> bytes:
    """The members after the message, of which the end of a line begins with a part."""
    # It may begin inside of an escape: the first byte that is none is certainly not.
    start = next((place for place, byte in enumerate(end) if byte not in b'\\"'), 0) + 1
    message = _STRING.match(end, start)
    rest = end[message.end() + 1 :] if message else b""
    return rest[:-_CRC_BYTES] if _CRC.fullmatch(rest[-_CRC_BYTES:]) else rest[:-1]


def _sound(line: bytes) -> bytes | None:
    try:
        _decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return line


_decoder = msgspec.json.Decoder(Logged)
