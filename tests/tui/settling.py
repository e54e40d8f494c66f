"""When a pressed key has had its effect: asked of the event loop and the loaders, not guessed from the clock.

Textual's own answer is to sleep 20 ms at least, twice a key, and as long as the process uses a twentieth of a core:
three quarters of the time that tests of screens took. What is asked here is exact instead: nothing is ready on the
event loop, nothing is to be drawn, no key waits for another, and no load is under way. Only a load that is held up
is given up waiting for, as it is meant to be by the tests that hold one up; one that takes long is not.
"""

import asyncio
import sys
import threading
import time
from pathlib import Path
from types import FrameType

from textual._context import active_app

HELD_UP_S = 0.05
"""How long a load may keep a test that waits in that test's own code; twice 20 ms is what Textual would wait."""

LOADING_S = 5.0
"""How long any other load may: it may wait for one that is held up."""

BUSY_S = 1.0
"""How long an event loop that never has nothing to do may keep it, as with Textual."""

_TESTS = str(Path(__file__).parents[1])

_TURNS = 3
"""A message passes from one widget's queue to the next within so many turns of the loop."""


async def settled(*_: object) -> None:
    """Waits until what was asked of the app has been done and drawn."""
    began, quiet = time.monotonic(), 0
    while quiet < _TURNS:
        await asyncio.sleep(0)
        took, patience = time.monotonic() - began, _patience()
        if took > max(BUSY_S, patience):
            return
        if _is_ready() or _draws():
            quiet = 0
        elif _is_resized() or _is_given_out() or took < patience:
            quiet = 0
            await asyncio.sleep(0.001)
        else:
            quiet += 1


def _is_ready() -> bool:
    return bool(asyncio.get_running_loop()._ready)  # type: ignore[attr-defined]


def _draws() -> bool:
    """Draws what waits for the next frame; whether there was anything."""
    screen = active_app.get().screen
    waits = screen._layout_required or screen._scroll_required or screen._repaint_required or screen._recompose_required
    if not (screen.is_current and screen.is_running and (waits or screen._dirty_widgets or screen._callbacks)):
        return False
    screen._on_timer_update()
    return True


def _is_resized() -> bool:
    """Whether the terminal has another size, which screens are told with the next frame."""
    return active_app.get()._resize_timer is not None


def _is_given_out() -> bool:
    """Whether keys wait for those before them; one that waits for a screen known to be slow is not waited for."""
    typed = getattr(active_app.get(), "typed", None)
    return typed is not None and typed.busy and (typed._slow is None or typed._opening is not typed._slow)


def _patience() -> float:
    """Seconds that what is loaded just now may take; 0 if nothing is."""
    loads = [thread.ident for thread in threading.enumerate() if thread.name == "flightlog-load"]
    frames = sys._current_frames() if loads else {}
    return max((HELD_UP_S if _is_held_up(frames.get(load)) else LOADING_S for load in loads), default=0.0)


def _is_held_up(frame: FrameType | None) -> bool:
    """Whether a thread waits in code of a test."""
    while frame is not None and frame.f_code.co_filename == threading.__file__:
        frame = frame.f_back
    return frame is not None and frame.f_code.co_filename.startswith(_TESTS)
