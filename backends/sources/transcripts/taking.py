"""Takes what is new in one transcript into the index: its lines told on, from where they were told last."""

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec
from sqlalchemy import Connection, Row

from ....core.costs import Extra, Price, tokens_of
from ....core.events import CostRecorded
from ....core.runs import Damage
from ...prices import price_book
from ...sql.projector import Batch, Projector
from . import tables
from .fields import decoded
from .folder import Seen
from .formats import Format, Line, Session
from .packed import is_cut, is_packed, opened
from .telling import Asked, State, Teller, beginning, put

PORTION = 8 << 20
"""Bytes that are read and told together, where a line is not longer."""
_TAIL = 64
"""Bytes before the point that was reached, by which it is known again."""
_HEAD, _HEAD_BYTES = 400, 4 << 20
"""Lines that are looked at, at most, for what a beginning says, and bytes."""
SILENCE_S, QUIET_S = 60.0, 600.0
"""Seconds of silence after which an answer was the last word and a request is told of, and after which the program is
taken for gone if nothing is known of it.
"""
_LONGEST = 256 << 20
"""Bytes of a line: what is packed may unpack to anything."""
_ATTENDED_S = 2.0
"""Seconds between two looks at the process of a run that has not ended."""
_RAW = 200
CUT = "it is packed, and its end is missing"


class Taken(NamedTuple):
    """What came of one look at a transcript."""

    more: bool
    """Whether it goes on behind the portion that was read."""
    again: float | None
    """Seconds after which silence would say something; None if it would not."""
    retold: list[str]
    """Transcripts whose runs are to be told anew."""


class Taker:
    """Takes transcripts in, each within the transaction of its caller. For one thread at a time."""

    def __init__(self) -> None:
        self._projector = Projector()
        self._kept: tuple[str, Seen, BinaryIO] | None = None

    def take(self, connection: Connection, path: str, format: Format, seen: Seen, name: str = "") -> Taken:
        """Takes in a portion of what is new, of a transcript that is called so elsewhere. FileNotFoundError and other
        OSErrors where it cannot be read.
        """
        with self._reading(path, seen) as file:
            row = tables.row_of(connection, path)
            retold: list[str] = []
            if row is not None and not _goes_on(file, row, seen):
                retold, row = self.forget(connection, row.run), None
            known = _known(file, path, format, row)
            if known is None and is_cut(file):
                raise OSError(errno.EIO, CUT)
            if row is None:
                tables.keep_silent(connection, path, seen if known is None else None)
            if known is None:
                return Taken(False, None, retold)  # there is no run in it yet
            if row is not None and row.packed:
                self._projector.readable(connection, row.run, f"{CUT}%")  # it may have its end by now
            session, state, offset = known
            file.seek(offset)
            taken = self._tell(connection, file, _Telling(path, format, seen, session, state, offset, name), retold)
            if taken.more and is_packed(file):
                self._kept = path, seen, file
            return taken

    @contextmanager
    def _reading(self, path: str, seen: Seen) -> Iterator[BinaryIO]:
        """A packed one stays open for its next portion, or it would be unpacked from its beginning for each."""
        kept, self._kept = self._kept, None
        goes_on = kept is not None and kept[:2] == (path, seen)
        if kept is not None and not goes_on:
            kept[2].close()
        file = kept[2] if kept is not None and goes_on else opened(path)
        try:
            yield file
        finally:
            if self._kept is None:
                file.close()

    def forget(self, connection: Connection, run: str) -> list[str]:
        """Drops a run whose transcript is gone, or another by now; returns the transcripts of those that must be told
        anew, for requests that they share were told as its own.
        """
        others = tables.repeated_by(connection, run)
        for one in (run, *(other for other, _ in others)):
            self._drop(connection, one)
        return [path for _, path in others]

    def _drop(self, connection: Connection, run: str) -> None:
        self._projector.forget(connection, run)
        tables.drop(connection, run)

    def _tell(self, connection: Connection, file: BinaryIO, at: "_Telling", retold: list[str]) -> Taken:
        run, repeated = at.session.run, list[str]()

        def is_told(call: str) -> bool:
            other = tables.who_told(connection, call)
            if other is None or other == run:
                return other is not None
            if other < run:
                repeated.append(call)
                return True
            # Who began first made the call, whichever was read first: the other tells itself again, without it.
            retold.append(tables.path_of(connection, other))
            self._drop(connection, other)
            return False

        teller = Teller(at.format, at.session, at.state, Asked(is_told, _price))
        offset, damage = _take_lines(file, at, teller)
        more = offset - at.offset >= PORTION
        if not more and is_cut(file):
            damage.append(Damage(where=at.path, what=f"{CUT}: what there is of it is shown", run=run))
        quiet = time.time() - at.seen.mtime_ns / 1e9
        if not more and quiet >= SILENCE_S:
            teller.settle()
            if teller.state.answered:
                teller.conclude()
        self._write(connection, teller, at, offset, damage)
        at = at._replace(session=self._called(connection, at, at.name or teller.name))
        tables.keep_calls(connection, run, teller.calls, told=True)
        tables.keep_calls(connection, run, repeated, told=False)
        again = None if more else self._stand(connection, at, teller.state, quiet)
        # Whoever begins anew looks at those that are not done, whatever their files look like.
        _keep(connection, file, at, teller, offset, done=not more and again is None)
        return Taken(more, again, retold)

    def _write(self, connection: Connection, teller: Teller, at: "_Telling", offset: int, damage: list[Damage]) -> None:
        run = at.session.run
        events = [(fact.event, 0) for fact in teller.facts]
        if events:
            batch = Batch(run, events, at.format.name, at.source_id, size_bytes=at.seen.size)
            self._projector.project_all(connection, [batch])
            tables.keep_facts(connection, run, teller.facts)
        else:
            self._projector.resize(connection, run, at.seen.size)
        for one in damage:
            self._projector.damage(connection, one)

    def _called(self, connection: Connection, at: "_Telling", name: str) -> Session:
        """Calls a run so from its beginning on: no event tells of another name."""
        if name == at.session.name:
            return at.session
        session = msgspec.structs.replace(at.session, name=name)
        self._projector.rename(connection, session.run, name)
        began = beginning(at.format, session)
        put(began, 1, session.began, None)
        tables.rename(connection, session.run, began)
        return session

    def _stand(self, connection: Connection, at: "_Telling", state: State, quiet: float) -> float | None:
        """Says how a run stands that has not ended, as far as its process and its silence tell; returns when to look
        again.
        """
        run = at.session.run
        if state.finished:
            return None
        attended = at.format.attended(Path(at.path), at.session)
        if attended.alive:
            if attended.why:
                self._projector.mark_waiting(connection, run, attended.why)
            else:
                self._projector.mark_alive(connection, run)
            return SILENCE_S if attended.hidden else _ATTENDED_S  # a look in vain is one at all processes
        usual = QUIET_S if attended.alive is None else 0.0
        patience = usual if attended.patience is None else attended.patience
        if quiet < patience:
            return max(1.0, (SILENCE_S if quiet < SILENCE_S else patience) - quiet)
        why = attended.why or "nothing was written for over ten minutes"
        why = f"{why}, in the middle of a turn" if state.turn else why
        if not attended.hidden:
            self._projector.mark_lost(connection, run, why)
            return None
        self._projector.mark_paused(connection, run, why)
        return None


