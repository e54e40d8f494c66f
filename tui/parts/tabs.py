"""The tabs of the run screen, in one table: their order, letters, and when they have something to show."""

from collections.abc import Callable
from typing import NamedTuple

from ...core.runs import Run


class Tab(NamedTuple):
    """One tab as the tab bar knows it; its key is in the table of keys under `run.<name>`."""

    name: str
    hot: int
    """Place of the letter in the name that opens it."""
    count: Callable[[Run], int]
    """How much there is to see; 0 hides a tab that is not `always` shown."""
    always: bool = False
    alarm: Callable[[Run], bool] = lambda run: False
    """Whether it needs a person's eye."""


def calls(run: Run) -> int:
    """Model calls of a run."""
    return run.money.recorded + run.money.computed + run.money.unknown


TABS = (
    Tab("overview", 0, lambda run: 0, always=True, alarm=lambda run: run.damaged > 0),
    Tab("steps", 0, lambda run: run.steps, always=True),
    Tab("logs", 0, lambda run: run.logs, always=True, alarm=lambda run: run.errors > 0),
    Tab("states", 1, lambda run: run.checkpoints, always=True),
    Tab("costs", 0, calls, always=True),
    Tab("messages", 0, lambda run: run.messages),
    Tab("items", 0, lambda run: run.items, alarm=lambda run: run.items_failed > 0),
    Tab("approvals", 1, lambda run: run.approvals, alarm=lambda run: run.approvals_pending > 0),
    Tab("artifacts", 0, lambda run: run.artifacts),
)

NAMES = tuple(tab.name for tab in TABS)


def shown(run: Run, current: str) -> list[Tab]:
    """The tabs that are offered: those with something to show, and the one that is open."""
    return [tab for tab in TABS if tab.always or tab.name == current or tab.count(run)]
