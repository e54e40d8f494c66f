"""Who sits in front of the browser: how they set it, and how they left it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ..keys import row, shown
from .remembered import Memory, Remembered, read_remembered, state_file
from .settings import PersonalSettings, View, read_settings, settings_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from textual.dom import DOMNode

    from ...core.errors import StorageError

OURS = ("flightlog-dark", "flightlog-light")
"""Themes besides Textual's own."""


class Person:
    """Belongs to the event loop. By itself it has no settings and remembers nothing: so are tests, and pictures."""

    def __init__(
        self,
        settings: PersonalSettings = PersonalSettings(),
        remembered: Remembered = Remembered(),
        memory: Memory | None = None,
    ) -> None:
        self.settings, self.remembered = settings, remembered
        self._memory = memory or Memory(None)

    def remember(self, **facts: Any) -> None:
        """Takes note of fields of `Remembered`, and has them written if they are others than those that are kept."""
        now = msgspec.structs.replace(self.remembered, **facts)
        if now != self.remembered or self._memory.failure is not None:
            self.remembered = now
            self._memory.keep(now)

    def typed(self, query: str) -> None:
        """A query was typed."""
        self.remember(filters=self.remembered.with_filter(query).filters)

    def bookmarked(self, run: str, seqs: tuple[int, ...]) -> None:
        """These entries of a run's log are bookmarked."""
        self.remember(bookmarks=self.remembered.with_bookmarks(run, seqs).bookmarks)

    def viewed(self, views: dict[str, View]) -> None:
        """A view was saved, or is no more: these are in the file now."""
        self.settings = self.settings._replace(views=views)

    def tells(self, trouble: Callable[[StorageError], object]) -> None:
        """Has somebody told, in another thread, when what is to be remembered cannot be written."""
        self._memory.tell = trouble

    def close(self) -> StorageError | None:
        """Waits a moment until all is written; why it is not, where that is so."""
        return self._memory.close()


def load_person(data: str | None) -> Person:
    """The user's own settings, and how these data were left (None: it is not remembered, nor will be).

    To be called in a thread. Never fails; mistakes are in `settings.mistakes`.
    """
    file = settings_file()
    settings = read_settings(file, themes() if file.exists() else ())
    if data is None:
        return Person(settings)
    state = state_file(data)
    return Person(settings, msgspec.structs.replace(read_remembered(state), data=data), Memory(state))


def themes() -> tuple[str, ...]:
    """Names of the themes that there are."""
    from textual.theme import BUILTIN_THEMES

    return (*OURS, *BUILTIN_THEMES)


def own_keys(node: DOMNode) -> Mapping[str, str]:
    """A person's own keys, by the ids of the table of keys."""
    return person_of(node).settings.keys


def key_for(node: DOMNode, id: str) -> str:
    """The key of a row as it is written for this person: what a sentence on screen calls it."""
    return shown(own_keys(node).get(id) or row(id))


def person_of(node: DOMNode) -> Person:
    """Who sits in front of the program that a widget or screen belongs to."""
    found = getattr(node.app, "person", None)
    return found if isinstance(found, Person) else Person()
