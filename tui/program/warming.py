"""What the screen of a run is made of, read while nobody waits for it: who opens one waits for its drawing alone.

Other places and tabs are read when somebody goes there: none takes more than 10 ms, and all of them are 5 MB that
most sessions never need.
"""

import gc
import importlib
import threading
import time

LATER = 0.3
"""Seconds until the first rows stand."""
FIRST = ("screens.run", "widgets.overview")
"""A run's screen, and the tab that it begins with."""


def warm() -> None:
    """Begins, in a thread; after the first time there is nothing left to be read."""
    threading.Thread(target=_read, daemon=True, name="flightlog-warm").start()


def _read() -> None:
    time.sleep(LATER)
    for module in FIRST:
        importlib.import_module(f"..{module}", __package__)
    collect()


def collect() -> None:
    """Lets Python look for cycles, if it was told not to while the program was read: and then never among that."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
