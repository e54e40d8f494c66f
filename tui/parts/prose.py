"""Markdown as lines: what models write is read as it is meant. A text that is none stays as it was written.

Lines are made one after the other as they are asked for: the beginning of a long text costs no more than that of a
short one.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

from ...core.text import cells, fit
from ..glyphs import Glyphs
from ..lines import Line, fitted, width_of
from ..yaml_lines import wrapped_spans

MEASURE = 100
"""Cells of a line of prose at most: longer ones are hard to read. Code and tables take what there is."""

GAP = 2
"""Cells between two columns of a table."""

LONG = 4000
"""Characters of a line from which on no marks are looked for in it: it is data, and a look at it takes long."""

_FENCE = re.compile(r"`{3,}|~{3,}")
_HEADING = re.compile(r"(#{1,6})\s+(?=\S)")
_ITEM = re.compile(r"(\s*)([-*+]|\d{1,9}[.)])\s+(?=\S)")
_QUOTE = re.compile(r"(?:\s{0,3}>\s?)+")
_RULE = re.compile(r"-{3,}|\*{3,}|_{3,}|(?:[-*_] ){2,}[-*_]")
_TABLE_RULE = re.compile(r"\|?\s*:?-+:?(?:\s*\|\s*:?-+:?)*\s*\|?")
# Code first: nothing in it is a mark. None is looked for further than it is likely to reach: a text may be hostile.
_MARKS = re.compile(
    r"(?P<ticks>`{1,3})(?P<code>[^`]|[^`].{0,300}?[^`])(?P=ticks)(?!`)"
    r"|\*\*(?P<bold>[^\s*]|[^\s*].{0,300}?\S)\*\*"
    r"|(?<![\w*])\*(?P<slanted>[^\s*]|[^\s*][^*]{0,300}[^\s*])\*(?![\w*])"
    r"|\[(?P<title>[^\[\]]{1,300})\]\((?P<link>[^()\s]{1,300})\)"
)

_DIFF = {"+": "good", "-": "bad", "@": "accent"}
"""Inks of a diff's lines, by what they begin with."""


class Piece(NamedTuple):
    """A line as it is shown, and how many lines of the text have been told of with it."""

    line: Line
    told: int


def prose(text: str, width: int, glyphs: Glyphs) -> Iterator[Piece]:
    """The lines of a safe text, each of at most `width` cells."""
    return Prose(text, width, glyphs).pieces()


def verbatim(text: str, width: int) -> Iterator[Piece]:
    """The same of a text that is none of Markdown: what a tool printed."""
    for told, line in enumerate(text.split("\n"), 1):
        for piece in wrapped_spans([(line, "text")], width):
            yield Piece(piece, told)


