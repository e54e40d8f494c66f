"""Identifiers: lower-case ULIDs for runs and checkpoints, checked names for everything else.

ULID: 48 bits of Unix milliseconds and 80 random bits in Crockford's base 32 (github.com/ulid/spec).
"""

import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from . import clock
from .errors import StorageError

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUE = {letter: n for n, letter in enumerate(_ALPHABET)}
_ULID = re.compile(r"[0-7][0-9a-hjkmnp-tv-z]{25}")
_END_OF_9999 = "76ez91zpzz"  # the ten letters of the last millisecond that a date can name
_LAST_MS = 253_402_300_799_999
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")

_entropy: Callable[[int], bytes] = os.urandom
_lock = threading.Lock()
_last_ms = 0
_last_random = 0


def _after_fork() -> None:
    # The child must not continue the parent's random sequence, nor inherit a held lock.
    global _lock, _last_ms
    _lock, _last_ms = threading.Lock(), 0


os.register_at_fork(after_in_child=_after_fork)


def new_ulid(ms: int | None = None) -> str:
    """A new ULID; ids made by one process ascend. `ms` sets its time (Unix milliseconds).

    Raises ValueError for a time before 1970 or after the year 9999.
    """
    global _last_ms, _last_random
    if ms is not None and not 0 <= ms <= _LAST_MS:
        raise ValueError(f"no ULID can be of the time {ms} ms")
    with _lock:
        stamp = clock.now_ns() // 1_000_000 if ms is None else ms
        if ms is None and stamp <= _last_ms:
            stamp, _last_random = _last_ms, _last_random + 1
        else:
            # The top random bit stays free, so that counting up cannot overflow.
            random = int.from_bytes(_entropy(10), "big") >> 1
            if ms is None:
                _last_ms, _last_random = stamp, random
            else:
                return _encode(stamp << 80 | random)
        return _encode(stamp << 80 | _last_random)


@contextmanager
def drawn_from(entropy: Callable[[int], bytes]) -> Iterator[None]:
    """Lets `entropy(n)` give the random bytes of new ids meanwhile: for pictures that come out the same twice."""
    global _entropy, _last_ms
    before, _entropy, _last_ms = _entropy, entropy, 0
    try:
        yield
    finally:
        _entropy = before


def _encode(number: int) -> str:
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def is_ulid(text: str) -> bool:
    """Whether `text` is a lower-case ULID of a time up to the year 9999."""
    return _ULID.fullmatch(text) is not None and text[:10] <= _END_OF_9999


def check_run_id(text: str) -> str:
    """`text` itself if it can be the id of a run that we record; else StorageError."""
    if not isinstance(text, str) or not is_ulid(text):
        raise StorageError(
            f"{_given(text)} is not a run id",
            advice="bring a lower-case ULID, or leave the id out and give the run a name",
        )
    return text


def check_id(text: str, kind: str) -> str:
    """`text` itself if it can name a `kind` (workflow, session …); ids are rejected, never cleaned."""
    if not isinstance(text, str) or not _NAME.fullmatch(text) or text.endswith("."):
        raise StorageError(
            f"{_given(text)} cannot be a {kind} id",
            advice="use letters, digits, '.', '_' and '-', at most 128, beginning with a letter or digit",
        )
    return text


def _given(text: object) -> str:
    if isinstance(text, str):
        return repr(text[:60])
    return "None" if text is None else f"a value of type {type(text).__name__}"


def time_of(run_id: str) -> float:
    """Unix seconds at which a ULID was made."""
    number = 0
    for letter in run_id[:10]:
        number = number << 5 | _VALUE[letter]
    return number / 1000


def day_of(run_id: str) -> str:
    """The UTC day folder of a run, `2026-11-20`: a function of its id alone."""
    try:
        return datetime.fromtimestamp(time_of(run_id), UTC).strftime("%Y-%m-%d")
    except (ValueError, OverflowError, OSError) as error:
        raise StorageError(f"run id {run_id!r} names no day", advice="bring a ULID of our age") from error
