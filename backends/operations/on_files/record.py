"""The record of operations as a file, `audit.jsonl`: append-only, and its lock is the lock of all operations."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import msgspec

from ....core.clock import now
from ....core.errors import Conflict, Locked
from ....core.ids import time_of
from ....core.operations import TAKEN_BACK, Done, Kind, Operation, Order, by_a_policy
from ....core.pages import Page, from_cursor, to_cursor
from ...journal import disk, lock
from ...journal.process import this_process
from ..record import Cut, Elsewhere, Intent, locked, must_fit, no_operation
from ..reserve import Reserve
from .audit_lines import HEADER, AnyLine, Begun, Intended, Told, encode
from .audit_segments import Segment, beginning, runs_of, segments_back, since, sums, told, undoes

_SHOWN = 20  # runs of each operation in a list


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
            last = next(segments_back(self._path), None)
            return last is not None and last.ended is None

    def operation(self, id: str) -> Operation:
        """See the interface. Costs the operations since, and its own runs."""
        with self._reading():
            undone = False
            for segment in since(self._path, id):
                if segment.begun.id == id:
                    return self._operation(segment, undone, told(self._path, segment).values())
                undone = undone or undoes(segment, id)
            raise no_operation(id)

    def operations(self, limit: int, after: str | None) -> Page[Operation]:
        """See the interface. A cursor carries what the operations behind it have to know of those before it."""
        with self._reading():
            at, seen, undone = None, set[str](), set[str]()
            if after:
                place = from_cursor(after, int, str, str)
                at, seen, undone = place[0], set(place[1].split()), set(place[2].split())
            found: list[Operation] = []
            for segment in segments_back(self._path, at):
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
                if begun.of and undoes(segment, begun.of):
                    undone.add(begun.of)
            return Page(items=found)

    def history(self) -> Iterator[Operation]:
        """See the protocol."""
        with self._reading():
            newest, undone = dict[str, Segment](), set[str]()
            for segment in segments_back(self._path):
                newest.setdefault(segment.begun.id, segment)
                if segment.begun.of and undoes(segment, segment.begun.of):
                    undone.add(segment.begun.of)
            for id, segment in reversed(newest.items()):
                yield self._operation(segment, id in undone, told(self._path, segment).values())

    def applied_policy(self) -> str:
        """See the interface. Reads the last lines."""
        with self._reading():
            return next((segment.ended.policy for segment in segments_back(self._path) if segment.ended), "")

    def note_policy(self, order: Order, digest: str) -> None:
        """See the interface."""
        with self.hold() as held:
            if held.cut():
                raise Conflict("something that was cut off is not settled yet", where=self._path, advice="try again")
            held.begin(order, "policy")
            held.policy = digest
            held.end(order.id)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise disk.storage_error(error, self._path, "reading the record of operations") from error

    def _operation(self, segment: Segment, undone: bool, runs: Iterable[Done]) -> Operation:
        first = beginning(self._path, segment)
        # Of one that was cut off, or goes on, the numbers are in no line yet.
        ended = segment.ended or sums(segment, told(self._path, segment).values())
        return Operation(
            id=first.id,
            kind=first.kind,
            at=first.at or first.t,
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
            elsewhere=first.elsewhere,
        )

    def _locked(self) -> Locked:
        last = next(segments_back(self._path), None)
        return locked(last.begun if last is not None and last.ended is None else None, self._path)


class HeldFile:
    """See `record.Held`: the file while its lock is held. What the system refuses, `hold` makes an error of ours."""

    def __init__(self, fd: int, path: Path, reserve: Reserve) -> None:
        self._fd, self._path, self._reserve = fd, path, reserve
        self.policy = next((segment.ended.policy for segment in segments_back(path) if segment.ended), "")
        """See `UpkeepRepository.applied_policy`."""
        self._last = next(segments_back(path), None)
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
                if line.outcome == "done" and not last.begun.elsewhere:
                    done.append(line.run)
        return [Cut(last.begun.id, last.begun.kind, tuple(open_.values()), tuple(done))]

    def begin(self, order: Order, kind: Kind, of: str = "", done: Elsewhere | None = None) -> Mapping[str, Done]:
        """See the protocol."""
        before = None if done and done.is_new else self._before(order.id)
        must_fit(order, kind, of, before.begun if before else None, self._path)
        self._reserve.fill()
        self._runs = dict(told(self._path, before)) if before else {}
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
        if done:
            begun = self._carried(msgspec.structs.replace(begun, at=done.at, elsewhere=done.where))
        self._segment = self._last = Segment(self._append(begun), begun, None)
        return known

    def _carried(self, begun: Begun) -> Begun:
        """The same, with what lets those be passed over that are carried together."""
        made, last = time_of(begun.id), self._last
        if last is None or not last.begun.newest_s:
            return msgspec.structs.replace(begun, newest_s=made)
        newest, first = max(made, last.begun.newest_s), last.begun.carried_since or last.at
        return msgspec.structs.replace(begun, newest_s=newest, carried_since=first)

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
        self._runs.pop(done.run, None)  # what was done last is taken back first
        self._runs[done.run] = done

    def end(self, operation: str, *, whole: bool = True) -> None:
        """See the protocol."""
        assert self._segment is not None
        assert self._segment.begun.id == operation
        ended = sums(self._segment, self._runs.values())
        if self._takes_back_a_policy(self._segment.begun):
            self.policy = TAKEN_BACK
        self._append(msgspec.structs.replace(ended, t=now(), whole=whole, policy=self.policy))
        self._segment = None

    def _takes_back_a_policy(self, begun: Begun) -> bool:
        """Asked at the end, which is told also of what was cut off."""
        before = self._before(begun.of) if begun.kind == "undo" else None
        return before is not None and by_a_policy(told(self._path, before).values())

    def _go_on(self, segment: Segment) -> None:
        self._segment, self._runs = segment, dict(told(self._path, segment))

    def _before(self, id: str) -> Segment | None:
        return next((segment for segment in since(self._path, id) if segment.begun.id == id), None)

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
