"""Reading journals: whole lines by offset in either direction, in bounded memory, and what can be had of a bad one."""

import re
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import NamedTuple

from ...core.errors import Corrupt, NotSupported
from ...core.events import TYPES, AnyEvent, decode
from ...core.progress import gone
from .disk import append_line
from .readable import Readable, Where, opened

LONGEST = 32 << 20
"""A line of more bytes is not held in memory: it is told apart by `LongLine` and read in spans."""

_BLOCK = 1 << 20
_BACK = 1 << 16
_HEAD = 1 << 16
_START = re.compile(rb'\{"type":"(?:' + b"|".join(re.escape(name.encode()) for name in TYPES) + rb')","seq":\d')
_END = re.compile(rb',"crc":"[0-9a-f]{8}"\}')
_MANY = 64


class LongLine(NamedTuple):
    """A line longer than may be held: its beginning, and all of its bytes' number (without the newline)."""

    head: bytes
    length: int

    def __len__(self) -> int:
        return self.length


class Whole(NamedTuple):
    """An event found in a line, and which of the line's bytes it is."""

    offset: int
    length: int
    event: AnyEvent


class Broken(NamedTuple):
    """Bytes of a line that are no event, and why."""

    offset: int
    length: int
    why: str
    newer: bool = False
    """Whole, but of a newer format than this program reads."""


def read_lines(where: Where, offset: int = 0, *, longest: int = LONGEST) -> Iterator[tuple[int, "bytes | LongLine"]]:
    """`(offset, line without newline)` of each whole line from an offset on, which must be a line's beginning.

    A torn tail is not returned. Holds at most `longest` bytes and a block; costs the bytes read. OSError.
    """
    with opened(where) as file:
        rest, passed = b"", 0  # of a long line: its head, and how many bytes after it went by
        while block := file.pread(_BLOCK, offset + len(rest) + passed):
            if passed:
                end = block.find(b"\n")
                if end < 0:
                    passed += len(block)
                    continue
                long = LongLine(rest, len(rest) + passed + end)
                yield offset, long
                offset, rest, passed = offset + long.length + 1, b"", 0
                continue
            lines = (rest + block).split(b"\n")
            rest = lines.pop()
            for line in lines:
                yield offset, line if len(line) <= longest else LongLine(line[:_HEAD], len(line))
                offset += len(line) + 1
            if len(rest) > max(longest, _HEAD):
                passed = len(rest) - _HEAD
                rest = rest[:_HEAD]


def read_heads(where: Where, offset: int, longest: int) -> Generator[tuple[int, int, bytes]]:
    """`(offset, length, first bytes)` of each whole line from an offset on: a look at where lines begin and end.

    Holds a block, whatever the lines' lengths. OSError.
    """
    with opened(where) as file:
        at = offset
        while block := file.pread(_BLOCK, at):
            begin = 0
            while (end := block.find(b"\n", begin)) >= 0:
                length = at + end - offset
                inside = offset >= at
                head = block[begin : min(end, begin + longest)] if inside else _span(file, offset, min(length, longest))
                yield offset, length, head
                begin = end + 1
                offset = at + begin
            at += len(block)


def read_lines_back(
    where: Where, before: int | None = None, *, longest: int = LONGEST
) -> Iterator[tuple[int, "bytes | LongLine"]]:
    """As `read_lines`, from the newest whole line that ends at or before an offset (None: the end) to the oldest.

    Costs the bytes of the lines asked for, and a block.
    """
    with opened(where) as file:
        end = _line_end(file, file.size() if before is None else before)
        data, low = b"", end  # the bytes from `low` to `end`, of which the last line comes next
        while end > 0:
            start = data.rfind(b"\n", 0, max(end - 1 - low, 0)) + 1
            if start or low == 0:
                line = data[start : end - 1 - low]
                yield low + start, line if len(line) <= longest else LongLine(line[:_HEAD], len(line))
                end = low + start
            elif end - 1 - low > longest:
                start = _line_start(file, low)
                yield start, LongLine(_span(file, start, min(_HEAD, end - 1 - start)), end - 1 - start)
                data, low, end = b"", start, start
            else:
                size = min(low, max(_BACK, end - low))
                data = _span(file, low - size, size) + data[: end - low]
                low -= size


