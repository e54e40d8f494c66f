"""Several lists side by side: what belongs together stands in one row, and every list keeps its order."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence

Key = tuple[str, ...]
"""What an element is known by, from the most important part to the least: a name, then a kind."""

Row = tuple[int | None, ...]
"""Which element of each list stands here."""

ROUNDS = 12
"""How often what lies between two rows is looked at again, with its own counts of what repeats."""


def align(lists: Sequence[Sequence[Key]]) -> list[Row]:
    """All elements in rows: each in exactly one, every list in its order, only equal first parts in one row.

    Elements that are equal as a whole find each other first; those that repeat do by their turn. The same lists in
    another order give the same rows with their columns in that order. n elements cost n log n, whatever repeats.
    """
    contents = [tuple(one) for one in lists]
    # In an order of their own, so that it makes no difference which list is named first.
    distinct = sorted(set(contents))
    rows: list[list[int | None]] = []
    keys: list[Key] = []
    for column, content in enumerate(distinct):
        rows, keys = _joined(rows, keys, content, column)
    places = [distinct.index(content) for content in contents]
    return [tuple(row[place] for place in places) for row in rows]


def _joined(
    rows: list[list[int | None]], keys: list[Key], content: Sequence[Key], column: int
) -> tuple[list[list[int | None]], list[Key]]:
    """The rows with one more column."""
    joined: list[list[int | None]] = []
    names: list[Key] = []
    row = element = 0
    for to_row, to_element in [*_pairs(keys, content), (len(rows), len(content))]:
        joined += ([*rows[n], None] for n in range(row, to_row))
        joined += ([*[None] * column, n] for n in range(element, to_element))
        names += [*keys[row:to_row], *content[element:to_element]]
        if to_row < len(rows):
            joined.append([*rows[to_row], to_element])
            names.append(keys[to_row])
        row, element = to_row + 1, to_element + 1
    return joined, names


def _pairs(one: Sequence[Key], other: Sequence[Key]) -> list[tuple[int, int]]:
    """Places that belong together, ascending on both sides: equal ones, and between these such of one name."""
    whole = list(_equal(one, other))
    names, other_names = [key[:1] for key in one], [key[:1] for key in other]
    pairs = list(whole)
    begin, other_begin = 0, 0
    for end, other_end in [*whole, (len(one), len(other))]:
        between = _equal(names[begin:end], other_names[other_begin:other_end])
        pairs += ((a + begin, b + other_begin) for a, b in between)
        begin, other_begin = end + 1, other_end + 1
    return sorted(pairs)


def _equal(one: Sequence[Key], other: Sequence[Key]) -> Iterator[tuple[int, int]]:
    """Places of equal elements, ascending on both sides."""
    found: list[tuple[int, int]] = []
    todo = [(0, len(one), 0, len(other), 0)]
    while todo:
        begin, end, other_begin, other_end, rounds = todo.pop()
        while begin < end and other_begin < other_end and one[begin] == other[other_begin]:
            found.append((begin, other_begin))
            begin, other_begin = begin + 1, other_begin + 1
        while begin < end and other_begin < other_end and one[end - 1] == other[other_end - 1]:
            end, other_end = end - 1, other_end - 1
            found.append((end, other_end))
        if begin == end or other_begin == other_end:
            continue
        anchors = _ascending(_by_turn(one, begin, end, other, other_begin, other_end))
        found += anchors
        if anchors and rounds < ROUNDS:
            for to, other_to in [*anchors, (end, other_end)]:
                todo.append((begin, to, other_begin, other_to, rounds + 1))
                begin, other_begin = to + 1, other_to + 1
    return iter(sorted(found))


def _by_turn(
    one: Sequence[Key], begin: int, end: int, other: Sequence[Key], other_begin: int, other_end: int
) -> list[tuple[int, int]]:
    """The first of a kind with the first of it, the second with the second, in the order of `one`."""
    turns: Counter[Key] = Counter()
    places: dict[tuple[Key, int], int] = {}
    for n in range(other_begin, other_end):
        places[other[n], turns[other[n]]] = n
        turns[other[n]] += 1
    turns.clear()
    found = []
    for n in range(begin, end):
        place = places.get((one[n], turns[one[n]]))
        turns[one[n]] += 1
        if place is not None:
            found.append((n, place))
    return found


def _ascending(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """As many of these as ascend on the other side too, by the piles of patience sorting."""
    tops: list[int] = []
    last: list[int] = []
    before: list[int | None] = []
    for n, (_, place) in enumerate(pairs):
        pile = bisect_left(tops, place)
        before.append(last[pile - 1] if pile else None)
        if pile == len(tops):
            tops.append(place)
            last.append(n)
        else:
            tops[pile], last[pile] = place, n
    kept: list[tuple[int, int]] = []
    at = last[-1] if last else None
    while at is not None:
        kept.append(pairs[at])
        at = before[at]
    return kept[::-1]
