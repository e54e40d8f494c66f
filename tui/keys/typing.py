"""Which keys still do what the table says while somebody types: all others are part of what is typed."""

from collections.abc import Iterable, Iterator

from .key import Key
from .names import written

_MOVES = frozenset({"enter", "tab", "backspace", "up", "down", "left", "right", "home", "end", "pageup", "pagedown"})
"""What goes to and fro in a text, and ends a line of it."""


def while_typing(keys: Iterable[Key]) -> Iterator[Key]:
    """Rows, the innermost first, with those of their keys that are left; a row of which none is left is not there."""
    taken = set(_MOVES)
    for key in keys:
        names = [name for name in key.keys.split(",") if name not in taken and not _is_typed(name)]
        taken.update(names)
        if names:
            yield key._replace(keys=",".join(names))


def _is_typed(name: str) -> bool:
    return name == "space" or len(written(name)) == 1
