"""The pane of the board's line under the cursor: why a run stands as it stands, what is open, what it said last."""

from typing import NamedTuple

from ...core.clock import seconds_at
from ...core.errors import NotFound
from ...core.logs import LogEntry, LogFilter
from ...core.numbers.rates import Rate
from ...core.runs import Approval, Doing, Run, Step
from ...core.store import Store
from .. import format
from ..facts import evidence
from ..glyphs import Glyphs
from ..lines import Line, one_line, status_ink
from ..logs.brief import brief
from .board import QUIET, Entry, Group
from .page import INKS, money_text, name_of, tokens_text

LOGS = 8
"""Log lines of the pane at most."""


class Look(NamedTuple):
    """What was read of a run for the pane."""

    run: Run
    doing: Doing = Doing()
    logs: tuple[LogEntry, ...] = ()
    """The newest ones, in order."""
    asked: tuple[Approval, ...] = ()
    """What waits for an answer."""


def look_at(store: Store, run: Run, doing: Doing) -> Look:
    """Reads it: the run may be gone meanwhile."""
    try:
        logs = store.logs.query(run.id, LogFilter(level="INFO"), limit=LOGS)
        asked = store.runs.approvals(run.id) if run.status == "waiting" else []
    except NotFound:
        return Look(run, doing)
    return Look(run, doing, tuple(logs), tuple(one for one in asked if one.status == "pending"))


def pane_lines(look: Look, entry: Entry, rate: Rate, height: int, now: float, glyphs: Glyphs) -> list[Line]:
    """Why it stands as it stands, what is open and since when, and its last log lines in what room is left."""
    lines = [*_why(look, entry, now, glyphs)]
    steps = _open(look, now, glyphs)
    logs = [brief(one) for one in look.logs]
    room = max(height - len(lines) - min(len(logs), 3) - 1, 1)
    if len(steps) > room:
        steps = [*steps[: room - 1], [(f"{len(steps) - room + 1:,} more steps are open", "muted")]]
    lines += [*steps, _spends(look.run, rate, glyphs)]
    rest = height - len(lines)
    return [*lines[:height], *(logs[-rest:] if rest > 0 else [])]


def group_lines(group: Group, height: int, now: float, glyphs: Glyphs) -> list[Line]:
    """Which runs they are, and what is known of the end of each, as many as there is room for."""
    shown = group.entries[: height if len(group.entries) <= height else max(height - 1, 1)]
    lines: list[Line] = [
        [
            (f"{glyphs.status(one.run.status)} ", INKS[group.need]),
            (name_of(one.run, glyphs), "strong"),
            (f"  {format.age(max(now - one.last, 0.0))} ago", "muted"),
            (f"  {evidence(one.run, now) if group.need == 'lost' else one_line(one.run.error, 300)}", "text"),
        ]
        for one in shown
    ]
    rest = len(group.entries) - len(shown)
    return [*lines, [(f"{rest:,} more", "muted")]] if rest else lines


def _why(look: Look, entry: Entry, now: float, glyphs: Glyphs) -> list[Line]:
    run, sign = look.run, glyphs.status(look.run.status)
    lines: list[Line] = []
    for one in look.asked[:2]:
        said: Line = [(f"{sign} asks", "warn"), (f"  {one_line(one.question, 300)}", "strong")]
        lines.append([*said, (f"  {_answered(one)}", "muted")])
    if run.status == "lost":
        lines.append([(f"{sign} lost", "bad"), (f"  {evidence(run, now)}", "text")])
    elif run.status == "failed":
        lines.append([(f"{sign} failed", "bad"), (f"  {one_line(run.error, 300)}", "text")])
    elif entry.need == "stuck":
        words = f"  no event for over {format.duration(QUIET)}; the oldest open step is shown first"
        lines.append([(f"{sign} stuck?", "warn"), (words, "text")])
    if run.objective and run.status not in ("lost", "failed"):
        lines.append([(one_line(run.objective, 300), "muted")])
    return lines


def _answered(one: Approval) -> str:
    return f"{one.answered}; the run takes it up" if one.answered else "y approves, n rejects"


def _open(look: Look, now: float, glyphs: Glyphs) -> list[Line]:
    """Open steps, those inside first, oldest first; those of a dead run do not grow older."""
    lost = look.run.status == "lost"
    holding = {step.parent for step in look.doing.open}
    found = sorted(look.doing.open, key=lambda step: (step.id in holding, step.started or ""))

    def told(step: Step) -> str:
        return (
            "open when it was lost" if lost else f"open for {format.duration(now - (seconds_at(step.started) or now))}"
        )

    return [
        [
            (
                f"{glyphs.status(look.run.status) if lost else glyphs.running} ",
                status_ink("lost" if lost else "running"),
            ),
            (one_line(step.name, 60), "text"),
            (f"  {told(step)}", "muted"),
            (f"  {one_line(step.agent, 40)}" if step.agent and step.agent != step.name else "", "muted"),
        ]
        for step in found
    ]


def _spends(run: Run, rate: Rate, glyphs: Glyphs) -> Line:
    if rate.idle and run.money.provenance == "none":
        return [("it has called no model so far", "muted")]
    if rate.idle:
        return [(format.run_cost(run, glyphs), "text"), (" so far, nothing of it in the last minutes", "muted")]
    return [
        (f"{tokens_text(rate, glyphs)} tokens/min", "text"),
        (f" {glyphs.dot} ", "faint"),
        (f"{'' if rate.unknown else glyphs.approximately + ' '}{money_text(rate, glyphs)}/h", "text"),
        (f" {glyphs.dot} ", "faint"),
        (format.run_cost(run, glyphs), "text"),
        (" so far", "muted"),
        (f" {glyphs.dot} calls without a price come on top" if rate.unknown else "", "warn"),
    ]
