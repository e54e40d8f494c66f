"""`CheckpointRepository` over several parts."""

import builtins
from collections.abc import Collection
from typing import Literal

from ...core.checkpoints import Blame, Checkpoint, KeyChange, StateDiff, StateKey, StoredState
from ...core.diff import same
from ...core.errors import NotFound
from ...core.events import Json
from ...core.pages import ALL
from ...core.repositories import CheckpointRepository
from .parts import Parts


class JoinedCheckpoints(CheckpointRepository):
    """Checkpoints of the runs of all parts; two of different parts are compared by their values."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def get(self, checkpoint: str) -> Checkpoint:
        return self._parts.find(checkpoint, lambda reading: reading.checkpoints.get(checkpoint))

    def keys(self, checkpoint: str) -> builtins.list[StateKey]:
        return self._parts.find(checkpoint, lambda reading: reading.checkpoints.keys(checkpoint))

    def state(self, checkpoint: str) -> dict[str, Json]:
        return self._parts.find(checkpoint, lambda reading: reading.checkpoints.state(checkpoint))

    def stored(self, checkpoint: str) -> StoredState:
        return self._parts.find(checkpoint, lambda reading: reading.checkpoints.stored(checkpoint))

    def value(self, checkpoint: str, key: str) -> Json:
        return self._parts.find(checkpoint, lambda reading: reading.checkpoints.value(checkpoint, key))

    def values(self, checkpoint: str, keys: Collection[str]) -> dict[str, Json]:
        return self._parts.find(checkpoint, lambda reading: reading.checkpoints.values(checkpoint, keys))

    def diff(self, a: str, b: str) -> StateDiff:
        try:
            return self._parts.find(a, lambda reading: reading.checkpoints.diff(a, b))
        except NotFound:
            # In no part are both; whether each is in one, reading them says.
            before, after = self.state(a), self.state(b)
        found = (_change(key, before, after) for key in sorted(before.keys() | after.keys()))
        return StateDiff(a=a, b=b, changes=tuple(change for change in found if change))

    def foreign(self, checkpoint: str) -> dict[str, str]:
        return self._parts.find(checkpoint, lambda reading: reading.checkpoints.foreign(checkpoint))

    def blame(self, checkpoint: str, key: str) -> Blame:
        return self._parts.find(checkpoint, lambda reading: reading.checkpoints.blame(checkpoint, key))

    def blames(self, checkpoint: str) -> builtins.list[Blame]:
        return self._parts.find(checkpoint, lambda reading: reading.checkpoints.blames(checkpoint))

    def list(self, run: str, *, after: int = 0, limit: int = ALL) -> builtins.list[Checkpoint]:
        return self._parts.find(run, lambda reading: reading.checkpoints.list(run, after=after, limit=limit))


def _change(key: str, before: dict[str, Json], after: dict[str, Json]) -> KeyChange | None:
    if key in before and key in after and same(before[key], after[key]):
        return None
    kind: Literal["added", "removed", "changed"]
    kind = "added" if key not in before else "removed" if key not in after else "changed"
    return KeyChange(key=key, kind=kind, before=before.get(key), after=after.get(key))
