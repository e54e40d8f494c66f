"""What a row of the table of keys says."""

from typing import NamedTuple


class Key(NamedTuple):
    """What one key, or several, does in one place."""

    id: str
    """Unique in the whole table, `runs.pin`; a person's own keys name it."""
    keys: str
    """Textual's names, separated by commas; the first is shown."""
    action: str
    label: str
    """One or two words for the bottom line."""
    help: str
    """What it does, for `?` and the palette."""
    footer: bool | str = False
    """Whether the bottom line shows it. A word, `waiting`: only where the key has an effect, as the nearest widget
    or screen says that has a method of that name, `when_waiting`.
    """
    other: str = ""
    """What the bottom line says instead, `all rows`, where it does the other of its two things: where the nearest
    widget or screen that has a method named for the action, `other_failed_only`, says so.
    """
    changes: bool = False
    """Whether it changes the store: not offered when that is read-only."""
    priority: bool = False
    """Whether it works before the focused widget sees the key."""


class Place(NamedTuple):
    """Where a list of keys works."""

    id: str
    title: str
    keys: tuple[Key, ...]
    beside: tuple[str, ...] = ()
    """Other places whose keys work at the same time, but for moving and what works everywhere."""
