"""The pane below the versions: what the one under the cursor changed in the definition."""

from collections.abc import Callable
from functools import partial

from ...core.store import Store
from ...core.version_history import Entry
from ..glyphs import glyphs_of
from ..loading import Loader
from ..workflows.glance import Glance, Place, glance_at, glance_lines
from .line_pane import LinePane

LEAST = 6
"""Cells of its height under which it says too little to be there."""


def room(height: int, versions: int) -> int:
    """Cells that it takes of so many which it shares with so many versions; 0 where it has no room."""
    height = max(height - versions, height // 3)
    return height if height >= LEAST else 0


class VersionGlance(LinePane):
    """Reads a version when the cursor comes to it: definitions do not change, so the same one is not read again."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._store: Store | None = None
        self._wanted: Place | None = None
        self._found: Glance | None = None
        self._loader: Loader[Glance | None] = Loader(self, self._prepare, self._loaded)

    def look(self, store: Store, workflow: str, entry: Entry | None) -> None:
        """The cursor is on this version."""
        place = None
        if entry is not None and entry.number is not None and entry.is_kept:
            place = Place(workflow, entry.number, entry.against)
        if place != self._wanted:
            self._store, self._wanted = store, place
            self._draw()
            if place is not None:
                self._loader.request()

    def on_resize(self) -> None:
        self._draw()

    def _prepare(self) -> Callable[[], Glance | None]:
        return partial(_read, self._store, self._wanted)

    def _loaded(self, found: Glance | None) -> None:
        self._found = found
        self._draw()
        if found is not None and self._wanted not in (None, found.place):
            self._loader.request()

    def _draw(self) -> None:
        found = self._found
        if found is None or found.place != self._wanted:
            self.show([])
        else:
            self.show(list(glance_lines(found, max(self.size.width - 2, 20), glyphs_of(self))))


def _read(store: Store | None, place: Place | None) -> Glance | None:
    return None if store is None or place is None else glance_at(store, place)
