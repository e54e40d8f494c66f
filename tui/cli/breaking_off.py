"""A verb that does not come to its end: by ^C, with one sentence that says what is left, or as nobody reads it."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

import click

from ...core.errors import Stopped

INTERRUPTED = 130
"""The exit code of what was broken off by ^C."""
UNREAD = 141
"""The exit code of what found no reader any more: that of a program which the closed pipe has ended. What would else
have been its exit code is not known, for it was not told to its end.
"""
NOTHING = "nothing was changed"
WHOLE = "what it had to do is done whole, or not at all"
CARRIED = "its work is done; what was to be carried into the mirror is so at the next opening"
DONE_SO_FAR = "what it said of is done, and the rest is as it was"


@contextmanager
def leaving(what: str | Callable[[], str]) -> Iterator[None]:
    """What is left, as a clause, if the work in this block is broken off; the innermost says it."""
    try:
        yield
    except (KeyboardInterrupt, Stopped) as error:
        _note(error, what)
        raise
    except (AssertionError, AttributeError, RuntimeError) as error:
        # ^C may come in the middle of a library's own work, which then ends otherwise.
        broken_off, ours = error.__context__, isinstance(error, click.exceptions.Exit | click.Abort)
        if ours or not isinstance(broken_off, KeyboardInterrupt):
            raise
        _note(broken_off, what)
        raise broken_off from error


def _note(error: BaseException, what: str | Callable[[], str]) -> None:
    if not hasattr(error, "__notes__"):
        error.add_note(what if isinstance(what, str) else what())


def break_off(error: BaseException) -> NoReturn:
    """Says what is left, and exits. A further ^C meanwhile changes nothing."""
    with _deaf():
        with suppress(AttributeError, OSError, ValueError):  # it is none, or has no reader: then nobody misses it
            sys.stdout.flush()  # what was told stands before what is said of it
        own_line = "\n" if sys.stderr.isatty() else ""  # the terminal has written ^C where the cursor was
        with suppress(BrokenPipeError):  # ^C has ended its reader, too
            for line in getattr(error, "__notes__", [NOTHING]):
                click.echo(f"{own_line}flightlog: stopped; {line}", err=True)
    sys.exit(INTERRUPTED)


def end_unread() -> NoReturn:
    """Exits where the reader of our pipe has seen enough, in silence also of the interpreter's."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # it is none, or no file of the system's
            os.dup2(nowhere, stream.fileno())
    sys.exit(UNREAD)


@contextmanager
def _deaf() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