class Prose:
    """One text, read from its first line to its last."""

    def __init__(self, text: str, width: int, glyphs: Glyphs) -> None:
        self._lines = text.split("\n")
        self._width, self._glyphs = max(width, 10), glyphs
        self._at = 0

    def pieces(self) -> Iterator[Piece]:
        """All of it."""
        while self._at < len(self._lines):
            line = self._lines[self._at]
            fence = _FENCE.match(line.strip()) if len(line) < LONG else None
            if fence:
                yield from self._code(fence[0], line.strip()[fence.end() :].strip())
            elif self._is_table():
                yield from self._table()
            else:
                self._at += 1
                yield from self._told(self._one(self._lines[self._at - 1]))

    def _told(self, lines: Sequence[Line]) -> Iterator[Piece]:
        for line in lines:
            yield Piece(line, self._at)

    def _one(self, line: str) -> list[Line]:
        """A heading, an item of a list, a quotation, a rule, or words."""
        if len(line) >= LONG:
            return self._wrapped([], [(line, "text")])
        if heading := _HEADING.match(line):
            said = line[heading.end() :].rstrip(" #")
            return self._wrapped([], marked(said, "title" if len(heading[1]) < 3 else "strong"))
        if _RULE.fullmatch(line.strip()):
            return [[(self._glyphs.rule * min(self._width, MEASURE), "faint")]]
        if quote := _QUOTE.match(line):
            edge = f"{self._glyphs.line} "
            return self._wrapped([(edge, "faint")], marked(line[quote.end() :], "muted"), again=edge)
        if item := _ITEM.match(line):
            sign = item[2] if item[2][0].isdigit() else self._glyphs.dot
            return self._wrapped([(f"{self._indent(line)}{sign} ", "muted")], marked(line[item.end() :]))
        indent = self._indent(line)
        return self._wrapped([(indent, "text")] if indent else [], marked(line.lstrip(" ")))

    def _indent(self, line: str) -> str:
        """The blanks that a line begins with, as many as leave room for its words."""
        return line[: min(len(line) - len(line.lstrip(" ")), self._width // 3)]

    def _wrapped(self, before: Line, line: Line, again: str = "") -> list[Line]:
        """Words behind what begins their line; the lines after it are indented as far, or begin with `again`."""
        indent = min(width_of(before), self._width // 2)
        pieces = wrapped_spans(line, min(self._width, MEASURE) - indent) if line else [[]]
        first: Line = fitted(before, indent) if indent else []
        further: Line = [(again.ljust(indent), "faint")] if indent else []
        return [[*first, *pieces[0]], *([*further, *_from_word(piece)] for piece in pieces[1:])]

    def _code(self, fence: str, name: str) -> Iterator[Piece]:
        """A block of code to its end, or to the text's: not wrapped at words, for blanks mean something in it."""
        is_diff = name.casefold() in ("diff", "patch")
        edge = (f"{self._glyphs.line} ", "faint")
        self._at += 1
        if name:
            yield from self._told([[edge, (fit(name, min(cells(name), self._width - 2)), "faint")]])
        while self._at < len(self._lines):
            line = self._lines[self._at]
            self._at += 1
            if len(line) < LONG and line.strip().startswith(fence) and not line.strip(" `~"):
                return
            ink = _DIFF.get(line[:1], "text") if is_diff else "key"
            yield from self._told([[edge, *piece] for piece in wrapped_spans([(line, ink)], self._width - 2)])

    def _is_table(self) -> bool:
        here = self._lines[self._at]
        below = self._lines[self._at + 1] if self._at + 1 < len(self._lines) else ""
        if "|" not in here or "|" not in below or max(len(here), len(below)) >= LONG:
            return False
        return _TABLE_RULE.fullmatch(below.strip()) is not None

    def _table(self) -> Iterator[Piece]:
        """A table in columns; as it was written where it is too wide for that."""
        first = end = self._at
        while end < len(self._lines) and "|" in self._lines[end] and len(self._lines[end]) < LONG:
            end += 1
        self._at = end
        head, *rows = (_cells(self._lines[n]) for n in range(first, end) if n != first + 1)
        head = [[(text, "strong") for text, _ in cell] for cell in head]
        widths = [max(map(width_of, column)) for column in zip_longest(head, *rows, fillvalue=[])]
        across = sum(widths) + GAP * (len(widths) - 1)
        if across > self._width:
            for written in self._lines[first:end]:
                yield from self._told(self._wrapped([], [(written, "text")]))
            return
        yield from self._told([_in_columns(head, widths), [(self._glyphs.rule * across, "faint")]])
        yield from self._told([_in_columns(row, widths) for row in rows])


def _in_columns(row: Sequence[Line], widths: Sequence[int]) -> Line:
    line: Line = []
    for cell, width in zip(row, widths, strict=False):
        line += [*cell, (" " * (width - width_of(cell) + GAP), "text")]
    return line[:-1]


def marked(text: str, ink: str = "text") -> Line:
    """A line's words in inks instead of marks: code, what is stressed, links with where they lead."""
    line: Line = []
    done = 0
    for found in _MARKS.finditer(text):
        line.append((text[done : found.start()], ink))
        if found["code"] is not None:
            line.append((found["code"].strip() or found["code"], "key"))
        elif found["title"] is not None:
            line += [(found["title"], "accent"), (f" ({found['link']})", "faint")]
        else:
            line.append((found["bold"] or found["slanted"], "strong" if ink == "text" else ink))
        done = found.end()
    line.append((text[done:], ink))
    return [span for span in line if span[0]]


def _from_word(line: Line) -> Line:
    """A line without the blank that it was broken at."""
    return [(line[0][0].removeprefix(" "), line[0][1]), *line[1:]] if line else line


def _cells(line: str) -> list[Line]:
    """The cells of a table's row."""
    return [marked(cell.strip()) for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
