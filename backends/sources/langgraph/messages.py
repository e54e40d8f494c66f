"""Chat messages and model calls inside decoded values (langchain-core `messages/*.py`, its `UsageMetadata`)."""

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator

from ....core.events import Json
from .values import CLASS, class_of, encode

Said = dict[str, Json]
"""A decoded message."""

_ROLES = {"human": "user", "ai": "assistant", "AIMessageChunk": "assistant"}
_KINDS = {"human", "ai", "system", "tool", "function", "chat", "user", "assistant", "developer"}


def messages_in(value: Json) -> Iterator[tuple[int, dict[str, Json]]]:
    """The messages that a value is or lists, each with its place."""
    for place, item in enumerate(value if isinstance(value, list) else [value]):
        if isinstance(item, dict) and _is_message(item):
            yield place, item


def _is_message(item: dict[str, Json]) -> bool:
    if class_of(item).endswith(("Message", "MessageChunk")):
        return "content" in item and item.get("type") != "remove"
    kind = item.get("type", item.get("role"))
    return CLASS not in item and isinstance(kind, str) and kind in _KINDS and "content" in item


def role_of(message: dict[str, Json]) -> str:
    """`user`, `assistant`, `tool`, `system` …"""
    kind = message.get("role") or message.get("type") or class_of(message).removesuffix("Message").lower()
    return _ROLES.get(str(kind), str(kind))


def sender_of(message: dict[str, Json], node: str) -> str:
    """Who says it: the message's own name, else the person or the node."""
    role = role_of(message)
    return str(message.get("name") or ("user" if role == "user" else node or role))


def content_of(message: dict[str, Json]) -> Json:
    """What is said; with the tool calls beside it, where there are any."""
    calls = message.get("tool_calls")
    if not calls:
        return message.get("content")
    return {"content": message.get("content"), "tool_calls": calls}


def text_of(content: Json) -> str:
    """The readable text of a message's content, which may come in blocks."""
    if isinstance(content, str):
        return content
    blocks = content if isinstance(content, list) else []
    return "\n".join(str(block.get("text", "")) if isinstance(block, dict) else str(block) for block in blocks)


def usage_of(message: dict[str, Json]) -> dict[str, int] | None:
    """Tokens of the model call that made a message, named as a cost event's fields; None if it tells none."""
    usage = message.get("usage_metadata")
    if not isinstance(usage, dict):
        return None
    read, written = _dict(usage, "input_token_details"), _dict(usage, "output_token_details")
    return {
        "input_tokens": _count(usage, "input_tokens"),
        "output_tokens": _count(usage, "output_tokens"),
        "cache_read_tokens": _count(read, "cache_read"),
        "cache_write_tokens": _count(read, "cache_creation"),
        "reasoning_tokens": _count(written, "reasoning"),
    }


def model_of(message: dict[str, Json]) -> tuple[str, str]:
    """Model and provider, as the response's metadata say."""
    told = _dict(message, "response_metadata")
    model = told.get("model_name") or told.get("model") or told.get("model_id") or ""
    return str(model), str(told.get("model_provider") or told.get("ls_provider") or "")


def _dict(value: dict[str, Json], key: str) -> dict[str, Json]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _count(value: dict[str, Json], key: str) -> int:
    found = value.get(key)
    return max(0, int(found)) if isinstance(found, (int, float)) and math.isfinite(found) else 0


class Identities:
    """Which messages of a thread are the same one.

    A message has an id once the state took it in; whether it already had one when its task wrote
    it differs by release, and in one release by chance. So a nameless message may come again
    with a name, when a task hands on what the state holds.
    """

    def __init__(self) -> None:
        self._named: set[str] = set()
        self._again: set[str] = set()  # names that nameless ones were given
        self._nameless: defaultdict[str, set[str]] = defaultdict(set)  # what was said → addresses
        self._found: Counter[str] = Counter()  # what was said → how many of these have their name

    def key(self, message: Said, address: str, held: Callable[[], Iterable[Said]]) -> str:
        """What a message is known by, the same each time; empty if it was told under another key.

        `address` tells nameless ones apart; `held` are the messages that the state held before
        this one was written. It is asked only where something nameless said the same.
        """
        name = str(message.get("id") or "")
        if name in self._named:
            return name
        said = _fingerprint(message)
        if not name:
            self._nameless[said].add(address)
            return f"~{said}:{address}"
        if name not in self._again and self._found[said] < len(self._nameless.get(said, ())):
            self._find_names(said, held())
        if name in self._again:
            return ""
        self._named.add(name)
        return name

    def _find_names(self, said: str, held: Iterable[Said]) -> None:
        for message in held:
            name = str(message.get("id") or "")
            if name and name not in self._named and name not in self._again and _fingerprint(message) == said:
                self._again.add(name)
                self._found[said] += 1

    def remember(self, key: str) -> None:
        """Takes up a key of an earlier process."""
        if key.startswith("~"):
            said, _, address = key[1:].partition(":")
            self._nameless[said].add(address)
        else:
            self._named.add(key)


def _fingerprint(message: Said) -> str:
    rest = {key: value for key, value in message.items() if key != "id"}
    return hashlib.sha256(encode(rest)).hexdigest()[:16]