def read_span(where: Where, offset: int, length: int) -> bytes:
    """Bytes of a file by their place; Corrupt if it ends before. OSError."""
    with opened(where) as file:
        data = _span(file, offset, length)
    if len(data) != length:
        raise Corrupt(f"the file ends before byte {offset + length}", where=where)
    return data


def copy_span(where: Where, offset: int, length: int, fd: int, to: Path) -> None:
    """Appends bytes of a file to another that is open, a MiB at a time. OSError, StorageError, Corrupt; Stopped in a
    big part.
    """
    while length:
        part = read_span(where, offset, min(length, _BLOCK))
        append_line(fd, part, to)
        gone(len(part))
        offset, length = offset + len(part), length - len(part)


def torn_tail(where: Where) -> tuple[int, bytes] | None:
    """Offset and bytes of what follows the last newline: a line that is being written, or that never was."""
    with opened(where) as file:
        size = file.size()
        start = _line_start(file, size)
        return (start, _span(file, start, size - start)) if start < size else None


def decode_line(line: "bytes | LongLine") -> list["Whole | Broken"]:
    """All that can be had of a line, in its order: usually one whole event.

    Of glued lines (a torn one and the next, or bytes zeroed by a power loss) each event whose own
    checksum proves it is recovered, and the rest is named.
    """
    if isinstance(line, LongLine):
        return [Broken(0, line.length, f"a line of {line.length} bytes, more than {LONGEST} are not read")]
    try:
        return [Whole(0, len(line), decode(line))]
    except NotSupported as error:
        return [Broken(0, len(line), str(error), newer=True)]
    except Corrupt as error:
        return _recover(line, str(error)) if line else []


def _recover(line: bytes, why: str) -> list["Whole | Broken"]:
    found: list[Whole | Broken] = []
    ends = [match.end() for match in _END.finditer(line)][:_MANY]
    done = 0
    for match in list(_START.finditer(line))[:_MANY]:
        start = match.start()
        event = _proved(line, start, ends) if start >= done else None
        if event:
            if start > done:
                found.append(Broken(done, start - done, _why(line[done:start], why)))
            found.append(event)
            done = start + event.length
    if done < len(line):
        found.append(Broken(done, len(line) - done, _why(line[done:], why)))
    return found


def _proved(line: bytes, start: int, ends: list[int]) -> Whole | None:
    for end in ends:
        if end > start:
            try:
                return Whole(start, end - start, decode(line[start:end]))
            except (Corrupt, NotSupported):
                continue  # it may end further on
    return None


def _why(part: bytes, why: str) -> str:
    if not part.strip(b"\0"):
        return f"{len(part)} NUL bytes, as a power loss leaves them"
    try:
        part.decode()
    except UnicodeDecodeError as error:
        return f"not UTF-8: {error.reason} at byte {error.start}"
    return why


def _line_start(file: Readable, position: int) -> int:
    """Where the line begins that has its bytes before a position: after the last newline before it."""
    while position > 0:
        low = max(0, position - _BACK)
        found = _span(file, low, position - low).rfind(b"\n")
        if found >= 0:
            return low + found + 1
        position = low
    return 0


def _line_end(file: Readable, position: int) -> int:
    """The last position not after this one at which a whole line (newline included) has ended."""
    return _line_start(file, position)


def _span(file: Readable, offset: int, length: int) -> bytes:
    parts: list[bytes] = []
    while length > 0 and (part := file.pread(length, offset)):
        parts.append(part)
        offset, length = offset + len(part), length - len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)
