"""Waiting for the list that is wanted: who waits for it, and what stands in its place while there are no runs."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from ...core.query.query import EVERYTHING
from ..widgets.empty import failed, no_match, nothing_to_read, nothing_yet, opening, still_opening

if TYPE_CHECKING:
    from ...core.errors import FlightlogError
    from ...core.progress import Standing
    from ...core.store import Store
    from ..glyphs import Glyphs
    from ..lines import Line
    from .run_list import RunList

SLOW = 0.3
"""Seconds after which what is under way shows a spinner."""


class Waiting:
    """Since when a list is waited for, why it does not come, and whether a line of it is to be opened when it does.

    Belongs to the event loop.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        """What the store is called."""
        self.error: FlightlogError | None = None
        """Why nothing could be read."""
        self._ticks = 0
        self._came = asyncio.Event()
        self._opened: asyncio.Event | None = None
        self._began = time.monotonic()

    @property
    def opening(self) -> asyncio.Event | None:
        """There while something is read that was asked for: keys wait for that."""
        return self._opened or (None if self._came.is_set() else self._came)

    def begin(self) -> None:
        """Another list is wanted."""
        self._began = time.monotonic()
        if self._came.is_set():
            self._came = asyncio.Event()

    def end(self) -> None:
        """It is there."""
        self._came.set()

    def fail(self, error: FlightlogError) -> None:
        """It cannot be read."""
        self.error = error
        self.end()
        self.give_up()

    def wish(self) -> None:
        """A line of it is to be opened as soon as it is there."""
        self._opened = self._opened or asyncio.Event()

    @property
    def wished(self) -> bool:
        """Whether one is."""
        return self._opened is not None

    def give_up(self) -> None:
        """None is, any more."""
        if self._opened is not None:
            self._opened.set()
            self._opened = None

    def tick(self) -> bool:
        """A tenth of a second has passed; whether that made a whole one."""
        self._ticks += 1
        return self._ticks % 10 == 0

    @property
    def is_slow(self) -> bool:
        """Whether a person would ask what it does."""
        return time.monotonic() - self._began > SLOW

    def lines(self, found: RunList, store: Store | None, glyphs: Glyphs) -> list[Line]:
        """What is said in place of the runs; nothing where there are some."""
        if self.error is not None:
            return failed(self.error)
        if not found.ready:
            return opening(self.name, self._spinner(glyphs), _standing(store)) if self.is_slow else [[]]
        if found.lines:
            return []
        if found.query != EVERYTHING:
            return no_match(found.query.text)
        return nothing_to_read("No runs yet") if store is not None and store.read_only else nothing_yet(self.name)

    def behind_glance(self, found: RunList, store: Store | None, glyphs: Glyphs) -> Line:
        """What the header says while the runs in sight are those that were known before the store was open, or the
        first of many that are still being read.
        """
        at = _standing(store)
        is_long = found.ready and at is not None and at.seconds > SLOW
        if self.error is not None or not (is_long or (found.glanced and self.is_slow)):
            return []
        return still_opening(self._spinner(glyphs), at)

    def _spinner(self, glyphs: Glyphs) -> str:
        return glyphs.spinner[self._ticks % len(glyphs.spinner)]


def _standing(store: Store | None) -> Standing | None:
    return store.catching_up() if store is not None else None
