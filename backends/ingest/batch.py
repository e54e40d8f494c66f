"""One reading of a journal: its events, what is wrong with it, and how far it went. Knows no database."""

from itertools import repeat
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec

from ...core.errors import Corrupt, NotSupported
from ...core.events import (
    FORMAT,
    LEVELS,
    TYPES,
    AnyEvent,
    Event,
    Logged,
    LogStretch,
    RunFinished,
    RunStarted,
    check,
    decode,
    decode_all,
    stretch_of,
)
from ...core.runs import Damage
from ..journal.event_heads import Head, head_of
from ..journal.long_lines import whole_line
from ..journal.readable import Where
from ..journal.reader import Broken, LongLine, Whole, decode_line, read_lines, read_span
from ..journal.states import head_of_record

MARK_BYTES = 1 << 20
"""There is a mark for about every so many bytes of a journal."""

_AT_ONCE = 1 << 20
"""Bytes that are read and decoded at once."""
_STRETCH = 1000
"""Lines that are decoded together: of so many log entries what is counted is held, and they themselves no longer."""
_RAW = 200  # characters of an unreadable line that its damage quotes
_seq = attrgetter("seq")
_TYPE_OF = {kind: name for name, kind in TYPES.items()}


class Position(NamedTuple):
    """How far a journal and its states were read, and the last number found."""

    offset: int = 0
    states_offset: int = 0
    last_seq: int = 0


