"""A retention plan as lines: every run with what happens to it and why, and what each action comes to."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ...core.clock import to_seconds
from ...core.retention.plan import ACTIONS, Action, Decision, Plan, Sum
from ...core.retention.policy import Policy
from ...core.text import cells
from .. import format
from ..glyphs import Glyphs
from ..lines import Columns, Line, one_line, status_ink, width_of

INKS: dict[Action, str] = {"keep": "muted", "states": "accent", "archive": "warn", "trash": "bad"}


class Order(NamedTuple):
    """One way to sort the lines."""

    name: str
    key: Callable[[Decision], Any] | None
    """None for the plan's own order, the newest first."""
    descending: bool = True


def _sized(one: Decision) -> int:
    size = one.run.size_bytes
    return -1 if size is None else size


ORDERS = (
    Order("newest", None),
    Order("action", lambda one: ACTIONS.index(one.action)),
    Order("size", _sized),
    Order("workflow", lambda one: one.run.workflow, descending=False),
    Order("reason", lambda one: one.why, descending=False),
)
"""`action` has first what goes farthest."""


class Shown(NamedTuple):
    """What of a plan is shown, and in which order."""

    action: Action | None = None
    """None for all of them."""
    order: Order = ORDERS[0]


HEADS = ("", "Run", "Workflow", "Ended", "Size", "What happens, and why")
WIDE = len(HEADS) - 1
DROP = (3, 2, 4)
"""Columns that are left out first where there is no room."""
SAMPLE = 300
"""Lines whose names decide how wide the columns are."""
REASON = 30
"""Cells of the reason before other columns are left out: `keep: newest of label-tickets`."""
NAMES = {1: 18, 2: 14}
"""Cells that names take at most."""


class PlanPage:
    """The lines of a plan. To make it costs a little for each run; to draw one, nothing for the others."""

    def __init__(self, plan: Plan, shown: Shown, glyphs: Glyphs) -> None:
        self.plan, self.shown, self._glyphs = plan, shown, glyphs
        self.sums = plan.sums()
        self._now = to_seconds(plan.now)
        self.lines = _ordered(plan, shown)
        self.places = {one.run.id: place for place, one in enumerate(self.lines)}
        self.columns = Columns(
            HEADS,
            [[fit(cell, NAMES.get(n, 99)) for n, cell in enumerate(self._cells(one))] for one in self.lines[:SAMPLE]],
            align="lllrrl",
            wide=WIDE,
            drop=DROP,
            least=REASON,
        )

    def again(self, shown: Shown) -> "PlanPage":
        """The same plan, shown otherwise."""
        return PlanPage(self.plan, shown, self._glyphs)

    def head(self, width: int) -> Line:
        """The titles of the columns."""
        return self.columns.head(width)

    def line(self, index: int, width: int) -> Line:
        """One line."""
        one = self.lines[index]
        ink = INKS[one.action]
        reason = "muted" if one.action == "keep" else "text"
        return self.columns.draw(self._cells(one), [ink, "text", "text", "muted", "text", reason], width)

    def detail(self, one: Decision) -> Line:
        """All that is to be said of a run, whatever the columns leave out."""
        run, dot = one.run, (f" {self._glyphs.dot} ", "faint")
        line: Line = [(self._glyphs.status(run.status), status_ink(run.status)), (f" {self._workflow(one)}", "text")]
        if run.finished:
            line += [dot, (self._ended(run.finished), "muted")]
        line += [dot, (one_line(str(one), 300), INKS[one.action] if one.action != "keep" else "text")]
        return [*line, dot, (one_line(one.rule, 60), "muted")] if one.rule else line

    def _workflow(self, one: Decision) -> str:
        version = "" if one.run.version is None else f"@{one.run.version}"
        return f"{one_line(one.run.workflow, 60)}{version}"

    def _cells(self, one: Decision) -> list[str]:
        run = one.run
        return [
            self._glyphs.action(one.action),
            one_line(run.name or format.short_id(run.id, self._glyphs), 80),
            self._workflow(one),
            self._ended(run.finished),
            format.size(run.size_bytes),
            one_line(str(one), 300),
        ]

    def _ended(self, finished: str | None) -> str:
        if not finished:
            return self._glyphs.dash
        try:
            return format.age(self._now - to_seconds(finished))
        except ValueError:
            return format.UNKNOWN


def fit(text: str, most: int) -> str:
    """The beginning of a text that is measured for a column."""
    return text if cells(text) <= most else text[:most]


def _ordered(plan: Plan, shown: Shown) -> Sequence[Decision]:
    lines: Sequence[Decision] = plan.decisions
    if shown.action is not None:
        lines = [one for one in lines if one.action == shown.action]
    order = shown.order
    if order.key is not None:
        # By each value once, for no key is answered while one list is sorted: 0.1 s for a hundred thousand runs.
        same: dict[Any, list[Decision]] = defaultdict(list)
        for one in lines:
            same[order.key(one)].append(one)
        return [one for value in sorted(same, reverse=order.descending) for one in same[value]]
    return lines if order.descending else lines[::-1]


def sum_parts(sums: dict[Action, Sum], glyphs: Glyphs) -> list[Line]:
    """What each action comes to, a part each: `▤ archive 2,412 runs 1.0 GB, 3 of unknown size`."""
    parts = []
    for action in ACTIONS:
        found = sums[action]
        if not found.runs and action != "keep":
            continue
        part: Line = [(f"{glyphs.action(action)} {action} ", INKS[action]), (format.plural(found.runs, "run"), "text")]
        part.append((f" {format.size(found.size_bytes)}", "muted"))
        if found.unknown:
            part.append((f" +{found.unknown:,} of unknown size", "warn"))
        parts.append(part)
    return parts


def total_lines(page: PlanPage, policy: Policy, width: int, glyphs: Glyphs) -> list[Line]:
    """The lines below the plan: sums, and by how much limits stay exceeded."""
    lines: list[Line] = [[]]
    for part in sum_parts(page.sums, glyphs):
        if lines[-1] and width_of(lines[-1]) + 3 + width_of(part) > width:
            lines.append([])
        lines[-1] += [*([("   ", "text")] if lines[-1] else []), *part]
    plan, over = page.plan, []
    if plan.over_size:
        over.append(f"max_size {one_line(policy.max_size, 20)} stays exceeded by {format.size(plan.over_size)}")
    if plan.over_runs:
        over.append(f"max_runs {policy.max_runs:,} stays exceeded by {plan.over_runs:,}")
    return [*lines, *([(f"{glyphs.damaged} {text}: rules go first", "warn")] for text in over)]
