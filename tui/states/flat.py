"""A value on one line."""

from ...core.events import Json
from ..lines import Line
from ..trees.json_nodes import json_node, text_line
from .shown import Value

SHORT = 40
"""Characters of a text that is shown beside its key whole."""


def is_leaf(value: Json) -> bool:
    """Whether nothing of it is left to be unfolded."""
    return not value or not isinstance(value, dict | list | str) or (isinstance(value, str) and len(value) <= SHORT)


def flat(value: Json) -> Line:
    """A value, or how a long one begins and how much there is of it."""
    if isinstance(value, str):
        return text_line(value)
    node = json_node("", value, key="value", depth=9)
    return node.line if isinstance(node.line, list) else []


def glance(value: Value | None, old: Value | None) -> Line:
    """A value as it was read, and where both are short what it was before."""
    if value is None:
        return [("…", "faint")]
    if old is not None and is_leaf(old[0]) and is_leaf(value[0]):
        return [*flat(old[0]), (" → ", "faint"), *flat(value[0])]
    return flat(value[0])
