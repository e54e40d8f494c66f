"""What is on screen, and waiting until something is."""

import time


async def until(pilot, condition, seconds: float = 30.0) -> None:
    """Waits until something holds; fails with what is on screen."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, text_of(pilot.app.screen)
        await pilot.pause(0.02)


def text_of(screen) -> str:
    """All that is on a screen."""
    width, height = screen.size
    return "\n".join(strip.text for strip in screen._compositor.render_strips(screen.size)) if width and height else ""


async def shows(pilot, *words: str) -> str:
    """What is on screen, once all these words are."""
    await until(pilot, lambda: all(word in text_of(pilot.app.screen) for word in words))
    return text_of(pilot.app.screen)


async def loaded(pilot):
    """The run list, once its runs are there."""
    await until(pilot, lambda: hasattr(pilot.app, "home"))
    screen = pilot.app.home
    await until(pilot, lambda: screen.run_list.ready and not screen.loader.busy)
    await pilot.pause()
    return screen
