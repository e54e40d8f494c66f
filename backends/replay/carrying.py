"""Carries runs into a data directory: events by seq, in the bytes that were recorded, and the values they need."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ...core.errors import Conflict, Corrupt, NotFound
from ...core.events import CheckpointSaved, decode
from ..journal import disk, lock
from ..journal.event_heads import events_in, head_of
from ..journal.layout import Layout
from ..journal.reader import LongLine, read_lines_back
from ..journal.recording import last_values
from ..journal.states import Dropped
from ..journal.states_writer import StatesWriter, set_aside_tail
from ..sql.bodies import Bodies, Excerpt, portions

_AT_ONCE = 1000
_PORTION = 16 << 20  # bytes of state values that are held at once
_WRITERS = 20


class _Wanted(NamedTuple):
    """A value that a checkpoint needs."""

    digest: str
    key: str
    opaque: bool
    size: int


class Carrier:
    """Carries runs from `bodies` into the journals of `layout`, each under its lock there. Used by one thread.

    What is there already is passed over, so that what was cut off is simply done again. With `durable`
    what was carried survives the machine's death.
    """

    def __init__(self, bodies: Bodies, layout: Layout, *, durable: bool = True) -> None:
        self._bodies, self._layout, self._durable = bodies, layout, durable
        self._writers: dict[str, StatesWriter] = {}
        self.missing: list[str] = []
        """State values that the source itself cannot read: `run: why`."""

    def carry(self, run: str) -> int:
        """Carries what is new of a run and returns how many events that was; Conflict while it is written there."""
        path = self._layout.journal(run)
        try:
            fd = disk.open_shared(path)
            try:
                if not lock.take(fd):
                    raise Conflict(f"run {run} is being written", where=path, advice="wait for its end")
                set_aside_tail(fd, path, self._layout.torn(run))
                return self._append(run, fd)
            finally:
                lock.close(fd)
        except OSError as error:
            raise disk.storage_error(error, path, "carrying a run") from error

    def written(self, run: str) -> int:
        """Number of the last event that is there; costs the end of its journal. StorageError."""
        path = self._layout.journal(run)
        try:
            for _, line in read_lines_back(path):
                if (newest := _newest_in(line)) is not None:
                    return newest
        except FileNotFoundError:
            return 0  # nothing of it was carried yet
        except OSError as error:
            raise disk.storage_error(error, path, "looking how far a run was carried") from error
        return 0

    def _append(self, run: str, fd: int) -> int:
        count, after = 0, self.written(run)
        lines = self._next(run, after)
        while lines:
            # Their values first, so that no event is ever without them.
            self._carry_values(run, [line for _, line in lines if line.startswith(b'{"type":"checkpoint"')])
            disk.append_line(fd, b"".join(line + b"\n" for _, line in lines), self._layout.journal(run))
            count, after = count + len(lines), lines[-1][0]
            lines = self._next(run, after) if len(lines) == _AT_ONCE else []
        if self._durable:
            disk.sync(fd)
        return count

    def _next(self, run: str, after: int) -> list[tuple[int, bytes]]:
        """What follows: from the end while it is little, for a journal is found by its beginning only in steps."""
        if after:
            newest = self._bodies.lines(run, Excerpt(after=after, newest=True, limit=_AT_ONCE))
            if len(newest) < _AT_ONCE:
                return newest
        return self._bodies.lines(run, Excerpt(after=after, limit=_AT_ONCE))

    def _carry_values(self, run: str, checkpoints: Sequence[bytes]) -> None:
        if not checkpoints:
            return
        values = self._values_of(run)
        self._put_values(run, values, checkpoints)
        if self._durable:
            values.sync()

    def _put_values(self, run: str, values: StatesWriter, checkpoints: Sequence[bytes]) -> None:
        """Fetches values by the portion, for each costs a query, and most are told by another one of them."""
        portion: dict[str, _Wanted] = {}
        size = 0
        for wanted in self._wanted(run, checkpoints):
            if wanted.digest not in portion and not values.has(wanted.digest):
                portion[wanted.digest] = wanted
                size += wanted.size
            if size > _PORTION or len(portion) == _AT_ONCE:
                self._put(run, values, portion)
                portion, size = {}, 0
        self._put(run, values, portion)

    def _wanted(self, run: str, checkpoints: Sequence[bytes]) -> Iterator["_Wanted"]:
        for line in checkpoints:
            try:
                event = decode(line)
            except Corrupt as error:  # it is carried as it is; what it needs nobody can tell
                self.missing.append(f"{run}: {error}")
                continue
            assert isinstance(event, CheckpointSaved)
            for key, digest in event.values.items():
                yield _Wanted(digest, key, False, event.sizes.get(key, 0))
            for blob in event.opaque.values():
                yield _Wanted(blob.digest, "", True, blob.size)

    def _put(self, run: str, values: StatesWriter, portion: "Mapping[str, _Wanted]") -> None:
        try:
            found = self._bodies.values(run, portion) if portion else {}
        except (NotFound, Corrupt):
            found = {}  # which of them, is asked one by one
        for digest, wanted in portion.items():
            try:
                body = found[digest] if found else self._bodies.values(run, [digest])[digest]
                values.put(body, key=wanted.key, opaque=wanted.opaque)
            except Dropped:
                values.put_dropped(digest)
            except (NotFound, Corrupt) as error:
                self.missing.append(f"{run}: {error}")

    def carry_values_anew(self, run: str) -> None:
        """Puts in the place of a run's values those that the source has now: what was dropped there goes here.

        Does nothing where the run has no values. Conflict, StorageError.
        """
        path, states = self._layout.journal(run), self._layout.states(run)
        if not states.exists():
            return
        beside = states.with_name(f".{states.name}.anew")
        try:
            fd = disk.open_append(path)
            try:
                if not lock.take(fd):
                    raise Conflict(f"run {run} is being written", where=path, advice="try again")
                beside.unlink(missing_ok=True)
                missing = len(self.missing)
                self._write_values(run, beside)
                if len(self.missing) > missing:  # what the source cannot read now stays where it can be read
                    beside.unlink()
                    raise Corrupt(self.missing[missing], where=states, advice="run `flightlog doctor`")
                beside.replace(states)
            finally:
                lock.close(fd)
        except OSError as error:
            raise disk.storage_error(error, states, "writing the states that are kept") from error

    def _write_values(self, run: str, path: Path) -> None:
        values = StatesWriter(run, path, self._layout.torn(run))
        checkpoints = Excerpt(limit=_AT_ONCE, types=frozenset({"checkpoint"}))
        try:
            for lines in portions(self._bodies, run, checkpoints):
                self._put_values(run, values, [line for _, line in lines])
            values.sync()
        finally:
            values.close()

    def _values_of(self, run: str) -> StatesWriter:
        """What writes the values of a run; of those that had some last it is kept, for it knows what is there."""
        values = self._writers.pop(run, None)
        if values is None:
            path = self._layout.journal(run)
            states, torn = self._layout.states(run), self._layout.torn(run)
            values = StatesWriter(run, states, torn, last=lambda: last_values(path))
        self._writers[run] = values
        if len(self._writers) > _WRITERS:
            self._writers.pop(next(iter(self._writers))).close()
        return values

    def close(self) -> None:
        """Closes the files of values. May be called twice."""
        while self._writers:
            self._writers.popitem()[1].close()


def _newest_in(line: bytes | LongLine) -> int | None:
    """Number of the last event of a line, be it of a newer format; None if nothing of it is sound. One that is too
    long to be held is believed what its beginning says.
    """
    if isinstance(line, LongLine):
        head = head_of(line.head)
        return head and head.seq
    events = events_in(line)
    return events[-1][0].seq if events else None