class _Telling(NamedTuple):
    """A transcript that is told on."""

    path: str
    format: Format
    seen: Seen
    session: Session
    state: State
    offset: int
    name: str

    @property
    def source_id(self) -> str:
        """What its program calls it."""
        return os.path.basename(self.path).partition(".")[0]


def _goes_on(file: BinaryIO, row: Row[Any], seen: Seen) -> bool:
    """Whether a file is the one that was read, with perhaps more at its end."""
    if row.packed == seen.packed and row.inode != seen.inode:
        return False
    file.seek(row.offset - len(row.tail))
    return file.read(len(row.tail)) == bytes(row.tail)


def _known(file: BinaryIO, path: str, format: Format, row: Row[Any] | None) -> tuple[Session, State, int] | None:
    if row is not None:
        return tables.session_of(row), tables.state_of(row), row.offset
    file.seek(0)
    session = format.session(Path(path), _head(file))
    return None if session is None else (session, State(), 0)


def _head(file: BinaryIO) -> list[Line]:
    found: list[Line] = []
    for _, data in _lines(file, 0, _HEAD_BYTES):
        line = decoded(data)
        if line is not None:
            found.append(line)
        if len(found) >= _HEAD:
            break
    return found


def _lines(file: BinaryIO, offset: int, most: int) -> Iterator[tuple[int, bytes]]:
    """Whole lines from here, with their newlines: so many bytes of them, and one at least. What has no newline yet is
    being written.
    """
    end = offset + most
    while data := file.readline(_LONGEST):
        if len(data) == _LONGEST:
            raise OSError(errno.EFBIG, f"a line is longer than {_LONGEST >> 20} MB")
        if not data.endswith(b"\n"):
            break
        yield offset, data
        offset += len(data)
        if offset >= end:
            break


def _take_lines(file: BinaryIO, at: _Telling, teller: Teller) -> tuple[int, list[Damage]]:
    """Tells a portion of lines on; returns how far they went, and what no line is."""
    offset, damage = at.offset, list[Damage]()
    for begin, data in _lines(file, at.offset, PORTION):
        offset = begin + len(data)
        line = decoded(data)
        if line is not None:
            teller.take(begin, len(data) - 1, line)
        elif data.strip():
            damage.append(_damage(at, begin, data))
    return offset, damage


def _damage(at: _Telling, offset: int, data: bytes) -> Damage:
    return Damage(
        where=f"{at.path} at {offset}",
        what="a line is no object of JSON",
        run=at.session.run,
        offset=offset,
        length=len(data) - 1,
        raw=data[:_RAW].decode("utf-8", "backslashreplace")[:_RAW],
    )


def _keep(connection: Connection, file: BinaryIO, at: _Telling, teller: Teller, offset: int, *, done: bool) -> None:
    length = min(_TAIL, offset)
    file.seek(offset - length)
    values: dict[str, Any] = {
        "path": at.path,
        **at.seen._asdict(),
        "offset": offset,
        "tail": file.read(length),
        "done": done,
        "session": msgspec.json.encode(at.session).decode(),
        "state": msgspec.json.encode(teller.state).decode(),
    }
    tables.keep(connection, at.session.run, values)


def _price(cost: CostRecorded, t: str, extra: Extra) -> Price | None:
    return price_book().price(cost.model, cost.provider, tokens_of(cost), t, extra)
