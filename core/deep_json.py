"""JSON deeper than readers can follow: what lies deeper than `DEEPEST` levels is kept whole, as the text of its JSON.

    [[[ … 100 levels … {"nested_json": "[[[1]]]"} … ]]]

So each line is shallow enough for any reader's stack, and nothing is lost. Nothing here recurses.
"""

import re
from typing import TypeGuard

import msgspec

from .events import Json

DEEPEST = 100
"""Containers within containers; every reader's stack must carry them."""
NESTED = "nested_json"
"""The one key of the object that holds what lies deeper."""

_SHALLOW = re.compile(rb'\[\]|\{\}|\{"nested_json":"[^"\\]*(?:\\.[^"\\]*)*"\}', re.DOTALL)
"""What has nothing below it, or was folded before."""
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)


def nested(body: bytes) -> Json:
    """What stands for a value that lies too deep, by its JSON; the value itself where it is no deeper than that."""
    if body[:1] not in (b"[", b"{") or _SHALLOW.fullmatch(body):
        value: Json = msgspec.json.decode(body)
        return value
    return {NESTED: body.decode()}


def is_nested(value: Json) -> TypeGuard[dict[str, str]]:
    """Whether it stands for a value that lies too deep."""
    return isinstance(value, dict) and value.keys() == {NESTED} and isinstance(value[NESTED], str)


def opened(value: Json) -> Json:
    """The list or object that such a value stands for, as many levels of it as can be followed; else the value."""
    if not is_nested(value):
        return value
    try:
        found: Json = msgspec.json.decode(folded(value[NESTED].encode()))
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return value
    return found if isinstance(found, list | dict) else value


def folded(body: bytes) -> bytes:
    """JSON of any depth as JSON that is at most `DEEPEST` levels deep. Costs one look at its brackets."""
    parts: list[bytes] = []
    depth = start = done = 0
    for found in _TOKEN.finditer(body):
        sign = body[found.start() : found.start() + 1]
        if sign in b"[{":
            depth += 1
            if depth == DEEPEST + 2:
                start = found.start()
        elif sign in b"]}":
            if depth == DEEPEST + 2 and not _SHALLOW.fullmatch(body, start, found.end()):
                parts += [body[done:start], msgspec.json.encode({NESTED: body[start : found.end()].decode()})]
                done = found.end()
            depth -= 1
    return b"".join([*parts, body[done:]])
