"""The record of operations as a file, `audit.jsonl`: append-only, and its lock is the lock of all operations."""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import msgspec

from ....core.clock import now, now_s, to_seconds
from ....core.errors import Conflict, Locked, NotFound, StorageError
from ....core.ids import is_ulid, time_of
from ....core.operations import Done, Kind, Operation, Order
from ....core.pages import Page, from_cursor, to_cursor
from ...journal import disk, lock
from ...journal.process import this_process
from ..record import Cut, Intent
from ..reserve import Reserve
from .audit_lines import HEADER, AnyLine, Begun, Ended, Intended, Segment, Told, encode, line_at, runs_of, segments_back

_SHOWN = 20  # runs of each operation in a list
_SKEW_S = 86400.0
"""By so much the clock may have gone back between an order and the operation's beginning."""


class FileRecord:
    """See `record.Record`. Thread-safe."""

    def __init__(self, path: Path, reserve: Reserve) -> None:
        self._path, self._reserve = path, reserve

    @contextmanager
    def hold(self) -> Iterator["HeldFile"]:
        """See the protocol."""
        try:
            new = not self._path.exists()
            fd = self._reserve.within(lambda: disk.open_shared(self._path))
            try:
                if not lock.take(fd):
                    raise self._locked()
                if new:
                    disk.sync_folder(self._path.parent)
                yield HeldFile(fd, self._path, self._reserve)
            finally:
                lock.close(fd)
        except OSError as error:
            raise disk.storage_error(error, self._path, "keeping the record of operations") from error

    def may_be_cut(self) -> bool:
        """See the protocol; reads the last lines."""
        with self._reading():
            last = next(self._segments(), None)
            return last is not None and last.ended is None

    def operation(self, id: str) -> Operation:
        """See the interface. Costs the operations since, and its own runs."""
        with self._reading():
            undone = False
            for segment in self._since(id):
                if segment.begun.id == id:
                    return self._operation(segment, undone, _told(self._path, segment).values())
                undone = undone or _undoes(segment, id)
            raise _no_operation(id)

    def operations(self, limit: int, after: str | None) -> Page[Operation]:
        """See the interface. A cursor carries what the operations behind it have to know of those before it."""
        with self._reading():
            at, seen, undone = None, set[str](), set[str]()
            if after:
                place = from_cursor(after, int, str, str)
                at, seen, undone = place[0], set(place[1].split()), set(place[2].split())
            found: list[Operation] = []
            for segment in self._segments(at):
                begun = segment.begun
                if begun.id in seen:
                    if not begun.before:
                        seen.discard(begun.id)
                    continue
                if len(found) == max(limit, 1):
                    return Page(items=found, next=to_cursor(at or 0, " ".join(sorted(seen)), " ".join(sorted(undone))))
                at = segment.at
                runs = (line for line in runs_of(self._path, segment) if isinstance(line, Told))
                found.append(
                    self._operation(segment, begun.id in undone, (line.done() for line in islice(runs, _SHOWN)))
                )
                undone.discard(begun.id)
                if begun.before:
                    seen.add(begun.id)
                if begun.of and _undoes(segment, begun.of):
                    undone.add(begun.of)
            return Page(items=found)

    def applied_policy(self) -> str:
        """See the interface. Reads the last lines."""
        with self._reading():
            return next((segment.ended.policy for segment in self._segments() if segment.ended), "")

    def note_policy(self, order: Order, digest: str) -> None:
        """See the interface."""
        with self.hold() as held:
            if held.cut():
                raise Conflict("something that was cut off is not settled yet", where=self._path, advice="try again")
            held.begin(order, "policy")
            held.policy = digest
            held.end(order.id)

    def _since(self, id: str) -> Iterator[Segment]:
        """The segments that can be of an operation, newest first, and those after it."""
        if not is_ulid(id):
            raise _no_operation(id)
        made = _made(id)
        for segment in self._segments():
            if to_seconds(segment.begun.t) < made:
                return
            yield segment

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise disk.storage_error(error, self._path, "reading the record of operations") from error

    def _segments(self, before: int | None = None) -> Iterator[Segment]:
        try:
            yield from segments_back(self._path, before)
        except FileNotFoundError:
            return

    def _operation(self, segment: Segment, undone: bool, runs: Iterable[Done]) -> Operation:
        first = _first(self._path, segment)
        # Of one that was cut off, or goes on, the numbers are in no line yet.
        ended = segment.ended or _ended(segment, _told(self._path, segment).values())
        return Operation(
            id=first.id,
            kind=first.kind,
            at=first.t,
            by=first.by,
            why=first.why,
            of=first.of,
            runs=tuple(runs),
            done=ended.done,
            skipped=ended.skipped,
            failed=ended.failed,
            before_bytes=ended.before_bytes,
            after_bytes=ended.after_bytes,
            undone=undone,
            unfinished=not ended.whole,
        )

    def _locked(self) -> Locked:
        last = next(self._segments(), None)
        who = "somebody works on this store"
        if last is not None and last.ended is None:
            begun = last.begun
            since = f"{begun.t[:19].replace('T', ' ')} UTC"
            who = f"process {begun.pid} on {begun.host} works on this store ({begun.kind}, since {since})"
        return Locked(who, where=self._path, advice="try again when that is done")


