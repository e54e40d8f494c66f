"""A state as it is looked at: its keys, what became of them, and those of their values that were read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ...core.checkpoints import Checkpoint, StateKey
from ...core.events import Json
from .signs import Kind

AT_ONCE = 4_000
"""Bytes of a value that is read with its state."""

IN_SIGHT = 50_000
"""Bytes of a value that is read as soon as its key is in sight; a longer one is when the key is unfolded."""

KEPT = 200
"""Values that stay read: more than can be in sight, so few that they may be long."""

Value = tuple[Json]
"""A value that was read, so that null can be told from not read."""


@dataclass(frozen=True)
class Shown:
    """A state as it is looked at: its keys, and what became of them since the parent."""

    checkpoint: Checkpoint
    keys: tuple[StateKey, ...]
    before: tuple[StateKey, ...]
    """Keys of the parent."""
    changed: frozenset[str]
    """Keys that were added, changed or removed."""

    @cached_property
    def here(self) -> dict[str, StateKey]:
        """Its keys by name."""
        return {one.key: one for one in self.keys}

    @cached_property
    def was(self) -> dict[str, StateKey]:
        """Those of the parent by name."""
        return {one.key: one for one in self.before}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All names that are in it or in its parent, in order."""
        return tuple(sorted(self.here.keys() | self.was.keys()))

    @cached_property
    def changed_names(self) -> tuple[str, ...]:
        """Those of them that were added, changed or removed."""
        return tuple(name for name in self.names if name in self.changed)

    @cached_property
    def size_bytes(self) -> int:
        """Bytes of all values that are in it."""
        return sum(one.size_bytes for one in self.keys)

    def key(self, name: str) -> StateKey:
        """What is known of a key; of one that was removed, what was. KeyError."""
        return self.here.get(name) or self.was[name]

    def kind(self, name: str) -> Kind:
        """What became of a key."""
        if name not in self.changed:
            return "same"
        if name not in self.was:
            return "added"
        return "changed" if name in self.here else "removed"


class Values:
    """Values that were read; one that is missed is wished for. For the event loop."""

    def __init__(self, on_wish: Callable[[], Any] = lambda: None) -> None:
        """`on_wish` hears of every wish."""
        self._read: dict[tuple[str, str], Json] = {}
        self._on_wish = on_wish
        self.wished: list[tuple[str, str]] = []
        """Checkpoint and key of values that somebody looks at and that are not read yet."""

    def get(self, checkpoint: str, key: str) -> Value | None:
        """The value in a one-tuple, or None if it is not read yet."""
        place = (checkpoint, key)
        return (self._read[place],) if place in self._read else None

    def has(self, checkpoint: str, key: str) -> bool:
        """Whether it was read."""
        return (checkpoint, key) in self._read

    def wish(self, checkpoint: str, key: str) -> None:
        """Remembers that somebody looks at it."""
        if (checkpoint, key) not in self._read and (checkpoint, key) not in self.wished:
            self.wished.append((checkpoint, key))
            self._on_wish()

    def keep(self, found: Mapping[tuple[str, str], Json]) -> None:
        """Takes in what was read; forgets the oldest where it becomes too much."""
        self._read |= found
        self.wished = [place for place in self.wished if place not in self._read]
        for place in list(self._read)[: max(len(self._read) - KEPT, 0)]:
            del self._read[place]
