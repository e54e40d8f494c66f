"""Somebody who presses the keys of the table one after the other, and sees and hears what they do."""

import re
import threading

from flightlog.core.query.query import EVERYTHING
from flightlog.tui import keys
from flightlog.tui.hinting import LASTS
from flightlog.tui.loading import Loader
from flightlog.tui.program.commands import places_of
from flightlog.tui.screens.costs import CostsScreen
from flightlog.tui.widgets.key_bar import KeyBar
from flightlog.tui.widgets.line_list import LineList
from flightlog.tui.widgets.run_table import RunTable
from key_scenes import SHARED
from seeing import text_of, until
from textual import events
from textual.keys import key_to_character
from textual.widgets import Input

MOVES = {f"move.{name}" for name in ("down", "up", "page_down", "page_up", "home", "end")}


class Keyboard:
    """Presses one key after the other, each when the one before has done all that it does."""

    def __init__(self, pilot, opening):
        self.pilot, self.app, self.opening = pilot, pilot.app, opening
        self.told = self.refused = self.refused_at_once = 0
        notify = self.app.notify

        def counted(*args, **options):
            self.told += 1
            self.refused += options.get("severity") == "warning" or options.get("timeout") == LASTS
            return notify(*args, **options)

        self.app.notify = counted

    async def press(self, *names):
        for name in names:
            self.app.post_message(events.Key(name, key_to_character(name)))
            await self.settled()
            assert self.app._exception is None, f"{name}: {self.app._exception!r}"

    def busy(self):
        app = self.app
        owners = (app.screen, *app.screen.query("*"))
        loaders = [one for owner in owners for one in vars(owner).values() if isinstance(one, Loader)]
        loading = any(thread.name == "flightlog-load" for thread in threading.enumerate())
        return loading or app.typed.busy or app.operations.busy or any(one.busy for one in loaders)

    async def settled(self):
        await self.pilot._wait_for_screen()
        quiet = 0
        while quiet < 2:  # what a worker, a timer of no length, or a load has set off is waited for too
            await until(self.pilot, lambda: not self.busy())
            await self.pilot.pause(0.01)
            quiet = 0 if self.busy() else quiet + 1

    def seen(self):
        """All that a person can see or hear of, but for the header, which tells the time."""
        app = self.app
        strips = app.screen._compositor.render_strips(app.screen.size)[1:]
        drawn = [[(segment.text, str(segment.style)) for segment in strip] for strip in strips]
        focused, screen = app.focused, app.screen
        place = (getattr(focused, "cursor", None), getattr(focused, "scroll_offset", None), focused)
        return drawn, place, screen, self.told, app.clipboard

    async def has_effect(self, name):
        """Whether it does something here, or on one of a few other lines."""
        for fresh, *before in ((False,), (False, "j"), (True,), (False, "j"), (False, "G"), (False, "g")):
            if fresh:  # what an earlier key has hidden or filtered is there again
                await self.out()
                await self.enter()
            await self.back()
            self.app.clear_notifications()
            await self.press(*before)
            seen = self.seen()
            await self.press(name)
            if not (fresh or before):
                self.refused_at_once = self.refused
            if self.seen() != seen:
                return True
        return False

    async def harmless(self, opening):
        """Presses all that works on a screen, and is led out of whatever that opens."""
        self.opening = opening
        await self.out()
        await self.enter()
        for row in [row for row in self.offered if not row.id.startswith("app.")]:
            await self.back()
            told, seen = self.told, self.seen()
            await self.press(row.keys.split(",")[0])
            # What is offered does more than to say why it does nothing.
            changed = [before != now for n, (before, now) in enumerate(zip(seen, self.seen(), strict=True)) if n != 3]
            assert any(changed), f"{row.id} of {opening} {'only says why not' if self.told > told else 'does nothing'}"
        own = [place for place in places_of(self.app.screen) if place not in SHARED]
        for row in [row for place in own for row in keys.place(place).keys]:
            await self.back()
            await self.press(row.keys.split(",")[0])
        await self.out()

    def works(self, row):
        """Whether the key is bound where the focus is, and names anything but what is shown already."""
        bound = {active.binding.id for active in self.app.screen.active_bindings.values()}
        screen, named = self.app.screen, re.findall(r"'(\w+)'", row.action)
        by = screen.chosen.by if isinstance(screen, CostsScreen) else None
        here = (self.place[1], by, self.app.whereabouts.on_screen, "DEBUG")
        still = row.id in MOVES and not self.can_move
        return row.id in bound and not set(named) & set(here) and not still

    @property
    def offered(self):
        """What the bottom line offers, whether there is room for all of it or not."""
        return self.app.screen.query_one(KeyBar).keys

    @property
    def can_move(self):
        """Whether there is another line to go to, or something to scroll to."""
        lines = self.app.focused
        if isinstance(lines, LineList):
            return lines.max_scroll_y > 0 or (lines.count() > 1 and lines.shows_cursor)
        return not isinstance(lines, RunTable) or lines.run_list.lines > 1

    async def back(self):
        """To the scene as it was, wherever a key led."""
        for _ in range(4):
            if self.scene == self.place:
                return
            if self.app.screen is self.app.home:
                break
            await self.press("escape")
        if self.scene != self.place:
            await self.out()
            await self.enter()

    @property
    def place(self):
        """Where the person is: the screen, its tab, and the part that has the focus."""
        screen = self.app.screen
        tab = getattr(screen, "current", None) or getattr(screen, "tab", None)
        tab = tab if isinstance(tab, str) else None
        return screen, tab, self.app.focused, screen is self.app.home and self.is_plain

    @property
    def is_plain(self):
        """Whether the list shows all runs one below the other, and none is marked."""
        found = self.app.home.run_list
        return found.query == EVERYTHING and not found.grouping and not found.marks.count(found.matching or 0)

    async def enter(self):
        await self.press("g", *self.opening)
        self.scene = self.place

    async def out(self):
        """`esc`, again and again, leads to the list of all runs."""
        for _ in range(14):
            at_list = isinstance(self.app.focused, RunTable) or not self.app.home.run_list.lines
            if (
                self.app.screen is self.app.home
                and self.is_plain
                and at_list
                and not isinstance(self.app.focused, Input)
            ):
                return
            await self.press("escape")
        raise AssertionError(f"esc does not lead out of\n{text_of(self.app.screen)}")
