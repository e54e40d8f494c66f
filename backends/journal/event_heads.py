"""What the first bytes of a line tell of its event, and the events that a line holds, without decoding them."""

import re
from typing import NamedTuple

from ...core.errors import Corrupt
from ...core.events import check
from .reader import LongLine, Whole, decode_line

_HEAD = re.compile(rb'\{"type":"([^"\\]{1,64})","seq":([0-9]{1,18})[,}]')
_NUMBERS = re.compile(rb'\n\{"type":"[^"\\]{1,64}","seq":([0-9]{1,18})[,}]')


class Head(NamedTuple):
    """Type and number of an event."""

    type: str
    seq: int


def head_of(line: bytes) -> Head | None:
    """Type and number as the first bytes of a line say; costs no decoding. None if they do not."""
    found = _HEAD.match(line[:128])
    return Head(found[1].decode("utf-8", "replace"), int(found[2])) if found else None


def numbers_in(lines: bytes) -> list[int]:
    """Numbers of events as the first bytes of lines say; of each line that a newline comes before."""
    return list(map(int, _NUMBERS.findall(lines)))


def events_in(line: "bytes | LongLine") -> list[tuple[Head, bytes]]:
    """The sound events of a line. One whose checksum fits is not decoded."""
    if isinstance(line, LongLine):
        return []
    head = head_of(line)
    if head:
        try:
            check(line)
            return [(head, line)]
        except Corrupt:
            pass  # then it is taken apart
    parts = [line[part.offset : part.offset + part.length] for part in decode_line(line) if isinstance(part, Whole)]
    return [(known, part) for part in parts if (known := head_of(part))]
