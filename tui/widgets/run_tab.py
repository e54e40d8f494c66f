"""What every tab of the run screen has: how it reads, off the event loop, and how it shows what was read."""

import asyncio
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

from textual.containers import Vertical
from textual.message import Message

from ...core.runs import Run
from ...core.store import Store
from ..glyphs import Glyphs, glyphs_of
from ..lines import Line


class RunTab(Vertical):
    """One tab. The screen calls `read` in a thread and `show` on the event loop, when there is something new."""

    PLACE = ""
    """Place in the table of keys that belongs to this tab alone."""
    DROPPED = False
    """Whether what is read for it is dropped when the person goes to another tab; `read` then changes nothing."""

    opening: asyncio.Event | None = None
    """There while something is read that the person asked for, not set until it is shown: keys wait for that."""

    _rereads = False

    @dataclass
    class Jump(Message):
        """The person wants to see something in another tab."""

        tab: str
        target: Any

    @dataclass
    class Reread(Message):
        """The tab wants to be read again: the person asked for something else."""

        instead: bool = False
        """Whether what is read just now is wanted no more."""

    @abstractmethod
    def read(self, store: Store, run: Run) -> Any:
        """What is to be shown, or what is new of it. Called in a thread, never twice at once."""

    @abstractmethod
    def show(self, run: Run, found: Any) -> None:
        """Shows what was read; folds, cursor and scroll stay."""

    def wait_for(self, told: Line) -> None:
        """What is read for it takes long: how far it is, told every now and then until `show`."""

    def go_to(self, target: Any) -> None:
        """Brings something into sight that another tab pointed at."""

    def tick(self) -> None:
        """A second has passed: ages and running bars are drawn anew."""

    def reread_soon(self) -> None:
        """Wants to be read again: once for everything that comes into sight, or is unfolded, at the same time."""
        if not self._rereads:
            self._rereads = self.call_later(self._reread)

    def _reread(self) -> None:
        self._rereads = False
        self.post_message(self.Reread())

    def back(self) -> bool:
        """Steps out of whatever is open inside the tab; False if nothing is."""
        return False

    @property
    def glyphs(self) -> Glyphs:
        """The signs in use."""
        return glyphs_of(self)