class HeldFile:
    """See `record.Held`: the file while its lock is held. What the system refuses, `hold` makes an error of ours."""

    def __init__(self, fd: int, path: Path, reserve: Reserve) -> None:
        self._fd, self._path, self._reserve = fd, path, reserve
        self.policy = next((segment.ended.policy for segment in segments_back(path) if segment.ended), "")
        """The retention policy that was applied by hand last."""
        self._segment: Segment | None = None
        self._runs: dict[str, Done] = {}

    def cut(self) -> list[Cut]:
        """See the protocol: only the last segment can lack its end."""
        last = next(segments_back(self._path), None)
        if last is None or last.ended is not None:
            return []
        self._go_on(last)
        open_: dict[tuple[str, str], Intent] = {}
        done: list[str] = []
        for line in runs_of(self._path, last):
            if isinstance(line, Intended):
                open_[line.run, line.of] = line.intent()
            else:
                open_.pop((line.run, line.of), None)
                if line.outcome == "done":
                    done.append(line.run)
        return [Cut(last.begun.id, last.begun.kind, tuple(open_.values()), tuple(done))]

    def begin(self, order: Order, kind: Kind, of: str = "") -> Mapping[str, Done]:
        """See the protocol."""
        if not is_ulid(order.id):
            raise StorageError(f"{order.id[:60]!r} is no id of an operation", advice="leave it out to get one")
        self._reserve.fill()
        before = self._before(order.id)
        if before and (before.begun.kind, before.begun.of) != (kind, of):
            raise Conflict(f"operation {order.id} is another one, of the kind {before.begun.kind}", where=self._path)
        self._runs = dict(_told(self._path, before)) if before else {}
        known = dict(self._runs)
        here = this_process()
        begun = Begun(
            id=order.id,
            t=now(),
            kind=kind,
            by=order.by,
            why=order.why,
            of=of,
            pid=here.pid,
            host=here.host,
            before=before.at if before else 0,
        )
        self._segment = Segment(self._append(begun), begun, None)
        return known

    def intend(self, intent: Intent) -> None:
        """See the protocol."""
        facts = msgspec.structs.asdict(intent)
        self._append(Intended(id=facts.pop("operation"), t=now(), **facts))

    def tell(self, intent: Intent, done: Done) -> None:
        """See the protocol."""
        facts = {name: getattr(intent, name) for name in ("act", "of", "by", "rule", "workflow")}
        became = msgspec.structs.asdict(done)
        del became["copy_of"]  # which is what it was done of
        self._append(Told(id=intent.operation, t=now(), **became | facts), sync=False)
        self._runs[done.run] = done

    def end(self, operation: str, *, whole: bool = True) -> None:
        """See the protocol."""
        assert self._segment is not None
        assert self._segment.begun.id == operation
        ended = _ended(self._segment, self._runs.values())
        self._append(msgspec.structs.replace(ended, t=now(), whole=whole, policy=self.policy))
        self._segment = None

    def _go_on(self, segment: Segment) -> None:
        self._segment, self._runs = segment, dict(_told(self._path, segment))

    def _before(self, id: str) -> Segment | None:
        made = _made(id)
        for segment in segments_back(self._path):
            if segment.begun.id == id:
                return segment
            if to_seconds(segment.begun.t) < made:
                return None
        return None

    def _append(self, line: AnyLine, *, sync: bool = True) -> int:
        """Where the line begins."""
        at = 0

        def write() -> None:
            nonlocal at
            at = os.fstat(self._fd).st_size
            start = HEADER if at == 0 else b"" if os.pread(self._fd, 1, at - 1) == b"\n" else b"\n"
            disk.append_line(self._fd, start + encode(line), self._path)
            at += len(start)

        self._reserve.within(write)
        if sync:
            disk.sync(self._fd)
        return at


def _made(id: str) -> float:
    """When an order was made at the latest, in Unix seconds."""
    return min(time_of(id), now_s()) - _SKEW_S


def _told(path: Path, segment: Segment) -> dict[str, Done]:
    """What became of the runs of an operation up to the end of a segment."""
    found = _told(path, before) if (before := _previous(path, segment)) else {}
    for line in runs_of(path, segment):
        if isinstance(line, Told):
            found[line.run] = line.done()
    return found


def _first(path: Path, segment: Segment) -> Begun:
    while before := _previous(path, segment):
        segment = before
    return segment.begun


def _previous(path: Path, segment: Segment) -> Segment | None:
    """The segment of the same operation before this one."""
    if not segment.begun.before:
        return None
    line = line_at(path, segment.begun.before)
    is_its = isinstance(line, Begun) and line.id == segment.begun.id
    return Segment(segment.begun.before, line, None) if isinstance(line, Begun) and is_its else None


def _ended(segment: Segment, runs: Collection[Done]) -> Ended:
    """The numbers of an operation."""
    outcomes = [one.outcome for one in runs]
    return Ended(
        id=segment.begun.id,
        t="",
        since=segment.at,
        whole=False,
        done=outcomes.count("done"),
        skipped=outcomes.count("skipped"),
        failed=outcomes.count("failed"),
        before_bytes=sum(one.before_bytes for one in runs),
        after_bytes=sum(one.after_bytes for one in runs),
    )


def _undoes(segment: Segment, id: str) -> bool:
    ended = segment.ended
    return segment.begun.kind == "undo" and segment.begun.of == id and bool(ended and ended.whole and not ended.failed)


def _no_operation(id: str) -> NotFound:
    return NotFound(f"there is no operation {id[:60]!r}", advice="`flightlog audit` lists them")
