"""Carries what one store holds into another: events by `(run, seq)`, the values they need, annotations and versions.

What is there already is passed over, so that a replay that was cut off is simply done again, and
a second one carries only what is new. The source is only read. Migration, backup and repair are this.
"""

from collections import Counter
from contextlib import closing
from typing import NamedTuple

from ..core.annotations import encode
from ..core.errors import NotFound
from ..core.repositories import WorkflowRepository
from ..core.store import Store
from .carrying import Carrier
from .open import truth_of
from .truth import Truth


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
    with closing(Carrier(one.bodies, other.layout)) as carrier:
        for run in one.runs():
            if _last_seq(other, run) < one.last_seq(run):
                events += carrier.carry(run)
                runs += 1
    other.refresh()
    return Carried(runs, events, _carry_annotations(one, other), versions, carrier.missing)


def _last_seq(truth: Truth, run: str) -> int:
    try:
        return truth.last_seq(run)
    except NotFound:
        return 0


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
