"""YAML in colours: a definition's text as lines of spans, made safe before anything looks at it."""

import re
from collections.abc import Iterator

from ..core.text import cells, safe_text
from .lines import Line

COLOURED = 200_000
"""Characters up to which a definition is coloured: more would take a second, and nobody reads it for its colours."""

_INKS = {
    "Token.Comment": "muted",
    "Token.Name.Tag": "key",
    "Token.Name.Type": "accent",
    "Token.Punctuation": "muted",
    "Token.Literal.String": "good",
    "Token.Name.Constant": "good",
}
_VALUE = re.compile(r"[-+]?[0-9][0-9_.:eE+-]*|true|false|yes|no|on|off|null|~", re.IGNORECASE)


def yaml_lines(text: str) -> list[Line]:
    """A text's lines in the inks of their parts; as many as it has line ends, and one."""
    safe = str(safe_text(text, lines=True, limit=None))
    if len(safe) > COLOURED:
        return [[(line, "text")] for line in safe.split("\n")]
    lines: list[Line] = [[]]
    for value, ink in _spans(safe):
        for number, piece in enumerate(value.split("\n")):
            if number:
                lines.append([])
            if piece:
                lines[-1].append((piece, ink))
    return lines


def _spans(safe: str) -> Iterator[tuple[str, str]]:
    from pygments.lexers.data import YamlLexer

    # It takes CR for a line end, which is none here: `safe_text` has left no CR.
    for kind, value in YamlLexer(stripnl=False, ensurenl=False).get_tokens(safe):
        name = str(kind)
        ink = next((ink for prefix, ink in _INKS.items() if name.startswith(prefix)), "text")
        if ink == "text" and _VALUE.fullmatch(value):
            ink = "accent"
        yield value, ink


def wrapped_spans(line: Line, width: int) -> list[Line]:
    """A line in pieces of at most `width` cells, broken behind spaces where there are any; at least one piece."""
    width = max(width, 2)
    text = "".join(piece for piece, _ in line)
    if len(text) * 2 <= width or cells(text) <= width:
        return [line]
    return list(_cut(line, _breaks(text, width)))


def _breaks(text: str, width: int) -> list[int]:
    """Where a text is broken, its end included."""
    found, start, taken = [], 0, 0
    for at, character in enumerate(text):
        size = cells(character)
        if taken + size > width:
            space = text.rfind(" ", start + width // 3, at) + 1
            start = space or at
            found.append(start)
            taken = cells(text[start:at])
        taken += size
    return [*found, len(text)]


def _cut(line: Line, places: list[int]) -> Iterator[Line]:
    """A line in pieces that end at these places of its text."""
    spans = iter(line)
    text, ink = next(spans)
    at = 0
    for place in places:
        piece: Line = []
        while at < place:
            part = text[: place - at]
            piece.append((part, ink))
            text, at = text[len(part) :], at + len(part)
            if not text:
                text, ink = next(spans, ("", ink))
        yield piece
