"""A bar on stderr for work that takes long: how much of it is done, and how long the rest will take."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

import click

from ...core.progress import Progress, Standing, telling
from ...core.text import fit
from .. import format
from .breaking_off import CARRIED, leaving

_EVERY_S = 0.1
_WIDTH = 20


class Bar:
    """Draws where a piece of work stands, on one line that is drawn over; nothing where stderr is no terminal.

    Another thread draws, so that a slow terminal slows no work. `told` says so many parts of it in words: bytes,
    unless told otherwise.
    """

    def __init__(self, progress: Progress, *, ascii: bool = False, told: Callable[[int], str] = format.size) -> None:
        self.progress, self._ascii, self._told = progress, ascii, told
        self._over, self._lock = threading.Event(), threading.Lock()
        self._thread = threading.Thread(target=self._draw_on, daemon=True, name="flightlog-bar")
        self._width = 0

    @property
    def is_shown(self) -> bool:
        """Whether anybody sees it."""
        return sys.stderr.isatty()

    def __enter__(self) -> "Bar":
        if self.is_shown:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
        self._clear()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Takes the line away while something else is printed."""
        with self._lock:
            self._clear()
            yield

    def _clear(self) -> None:
        if self._width:
            # Spaces, for a terminal may know no way to clear a line.
            click.echo(f"\r{' ' * self._width}\r", nl=False, err=True)
            self._width = 0

    def _draw_on(self) -> None:
        while not self._over.wait(_EVERY_S):
            at = self.progress.look()
            if at is not None:
                with self._lock:
                    text = fit(line(at, ascii=self._ascii, told=self._told), _room()).rstrip()
                    self._clear()
                    click.echo(f"\r{text}", nl=False, err=True)
                    self._width = len(text)


def _room() -> int:
    """Cells of one line: what is longer cannot be drawn over."""
    try:
        return max((os.get_terminal_size(sys.stderr.fileno()).columns or 80) - 1, 1)
    except (OSError, ValueError):
        return 79


@contextmanager
def working(ascii: bool) -> Iterator[Bar]:
    """What this thread works at in the block is told on a bar, wherever it says how far it is."""
    progress = Progress()
    with Bar(progress, ascii=ascii, told=format.number) as bar, telling(progress):
        yield bar


@contextmanager
def closing_told(progress: Progress, ascii: bool) -> Iterator[None]:
    """A store is closed in this block: what that waits for is told, and not waited for where it was stopped before."""
    bar = Bar(progress, ascii=ascii, told=format.number)
    with nullcontext() if progress.stopped else leaving(CARRIED), bar, telling(progress):
        yield


def line(at: Standing, *, ascii: bool = False, told: Callable[[int], str] = format.size) -> str:
    """`carrying ▇▇▇▇▇·······  31 MB of 102 MB, 0:12 left`; where nobody knows how much there is, the time it took."""
    if not at.total:
        part = f" {format.size(at.part.done)} of {format.size(at.part.total)}" if at.part else ""
        return f"{at.what}{part}, {format.duration(at.seconds)} so far"
    share = min(at.reached / at.total, 1.0)
    full = int(share * _WIDTH)
    bar = ("#" if ascii else "▇") * full + ("." if ascii else "·") * (_WIDTH - full)
    left = f", {format.duration(max(at.left, 1))} left" if at.left else ""
    part = f" and {format.size(at.part.done)} of {format.size(at.part.total)}" if at.part else ""
    return f"{at.what} {bar} {told(min(at.done, at.total))}{part} of {told(at.total)}{left}"
