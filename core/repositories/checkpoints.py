"""Checkpoints and their states."""

import builtins
from abc import ABC, abstractmethod
from collections.abc import Collection

from ..checkpoints import Blame, Checkpoint, StateDiff, StateKey, StoredState
from ..events import Json
from ..pages import ALL


class CheckpointRepository(ABC):
    """Checkpoints and their states; a state is read only when somebody looks."""

    @abstractmethod
    def list(self, run: str, *, after: int = 0, limit: int = ALL) -> builtins.list[Checkpoint]:
        """Checkpoints of a run in the order they were taken: the first `limit` with seq > after. Reads no values."""

    @abstractmethod
    def get(self, checkpoint: str) -> Checkpoint:
        """One checkpoint; NotFound."""

    @abstractmethod
    def keys(self, checkpoint: str) -> builtins.list[StateKey]:
        """The keys of a state with their sizes, by key. Reads no values where sizes were recorded."""

    @abstractmethod
    def state(self, checkpoint: str) -> dict[str, Json]:
        """The whole state as it was given; opaque values appear as `{"opaque": …, "size": …, "sha256": …}`."""

    @abstractmethod
    def stored(self, checkpoint: str) -> StoredState:
        """The whole state in the bytes that are stored, opaque ones included: what a run that starts there copies."""

    @abstractmethod
    def value(self, checkpoint: str, key: str) -> Json:
        """The value of one key; NotFound."""

    @abstractmethod
    def values(self, checkpoint: str, keys: Collection[str]) -> dict[str, Json]:
        """The values of these keys, read at once; NotFound if one is not there."""

    @abstractmethod
    def diff(self, a: str, b: str) -> StateDiff:
        """What differs from state a to state b, by key; may be of two runs."""

    def foreign(self, checkpoint: str) -> dict[str, str]:
        """What the program that wrote a source's checkpoint calls it by (of LangGraph's the `configurable` that names
        it); nothing for one of our own. NotFound."""
        self.get(checkpoint)
        return {}

    @abstractmethod
    def blame(self, checkpoint: str, key: str) -> Blame:
        """Which checkpoint on the way to this one last wrote the key; NotFound if the state lacks it.

        It is told how many checkpoints were looked at; Stopped between two of them.
        """

    @abstractmethod
    def blames(self, checkpoint: str) -> builtins.list[Blame]:
        """Of every key of the state, by key: as `blame`, in one walk along the checkpoints."""
