"""What the states tab reads of a run. Called in a thread."""

from collections.abc import Iterable
from typing import NamedTuple

from ...core.checkpoints import Checkpoint, StateDiff
from ...core.errors import Corrupt, NotFound
from ...core.events import Json
from ...core.repositories import CheckpointRepository
from ...core.runs import Run
from ...core.store import Store
from .marks import Mark
from .shown import AT_ONCE, Shown

AT_ONCE_KEYS = 60
"""Short values that are read with a state, before it is drawn; others when they come into sight."""


class Graph(NamedTuple):
    """The checkpoints of a run, and what is told beside them."""

    checkpoints: list[Checkpoint]
    """In the order they were taken."""
    branches: list[Run]
    """Runs that started at one of them."""
    names: dict[str, str]
    """Of steps, by id."""


def grown(graph: Graph, store: Store, run: Run) -> Graph:
    """The graph with what came since: of a run of our own, whose events stay as they are, only that is read."""
    known = [] if run.source else graph.checkpoints
    new = store.checkpoints.list(run.id, after=known[-1].seq if known else 0)
    branches = [child for child in store.runs.children(run.id) if child.from_checkpoint]
    names = _names(graph.names, store, run.id, {one.step for one in new if one.step})
    return Graph([*known, *new] if new else known, branches, names)


def _names(names: dict[str, str], store: Store, run: str, wanted: set[str]) -> dict[str, str]:
    """The names with those that are wanted, if there are such steps."""
    if names and not wanted <= names.keys():
        # Those that began since; one that was declared before is not among them.
        names = names | {step.id: step.name for step in store.runs.steps(run, after=next(reversed(names)))}
    return names if wanted <= names.keys() else {step.id: step.name for step in store.runs.steps(run)}


def look(repository: CheckpointRepository, one: Checkpoint | None) -> Shown | None:
    """A state's keys and what became of them; values are read only where nothing else can tell."""
    if one is None:
        return None
    keys = tuple(repository.keys(one.id))
    before = tuple(repository.keys(one.parent)) if one.parent else ()
    if one.changed is not None:
        changed = frozenset(one.changed)
    elif one.parent:
        changed = frozenset(change.key for change in repository.diff(one.parent, one.id).changes)
    else:
        changed = frozenset(key.key for key in keys)
    return Shown(one, keys, before, changed)


def short_values(shown: Shown) -> list[tuple[str, str]]:
    """Checkpoint and key of values that are shown without being unfolded, those that changed before others."""
    here, parent = shown.checkpoint.id, shown.checkpoint.parent
    places = [(here, key.key) for key in shown.keys if key.size_bytes <= AT_ONCE and key.opaque is None]
    if parent:
        places += [
            (parent, key.key)
            for key in shown.before
            if key.key in shown.changed and key.size_bytes <= AT_ONCE and key.opaque is None
        ]
    return sorted(places, key=lambda place: place[1] not in shown.changed)[:AT_ONCE_KEYS]


def values_or_why(repository: CheckpointRepository, places: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Json]:
    """Values by checkpoint and key, or why one is not there: one that was dropped, or is damaged, hides no other."""
    keys: dict[str, list[str]] = {}
    for checkpoint, key in dict.fromkeys(places):
        keys.setdefault(checkpoint, []).append(key)
    found: dict[tuple[str, str], Json] = {}
    for checkpoint, wanted in keys.items():
        try:
            values = repository.values(checkpoint, wanted)
        except (Corrupt, NotFound):
            values = {key: _value_or_why(repository, checkpoint, key) for key in wanted}
        found |= {(checkpoint, key): value for key, value in values.items()}
    return found


def _value_or_why(repository: CheckpointRepository, checkpoint: str, key: str) -> Json:
    try:
        return repository.value(checkpoint, key)
    except (Corrupt, NotFound) as error:
        return f"… {error.what}"


def compared(repository: CheckpointRepository, a: Mark, b: Mark) -> StateDiff | None:
    """What differs between two states; None where one of them is gone meanwhile."""
    try:
        return repository.diff(a.checkpoint, b.checkpoint)
    except NotFound:
        return None
