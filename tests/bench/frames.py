"""What the browser painted, and when: a run counts as painted at the end of the frame that drew its line."""

import asyncio
import time
from collections.abc import Callable

import pytest
from flightlog.core.runs import Run
from flightlog.tui.app import FlightlogApp
from flightlog.tui.screens.runs import RunsScreen
from flightlog.tui.widgets.run_table import RunTable


class Frames:
    """Watches the run list of one program that runs headless."""

    def __init__(self, app: FlightlogApp, monkeypatch: pytest.MonkeyPatch) -> None:
        self.drawn: dict[str, Run] = {}
        """The runs drawn since this was last cleared, as they were drawn."""
        self.on_frame: Callable[[], object] = lambda: None
        self._app, self._next = app, asyncio.Event()
        draw = RunTable._line

        def line(table, state):
            if isinstance(state.line, Run):
                self.drawn[state.line.id] = state.line
            return draw(table, state)

        monkeypatch.setattr(RunTable, "_line", line)
        app.post_display_hook = self._displayed

    def _displayed(self) -> None:
        self.on_frame()
        self._next.set()

    @property
    def screen(self) -> RunsScreen:
        """The screen with the run list."""
        return self._app.home

    def in_sight(self) -> list[Run | None]:
        """The lines of the table on screen."""
        found = self.screen.run_list
        return [found.line(number) for number in range(found.top, min(found.top + self.screen.table.rows, found.lines))]

    def complete(self) -> bool:
        """Whether all lines in sight were drawn since `drawn` was cleared, with their runs."""
        if not hasattr(self._app, "home"):
            return False
        lines = self.in_sight()
        return bool(lines) and all(line is not None and self.drawn.get(line.id) == line for line in lines)

    async def until(self, condition: Callable[[], bool]) -> float:
        """Seconds until a frame was painted after which it holds."""
        began = time.perf_counter()
        while not condition():
            self._next.clear()
            async with asyncio.timeout(10):
                await self._next.wait()
        return time.perf_counter() - began

    async def press(self, key: str, condition: Callable[[], bool]) -> float:
        """Seconds from a key to the frame after which the condition holds."""
        self.drawn.clear()
        began = time.perf_counter()
        self._app.simulate_key(key)
        await self.until(condition)
        return time.perf_counter() - began

    async def page_down(self) -> float:
        """Seconds from the key to the frame that shows the next page."""
        top = self.screen.run_list.top
        return await self.press("pagedown", lambda: self.screen.run_list.top != top and self.complete())

    async def to_end(self) -> float:
        """Seconds from the key to the frame that shows the list's end."""
        found = self.screen.run_list
        return await self.press("G", lambda: found.cursor_line == found.lines - 1 and self.complete())

    async def move(self, key: str = "j") -> float:
        """Seconds from a key that moves the cursor to the frame that shows it there."""
        found = self.screen.run_list
        line = found.cursor_line
        return await self.press(key, lambda: found.cursor_line != line and found.cursor in self.drawn)
