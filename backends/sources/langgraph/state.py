"""What a decoded snapshot itself says: its channels, and the tasks it was about to run."""

from ....core.events import Json
from .graph import SENDS


def channel_values(state: Json) -> dict[str, Json]:
    """The channels of a decoded snapshot; what is no snapshot has none."""
    found = state.get("channel_values") if isinstance(state, dict) else None
    return found if isinstance(found, dict) else {}


def is_state(channel: str) -> bool:
    """Whether a channel is part of the graph's state: it steers nothing."""
    return not channel.startswith(("branch:", "join:", "start:", "__"))


def identity_of(interrupt: Json) -> str:
    """The id of a decoded interrupt; empty if it has none."""
    return str(interrupt.get("id") or "") if isinstance(interrupt, dict) else ""


def next_of(state: Json) -> list[tuple[str, str, str]]:
    """The tasks that a snapshot is about to run, each as (step, node, kind), as the library would find them.

    A node runs when a channel it listens to has a value newer than the one it saw. Which node
    listens to which channel is not stored, but StateGraph's channels are named for their nodes.
    """
    channels = channel_values(state)
    versions = state.get("channel_versions", {}) if isinstance(state, dict) else {}
    seen = state.get("versions_seen", {}) if isinstance(state, dict) else {}
    found: list[tuple[str, str, str]] = []
    for number, send in enumerate(channels.get(SENDS) or []):
        name = str(send.get("node", "send")) if isinstance(send, dict) else "send"
        found.append((f"send:{number}", name, "send"))
    for channel, value in channels.items():
        node = _listener(channel, value)
        listeners = [name for name in seen if channel == "__start__" and channel in seen[name]] or [node]
        for name in listeners:
            if name and _newer(versions.get(channel), (seen.get(name) or {}).get(channel)):
                found.append((name, name, "node"))
    return found


def _listener(channel: str, value: Json) -> str | None:
    if channel == "__start__":
        return "__start__"
    if channel.startswith("branch:to:"):
        return channel.removeprefix("branch:to:")
    if channel.startswith("join:"):
        names, _, node = channel.removeprefix("join:").rpartition(":")
        return node if isinstance(value, list) and set(names.split("+")) <= set(map(str, value)) else None
    return None


def _newer(version: Json, seen: Json) -> bool:
    if version is None or seen is None:
        return version is not None
    try:
        return bool(version > seen)
    except TypeError:
        return str(version) > str(seen)
