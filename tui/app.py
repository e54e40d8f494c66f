"""The program on the screen: paints first, then opens the store in a thread and hands it to the screens."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from textual import constants, events
from textual._styles_cache import StylesCache
from textual.geometry import Size
from textual.screen import Screen

from ..core.errors import FlightlogError
from .glyphs import ASCII, UNICODE
from .keys import bindings
from .messages import StoreChanged
from .program.hangup import watch_terminal
from .program.navigation import Navigation
from .program.news import News
from .program.troubles import Troubles
from .program.type_ahead import TypeAhead
from .program.wheel import turn
from .screens.opening import Opening
from .screens.small import TooSmall
from .themes import DARK, LIGHT, readable

if TYPE_CHECKING:
    from textual.app import SystemCommand
    from textual.await_complete import AwaitComplete
    from textual.driver import Driver

    from ..core.glance import Glance
    from ..core.store import Store
    from .operations.operations import Operations
    from .personal.person import Person
    from .program.beginning import Beginning
    from .program.entry import Entry

TURN = 0.001
"""Seconds that a thread may reckon on while the screen waits: a key takes some forty turns, and Python's own five
milliseconds for each would be seen.
"""


class FlightlogApp(Navigation, News, Troubles):
    """The browser. `open_store` is called in a thread after the first frame; its FlightlogError is shown."""

    TITLE = "flightlog"
    CSS_PATH = "styles/flightlog.tcss"
    BINDINGS = bindings("app")
    ENABLE_COMMAND_PALETTE = True
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide"), (180, "-huge")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (18, "-short"), (30, "-tall")]

    def __init__(
        self,
        open_store: "Callable[[], Store]",
        *,
        ascii: bool = False,
        name: str = "",
        who: "Callable[[], Person] | None" = None,
        glance: "Callable[[int], Glance | None] | None" = None,
        entry: "Entry | None" = None,
        options: Sequence[str] = (),
    ) -> None:
        """`name` is what the store is called until it is open, `entry` the run to begin with.

        `who` is called in a thread after the first frame: who sits there, with their settings; then, in another,
        `glance` with a number of runs: what can be shown of them before the store is open. `options` are those by
        which a verb of the command line finds the same store.
        """
        # Without colours the terminal's own are used, and nothing is painted over them.
        super().__init__(ansi_color=bool(os.environ.get("NO_COLOR")))
        self.glyphs = ASCII if ascii else UNICODE
        self.store, self.options = None, options
        self._called, self._remembers = name, who is not None
        self._start = open_store, name, who, glance, entry
        self.nowhere: FlightlogError | None = None
        """Why it ended without having begun: there is no such run."""
        self.unkept: FlightlogError | None = None
        """Why the next start does not find it as it was left; known when it is closed."""
        self.typed = TypeAhead(self)

    # --- how it begins and ends -----------------------------------------------------------------------

    def on_load(self) -> None:
        sys.setswitchinterval(TURN)
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        if "TEXTUAL_THEME" not in os.environ:
            self.theme = DARK.name
        self.set_class(self.glyphs is ASCII, "-ascii")

    def get_css_variables(self) -> dict[str, str]:
        """The colours of the theme that is on, for style sheets; called by Textual whenever it is another."""
        found = super().get_css_variables()
        self.theme_variables = found | readable(found)
        return self.theme_variables

    def get_driver_class(self) -> "type[Driver]":
        if sys.platform == "win32" or constants.DRIVER is not None:
            return super().get_driver_class()
        from .program.sparing import SparingDriver

        return SparingDriver

    def get_default_screen(self) -> Screen[Any]:
        return Opening(self._called)

    def on_mount(self) -> None:
        self.call_after_refresh(self._go_on)
        self.app_resume_signal.subscribe(self, self._resumed)
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGHUP):
                asyncio.get_running_loop().add_signal_handler(number, self._end, number)
                signal.signal(number, self._about_to_end)
            if sys.stdin.isatty() and not self.is_headless:
                # Of its own terminal's end a program is told by a signal, of another's by nobody.
                watch_terminal(sys.stdin.fileno(), lambda: os.kill(os.getpid(), signal.SIGHUP))

    @cached_property
    def beginning(self) -> "Beginning":
        """How it goes on from the first frame."""
        from .program.beginning import Beginning

        return Beginning(self, *self._start)

    def _go_on(self) -> None:
        self.beginning.begin()  # which is read only now

    def _about_to_end(self, *_: object) -> None:
        """In the signal's own handler: the loop, which acts on it, comes to it later than to a SIGCONT behind it."""
        from .program.job import JobDriver

        if isinstance(self._driver, JobDriver):
            self._driver.end()

    def _end(self, number: signal.Signals) -> None:
        """Ends as a signal asks, but gives the terminal back first; a second signal does not wait for that."""
        asyncio.get_running_loop().remove_signal_handler(number)
        self.exit(return_code=128 + number)

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.InputEvent | events.Paste) and not self.screen_stack:
            return  # it came when the program had ended, and is for nobody
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded and self.typed.holds(event):
            return
        if self.store is not None and isinstance(event, events.Key | events.MouseDown) and not event.is_forwarded:
            self.whereabouts.note()
        if isinstance(event, events.Paste):
            self._fit_paste(event)
        await super().on_event(event)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        turn(self.screen, event)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        turn(self.screen, event)

    async def run_action(self, *args: Any, **options: Any) -> bool:
        """Does what a key does: afterwards others may have an effect, and this one another."""
        done = await super().run_action(*args, **options)
        if self.screen_stack:
            self.screen.refresh_bindings()
        return done

    def _fit_paste(self, event: events.Paste) -> None:
        from textual.widgets import Input

        if isinstance(self.focused, Input):
            # Of several lines Textual would take the first alone.
            event.text = " ".join(line.strip() for line in event.text.splitlines())

    # --- the store ---------------------------------------------------------------------------------

    def open(self) -> None:
        """Opens the store in a thread; tried again while it cannot be reached."""
        self.beginning.open()

    async def action_refresh(self) -> None:
        """Reads and paints everything anew; where there is no store, tries to open it."""
        self.repaint()
        if self.store is None:
            self.open()
        elif hasattr(self.screen, "action_refresh"):
            await self.run_action("refresh", self.screen)

    def notice(self) -> None:
        """The store may have changed: told by whoever watches it, in any thread."""
        self.post_message(StoreChanged())

    def exit(self, *args: Any, **options: Any) -> None:
        """Takes note of how everything is left, and ends."""
        if self._remembers and self.store is not None:
            self.whereabouts.remember()
        super().exit(*args, **options)

    def close(self) -> None:
        """Lets go of the store, when the terminal is the shell's again: nobody waits for it on screen."""
        self.unkept = self.person.close()
        if self.store is not None:
            self.watching.close()
            self.store.close()

    # --- how much room it has -----------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        self.forget_painted()  # a terminal of another size has moved its lines as it likes
        self.fit(event.size)

    def fit(self, size: Size) -> None:
        """Says that nothing fits where that is so, and no longer where it is not."""
        small = size.width < TooSmall.WIDTH or size.height < TooSmall.HEIGHT
        if small and not isinstance(self.screen, TooSmall):
            self.push_screen(TooSmall())
        elif not small and isinstance(self.screen, TooSmall):
            self.pop_screen()

    def pop_screen(self) -> "AwaitComplete":
        """Leaves the screen on top, and all that was drawn of it."""
        found = super().pop_screen()
        # Textual's memory for two colours of a widget holds, of a thousand widgets, the lines that were drawn too.
        StylesCache.get_inner_outer.cache_clear()
        return found

    @property
    def _background_screens(self) -> list[Screen[Any]]:
        # Textual takes the screen below for visible even where the one on top hides it, and then
        # paints everything anew whenever anything happens below.
        stack = self._screen_stack
        return [] if stack and stack[-1].styles.background.a == 1 else super()._background_screens

    # --- how it is left -----------------------------------------------------------------------------

    def get_system_commands(self, screen: Screen[Any]) -> "Iterable[SystemCommand]":
        """Of what Textual itself puts into the palette, what the table of keys has not: it would stand there twice."""
        return (one for one in super().get_system_commands(screen) if one.title in ("Theme", "Screenshot"))

    async def action_quit(self) -> None:
        """Ends the program; while something is changed, only when that was stopped where nothing is half-done."""
        operations = vars(self).get("operations")  # made when the first one is
        if operations is not None and operations.in_the_way:
            self.run_worker(self._ask_to_quit(operations))
        else:
            self.exit()

    async def _ask_to_quit(self, operations: "Operations") -> None:
        from .screens.prompt import Confirm

        what = f"Still {operations.in_the_way}. Stop it and quit?"
        if await self.push_screen_wait(Confirm(what, "What was done stays done, the rest is as it was.")):
            operations.stop_and_quit()

    def action_stop(self) -> None:
        """Stops what is being done with runs, from wherever the person is."""
        if not self.operations.stop():
            from .hinting import hint

            reading = self.store is not None and self.store.catching_up() is not None
            goes_on = "what was recorded is being read: q quits, and the next start goes on from there"
            hint(self, goes_on if reading else "nothing is under way")

    def action_doctor(self) -> None:
        """Looks for everything that is wrong with the store, also with one that cannot be opened."""
        from .screens.doctor import DoctorScreen, about

        if isinstance(self.screen, DoctorScreen):
            self.screen.action_refresh()
        else:
            self.push_screen(DoctorScreen(self._start[0], about(self.screen)))
