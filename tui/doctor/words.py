"""What doctor says, on screen and on the command line alike: signs, sentences, and what would be put right."""

from collections.abc import Sequence
from itertools import groupby

from ...core.upkeep import Finding
from .. import format
from ..glyphs import Glyphs
from ..lines import Line, one_line

SEVERITIES = ("error", "warning", "note")
"""The worst first."""
MEANS = {
    "error": "something cannot be read, or is not what was recorded",
    "warning": "nothing is lost yet, but somebody should look",
    "note": "good to know",
}
INKS = {"error": "bad", "warning": "warn", "note": "muted"}

PLACE = 52
"""Cells that a question has for a place."""
SPACE = 15
"""Lines that a question may take on the smallest screen."""


def mark(severity: str, glyphs: Glyphs) -> str:
    """The sign of a severity, which is told without colour too."""
    return {"error": glyphs.failed, "warning": "!"}.get(severity, glyphs.dot)


def only(finding: Finding) -> tuple[str, ...]:
    """The words by which the command line means this finding alone."""
    return "--only", finding.kind, "--only", finding.where


def is_meant(finding: Finding, wanted: Sequence[str]) -> bool:
    """Whether a finding is one of those that such words mean: each names its kind, its run (by its first letters, too)
    or its place.
    """
    run = finding.run or ""
    return all(word in (finding.kind, finding.where) or (word and run.startswith(word)) for word in wanted)


def question(curable: Sequence[Finding]) -> str:
    """What is asked before anything is put right."""
    return f"Put {format.plural(len(curable), 'finding')} right?"


def preview(curable: Sequence[Finding], root: str) -> list[str]:
    """What would be done, kind by kind with the places, as lines that are safe to show.

    Where there are too many places they are counted: the list behind the question names them all.
    """
    kinds = [(kind, list(each)) for kind, each in groupby(sorted(curable, key=_kind), key=_kind)]
    named = len(kinds) + len(curable) <= SPACE
    lines = []
    for (name, repair), each in kinds:
        count = "" if named or len(each) == 1 else f" ({len(each):,})"
        lines.append(one_line(f"{name}{count}: {repair}", 200))
        lines += [f"  {place}" for place in dict.fromkeys(one_place(one.where, root, PLACE) for one in each) if named]
    return lines


def _kind(finding: Finding) -> tuple[str, str]:
    return finding.kind, finding.repair


def one_place(where: str, root: str, width: int) -> str:
    """A place in at most so many characters, within the data directory if it lies there; a long one by its end."""
    if f"{where}/" == root:
        return "the data directory"
    shown = one_line(where.removeprefix(root), 1000)
    if len(shown) > width:
        shown = shown.rsplit("/", 1)[-1]
    return shown if len(shown) <= width else "…" + shown[1 - width :]


def counts(found: Sequence[Finding], glyphs: Glyphs) -> Line:
    """How many there are of each severity, with their signs; none where nothing was found."""
    line: Line = []
    for severity in SEVERITIES:
        if number := sum(one.severity == severity for one in found):
            line.append((f" {mark(severity, glyphs)} {format.plural(number, severity)} ", INKS[severity]))
    return line


def came_of_it(done: int, failed: int, left: int) -> str:
    """What was put right, in a sentence."""
    parts = [f"{format.plural(done, 'finding')} put right"]
    parts += [f"{failed:,} could not be"] if failed else []
    parts += [f"stopped, {left:,} not looked at"] if left else []
    return "; ".join(parts)
