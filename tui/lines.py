"""Lines as values: what a screen draws, before it is drawn.

A line is a list of spans, a span is text and the name of an ink (a field of `themes.Palette`).
Builders of lines are plain functions; only the line widgets know how ink looks.
"""

from collections.abc import Iterable, Sequence
from copy import copy

from ..core.text import cells, fit, safe_text

Span = tuple[str, str]
"""Text that is safe to show, and the name of its ink."""

Line = list[Span]


class Leading(str):
    """Text of a span with where it leads when it is clicked on; a line carries it along however it is put together."""

    to: object
    """The id of a row of the table of keys, which is done, or a message, which is posted."""


def leading(text: str, to: object) -> Leading:
    """The text, leading there."""
    found = Leading(text)
    found.to = to
    return found


def all_leading(line: Line, to: object) -> Line:
    """The line, all of it leading there."""
    return [(leading(text, to), ink) for text, ink in line]


def lead_at(line: Line, cell: int) -> object:
    """Where what stands at a cell leads; None where that is nowhere."""
    end = 0
    for text, _ in line:
        start, end = end, end + cells(text)
        if start <= cell < end:
            return text.to if isinstance(text, Leading) else None
    return None


_STATUS = {
    "running": "active",
    "processing": "active",
    "waiting": "warn",
    "paused": "warn",
    "failed": "bad",
    "rejected": "bad",
    "lost": "bad",
    "completed": "good",
    "approved": "good",
}
_LEVEL = {"DEBUG": "faint", "INFO": "muted", "WARNING": "warn", "ERROR": "bad"}


def status_ink(status: str) -> str:
    """The ink of a status of a run, step, item or approval."""
    return _STATUS.get(status, "muted")


def level_ink(level: str) -> str:
    """The ink of a log level."""
    return _LEVEL.get(level, "muted")


def width_of(line: Line) -> int:
    """Cells that a line takes."""
    return sum(cells(text) for text, _ in line)


def fitted(line: Line, width: int) -> Line:
    """A line in exactly `width` cells: cut with `…`, or filled with spaces."""
    result: Line = []
    left = width
    for text, ink in line:
        taken = cells(text)
        if taken > left:
            cut = fit(text, left)
            result.append((leading(cut, text.to) if isinstance(text, Leading) else cut, ink))
            return result
        result.append((text, ink))
        left -= taken
    if left:
        result.append((" " * left, "text"))
    return result


def right(text: str, width: int) -> str:
    """Text at the right edge of `width` cells."""
    return " " * (width - cells(text)) + text if cells(text) < width else fit(text, width)


def between(left: Line, end: Line, width: int) -> Line:
    """A line with one part at each edge; the left one gives way."""
    return [*fitted(left, max(width - width_of(end), 0)), *end]


def one_line(text: str, limit: int = 400) -> str:
    """Recorded text as the beginning of one line, its lines run together; cut at `limit` characters with `…`."""
    cut = text[: limit * 4 + 1]
    shown = cut if cut.isprintable() else " ".join(cut.split())
    more = len(shown) > limit or len(cut) < len(text)
    return safe_text(shown[: limit - 1] + "…" if more else shown, limit=None)


def wrapped(text: str, width: int) -> list[str]:
    """Safe text in lines of at most `width` cells, broken at spaces where there are any."""
    width = max(width, 1)
    result: list[str] = []
    for line in text.split("\n"):
        result += [line] if len(line) <= width and cells(line) <= width else _broken(line, width)
    return result


def flowing(line: Line, width: int, hang: int = 0) -> list[Line]:
    """A line in as many as it takes at `width` cells; those after the first begin behind `hang` blanks."""
    if width_of(line) <= width:
        return [line]
    text, rest = "".join(text for text, _ in line), max(width - hang, 1)
    first = _broken(text, width)[0]
    left = text[len(first) :]
    pieces = [first, *_broken(left.removeprefix(" "), rest)]
    result, at = list[Line](), 0
    for piece in pieces:
        at = text.index(piece, at)
        result.append([*([(" " * hang, "text")] if result and hang else []), *_between(line, at, at + len(piece))])
        at += len(piece)
    return result