class Batch:
    """What one reading found, ready to be saved in one transaction."""

    def __init__(self, run: str, name: str, at: Position, *, keep: bool) -> None:
        self.run, self.name = run, name
        self.offset, self.states_offset, self.last_seq = at
        self.known_seq = at.last_seq
        self.size = 0
        self.more = False
        self.recorded: list[tuple[Event | LogStretch, int]] = []
        """The events; how long their lines are is not told, for the size of their file is. Stretches of log entries
        are as one, unless bytes are kept: they are as quickly counted as gone through, and not all in memory.
        """
        self.events: list[dict[str, Any]] = []
        """Rows of the table `events`, if bytes are kept."""
        self.values: list[dict[str, Any]] = []
        self.marks: list[dict[str, Any]] = []
        self.damage: list[Damage] = []
        self.end: RunFinished | None = None
        """How the run ended, where that is known before it is read."""
        self.gap: Damage | None = None
        """Numbers missing before the first event read: damage, unless damaged lines were read just before."""
        self._keep = keep
        self._began = self.offset
        self._unread = 0  # damaged lines since the last event: they may hold the numbers that are missing
        self._junk = 0  # lines without an event, one after the other, that the last damage stands for

    def read_events(self, where: Where, end: int, budget: int) -> None:
        """Reads whole lines from where the last reading ended, as many as the budget allows. OSError."""
        began = self.offset
        try:
            while (at := self.offset) < end and not self.more:
                # Where a mark is due, so that the line which holds it is the next block's first: none need be counted.
                due = (at + _AT_ONCE + _AT_ONCE // 2) // _AT_ONCE * _AT_ONCE
                stop = min(end, due, max(began + budget, at + 1))
                if not self._read_plain(where, stop):
                    self._read_odd(where, stop)
                if self.offset == at:
                    break  # what is left is being written
                self.more = began + budget <= self.offset < end
        except Corrupt as error:  # of an archive: what lies behind cannot be unpacked
            self._name(error.what, self.offset, end - self.offset)
        self.size += self.offset - began

    def _read_odd(self, where: Where, stop: int) -> None:
        """Reads lines, whatever they are, until the first that ends at or after `stop`."""
        for offset, line in read_lines(where, self.offset):
            whole = whole_line(where, offset, line) if isinstance(line, LongLine) else None
            self._take(offset, whole or line)
            self.offset = offset + len(line) + 1
            if self.offset >= stop:
                break

    def _read_plain(self, where: Where, stop: int) -> bool:
        """Reads the lines that end before `stop` if they are one event each and follow each other, as nearly all do;
        False, and nothing was taken, if one is anything else.
        """
        try:
            return self.take_plain(read_span(where, self.offset, stop - self.offset))
        except (Corrupt, NotSupported):
            return False

    def take_plain(self, data: bytes) -> bool:
        """Takes the whole lines of the bytes that come next, as `_read_plain` does."""
        began = self.offset
        lines = data.split(b"\n")
        del lines[-1]  # what follows the last newline is being written, or read next
        try:
            found = self._decoded(lines)
        except (Corrupt, NotSupported):
            return False
        if found is None:
            return False
        self.recorded += zip(found, repeat(0))
        self._mark(data)
        if lines:
            self._unread, self.last_seq, self._junk = 0, self.last_seq + len(lines), 0
        self.offset += data.rfind(b"\n") + 1
        return self.offset > began

    def _decoded(self, lines: list[bytes]) -> list[Event | LogStretch] | None:
        """What lines say that are one event each, and come next; None if they are anything else. Corrupt."""
        found: list[Event | LogStretch] = []
        at_once = max(len(lines), 1) if self._keep else _STRETCH
        for begin in range(0, len(lines), at_once):
            events = self._next(lines[begin : begin + at_once], self.last_seq + 1 + begin)
            if events is None:
                return None
            stretch = None if self._keep else stretch_of(events)
            found += [stretch] if stretch else events
            for event, line in zip(events, lines, strict=True) if self._keep else ():
                self._keep_event(event, line)
        return found

    def _next(self, lines: list[bytes], seq: int) -> list[AnyEvent] | None:
        """The events of these lines; None if they are not those from this number on."""
        events = decode_all(lines)
        if list(map(_seq, events)) != list(range(seq, seq + len(events))):
            return None
        return None if RunStarted in map(type, events) and not self._fit(events) else events

    def _mark(self, data: bytes) -> None:
        """Marks, as `_take` does, which lines hold a boundary; of `data` each line is an event."""
        first = self.offset // MARK_BYTES + 1
        for boundary in range(first * MARK_BYTES - self.offset, data.rfind(b"\n") + 1, MARK_BYTES):
            start = data.rfind(b"\n", 0, boundary) + 1
            if start < boundary:  # and not just the end of the line before
                seq = self.last_seq + 1 + data.count(b"\n", 0, start)
                self.marks.append({"run": self.run, "seq": seq, "offset": self.offset + start})

    def read_states(self, where: Where, budget: int) -> None:
        """Reads records of checkpoint values, which are written before the events that need them. OSError."""
        began = self.states_offset
        try:
            for offset, line in read_lines(where, began):
                self._take_record(where, offset, line)
                self.states_offset = offset + len(line) + 1
                if self.states_offset - began >= budget:
                    self.more = True
                    break
        except FileNotFoundError:
            return
        self.size += self.states_offset - began

    def _take(self, offset: int, line: bytes | LongLine) -> None:
        before = self.last_seq
        try:  # nearly every line is one event
            event = decode(line) if type(line) is bytes else None
        except (Corrupt, NotSupported):
            event = None
        if event is not None:
            self._add(event, line, offset)  # type: ignore[arg-type]  # only bytes are whole
        else:
            self._take_parts(offset, line)
        # Of each boundary the line that holds it is marked, whoever reads in what portions.
        if self.last_seq > before and offset // MARK_BYTES < (offset + len(line)) // MARK_BYTES:
            self.marks.append({"run": self.run, "seq": before + 1, "offset": offset})

    def _take_parts(self, offset: int, line: bytes | LongLine) -> None:
        """Takes what can be had of a line that is not one whole event."""
        for part in decode_line(line):
            if isinstance(part, Whole):
                assert isinstance(line, bytes)
                self._add(part.event, line[part.offset : part.offset + part.length], offset + part.offset)
            else:
                self._set_aside(part, line, offset)

    def _add(self, event: AnyEvent, line: bytes, offset: int) -> None:
        if not self._follows(event.seq, offset):
            return
        self.recorded.append((event, 0))
        if self._keep:
            self._keep_event(event, line)
        if type(event) is RunStarted:
            self._check_start(event, offset)

    def _set_aside(self, part: Broken, line: bytes | LongLine, offset: int) -> None:
        raw = line.head if isinstance(line, LongLine) else line[part.offset : part.offset + part.length]
        head = head_of(raw) if part.newer else None
        if head and self._follows(head.seq, offset):
            # Whole, but only a newer Flightlog knows what it says: its bytes are kept for that one.
            if self._keep:
                self._keep_line(head, 0, raw)
        else:
            self._unread += 1
        if self._junk and part.length == len(line):
            self._lengthen(offset + len(line))
        else:
            self._name(part.why, offset + part.offset, part.length, raw)
            self._junk = int(part.length == len(line))

    def _lengthen(self, end: int) -> None:
        """One damage stands for neighbouring lines, so that a file of junk does not fill the database."""
        self._junk += 1
        last = self.damage[-1]
        what = f"{self._junk} lines, the first: {last.what.partition(' lines, the first: ')[2] or last.what}"
        self.damage[-1] = msgspec.structs.replace(last, what=what, length=end - (last.offset or 0))

    def _follows(self, seq: int, offset: int) -> bool:
        """Whether this is the next event; what does not fit is named."""
        if seq <= self.last_seq:
            self._name(f"event {seq} comes after event {self.last_seq}", offset)
            return False
        if seq - self.last_seq - 1 > self._unread:
            self._name(f"events {self.last_seq + 1} to {seq - 1} are missing", offset)
            if offset == self._began:
                self.gap = self.damage.pop()
        self._unread, self.last_seq, self._junk = 0, seq, 0
        return True

    def _keep_event(self, event: AnyEvent, line: bytes) -> None:
        level = LEVELS.index(event.level) + 1 if isinstance(event, Logged) else 0
        self._keep_line(Head(_TYPE_OF[type(event)], event.seq), level, line)

    def _keep_line(self, head: Head, level: int, line: bytes) -> None:
        self.events.append({"run": self.run, "seq": head.seq, "type": head.type, "level": level, "line": line})

    def _take_record(self, where: Where, offset: int, line: bytes | LongLine) -> None:
        data = read_span(where, offset, len(line)) if isinstance(line, LongLine) else line
        head = head_of_record(data)
        try:
            check(data)
        except Corrupt as error:
            self._name(f"a state value: {error.what}", offset, len(data), data[:_RAW])
            return
        if head:
            self.values.append({"run": self.run, "digest": head.digest, "record": data})
        elif not data.startswith(b'{"type":"states"'):
            self._name("no state value that this Flightlog knows", offset, len(data), data[:_RAW])

    def _fit(self, events: list[AnyEvent]) -> bool:
        starts = [event for event in events if type(event) is RunStarted]
        return all(started.format <= FORMAT and started.run == self.run for started in starts)

    def _check_start(self, started: RunStarted, offset: int) -> None:
        if started.format > FORMAT:
            self._name(f"written in format {started.format}, which only a newer Flightlog knows whole", offset)
        if started.run != self.run:
            self._name(f"these are the events of run {started.run}", offset)

    def _name(self, what: str, offset: int, length: int | None = None, raw: bytes = b"") -> None:
        self._junk = 0
        text = raw[:_RAW].decode("utf-8", "backslashreplace")[:_RAW]
        self.damage.append(Damage(where=self.name, what=what, run=self.run, offset=offset, length=length, raw=text))
