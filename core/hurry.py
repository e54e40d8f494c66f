"""Reads for somebody who waits before a screen: rather what is known already than to wait for others who write."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_this_thread = threading.local()


@contextmanager
def hurried() -> Iterator[None]:
    """In this block, what this thread reads may lack what others recorded just now, if they are writing meanwhile, and
    the rest of a long journal of files that was never read.

    What its own store recorded is in it, but for what a store of files records while such a rest is read. For who is
    told of every change, and asks again then.
    """
    before, _this_thread.hurried = is_hurried(), True
    try:
        yield
    finally:
        _this_thread.hurried = before


def is_hurried() -> bool:
    """Whether this thread would rather not wait."""
    return getattr(_this_thread, "hurried", False)
