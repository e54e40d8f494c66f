"""How verbs speak: tables for people, JSON for programs, one sentence for an error."""

import json
import os
import select
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from ...core.errors import FlightlogError, StorageError
from ...core.text import cells, fit, safe_text

GAP = "  "
"""Between two columns of a table."""
ID, LEAST = 26, 20
"""Cells of an id, by which verbs are told their run; and those that a wider column keeps on a narrow terminal."""


@contextmanager
def written() -> Iterator[None]:
    """What is said in this block is written; StorageError where it cannot be, as on a disk that is full."""
    try:
        yield
    except BrokenPipeError:
        raise  # its reader has seen enough
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is still to be said at the end
        raise StorageError(f"what it says cannot be written: {error.strerror}") from error


def check_reader() -> None:
    """BrokenPipeError if nobody reads any more what is said: for verbs that wait long for the next thing to say."""
    poll = select.poll()
    try:
        poll.register(sys.stdout.fileno(), 0)
    except (OSError, ValueError):
        return  # it is no file of the system's
    if any(event & select.POLLERR for _, event in poll.poll(0)):
        raise BrokenPipeError


def say(text: str = "", *, err: bool = False) -> None:
    """Prints a line of our own words or of text that is already safe."""
    with written():
        click.echo(text, err=err)


def say_json(value: Any) -> None:
    """One JSON value on one line, ASCII-escaped: whatever it holds, a terminal is safe from it."""
    with written():
        click.echo(json.dumps(value, ensure_ascii=True, allow_nan=False, default=str))


def say_page(rows: Iterable[Any], after: str | None, *, as_json: bool, show: Callable[[], None]) -> None:
    """One page: its rows as JSON, or as `show` prints them; and where there is more, on stderr, how to go on."""
    if as_json:
        for row in rows:
            say_json(row)
    else:
        show()
    if after:
        say(f"go on with --after {after}", err=True)


def complain(error: FlightlogError) -> None:
    """An error as one sentence on stderr; its parts may quote a file's or an agent's text."""
    click.echo(f"flightlog: {safe_text(str(error))}", err=True)


def table(head: Sequence[str], rows: Iterable[Sequence[Any]], *, right: frozenset[str] = frozenset()) -> None:
    """Prints rows under their heads, columns as wide as their widest cell.

    At a terminal lines end at its edge, and a long cell leaves room for the columns behind it; piped, nothing is cut.
    `right` names the columns that are aligned to the right.
    """
    shown = [[str(safe_text(str(cell))) for cell in row] for row in rows]
    widths = [max(cells(row[n]) for row in [list(head), *shown]) for n in range(len(head))]
    edge = terminal_width()
    if edge:
        _narrow(widths, head, edge)
    for row in [list(head), *shown]:
        padded = [_pad(cell, width, head[n] in right) for n, (cell, width) in enumerate(zip(row, widths, strict=True))]
        line = GAP.join(padded).rstrip()
        say(fit(line, edge).rstrip() if edge else line)


def terminal_width() -> int | None:
    """Cells in a line of the terminal; None when output goes elsewhere."""
    return os.get_terminal_size(sys.stdout.fileno()).columns if sys.stdout.isatty() else None


def _narrow(widths: list[int], head: Sequence[str], edge: int) -> None:
    """Takes cells from the widest of the columns that are wider than an id until a line fits, or all are narrow."""
    wide = [n for n, width in enumerate(widths) if width > ID]
    for _ in range(sum(widths) + len(GAP) * (len(widths) - 1) - edge):
        widest = max(wide, key=widths.__getitem__, default=None)
        if widest is None or widths[widest] <= max(LEAST, cells(head[widest])):
            return
        widths[widest] -= 1


def _pad(text: str, width: int, right: bool) -> str:
    if cells(text) > width:
        return fit(text, width)
    gap = " " * (width - cells(text))
    return gap + text if right else text + gap
