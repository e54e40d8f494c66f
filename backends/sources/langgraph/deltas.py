"""Delta channels, which a snapshot leaves out: the library makes their value of the last one that was kept whole and of
what was written since, by a reducer that only the program has. So both are shown as they are.

(langgraph `channels/delta.py`, `BaseCheckpointSaver.get_delta_channel_history`; in beta with langgraph 1.2.)
"""

from sqlite3 import Connection

from ....core.errors import Corrupt, NotFound
from ....core.events import Json
from . import rows
from .state import channel_values, is_state
from .values import CLASS

DELTA = "langgraph.channels.DeltaChannel"
_COUNTED = "counters_since_delta_snapshot"  # in a snapshot's metadata: by name, those that it leaves out


def whole_channels(connection: Connection, thread: str, ns: str, checkpoint: str, state: Json) -> dict[str, Json]:
    """The channels of a decoded snapshot; those that it leaves out cost a look at its ancestors, back to where each
    was kept whole. NotFound, Corrupt."""
    channels = channel_values(state)
    versions = state.get("channel_versions") if isinstance(state, dict) else None
    missing = {name for name in versions if is_state(name)} - channels.keys() if isinstance(versions, dict) else set()
    if missing:
        counted = rows.metadata(connection, thread, ns, checkpoint).get(_COUNTED)
        missing &= counted.keys() if isinstance(counted, dict) else set()
    return channels | _made_of(connection, thread, ns, checkpoint, missing)


def _made_of(connection: Connection, thread: str, ns: str, checkpoint: str, names: set[str]) -> dict[str, Json]:
    kept: dict[str, Json] = {}
    written: dict[str, list[Json]] = {name: [] for name in names}  # the newest first
    seen, at = {checkpoint}, _parent(connection, thread, ns, checkpoint)
    while at and at not in seen and names - kept.keys():
        seen.add(at)
        for name in names - kept.keys():
            found = rows.channel_writes(connection, thread, ns, at, name)
            written[name] += [_value(connection, row) for row in reversed(found)]
        held = channel_values(_snapshot(connection, thread, ns, at))
        kept |= {name: held[name] for name in names - kept.keys() if name in held}
        at = _parent(connection, thread, ns, at)
    return {
        name: {CLASS: DELTA, **({"snapshot": kept[name]} if name in kept else {}), "writes": written[name][::-1]}
        for name in names
    }


def _parent(connection: Connection, thread: str, ns: str, checkpoint: str) -> str | None:
    row = rows.checkpoint(connection, thread, ns, checkpoint)
    return row.parent if row else None


def _snapshot(connection: Connection, thread: str, ns: str, checkpoint: str) -> Json:
    try:
        return rows.snapshot(connection, thread, ns, checkpoint)
    except NotFound:
        return None  # the thread was cut off before it


def _value(connection: Connection, row: rows.WriteRow) -> Json:
    try:
        return rows.written(connection, row)
    except (Corrupt, NotFound) as error:
        return {"unreadable": error.what}
