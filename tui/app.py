"""The program on the screen: paints first, then opens the store in a thread and hands it to the screens."""

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from textual import events
from textual.app import App
from textual.geometry import Size
from textual.screen import Screen

from ..core.errors import FlightlogError
from ..core.text import safe_text
from .glyphs import ASCII, UNICODE
from .keys import bindings
from .messages import (
    BudgetsLooked,
    OpenRun,
    OperationEnded,
    PolicyLooked,
    Pulsed,
    ShowRuns,
    StoreChanged,
    Trouble,
)
from .screens.opening import Opening
from .screens.small import TooSmall
from .themes import DARK, LIGHT
from .type_ahead import TypeAhead

if TYPE_CHECKING:
    from textual.command import Provider

    from ..core.feed import Watch
    from ..core.glance import Glance
    from ..core.store import Store
    from .beginning import Beginning
    from .command_log import CommandLog
    from .costs.standings import Standings
    from .entry import Entry
    from .live.pulse import Pulse
    from .operations import Operations
    from .personal.person import Person
    from .personal.whereabouts import Whereabouts
    from .retention.retaining import Retaining
    from .screens.runs import RunsScreen
    from .widgets.place_line import PlaceLine

AGAIN = 5.0
"""Seconds in which the same trouble is not told twice."""
TURN = 0.001
"""Seconds that a thread may reckon on while the screen waits: a key takes some forty turns, and Python's own five
milliseconds for each would be seen.
"""


def _commands() -> "type[Provider]":
    from .commands import KeyCommands

    return KeyCommands


def _views() -> "type[Provider]":
    from .commands import ViewCommands

    return ViewCommands


