"""Where a word stands in a state: in its keys and in its values, however deep, in the order in which they are shown."""

from collections.abc import Hashable, Iterator, Mapping
from itertools import chain, count
from typing import NamedTuple

from ...core.deep_json import opened
from ...core.events import Json
from ...core.progress import counted, go_on
from ..trees.json_nodes import CHUNK, opaque_line
from .flat import SHORT

MOST = 10_000
"""Places that are found at most."""
_STEPS = 1_000_000
"""Steps of all their paths at most: what is nested thousands deep may say a word on every level."""
_PORTION = 1000
"""Members between two looks at whether anybody still wants to know."""


Keys = tuple[Hashable, ...]
"""What leads to a node in the tree of a whole state, from the root down."""


class Hits(NamedTuple):
    """What was found of a word in a state."""

    word: str
    checkpoint: str
    state: Mapping[str, Json]
    """The keys in which something was found, with their values."""
    paths: tuple[Keys, ...]

    def next(self, after: int, direction: int) -> int:
        """The number of the hit after another one, round the ends; -1 stands before the first."""
        return (after + direction) % len(self.paths) if after >= 0 or direction > 0 else len(self.paths) - 1


def find(word: str, checkpoint: str, state: Mapping[str, Json]) -> Hits:
    """Looks a word up, in upper or lower case. Costs a walk through the whole state, told key by key; Stopped."""
    sought = word.casefold()
    paths: list[Keys] = []
    steps = 0
    keys = counted(sorted(state), len(state), "searching keys")
    for path in chain.from_iterable(_in_key(key, state[key], sought) for key in keys):
        paths.append(path)
        steps += len(path)
        if len(paths) >= MOST or steps > _STEPS:
            break
    where = {path[0] for path in paths}
    return Hits(word, checkpoint, {key: state[key] for key in state if key in where}, tuple(paths))


def _in_key(key: str, value: Json, sought: str) -> Iterator[Keys]:
    if sought in key.casefold():
        yield (key,)
    if _has_members(value):
        yield from _below(key, value, sought)
    elif _says(value, sought):
        # A text that is not shown beside its key is a node below it.
        yield (key, "value") if isinstance(value, str) and len(value) > SHORT else (key,)


def _below(key: str, value: Json, sought: str) -> Iterator[Keys]:
    # A stack of our own: a state may be nested deeper than Python recurses.
    above: list[Keys] = [(key,)]
    stack = [_members(value)]
    for member_number in count():
        if not stack:
            return
        if member_number % _PORTION == 0:
            go_on()
        following = next(stack[-1], None)
        if following is None:
            stack.pop()
            above.pop()
            continue
        steps, name, member = following
        if sought in name.casefold() or (not _has_members(member) and _says(member, sought)):
            yield tuple(step for part in (*above, steps) for step in part)
        if _has_members(member):
            above.append(steps)
            stack.append(_members(member))


def _members(value: Json) -> Iterator[tuple[Keys, str, Json]]:
    """Each member: the keys of its nodes, its name (none in a list), and itself."""
    value = opened(value)
    ranged = len(value) > CHUNK
    pairs = enumerate(value) if isinstance(value, list) else value.items()
    for place, (key, member) in enumerate(pairs):
        name = "" if isinstance(value, list) else str(key)
        own: Hashable = key if isinstance(value, list) else name
        yield ((("range", place - place % CHUNK), own) if ranged else (own,)), name, member


def _has_members(value: Json) -> bool:
    return isinstance(value, dict | list) and bool(value) and not opaque_line(value)


def _says(value: Json, sought: str) -> bool:
    if isinstance(value, bool) or value is None:
        return sought in ("null" if value is None else str(value).lower())
    return not isinstance(value, dict | list) and sought in str(value).casefold()
