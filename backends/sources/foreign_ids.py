"""Our ids for what somebody else made: the same for the same thing, in whatever process and however often one looks."""

import hashlib

from ...core import clock

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def foreign_ulid(t: str | None, *parts: str) -> str:
    """A ULID that is a function of its arguments alone: a time (as our text; None if it is not known), and a hash of
    the texts that tell the thing from all others, as the place where it lies and its name there.
    """
    ms = max(0, int(clock.to_seconds(t) * 1000)) if t else 0
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    number = ms << 80 | int.from_bytes(hashlib.sha256(text).digest()[:10], "big")
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
