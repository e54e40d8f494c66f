"""Checkpoints: snapshots of a run's state, and what differs between two."""

from collections.abc import Collection, Iterable, Mapping
from typing import Literal

import msgspec

from .events import Json, Opaque


class Checkpoint(msgspec.Struct, kw_only=True, frozen=True):
    """A snapshot of a run's state: which keys it has, not their values."""

    id: str
    run: str
    seq: int
    t: str
    parent: str | None = None
    step: str | None = None
    label: str = ""
    keys: int | None = 0
    """How many it has; None where only a look at the values can tell."""
    size_bytes: int = 0
    """Bytes of the whole state as compact JSON, whatever of it is stored anew."""
    changed: tuple[str, ...] | None = None
    """Keys added, changed or removed against the parent; None where only a look at the values can tell."""


class StateKey(msgspec.Struct, kw_only=True, frozen=True):
    """One key of a state."""

    key: str
    size_bytes: int
    digest: str = ""
    opaque: Opaque | None = None


class StoredState(msgspec.Struct, kw_only=True, frozen=True):
    """A whole state in the bytes that are stored, and the run that it is of."""

    run: str
    values: dict[str, bytes] = {}
    """Key → compact JSON."""
    opaque: dict[str, bytes] = {}
    """Key → bytes that nobody loads."""
    notes: dict[str, str] = {}
    """Key → what was noted of its opaque bytes."""


class KeyChange(msgspec.Struct, kw_only=True, frozen=True):
    """How one key differs from state a to state b."""

    key: str
    kind: Literal["added", "removed", "changed"]
    before: Json = None
    after: Json = None


class StateDiff(msgspec.Struct, kw_only=True, frozen=True):
    """What differs between two states, by key; equal keys are not read."""

    a: str
    b: str
    changes: tuple[KeyChange, ...]


class Blame(msgspec.Struct, kw_only=True, frozen=True):
    """Which checkpoint gave a key the value it has at a checkpoint."""

    key: str
    checkpoint: str
    since: str
    """Checkpoint that last wrote it."""
    step: str | None
    t: str


def unneeded(extends: Mapping[str, str], kept: Iterable[Collection[str]]) -> set[str]:
    """Which of a run's values may go when only some of its states are kept.

    `extends` has every stored value's digest with that of the value it is told by (empty: none); `kept` are the
    digests of each state that stays. A value stays if one of these has it, or extends it over any number of others.
    """
    needed: set[str] = set()
    for state in kept:
        for digest in state:
            while digest and digest not in needed:
                needed.add(digest)
                digest = extends.get(digest, "")  # noqa: PLW2901 - down its chain
    return set(extends) - needed
