"""The run screen in as much of the browser as it needs, and what tests ask of it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

from flightlog.backends.watching.store_watch import HEARTBEAT
from flightlog.core.store import Store
from flightlog.tui.glyphs import UNICODE
from flightlog.tui.keys import bindings
from flightlog.tui.messages import OpenRun, StoreChanged, Trouble
from flightlog.tui.parts.tabs import NAMES
from flightlog.tui.screens.run import RunScreen
from flightlog.tui.themes import DARK
from textual.app import App
from textual.pilot import Pilot

SIZES = [(120, 36), (80, 24)]
LETTERS = dict(zip(NAMES, "osltcmipa", strict=True))


async def wait(pilot: Pilot[None], true: Callable[[], object], seconds: float = 30.0) -> None:
    """Lets the program go on until something is so."""
    end = asyncio.get_running_loop().time() + seconds
    while not true():
        assert asyncio.get_running_loop().time() < end, "waited in vain"
        await asyncio.sleep(0.01)
        await pilot.pause()


async def settled(pilot: Pilot[None]) -> None:
    """Waits until the screen has nothing more to read."""
    screen = pilot.app.screen
    assert isinstance(screen, RunScreen)
    await wait(pilot, lambda: not screen._head.busy and not any(one.busy for one in screen.tabs.loaders.values()))
    await pilot.pause()


class Reader(App[None]):
    """As much of the browser as the run screen needs."""

    BINDINGS = bindings("app")
    glyphs = UNICODE

    def __init__(self, store: Store, run: str) -> None:
        super().__init__()
        self.store, self.first = store, run
        self.troubles: list[str] = []
        self.told: list[str] = []

    def on_mount(self) -> None:
        self.register_theme(DARK)
        self.theme = DARK.name
        self.push_screen(RunScreen(self.store, self.first))

    def on_open_run(self, message: OpenRun) -> None:
        self.push_screen(RunScreen(self.store, message.run))

    def on_trouble(self, message: Trouble) -> None:
        self.troubles.append(str(message.error))

    def notify(self, message: str, **more: object) -> None:
        assert more.get("markup") is False
        self.told.append(message)

    def changed(self) -> None:
        """What the feed's notice comes to, which is given again with its next beat."""
        self.screen.post_message(StoreChanged())
        self.set_timer(HEARTBEAT, partial(self.screen.post_message, StoreChanged()))

    async def action_back(self) -> None:
        await self.run_action("back", self.screen)


@asynccontextmanager
async def opened(
    store: Store, run: str, size: tuple[int, int] = (120, 36), tab: str = ""
) -> AsyncIterator[Pilot[None]]:
    """The browser, with a run open in it."""
    app = Reader(store, run)
    async with app.run_test(size=size) as pilot:
        await wait(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.tab is not None)
        await settled(pilot)
        if tab:
            await pilot.press(LETTERS[tab])
            await wait(pilot, lambda: app.screen.current == tab)
            await settled(pilot)
        yield pilot
        assert not app.troubles


def text_of(pilot: Pilot[None]) -> str:
    """All that is on the screen."""
    return "\n".join(strip.text for strip in pilot.app.screen._compositor.render_strips())


def screen_of(pilot: Pilot[None]) -> RunScreen:
    """The run screen."""
    assert isinstance(pilot.app.screen, RunScreen)
    return pilot.app.screen
