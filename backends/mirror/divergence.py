"""Where a mirror says something else than its store. Reads the end of every journal, so only for who asks."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import msgspec

from ...core.annotations import encode
from ...core.errors import Corrupt, NotFound, StorageError
from ...core.ids import is_ulid
from ...core.progress import Progress, go_on, heard, told
from ...core.upkeep import Finding
from ..journal import annotations
from ..journal.layout import Layout, run_of
from ..journal.reader import Broken, read_lines_back
from ..replay.carrying import Carrier
from ..replay.truth import Truth
from ..sql.bodies import Excerpt
from ..workflows.workflow_files import FileWorkflows
from .feeder import FEEDING
from .first import First

CARRIES = "carries what is missing there"
_PATIENCE_S = 5.0


def divergence(first: First, root: Path, is_fed: Callable[[], bool]) -> Iterator[Finding]:
    """What differs. What was recorded just now has some seconds to come, while the mirror `is_fed`."""
    truth, layout = first.truth, Layout(root)
    newest = _newest_of_all(truth)
    lag = _Lag(first, layout, {run: seq for run, (seq, _) in newest.items()})
    anew = f"delete {layout.bookmark}: at the next opening all is compared anew, and what is missing is carried"
    for what in lag.wait(is_fed):
        found = _finding("mirror-behind", what, root, anew)
        yield msgspec.structs.replace(found, repair=CARRIES) if what == lag.of_runs() else found
    other = [run for run in heard(newest.keys() - set(lag.runs)) if not _is_same(layout, run, *newest[run])]
    if other:
        advice = f"compare them: `flightlog show RUN`, `flightlog --data {root} show RUN`"
        yield _finding("mirror-differs", _several("runs have other events in the mirror", other), root, advice)
    if only_there := _only_there(truth, layout):
        advice = "carry them back, or delete their files there"
        yield _finding("mirror-alone", _several("runs are in the mirror only", only_there), root, advice)


def alone(first: First, root: Path) -> set[str]:
    """The runs that the mirror has and its store has not."""
    first.truth.refresh()
    return _only_there(first.truth, Layout(root))


def carry_missing(first: First, root: Path) -> list[str]:
    """Carries what the mirror has not of each run; the runs that cannot be, and why. Stopped between two of them."""
    seqs = {run: seq for run, (seq, _) in _newest_of_all(first.truth).items()}
    left, progress = [], told() or Progress()
    with closing(Carrier(first.truth.bodies, Layout(root))) as carrier:
        behind = [run for run, seq in seqs.items() if carrier.written(run) < seq]
        for number, run in enumerate(heard(behind), 1):
            progress.call(f"{FEEDING}, {number:,} of {len(behind):,}")
            try:
                carrier.carry(run)
            except StorageError as error:
                left.append(f"{run}: {error}")
    return left


def _newest_of_all(truth: Truth) -> dict[str, tuple[int, bytes]]:
    truth.refresh()
    return {run: line for run in heard(truth.runs()) if (line := _newest(truth, run))}


def _only_there(truth: Truth, layout: Layout) -> set[str]:
    """Not what cannot be read in the store: the mirror's copy of that is what it may be brought back from."""
    return {run for run in heard(_runs_in(layout) - set(truth.runs())) if not _is_damaged(truth, run)}


def _is_damaged(truth: Truth, run: str) -> bool:
    try:
        truth.bodies.lines(run, Excerpt(newest=True, limit=1))
    except NotFound:
        return False
    except StorageError:
        return True
    return False


class _Lag:
    """What the store had at one moment, and the mirror has not."""

    def __init__(self, first: First, layout: Layout, seqs: Mapping[str, int]) -> None:
        self._seqs, self._layout = seqs, layout
        self._there = Carrier(first.truth.bodies, layout)
        self._notes = Counter(map(encode, first.truth.annotations()))
        workflows = first.store.workflows
        self._versions = {(flow.id, one.number) for flow in workflows.list_all() for one in workflows.list(flow.id)}
        self.runs: list[str] = list(seqs)
        """Those that are not wholly in the mirror."""

    def wait(self, is_fed: Callable[[], bool]) -> list[str]:
        """What is missing still when the mirror had its time; a sentence each."""
        until = time.monotonic() + _PATIENCE_S
        while (missing := self._look()) and is_fed() and time.monotonic() < until:
            go_on()
            time.sleep(0.05)
        return missing

    def of_runs(self) -> str:
        """That runs are missing, as a sentence."""
        return _several("runs are not wholly in the mirror", self.runs) if self.runs else ""

    def _look(self) -> list[str]:
        self.runs = [run for run in heard(self.runs) if self._there.written(run) < self._seqs[run]]
        notes = (self._notes - Counter(_notes_in(self._layout))).total()
        kept = FileWorkflows(self._layout.workflows)
        there = {(id, one.number) for id in {id for id, _ in self._versions} for one in kept.list(id)}
        versions = [f"{id} {number}" for id, number in self._versions - there]
        return [
            *([self.of_runs()] if self.runs else []),
            *([f"{notes} annotations are not in the mirror"] if notes else []),
            *([_several("versions are not in the mirror", versions)] if versions else []),
        ]


def _newest(truth: Truth, run: str) -> tuple[int, bytes] | None:
    try:
        return next(iter(truth.bodies.lines(run, Excerpt(newest=True, limit=1))), None)
    except (NotFound, Corrupt):
        return None  # what is damaged is named where archives are looked at, and the others are compared


def _is_same(layout: Layout, run: str, seq: int, line: bytes) -> bool:
    """Whether the mirror has this line; it may have later ones of a run that goes on."""
    start = b'"seq":%d,' % seq
    for _, known in read_lines_back(layout.journal(run)):
        if isinstance(known, bytes) and known == line:
            return True
        if isinstance(known, bytes) and start in known[:200]:
            return False
    return False


def _runs_in(layout: Layout) -> set[str]:
    names = (path.name for path in layout.runs.glob("*/*.jsonl"))
    return {run for name in names if (run := run_of(name)) and is_ulid(run)}


def _notes_in(layout: Layout) -> Iterator[bytes]:
    for line in annotations.read(layout.annotations):
        if line.annotation is not None and not isinstance(line.annotation, Broken):
            yield encode(line.annotation)


def _several(what: str, names: "list[str] | set[str]") -> str:
    return f"{len(names)} {what}, the first: {min(names)}"


def _finding(kind: str, what: str, root: Path, advice: str) -> Finding:
    return Finding(severity="warning", kind=kind, what=what, where=str(root), advice=advice)
