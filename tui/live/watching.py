"""Runs that a person wants to be told of, and what they are told: each thing once, whatever is on screen."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from ...core.budgets import Budget, Standing
from ...core.runs import FINISHED, Run
from ...core.text import safe_text
from .. import format
from ..costs.budget_lines import amounts, title
from ..glyphs import UNICODE, Glyphs, glyphs_of
from ..lines import one_line
from ..personal.person import person_of

if TYPE_CHECKING:
    from textual.app import App
    from textual.dom import DOMNode

Severity = Literal["information", "warning", "error"]
LASTS = 12.0
"""Seconds that a notice stays on screen."""
NOTICE = 160
"""Characters of a notice that the terminal shows itself."""
MOST = 1000
"""Of so many budgets that are not above their mark now is remembered that they were told of: days, runs or workflows of
one are budgets of their own."""
_RANKS = {"fine": 0, "near": 1, "spent": 2}


class News(NamedTuple):
    """What a person is told."""

    text: str
    """Safe to show, on one line."""
    severity: Severity


def news_of(run: Run, glyphs: Glyphs = UNICODE) -> News | None:
    """What there is to tell of a run as it stands; nothing while it just goes on."""
    name = one_line(run.name, 40) or format.short_id(one_line(run.id, 40), glyphs)
    version = "" if run.version is None else f"@{run.version}"
    who = f"{glyphs.status(run.status)} {one_line(run.workflow, 40)}{version} {name}"
    if run.status == "waiting":
        return News(f"{who} waits for an answer: {one_line(run.evidence, 120)}", "warning")
    if run.status == "lost":
        return News(f"{who} is lost: {one_line(run.evidence, 120)}", "error")
    if run.status == "failed":
        return News(f"{who} failed: {one_line(run.error, 120) or 'without a word'}", "error")
    if run.status in FINISHED:
        cost = format.run_cost(run, glyphs)
        spent = "" if run.money.provenance == "none" else f", {'no price known' if cost == format.UNKNOWN else cost}"
        return News(f"{who} {run.status}{spent}", "information" if run.status == "completed" else "warning")
    return None


def news_of_budget(standing: Standing, glyphs: Glyphs = UNICODE) -> News:
    """What there is to tell of a budget that has come so far."""
    sign = glyphs.budget(standing.state)
    word = "is spent" if standing.state == "spent" else f"is at {standing.percent}%"
    what = f"{sign} budget {word}: {amounts(standing)} a {standing.budget.per}, {title(standing)}"
    return News(what, "error" if standing.state == "spent" else "warning")


class Watching:
    """Belongs to the event loop. What is watched is remembered with how the browser was left."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._told: dict[str, tuple[str, int]] = {}
        self._of: tuple[str, ...] = ()
        self._ids: frozenset[str] = frozenset()
        self._budgets: dict[tuple[Budget, str, str], int] | None = None

    @property
    def ids(self) -> frozenset[str]:
        """The runs that are watched."""
        watched = person_of(self._app).remembered.watched
        if watched is not self._of:  # asked for each line that is drawn
            self._of, self._ids = watched, frozenset(watched)
        return self._ids

    def toggle(self, run: Run) -> None:
        """A run is to be watched, or no more."""
        name = one_line(run.name, 40) or format.short_id(one_line(run.id, 40), glyphs_of(self._app))
        if run.id in self.ids:
            self._keep(self.ids - {run.id})
            self._app.notify(f"{name} is not watched any more", markup=False)
        elif run.status in FINISHED:
            self._app.notify(f"{name} is over: nothing will come of it", severity="warning", markup=False)
        else:
            self._told[run.id] = _standing(run)
            self._keep(self.ids | {run.id})
            self._app.notify(f"{name} is watched: its end, a failure and a question are told", markup=False)

    def take(self, runs: Iterable[Run], removed: Sequence[str]) -> None:
        """These stand differently, or are gone: tells what is news of those that are watched."""
        watched = self.ids
        if not watched:
            return
        over = watched.intersection(removed)
        for run in runs:
            if run.id in watched and self._told.get(run.id) != _standing(run):
                self._told[run.id] = _standing(run)
                if (news := news_of(run, glyphs_of(self._app))) is not None:
                    self.tell(news)
                over |= {run.id} if run.status in FINISHED else set()
        if over:
            self._keep(watched - over)

    def look_at_budgets(self, found: Sequence[Standing]) -> None:
        """Tells which budgets have come to their warning mark, or to their end, since the first look."""
        before = self._budgets
        now = {(one.budget, one.since, one.key): _RANKS[one.state] for one in found}
        known = [(of, rank) for of, rank in (before or {}).items() if of not in now]
        self._budgets = {**dict(known[-MOST:]), **now}
        if before is None:
            return
        for one in found:
            if _RANKS[one.state] > before.get((one.budget, one.since, one.key), 0):
                self.tell(news_of_budget(one, glyphs_of(self._app)))

    def tell(self, news: News) -> None:
        """On screen; with the terminal's bell and a notice of its own where the person's settings ask for them."""
        settings = person_of(self._app).settings
        self._app.notify(news.text, severity=news.severity, timeout=LASTS, markup=False)
        if settings.bell:
            self._app.bell()
        if settings.notify == "osc9" and self._app._driver is not None:
            self._app._driver.write(osc9(news.text, in_tmux="TMUX" in os.environ))

    def _keep(self, ids: frozenset[str]) -> None:
        for id in self._told.keys() - ids:
            del self._told[id]
        person_of(self._app).remember(watched=tuple(sorted(ids)))


def _standing(run: Run) -> tuple[str, int]:
    """What is told once; another question is another thing."""
    return run.status, run.approvals if run.status == "waiting" else 0


def osc9(text: str, *, in_tmux: bool = False) -> str:
    """The notice as a terminal is asked for it; nothing in the text can end it, or be taken for an order of its own."""
    # Some terminals take what begins with a number for something else than a notice.
    plain = f"flightlog: {safe_text(text, limit=NOTICE)}"
    plain = "".join(sign for sign in plain if sign.isprintable())
    asked = f"\x1b]9;{plain}\x1b\\"
    return "\x1bPtmux;" + asked.replace("\x1b", "\x1b\x1b") + "\x1b\\" if in_tmux else asked


def watching_of(node: DOMNode) -> Watching | None:
    """What is watched in the program that a widget or screen belongs to."""
    found = getattr(getattr(node.app, "pulse", None), "watching", None)
    return found if isinstance(found, Watching) else None
