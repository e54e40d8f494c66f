"""Carries what one store holds into another: events by `(run, seq)`, the values they need, annotations and versions.

What is there already is passed over, so that a replay that was cut off is simply done again, and
a second one carries only what is new. The source is only read. Migration, backup and repair are this.
"""

import os
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from ..core.annotations import encode
from ..core.errors import Conflict, Corrupt, NotFound
from ..core.events import CheckpointSaved, decode
from ..core.repositories import WorkflowRepository
from ..core.store import Store
from .journal import disk, lock
from .journal.reader import read_lines_back
from .journal.recording import last_values
from .journal.states import Dropped
from .journal.states_writer import StatesWriter, set_aside_tail
from .open import truth_of
from .truth import Truth

_AT_ONCE = 1000


class Carried(NamedTuple):
    """What a replay added to its target, and what it could not carry."""

    runs: int
    events: int
    annotations: int
    versions: int
    missing: list[str]
    """State values that the source itself cannot read: `run: why`."""


def replay(source: Store, target: Store) -> Carried:
    """Carries everything of one store into another. Conflict if a run is being written in the target."""
    one, other = truth_of(source), truth_of(target)
    one.refresh()
    other.refresh()
    versions = _carry_versions(source.workflows, target.workflows)
    runs, events = 0, 0
    missing: list[str] = []
    for run in one.runs():
        last = one.last_seq(run)
        if _last_seq(other, run) < last:
            events += _Carrier(one, other, run, missing).carry()
            runs += 1
    other.refresh()
    return Carried(runs, events, _carry_annotations(one, other), versions, missing)


def _last_seq(truth: Truth, run: str) -> int:
    try:
        return truth.last_seq(run)
    except NotFound:
        return 0


class _Carrier:
    """Carries one run, under its lock in the target."""

    def __init__(self, source: Truth, target: Truth, run: str, missing: list[str]) -> None:
        self._source, self._run, self._missing = source, run, missing
        self._path, self._states = target.layout.journal(run), target.layout.states(run)
        self._torn = target.layout.torn(run)

    def carry(self) -> int:
        """Returns how many events were written."""
        try:
            fd = disk.open_shared(self._path)
            try:
                if not lock.take(fd):
                    raise Conflict(f"run {self._run} is being written", where=self._path, advice="wait for its end")
                set_aside_tail(fd, self._path, self._torn)
                return self._append(fd)
            finally:
                os.close(fd)
        except OSError as error:
            raise disk.storage_error(error, self._path, "carrying a run") from error

    def _append(self, fd: int) -> int:
        written, after = 0, self._written()
        values = StatesWriter(self._run, self._states, self._torn, last=lambda: last_values(self._path))
        try:
            while lines := self._source.bodies.lines(self._run, after=after, limit=_AT_ONCE):
                # Their values first, so that no event is ever without them.
                self._carry_values(values, [line for _, line in lines if line.startswith(b'{"type":"checkpoint"')])
                disk.append_line(fd, b"".join(line + b"\n" for _, line in lines), self._path)
                written, after = written + len(lines), lines[-1][0]
        finally:
            values.close()
        disk.sync(fd)
        return written

    def _written(self) -> int:
        """Number of the last event in the target's journal, which goes on where it ends."""
        for _, line in read_lines_back(self._path):
            try:
                return decode(bytes(line)).seq if isinstance(line, bytes) else 0
            except Corrupt:
                continue
        return 0

    def _carry_values(self, values: StatesWriter, checkpoints: Sequence[bytes]) -> None:
        for line in checkpoints:
            event = decode(line)
            assert isinstance(event, CheckpointSaved)
            for key, digest in event.values.items():
                self._carry_value(values, digest, key=key)
            for blob in event.opaque.values():
                self._carry_value(values, blob.digest, opaque=True)
        values.sync()

    def _carry_value(self, values: StatesWriter, digest: str, *, key: str = "", opaque: bool = False) -> None:
        if values.has(digest):
            return
        try:
            values.put(self._source.bodies.values(self._run, [digest])[digest], key=key, opaque=opaque)
        except Dropped:
            values.put_dropped(digest)
        except (NotFound, Corrupt) as error:
            self._missing.append(f"{self._run}: {error}")


def _carry_annotations(source: Truth, target: Truth) -> int:
    there = Counter(encode(annotation) for annotation in target.annotations())
    carried = 0
    for annotation in source.annotations():
        line = encode(annotation)
        if there[line]:
            there[line] -= 1
        else:
            target.annotate(annotation)
            carried += 1
    return carried


def _carry_versions(source: WorkflowRepository, target: WorkflowRepository) -> int:
    """Versions and tombstones keep their numbers, parents, authors, notes and times."""
    carried = 0
    for workflow in source.list_all():
        there = {version.number: version.digest for version in target.list(workflow.id, deleted=True)}
        for version in source.list(workflow.id, deleted=True):
            if there.get(version.number) != version.digest:
                whole = version if version.deleted else source.get(workflow.id, version.number)
                carried += target.carry(whole)
    return carried
