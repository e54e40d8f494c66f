"""Keys that are typed faster than they are acted on: each reaches the screen that the ones before it led to."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

from textual import events
from textual.message_pump import MessagePump

if TYPE_CHECKING:
    from textual.app import App

Typed = events.Key | events.Paste

ROUNDS = 3
"""What a key sets off: its action, what that tells the widgets round it, and what these tell the screen."""

PATIENCE = 1.0
"""Seconds after which the next key is given out, whatever the one before is still about to open."""


class TypeAhead:
    """Gives keys out one after the other. Lives on the event loop.

    Textual hands a key to what has the focus when the key arrives, which is before the key in front
    of it has done anything. Here a key waits until the one before has gone through all who hear of
    it, and what that opened can take keys. A screen that is about to open, or to show, something
    says so by an `asyncio.Event` called `opening`. A key that comes alone waits for nothing.
    """

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._waiting: deque[Typed] = deque()
        self._given: Typed | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether what was typed is still being acted on."""
        return self._task is not None

    def holds(self, key: Typed) -> bool:
        """Whether this key has to wait; if not, it is to be acted on now."""
        if key is self._given:
            return False
        first = self._task is None
        if self._task is None:
            self._task = asyncio.create_task(self._give())
        if first and self._opening is None:
            return False
        self._waiting.append(key)
        return True

    @property
    def _opening(self) -> asyncio.Event | None:
        """What the screen is about to open."""
        stack = self._app.screen_stack
        opening: asyncio.Event | None = getattr(stack[-1], "opening", None) if stack else None
        return None if opening is None or opening.is_set() else opening

    async def _give(self) -> None:
        await self._gone_through()
        while self._waiting:
            self._given = self._waiting.popleft()
            self._app.post_message(self._given)
            await self._gone_through()
        self._task = self._given = None

    async def _gone_through(self) -> None:
        """Returns when what the last key set off has happened, and the screen has opened what it is about to."""
        try:
            async with asyncio.timeout(PATIENCE):
                await _emptied(self._app)  # which hands a key to what has the focus
                await self._heard()
                while opening := self._opening:
                    await opening.wait()
                    await self._heard()
        except TimeoutError:
            if opening := self._opening:
                opening.set()

    async def _heard(self) -> None:
        before = self._hearers()
        for _ in range(ROUNDS):
            for hearer in dict.fromkeys((*before, *self._hearers())):
                await _emptied(hearer)

    def _hearers(self) -> list[MessagePump]:
        """From what has the focus to the app, which acts on what nobody else wanted."""
        stack = self._app.screen_stack
        return list((self._app.focused or stack[-1]).ancestors_with_self) if stack else []


async def _emptied(pump: MessagePump) -> None:
    """Waits until a widget, screen or app has taken in what is in its queue now; of a new one: until it is there."""
    done = asyncio.Event()
    if pump.call_later(done.set):
        await done.wait()
