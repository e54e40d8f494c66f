"""The program as it is installed: ^C is answered from its first moment to its last, without a traceback."""

import codecs
import io
import os
import signal
import sys
from types import FrameType

_SAID = b"\nflightlog: stopped; nothing was done\n"


def start() -> None:
    """Runs the command line; exits."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _before)  # while modules are read, in which nothing may be raised
    _open_standard_files()
    from .main import main

    if signal.getsignal(signal.SIGINT) is _before:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        main(prog_name="flightlog")
    finally:
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, _after)


def _open_standard_files() -> None:
    """A standard file that the caller has closed is the null device: else the next file that is opened, a journal or a
    database, would be in its place, and what is said there be written into it. No text is refused by an encoding.
    """
    fd = 0
    while fd < 3:
        fd = os.open(os.devnull, os.O_RDWR)
    os.close(fd)
    for fd, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            there = open(fd, "r" if fd == 0 else "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - to the end
            setattr(sys, name, there)
    for file in (sys.stdout, sys.stderr):
        if isinstance(file, io.TextIOWrapper):
            # ASCII is what is said where nobody has said anything (LANG=C): there a terminal most likely takes UTF-8.
            plain = codecs.lookup(file.encoding).name == "ascii"
            file.reconfigure(encoding="utf-8" if plain else None, errors="backslashreplace")


def _before(number: int, frame: FrameType | None) -> None:
    os.write(2, _SAID)
    os._exit(130)


def _after(number: int, frame: FrameType | None) -> None:
    """All is done and said: what is left to be done is the interpreter's own tidying up."""
    os._exit(130)
