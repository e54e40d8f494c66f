"""What the tests of place 4 share: how one goes there, and waits until something is on screen."""

from flightlog.tui.screens.space import SpaceScreen
from seeing import until


async def at_space(pilot) -> SpaceScreen:
    """Goes to the place, and waits until it is read."""
    await until(pilot, lambda: pilot.app.store is not None and pilot.app.home.run_list.ready)
    await pilot.press("4")
    await until(pilot, lambda: isinstance(pilot.app.screen, SpaceScreen) and pilot.app.screen.found is not None)
    await read(pilot)
    return pilot.app.screen


async def read(pilot) -> None:
    """Waits until what was asked for is shown."""
    screen = pilot.app.screen
    await until(pilot, lambda: not (pilot.app.typed.busy or screen.loader.busy or screen.previewer.busy))
    await pilot.pause()


async def into(pilot, screen: SpaceScreen, name: str) -> None:
    """Puts the cursor on something, and looks into it."""
    screen.list.move_to(names_of(screen).index(name))
    await pilot.press("enter")
    await until(pilot, lambda: screen.found.space.node.name == name)
    await read(pilot)


def names_of(screen: SpaceScreen) -> list[str]:
    return [node.name for node in screen.list.page.nodes]
