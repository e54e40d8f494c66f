"""What stands on the terminal, so that of what is painted only what differs goes there: it may be far away.

Textual writes all lines of a widget in which something is new, and each run of characters with all of its colours.
On a line of 50 kB/s a screen of 80 columns would take half a second, and a live one all of the line.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from rich.cells import get_character_cell_size

_MOVE = re.compile(r"\x1b\[(\d+);(\d+)H")
_STYLE = re.compile(r"[1-9]\d*(?:;\d+)*", re.ASCII)
_PAINTS_NOTHING = re.compile(
    r"(?:\x1b\[\?(?:25|2026)[hl]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x07"
    r"|\x1bPtmux;\x1b\x1b\][^\x07\x1b]*(?:\x07|\x1b\x1b\\)\x1b\\)*"
)
"""Modes that colour nothing, the bell, and what a terminal is asked for by OSC; in tmux wrapped to pass through it."""
_SIGNS = {"1", "2", "3", "4", "5", "6", "7", "8", "9", "21", "51", "52", "53"}
"""What Rich turns on besides colours, from bold to overlined."""
_COLOUR_PARTS = {"2": 5, "5": 3}
"""How many numbers tell of a colour, by what stands behind its 38 or 48."""


class Run(NamedTuple):
    """Characters of one look, each of them one column wide; `style` as in a sequence of SGR, empty for none."""

    style: str
    text: str


class Painted:
    """The characters on a terminal, as far as they are known. For one thread, but `forget` may be called in any."""

    def __init__(self) -> None:
        self._rows: dict[int, _Row] = {}
        self._cursor = ""

    def forget(self) -> None:
        """From now on nothing is known: all that is painted next differs."""
        self._rows, self._cursor = {}, ""

    def differing(self, data: str) -> str:
        """What must be written of what a driver of Textual is given to write, for the same to stand there; perhaps
        nothing. What is no frame, and may change the picture nevertheless, is written, and all is forgotten.
        """
        _, *told = _MOVE.split(data)
        if not _MOVE.match(data) or told[-1]:
            if not _PAINTS_NOTHING.fullmatch(data):
                self.forget()
            return data
        rows, ink = self._rows, _Ink()
        for number, column, text in zip(told[:-3:3], told[1:-3:3], told[2:-3:3], strict=True):
            if text := text.rstrip("\n"):
                self._paint(rows, ink, int(number), int(column), text)
        return self._with_cursor(ink.written(), f"\x1b[{told[-3]};{told[-2]}H")

    def _paint(self, rows: dict[int, "_Row"], ink: "_Ink", number: int, column: int, text: str) -> None:
        runs = _runs(text)
        if runs is None:
            # How far it reaches is the terminal's business, and what lies behind it may be another column than ours.
            rows.pop(number, None)
            ink.put_as_it_is(number, column, text)
            return
        row = rows.setdefault(number, _Row())
        for run in runs:
            if not row.holds(column, run):
                row.take(column, run)
                ink.put(number, column, run)
            column += len(run.text)

    def _with_cursor(self, written: str, cursor: str) -> str:
        if not written and cursor == self._cursor:
            return ""
        self._cursor = cursor
        return written + cursor


class _Row:
    """The characters of a row and their looks, by their columns, of which the first is 1."""

    __slots__ = ("_styles", "_text")

    def __init__(self) -> None:
        self._text, self._styles = "", list[str]()

    def holds(self, column: int, run: Run) -> bool:
        end = column + len(run.text)
        return self._text[column:end] == run.text and self._styles[column:end] == [run.style] * len(run.text)

    def take(self, column: int, run: Run) -> None:
        end = column + len(run.text)
        if (missing := end - len(self._text)) > 0:
            self._text += "\0" * missing  # no character that is painted
            self._styles += [""] * missing
        self._text = self._text[:column] + run.text + self._text[end:]
        self._styles[column:end] = [run.style] * len(run.text)


class _Ink:
    """Gathers what is to be written, with no more words than it takes."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._at = (0, 0)
        self._style = ""

    def put(self, number: int, column: int, run: Run) -> None:
        if self._at != (number, column):
            self._parts.append(f"\x1b[{number};{column}H")
        self._parts += turn(self._style, run.style), run.text
        self._style, self._at = run.style, (number, column + len(run.text))

    def put_as_it_is(self, number: int, column: int, text: str) -> None:
        self._parts.append(f"{turn(self._style, '')}\x1b[{number};{column}H{text}")
        self._style, self._at = "", (0, 0)

    def written(self) -> str:
        return "".join(self._parts) + turn(self._style, "")


@lru_cache(maxsize=256)
def _runs(text: str) -> tuple[Run, ...] | None:
    """The runs that stand in a line; None if it holds anything else, or a character that is not one column wide."""
    plain, *styled = text.split("\x1b[")
    runs = [Run("", plain)] if plain else []
    style = ""
    for part in styled:
        turned, _, said = part.partition("m")
        if turned != "0" and (style or not _STYLE.fullmatch(turned) or not _look(turned).signs <= _SIGNS):
            return None
        style = "" if turned == "0" else turned
        if said:
            runs.append(Run(style, said))
    return tuple(runs) if not style and all(_is_even(run.text) for run in runs) else None


def _is_even(text: str) -> bool:
    if text.isascii():
        return text.isprintable()
    return text.isprintable() and all(get_character_cell_size(sign) == 1 for sign in set(text))


class _Look(NamedTuple):
    signs: frozenset[str]
    fore: str
    back: str


@lru_cache(maxsize=4096)
def turn(before: str, after: str) -> str:
    """The shortest sequence of SGR (ECMA-48 8.3.117) that makes one look of another."""
    if before == after:
        return ""
    old, new = _look(before), _look(after)
    if not after or old.signs - new.signs:
        return f"\x1b[0;{after}m" if after else "\x1b[0m"
    told = sorted(new.signs - old.signs)
    told += [new.fore or "39"] if new.fore != old.fore else []
    told += [new.back or "49"] if new.back != old.back else []
    return f"\x1b[{';'.join(told)}m"


@lru_cache(maxsize=1024)
def _look(style: str) -> _Look:
    signs, colours = set[str](), {"fore": "", "back": ""}
    numbers = style.split(";") if style else []
    while numbers:
        size = _COLOUR_PARTS.get(numbers[1], 1) if numbers[0] in ("38", "48") and len(numbers) > 1 else 1
        told, numbers = ";".join(numbers[:size]), numbers[size:]
        if kind := _GROUNDS.get(told.split(";")[0]):
            colours[kind] = told
        else:
            signs.add(told)
    return _Look(frozenset(signs), **colours)


_GROUNDS = {str(n): "fore" for n in (*range(30, 40), *range(90, 98))}
_GROUNDS |= {str(n): "back" for n in (*range(40, 50), *range(100, 108))}
