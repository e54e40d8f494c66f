"""What differs between two JSON values, by path, and between two texts, by line."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import accumulate, zip_longest
from typing import Literal

import msgspec

from .deep_json import is_nested, opened
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
    return encoded(before) == encoded(after)


def json_diff(before: Json, after: Json) -> list[Change]:
    """All differences, a value's own before those within it; empty if the values are the same.

    Lists are compared without what they begin and end with alike, the rest place by place.
    """
    found: list[Change] = []
    todo: list[tuple[Path, Json, Json]] = [((), before, after)]
    while todo:
        path, old, new = todo.pop()
        if is_nested(old) and is_nested(new) and old != new:
            old, new = opened(old), opened(new)
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
    begin, end_old, end_new = _middle([encoded(item) for item in old], [encoded(item) for item in new])
    if begin == end_old == len(old) and end_new > begin:
        return [Change(path=path, kind="appended", before=old, after=new[begin:])], []
    both = min(end_old, end_new)
    pairs = [((*path, index), old[index], new[index]) for index in range(begin, both)]
    gone = [Change(path=(*path, index), kind="removed", before=old[index]) for index in range(both, end_old)]
    come = [Change(path=(*path, index), kind="added", after=new[index]) for index in range(both, end_new)]
    return gone + come, pairs


def _middle(old: Sequence[object], new: Sequence[object]) -> tuple[int, int, int]:
    """Where two lists begin to differ, and where each begins to end alike."""
    begin, end_old, end_new = 0, len(old), len(new)
    while begin < min(end_old, end_new) and old[begin] == new[begin]:
        begin += 1
    while end_old > begin and end_new > begin and old[end_old - 1] == new[end_new - 1]:
        end_old, end_new = end_old - 1, end_new - 1
    return begin, end_old, end_new


def encoded(value: Json) -> bytes:
    """A value as bytes: the same for the same JSON, whatever the order of keys."""
    return msgspec.json.encode(value, order="sorted")


ALIGNED = 4_000
"""Lines that differ, of each text, up to which equal ones among them are looked for: that costs their square. Of more
only those that each text has once are held against each other, and what lies between these.
"""


def text_diff(before: str, after: str, *, context: int | None = 3) -> list[DiffLine]:
    """Two texts line by line; of equal lines only `context` beside each difference (None: all).

    Where very much differs, and nothing of it is told apart, all of it is shown as removed and added.
    """
    old, new = before.split("\n"), after.split("\n")
    begin, end_old, end_new = _middle(old, new)
    lines = [DiffLine("same", old[at], at + 1, at + 1) for at in range(begin)]
    lines += _between(old[begin:end_old], new[begin:end_new], begin)
    lines += [DiffLine("same", old[at], at + 1, at + 1 + end_new - end_old) for at in range(end_old, len(old))]
    return lines if context is None else _near(lines, context)


def _between(old: list[str], new: list[str], begin: int) -> Iterator[DiffLine]:
    for tag, a, a_end, b, b_end in _steps(old, new):
        if tag == "equal":
            for at in range(a_end - a):
                yield DiffLine("same", old[a + at], begin + a + at + 1, begin + b + at + 1)
            continue
        for at in range(a, a_end):
            yield DiffLine("removed", old[at], begin + at + 1, None)
        for at in range(b, b_end):
            yield DiffLine("added", new[at], None, begin + at + 1)


def _steps(old: list[str], new: list[str]) -> Iterator[tuple[str, int, int, int, int]]:
    """How one list of lines becomes the other, as `difflib` tells it."""
    if max(len(old), len(new)) <= ALIGNED:
        yield from SequenceMatcher(None, old, new).get_opcodes()
        return
    a = b = 0
    for x, y in [*_anchors(old, new), (len(old), len(new))]:
        if max(x - a, y - b) > ALIGNED:
            yield "replace", a, x, b, y
        elif max(x - a, y - b):
            for tag, *places in SequenceMatcher(None, old[a:x], new[b:y]).get_opcodes():
                yield tag, a + places[0], a + places[1], b + places[2], b + places[3]
        if x < len(old):
            yield "equal", x, x + 1, y, y + 1
        a, b = x + 1, y + 1


def _anchors(old: list[str], new: list[str]) -> list[tuple[int, int]]:
    """Places of lines that each text has once, as many as stand in the same order in both."""
    once, other = Counter(old), Counter(new)
    place = {line: at for at, line in enumerate(old) if once[line] == 1}
    pairs = [(place[line], at) for at, line in enumerate(new) if other[line] == 1 and line in place]
    # The longest row of them that rises: of each length the one that ends lowest, and what stands before it.
    ends: list[int] = []
    tops: list[int] = []
    before: list[int] = []
    for number, (at, _) in enumerate(pairs):
        length = bisect_left(ends, at)
        ends[length : length + 1], tops[length : length + 1] = [at], [number]
        before.append(tops[length - 1] if length else -1)
    found, number = [], tops[-1] if tops else -1
    while number >= 0:
        found.append(pairs[number])
        number = before[number]
    return found[::-1]


_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
_MOST_WORDS = 600
"""Words of a line up to which those that differ are looked for: that costs their square."""

Spans = list[tuple[int, int]]
"""Places in a text, from and up to, in order, which do not touch."""


def word_diff(before: str, after: str) -> tuple[Spans, Spans]:
    """Which words of two lines differ, as places in each; none where the lines have little in common."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if max(len(old), len(new)) > _MOST_WORDS:
        return [], []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    steps = matcher.get_opcodes()
    kept = sum(len(word.strip()) for tag, a, end, _, _ in steps if tag == "equal" for word in old[a:end])
    if kept * 6 < max(len(before.strip()), len(after.strip())):
        return [], []
    gone = [(a, end) for tag, a, end, _, _ in steps if tag != "equal" and end > a]
    come = [(b, end) for tag, _, _, b, end in steps if tag != "equal" and end > b]
    return _places(old, gone), _places(new, come)


