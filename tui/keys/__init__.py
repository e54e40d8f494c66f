"""The one table of keys. Bindings, the bottom line, `?`, the command palette and the README's list are made from it.

To add a key: add a row to the list of the place it works in, and an `action_…` method of that
name to its screen or widget. A module holds the keys of one place of the browser, and names its
places, the innermost last.
"""

from collections.abc import Iterator, Mapping

from textual.binding import Binding, BindingType

from . import compare, costs, doctor, everywhere, live, retention, run, runs, space, workflows
from .key import Key, Place
from .names import written

PLACES: tuple[Place, ...] = (
    *everywhere.PLACES,
    *runs.PLACES,
    *live.PLACES,
    *workflows.PLACES,
    *costs.PLACES,
    *space.PLACES,
    *doctor.PLACES,
    *retention.PLACES,
    *run.PLACES,
    *compare.PLACES,
)


def place(id: str) -> Place:
    """A place by its id; raises KeyError."""
    return _BY_ID[id]


def row(id: str) -> Key:
    """A row of the table by its id; raises KeyError."""
    return _ROWS[id]


def bindings(*ids: str) -> list[BindingType]:
    """Textual bindings of the places' keys, for a class's `BINDINGS`."""
    return [
        Binding(key.keys, key.action, key.label, id=key.id, show=False, priority=key.priority, tooltip=key.help)
        for id in ids
        for key in place(id).keys
    ]


def offered(ids: tuple[str, ...], *, read_only: bool, own: Mapping[str, str] = {}) -> Iterator[Key]:
    """Keys of the places that can be used now, with a person's `own` keys in place of the table's."""
    rows = (key for id in ids for key in place(id).keys if not (key.changes and read_only))
    return (key._replace(keys=own[key.id]) if key.id in own else key for key in rows)


def beside(place: Place) -> Iterator[Place]:
    """The other places whose keys work where those of a place do."""
    everywhere = ("moves", "app")
    for other in PLACES:
        near = other.id in (*place.beside, *everywhere) or place.id in (*other.beside, *everywhere)
        if near and other is not place:
            yield other


def shown(key: Key | str) -> str:
    """A key as it is written on screen: `^p`, `space`, `*`; the first one where there are several."""
    return written((key.keys if isinstance(key, Key) else key).split(",", 1)[0])


def all_shown(key: Key) -> str:
    """All keys of a row as written: `j down`."""
    return " ".join(written(name) for name in key.keys.split(","))


_BY_ID = {place.id: place for place in PLACES}
_ROWS = {key.id: key for place in PLACES for key in place.keys}
