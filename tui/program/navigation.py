"""Where one goes in the program: to a run, to runs, to another place or part, back, and to what helps."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ..messages import OpenRun, ShowRuns
from .companions import Companions

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..personal.whereabouts import Whereabouts
    from ..widgets.store_header import StoreHeader


class Navigation(Companions):
    """The keys, and the wishes of screens, that lead elsewhere."""

    @cached_property
    def whereabouts(self) -> Whereabouts:
        """Where the person is, and was."""
        from ..personal.whereabouts import Whereabouts

        return Whereabouts(self)

    def on_open_run(self, message: OpenRun) -> None:
        if self.store is not None:
            from ..screens.run import RunScreen

            self.push_screen(RunScreen(self.store, message.run, tab=message.tab))

    def on_show_runs(self, message: ShowRuns) -> None:
        if self.store is not None:
            from ..screens.runs import RunsScreen

            screen = RunsScreen(self.store.name, only=message.query, crumb=message.crumb, place=message.place)
            self.push_screen(screen)
            screen.call_after_refresh(screen.show_store, self.store, self.watching)

    async def on_store_header_picked(self, message: StoreHeader.Picked) -> None:
        """A part of the header was clicked on: to where its subject lives."""
        self.whereabouts.note()
        match message.about:
            case "doctor":
                await self.run_action("app.doctor")
            case "lost" | "failed" as status:
                await self.action_place("runs")
                self.home.show_query(f"status:{status}")
            case place:
                await self.action_place(place)

    async def action_place(self, name: str) -> None:
        """Goes to a place; what lay on the one before is left."""
        if self.store is not None:
            await self.whereabouts.to(name)

    async def action_view(self, step: int) -> None:
        """Goes back to the view before, or forth again."""
        await self.whereabouts.go(step)

    def action_focus_next(self) -> None:
        self._to_part(self.screen.focus_next)

    def action_focus_previous(self) -> None:
        self._to_part(self.screen.focus_previous)

    def _to_part(self, move: Callable[[], object]) -> None:
        before = self.focused
        move()
        if self.focused is before:
            from ..hinting import hint

            hint(self, "there is no other part here")

    async def action_back(self) -> None:
        if hasattr(self.screen, "action_back"):
            await self.run_action("back", self.screen)
        elif len(self.screen_stack) > 1:
            self.pop_screen()

    def action_suspend(self) -> None:
        """Gives the terminal to the shell that started the program, until that wants it to go on."""
        if self._driver is not None and self._driver.can_suspend:
            self.action_suspend_process()
        else:
            from ..hinting import hint

            hint(self, "there is no shell behind this terminal")

    def _resumed(self, _: object) -> None:
        self.repaint()  # what the shell has written meanwhile lies where the screen was

    def repaint(self) -> None:
        """Writes all of the screen to the terminal, whatever stands there."""
        self.forget_painted()
        self.refresh(layout=True)

    def forget_painted(self) -> None:
        """From now on whatever is painted is written, also what stands there already."""
        from .sparing import SparingDriver

        if isinstance(self._driver, SparingDriver):
            self._driver.forget()

    def action_command_palette(self) -> None:
        from ..screens.palette import Offers, Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette("commands", [Offers], id="--command-palette"))

    def search_themes(self) -> None:
        from textual.theme import ThemeProvider

        from ..screens.palette import Palette

        self.push_screen(Palette("themes", [ThemeProvider]))

    def action_help(self) -> None:
        from ..screens.help import Help
        from .commands import places_of

        read_only = self.store is not None and self.store.read_only
        self.push_screen(Help(places_of(self.screen), read_only=read_only))

    def action_commands(self) -> None:
        from ..screens.command_log import CommandLogScreen

        if not isinstance(self.screen, CommandLogScreen):
            self.push_screen(CommandLogScreen(self.commands.commands))
