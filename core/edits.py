"""A text of bytes told by another one: the few places where they differ.

States of an agent resemble the ones before, wherever in them it changed something. The places are
looked for in one go from left to right, at the cost of a few comparisons of memory; they need not
be the fewest. What they make of the old text is always the new one.
"""

from collections.abc import Callable, Sequence

Edit = tuple[int, int, str]
"""From this byte of the old text on, so many bytes are replaced by this text (its UTF-8)."""

_ANCHOR = 32
"""So many equal bytes are taken for a place where both texts go on alike."""
_FARTHEST = 1 << 18
"""A replaced piece may have so many bytes; a longer one ends the search, and all that follows counts as replaced."""
_NEAR = 1 << 10
_BLOCK = 1 << 18


def edits_between(old: bytes, new: bytes, most: int) -> list[Edit] | None:
    """What makes the new text of the old one, both in UTF-8, in order of place; None if it were more than `most` bytes.

    Costs little more than to compare the two, and some microseconds an edit.
    """
    end_old, end_new = _ends(old, new)
    edits: list[Edit] = []
    size, i, j = 0, 0, 0
    while True:
        same = _begin_alike(old, i, new, j, min(end_old - i, end_new - j))
        i, j = i + same, j + same
        if i == end_old and j == end_new:
            return edits
        i, j = _char_begin(old, new, i, j)
        next_i, next_j = _next_alike(old, i, end_old, new, j, end_new)
        added = new[j:next_j]
        size += len(added) + _COST
        if size > most:
            return None
        edits.append((i, next_i - i, added.decode()))
        i, j = next_i, next_j


_COST = 16  # bytes in which an edit is written, besides its text


def apply_edits(old: bytes | bytearray, edits: Sequence[Edit]) -> bytes:
    """The new text. ValueError if the edits are out of order or beyond the old one's end."""
    text, at = memoryview(old), 0
    parts: list[bytes | memoryview] = []
    for begin, removed, added in edits:
        if begin < at or removed < 0:
            raise ValueError(f"an edit of {removed} bytes at byte {begin} does not fit")
        parts.append(text[at:begin])
        parts.append(added.encode())
        at = begin + removed
    if at > len(old):
        raise ValueError(f"an edit up to byte {at} of {len(old)} does not fit")
    parts.append(text[at:])
    return b"".join(parts)


def _begin_alike(old: bytes, i: int, new: bytes, j: int, longest: int) -> int:
    """How many bytes are the same from two places on."""
    return _alike(longest, lambda n, end: old[i + n : i + end] == new[j + n : j + end])


def _end_alike(old: bytes, i: int, new: bytes, j: int, longest: int) -> int:
    """How many bytes are the same before two places."""
    return _alike(longest, lambda n, end: old[i - end : i - n] == new[j - end : j - n])


def _alike(longest: int, are_same: Callable[[int, int], bool]) -> int:
    """How many bytes in a row are the same; asked of the bytes from the first number to before the second."""
    same, step = 0, 64
    while same < longest:
        step = min(step, longest - same)
        if are_same(same, same + step):
            same += step
            step = min(step * 4, _BLOCK)
        elif step == 1:
            break
        else:
            longest, step = same + step - 1, (step + 1) // 2
    return same


def _ends(old: bytes, new: bytes) -> tuple[int, int]:
    """Where the end begins that both have; at a whole character."""
    same = _end_alike(old, len(old), new, len(new), min(len(old), len(new)))
    while same and _is_inside(old, len(old) - same):
        same -= 1
    return len(old) - same, len(new) - same


def _is_inside(text: bytes, at: int) -> bool:
    """Whether a place lies within a character."""
    return at < len(text) and text[at] & 0xC0 == 0x80


def _char_begin(old: bytes, new: bytes, i: int, j: int) -> tuple[int, int]:
    """The begin of the character that the two texts differ in; it may be one whose first bytes are the same."""
    while i and j and (_is_inside(old, i) or _is_inside(new, j)):
        i, j = i - 1, j - 1
    return i, j


def _next_alike(old: bytes, i: int, end_old: int, new: bytes, j: int, end_new: int) -> tuple[int, int]:
    """The next place in each where both go on alike: their ends, if there is none near enough.

    A few bytes after the difference of one text are looked for in the other, then some farther
    ones, and so on: a piece that was inserted, taken out or replaced is passed in a few looks.
    """
    ahead = 0
    while ahead <= _FARTHEST and i < end_old and j < end_new:
        window = max(_NEAR, 8 * ahead)
        in_new = _found(old, i + ahead, end_old, new, j, min(j + window, end_new))
        in_old = _found(new, j + ahead, end_new, old, i, min(i + window, end_old))
        places = [(i + ahead, in_new)] * (in_new >= 0) + [(in_old, j + ahead)] * (in_old >= 0)
        if places:
            a, b = min(places, key=sum)
            same = _end_alike(old, a, new, b, min(a - i, b - j))
            while _is_inside(old, a - same):
                same -= 1
            return a - same, b - same
        ahead = 2 * ahead or _ANCHOR
    return end_old, end_new


def _found(text: bytes, at: int, end: int, other: bytes, begin: int, to: int) -> int:
    """Where a few bytes of one text are in the other; -1 if nowhere between."""
    return other.find(text[at : at + _ANCHOR], begin, to) if at + _ANCHOR <= end else -1
