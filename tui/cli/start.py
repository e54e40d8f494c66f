"""The program as it is installed: ^C is answered from its first moment to its last, without a traceback."""

import os
import signal
from types import FrameType

_SAID = b"\nflightlog: stopped; nothing was done\n"


def start() -> None:
    """Runs the command line; exits."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _before)  # while modules are read, in which nothing may be raised
    from .main import main

    if signal.getsignal(signal.SIGINT) is _before:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        main(prog_name="flightlog")
    finally:
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, _after)


def _before(number: int, frame: FrameType | None) -> None:
    os.write(2, _SAID)
    os._exit(130)


def _after(number: int, frame: FrameType | None) -> None:
    """All is done and said: what is left to be done is the interpreter's own tidying up."""
    os._exit(130)
