"""Modules of places, read while nobody waits for them: who goes to a place first waits for its drawing alone."""

import gc
import importlib
import threading
import time

PLACES = ("workflows", "run", "space", "costs", "retention", "help", "live")
"""Screens in the order in which they are most likely asked for."""
LATER, REST = 0.3, 0.02
"""Seconds until the first rows stand, and between two modules, in which keys are answered."""


def warm() -> None:
    """Begins, in a thread; after the first time there is nothing left to be read."""
    threading.Thread(target=_read, daemon=True, name="flightlog-warm").start()


def _read() -> None:
    time.sleep(LATER)
    for name in ("textual.widgets._text_area", "pygments.lexers.data", *(f"{__package__}.screens.{p}" for p in PLACES)):
        time.sleep(REST)
        importlib.import_module(name)
    collect()


def collect() -> None:
    """Lets Python look for cycles, if it was told not to while the program was read: and then never among that."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
