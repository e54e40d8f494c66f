"""Keys that are typed faster than they are acted on: each reaches the screen that the ones before it led to."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from textual import events
from textual.message_pump import MessagePump

from ..loading import raised

if TYPE_CHECKING:
    from textual.app import App
    from textual.screen import Screen

Typed = events.Key | events.Paste

ROUNDS = 3
"""What a key sets off: its action, what that tells the widgets round it, and what these tell the screen."""

PATIENCE = 1.0
"""Seconds after which keys are given out that a screen knows what to do with before it has opened."""

TURN = 0.02
"""Seconds between two looks at whether a screen has opened that takes long."""

OUT = ("app.back", "app.quit", "place.")
"""Rows of the table whose keys lead away: what waits in front of them is not wanted any more."""


class TypeAhead:
    """Gives keys out one after the other. Lives on the event loop.

    Textual hands a key to what has the focus when the key arrives, which is before the key in front
    of it has done anything. Here a key waits until the one before has gone through all who hear of
    it, and what that opened can take keys. A screen that is about to open, or to show, something
    says so by an `asyncio.Event` called `opening`. A key that comes alone waits for nothing.

    A key that such a screen cannot act on yet waits as long as that lasts, and those behind it: none is lost.
    One that works everywhere passes them, after a moment; those of the rows that the screen names in `AT_ONCE`
    need not wait for it either, and such of these pass them too that lead to another place.
    """

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._waiting: deque[Typed] = deque()
        self._kept: list[tuple[Screen[Any], Typed]] = []
        """What was passed, and the screen that it is for."""
        self._given: Typed | None = None
        self._task: asyncio.Task[None] | None = None
        self._slow: asyncio.Event | None = None
        """What takes longer to open than a moment."""

    @property
    def busy(self) -> bool:
        """Whether what was typed is still being acted on."""
        return self._task is not None

    def holds(self, key: Typed) -> bool:
        """Whether this key has to wait; if not, it is to be acted on now."""
        if key is self._given:
            return False
        if self._waiting and self._is_early(self._waiting[0]) and not self._is_early(key) and self._passes(key):
            return False
        first = self._task is None
        if self._task is None:
            self._task = asyncio.create_task(self._give())
        if first and not self._is_early(key):
            return False
        self._waiting.append(key)
        return True

    def is_slow(self, opening: asyncio.Event | None) -> None:
        """It is known of this that it takes more than a moment."""
        self._slow = opening

    def opened(self) -> None:
        """What was about to open has, or never will: what was typed for it is given out."""
        if opening := self._opening:
            opening.set()

    @property
    def _opening(self) -> asyncio.Event | None:
        """What the screen is about to open."""
        stack = self._app.screen_stack
        opening: asyncio.Event | None = getattr(stack[-1], "opening", None) if stack else None
        return None if opening is None or opening.is_set() else opening

    def _is_early(self, key: Typed) -> bool:
        """Whether the screen cannot act on it before it has opened what it is about to."""
        if (opening := self._opening) is None:
            return False
        focused = self._app.focused
        if focused is not None and focused.check_consume_key("a", "a"):
            return False  # what is typed into a line of text is not for what opens
        if opening is not self._slow:
            return True
        return not self._row(key).startswith(("app.", *getattr(self._app.screen, "AT_ONCE", ())))

    def _row(self, key: Typed) -> str:
        """The row of the table of keys that it stands for, where the focus is; empty if it is none's."""
        bound = self._app.screen.active_bindings.get(key.key) if isinstance(key, events.Key) else None
        return bound.binding.id or "" if bound is not None else ""

    def _passes(self, key: Typed) -> bool:
        """Whether it works everywhere, or leads away; then it passes those that wait for the screen to open."""
        row, screen = self._row(key), self._app.screen
        passes = row.startswith(("app.", *OUT))
        if passes:
            self._kept += [] if row.startswith(OUT) else [(screen, one) for one in self._waiting]
            self._waiting.clear()
        return passes

    def _take_up(self) -> None:
        """What was passed goes on where its screen is seen again, and is gone where that is."""
        stack = self._app.screen_stack
        self._kept = [(screen, key) for screen, key in self._kept if screen in stack]
        if self._kept and stack[-1] is self._kept[0][0] and self._opening is None:
            self._waiting.extendleft(key for _, key in reversed(self._kept))
            self._kept.clear()

    async def _give(self) -> None:
        try:
            await self._give_all()
        except Exception as error:  # noqa: BLE001 - else no key would be heard of any more, and nobody told
            if self._app.screen_stack and not self._app._exit:  # else it ends, and its screens are gone
                self._app.call_later(raised, error)
        finally:
            self._task = self._given = None

    async def _give_all(self) -> None:
        await self._gone_through()
        while self._waiting or self._kept:
            self._take_up()
            await self._can_be_given()
            if not self._waiting and self._kept:
                await asyncio.sleep(TURN)
            elif self._waiting:
                self._given = self._waiting.popleft()
                self._app.post_message(self._given)
                await self._gone_through()

    async def _can_be_given(self) -> None:
        """Returns when the first key that waits can be acted on, or waits no more."""
        while self._waiting and self._is_early(self._waiting[0]) and (opening := self._opening):
            if opening is not self._slow:
                await self._gone_through()  # it came after what was slow, and is given its moment too
                continue
            # In turns: another screen may come to lie on top, or a key that leads away in.
            with suppress(TimeoutError):
                async with asyncio.timeout(TURN):
                    await opening.wait()

    async def _gone_through(self) -> None:
        """Returns when what the last key set off has happened, and the screen has opened what it is about to."""
        try:
            async with asyncio.timeout(PATIENCE):
                await _emptied(self._app)  # which hands a key to what has the focus
                await self._heard()
                while (opening := self._opening) and opening is not self._slow:
                    await opening.wait()
                    await self._heard()
        except TimeoutError:
            self._slow = self._opening

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
