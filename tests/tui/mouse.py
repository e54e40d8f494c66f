"""The mouse as a terminal tells of it: what is a click, or the second of two, Textual finds out itself."""

from textual import events


def moved(app, kind, x, y, button=1):
    """Posts one event of the mouse."""
    app.post_message(kind(None, x, y, 0, 0, button, False, False, False, screen_x=x, screen_y=y))


async def click_at(pilot, x, y, *, times=1):
    """Presses and lets go of the button."""
    for _ in range(times):
        moved(pilot.app, events.MouseDown, x, y)
        moved(pilot.app, events.MouseUp, x, y)
        await pilot.pause()


async def drag(pilot, start, end):
    """Presses at one cell, moves there line by line, and lets go at another."""
    (x, y), (to_x, to_y) = start, end
    moved(pilot.app, events.MouseDown, x, y)
    step = 1 if to_y >= y else -1
    for row in range(y, to_y + step, step):
        moved(pilot.app, events.MouseMove, to_x, row)
        await pilot.pause()
    moved(pilot.app, events.MouseUp, to_x, to_y)
    await pilot.pause()


async def wheel(pilot, x, y, *, down=True):
    """Turns the wheel by one notch."""
    moved(pilot.app, events.MouseScrollDown if down else events.MouseScrollUp, x, y, 0)
    await pilot.pause()
