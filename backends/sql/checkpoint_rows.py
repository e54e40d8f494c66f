"""A checkpoint's rows: what it is, which keys it has, and which of them differ from its parent's."""

import msgspec

from ...core.events import CheckpointSaved
from .run_state import RunState
from .storable import json_text

Map = dict[str, list[str | int]]
"""State key → `[digest, size]`, of opaque bytes `[digest, size, note]`."""


def keep_checkpoint(state: RunState, event: CheckpointSaved) -> None:
    """The projector's rule for `checkpoint`."""
    keys: Map = {key: [digest, event.sizes.get(key, 0)] for key, digest in event.values.items()}
    for key, opaque in event.opaque.items():
        keys[key] = [opaque.digest, opaque.size, opaque.note]
    content = json_text(keys)
    keys = msgspec.json.decode(content)
    state.count(checkpoints=1)
    row = state.blank("checkpoints", id=event.checkpoint, seq=event.seq, t=event.t)
    row.update(parent=event.parent, step=event.step, label=event.label)
    row.update(keys=len(keys), size_bytes=sum(int(value[1]) for value in keys.values()))
    row["changed"] = _changed(state, event.parent, keys)
    state.keep("checkpoints", event.checkpoint, row)
    whole = state.blank("checkpoint_maps", checkpoint=event.checkpoint, map=content)
    state.keep("checkpoint_maps", event.checkpoint, whole)


def _changed(state: RunState, parent: str | None, keys: Map) -> str | None:
    before: Map = {}
    if parent is not None:
        found = state.find("checkpoint_maps", parent)
        if found is None:
            return None
        before = msgspec.json.decode(found["map"])
    changed = [key for key in before.keys() | keys.keys() if _digest(before, key) != _digest(keys, key)]
    if "" in (value[0] for value in (*before.values(), *keys.values())):
        return None  # a value without a digest: only a look can tell
    return json_text(sorted(changed))


def _digest(keys: Map, key: str) -> str | int | None:
    return keys[key][0] if key in keys else None
