"""JSON that is nested deeper than Python recurses, and what was kept of it."""

import json
import re


def whole(body: bytes | str) -> str:
    """What lies too deep, put back in its place; as compact as it was recorded."""
    text = body.decode() if isinstance(body, bytes) else body
    whole = re.sub(
        r'\{"nested_json": ?("(?:[^"\\]|\\.)*")\}', lambda found: json.loads(found[1]), text, flags=re.DOTALL
    )
    return whole.replace('": ', '":')


def nested(depth: int, make=lambda inner: [inner], value: object = 1) -> object:
    """A value in so many containers."""
    for _ in range(depth):
        value = make(value)
    return value