class FlightlogApp(App[None]):
    """The browser. `open_store` is called in a thread after the first frame; its FlightlogError is shown."""

    TITLE = "flightlog"
    CSS_PATH = "styles/flightlog.tcss"
    BINDINGS = bindings("app")
    COMMANDS = App.COMMANDS | {_commands, _views}
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
        self.store: Store | None = None
        self.home: RunsScreen
        """The run list: what all other screens lie on."""
        self.watching: Watch
        """Of the store, once that is open."""
        self._called, self._remembers = name, who is not None
        self._start = open_store, name, who, glance, entry
        self.nowhere: FlightlogError | None = None
        """Why it ended without having begun: there is no such run."""
        self._options = options
        self.typed = TypeAhead(self)
        """What was typed and waits for its turn."""
        self._told: dict[str, float] = {}
        self._report = ""

    # --- what the first frame does without, and is not read before it -------------------------------

    @cached_property
    def beginning(self) -> "Beginning":
        """How it goes on from the first frame."""
        from .beginning import Beginning

        return Beginning(self, *self._start)

    @cached_property
    def person(self) -> "Person":
        """Who sits in front of it."""
        from .personal.person import Person

        return Person()

    @cached_property
    def standings(self) -> "Standings":
        """How the budgets stand."""
        from .costs.standings import Standings

        return Standings(self)

    @cached_property
    def commands(self) -> "CommandLog":
        """What was changed, as command lines."""
        from .command_log import CommandLog

        return CommandLog(self._options)

    @cached_property
    def whereabouts(self) -> "Whereabouts":
        """Where the person is, and was."""
        from .personal.whereabouts import Whereabouts

        return Whereabouts(self)

    @cached_property
    def pulse(self) -> "Pulse":
        """What runs now, how fast that spends, and which runs a person wants to be told of."""
        from .live.pulse import Pulse

        return Pulse(self)

    @cached_property
    def operations(self) -> "Operations":
        """What is being done with runs."""
        from .operations import Operations

        return Operations(self)

    @cached_property
    def retaining(self) -> "Retaining":
        """What the retention policy does by itself."""
        from .retention.retaining import Retaining

        return Retaining(self, self.operations)

    # --- how it begins and ends -----------------------------------------------------------------------

    def on_load(self) -> None:
        sys.setswitchinterval(TURN)
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        if "TEXTUAL_THEME" not in os.environ:
            self.theme = DARK.name
        self.set_class(self.glyphs is ASCII, "-ascii")

    def get_default_screen(self) -> Screen[Any]:
        return Opening(self._called)

    def on_mount(self) -> None:
        self.call_after_refresh(self._go_on)
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGHUP):
                asyncio.get_running_loop().add_signal_handler(number, self._end, number)

    def _go_on(self) -> None:
        self.beginning.begin()  # which is read only now

    def _end(self, number: signal.Signals) -> None:
        """Ends as a signal asks, but gives the terminal back first; a second signal does not wait for that."""
        asyncio.get_running_loop().remove_signal_handler(number)
        self.exit(return_code=128 + number)

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded and self.typed.holds(event):
            return
        if self.store is not None and isinstance(event, events.Key | events.MouseDown) and not event.is_forwarded:
            self.whereabouts.note()
        await super().on_event(event)

    async def action_view(self, step: int) -> None:
        """Goes back to the view before, or forth again."""
        await self.whereabouts.go(step)

    # --- the store ---------------------------------------------------------------------------------

    def open(self) -> None:
        """Opens the store in a thread; tried again while it cannot be reached."""
        self.beginning.open()

    def notice(self) -> None:
        """The store may have changed: told by whoever watches it, in any thread."""
        self.post_message(StoreChanged())

    def on_store_changed(self, message: StoreChanged) -> None:
        for screen in self.screen_stack:
            screen.post_message(StoreChanged())
        self.standings.look()
        self.pulse.look()

    def on_operation_ended(self, message: OperationEnded) -> None:
        self.retaining.rest()
        for screen in self.screen_stack:
            screen.post_message(OperationEnded())
            screen.query("#header").refresh()

    def on_policy_looked(self, message: PolicyLooked) -> None:
        for screen in self.screen_stack[-1:]:
            screen.post_message(PolicyLooked())

    def on_pulsed(self, message: Pulsed) -> None:
        for screen in self.screen_stack[-1:]:  # none is left where the program is about to end
            screen.post_message(Pulsed())

    def on_budgets_looked(self, message: BudgetsLooked) -> None:
        self.pulse.watching.look_at_budgets(self.standings.found)
        for screen in self.screen_stack:
            screen.post_message(BudgetsLooked())
            screen.query("#header").refresh()

    def exit(self, *args: Any, **options: Any) -> None:
        """Takes note of how everything is left, and ends."""
        if self._remembers and self.store is not None:
            self.whereabouts.remember()
        super().exit(*args, **options)

    def close(self) -> None:
        """Lets go of the store, when the terminal is the shell's again: nobody waits for it on screen."""
        self.person.close()
        if self.store is not None:
            self.watching.close()
            self.store.close()

    # --- screens -----------------------------------------------------------------------------------

    def on_open_run(self, message: OpenRun) -> None:
        if self.store is not None:
            from .screens.run import RunScreen

            self.push_screen(RunScreen(self.store, message.run, tab=message.tab))

    def on_show_runs(self, message: ShowRuns) -> None:
        if self.store is not None:
            from .screens.runs import RunsScreen

            screen = RunsScreen(self.store.name, only=message.query, crumb=message.crumb, place=message.place)
            self.push_screen(screen)
            screen.call_after_refresh(screen.show_store, self.store, self.watching)

    async def on_place_line_picked(self, message: "PlaceLine.Picked") -> None:
        """A place was clicked on."""
        await self.action_place(message.place)

    async def action_place(self, name: str) -> None:
        """Goes to a place; what lay on the one before is left."""
        if self.store is not None:
            await self.whereabouts.to(name)

    def on_resize(self, event: events.Resize) -> None:
        self.fit(event.size)

    def fit(self, size: Size) -> None:
        """Says that nothing fits where that is so, and no longer where it is not."""
        small = size.width < TooSmall.WIDTH or size.height < TooSmall.HEIGHT
        if small and not isinstance(self.screen, TooSmall):
            self.push_screen(TooSmall())
        elif not small and isinstance(self.screen, TooSmall):
            self.pop_screen()

    @property
    def _background_screens(self) -> list[Screen[Any]]:
        # Textual takes the screen below for visible even where the one on top hides it, and then
        # paints everything anew whenever anything happens below.
        stack = self._screen_stack
        return [] if stack and stack[-1].styles.background.a == 1 else super()._background_screens

    def action_focus_next(self) -> None:
        self._to_part(self.screen.focus_next)

    def action_focus_previous(self) -> None:
        self._to_part(self.screen.focus_previous)

    def _to_part(self, move: Callable[[], object]) -> None:
        before = self.focused
        move()
        if self.focused is before:
            from .hinting import hint

            hint(self, "there is no other part here")

    async def action_back(self) -> None:
        if hasattr(self.screen, "action_back"):
            await self.run_action("back", self.screen)
        elif len(self.screen_stack) > 1:
            self.pop_screen()

    async def action_refresh(self) -> None:
        if self.store is None:
            self.open()
        elif hasattr(self.screen, "action_refresh"):
            await self.run_action("refresh", self.screen)

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

            hint(self, "nothing is under way")

    def action_help(self) -> None:
        from .commands import places_of
        from .screens.help import Help

        read_only = self.store is not None and self.store.read_only
        self.push_screen(Help(places_of(self.screen), read_only=read_only))

    def action_commands(self) -> None:
        from .screens.command_log import CommandLogScreen

        if not isinstance(self.screen, CommandLogScreen):
            self.push_screen(CommandLogScreen(self.commands.commands))

    # --- what goes wrong ---------------------------------------------------------------------------

    def on_trouble(self, message: Trouble) -> None:
        self.typed.opened()
        text = safe_text(str(message.error), limit=600)
        now = time.monotonic()
        if now - self._told.get(text, -AGAIN) >= AGAIN:
            self._told = {text: now}
            self.notify(text, severity="error", timeout=8, markup=False)

    def _fatal_error(self) -> None:
        # Textual's own report shows local variables, and with them whatever secrets they hold.
        from .crash_report import of_now

        self._report = of_now()
        self._close_messages_no_wait()

    def _print_error_renderables(self) -> None:
        super()._print_error_renderables()
        if self._report:
            from .crash_report import farewell

            sys.stderr.write(farewell(self._report))
