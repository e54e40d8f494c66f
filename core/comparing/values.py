"""JSON values of several runs beside each other, by path."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from msgspec import UNSET

from ..diff import Path, same
from ..progress import go_on

AT_MOST = 2000
"""Places that are told; a state may have millions."""


TOGETHER = 8
"""Entries that some lists have beyond the others up to which each is told by itself."""


class Rest(str):
    """The last key of a path that leads to several entries of a list at once: `4…699`."""


class Place(NamedTuple):
    """What the runs have at one path; `UNSET` where one has nothing."""

    path: Path
    values: tuple[Any, ...]
    same: bool


def places(values: Sequence[Any]) -> Iterator[Place]:
    """The values by path: what is the same everywhere as a whole, what is not down to where it differs.

    Objects are taken apart by their keys, lists by place after what all of them begin with (and before what they
    end with); what only some have is told whole, and of a list that is much longer all that the shortest lacks.
    Not more than `AT_MOST` places.
    """
    todo: list[tuple[Path, tuple[Any, ...]]] = [((), tuple(values))]
    told = 0
    while todo and told < AT_MOST:
        go_on()
        path, found = todo.pop()
        equal = _all_same(found)
        inner = [] if equal or (path and isinstance(path[-1], Rest)) else _inner(path, found)
        if not inner:
            told += 1
            yield Place(path, found, equal)
        todo += reversed(inner)


def _all_same(values: Sequence[Any]) -> bool:
    first = values[0]
    if any(value is UNSET for value in values):
        return all(value is UNSET for value in values)
    return all(same(first, value) for value in values[1:])


def _inner(path: Path, values: tuple[Any, ...]) -> list[tuple[Path, tuple[Any, ...]]]:
    there = [value for value in values if value is not UNSET]
    if len(there) < 2:
        return []
    if all(isinstance(value, dict) for value in there):
        keys = dict.fromkeys(key for value in there for key in value)
        return [((*path, key), tuple(_member(value, key) for value in values)) for key in keys]
    if all(isinstance(value, list) for value in there):
        return _of_lists(path, values, there)
    return []


def _member(value: Any, key: str) -> Any:
    return UNSET if value is UNSET else value.get(key, UNSET)


def _of_lists(path: Path, values: tuple[Any, ...], there: list[list[Any]]) -> list[tuple[Path, tuple[Any, ...]]]:
    begin = 0
    while begin < min(map(len, there)) and _all_same([value[begin] for value in there]):
        begin += 1
    end = 0
    while end < min(map(len, there)) - begin and _all_same([value[-1 - end] for value in there]):
        end += 1
    shortest, longest = min(map(len, there)) - end, max(map(len, there)) - end
    last = longest if longest - shortest <= TOGETHER else shortest

    def entry(value: Any, n: int) -> Any:
        return value[n] if value is not UNSET and n < len(value) - end else UNSET

    inner: list[tuple[Path, tuple[Any, ...]]] = [
        ((*path, n), tuple(entry(value, n) for value in values)) for n in range(begin, min(last, begin + AT_MOST))
    ]
    if last < longest:
        rests = (UNSET if value is UNSET else value[last : len(value) - end] or UNSET for value in values)
        inner.append(((*path, Rest(f"{last}…{longest - 1}")), tuple(rests)))
    return inner
