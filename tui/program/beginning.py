"""How the program begins, from the first frame on: who sits there, the run list, the first rows, the open store."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any

from ...core.errors import FlightlogError, StorageError
from ..loading import in_thread
from ..messages import OpenRun, StoreOpened, Trouble
from ..screens.opening import Opening
from ..screens.small import TooSmall
from .entry import Nowhere
from .place_screens import BESIDE
from .warming import collect, warm

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.screen import Screen

    from ...core.glance import Glance, LogEnd
    from ...core.store import Store
    from ..app import FlightlogApp
    from ..personal.person import Person
    from ..screens.run import RunScreen
    from .entry import Entry

AGAIN = 5.0
"""Seconds after which a store is tried to be opened once more."""
REMEMBERED = 2.0
"""Seconds between two looks at whether something is shown otherwise, which is remembered."""
MISTAKES = 3
"""So many mistakes in a person's settings are told at the start; `flightlog config` tells them all."""
FIRST_RUNS = 100
"""Runs that are shown before the store is open: a page of the list."""
AFTER_A_RUN = 1.0
"""Seconds until what runs now is followed, where the program began in a run and not in the list."""
DAYS = 30.0
"""Seconds between two looks at whether it is another day, for budgets."""


class Beginning:
    """Belongs to the event loop; read, with all that it reads, when the first frame is painted."""

    def __init__(
        self,
        app: FlightlogApp,
        open_store: Callable[[], Store],
        name: str,
        who: Callable[[], Person] | None,
        glance: Callable[[int], Glance | None] | None,
        entry: Entry | None,
    ) -> None:
        """For the arguments see `FlightlogApp`."""
        self._app, self._open_store, self._name = app, open_store, name
        self._who, self._glance, self._entry = who, glance, entry
        self._seen: Glance | None = None
        self._log: LogEnd | None = None
        self._opening = False

    def begin(self) -> None:
        """The first frame is painted."""
        if self._entry is not None and self._entry.glance is not None:
            in_thread(self._app, partial(_look_into, self._entry.glance, self._app.size.height), self._seen_log)
        else:
            self._meet()

    def _meet(self) -> None:
        if self._who is None:
            self._show_list()
        else:
            in_thread(self._app, self._who, self._met)

    def _met(self, person: Person | FlightlogError) -> None:
        app = self._app
        if not isinstance(person, FlightlogError):
            app.person = person
            person.tells(lambda error: app.post_message(Trouble(error)))
            app.set_keymap(person.settings.keys)
            # A theme that the environment names is for one start.
            theme = person.settings.theme or person.remembered.theme
            if theme in app.available_themes and "TEXTUAL_THEME" not in os.environ:
                app.theme = theme
        for mistake in app.person.settings.mistakes[:MISTAKES]:
            app.notify(mistake, severity="warning", timeout=15, markup=False)
        self._show_list()

    # --- the run list ------------------------------------------------------------------------------

    def _show_list(self) -> None:
        app = self._app
        if self._glance is not None:
            in_thread(app, partial(self._look, self._glance, max(FIRST_RUNS, 2 * app.size.height)), self._looked)
        from ..screens.runs import RunsScreen

        app.set_interval(DAYS, app.standings.look)
        if isinstance(app.screen, TooSmall):
            app.pop_screen()  # it stands over what is begun with; over the list it comes back
        first = app.screen
        app.home = RunsScreen(self._name)
        app.typed.is_slow(app.home.opening)
        if "runs" in app.person.remembered.screens:
            app.whereabouts.take_up("runs", app.home)
        self._show_seen()
        app.push_screen(app.home)
        self._cover(app.home)
        if self._glance is None:
            app.home.call_after_refresh(self.open)
        if isinstance(first, Opening):
            first.opening.set()
        app.fit(app.size)

    def _look(self, glance: Callable[[int], Glance | None], limit: int) -> None:
        """In a thread, while the event loop reads the run list's modules: what it has found by then is painted."""
        self._seen = glance(limit)

    def _looked(self, failure: FlightlogError | None) -> None:
        self._show_seen()
        self._app.home.call_after_refresh(self.open)

    def _show_seen(self) -> None:
        if self._seen is not None and self._seen.runs.items:
            self._app.home.glance(self._seen)

    # --- the log, where the program begins in one ----------------------------------------------------

    def _seen_log(self, found: LogEnd | FlightlogError) -> None:
        screen = self._app.screen
        if not isinstance(found, FlightlogError) and not isinstance(screen, TooSmall):
            self._log = found if found.entries else None
            self._cover(screen)
        screen.call_after_refresh(self._meet)

    def _cover(self, screen: Screen[Any]) -> None:
        """Lets a screen begin with what is known of the log, until the run's own screen shows it."""
        if self._log is not None:
            from ..widgets.log_glance import LogGlance

            screen.styles.layers = "default glance"
            screen.mount(LogGlance(self._log))

    async def _uncover(self, screen: RunScreen) -> None:
        try:
            await screen.shown.wait()
        finally:  # or the person went away from it
            self._bare()

    def _bare(self) -> None:
        self._log = None
        for screen in self._app.screen_stack:
            screen.query("LogGlance").remove()

    # --- the store ---------------------------------------------------------------------------------

    def open(self) -> None:
        """Opens the store in a thread, and begins to watch it there; tried again while it cannot be reached."""
        if self._app.store is None and not self._opening:
            self._opening = True
            in_thread(self._app, self._open, self._opened)

    def _open(self) -> StoreOpened:
        store, entry = self._open_store(), self._entry
        try:
            entry = entry.found(store) if entry is not None else None
            return StoreOpened(store, store.feed.watch(self._app.notice), entry)
        except BaseException:
            store.close()
            raise

    def _opened(self, opened: StoreOpened | FlightlogError) -> None:
        self._opening = False
        if isinstance(opened, FlightlogError):
            self._failed(opened)
            return
        app = self._app
        app.store, app.watching = opened.store, opened.watching
        if opened.entry is not None:
            self._enter(opened.entry)
        app.home.show_store(opened.store, opened.watching, read=opened.entry is None)
        app.standings.of(opened.store)
        app.pulse.of(opened.store)
        app.retaining.of(opened.store)
        warm()
        place = app.person.remembered.place
        if opened.entry is None and app.screen is app.home and place in BESIDE:
            app.call_later(app.action_place, place)
        if self._who is not None:
            app.set_interval(REMEMBERED, app.whereabouts.remember)

    def _failed(self, error: FlightlogError) -> None:
        collect()
        self._bare()
        if isinstance(error, Nowhere):
            self._app.nowhere = error
            self._app.exit()
            return
        self._app.home.show_failure(error)
        if isinstance(error, StorageError):
            self._app.set_timer(AGAIN, self.open)  # a server that is away comes back

    def _enter(self, entry: Entry) -> None:
        """Before the list is read, which waits until somebody comes back to it."""
        self._entry = None
        self._app.home.begin_at(entry.run)
        self._app.on_open_run(OpenRun(entry.run, entry.tab))
        if self._log is not None:
            screen: RunScreen = self._app.screen  # type: ignore[assignment]
            self._cover(screen)
            screen.run_worker(self._uncover(screen))
        self._app.set_timer(AFTER_A_RUN, self._app.pulse.begin)


def _look_into(glance: Callable[[int], LogEnd], limit: int) -> LogEnd:
    """In a thread, where also that is read which draws it."""
    found = glance(limit)
    if found.entries:
        from ..widgets import log_glance as _widget  # noqa: F401
    return found
