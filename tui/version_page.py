"""The page about one version: who saved it, when and why, what its runs came to, and its definition."""

import json
from collections.abc import Iterator, Sequence

from ..core.text import safe_text
from ..core.version_history import Entry
from ..core.workflows import Version
from . import format
from .facts import label
from .glyphs import Glyphs
from .lines import Line, one_line, wrapped
from .version_cells import COLUMNS, cells_of
from .yaml_lines import wrapped_spans

COUNTED = ("Runs", "Success", "p50", "p95", "Cost/run")


def fact_lines(version: Version, entry: Entry | None, width: int, glyphs: Glyphs) -> Iterator[Line]:
    """What is known of a version, above its definition."""
    if version.damaged:
        yield from _said("damaged", f"{glyphs.damaged} {version.damaged}", "warn", width)
    yield from _said("note", version.note, "text", width)
    by = f"{one_line(version.author, 60)}  " if version.author else ""
    yield [label("saved"), (by, "text"), (format.moment(version.created) if version.created else "?", "muted")]
    parents = ", ".join(map(str, version.parents))
    yield [label("parents"), (parents or "none: a beginning", "text" if parents else "muted")]
    if entry is not None and entry.outcome is not None:
        yield [label("runs"), *_outcome(entry, glyphs)]
    for key, value in version.meta.items():
        said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        yield from _said(one_line(key, 30), said, "text", width)
    yield [label("digest"), (one_line(version.digest, 80), "muted")]
    yield []


def _said(name: str, text: str, ink: str, width: int) -> Iterator[Line]:
    pieces = wrapped(safe_text(text.strip("\n"), lines=True), width - 13) if text else []
    for number, piece in enumerate(pieces):
        yield [label("" if number else name), (" " if len(name) >= 12 and not number else "", "text"), (piece, ink)]


def _outcome(entry: Entry, glyphs: Glyphs) -> Line:
    line: Line = []
    heads = [column.head for column in COLUMNS]
    cells = cells_of(entry, glyphs)
    for place, head in enumerate(heads):
        if head in COUNTED:
            text, ink = cells[place]
            line += [(f"{text} ", ink), ("" if head == "Runs" else f"{head.lower()} ", "muted")]
            change, change_ink = cells[place + 1] if heads[place + 1] == "+/-" else ("", "")
            line.append((f"{change} " if change else "", change_ink or "text"))
            line.append((" ", "text"))
    if entry.outcome and entry.outcome.too_few:
        line.append(("too few runs", "muted"))
    return line


def code_lines(code: Sequence[Line], width: int) -> Iterator[Line]:
    """A definition with its line numbers; long lines go on below."""
    digits = len(str(len(code)))
    for number, line in enumerate(code, 1):
        for part, piece in enumerate(wrapped_spans(line, width - digits - 2)):
            yield [(f"{'' if part else number:>{digits}}  ", "faint"), *piece]
