"""Where the person is in the browser and where they were: the views to go back to, and what the next start finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.widgets import Input

from .leaving import Remembering
from .views import Seen, Views

if TYPE_CHECKING:
    from textual.screen import Screen

    from ..program.navigation import Navigation


class Whereabouts:
    """Looks at the screens of the places, and leads back to what they showed. Belongs to the event loop."""

    def __init__(self, app: Navigation) -> None:
        self._app = app
        self._places: dict[str, Screen[Any]] = {}
        """The screens of those places, besides the run list, where somebody was already."""
        self._views = Views()

    @property
    def place(self) -> str:
        """The place that all on screen lies on."""
        stack = self._app.screen_stack
        return next((name for name, screen in self._places.items() if screen in stack), "runs")

    @property
    def on_screen(self) -> str | None:
        """The place that is looked at itself; None where another screen lies on it."""
        top: object = self._app.screen
        screens: dict[str, object] = {"runs": self._app.home, **self._places}
        return next((name for name, screen in screens.items() if screen is top), None)

    async def to(self, place: str) -> None:
        """Goes to a place of the open store; what lay on the one before is left."""
        app = self._app
        if place != "runs" and app.screen is self._places.get(place):
            return
        while app.screen is not app.home and len(app.screen_stack) > 1:
            await app.pop_screen()
        if place != "runs":
            await app.push_screen(self._places.get(place) or self._made(place))

    def _made(self, place: str) -> Screen[Any]:
        from ..program.place_screens import screen_of

        app = self._app
        assert app.store is not None
        screen = self._places[place] = screen_of(place, app.store, app.watching, app.pulse)
        self.take_up(place, screen)
        app.install_screen(screen, place)
        return screen

    def note(self) -> None:
        """Takes note of the view that is about to be left, perhaps; not of each letter of a filter."""
        place, screen = self.on_screen, self._app.screen
        if place is not None and isinstance(screen, Remembering) and not isinstance(self._app.focused, Input):
            self._views.note(Seen(place, screen.left()))

    async def go(self, step: int) -> None:
        """To the view before, or after."""
        self.note()
        found = self._views.step(step, beyond=self.on_screen is None)
        if found is None:
            self._app.notify(f"there is no view {'before' if step < 0 else 'after'} this one", markup=False)
            return
        if self.on_screen != found.place:
            await self._app.action_place(found.place)
        screen = self._app.screen
        if isinstance(screen, Remembering):
            screen.take_up({**screen.left(), **found.shown})
            screen.show_taken()

    def take_up(self, place: str, screen: Screen[Any]) -> None:
        """A place that is shown for the first time is as it was left the last time."""
        if isinstance(screen, Remembering) and (kept := self._app.person.remembered.screens.get(place)):
            screen.take_up(kept)

    def remember(self) -> None:
        """Takes note of how everything is shown, for the next start; written only when something differs."""
        person = self._app.person
        screens = dict(person.remembered.screens)
        for name, screen in {"runs": self._app.home, **self._places}.items():
            if isinstance(screen, Remembering):
                screens[name] = screen.left()
        person.remember(place=self.place, screens=screens, theme=self._app.theme)