def _places(words: Sequence[str], ranges: Sequence[tuple[int, int]]) -> Spans:
    begins = [0, *accumulate(map(len, words))]
    found: Spans = []
    for first, end in ranges:
        start, stop = begins[first], begins[end]
        # A blank between two words that differ differs too: one mark is read better than two.
        if found and not "".join(words)[found[-1][1] : start].strip():
            start = found.pop()[0]
        found.append((start, stop))
    return found


def _near(lines: list[DiffLine], context: int) -> list[DiffLine]:
    """The lines that differ, and those up to `context` lines away."""
    kept = bytearray(len(lines))
    for at, line in enumerate(lines):
        if line.kind != "same":
            low, high = max(at - context, 0), min(at + context + 1, len(lines))
            kept[low:high] = b"\1" * (high - low)
    return [line for at, line in enumerate(lines) if kept[at]]


def hunks(lines: Iterable[DiffLine]) -> list[list[DiffLine]]:
    """The lines of a diff in pieces without gaps: a piece ends where both texts go on elsewhere."""
    found: list[list[DiffLine]] = []
    old = new = 0
    for line in lines:
        skipped = (line.before or old + 1) != old + 1 or (line.after or new + 1) != new + 1
        if skipped or not found:
            found.append([])
        found[-1].append(line)
        # Outside the differences both texts skip the same number of lines.
        gap = (line.before - old - 1) if line.before else (line.after or new + 1) - new - 1
        old, new = old + gap + (line.before is not None), new + gap + (line.after is not None)
    return found


def side_by_side(lines: Iterable[DiffLine]) -> list[tuple[DiffLine | None, DiffLine | None]]:
    """The lines of a diff in two columns: what was removed stands beside what was added in its place."""
    rows: list[tuple[DiffLine | None, DiffLine | None]] = []
    removed: list[DiffLine] = []
    added: list[DiffLine] = []
    for line in lines:
        if line.kind == "removed" and not added:
            removed.append(line)
            continue
        if line.kind == "added":
            added.append(line)
            continue
        rows += zip_longest(removed, added)
        removed, added = ([line], []) if line.kind == "removed" else ([], [])
        if line.kind == "same":
            rows.append((line, line))
    return [*rows, *zip_longest(removed, added)]
