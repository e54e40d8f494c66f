"""What a terminal shows of the bytes it is given: characters and their looks, by ECMA-48, as far as Textual uses it."""

import re

from rich.cells import get_character_cell_size

SEQUENCE = re.compile(
    r"\x1b\[(?P<numbers>[\d;]*)(?P<letter>[Hm])|\x1b\[[?<>=]?[\d;]*[a-zA-Z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|\x1bPtmux;(?P<wrapped>(?:[^\x1b]|\x1b\x1b)*)\x1b\\|\x1b."
)
BLANK = (" ", "", "", frozenset())
GROUNDS = {"38": 1, "39": 1, "48": 2, "49": 2}


class Emulator:
    """A screen of so many columns. Its cells are a character, a foreground, a background and what else is on."""

    def __init__(self, columns: int, rows: int) -> None:
        self.cells = [[BLANK] * columns for _ in range(rows)]
        self.cursor = (0, 0)
        self._look = ("", "", frozenset[str]())

    def feed(self, data: str) -> None:
        at = 0
        while at < len(data):
            if found := SEQUENCE.match(data, at):
                self._obey(found)
                at = found.end()
            else:
                self._put(data[at])
                at += 1

    def lines(self) -> list[str]:
        return ["".join(cell[0] for cell in row) for row in self.cells]

    def _put(self, sign: str) -> None:
        row, column = self.cursor
        if sign == "\n":
            self.cursor = (min(row + 1, len(self.cells) - 1), 0)
            return
        if sign < " ":
            return
        for part in [sign, *[""] * (get_character_cell_size(sign) - 1)]:
            if column < len(self.cells[row]):  # lines are not wrapped
                self.cells[row][column] = (part, *self._look)
                column += 1
        self.cursor = (row, column)

    def _obey(self, found: re.Match[str]) -> None:
        numbers = (found["numbers"] or "0").split(";")
        if found["letter"] == "H":
            row, column = (int(number) for number in numbers) if len(numbers) == 2 else (1, 1)
            self.cursor = (row - 1, column - 1)
        elif found["letter"] == "m":
            self._turn(numbers)
        elif found["wrapped"]:  # what tmux passes on to the terminal that it is in itself
            self.feed(found["wrapped"].replace("\x1b\x1b", "\x1b"))
        elif found[0] in ("\x1b[2J", "\x1b[?1049h"):
            for row in self.cells:
                row[:] = [BLANK] * len(row)

    def _turn(self, numbers: list[str]) -> None:
        fore, back, on = self._look
        while numbers:
            first, *numbers = numbers
            if first in ("38", "48"):
                size = 4 if numbers[0] == "2" else 2
                colour, numbers = ";".join([first, *numbers[:size]]), numbers[size:]
            else:
                colour = "" if first in ("39", "49") else first
            if first == "0":
                fore, back, on = "", "", frozenset()
            elif GROUNDS.get(first) == 1 or (first[:1] in "39" and len(first) == 2):
                fore = colour
            elif GROUNDS.get(first) == 2 or (first[:1] in "41" and len(first) >= 2):
                back = colour
            else:
                on |= {first}
        self._look = (fore, back, on)
