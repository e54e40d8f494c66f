"""`CheckpointRepository` of a source: the graph from the index, states from the original when somebody looks."""

import builtins
import threading
from collections import OrderedDict
from collections.abc import Collection
from itertools import pairwise
from typing import Literal

from msgspec.structs import replace

from ....core.checkpoints import Blame, Checkpoint, KeyChange, StateDiff, StateKey, StoredState
from ....core.errors import NotFound
from ....core.events import Json
from ....core.lineage import path
from ....core.pages import ALL
from ....core.progress import counted
from ....core.repositories import CheckpointRepository
from ...sql.checkpoint_repository import SqlCheckpoints
from . import values
from .bodies import LangGraphBodies
from .index import LangGraphIndex

_KEPT = 4  # decoded states: a look at one asks for its keys, its values and its parent


class LangGraphCheckpoints(CheckpointRepository):
    """Checkpoints of a source. Which keys a state has is known only when it was read."""

    def __init__(self, index: LangGraphIndex, bodies: LangGraphBodies) -> None:
        self._graph = SqlCheckpoints(index.database, bodies, index.refresh)
        self._bodies = bodies
        self._states: OrderedDict[str, dict[str, Json]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, checkpoint: str) -> Checkpoint:
        return _unread(self._graph.get(checkpoint))

    def keys(self, checkpoint: str) -> builtins.list[StateKey]:
        encoded = {key: values.encode(value) for key, value in self.state(checkpoint).items()}
        return [
            StateKey(key=key, size_bytes=len(value), digest=values.digest(value))
            for key, value in sorted(encoded.items())
        ]

    def state(self, checkpoint: str) -> dict[str, Json]:
        found = self.get(checkpoint)
        with self._lock:
            state = self._states.pop(checkpoint, None)
        if state is None:
            state = self._bodies.state(found.run, self._bodies.checkpoint(found.run, found.seq))
        with self._lock:
            self._states[checkpoint] = state
            while len(self._states) > _KEPT:
                self._states.popitem(last=False)
        return dict(state)

    def stored(self, checkpoint: str) -> StoredState:
        encoded = {key: values.encode(value) for key, value in self.state(checkpoint).items()}
        return StoredState(run=self.get(checkpoint).run, values=encoded)

    def value(self, checkpoint: str, key: str) -> Json:
        return self.values(checkpoint, [key])[key]

    def values(self, checkpoint: str, keys: Collection[str]) -> dict[str, Json]:
        state = self.state(checkpoint)
        if missing := next((key for key in keys if key not in state), None):
            raise NotFound(f"the state has no key {missing[:60]!r}", where=checkpoint)
        return {key: state[key] for key in keys}

    def diff(self, a: str, b: str) -> StateDiff:
        before, after = self.state(a), self.state(b)
        changes = []
        for key in sorted(before.keys() | after.keys()):
            kind: Literal["added", "removed", "changed"]
            kind = "added" if key not in before else "removed" if key not in after else "changed"
            if kind != "changed" or values.encode(before[key]) != values.encode(after[key]):
                changes.append(KeyChange(key=key, kind=kind, before=before.get(key), after=after.get(key)))
        return StateDiff(a=a, b=b, changes=tuple(changes))

    def foreign(self, checkpoint: str) -> dict[str, str]:
        found = self.get(checkpoint)
        fact = self._bodies.checkpoint(found.run, found.seq)
        thread = self._bodies.thread(found.run)
        return {"thread_id": thread, "checkpoint_ns": fact.ns, "checkpoint_id": fact.checkpoint}

    def blame(self, checkpoint: str, key: str) -> Blame:
        return self._blames(checkpoint, {key: self.value(checkpoint, key)})[0]

    def blames(self, checkpoint: str) -> builtins.list[Blame]:
        return self._blames(checkpoint, self.state(checkpoint))

    def _blames(self, checkpoint: str, state: dict[str, Json]) -> builtins.list[Blame]:
        """Who last wrote each key of a state, by key: reads a whole state for each checkpoint on the way back."""
        graph = {one.id: one for one in self.list(self.get(checkpoint).run)}
        line = path({one.id: [one.parent] if one.parent else [] for one in graph.values()}, checkpoint)
        left = {key: values.encode(value) for key, value in state.items()}
        found: dict[str, Checkpoint] = {}
        for here, parent in counted(pairwise(line), len(line) - 1, "looking at checkpoints"):
            before = self.state(parent)
            for key in [key for key, value in left.items() if key not in before or values.encode(before[key]) != value]:
                found[key] = graph[here]
                del left[key]
            if not left:
                break
        found |= dict.fromkeys(left, graph[line[-1]])
        return [
            Blame(key=key, checkpoint=checkpoint, since=at.id, step=at.step, t=at.t)
            for key, at in sorted(found.items())
        ]

    def list(self, run: str, *, after: int = 0, limit: int = ALL) -> builtins.list[Checkpoint]:
        return [_unread(one) for one in self._graph.list(run, after=after, limit=limit)]


def _unread(checkpoint: Checkpoint) -> Checkpoint:
    """Without the number of its keys: the index has the state as one value, whatever it holds."""
    return replace(checkpoint, keys=None)