def _between(line: Line, start: int, end: int) -> Line:
    """The part of a line from one character to another."""
    part, at = list[tuple[str, str]](), 0
    for text, ink in line:
        cut = text[max(start - at, 0) : max(end - at, 0)]
        part += [(cut, ink)] if cut else []
        at += len(text)
    return part


def _broken(line: str, width: int) -> list[str]:
    pieces: list[str] = []
    start = 0
    while start < len(line):
        end = _reach(line, start, width)
        if end < len(line):
            space = line.rfind(" ", start + 1, end + 1)
            end = space if space > start + width // 3 else end
        pieces.append(line[start:end])
        start = end + (1 if line[end : end + 1] == " " else 0)
    return pieces


def _reach(line: str, start: int, width: int) -> int:
    """The end of the longest piece from `start` that fits; at least one character."""
    piece = line[start : start + width]
    if piece.isascii():
        return start + len(piece)
    taken, end = 0, start
    for character in line[start : start + width * 2]:
        taken += cells(character)
        if taken > width:
            break
        end += 1
    return max(end, start + 1)


class Columns:
    """Columns of a small table: their widths from all rows, the one named `wide` takes what is left."""

    GAP = 2
    LEAST = 12
    """Cells that the wide column keeps before others are left out."""

    def __init__(
        self,
        heads: Sequence[str],
        rows: Iterable[Sequence[str]],
        *,
        align: str,
        wide: int = 0,
        drop: Sequence[int] = (),
        least: int = LEAST,
        most: int = 0,
    ) -> None:
        """`align` has one letter a column, `l` or `r`; `drop` names the columns that may be left out, first to last.

        `least` cells the wide column keeps before that, if any of its rows has so many; `most`, if given, it takes
        where there are many more, so that what stands behind it is not far away.
        """
        self.heads, self.align, self.wide, self.drop = heads, align, wide, drop
        self._least, self._most = least, most
        self.widths = [cells(head) for head in heads]
        for row in rows:
            self.widths = [max(width, cells(cell)) for width, cell in zip(self.widths, row, strict=True)]

    def draw(self, row: Sequence[str], inks: Sequence[str], width: int, *, spread: bool = False) -> Line:
        """One row; `spread`: what stands in the wide column goes on over the empty cells behind it."""
        sizes = self._sizes(width)
        if spread:
            for n in list(sizes):
                if n > self.wide and not row[n]:
                    sizes[self.wide] += sizes.pop(n) + self.GAP
                elif n > self.wide:
                    break
        line: Line = []
        for n, size in sizes.items():
            cell = right(row[n], size) if self.align[n] == "r" else fit(row[n], size)
            line += [(cell, inks[n]), (" " * self.GAP, "text")]
        spare = width - sum(sizes.values()) - self.GAP * (len(sizes) - 1)
        return [*line[:-1], (" " * spare, "text")] if self._most and spare > 0 else line[:-1]

    def _sizes(self, width: int) -> dict[int, int]:
        """The cells of each column that is kept. Where even these are too many the first gives way, never a number."""
        sizes = {n: self.widths[n] for n in self._kept(width)}
        sizes[self.wide] = 0
        rest = width - sum(sizes.values()) - self.GAP * (len(sizes) - 1)
        if rest < 1 and self.wide != 0 and self.align[0] == "l":
            sizes[0] = max(sizes[0] + rest - 1, 1)
        sizes[self.wide] = max(min(rest, self._most or rest), 1)
        return sizes

    def head(self, width: int) -> Line:
        """The line of column heads."""
        return self.draw(self.heads, ["muted"] * len(self.heads), width)

    def narrowed(self, by: int) -> "Columns":
        """The same columns for lines that are indented: the first one is narrower."""
        columns = copy(self)
        columns.widths = [max(self.widths[0] - by, 1), *self.widths[1:]]
        return columns

    def _kept(self, width: int) -> list[int]:
        kept = list(range(len(self.heads)))
        least = min(self.widths[self.wide], self._least)
        for column in self.drop:
            if least + sum(self.widths[n] + self.GAP for n in kept if n != self.wide) <= width:
                break
            kept.remove(column)
        return kept
