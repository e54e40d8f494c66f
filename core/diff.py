"""What differs between two JSON values, by path, and between two texts, by line."""

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Literal

import msgspec

from .events import Json

Path = tuple[str | int, ...]
"""Keys and indexes from the outermost value inwards."""


class Change(msgspec.Struct, kw_only=True, frozen=True):
    """One difference. Of a list or text that only grew (`appended`), `after` is what was added."""

    path: Path
    kind: Literal["added", "removed", "changed", "appended"]
    before: Json = None
    after: Json = None


class DiffLine(msgspec.Struct, frozen=True):
    """A line of a text diff, with its number (from 1) in each text that has it."""

    kind: Literal["same", "added", "removed"]
    text: str
    before: int | None
    after: int | None


def same(before: Json, after: Json) -> bool:
    """Whether two values are the same JSON, whatever the order of keys. `1`, `1.0` and `true` are three values."""
    if type(before) is not type(after):
        return False
    if not isinstance(before, list | dict):
        return bool(before == after)
    return _encoded(before) == _encoded(after)


def json_diff(before: Json, after: Json) -> list[Change]:
    """All differences, a value's own before those within it; empty if the values are the same.

    Lists are compared without what they begin and end with alike, the rest place by place.
    """
    found: list[Change] = []
    todo: list[tuple[Path, Json, Json]] = [((), before, after)]
    while todo:
        path, old, new = todo.pop()
        inner: list[tuple[Path, Json, Json]] = []
        if isinstance(old, dict) and isinstance(new, dict):
            found += _of_keys(path, old, new)
            inner = [((*path, key), old[key], new[key]) for key in old if key in new]
        elif isinstance(old, list) and isinstance(new, list):
            changes, inner = _of_lists(path, old, new)
            found += changes
        elif not same(old, new):
            found.append(_of_values(path, old, new))
        todo += reversed(inner)
    return found


def _of_keys(path: Path, old: dict[str, Json], new: dict[str, Json]) -> Iterator[Change]:
    for key, value in old.items():
        if key not in new:
            yield Change(path=(*path, key), kind="removed", before=value)
    for key, value in new.items():
        if key not in old:
            yield Change(path=(*path, key), kind="added", after=value)


def _of_values(path: Path, old: Json, new: Json) -> Change:
    if isinstance(old, str) and isinstance(new, str) and old and new.startswith(old):
        return Change(path=path, kind="appended", before=old, after=new[len(old) :])
    return Change(path=path, kind="changed", before=old, after=new)


def _of_lists(path: Path, old: list[Json], new: list[Json]) -> tuple[list[Change], list[tuple[Path, Json, Json]]]:
    """What was added or removed, and the pairs in the middle that are to be compared within."""
    begin, end_old, end_new = _middle([_encoded(item) for item in old], [_encoded(item) for item in new])
    if begin == end_old == len(old) and end_new > begin:
        return [Change(path=path, kind="appended", before=old, after=new[begin:])], []
    both = min(end_old, end_new)
    pairs = [((*path, index), old[index], new[index]) for index in range(begin, both)]
    gone = [Change(path=(*path, index), kind="removed", before=old[index]) for index in range(both, end_old)]
    come = [Change(path=(*path, index), kind="added", after=new[index]) for index in range(both, end_new)]
    return gone + come, pairs


def _middle(old: list[bytes], new: list[bytes]) -> tuple[int, int, int]:
    """Where two lists begin to differ, and where each begins to end alike."""
    begin, end_old, end_new = 0, len(old), len(new)
    while begin < min(end_old, end_new) and old[begin] == new[begin]:
        begin += 1
    while end_old > begin and end_new > begin and old[end_old - 1] == new[end_new - 1]:
        end_old, end_new = end_old - 1, end_new - 1
    return begin, end_old, end_new


def _encoded(value: Json) -> bytes:
    return msgspec.json.encode(value, order="sorted")


def text_diff(before: str, after: str, *, context: int | None = 3) -> list[DiffLine]:
    """Two texts line by line; of equal lines only `context` beside each difference (None: all)."""
    old, new = before.split("\n"), after.split("\n")
    matcher = SequenceMatcher(None, old, new)
    groups = [matcher.get_opcodes()] if context is None else matcher.get_grouped_opcodes(context)
    return [line for group in groups for step in group for line in _lines(step, old, new)]


def _lines(step: tuple[str, int, int, int, int], old: list[str], new: list[str]) -> Iterator[DiffLine]:
    tag, a, a_end, b, b_end = step
    if tag == "equal":
        for at in range(a_end - a):
            yield DiffLine("same", old[a + at], a + at + 1, b + at + 1)
        return
    for at in range(a, a_end):
        yield DiffLine("removed", old[at], at + 1, None)
    for at in range(b, b_end):
        yield DiffLine("added", new[at], None, at + 1)
