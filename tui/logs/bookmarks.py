"""The bookmarks in one log: numbers of entries that a person wants to find again. Plain Python."""

from bisect import bisect_left, bisect_right

MOST = 200
"""Bookmarks in one log: more are no help to find anything, and each is read for their list."""

Bookmarks = tuple[int, ...]
"""Numbers of entries, ascending."""


def toggled(bookmarks: Bookmarks, seq: int) -> Bookmarks:
    """The same with that entry, or without it if it was one; ValueError that says so where there are too many."""
    if seq in bookmarks:
        return tuple(one for one in bookmarks if one != seq)
    if len(bookmarks) >= MOST:
        raise ValueError(f"there are {MOST} bookmarks in this log already: take one off first")
    return tuple(sorted((*bookmarks, seq)))


def beyond(bookmarks: Bookmarks, seq: int, direction: int) -> Bookmarks:
    """Those after an entry, or before it, the nearest first."""
    if direction > 0:
        return bookmarks[bisect_right(bookmarks, seq) :]
    return bookmarks[: bisect_left(bookmarks, seq)][::-1]
