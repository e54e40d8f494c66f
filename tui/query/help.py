"""The line below what is typed: what may be typed, or how it may go on."""

from collections.abc import Sequence

from ..lines import Line, between, one_line, width_of

OFFERED = 30
"""Completions that are shown."""
GAP = 2
"""Cells between what may be typed and the keys, at least."""
EXAMPLES = ("status:failed", "since:2d", "workflow:triage", "cost>0.5", "-tag:nightly")


def help_line(width: int) -> Line:
    """What may be typed, and which keys end it; the keys stay when it gets narrow."""
    keys: Line = [("tab", "accent"), (" completes  ", "muted"), ("up", "accent"), (" older  ", "muted")]
    keys += [("enter", "accent"), (" keeps  ", "muted"), ("esc", "accent"), (" clears ", "muted")]
    begin: Line = [("   words or ", "muted")]
    room = width - width_of([*begin, *keys]) - GAP
    fits = (number for number in range(len(EXAMPLES), 1, -1) if len(" ".join(EXAMPLES[:number])) <= room)
    return between([*begin, (" ".join(EXAMPLES[: next(fits, 1)]), "text")], keys, width)


def begun_line(word: str, keys: Sequence[str], width: int) -> Line:
    """Which keys a word may become, and how it is searched as it stands; that stays when it gets narrow."""
    how: Line = [("tab", "accent"), (" completes  ", "muted"), ("enter", "accent"), (" searches ", "muted")]
    how.append((f"{one_line(word, 20)} ", "text"))
    fits = [n for n in range(len(keys) + 1) if len("  ".join(keys[:n])) <= width - width_of(how) - GAP]
    return between([("  ".join(keys[: fits[-1]]), "text")] if fits else [], how, width)


def offered_line(offered: Sequence[str], at: int) -> Line:
    """Completions round the one that is on; -1 where none is."""
    first = max(at - OFFERED // 2, 0)
    some = list(enumerate(offered))[first : first + OFFERED]
    return [(one_line(word, 40) + "  ", "title" if n == at else "accent") for n, word in some]
