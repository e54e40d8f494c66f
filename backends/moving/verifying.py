"""Whether two stores hold the same: every run by a digest of its bytes, and where one differs, what of it."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

import msgspec

from ...core.errors import Corrupt, NotFound, StorageError
from ...core.moving import Counts, Side, apart, several
from ...core.pages import each
from ...core.progress import LOOKING, Progress, heard
from ...core.upkeep import Finding
from ...core.workflows import Version
from ..replay.truth import Head
from .contents import (
    annotations_of,
    digest_of,
    lines_of,
    patterns_of,
    set_aside,
    shown_of,
    values_of,
    versions_of,
)
from .ends import End, is_one_place

DAMAGED = "damaged"
"""The kind of a finding that tells what an end cannot read itself."""
LEFT = "left"
"""And of one that tells what is not carried. All others are differences."""

_ROWS = 200


class Comparison:
    """Compares two ends, one look at a time. Reads everything on both sides; changes nothing."""

    def __init__(self, one: End, other: End, progress: Progress) -> None:
        self._one, self._other, self._progress = one, other, progress
        self._annotated: set[str] = set()  # runs that are shown in another way because of what people added
        self.counts = Counts()
        """What was compared so far, as the first end has it."""

    def all(self) -> Iterator[Finding]:
        """Every difference between the two, in both directions, and what either cannot read. StorageError."""
        ours, theirs = self._heads()
        yield from self._annotations(both=True)
        for run in theirs.keys() - ours.keys():
            yield self._of_run(run, f"run {run} is only in {self._other.name}")
        yield from self._runs(ours, theirs, {run: max(head.seq, _seq(theirs, run)) for run, head in ours.items()})
        yield from self._kept_by_hand(both=True)
        yield from self.damage(self._one)
        yield from self.damage(self._other)

    def copy(self, upto: Mapping[str, int] | None = None) -> Iterator[Finding]:
        """What of the first end the second has not, or has otherwise; it may hold more. StorageError.

        `upto` names the runs to be looked at, each up to the number of an event; None means all, whole.
        """
        ours, theirs = self._heads()
        yield from self._annotations(both=False)
        known = {run: ours[run] for run in upto if run in ours} if upto is not None else ours
        yield from self._runs(known, theirs, upto or {run: head.seq for run, head in known.items()})
        yield from self._kept_by_hand(both=False)

    def damage(self, end: End) -> Iterator[Finding]:
        """What an end cannot read, or has set aside: lines, values, annotations, versions."""
        for what, path in set_aside(end):
            yield Finding(severity="warning", kind=DAMAGED, what=what, where=str(path))
        runs = end.store.runs
        for damage in each(lambda after: runs.damage(after=after)):
            yield Finding(severity="warning", kind=DAMAGED, what=damage.what, where=damage.where, run=damage.run)
        for (workflow, number), version in versions_of(end):
            if version.damaged:
                what = f"version {number} of {workflow} is damaged: {version.damaged}"
                yield Finding(severity="warning", kind=DAMAGED, what=what, where=end.name)

    # --- runs

    def _heads(self) -> tuple[dict[str, Head], dict[str, Head]]:
        self._progress.begin(0, LOOKING)
        for end in (self._one, self._other):
            end.truth.refresh()
        return self._one.truth.heads(), self._other.truth.heads()

    def _runs(self, ours: Mapping[str, Head], theirs: Mapping[str, Head], upto: Mapping[str, int]) -> Iterator[Finding]:
        self._progress.begin(sum(head.size or 1 for head in ours.values()), "comparing")
        done = 0
        runs = list(ours.items())
        for begin in range(0, len(runs), _ROWS):
            same = []
            for run, head in heard(runs[begin : begin + _ROWS]):
                self.counts.runs += 1
                if run not in theirs:
                    yield self._of_run(run, f"run {run} is not in {self._other.name}")
                    continue
                found = list(self._run(run, upto[run]))
                yield from found
                # What is damaged now may be shown as it was when it was taken in.
                if not found and head.seq == theirs[run].seq and run not in self._annotated:
                    same.append(run)
                done += head.size or 1
                self._progress.reach(done)
            yield from self._shown(same)
        self._progress.end()

    def _run(self, run: str, upto: int) -> Iterator[Finding]:
        try:
            a = digest_of(self._one.truth, run, upto)
        except (Corrupt, NotFound) as error:
            yield self._of_run(run, f"run {run} cannot be read in {self._one.name}: {error}", kind=DAMAGED)
            return
        try:
            b = digest_of(self._other.truth, run, upto)
        except (Corrupt, NotFound) as error:
            yield self._of_run(run, f"run {run} cannot be read in {self._other.name}: {error}")
            return
        if a.events < upto:
            numbers = {seq for seq, _ in lines_of(self._one.truth, run, upto)}
            lost = [seq for seq in range(1, upto + 1) if seq not in numbers]
            what = f"{several('event', lost)} of run {run} cannot be read in {self._one.name}"
            yield self._of_run(run, what, kind=DAMAGED)
        self.counts.events += a.events
        self.counts.values += a.values
        if a[:2] != b[:2]:
            yield from self._events(run, upto)
        if a[2:] != b[2:]:
            yield from self._values(run, upto)

    def _events(self, run: str, upto: int) -> Iterator[Finding]:
        lines = (lines_of(end.truth, run, upto) for end in (self._one, self._other))
        found: dict[Side, list[int]] = defaultdict(list)
        for seq, side in apart(*lines):
            found[side].append(seq)
        for side, seqs in found.items():
            yield self._of_run(run, f"{several('event', seqs)} of run {run} {self._is(side)}")

    def _values(self, run: str, upto: int) -> Iterator[Finding]:
        """Values may be stored in other words, each told by another one: what counts is what can be read."""
        ours, theirs = (dict(values_of(end.truth, run, upto)) for end in (self._one, self._other))
        for (seq, digest), a in ours.items():
            b = theirs.get((seq, digest), a)  # where the event differs, that was said
            if a != b:
                said = f"{a} in {self._one.name}, {b} in {self._other.name}"
                kind = "run" if {a, b} & {"whole", "dropped"} else DAMAGED  # what neither can read is no difference
                what = f"a state value of event {seq} of run {run} is {said}"
                yield self._of_run(run, what, kind=kind, digest=digest)

    def _shown(self, runs: Collection[str]) -> Iterator[Finding]:
        if self._one.config is None or self._other.config is None:
            return  # of a source less is kept than of a run that was recorded
        a, b = (shown_of(end.truth, runs) for end in (self._one, self._other))
        for run in runs:
            if names := [name for name in a[run].keys() | b[run].keys() if a[run].get(name) != b[run].get(name)]:
                what = f"the same events of run {run} are shown with another {', '.join(sorted(names))}"
                yield self._of_run(run, what, kind="shown")

    # --- what is beside them

    def _kept_by_hand(self, *, both: bool) -> Iterator[Finding]:
        if not is_one_place(self._one.config, self._other.config, "workflows"):
            yield from self._versions(both)
        if not is_one_place(self._one.config, self._other.config, "metrics"):
            yield from self._patterns(both)

    def _annotations(self, *, both: bool) -> Iterator[Finding]:
        ours, theirs = (annotations_of(end.truth) for end in (self._one, self._other))
        self.counts.annotations += sum(map(len, ours.values()))
        for run in sorted(ours.keys() | theirs.keys()):
            a, b = ours.get(run, []), theirs.get(run, [])
            if a == b:
                continue
            self._annotated.add(run)
            fewer, more = (Counter(a) - Counter(b)).total(), (Counter(b) - Counter(a)).total()
            if fewer:
                yield self._of_run(run, f"{_number(fewer, 'annotation')} of run {run} {self._is('first')}")
            if more and both:
                yield self._of_run(run, f"{_number(more, 'annotation')} of run {run} {self._is('second')}")
            if not fewer and not more:
                yield self._of_run(run, f"the annotations of run {run} stand in another order")

    def _versions(self, both: bool) -> Iterator[Finding]:
        ours, theirs = (dict(versions_of(end)) for end in (self._one, self._other))
        self.counts.versions += len(ours)
        for (workflow, number), side in apart(sorted(_told(ours).items()), sorted(_told(theirs).items())):
            if side != "second" or both:
                yield self._apart("version", f"version {number} of workflow {workflow} {self._is(side)}")

    def _patterns(self, both: bool) -> Iterator[Finding]:
        try:
            ours, theirs = (dict(patterns_of(end)) for end in (self._one, self._other))
        except Corrupt as error:
            yield self._apart("pattern", str(error))
            return
        self.counts.patterns += len(ours)
        for (workflow, name), side in apart(ours.items(), theirs.items()):
            if side != "second" or both:
                yield self._apart("pattern", f"pattern {name!r} of workflow {workflow} {self._is(side)}")

    # --- how it is told

    def _is(self, side: Side) -> str:
        if side == "both":
            return f"differs between {self._one.name} and {self._other.name}"
        return f"is only in {(self._one if side == 'first' else self._other).name}"

    def _of_run(self, run: str, what: str, *, kind: str = "run", digest: str = "") -> Finding:
        return Finding(severity="error", kind=kind, what=what, where=digest or self._other.name, run=run)

    def _apart(self, kind: str, what: str) -> Finding:
        return Finding(severity="error", kind=kind, what=what, where=self._other.name)


def is_apart(found: Iterable[Finding]) -> bool:
    """Whether something differs that can be read."""
    return any(finding.kind not in (DAMAGED, LEFT) for finding in found)


def _told(versions: Mapping[tuple[str, int], Version]) -> dict[tuple[str, int], Version]:
    """Versions without what says how they were read."""
    return {at: msgspec.structs.replace(version, damaged="") for at, version in versions.items()}


def _seq(heads: Mapping[str, Head], run: str) -> int:
    return heads[run].seq if run in heads else 0


def _number(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def verify(one: End, other: End, progress: Progress) -> Iterator[Finding | Counts]:
    """Every difference between two ends, and last how much was compared. StorageError."""
    if is_one_place(one.config, other.config, "logs"):
        raise StorageError("both are the same store", where=one.name, advice="name another one to compare it with")
    comparison = Comparison(one, other, progress)
    yield from comparison.all()
    yield comparison.counts
