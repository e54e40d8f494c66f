"""What a change of the definition did to the runs, as it stands above the diff, beside it, or on one line."""

from collections.abc import Iterator, Sequence

from ..glyphs import Glyphs
from ..lines import Line
from .outcome_facts import Row
from .version_page import outcome_table


def above(title: str, rows: Sequence[Row], width: int) -> list[Line]:
    """A table over the diff."""
    return [*outcome_table(title, rows, width), []] if rows else []


def on_one_line(title: str, rows: Sequence[Row], key: str) -> list[Line]:
    """The numbers alone, and the key that shows the rest."""
    line: Line = [(key, "accent"), (" unfolds  ", "muted"), (f"{title} ", "muted")]
    for row in rows:
        name, _, _, change, _, _ = row.cells
        line += [(f" {name} ", "muted"), (f"{change} ", row.ink)]
    return [line, []] if rows else []


def aside(title: str, rows: Sequence[Row], glyphs: Glyphs) -> Iterator[Line]:
    """Three lines for each number: it, its change and what that means, and how sure that is."""
    yield [(title, "title"), ("  over their runs", "muted")]
    if not rows:
        yield [("no run of either has ended", "muted")]
    for row in rows:
        name, before, after, change, interval, verdict = row.cells
        yield []
        yield [(f"{name:<12} ", "muted"), (f"{before} {glyphs.arrow} ", "text"), (after, "strong")]
        yield [(f"{change:<12} ", row.ink), (verdict, row.ink)]
        yield [(interval if interval.endswith("runs") else f"95%: {interval}", "faint")]
