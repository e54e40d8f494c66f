"""What one end of a move holds, in an order in which two ends can be compared: lines, values, what people added."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import NamedTuple

from sqlalchemy import select

from ...core.annotations import encode
from ...core.errors import Corrupt, NotFound, NotSupported
from ...core.events import CheckpointSaved, check, decode
from ...core.ids import is_ulid
from ...core.metrics import Pattern
from ...core.progress import heard
from ...core.workflows import Version
from ..journal.layout import JOURNAL_SUFFIX, TORN_SUFFIX, run_of
from ..journal.reader import torn_tail
from ..journal.states import Dropped
from ..replay.truth import Truth, unread_notes
from ..sql import tables
from ..sql.bodies import Excerpt, portions
from ..sql.metrics_repository import SqlMetrics
from .ends import End

_AT_ONCE = 5000
_CHECKPOINT = b'{"type":"checkpoint"'
_ELSEWHERE = {"size_bytes", "revision", "damaged", "source", "source_id", "status", "evidence", "archived"}
"""Columns of a run that say where it lies and who writes it, not what was recorded."""


class Digest(NamedTuple):
    """One run in a few numbers: equal ones are equal runs, byte for byte."""

    events: int
    lines: str
    values: int
    records: str
    """Of the state values as they are stored; empty where they are not kept as records."""


def digest_of(truth: Truth, run: str, upto: int) -> Digest:
    """Reads a run once. What is damaged is no part of it. Stopped between two events, or two values."""
    lines, count = hashlib.sha256(), 0
    for _, line in lines_of(truth, run, upto):
        lines.update(line + b"\n")
        count += 1
    records, values = 0, 0
    for digest, record in heard(truth.records(run)) if truth.records else ():
        # Added up, for their order says nothing.
        records += int.from_bytes(hashlib.sha256(digest.encode() + record).digest())
        values += 1
    return Digest(count, lines.hexdigest(), values, f"{records % (1 << 256):x}" if truth.records else "")


def lines_of(truth: Truth, run: str, upto: int) -> Iterator[tuple[int, bytes]]:
    """Number and bytes of each event that is sound, up to a number."""
    for found in portions(truth.bodies, run, Excerpt(before=upto + 1, limit=_AT_ONCE)):
        for seq, line in found:
            if _is_sound(line):
                yield seq, line


def _is_sound(line: bytes) -> bool:
    try:
        check(line)
    except Corrupt:
        return False
    return True


def values_of(truth: Truth, run: str, upto: int) -> Iterator[tuple[tuple[int, str], str]]:
    """Each value that the states of a run need, at the checkpoint that needs it first, and what is to be had of it."""
    seen: set[str] = set()
    for seq, line in lines_of(truth, run, upto):
        if line.startswith(_CHECKPOINT):
            new = _needed(line) - seen
            seen |= new
            found = _read(truth, run, new)
            yield from (((seq, digest), found[digest]) for digest in sorted(new))


def _needed(line: bytes) -> set[str]:
    try:
        event = decode(line)
    except (Corrupt, NotSupported):
        return set()
    assert isinstance(event, CheckpointSaved)
    return {*event.values.values(), *(blob.digest for blob in event.opaque.values())}


def _read(truth: Truth, run: str, digests: Collection[str]) -> dict[str, str]:
    try:
        truth.bodies.values(run, digests)
        return dict.fromkeys(digests, "whole")
    except (NotFound, Corrupt):
        return {digest: _read_one(truth, run, digest) for digest in digests}


def _read_one(truth: Truth, run: str, digest: str) -> str:
    try:
        truth.bodies.values(run, [digest])
    except Dropped:
        return "dropped"
    except NotFound:
        return "missing"
    except (Corrupt, NotSupported) as error:
        return f"damaged: {error.what}"
    return "whole"


def set_aside(end: End) -> Iterator[tuple[str, object]]:
    """Bytes beside the events of a data directory that are none: lines that were never finished, damaged journals."""
    if end.config is None:
        return
    layout = end.truth.layout
    if layout.spooled:
        for run, why in unread_notes(end.truth.database):
            yield f"an annotation of run {run} cannot be read: {why}", end.name
    pattern = "*" if layout.spooled else "*/*"
    for kind in (TORN_SUFFIX, ".damaged"):
        for path in sorted(layout.runs.glob(pattern + kind)):
            yield f"{path.stat().st_size} bytes were set aside", path
    for path in sorted(layout.runs.glob(pattern + JOURNAL_SUFFIX)):
        of = run_of(path.name)
        if of and is_ulid(of) and (tail := torn_tail(path)):
            yield f"the last line of run {of} was never finished ({len(tail[1])} bytes)", path


def annotations_of(truth: Truth) -> dict[str, list[bytes]]:
    """The annotations of each run, in their order."""
    found: dict[str, list[bytes]] = defaultdict(list)
    for annotation in heard(truth.annotations()):
        found[annotation.run].append(encode(annotation))
    return found


def versions_of(end: End) -> Iterator[tuple[tuple[str, int], Version]]:
    """Every version with its text, and every tombstone."""
    workflows = end.store.workflows
    for workflow in workflows.list_all(deleted=True):
        for version in heard(workflows.list(workflow.id, deleted=True)):
            whole = version if version.deleted else workflows.get(workflow.id, version.number)
            yield (workflow.id, version.number), whole


def patterns_of(end: End) -> Iterator[tuple[tuple[str, str], Pattern]]:
    """Every pattern, by workflow and name."""
    metrics = end.store.metrics
    found = metrics.all_patterns() if isinstance(metrics, SqlMetrics) else []
    yield from sorted(((pattern.workflow, pattern.name), pattern) for pattern in found)


def shown_of(truth: Truth, runs: Collection[str]) -> dict[str, dict[str, object]]:
    """What lists show of these runs (a few hundred at most): derived from the events, here as it stands."""
    rows, tags = tables.runs, tables.run_tags.c
    with truth.database.read() as connection:
        found = {
            row.id: {name: value for name, value in row._mapping.items() if name not in _ELSEWHERE}
            for row in connection.execute(select(rows).where(rows.c.id.in_(runs)))
        }
        for run, tag in connection.execute(select(tags.run, tags.tag).where(tags.run.in_(runs)).order_by(tags.tag)):
            found[run].setdefault("tags", [])
            found[run]["tags"] += [tag]
    return found
