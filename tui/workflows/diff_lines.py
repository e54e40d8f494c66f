"""Two definitions compared: rows of a diff, one below the other or side by side, in the colours of YAML."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import NamedTuple

from ...core.diff import DiffLine, Spans, hunks, side_by_side, word_diff
from ..glyphs import Glyphs
from ..lines import Line, fitted
from ..yaml_lines import wrapped_spans

SIGN = {"same": " ", "added": "+", "removed": "-"}
INK = {"same": "faint", "added": "good", "removed": "bad"}


class DiffRow(NamedTuple):
    """One line on the screen."""

    line: Line
    hunk: int | None
    """Number of the difference that begins here."""


Words = Mapping[tuple[int | None, int | None], Spans]
"""Places of the words that differ, in the lines that have these numbers."""


class Sides(NamedTuple):
    """The coloured lines of both texts, by number from 1."""

    before: Sequence[Line]
    after: Sequence[Line]

    def of(self, line: DiffLine) -> Line:
        """A line of the diff in its colours."""
        if line.after is not None and line.kind != "removed":
            return self.after[line.after - 1]
        return self.before[(line.before or 1) - 1]

    def marked(self, line: DiffLine, words: Words) -> Line:
        """The same with the words that differ on a stronger ground."""
        return worded(self.of(line), words.get((line.before, line.after), []), line.kind)


def words_of(hunk: Sequence[DiffLine], sides: Sides) -> Words:
    """The words that differ between lines of which one stands in the other's place."""
    found: dict[tuple[int | None, int | None], Spans] = {}
    for left, right in side_by_side(hunk):
        if left is not None and right is not None and left is not right:
            texts = ("".join(piece for piece, _ in sides.of(line)) for line in (left, right))
            found[left.before, None], found[None, right.after] = word_diff(*texts)
    return found


def worded(line: Line, places: Spans, kind: str) -> Line:
    """A line in which some places lie on the ground of words that were added, or removed."""
    result: Line = []
    at = 0
    for text, ink in line:
        done = 0
        for start, end in places:
            low, high = max(start - at, done), min(end - at, len(text))
            if low < high:
                result += [(text[done:low], ink), (text[low:high], f"{ink}.{kind}_word")]
                done = high
        result.append((text[done:], ink))
        at += len(text)
    return [span for span in result if span[0]]


def diff_rows(diff: Sequence[DiffLine], sides: Sides, width: int, glyphs: Glyphs, *, beside: bool) -> list[DiffRow]:
    """All rows of a diff in so many cells."""
    digits = len(str(max(len(sides.before), len(sides.after), 1)))
    rows: list[DiffRow] = []
    changes = 0
    for number, hunk in enumerate(hunks(diff)):
        if number:
            rows.append(DiffRow([(f"{glyphs.dot * 3:^{digits * 2}}", "faint")], None))
        before_same = True
        for line, kind in (_beside if beside else _below)(hunk, sides, width, digits, glyphs):
            begins = kind and before_same
            rows.append(DiffRow(line, changes if begins else None))
            changes += bool(begins)
            before_same = not kind
    return rows


def _below(
    hunk: Sequence[DiffLine], sides: Sides, width: int, digits: int, glyphs: Glyphs
) -> Iterator[tuple[Line, bool]]:
    words = words_of(hunk, sides)
    for line in hunk:
        for part, piece in enumerate(wrapped_spans(sides.marked(line, words), width - 2 * digits - 4)):
            numbers = "" if part else f"{line.before or '':>{digits}} {line.after or '':>{digits}}"
            lead: Line = [(f"{numbers:<{2 * digits + 1}} ", "faint"), (f"{SIGN[line.kind]} ", INK[line.kind])]
            yield _grounded([*lead, *piece], line.kind, width), line.kind != "same"


def _beside(
    hunk: Sequence[DiffLine], sides: Sides, width: int, digits: int, glyphs: Glyphs
) -> Iterator[tuple[Line, bool]]:
    half = (width - 3) // 2
    words = words_of(hunk, sides)
    for left, right in side_by_side(hunk):
        kind = (left or right).kind if left is not right else "same"  # type: ignore[union-attr]
        one = _half(left, sides.marked(left, words) if left else [], half, digits, "before")
        other = _half(right, sides.marked(right, words) if right else [], half, digits, "after")
        blank: Line = [(" " * half, "text")]
        for a, b in zip_longest(one, other, fillvalue=blank):
            yield [*a, (f" {glyphs.line} ", "faint"), *b], kind != "same"


def _half(line: DiffLine | None, spans: Line, width: int, digits: int, side: str) -> Iterator[Line]:
    if line is None:
        return
    for part, piece in enumerate(wrapped_spans(spans, width - digits - 3)):
        number = "" if part else getattr(line, side)
        lead: Line = [(f"{number:>{digits}} ", "faint"), (f"{SIGN[line.kind]} ", INK[line.kind])]
        yield _grounded([*lead, *piece], line.kind, width)


def _grounded(line: Line, kind: str, width: int) -> Line:
    """A line on the background of what became of it."""
    line = fitted(line, width)
    return line if kind == "same" else [(text, ink if "." in ink else f"{ink}.{kind}") for text, ink in line]
