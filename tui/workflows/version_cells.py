"""What is said of a version in its history: one table of columns for the browser and the command line.

To add a column: a function of an entry that gives a text and its ink, and a row in `COLUMNS`.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ...core.version_history import Entry
from ...core.workflows import Outcome
from .. import format
from ..glyphs import UNICODE, Glyphs
from ..graph import ASCII as ASCII_SIGNS
from ..graph import UNICODE as UNICODE_SIGNS
from ..graph import Lane, lanes, upwards
from ..lines import one_line
from .outcome_facts import spark

Cell = tuple[str, str]
"""Text that is safe to show, and the name of its ink."""


class VersionColumn(NamedTuple):
    """One column."""

    head: str
    cell: Callable[[Entry, Glyphs], Cell]
    align: str = "r"
    rank: int = 0
    """Columns of the highest rank are left out first where there is no room; 0 stays."""
    needed: bool = True
    """Whether it stands there also when all of its cells are empty."""


def _number(entry: Entry, glyphs: Glyphs) -> Cell:
    if entry.number is None:
        return "none", "muted"
    version = entry.version
    return str(entry.number), "muted" if version is None or version.deleted else "strong"


def _created(entry: Entry, glyphs: Glyphs) -> Cell:
    if entry.version is None:
        return "", "muted"
    return format.clock(entry.version.created) if entry.version.created else format.UNKNOWN, "muted"


def _author(entry: Entry, glyphs: Glyphs) -> Cell:
    return one_line(entry.version.author, 24) if entry.version else "", "text"


def _of_outcome(say: Callable[[Outcome, Glyphs], str]) -> Callable[[Entry, Glyphs], Cell]:
    def cell(entry: Entry, glyphs: Glyphs) -> Cell:
        if entry.outcome is None or not entry.outcome.ended:
            return glyphs.dash, "faint"
        # What too few runs say is shown, but does not catch the eye.
        return say(entry.outcome, glyphs), "muted" if entry.outcome.too_few else "text"

    return cell


def _runs(entry: Entry, glyphs: Glyphs) -> Cell:
    return (f"{entry.outcome.ended:,}" if entry.outcome else glyphs.dash), "text" if entry.outcome else "faint"


def _success(outcome: Outcome, glyphs: Glyphs) -> str:
    return format.UNKNOWN if outcome.success is None else f"{outcome.success:.0%}"


def _duration(seconds: float | None) -> str:
    return format.UNKNOWN if seconds is None else format.duration(seconds)


def _success_change(entry: Entry, glyphs: Glyphs) -> Cell:
    """In points of the rate, not in parts of it. Has a colour only where the difference is hardly chance: its 95 %
    interval leaves out none at all. Where its runs say too little for that, it says so."""
    if entry.number is not None and entry.outcome is not None and entry.outcome.ended and entry.outcome.too_few:
        return "too few", "muted"
    change = entry.success
    if change is None or change.difference is None:
        return "", "faint"
    ink = "muted" if not change.clear else "good" if change.difference > 0 else "bad"
    return f"{round(change.difference * 100):+d}", ink


def _cost_change(entry: Entry, glyphs: Glyphs) -> Cell:
    """Without a colour: sums do not tell how much runs differ anyway. The version's own page does."""
    change = entry.cost_change
    return ("", "faint") if change is None else (f"{round(change * 100):+d}%", "muted")


def remark(entry: Entry, glyphs: Glyphs) -> Cell:
    """What a person should know of it: damage, its deletion, its note."""
    version = entry.version
    if version is None:
        return ("runs that name no version" if entry.number is None else "never saved here"), "faint"
    note = one_line(version.note, 200)
    if version.damaged:
        return f"{glyphs.damaged} {one_line(version.damaged, 200)}", "warn"
    if version.deleted:
        gone = version.deleted
        by = f" by {one_line(gone.by, 24)}" if gone.by else ""
        why = f": {one_line(gone.note, 200)}" if gone.note else ""
        was = f" {glyphs.dot} {note}" if note else ""
        return f"deleted{f' {format.clock(gone.t)}' if gone.t else ''}{by}{why}{was}", "faint"
    return note, "text"


