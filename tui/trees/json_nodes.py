"""JSON of any size as a foldable tree: what is folded is neither walked nor drawn."""

from collections.abc import Callable, Sequence
from functools import lru_cache, partial

from ...core.deep_json import NESTED, is_nested, opened
from ...core.events import Json
from ...core.text import safe_text
from ..format import plural, size
from ..lines import Line, one_line
from .nodes import Node

CHUNK = 100
"""Members of a list or object that are shown together; more are folded into ranges of this many."""

SHORT = 60
"""Characters of a text that is shown on its line alone."""

WHOLE = 1_000_000
"""Characters of a text that is unfolded."""

OPEN_DEPTH = 2
"""How deep a tree is unfolded by itself, and only where it has few members."""
OPEN_MEMBERS = 12

KEPT = 100_000
"""Characters of JSON up to which it stays read that was too deep for its line."""


def json_node(name: str, value: Json, *, key: object = None, depth: int = 0, ink: str = "accent") -> Node:
    """A value under its name: a leaf, a foldable text, or a foldable list or object."""
    label: Line = [(one_line(name, 80), ink), (": ", "faint")] if name else []
    identity = name if key is None else key
    if is_nested(value):
        return _nested_node(identity, label, value)
    if isinstance(value, str):
        return _text_node(identity, label, value)
    if not isinstance(value, dict | list) or not value:
        return Node(identity, [*label, scalar(value)])
    open = depth < OPEN_DEPTH and len(value) <= OPEN_MEMBERS
    return Node(identity, [*label, *summary(value)], members(value, depth + 1), open)


def section_of(name: str, value: Json, *, depth: int = 1) -> Node:
    """A titled JSON value: its members directly below the title; `depth` says how deep they lie already."""
    if isinstance(value, dict | list) and value:
        about = plural(len(value), "key") if isinstance(value, dict) else plural(len(value), "entry", "entries")
        return Node(name, [(name, "title"), (f"  {about}", "faint")], members(value, depth), open=len(value) <= 12)
    return json_node(name, value, ink="title")


def members(value: Json, depth: int = 0) -> Callable[[], Sequence[Node]]:
    """What makes the nodes of a list's or object's members, in ranges where there are many."""

    def make() -> Sequence[Node]:
        if len(value) <= CHUNK:
            return _range(value, 0, len(value), depth)
        starts = range(0, len(value), CHUNK)
        return [
            Node(
                ("range", start),
                [(f"{start:,}…{min(start + CHUNK, len(value)) - 1:,}", "muted")],
                partial(_range, value, start, start + CHUNK, depth),
                open=start == 0,
            )
            for start in starts
        ]

    return make


def _range(value: Json, start: int, stop: int, depth: int) -> list[Node]:
    if isinstance(value, list):
        part = value[start:stop]
        return [json_node(str(n), one, key=n, depth=depth, ink="muted") for n, one in enumerate(part, start)]
    return [json_node(str(key), value[key], depth=depth) for key in list(value)[start:stop]]


def _nested_node(key: object, label: Line, value: dict[str, str]) -> Node:
    """What lies deeper than a line of JSON goes; it is read when it is unfolded."""
    body = value[NESTED]
    about = f"goes deeper, {size(len(body))} of JSON"
    return Node(key, [*label, (about, "muted")], partial(_members_below, value))


def _members_below(value: dict[str, str]) -> Sequence[Node]:
    return members(opened_once(value), OPEN_DEPTH)()


def opened_once(value: Json) -> Json:
    """As `opened`, but what is read to be shown is not read again to be copied. May be called in any thread."""
    return _opened(value[NESTED]) if is_nested(value) and len(value[NESTED]) <= KEPT else opened(value)


@lru_cache(maxsize=128)
def _opened(text: str) -> Json:
    """Read once: a tree is made anew with every key, and what lies deep has many such texts, each in the one before."""
    return opened({NESTED: text})


def _text_node(key: object, label: Line, value: str) -> Node:
    if len(value) <= SHORT and "\n" not in value:
        return Node(key, [*label, *text_line(value)])
    return Node(key, [*label, *text_line(value)], text=safe_text(value, lines=True, limit=WHOLE), ink="good")


def text_line(value: str) -> Line:
    """A text on one line: how it begins, and how much there is of a long one."""
    if len(value) <= SHORT and "\n" not in value:
        return [(f'"{safe_text(value)}"', "good")]
    lines = value.count("\n") + 1
    about = f"{len(value):,} characters" + (f", {lines:,} lines" if lines > 1 else "")
    begins = one_line(value, SHORT).removesuffix("…")
    return [(f'"{begins}', "good"), (f"…  {about}", "faint")]


def scalar(value: Json) -> tuple[str, str]:
    """A value without members as a span."""
    if value is None:
        return "null", "faint"
    if isinstance(value, bool):
        return str(value).lower(), "warn"
    if isinstance(value, int | float):
        return safe_text(repr(value), limit=200), "active"
    if isinstance(value, str):
        return f'"{one_line(value, SHORT)}"', "good"
    return ("[]" if isinstance(value, list) else "{}"), "faint"


def summary(value: Json) -> Line:
    """A list or object on one line: how many members, and which."""
    opaque = opaque_line(value)
    if opaque:
        return opaque
    if isinstance(value, list):
        return [(f"[{len(value):,}]", "muted"), (f"  {_glance(value[:3])}", "faint")]
    names = ", ".join(one_line(str(key), 24) for key in list(value)[:4])
    more = ", …" if len(value) > 4 else ""
    return [(f"{{{plural(len(value), 'key')}}}", "muted"), (f"  {names}{more}", "faint")]


def _glance(values: list[Json]) -> str:
    if all(isinstance(value, dict | list) for value in values):
        return ""
    return ", ".join(scalar(value)[0] if not isinstance(value, dict | list) else "…" for value in values)


def opaque_line(value: Json) -> Line:
    """Bytes that are kept and never loaded, as design says they are shown; empty if it is something else."""
    if isinstance(value, dict) and value.keys() == {"opaque", "size", "sha256"} and isinstance(value["size"], int):
        about = f"opaque, {value['size']:,} bytes ({size(value['size'])}), sha256 {one_line(str(value['sha256']), 16)}"
        return [(about, "warn"), (f"  {one_line(str(value['opaque'] or ''), 60)}", "faint")]
    return []