TREND = 8
"""Cells of a trend."""


def _live(entry: Entry, glyphs: Glyphs) -> Cell:
    """Runs under way; the sign is that of a running run."""
    return (f"{glyphs.running}{entry.running:,}", "active") if entry.running else ("", "faint")


def _success_trend(entry: Entry, glyphs: Glyphs) -> Cell:
    """A sign for each of the last days; of one day alone there is no trend."""
    rates = [day.success for day in entry.days][-TREND:]
    return (spark(rates, 1.0, glyphs) if len(rates) > 1 else ""), "muted"


def _cost_trend(entry: Entry, glyphs: Glyphs) -> Cell:
    """A sign for each of the newest runs, against the dearest of them."""
    costs = entry.costs[-TREND:]
    known = [cost for cost in costs if cost is not None]
    return (spark(costs, max(known), glyphs) if len(known) > 1 else ""), "muted"


COLUMNS = (
    VersionColumn("Version", _number),
    VersionColumn("", _live, "l", needed=False),
    VersionColumn("Created", _created, "l", rank=5),
    VersionColumn("Author", _author, "l", rank=9),
    VersionColumn("Runs", _runs),
    VersionColumn("Success", _of_outcome(_success)),
    VersionColumn("Points", _success_change, rank=3, needed=False),
    VersionColumn("By day", _success_trend, "l", rank=8, needed=False),
    VersionColumn("p50", _of_outcome(lambda outcome, glyphs: _duration(outcome.p50_s)), rank=4),
    VersionColumn("p95", _of_outcome(lambda outcome, glyphs: _duration(outcome.p95_s)), rank=7),
    VersionColumn("Cost/run", _of_outcome(lambda outcome, glyphs: format.cost(outcome.per_run, glyphs)), rank=1),
    VersionColumn("+/-", _cost_change, rank=2, needed=False),
    VersionColumn("By run", _cost_trend, "l", rank=6, needed=False),
    VersionColumn("Note", remark, "l"),
)
"""The last one takes the room that the others leave. `Points` and `+/-` compare what stands before them with the
parent's."""


def columns_of(entries: Sequence[Entry], glyphs: Glyphs = UNICODE) -> list[VersionColumn]:
    """The columns that say something of these entries."""
    return [one for one in COLUMNS if one.needed or any(one.cell(entry, glyphs)[0] for entry in entries)]


def cells_of(entry: Entry, glyphs: Glyphs = UNICODE, columns: Sequence[VersionColumn] = COLUMNS) -> list[Cell]:
    """The cells of an entry."""
    return [column.cell(entry, glyphs) for column in columns]


def lineage_graph(entries: list[Entry], glyphs: Glyphs = UNICODE) -> dict[int | None, Lane]:
    """The lanes of a history, newest first; the node's sign says what has become of a version."""
    signs = UNICODE_SIGNS if glyphs.ellipsis == "…" else ASCII_SIGNS
    numbered = [entry for entry in entries if entry.number is not None]
    drawn = upwards(lanes({entry.number: entry.parents for entry in numbered}, signs))
    return {entry.number: _with_sign(drawn[entry.number], _sign(entry, glyphs)) for entry in numbered}


def _with_sign(lane: Lane, sign: str) -> Lane:
    at = 2 * lane.lane
    return lane._replace(text=lane.text[:at] + sign + lane.text[at + 1 :]) if sign else lane


def _sign(entry: Entry, glyphs: Glyphs) -> str:
    if entry.version is None:
        return glyphs.unknown.strip() or "."
    return glyphs.skipped if entry.version.deleted else glyphs.damaged if entry.version.damaged else ""
